//! Read model: replies to many interactions that were asked for at once, one row a bulk.

mod query;
mod row;
mod table;

pub use query::{BulkReply, BulkRow, open, recent, replies};
pub(crate) use row::Row;
