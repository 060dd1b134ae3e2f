//! What `erase` takes.

use clap::{ArgGroup, Args};
use commands::erase::Subject;
use domain::{ClaimId, InteractionId, TenantId};

use crate::config::{DataSettings, KeySettings};
use crate::ground::Ground;

/// Settings of `erase`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("buyer").args(["interaction", "claim"])))]
#[command(group(ArgGroup::new("what").args(["interaction", "claim", "finish"]).required(true)))]
pub(crate) struct EraseCommand {
    /// The interaction whose buyer is erased
    #[arg(long, value_name = "ID", requires = "ground")]
    pub(crate) interaction: Option<InteractionId>,
    /// The claim for return whose buyer is erased
    #[arg(long, value_name = "ID", requires = "ground")]
    pub(crate) claim: Option<ClaimId>,
    /// Whose it is; without it all sellers' are looked through
    #[arg(long, value_name = "ID", requires = "buyer")]
    pub(crate) tenant: Option<TenantId>,
    /// On what ground (152-FZ, article 21)
    #[arg(long, value_name = "GROUND", requires = "buyer")]
    pub(crate) ground: Option<Ground>,
    /// Number of the request or order: kept for ever, so it names nobody
    #[arg(long, value_name = "NUMBER", requires = "buyer")]
    pub(crate) reference: Option<String>,
    /// Do it; without it only what would be done is shown
    #[arg(long, conflicts_with = "finish")]
    pub(crate) yes: bool,
    /// Carry out erasures that were asked for and cut short, as running servers do each minute
    #[arg(long)]
    pub(crate) finish: bool,
    /// Put out JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}

impl EraseCommand {
    /// Returns what the buyer to be erased left; none when only unfinished erasures are carried out.
    pub(crate) fn subject(&self) -> Option<Subject> {
        self.interaction.map(Subject::from).or_else(|| self.claim.map(Subject::from))
    }
}
