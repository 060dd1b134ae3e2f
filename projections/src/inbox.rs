//! Read model: what waits for an operator and what was answered, one row an interaction.

mod pages;
mod past;
mod query;
mod related;
mod row;
mod table;

pub(crate) use pages::page;
pub use query::{Counts, Filter, InboxRow, Order, Page, PageKey, count, list, one, some};
pub(crate) use query::{Standing, counted};
pub use related::{RelatedRow, related, related_ids};
pub(crate) use row::Row;
