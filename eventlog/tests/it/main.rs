//! The event log against a real PostgreSQL, a database per test.

mod append;
mod begin;
mod directory;
mod doorbell;
mod function;
mod gaps;
mod kill;
mod order;

mod seal;
mod support;
mod tasks;
