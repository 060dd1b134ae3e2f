//! The harness: starts the real programs of the system, speaks to them as their users do, and judges by the ledger.

pub mod api;
pub mod database;
pub mod feed;
pub mod ledger;
mod own_postgres;
pub mod play;
pub mod program;
pub mod sandbox;
pub mod system;
pub mod wait;
