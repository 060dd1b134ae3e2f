//! Projections against a real database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod audit;
mod automatic;
mod chats;
mod claims;
mod deadlines;
mod digests;
mod drafts;
#[path = "../../../tests/it/drill.rs"]
mod drill;
mod effects;
mod folded;
mod inbox;
mod kills;
mod knowledge;
mod lag;
mod metric;
mod past;
mod poison;
mod rebuild;
mod replay;
mod support;
mod tenant;
