//! Read model: what sellers know, one row a passage, and how passages and past answers are found.

mod examples;
mod find;
mod likeness;
mod memory;
mod query;
mod row;
mod table;
mod unanswered;
mod vector;
mod words;

pub use examples::{Example, ExamplesOf, PastAnswer};
pub use find::{Asked, Meaning, Passage, Retrieval};
pub use likeness::most_alike_first;
pub use query::{Filter, KnowledgeRow, Page, PageKey, documents_titled, list};
pub(crate) use row::Row;
pub use unanswered::Unanswered;
