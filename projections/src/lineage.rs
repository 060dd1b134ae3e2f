//! Read model: what became of each draft, and how each reply that had none came about: the lineage of what buyers read.

mod decision;
mod figures;
mod query;
mod row;
mod table;

pub use figures::{By, Figures, Group, ItemUse, Period, figures, items, judged_lately};
pub use query::{Filter, LineageRow, Page, PageKey, ReplyLineage, list, of, to_learn};
pub(crate) use row::{Asked, Row, Rows, kept, of_replies, replying};
