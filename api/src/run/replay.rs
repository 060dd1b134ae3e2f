//! The commands `replay` and `export`: the past as it was, on standard output or in a schema of its own.

use std::cell::Cell;
use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use eventlog::{Db, LogId};
use projections::ReadModel;
use projections::replay::{self as past, Progress, Scope, Scratch, Until};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::data::{Inner, Preparation};
use super::find::seller_of;
use super::maintain::{SHOWN_EVERY, on_data, say};
use crate::cli::{ExportCommand, Exported, ReplayCommand, To};
use crate::export::{Export, ReplayedStep, replay as replay_text};

/// Longest value that a step shows, in characters.
const SHOWN_CHARS: usize = 60;

/// Replays the log, or the file of an interaction.
pub(crate) async fn replay(command: ReplayCommand) -> anyhow::Result<ExitCode> {
    if let Some(file) = &command.file {
        let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        return until_nobody_reads(|output| replay_file(&text, output));
    }
    let scope = scope(&command)?;
    on_data(&command.data, &command.key, Preparation::Check, async |db, inner| {
        let mut output = BufWriter::new(io::stdout().lock());
        let model = command.projection.map(ReadModel::from);
        let done = match (model, &command.into) {
            (None, _) => {
                let line = async |line| put(&mut output, &line);
                past::events(db, &inner.log, &scope, line, shown("events")).await
            }
            (Some(model), Some(schema)) => {
                into_schema(db, inner, model, &scope, (schema, command.replace)).await
            }
            (Some(model), None) => {
                let row = async |row: Value| put(&mut output, &row);
                past::rows(db, &inner.log, model, &scope, row, shown(model.name())).await.map(drop)
            }
        };
        let done = done.and_then(|()| output.flush().context("writing to standard output"));
        ended(done).map(|()| ExitCode::SUCCESS)
    })
    .await
}

fn scope(command: &ReplayCommand) -> anyhow::Result<Scope> {
    let mut scope = Scope {
        tenant: command.tenant,
        log: command.log_id.map(LogId),
        until: Until::Now,
        in_clear: command.reveal,
    };
    match command.to {
        To::Until(until) => scope.until = until,
        To::Cursor(cursor) => {
            if scope.tenant.is_some_and(|tenant| tenant != cursor.tenant) {
                bail!("the cursor is of another seller than --tenant");
            }
            scope.tenant = Some(cursor.tenant);
            scope.until = Until::Position(cursor.pos);
        }
    }
    Ok(scope)
}

async fn into_schema(
    db: &Db,
    inner: &Inner,
    model: ReadModel,
    scope: &Scope,
    (schema, replace): (&str, bool),
) -> anyhow::Result<()> {
    let mut scratch = Scratch::make(db, schema, model, replace).await?;
    let add = async |row| Ok(scratch.add(row).await?);
    let done = past::rows(db, &inner.log, model, scope, add, shown(model.name())).await?;
    let table = model.table().unwrap_or_default();
    scratch.finish(&format!("{} until {:?}", model.name(), scope.until)).await?;
    say(&format!("{schema}.{table}: {} rows from {} events", done.rows, done.events));
    Ok(())
}

/// Shows progress, now and then.
fn shown(name: &str) -> impl Fn(Progress) {
    let last = Cell::new(Instant::now());
    move |Progress { events, rows, done, total }| {
        if last.get().elapsed() >= SHOWN_EVERY {
            last.set(Instant::now());
            say(&format!("{name}: {done} of {total} done, {events} events, {rows} rows"));
        }
    }
}

/// Puts a value out as a line.
fn put(output: &mut impl Write, line: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *output, line).map_err(io::Error::from)?;
    output.write_all(b"\n")?;
    Ok(())
}

/// Whoever reads may stop reading, as `head` does; that is no failure.
fn ended(done: anyhow::Result<()>) -> anyhow::Result<()> {
    let broken = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    match done {
        Err(error) if error.chain().any(broken) => Ok(()),
        done => done,
    }
}

fn until_nobody_reads(
    work: impl FnOnce(&mut dyn Write) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut code = ExitCode::SUCCESS;
    let done = work(&mut output).map(|found| code = found);
    ended(done.and_then(|()| Ok(output.flush()?))).map(|()| code)
}

/// Folds the events of a file again, shows each step, and says whether they lead to the state in the file.
fn replay_file(text: &[u8], output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let replayed = replay_text(text)?;
    for step in &replayed.steps {
        show(step, output)?;
    }
    if replayed.is_reproduced() {
        writeln!(output, "reproduced: state {}", replayed.state_sha256)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (here, expected) = (&replayed.state_sha256, &replayed.expected_sha256);
    writeln!(output, "NOT REPRODUCED: the file says state {expected}, its events lead to {here}")?;
    for change in &replayed.differences {
        let (field, file, here) = (&change.field, brief(&change.before), brief(&change.after));
        writeln!(output, "    {field}: {file} in the file, {here} here")?;
    }
    Ok(ExitCode::FAILURE)
}

fn show(step: &ReplayedStep, output: &mut dyn Write) -> io::Result<()> {
    let time = step.recorded_at.format("%Y-%m-%d %H:%M:%S%.6f UTC");
    let actor = step.actor.as_deref().unwrap_or("nobody");
    writeln!(output, "{:>4}  {time}  {}  by {actor}", step.number, step.event_type)?;
    for change in &step.changes {
        let (field, before, after) = (&change.field, brief(&change.before), brief(&change.after));
        writeln!(output, "        {field}: {before} -> {after}")?;
    }
    Ok(())
}

/// Shows a value on one line, the beginning of a long one.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Puts out the file of an interaction.
pub(crate) async fn export(command: ExportCommand) -> anyhow::Result<ExitCode> {
    let ExportCommand { what: Exported::Interaction, id, tenant, data, key } = command;
    on_data(&data, &key, Preparation::Check, async |db, inner| {
        let tenant = seller_of(db, id.into(), tenant).await?;
        let events = inner.log.load_stream(tenant, id.into(), 0).await?;
        let export = Export::new(&events, &inner.log.mask(tenant))?;
        until_nobody_reads(|output| {
            serde_json::to_writer_pretty(&mut *output, &export).map_err(io::Error::from)?;
            writeln!(output)?;
            Ok(ExitCode::SUCCESS)
        })
    })
    .await
}
