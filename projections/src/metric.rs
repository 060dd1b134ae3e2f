//! Read model: how well each interaction was answered, and the metrics that count it. What each of them means is in
//! `docs/metrics.md`.

mod fact;
mod figures;
mod items;
mod row;
mod table;

pub use fact::{Metric, VERSION, failed_by};
pub use figures::{By, Figure, Figures, Filter, Group, Period, figures, total};
pub use items::{Among, Item, Page, PageKey, items};
pub(crate) use row::Row;
