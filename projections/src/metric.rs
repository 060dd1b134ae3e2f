//! Read model: how well each interaction was answered, and the metrics that count it. What each of them means is in
//! `docs/metrics.md`.

mod cells;
pub mod days;
mod fact;
mod figures;
mod items;
mod row;
mod table;
pub mod weeks;

pub use fact::{Metric, VERSION, failed_by};
pub use figures::{By, Figure, Figures, Filter, Group, Numbers, Period, figures};
pub use items::{Among, Item, Page, PageKey, items};
pub(crate) use row::Row;
