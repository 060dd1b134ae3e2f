//! Read model: buyers' claims for return, one row a claim.

mod query;
mod row;
mod table;

pub use query::{ClaimRow, Filter, Page, PageKey, list, one};
pub(crate) use row::Row;
