//! The commands `verify` and `prove`: what a check found is put on standard output, how far it is on standard error.

use std::cell::Cell;
use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use eventlog::chain::{
    ChainChecked, Fault, Hash, Proof, Scope, check_chain, check_heads, keep_outcome, locate,
    prove as proof_of,
};
use eventlog::{Db, LogId, audit};
use projections::ReadModel;
use projections::rebuild as refold;
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use super::data::{Inner, Preparation};
use super::maintain::{SHOWN_EVERY, on_data, say, shown};
use crate::chain;
use crate::cli::{Check, ProveCommand, VerifyCommand};

/// Faults of one check that are shown; all are counted.
const SHOWN_MAX: usize = 100;

/// What one check found.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    sound: bool,
    /// What was looked at, or what is wrong with a read model.
    about: String,
    faults: usize,
    /// The first of them.
    first: Vec<Fault>,
}

impl Finding {
    fn new(check: Check) -> Self {
        Self { check: check.name(), sound: true, about: String::new(), faults: 0, first: vec![] }
    }

    fn add(&mut self, fault: Fault) {
        self.sound = false;
        self.faults += 1;
        if self.first.len() < SHOWN_MAX {
            self.first.push(fault);
        }
    }
}

/// Checks the log and the read models, or a proof.
pub(crate) async fn verify(command: VerifyCommand) -> anyhow::Result<ExitCode> {
    if command.proof.is_some() {
        return verify_proof(&command);
    }
    let all = Check::all();
    let checks = if command.only.is_empty() { &all[..] } else { &command.only };
    on_data(&command.data, &command.key, Preparation::Check, async |db, inner| {
        let scope = Scope { log: command.log_id.map(LogId), since: command.since };
        if let Some(log) = scope.log {
            // Nothing is wrong with a log that is not there, and that would be told as well.
            let known = inner.log.heads().await?.iter().any(|(known, _)| *known == log);
            ensure!(known, "there is no log {log}");
        }
        let mut report = Report { json: command.json, sound: true, findings: vec![] };
        for check in checks {
            for finding in run(*check, db, inner, scope, &command).await? {
                keep(db, scope, &finding).await;
                report.tell(finding)?;
            }
        }
        report.end()
    })
    .await
}

/// Runs one check; that of read models finds something about each.
async fn run(
    check: Check,
    db: &Db,
    inner: &Inner,
    scope: Scope,
    command: &VerifyCommand,
) -> anyhow::Result<Vec<Finding>> {
    Ok(match check {
        Check::Chain => vec![check_seals(db, scope).await?],
        Check::Heads => vec![check_signed(db, scope, command).await?],
        Check::Numbers => vec![check_numbers(db, scope).await?],
        Check::Commands => vec![check_commands(db, scope).await?],
        Check::ReadModels => {
            let mut findings = vec![];
            for model in ReadModel::ALL.into_iter().filter(|model| model.table().is_some()) {
                let found = refold::verify(db, &inner.log, model, shown(model)).await?;
                findings.push(compared(model, &found));
            }
            findings
        }
    })
}

/// Keeps what was found for the page about the log. A part of the log that is sound says nothing about the rest.
async fn keep(db: &Db, scope: Scope, finding: &Finding) {
    let Finding { check, sound, faults, first, .. } = finding;
    if *sound && (scope.log.is_some() || scope.since.is_some()) {
        return;
    }
    // Whoever checks may have no right to write, and is told what was found all the same.
    if let Err(error) = keep_outcome(db, check, *sound, *faults, first).await {
        say(&format!("{check}: what was found is not kept for the page about the log: {error}"));
    }
}

/// What is told as it is found, or at the end as JSON.
struct Report {
    json: bool,
    sound: bool,
    findings: Vec<Finding>,
}

impl Report {
    fn tell(&mut self, finding: Finding) -> anyhow::Result<()> {
        self.sound &= finding.sound;
        if self.json {
            self.findings.push(finding);
            return Ok(());
        }
        let Finding { check, sound, about, faults, first } = &finding;
        if *sound {
            return tell(&format!("{check}: ok, {about}"));
        }
        tell(&match faults {
            0 => format!("{check}: FAULTY, {about}"),
            1 => format!("{check}: FAULTY, 1 fault; {about}"),
            _ => format!("{check}: FAULTY, {faults} faults, the first at the top; {about}"),
        })?;
        first.iter().try_for_each(|fault| tell(&format!("  {fault}")))?;
        match faults.saturating_sub(first.len()) {
            0 => Ok(()),
            more => tell(&format!("  and {more} more")),
        }
    }

