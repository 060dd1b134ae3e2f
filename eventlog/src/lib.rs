//! The event log on PostgreSQL: append, read, be woken, and keep personal data sealed.

mod appender;
mod cipher;
mod db;
mod directory;
mod doorbell;
mod error;
mod log;
mod master_key;
mod read;
mod record;
mod seal;
mod secret;

pub use appender::AppenderOptions;
pub use db::{Db, DbOptions, migrate};
pub use doorbell::Doorbell;
pub use error::LogError;
pub use log::EventLog;
pub use master_key::{KeyError, MasterKey, MasterKeys};
pub use record::{Appended, Expected, LogId, NewEvent, NewEvents, Placed, StoredEvent};
pub use seal::SubjectKeys;
pub use secret::{SealedSecret, Vault};
