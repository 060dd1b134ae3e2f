//! The API from outside: real HTTP through our own accept loop, a real database, read models driven by hand.
// An interaction is compared whole, and `json!` goes one level deeper with each of its fields.
#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod access;
mod accounts;
mod alerts;
mod attachments;
mod auth;
mod automatic;
mod automation;
mod binary;
mod bulks;
mod chats;
mod claims;
mod comparisons;
mod complaints;
mod console;
mod deadlines;
mod doubt;
mod drafts;
#[path = "../../../tests/it/drill.rs"]
mod drill;
mod erasure;
mod feed;
mod foreign;
mod guardrails;
mod harness;
mod held;
mod idempotency;
mod idempotency_everywhere;
mod idempotency_model;
mod interactions;
mod knowledge;
mod log;
mod openapi;
mod own_guardrails;
mod past;
mod peers;
mod people;
mod problems;
mod push;
mod quality;
mod recipients;
mod related;
mod replies;
mod reply_quality;
mod sending;
mod server;
mod sessions;
mod sla;
mod tokens;
mod unread_items;
mod why;
