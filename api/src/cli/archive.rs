//! What `archive` takes.

use std::path::PathBuf;

use clap::Args;
use eventlog::archive::Month;

use crate::config::{DataSettings, KeySettings};

/// Settings of `archive`.
#[derive(Debug, Args)]
pub(crate) struct ArchiveCommand {
    /// Every month that ended before this one began
    #[arg(long, value_name = "YYYY-MM")]
    pub(crate) before: Month,
    /// Folder to write into, instead of the archive folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
    /// Drop the months from the database, once their files were read back
    #[arg(long)]
    pub(crate) drop: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}
