//! Projections against a real database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod effects;
mod folded;
mod inbox;
mod kills;
mod poison;
mod rebuild;
mod support;
