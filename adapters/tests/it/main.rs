//! The adapters against what they talk to: marketplaces on loopback, a real database, and the sandbox.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod archive;
mod bulks;
mod chat_files;
mod chatting;
mod claims_over_time;
mod deadlines;
mod description;
mod drafting;
mod drift;
mod embeddings;
mod failing_chats;
mod held;
mod key_replaced;
mod model;
mod ozon;
mod ozon_chats;
mod ozon_whole_way;
mod questions;
mod rate_limit;
mod samples;
mod standing;
mod supplements;
mod unread;
mod whole_way;
mod wildberries;
mod wildberries_chats;
mod wildberries_claims;
mod wire;
mod yandex;
mod yandex_chats;
mod yandex_whole_way;
