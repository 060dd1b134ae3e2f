//! The event log: one handle to append, read and be woken.

use std::time::Duration;

use domain::value::{StreamId, TenantId};

use crate::{Appended, Db, Doorbell, LogError, LogId, NewEvents, StoredEvent, SubjectKeys};

/// How appends are gathered into calls.
#[derive(Debug, Clone)]
pub struct AppenderOptions {
    /// Calls of `append_batch` in flight at once in this process. About twice the cores; more makes all slower.
    pub calls_in_flight_max: usize,
    /// Appends in a call.
    pub batch_appends_max: usize,
    /// JSON in a call, in bytes, estimated. A larger append goes alone.
    pub batch_bytes_max: usize,
    /// Appends that may wait in this process before more are refused.
    pub waiting_max: usize,
    /// How often readers are woken although nothing was announced.
    pub poll_interval: Duration,
}

impl Default for AppenderOptions {
    fn default() -> Self {
        Self {
            calls_in_flight_max: 4,
            batch_appends_max: 200,
            batch_bytes_max: 1_000_000,
            waiting_max: 10_000,
            poll_interval: Duration::from_millis(500),
        }
    }
}

/// The event log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EventLog {}

impl EventLog {
    /// Opens the log that is kept in `db`.
    #[must_use]
    pub fn new(_db: Db, _keys: SubjectKeys, _options: AppenderOptions) -> Self {
        Self {}
    }

    /// Stores events. Once asked for it goes through, even if the caller stops waiting.
    ///
    /// # Errors
    /// [`LogError`]; after [`LogError::OutcomeUnknown`] repeat with the same command id.
    pub async fn append(&self, _new: NewEvents) -> Result<Appended, LogError> {
        unimplemented!()
    }

    /// Finishes what was asked for and refuses what comes after.
    pub async fn drain(&self) {
        unimplemented!()
    }

    /// Returns the events of a stream after `after_version`, in order.
    ///
    /// # Errors
    /// When the database fails or personal data cannot be opened.
    pub async fn load_stream(&self, _tenant: TenantId, _stream: StreamId, _after_version: i32) -> Result<Vec<StoredEvent>, LogError> {
        unimplemented!()
    }

    /// Returns up to `limit` events of a log after position `after`, in order and without gaps.
    ///
    /// # Errors
    /// [`LogError::Gap`] when a position is missing: stop, never skip.
    pub async fn read_log(&self, _log: LogId, _after: i64, _limit: i64) -> Result<Vec<StoredEvent>, LogError> {
        unimplemented!()
    }

    /// Returns up to `limit` events of a seller after number `after_seq`, in order and without gaps.
    ///
    /// # Errors
    /// [`LogError::TenantGap`] when a number is missing.
    pub async fn read_tenant(&self, _tenant: TenantId, _after_seq: i64, _limit: i64) -> Result<Vec<StoredEvent>, LogError> {
        unimplemented!()
    }

    /// Returns every log with its last position, 0 for an empty one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn heads(&self) -> Result<Vec<(LogId, i64)>, LogError> {
        unimplemented!()
    }

    /// Returns the log of a seller, assigning one on first use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_of(&self, _tenant: TenantId) -> Result<LogId, LogError> {
        unimplemented!()
    }

    /// Returns a new doorbell.
    #[must_use]
    pub fn doorbell(&self) -> Doorbell {
        unimplemented!()
    }
}
