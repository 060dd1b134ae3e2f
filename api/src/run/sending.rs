//! The command `sending`: the kill switch of the whole installation, for the person on call. It needs the database and
//! nothing else, no key and no running server.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use commands::sending::{
    InstallationStop, Thrown, history, resume_installation, stop_installation,
};
use eventlog::Db;

use super::data::Database;
use crate::cli::{SendingAction, SendingCommand};
use crate::exit::StartError;
use crate::schema;

/// How many stops `status` tells of.
const TOLD: i64 = 10;

/// Stops sending everywhere, resumes it, or shows how it stands.
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
    let thrown = match command.action {
        SendingAction::Stop => {
            let reason = command.reason.as_deref().unwrap_or_default();
            Some(stop_installation(db, &command.by, reason).await.context("stopping")?)
        }
        SendingAction::Resume => {
            Some(resume_installation(db, &command.by).await.context("resuming")?)
        }
        SendingAction::Status => None,
    };
    let history = history(db, TOLD).await.context("reading the stops")?;
    let text = if command.json {
        serde_json::to_string_pretty(&history)?
    } else {
        in_words(command.action, thrown, &history)
    };
    writeln!(io::stdout(), "{text}").context("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

fn in_words(action: SendingAction, thrown: Option<Thrown>, history: &[InstallationStop]) -> String {
    let before = if thrown == Some(Thrown::Before) { " before, nothing was to do" } else { "" };
    let first = match (action, history.first()) {
        (SendingAction::Stop, _) => {
            format!(
                "stopped{before}: within 2 s nothing goes out for any seller; what waits is kept"
            )
        }
        (SendingAction::Resume, _) => format!("resumed{before}: what waits goes out, once"),
        (SendingAction::Status, Some(stop)) if stop.resumed_at.is_none() => "stopped".to_owned(),
        (SendingAction::Status, _) => "going out".to_owned(),
    };
    let told = history.iter().map(told);
    std::iter::once(first).chain(told).collect::<Vec<_>>().join("\n")
}

fn told(stop: &InstallationStop) -> String {
    let second = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let InstallationStop { stopped_at, stopped_by, reason, resumed_at, resumed_by } = stop;
    let until = match (resumed_at, resumed_by) {
        (Some(at), Some(by)) => format!("resumed {} by {by}", second(*at)),
        (Some(_) | None, _) => "lasts".to_owned(),
    };
    format!("  stopped {} by {stopped_by} ({reason}), {until}", second(*stopped_at))
}
