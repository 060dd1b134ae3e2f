//! What `sla-what-if` takes.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use domain::TenantId;

use crate::config::{DataSettings, KeySettings};

/// Settings of `sla-what-if`.
#[derive(Debug, Args)]
pub(crate) struct SlaWhatIfCommand {
    /// Whose history
    #[arg(long, value_name = "ID")]
    pub(crate) seller: TenantId,
    /// What began to wait since this time
    #[arg(long, value_name = "TIME")]
    pub(crate) since: DateTime<Utc>,
    /// What began to wait before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: DateTime<Utc>,
    /// The policy, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// How many of the waits that change are put out
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) changes: usize,
    /// Put out JSON, as `POST /api/v1/sla/what-if` answers
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}
