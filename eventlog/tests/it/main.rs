//! The event log against a real PostgreSQL, a database per test.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod append;
mod archive;
mod audit;
mod begin;
mod chain;
mod connect;
mod directory;
mod doorbell;
#[path = "../../../tests/it/drill.rs"]
mod drill;
mod erased_elsewhere;
mod function;
mod gaps;
mod kill;
mod lanes;
mod order;
mod partitions;
mod seal;
mod support;
mod tasks;
mod types;
