//! One call of `es.append_batch`: sends, repeats after a lost connection, answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::value::StreamId;
use metrics::{counter, histogram};
use tokio::time::Instant;
use uuid::Uuid;

use super::batch::Placeable;
use crate::db::{Db, PAUSES, is_lost, wait};
use crate::doorbell::Bells;
use crate::error::LogError;
use crate::record::{Appended, Expected, LogId, NewEvents, Placed};

/// What a call works with.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) db: Db,
    pub(super) bells: Bells,
}

impl Call {
    /// Stores a batch and answers each of its appends.
    pub(super) async fn run(&self, batch: Vec<Placeable>) {
        let mut batches = vec![batch];
        while let Some(batch) = batches.pop() {
            let started = Instant::now();
            let outcome = self.store(&batch).await;
            histogram!("eventlog_append_call_seconds").record(started.elapsed());
            match outcome {
                Ok(rows) => self.answer(batch, rows),
                // One malformed append fails the statement, and one log that is locked all logs of the call. Apart from
                // it, the others go through.
                Err(LogError::Database(error)) if batch.len() > 1 && is_refused(&error) => {
                    batches.extend(halves(batch));
                }
                Err(LogError::Database(error)) if is_held_up(&error) && logs(&batch) > 1 => {
                    batches.extend(by_log(batch));
                }
                Err(error) => {
                    for placeable in batch {
                        placeable.pending.answer(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Sends a batch. After a lost connection nobody knows whether it was stored; sending it again tells, because the
    /// log knows each command.
    async fn store(&self, batch: &[Placeable]) -> Result<Vec<Row>, LogError> {
        let columns = Columns::of(batch);
        let mut lost = None;
        for pause in PAUSES {
            wait(pause).await;
            match columns.send(&self.db).await {
                Ok(rows) => return Ok(rows),
                Err(error) if is_lost(&error) => {
                    counter!("eventlog_append_repeats_total").increment(1);
                    lost = Some(error);
                }
                // The server is not back yet.
                Err(sqlx::Error::PoolTimedOut) if lost.is_some() => {}
                Err(error) => {
                    return Err(match lost {
                        Some(lost) => LogError::OutcomeUnknown(Arc::new(lost)),
                        None => error.into(),
                    });
                }
            }
        }
        Err(LogError::OutcomeUnknown(Arc::new(lost.unwrap_or(sqlx::Error::PoolTimedOut))))
    }

    fn answer(&self, batch: Vec<Placeable>, rows: Vec<Row>) {
        histogram!("eventlog_append_batch_size")
            .record(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let mut grown = BTreeMap::new();
        for (Placeable { log, pending }, row) in batch.into_iter().zip(rows) {
            let outcome = row.outcome(log, &pending.new);
            match &outcome {
                Ok(Appended::Done(placed)) => {
                    let last_pos = grown.entry(log).or_insert(placed.last_pos);
                    *last_pos = placed.last_pos.max(*last_pos);
                }
                Ok(Appended::Conflict) => counter!("eventlog_append_conflicts_total").increment(1),
                Ok(Appended::Duplicate(_) | Appended::Empty) | Err(_) => {}
            }
            pending.answer(outcome);
        }
        for (log, last_pos) in grown {
            self.bells.ring(log, last_pos);
        }
    }
}

fn halves(mut batch: Vec<Placeable>) -> [Vec<Placeable>; 2] {
    let second = batch.split_off(batch.len() / 2);
    [second, batch]
}

fn logs(batch: &[Placeable]) -> usize {
    batch.iter().map(|placeable| placeable.log).collect::<BTreeSet<_>>().len()
}

fn by_log(batch: Vec<Placeable>) -> impl Iterator<Item = Vec<Placeable>> {
    let mut logs: BTreeMap<LogId, Vec<Placeable>> = BTreeMap::new();
    for placeable in batch {
        logs.entry(placeable.log).or_default().push(placeable);
    }
    logs.into_values()
}

/// Whether somebody held a lock for too long.
fn is_held_up(error: &sqlx::Error) -> bool {
    // Lock timeout, statement timeout, deadlock.
    const CODES: [&str; 3] = ["55P03", "57014", "40P01"];
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| CODES.contains(&&*code))
}

/// Whether the server refused what it was sent, so that sending the same again is of no use.
fn is_refused(error: &sqlx::Error) -> bool {
    // Classes of SQLSTATE: 22 data, 23 constraints, 54 limits.
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class)))
        || matches!(error, sqlx::Error::Encode(_))
}

/// A batch as `es.append_batch` takes it.
struct Columns<'a> {
    logs: Vec<i32>,
    tenants: Vec<Uuid>,
    commands: Vec<Uuid>,
    streams: Vec<Uuid>,
    stream_types: Vec<&'a str>,
    expected: Vec<i32>,
    correlations: Vec<Option<Uuid>>,
    causations: Vec<Option<Uuid>>,
    actors: Vec<Option<&'a str>>,
    appends: Vec<i32>,
    event_ids: Vec<Uuid>,
    event_types: Vec<&'a str>,
    schema_versions: Vec<i32>,
    payloads: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a [Placeable]) -> Self {
        let appends = || batch.iter().map(|placeable| &placeable.pending.new);
        let events = || {
            (1..).zip(appends()).flat_map(|(append, new)| {
                new.events.iter().enumerate().map(move |(index, event)| (append, new, index, event))
            })
        };
        Self {
            logs: batch.iter().map(|placeable| placeable.log.0).collect(),
            tenants: appends().map(|new| new.tenant.0).collect(),
            commands: appends().map(|new| new.command_id).collect(),
            streams: appends().map(|new| new.stream.0).collect(),
            stream_types: appends().map(|new| new.stream_type).collect(),
            expected: appends()
                .map(|new| match new.expected {
                    Expected::Version(version) => version,
                    Expected::Any => -1,
                })
                .collect(),
            correlations: appends().map(|new| new.correlation_id).collect(),
            causations: appends().map(|new| new.causation_id).collect(),
            actors: appends().map(|new| new.actor.as_deref()).collect(),
            appends: events().map(|(append, ..)| append).collect(),
            event_ids: events().map(|(_, new, index, _)| new.event_id(index)).collect(),
            event_types: events().map(|(.., event)| event.event_type.as_str()).collect(),
            schema_versions: events().map(|(.., event)| event.schema_version).collect(),
            payloads: batch
                .iter()
                .flat_map(|placeable| &placeable.pending.payloads)
                .map(String::as_str)
                .collect(),
        }
    }

    async fn send(&self, db: &Db) -> Result<Vec<Row>, sqlx::Error> {
        sqlx::query_as!(
            Row,
            r#"select status as "status!", stream_id as "stream_id!", version, first_pos, last_pos, at
            from es.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            order by a"#,
            &self.logs,
            &self.tenants,
            &self.commands,
            &self.streams,
            &self.stream_types as &[&str],
            &self.expected,
            &self.correlations as &[Option<Uuid>],
            &self.causations as &[Option<Uuid>],
            &self.actors as &[Option<&str>],
            &self.appends,
            &self.event_ids,
            &self.event_types as &[&str],
            &self.schema_versions,
            &self.payloads as &[&str],
        )
        .fetch_all(db.pool())
        .await
    }
}

/// What became of one append.
struct Row {
    status: String,
    stream_id: Uuid,
    version: Option<i32>,
    first_pos: Option<i64>,
    last_pos: Option<i64>,
    at: Option<DateTime<Utc>>,
}

impl Row {
    fn outcome(&self, log: LogId, new: &NewEvents) -> Result<Appended, LogError> {
        let placed = || {
            Some(Placed {
                log,
                version: self.version?,
                first_pos: self.first_pos?,
                last_pos: self.last_pos?,
                at: self.at?,
            })
        };
        match (self.status.as_str(), placed()) {
            ("conflict", _) => Ok(Appended::Conflict),
            ("empty", _) => Ok(Appended::Empty),
            ("ok", Some(placed)) => Ok(Appended::Done(placed)),
            ("duplicate", _) if self.stream_id != new.stream.0 => Err(LogError::CommandIdReused {
                command_id: new.command_id,
                used_for: StreamId(self.stream_id),
            }),
            ("duplicate", Some(placed)) => Ok(Appended::Duplicate(placed)),
            (status, _) => {
                let message = format!("append_batch answered {status}");
                Err(sqlx::Error::Protocol(message).into())
            }
        }
    }
}
