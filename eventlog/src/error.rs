//! How the log fails.

use domain::value::{StreamId, TenantId};
use uuid::Uuid;

use crate::record::LogId;
use crate::seal::KeyError;

/// A failure of the log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The statement failed; nothing of it was stored.
    #[error("event log statement failed")]
    Database(#[from] sqlx::Error),
    /// The connection was lost while events were being stored and the repeats failed too: they may be stored or not.
    /// Repeating with the same command id is safe.
    #[error("connection lost while appending, outcome unknown")]
    OutcomeUnknown(#[source] sqlx::Error),
    /// The command id had been used for another stream.
    #[error("command id {command_id} was used for stream {used_for} before")]
    CommandIdReused {
        /// The id.
        command_id: Uuid,
        /// The stream it was used for.
        used_for: StreamId,
    },
    /// A position is missing. The reader must stop; going on would lose an event.
    #[error("log {log} has position {found} where {expected} was expected")]
    Gap {
        /// The log.
        log: LogId,
        /// The position that had to come next.
        expected: i64,
        /// The position that came.
        found: i64,
    },
    /// A number is missing among the events of a tenant. The reader must stop; going on would lose an event.
    #[error("tenant {tenant} has event {found} where {expected} was expected")]
    TenantGap {
        /// The seller.
        tenant: TenantId,
        /// The number that had to come next.
        expected: i64,
        /// The number that came.
        found: i64,
    },
    /// The process is shutting down and takes no more appends.
    #[error("the event log is shutting down")]
    Draining,
    /// Too many appends are waiting already; later it may work.
    #[error("too many appends are waiting")]
    Overloaded,
    /// Personal data could not be sealed or opened.
    #[error("personal data could not be sealed or opened")]
    Key(#[from] KeyError),
}
