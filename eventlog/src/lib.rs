//! The event log on PostgreSQL: append, read, be woken, keep personal data sealed.

mod db;
mod doorbell;
mod error;
mod log;
mod master_key;
mod record;
mod seal;
mod secret;

pub use db::{Db, DbOptions, migrate};
pub use doorbell::Doorbell;
pub use error::LogError;
pub use log::{AppenderOptions, EventLog};
pub use master_key::{KeyError, MasterKey, MasterKeys};
pub use record::{Appended, Expected, LogId, NewEvent, NewEvents, Placed, StoredEvent};
pub use seal::SubjectKeys;
pub use secret::{SealedSecret, Vault};
