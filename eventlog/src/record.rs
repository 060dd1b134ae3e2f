//! What goes into the log, what comes out of it, and how an append ended.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::value::{StreamId, TenantId};
use serde_json::Value;
use uuid::Uuid;

/// A log: the unit of order, of the append lock and of checkpoints. A tenant belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub i32);

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The events that one command adds to one stream, all or none.
#[derive(Debug, Clone)]
pub struct NewEvents {
    /// The seller.
    pub tenant: TenantId,
    /// The aggregate.
    pub stream: StreamId,
    /// The aggregate's type, such as `interaction`.
    pub stream_type: &'static str,
    /// What the stream must look like for the events to be true.
    pub expected: Expected,
    /// Makes the append happen once, however often it is asked for.
    pub command_id: Uuid,
    /// The request or process that the command belongs to.
    pub correlation_id: Option<Uuid>,
    /// The event or effect that led to the command.
    pub causation_id: Option<Uuid>,
    /// Who asked: `user:<id>` or `system:<part>`. Never sealed, so never a name.
    pub actor: Option<String>,
    /// Under whose key the personal data of these events is sealed.
    pub subject: Uuid,
    /// In the order they happened.
    pub events: Vec<NewEvent>,
}

impl NewEvents {
    /// Returns the id of the `index`th event, counted from 0: the same command always yields the same ids.
    #[must_use]
    pub fn event_id(&self, index: usize) -> Uuid {
        Uuid::new_v5(&self.command_id, index.to_string().as_bytes())
    }
}

/// One event to be appended.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its name, such as `ReplySent`.
    pub event_type: String,
    /// The version of its JSON.
    pub schema_version: i32,
    /// Its JSON, personal data marked as `{"$personal": …}`.
    pub payload: Value,
}

/// What a stream must look like for an append to go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The stream has exactly this version; 0 is a stream without events.
    Version(i32),
    /// The stream may have any version.
    Any,
}

/// How an append ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The events are stored.
    Done(Placed),
    /// The command had been carried out before; nothing was added.
    Duplicate(Placed),
    /// Another writer came first; nothing was added.
    Conflict,
    /// There were no events to add.
    Empty,
}

/// Where a command's events stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The log.
    pub log: LogId,
    /// The stream's version after the last of them.
    pub version: i32,
    /// Position of the first.
    pub first_pos: i64,
    /// Position of the last.
    pub last_pos: i64,
    /// When they were stored, by the database's clock.
    pub at: DateTime<Utc>,
}

/// A committed event as the log holds it, its personal data opened.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// The tag of the database's epoch that it was read in; 0 where the reader does not know it.
    pub epoch: u32,
    /// The log.
    pub log: LogId,
    /// Its place in the log, from 1, without gaps.
    pub pos: i64,
    /// When it was stored, by the database's clock; never decreases along a log.
    pub recorded_at: DateTime<Utc>,
    /// The seller.
    pub tenant: TenantId,
    /// Its place among the seller's events, from 1, without gaps.
    pub tenant_seq: i64,
    /// The aggregate.
    pub stream: StreamId,
    /// The aggregate's type.
    pub stream_type: String,
    /// Its place in the stream, from 1, without gaps.
    pub version: i32,
    /// Its id, unique everywhere.
    pub event_id: Uuid,
    /// Its name.
    pub event_type: String,
    /// The version of its JSON.
    pub schema_version: i32,
    /// The command that led to it.
    pub command_id: Uuid,
    /// The request or process that the command belongs to.
    pub correlation_id: Option<Uuid>,
    /// The event or effect that led to the command.
    pub causation_id: Option<Uuid>,
    /// Who asked.
    pub actor: Option<String>,
    /// Its JSON: personal data as `{"$personal": …}`, or `{"$erased": true}` where the key is destroyed.
    pub payload: Value,
    /// Why its personal data does not open, when somebody changed it or its key; what does not stays as it is stored.
    pub spoilt: Option<String>,
}

/// What a reader of a log has no use for, so that nothing is spent on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Without {
    /// Types of events that are not read at all.
    pub events: Vec<String>,
    /// Types of events whose personal data stays closed: it reads as if it were erased.
    pub personal: Vec<String>,
}

impl StoredEvent {
    /// Returns what its JSON is read by: stream type, event type and schema version.
    #[must_use]
    pub fn names(&self) -> (&str, &str, i32) {
        (&self.stream_type, &self.event_type, self.schema_version)
    }
}
