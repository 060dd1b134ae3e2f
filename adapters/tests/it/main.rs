//! The adapters against what they talk to: marketplaces on loopback, and a real database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod rate_limit;
mod wildberries;
