//! Why months were not archived.

use std::io;
use std::path::PathBuf;

use parquet::errors::ParquetError;

use super::Month;
use crate::chain::Fault;
use crate::error::LogError;

/// Why months were not archived, or not all of them. What was done stays done, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Nobody said where to.
    #[error("there is no folder to archive into: give --to or AGENTIQ_ARCHIVE_DIR")]
    NoFolder,
    /// Another process is about it.
    #[error("another process is archiving")]
    Busy,
    /// The month still grows.
    #[error("{before} has not begun yet: only months that are over are archived")]
    NotOver {
        /// The month that was given.
        before: Month,
    },
    /// Events that belong to a month lie elsewhere.
    #[error("{rows} events of these months lie in es.event_default: run agentiq partitions first")]
    InDefault {
        /// How many.
        rows: i64,
    },
    /// The log is not as it was sealed.
    #[error("nothing is archived from a log that is not as it was sealed: {0}")]
    Fault(Fault),
    /// Positions are missing, or were not sealed yet.
    #[error(
        "log {log_id} has positions in {month} that are missing or not sealed; is agentiq work running?"
    )]
    NotSealed {
        /// The log.
        log_id: i32,
        /// The month.
        month: Month,
    },
    /// The file could not be written.
    #[error("writing {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ParquetError,
    },
    /// A file could not be kept safe.
    #[error("keeping {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database failed, or a file is not as it was written.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<sqlx::Error> for ArchiveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Log(error.into())
    }
}
