//! How the log fails.

use std::sync::Arc;

use domain::value::{StreamId, TenantId};
use uuid::Uuid;

use crate::master_key::KeyError;
use crate::record::LogId;

/// A failure of the log. Cheap to clone, because every append of a batch receives the batch's failure.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The database refused or was not reached; nothing was stored.
    #[error("event log statement failed")]
    Database(#[source] Arc<sqlx::Error>),
    /// The connection was lost while events were being stored, and the repeats failed too: they may be stored or not.
    /// Repeating with the same command id is safe.
    #[error("connection lost while appending, outcome unknown")]
    OutcomeUnknown(#[source] Arc<sqlx::Error>),
    /// The command id had been used for another stream.
    #[error("command id {command_id} was used before, for stream {used_for}")]
    CommandIdReused {
        /// The id.
        command_id: Uuid,
        /// The stream it was used for.
        used_for: StreamId,
    },
    /// A text of the event has the character NUL in it, which no text in the database can have.
    #[error("{event_type} has a NUL in a text")]
    NulInText {
        /// The event's type.
        event_type: String,
    },
    /// A position is missing. The reader must stop: going on would lose an event.
    #[error("log {log} has position {found} where {expected} was expected")]
    Gap {
        /// The log.
        log: LogId,
        /// The position that had to come next.
        expected: i64,
        /// The position that came.
        found: i64,
    },
    /// A number is missing among a seller's events. The reader must stop: going on would lose an event.
    #[error("tenant {tenant} has event {found} where {expected} was expected")]
    TenantGap {
        /// The seller.
        tenant: TenantId,
        /// The number that had to come next.
        expected: i64,
        /// The number that came.
        found: i64,
    },
    /// A version is missing in a stream. Its state cannot be known.
    #[error("stream {stream} has version {found} where {expected} was expected")]
    StreamGap {
        /// The stream.
        stream: StreamId,
        /// The version that had to come next.
        expected: i64,
        /// The version that came.
        found: i64,
    },
    /// Events that are asked for were moved into a file, and there is no folder to read it from.
    #[error(
        "log {log}, position {pos}: {month} is archived in {file}, and no archive folder is set"
    )]
    Archived {
        /// The log.
        log: LogId,
        /// The first position that was asked for.
        pos: i64,
        /// The first month, such as `2026-01`.
        month: String,
        /// The file's name.
        file: String,
    },
    /// A file of the archive is missing, or not as it was written.
    #[error("the archived month {file} cannot be read: {why}")]
    ArchiveDamaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: Arc<str>,
    },
    /// The process is shutting down and takes no more appends.
    #[error("the event log is shutting down")]
    Draining,
    /// More appends are waiting than the process may keep; later it may work.
    #[error("too many appends are waiting")]
    Overloaded,
    /// Personal data could not be sealed or opened.
    #[error("personal data could not be sealed or opened")]
    Key(#[from] KeyError),
}

impl From<sqlx::Error> for LogError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}
