//! Rules that aggregates share, as functions.

pub mod alert;
pub mod capability;
pub mod delivery;
pub mod template;
