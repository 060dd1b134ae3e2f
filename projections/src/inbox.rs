//! Read model: what waits for an operator and what was answered, one row an interaction.

mod past;
mod query;
mod row;
mod table;

pub use query::{Counts, Filter, InboxRow, Order, Page, PageKey, count, list, one};
pub(crate) use query::{Standing, counted, page};
pub(crate) use row::Row;
