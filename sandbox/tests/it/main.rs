//! The sandbox from outside: over HTTP, judged by the published specification and by its own ledger.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod access;
mod captured;
mod chats;
mod claims;
mod examples;
mod faults;
mod ledger;
mod ozon;
mod play;
mod questions;
mod reads;
mod spec;
mod tokens;
mod traffic;
mod writes;
mod yandex;
