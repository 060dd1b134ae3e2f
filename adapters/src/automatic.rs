//! Worker: answers with drafts that need nobody, where the seller wants that. No call: the aggregate decides, and what
//! it lets through is held like any other reply, so that somebody can take it back. Whatever it does not let through is
//! a person's task, with the reason.

use anyhow::Context as _;
use chrono::TimeDelta;
use commands::{Actor, CommandError, Commands, Context};
use domain::automation::{ACTOR, Automation, Refused};
use domain::effect::Effect;
use domain::guardrail::Grounds;
use domain::interaction::{Interaction, InteractionCommand, InteractionError};
use domain::{DraftId, ReplyId};
use eventlog::Db;
use projections::automatic::{self, Limits};
use projections::effects::{self, Claim, Claimed, EffectKind};
use projections::reply_history::is_duplicate;
use projections::runner::Step;
use tracing::info;
use uuid::Uuid;

use crate::crash;
use crate::stops::{self, Stops};

/// Answers without a person.
#[derive(Clone)]
pub(crate) struct Automatic {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) claim: Claim,
    pub(crate) stops: Stops,
    /// Whether the installation lets sellers have that.
    pub(crate) is_offered: bool,
}

/// What became of a draft that needed nobody.
enum End {
    /// It was asked to be sent.
    Asked,
    /// The seller wants none sent by itself: what was decided stays what it is, a note.
    NotWanted,
    /// It is a person's task.
    Refused(Refused),
}

impl Automatic {
    /// Deals with one draft, if one is due.
    #[tracing::instrument(skip_all, name = "automatic")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let claimed = effects::claim(&self.db, EffectKind::SendDraft, self.claim).await?;
        let Some(claimed) = claimed else { return Ok(Step::CaughtUp) };
        let Effect::SendDraft { draft_id, automation } = claimed.effect else {
            anyhow::bail!("effect {} sends no draft", claimed.effect_id);
        };
        if self.stops.clear(claimed.tenant).await?.is_none() {
            effects::put_back(&self.db, &claimed, stops::ASK_AGAIN, None).await?;
            return Ok(Step::Advanced);
        }
        let id = claimed.interaction;
        let end = self.answer(&claimed, draft_id, automation).await;
        match end.with_context(|| format!("answering {id} by itself"))? {
            End::Asked => {
                metrics::counter!("agentiq_automatic_replies_total", "outcome" => "asked")
                    .increment(1);
                info!(interaction.id = %id, "the draft of {id} goes out by itself");
            }
            End::NotWanted => (),
            End::Refused(why) => {
                automatic::refuse(&self.db, claimed.tenant, (id, draft_id), why).await?;
                let outcome: &str = why.into();
                metrics::counter!("agentiq_automatic_replies_total", "outcome" => outcome)
                    .increment(1);
                info!(interaction.id = %id, outcome, "the draft of {id} is a person's task");
            }
        }
        effects::finish(&self.db, &claimed).await?;
        Ok(Step::Advanced)
    }

    async fn answer(
        &self,
        claimed: &Claimed,
        draft_id: DraftId,
        decided_by: u32,
    ) -> anyhow::Result<End> {
        let (tenant, id) = (claimed.tenant, claimed.interaction);
        let (version, wanted) = self.commands.automation(tenant).await?;
        if !self.is_offered || !wanted.stage.sends() {
            return Ok(End::NotWanted);
        }
        let Some((interaction, conversation)) = self.commands.conversation(tenant, id).await?
        else {
            return Ok(End::Refused(Refused::Overtaken));
        };
        // Whoever asked for it died before they could say so; what came since does not unsay it.
        if interaction.version(ReplyId::automatic(draft_id)).is_some() {
            return Ok(End::Asked);
        }
        if decided_by != version {
            return Ok(End::Refused(Refused::RulesChanged));
        }
        let offered = conversation.draft.filter(|draft| draft.id == draft_id);
        let Some(text) = offered.and_then(|draft| draft.text.known().cloned()) else {
            return Ok(End::Refused(Refused::Overtaken));
        };
        let Automation { per_hour, per_day, hold_seconds, .. } = wanted;
        let limits = Limits { per_hour, per_day };
        let place = automatic::take_place(&self.db, tenant, (id, draft_id), limits).await?;
        // The sabotage that the tests must catch: a worker that knows no limits.
        if let Err(why) = place
            && !cfg!(feature = "sabotage-unlimited")
        {
            return Ok(End::Refused(why));
        }
        crash::at("place_taken", id);
        let own = self.commands.guardrails(tenant).await?;
        let is_duplicate = is_duplicate(&self.db, tenant, id, &text).await?;
        let grounds = Grounds { own, is_duplicate };
        let held_until = claimed.now + TimeDelta::seconds(hold_seconds.into());
        let command =
            InteractionCommand::SendDraft { draft_id, automation: version, held_until, grounds };
        let command_id = Uuid::new_v5(&claimed.effect_id, b"send_draft");
        let context = Context::repeatable(tenant, Actor::System(ACTOR), command_id)
            .caused_by(claimed.cause_event_id, claimed.correlation_id.unwrap_or(command_id));
        let asked = self.commands.execute::<Interaction>(&context, id, command).await;
        crash::at("automatic_asked", id);
        match asked {
            Ok(_) => Ok(End::Asked),
            Err(CommandError::Rejected(InteractionError::Guardrails(_))) => {
                Ok(End::Refused(Refused::Guardrails))
            }
            Err(CommandError::Rejected(_)) => Ok(End::Refused(Refused::Overtaken)),
            Err(error) => Err(error).context("asking for an automatic reply"),
        }
    }
}
