//! Rules that aggregates share, as functions.

pub mod alert;
pub mod assessment;
pub mod backtest;
pub mod capability;
pub mod comparison;
pub mod decision;
pub mod delivery;
pub mod drift;
pub mod edit;
pub mod learning;
pub mod notice;
pub mod sla;
pub mod template;
