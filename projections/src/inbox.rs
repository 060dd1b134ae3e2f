//! Read model: what waits for an operator and what was answered, one row an interaction.

mod apply;
mod query;

pub(crate) use apply::apply;
pub use query::{Counts, Filter, InboxRow, Order, Page, PageKey, count, list, one};
