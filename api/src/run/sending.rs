//! The command `sending`: the kill switch of the whole installation, and the quarantine after a restore, for the person
//! on call. It needs the database and nothing else, no key and no running server.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use commands::sending::{
    InstallationStop, QuarantineCause, SHOWN_WITHIN, Thrown, history, lasting, quarantine, release,
    resume_installation, stop_installation,
};
use eventlog::Db;
use eventlog::chain::follow_epoch;

use super::data::Database;
use super::read_back::{Left, left};
use crate::cli::{SendingAction, SendingCommand};
use crate::exit::StartError;
use crate::schema;

/// How many stops `status` tells of.
const TOLD: i64 = 10;

/// Stops sending everywhere, resumes it, ends a quarantine, or shows how it stands.
pub(crate) async fn sending(command: SendingCommand) -> anyhow::Result<ExitCode> {
    let database = Database::open(&command.data, command.data.db_options("sending")).await?;
    let done = throw(&database.db, &command).await;
    database.close().await;
    done
}

async fn throw(db: &Db, command: &SendingCommand) -> anyhow::Result<ExitCode> {
    if !schema::is_current(db).await.context("reading the migrations")? {
        return Err(StartError::NotMigrated.into());
    }
    let reason = command.reason.as_deref();
    let by = command.by.as_str();
    let thrown = match command.action {
        SendingAction::Stop => {
            let reason = reason.unwrap_or_default();
            Some(stop_installation(db, by, reason).await.context("stopping")?)
        }
        SendingAction::Resume => Some(resume_installation(db, by).await.context("resuming")?),
        SendingAction::Quarantine => {
            let cause = QuarantineCause::Told { by, reason: reason.unwrap_or_default() };
            Some(quarantine(db, cause, SHOWN_WITHIN).await.context("beginning the quarantine")?)
        }
        SendingAction::Release => {
            let left = still_left(db).await?;
            if let Some(left) = left.filter(|left| !left.is_nothing() && !command.anyway) {
                return refused(&left, command.json);
            }
            let reason = reason.filter(|_| command.anyway);
            let thrown = release(db, by, reason).await.context("ending the quarantine")?;
            follow(db, command).await;
            Some(thrown)
        }
        SendingAction::Status => None,
    };
    let history = history(db, TOLD).await.context("reading the stops")?;
    let text = if command.json {
        serde_json::to_string_pretty(&history)?
    } else {
        let left = still_left(db).await?.filter(|left| !left.is_nothing());
        let lines = in_words(command.action, thrown, &history);
        lines.into_iter().chain(left.iter().flat_map(Left::in_words)).collect::<Vec<_>>().join("\n")
    };
    writeln!(io::stdout(), "{text}").context("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// What a quarantine that lasts still waits for; none while none lasts.
async fn still_left(db: &Db) -> anyhow::Result<Option<Left>> {
    let lasting = lasting(db).await.context("looking for a quarantine")?;
    match lasting.iter().find_map(|stop| stop.shown_by) {
        Some(shown_by) => Ok(Some(left(db, shown_by).await?)),
        None => Ok(None),
    }
}

fn refused(left: &Left, json: bool) -> anyhow::Result<ExitCode> {
    let text = if json {
        serde_json::to_string_pretty(left)?
    } else {
        let first = "not released: what buyers have seen was not read back yet".to_owned();
        let last = "release it all the same with --anyway --reason 'why'".to_owned();
        let lines = std::iter::once(first).chain(left.in_words()).chain([last]);
        lines.collect::<Vec<_>>().join("\n")
    };
    writeln!(io::stdout(), "{text}").context("writing to standard output")?;
    Ok(ExitCode::FAILURE)
}

/// Lets what is kept outside follow, where it is within reach; every process that signs does the same by itself.
async fn follow(db: &Db, command: &SendingCommand) {
    let folder = command.data.heads_dir();
    if folder.is_dir()
        && let Err(error) = follow_epoch(db, &folder).await
    {
        let place = folder.display();
        tracing::warn!(
            error = format!("{error:#}"),
            "the epoch in {place} could not be brought up to date"
        );
    }
}

fn in_words(
    action: SendingAction,
    thrown: Option<Thrown>,
    history: &[InstallationStop],
) -> Vec<String> {
    let before = if thrown == Some(Thrown::Before) { " before, nothing was to do" } else { "" };
    let lasting: Vec<_> = history.iter().filter(|stop| stop.resumed_at.is_none()).collect();
    let first = match action {
        SendingAction::Stop => {
            format!(
                "stopped{before}: within 2 s nothing goes out for any seller; what waits is kept"
            )
        }
        SendingAction::Quarantine => format!(
            "in quarantine{before}: within 2 s nothing goes out for any seller; what is open is read back at the \
             marketplaces by whatever process works"
        ),
        SendingAction::Resume | SendingAction::Release if !lasting.is_empty() => {
            let what = if lasting.iter().any(|stop| stop.is_quarantine) {
                "the quarantine lasts, end it with `agentiq sending release`"
            } else {
                "the stop lasts, end it with `agentiq sending resume`"
            };
            format!("done{before}, and nothing goes out yet: {what}")
        }
        SendingAction::Resume => format!("resumed{before}: what waits goes out, once"),
        SendingAction::Release => format!("released{before}: what waits goes out, once"),
        SendingAction::Status if lasting.iter().any(|stop| stop.is_quarantine) => {
            "in quarantine: the database was restored".to_owned()
        }
        SendingAction::Status if !lasting.is_empty() => "stopped".to_owned(),
        SendingAction::Status => "going out".to_owned(),
    };
    std::iter::once(first).chain(history.iter().map(told)).collect()
}

fn told(stop: &InstallationStop) -> String {
    let (begun, ended) =
        if stop.is_quarantine { ("in quarantine", "released") } else { ("stopped", "resumed") };
    let InstallationStop { stopped_at, stopped_by, reason, resumed_at, resumed_by, .. } = stop;
    let until = match (resumed_at, resumed_by) {
        (Some(at), Some(by)) => format!("{ended} {} by {by}", second(*at)),
        (Some(_) | None, _) => "lasts".to_owned(),
    };
    let anyway = stop.resume_reason.as_ref().map(|reason| format!(" anyway ({reason})"));
    let anyway = anyway.unwrap_or_default();
    format!("  {begun} {} by {stopped_by} ({reason}), {until}{anyway}", second(*stopped_at))
}

pub(super) fn second(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
