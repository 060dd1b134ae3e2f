//! Old months of the log, moved out of the database into files, and read from there when they are asked for. Decision
//! 0009 says how and why.

mod error;
mod file;
mod manifest;
mod month;
mod run;
mod sealed;
mod source;
mod write;

pub use error::ArchiveError;
pub(crate) use file::Pick;
pub use manifest::{Manifest, ManifestLog};
pub use month::{Month, MonthError};
pub use run::{Step, archive};
pub(crate) use source::{Source, archived_pos, collect};