    fn end(self) -> anyhow::Result<ExitCode> {
        if self.json {
            tell(&serde_json::to_string_pretty(
                &json!({"sound": self.sound, "checks": self.findings}),
            )?)?;
        } else if self.sound {
            tell("all is sound")?;
        }
        Ok(if self.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn check_seals(db: &Db, scope: Scope) -> anyhow::Result<Finding> {
    let mut finding = Finding::new(Check::Chain);
    let last = Cell::new(Instant::now());
    let progress = |checked: ChainChecked| {
        if last.get().elapsed() >= SHOWN_EVERY {
            last.set(Instant::now());
            say(&format!("chain: {} events", checked.events));
        }
    };
    let checked = check_chain(db, scope, |fault| finding.add(fault), progress).await?;
    let ChainChecked { seals, events, archived, archived_unread, unsealed } = checked;
    finding.about = format!("{events} events under {seals} seals, {unsealed} not sealed yet");
    if archived > 0 {
        finding.about.push_str(&format!(", {archived} of them in archived months"));
    }
    if archived_unread > 0 {
        let unread = format!(
            "; {archived_unread} archived events not looked at without AGENTIQ_ARCHIVE_DIR"
        );
        finding.about.push_str(&unread);
    }
    Ok(finding)
}

async fn check_signed(db: &Db, scope: Scope, command: &VerifyCommand) -> anyhow::Result<Finding> {
    let mut finding = Finding::new(Check::Heads);
    let folder = command.data.heads_dir();
    let found = |fault| finding.add(fault);
    let checked = check_heads(db, &folder, command.public_key, scope, found).await?;
    finding.about = match (checked.signed_at, checked.key) {
        (Some(at), Some(key)) => format!(
            "{} signed lines in {}, the last of {}, signed by {key}",
            checked.lines,
            folder.display(),
            at.format("%Y-%m-%d %H:%M:%S UTC"),
        ),
        _ => format!(
            "but there are no signed heads in {}: nothing outside the database vouches for it",
            folder.display()
        ),
    };
    Ok(finding)
}

async fn check_numbers(db: &Db, scope: Scope) -> anyhow::Result<Finding> {
    let mut finding = Finding::new(Check::Numbers);
    let events = audit::check_numbers(db, scope, |fault| finding.add(fault)).await?;
    finding.about = format!("{events} events, numbered by log, seller and stream");
    Ok(finding)
}

async fn check_commands(db: &Db, scope: Scope) -> anyhow::Result<Finding> {
    let mut finding = Finding::new(Check::Commands);
    let commands = audit::check_commands(db, scope, |fault| finding.add(fault)).await?;
    finding.about = format!("{commands} commands, each with its events");
    Ok(finding)
}

fn compared(model: ReadModel, found: &refold::Comparison) -> Finding {
    let rows = found.served_rows;
    let mut about = if found.equal {
        format!("{rows} rows equal the log folded anew")
    } else {
        format!("{rows} rows are served, {} folded anew, and they differ", found.refold_rows)
    };
    if found.parked > 0 {
        about.push_str(&format!("; streams that wait aside, see parked_stream: {}", found.parked));
    }
    Finding { check: model.name(), sound: found.equal, about, faults: 0, first: vec![] }
}

/// Checks a proof. Needs no database.
fn verify_proof(command: &VerifyCommand) -> anyhow::Result<ExitCode> {
    let Some(file) = &command.proof else { bail!("there is no proof to check") };
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let proof: Proof = serde_json::from_str(&text)
        .with_context(|| format!("{} is no proof of an event", file.display()))?;
    let heads = match &command.heads {
        Some(file) => {
            Some(fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?)
        }
        None => None,
    };
    let proven = match proof.check(command.public_key, heads.as_deref()) {
        Ok(proven) => proven,
        Err(error) => {
            tell(&format!("NOT PROVED: {error}"))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let event = &proof.event;
    tell(&format!(
        "proved: event {} ({}, log {}, position {}), recorded at {}, stood in the log when its head was signed at {}",
        event.event_id,
        event.event_type,
        event.log_id,
        event.pos,
        event.recorded_at.format("%Y-%m-%d %H:%M:%S UTC"),
        proven.signed_at.format("%Y-%m-%d %H:%M:%S UTC"),
    ))?;
    if command.public_key.is_none() {
        tell(&format!("signed by {}: compare with the key that was published", proven.key))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the proof of one event to standard output.
pub(crate) async fn prove(command: ProveCommand) -> anyhow::Result<ExitCode> {
    if command.public_key {
        let file = command.key.heads_file(&command.data);
        let keys = chain::keys(&file)?;
        let keys = keys.with_context(|| format!("there is no key in {}", file.display()))?;
        tell(&keys.public().to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    on_data(&command.data, &command.key, Preparation::Check, async |db, _| {
        let (log, pos) = match (command.event_id, command.log_id, command.pos) {
            (Some(id), ..) => {
                let place = locate(db, id).await.context("looking for the event")?;
                place.with_context(|| format!("there is no event {id}"))?
            }
            (None, Some(log), Some(pos)) => (LogId(log), pos),
            (None, ..) => bail!("which event? give its id, or --log-id and --pos"),
        };
        let proof = proof_of(db, log, pos).await?;
        tell(&serde_json::to_string_pretty(&proof)?)?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Reads a public key from the command line.
pub(crate) fn public_key(text: &str) -> Result<Hash, String> {
    Hash::try_from(text.trim().to_owned())
}

/// Puts a finding on standard output: it is what was asked for.
fn tell(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{text}").context("writing to standard output")
}
