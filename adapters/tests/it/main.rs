//! The adapters against what they talk to: marketplaces on loopback, and a real database.

mod rate_limit;
mod wildberries;
