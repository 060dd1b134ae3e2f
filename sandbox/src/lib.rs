//! The marketplaces on loopback: they speak the published specifications, misbehave on request, and keep a
//! ledger of everything a buyer would have seen.
//!
//! Written from the specifications alone and sharing no code with the adapters, so that a misreading on one
//! side shows. Demo, integration tests, fault tests and benchmarks use this one sandbox, and its ledger is the
//! judge of "exactly once". Each marketplace is a module of its own (`wildberries`); clock, chance, faults,
//! limits, ledger and corpus are shared.
//!
//! # What can be asked of the sandbox itself
//!
#![doc = include_str!("control.md")]
//!
//! # The ledger as a judge
//!
//! Each write that comes with a good token is a line, written before it is answered: of kind `answer` (reviews),
//! `question`, `message` or `claim`. `applied` says whether it took effect, `answer` whether the client learned of it
//! (`given`, `lost`, `reset`), `deliveries` how often it was applied so far, this time included (2 is a duplicate: of a
//! review a second answer by POST, of a question or chat the same words, of a claim the same action), and `buyer_sees`
//! what the buyer sees there in the end.
//!
//! Ozon's writes are lines of kind `write` with the same fields: `change.what` says what they did, and in a chat
//! `deliveries` counts how often this very text was put there, since a chat holds many texts by right.
//!
//! So are Yandex.Market's: `action` says what was asked for, and `deliveries` counts messages and files with the same
//! content in the same chat, and everything else by action and target.
//!
//! Each completion that the model is asked for with a key is a line `asked`, with the whole request and what it wrote.
//!
//! # Test buyers
//!
//! With [`SandboxConfig::traffic`] test buyers write over time, what and when decided by the seed; each act is a line
//! `buyer_acted` followed by what was written.

mod chance;
mod config;
mod connection;
mod control;
mod corpus;
mod exchange;
mod faults;
mod ledger;
mod model;
mod multipart;
mod ozon;
mod post;
mod rate_limit;
mod server;
mod traffic;
mod wildberries;
mod world;
mod yandex;

pub use config::{
    OzonAccount, RateHeaders, ReviewOrigin, ReviewSource, Rights, SandboxConfig, SellerConfig,
    TokenConfig, TokenKind, YandexConfig, YandexKeyConfig, YandexScope,
};
pub use faults::{CallKind, Fault, FaultRule, FaultSpec, Faults, InvalidFault};
pub use server::{RunningSandbox, Sandbox};
pub use traffic::Traffic;
pub use wildberries::TokenClaims;
