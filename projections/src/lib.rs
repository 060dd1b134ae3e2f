//! The read side: from events to tables that each answer one question.

pub mod accounts;
pub mod audit;
pub mod automatic;
pub mod backtests;
pub mod bulks;
pub mod claims;
pub mod comparisons;
pub mod deadlines;
pub mod drafts;
pub mod effects;
pub mod embeddings;
pub mod failures;
pub mod feed;
mod fold;
mod folded;
pub mod inbox;
pub mod knowledge;
pub mod lineage;
pub mod metric;
pub mod past;
mod read_model;
pub mod rebuild;
pub mod replay;
pub mod reply_history;
pub mod runner;
pub mod said;
pub mod sending;
pub mod sla_what_if;
mod snapshot;
mod sql;
pub mod standing;
pub mod thread;
pub mod topics;

pub use fold::{FoldError, readable, recorded};
pub use folded::{Digest, Folded};
pub use read_model::ReadModel;
