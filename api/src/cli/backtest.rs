//! What `backtest` takes.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use domain::TenantId;
use domain::policy::backtest::SECONDS_PER_REPLY;

use crate::config::{DataSettings, KeySettings};

/// Settings of `backtest`.
#[derive(Debug, Args)]
pub(crate) struct BacktestCommand {
    /// Whose history
    #[arg(long, value_name = "ID")]
    pub(crate) seller: TenantId,
    /// Drafts that were made since this time
    #[arg(long, value_name = "TIME")]
    pub(crate) since: DateTime<Utc>,
    /// Drafts that were made before this time, at most 366 days later
    #[arg(long, value_name = "TIME")]
    pub(crate) until: DateTime<Utc>,
    /// The rules, as JSON, instead of those in force
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// What it takes a person to read, check and send one reply: an assumption
    #[arg(long, value_name = "SECONDS", default_value_t = SECONDS_PER_REPLY,
        value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds_per_reply: u32,
    /// Put out JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}
