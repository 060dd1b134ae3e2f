//! The marketplaces on loopback: they speak the published specifications, misbehave on request, and keep a
//! ledger of everything a buyer would have seen.
//!
//! Written from the specifications alone and sharing no code with the adapters, so that a misreading on one
//! side shows. Demo, integration tests, fault tests and benchmarks use this one sandbox, and its ledger is the
//! judge of "exactly once". Each marketplace is a module of its own (`wildberries`); clock, chance, faults,
//! limits, ledger and corpus are shared.

mod chance;
mod config;
mod connection;
mod control;
mod corpus;
mod exchange;
mod faults;
mod ledger;
mod rate_limit;
mod server;
mod wildberries;
mod world;

pub use config::{
    RateHeaders, ReviewOrigin, ReviewSource, Rights, SandboxConfig, SellerConfig, TokenConfig,
    TokenKind,
};
pub use faults::{CallKind, Fault, FaultRule, FaultSpec, Faults, InvalidFault};
pub use server::{RunningSandbox, Sandbox};
