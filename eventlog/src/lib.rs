//! The event log on PostgreSQL: append, read, be woken, and keep personal data sealed.
//!
//! What holds, whatever happens to processes, connections or callers:
//!
//! * Positions of a log are handed out in commit order, without gaps; so are a seller's numbers and a stream's
//!   versions.
//! * A command's events are stored once, however often it is repeated, and all or none.
//! * A reader that meets a gap stops. It never skips.
//! * Events are only inserted; erasing a person destroys the key of what is sealed in them.
//!
//! Metrics: `eventlog_append_batch_size`, `eventlog_append_call_seconds` (histograms), `eventlog_appends_waiting`
//! (gauge), `eventlog_append_conflicts_total`, `eventlog_append_repeats_total` (calls repeated after a lost
//! connection), `eventlog_gaps_total` (must stay 0).

mod appender;
pub mod archive;
pub mod audit;

pub mod chain;
mod cipher;
mod db;
mod directory;
mod doorbell;
pub mod epoch;
mod error;
mod load;
mod log;
mod mask;
mod master_key;
mod partitions;
mod read;
mod record;
mod rewrap;
mod seal;
mod secret;
mod types;

pub use appender::AppenderOptions;
pub use db::{Db, DbOptions, migrate, migrate_keys};
pub use doorbell::Doorbell;
pub use error::LogError;
pub use log::EventLog;
pub use mask::Mask;
pub use master_key::{KeyError, MasterKey, MasterKeys};
pub use partitions::Partitions;
pub use record::{Appended, Expected, LogId, NewEvent, NewEvents, Placed, StoredEvent, Without};
pub use rewrap::{InUse, Rewrapped};
pub use seal::SubjectKeys;
pub use secret::Vault;
pub use types::StoredType;
