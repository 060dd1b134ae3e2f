//! Replaying the file of an interaction: its events are folded again, by this program and without a database.

use chrono::{DateTime, Utc};
use domain::event::DecodeError;
use domain::interaction::Interaction as Aggregate;
use domain::{StreamId, TenantId};
use eventlog::{LogId, StoredEvent};
use projections::recorded;
use serde_json::Value;
use serde_json::error::Category;

use super::canonical::{chained, digest};
use super::{Export, ExportedEvent, FORMAT, VERSION};
use crate::changes::{Change, changes};
use crate::past::decide_on;

/// Why a file cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// It was cut off.
    #[error("the file ends too early: it was cut off")]
    Truncated,
    /// It is no JSON, or lacks what it must have.
    #[error("the file is no export of an interaction (line {line}, column {column})")]
    Malformed {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// It is something else.
    #[error("the file is {found:?}, not {FORMAT:?}")]
    OtherFormat {
        /// What it says that it is.
        found: String,
    },
    /// A later program wrote it.
    #[error("the file has form {found}; this program reads form {VERSION}")]
    OtherVersion {
        /// The form.
        found: u32,
    },
    /// There is nothing to replay.
    #[error("the file has no events")]
    NoEvents,
    /// An event is missing.
    #[error("event {found} stands where event {expected} should")]
    Gap {
        /// The number that had to come next.
        expected: i32,
        /// The number that came.
        found: i32,
    },
    /// An event is not as it was written.
    #[error("event {number} was changed, or the file's head was")]
    Changed {
        /// Its number.
        number: i32,
    },
    /// Events are missing at the end.
    #[error("events are missing after event {number}")]
    EndMissing {
        /// The last one there is.
        number: i32,
    },
    /// The state is not as it was written.
    #[error("the state in the file was changed")]
    StateChanged,
    /// This program does not know the event.
    #[error("event {number} cannot be read by this program")]
    Unreadable {
        /// Its number.
        number: i32,
        /// Why.
        source: DecodeError,
    },
    /// A state that is not JSON: a fault of this program.
    #[error("writing the state as JSON")]
    Json(#[from] serde_json::Error),
}

/// One event of a replay.
#[derive(Debug)]
pub(crate) struct ReplayedStep {
    /// Its number.
    pub(crate) number: i32,
    /// When it was recorded.
    pub(crate) recorded_at: DateTime<Utc>,
    /// Who caused it.
    pub(crate) actor: Option<String>,
    /// Its name.
    pub(crate) event_type: String,
    /// What it changed.
    pub(crate) changes: Vec<Change>,
}

/// What a replay led to.
#[derive(Debug)]
pub(crate) struct Replayed {
    /// The steps, oldest first.
    pub(crate) steps: Vec<ReplayedStep>,
    /// The digest of the state that the events lead to here.
    pub(crate) state_sha256: String,
    /// The digest that the file says.
    pub(crate) expected_sha256: String,
    /// What of the state is otherwise here than in the file.
    pub(crate) differences: Vec<Change>,
}

impl Replayed {
    /// Tells whether the events lead to the same state here.
    pub(crate) fn is_reproduced(&self) -> bool {
        self.state_sha256 == self.expected_sha256
    }
}

/// Folds the events of a file again.
///
/// # Errors
/// [`FileError`] names what is wrong with it.
pub(crate) fn replay(text: &[u8]) -> Result<Replayed, FileError> {
    let export = read(text)?;
    export.check()?;
    let mut aggregate = Aggregate::default();
    let mut before = serde_json::to_value(&aggregate)?;
    let mut steps = Vec::with_capacity(export.events.len());
    for event in &export.events {
        let number = event.number;
        let recorded = recorded(export.stored(event))
            .map_err(|source| FileError::Unreadable { number, source })?;
        decide_on(&mut aggregate, &recorded);
        let after = serde_json::to_value(&aggregate)?;
        steps.push(ReplayedStep {
            number,
            recorded_at: event.recorded_at,
            actor: event.actor.clone(),
            event_type: event.event_type.clone(),
            changes: changes(&before, &after),
        });
        before = after;
    }
    Ok(Replayed {
        steps,
        state_sha256: digest(&before),
        differences: changes(&export.state, &before),
        expected_sha256: export.state_sha256,
    })
}

/// Reads what the file says that it is before the rest of it: a later form may have other fields.
fn read(text: &[u8]) -> Result<Export, FileError> {
    let failed = |error: serde_json::Error| match error.classify() {
        Category::Eof => FileError::Truncated,
        Category::Io | Category::Syntax | Category::Data => {
            FileError::Malformed { line: error.line(), column: error.column() }
        }
    };
    let value: Value = serde_json::from_slice(text).map_err(failed)?;
    match value["format"].as_str() {
        Some(FORMAT) => (),
        Some(found) => return Err(FileError::OtherFormat { found: found.to_owned() }),
        None => return Err(FileError::Malformed { line: 1, column: 1 }),
    }
    match value["version"].as_u64().and_then(|version| u32::try_from(version).ok()) {
        Some(VERSION) => (),
        Some(found) => return Err(FileError::OtherVersion { found }),
        None => return Err(FileError::Malformed { line: 1, column: 1 }),
    }
    serde_json::from_slice(text).map_err(failed)
}

impl Export {
    /// Checks that the file is as it was written. Whoever means to deceive can make the digests anew: what stands in
    /// the log is proved by `agentiq prove`.
    fn check(&self) -> Result<(), FileError> {
        let mut last = self.beginning()?;
        for (event, expected) in self.events.iter().zip(1..) {
            if event.number != expected {
                return Err(FileError::Gap { expected, found: event.number });
            }
            if event.sha256 != chained(&last, &event.unsealed()?) {
                return Err(FileError::Changed { number: expected });
            }
            last.clone_from(&event.sha256);
        }
        let Some(end) = self.events.last() else { return Err(FileError::NoEvents) };
        if self.events_sha256 != last {
            return Err(FileError::EndMissing { number: end.number });
        }
        if self.state_sha256 != digest(&self.state) {
            return Err(FileError::StateChanged);
        }
        Ok(())
    }

    /// Returns the event as the log holds it, in a log of its own.
    fn stored(&self, event: &ExportedEvent) -> StoredEvent {
        StoredEvent {
            epoch: 0,
            log: LogId(0),
            pos: event.number.into(),
            recorded_at: event.recorded_at,
            tenant: TenantId(self.tenant_id),
            tenant_seq: event.number.into(),
            stream: StreamId(self.interaction_id),
            stream_type: "interaction".to_owned(),
            version: event.number,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
            command_id: event.command_id,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            actor: event.actor.clone(),
            payload: event.payload.clone(),
            spoilt: None,
        }
    }
}
