//! Worker: lets out what was held when its time has come. No call: the aggregate decides, and what it lets out is owed
//! to the marketplace like any other reply.

use anyhow::Context as _;
use commands::{CommandError, Commands};
use domain::ReplyId;
use domain::effect::Effect;
use domain::interaction::{Interaction, InteractionCommand, InteractionError};
use eventlog::Db;
use projections::effects::{self, Claim, Claimed, EffectKind};
use projections::runner::Step;

use crate::report::report;
use crate::stops::{self, Stops};

/// Lets out what was held.
#[derive(Clone)]
pub(crate) struct Release {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) claim: Claim,
    pub(crate) stops: Stops,
}

impl Release {
    /// Lets out one reply, if one is due.
    #[tracing::instrument(skip_all, name = "release")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let claimed = effects::claim(&self.db, EffectKind::ReleaseReply, self.claim).await?;
        let Some(claimed) = claimed else { return Ok(Step::CaughtUp) };
        let Effect::ReleaseReply { reply_id, .. } = claimed.effect else {
            anyhow::bail!("effect {} is no release", claimed.effect_id);
        };
        if self.stops.clear(claimed.tenant).await?.is_none() {
            // What is not let out can be taken back.
            effects::put_back(&self.db, &claimed, stops::ASK_AGAIN, None).await?;
            return Ok(Step::Advanced);
        }
        let (outcome, command) = if self.is_wanted(&claimed, reply_id).await? {
            ("release", InteractionCommand::Release { reply_id })
        } else {
            ("stop_automatic", InteractionCommand::StopAutomatic { reply_id })
        };
        match report(&self.commands, &claimed, outcome, command).await {
            Err(error) if !is_taken_back(&error) => return Err(error),
            Ok(()) | Err(_) => (),
        }
        effects::finish(&self.db, &claimed).await?;
        Ok(Step::Advanced)
    }
}

impl Release {
    /// Tells whether the reply is still wanted: one that nobody asked for is not once the seller has stopped those.
    async fn is_wanted(&self, claimed: &Claimed, reply_id: ReplyId) -> anyhow::Result<bool> {
        let loaded = self.commands.load::<Interaction>(claimed.tenant, claimed.interaction).await;
        let interaction = loaded.context("loading the interaction")?.aggregate;
        let version = interaction.version(reply_id);
        if version.is_none_or(|version| version.automation.is_none()) {
            return Ok(true);
        }
        Ok(self.commands.automation(claimed.tenant).await?.1.stage.sends())
    }
}

fn is_taken_back(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<CommandError<InteractionError>>();
    matches!(refused, Some(CommandError::Rejected(InteractionError::ReplyCancelled)))
}
