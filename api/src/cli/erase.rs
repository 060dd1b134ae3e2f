//! What `erase` takes.

use clap::Args;
use domain::{InteractionId, TenantId};

use crate::config::{DataSettings, KeySettings};
use crate::ground::Ground;

/// Settings of `erase`.
#[derive(Debug, Args)]
pub(crate) struct EraseCommand {
    /// The interaction whose buyer is erased
    #[arg(long, value_name = "ID", required_unless_present = "finish", requires = "ground")]
    pub(crate) interaction: Option<InteractionId>,
    /// Whose it is; without it all sellers' are looked through
    #[arg(long, value_name = "ID", requires = "interaction")]
    pub(crate) tenant: Option<TenantId>,
    /// On what ground (152-FZ, article 21)
    #[arg(long, value_name = "GROUND", requires = "interaction")]
    pub(crate) ground: Option<Ground>,
    /// Number of the request or order: kept for ever, so it names nobody
    #[arg(long, value_name = "NUMBER", requires = "interaction")]
    pub(crate) reference: Option<String>,
    /// Do it; without it only what would be done is shown
    #[arg(long, conflicts_with = "finish")]
    pub(crate) yes: bool,
    /// Carry out erasures that were asked for and cut short, as running servers do each minute
    #[arg(long, conflicts_with = "interaction")]
    pub(crate) finish: bool,
    /// Put out JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}
