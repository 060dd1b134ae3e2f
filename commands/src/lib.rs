//! The write side: from an intent to appended events.

mod answerable;
pub mod attachment;
mod cache;
mod context;
pub mod conversation;
pub mod credential;
pub mod erase;
mod event_store;
mod guardrails;
mod handler;
pub mod ingest;
mod past;
pub mod sending;

pub use answerable::Answerable;
pub use context::{Actor, Context};
pub use event_store::{LoadedAggregate, PgEventStore};
pub use handler::{CommandError, Commands, Executed};
pub use past::PastDraft;
