//! Rules that aggregates share, as functions.

pub mod delivery;
pub mod edit;
pub mod template;
