//! Projections against a real database.

mod effects;
mod inbox;
mod kills;
mod poison;
mod rebuild;
mod support;
