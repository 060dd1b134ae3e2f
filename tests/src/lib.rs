//! The harness: starts the real programs of the system, speaks to them as their users do, and judges by the ledger.
//!
//! The environment may say what is tested and how: `AGENTIQ_BINARY`, another program than the `agentiq` that cargo built;
//! `DATABASE_URL`, a server on which each system gets a database of its own (one is started where it is unset);
//! `AGENTIQ_TESTS_KEEP`, to keep what the programs wrote; `AGENTIQ_ALL_REVIEWS`, all real reviews instead of a tenth;
//! `AGENTIQ_DRILL_SCALE`, the share of its full size that a drill is run in.

pub mod api;
pub mod database;
pub mod durable;
pub mod feed;
pub mod history;
pub mod items;
pub mod latencies;
pub mod ledger;
mod own_postgres;
pub mod play;
pub mod program;
pub mod proxy;
pub mod sandbox;
pub mod shops;
pub mod system;
pub mod wait;
mod wrong_clock;
