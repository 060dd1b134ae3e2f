//! Worker: makes the drafts that are due, so that one is there when an operator opens the item. What it makes is a
//! command like any other: an answer that came meanwhile, or a buyer who wrote again, makes it nothing.

pub(crate) mod again;
mod by_model;
mod context;
mod task;

use std::time::Duration;

use anyhow::Context as _;
use commands::{Actor, CommandError, Commands, Context};
use domain::DraftId;
use domain::guardrail::Grounds;
use domain::interaction::{Advice, DraftOrigin, Interaction, InteractionCommand, InteractionError};
use domain::policy::assessment;
use domain::policy::decision::{self, Facts};
use eventlog::Db;
use projections::drafts::{self, DraftDue, Wanted};
use projections::effects::Claim;
use projections::runner::Step;
use tokio::time::Instant;
use tracing::{debug, info};
use uuid::Uuid;

use self::task::{Task, Text};
use crate::crash;
use crate::finding::Finder;
use crate::model::Model;

/// How long a draft may take, before another process makes it: both requests to a model that says nothing until they
/// are given up, and more.
const LEASE: Duration = Duration::from_mins(3);

/// How long a draft that was made is left alone: by then the inbox has heard of it.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// When a draft is looked at again that could not be made: it was answered, or cannot be read (F128).
const ASK_AGAIN: Duration = Duration::from_mins(10);

/// When a draft is looked at again that failed of something that passes, such as the database: sooner where somebody
/// waits for it.
const TRY_AGAIN: Duration = Duration::from_secs(30);
const TRY_AGAIN_ASKED: Duration = Duration::from_secs(5);

/// How often a text is proposed to an interaction in which something changes that changes none of the words.
const PROPOSALS_MAX: u32 = 5;

/// When a draft is looked at again whose seller's model rests, or whose words another process has answered just now.
const TURN_AGAIN: Duration = Duration::from_secs(1);

/// Makes drafts.
#[derive(Clone)]
pub(crate) struct Drafter {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    /// Under whose name drafts are claimed.
    pub(crate) owner: Uuid,
    /// Who writes them, where the installation has one; templates otherwise.
    pub(crate) model: Option<Model>,
    /// Finds what the model is given to read.
    pub(crate) finder: Finder,
}

/// What became of a draft that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// It is there.
    Now,
    /// Its seller's model rests first, or is at it for another process.
    NotYet,
    /// Nobody wants it any more, or more was said.
    Never,
}

/// Says how long a draft is left alone of which that became, and for which somebody waits or nobody does.
fn pause_after(made: &anyhow::Result<Made>, is_asked: bool) -> Duration {
    match made {
        Ok(Made::Now) => HEARD_WITHIN,
        Ok(Made::NotYet) => TURN_AGAIN,
        Ok(Made::Never) => ASK_AGAIN,
        Err(_) if is_asked => TRY_AGAIN_ASKED,
        Err(_) => TRY_AGAIN,
    }
}

impl Drafter {
    /// Makes the draft that is due first of those that are wanted here, if one is.
    #[tracing::instrument(skip_all, name = "draft")]
    pub(crate) async fn step(&self, wanted: Wanted) -> anyhow::Result<Step> {
        let claim = Claim { owner: self.owner, lease: LEASE };
        let Some(due) = drafts::claim(&self.db, claim, wanted).await? else {
            return Ok(Step::CaughtUp);
        };
        let made = self.make(&due).await;
        drafts::rest(&self.db, &due, pause_after(&made, due.is_asked())).await?;
        made.with_context(|| format!("drafting an answer to {}", due.interaction))?;
        Ok(Step::Advanced)
    }

    async fn make(&self, due: &DraftDue) -> anyhow::Result<Made> {
        let clock = Instant::now();
        let Some(task) = self.task(due).await? else { return Ok(Made::Never) };
        let Some(text) = self.text(due, &task).await? else { return Ok(Made::NotYet) };
        let outcome = match text.origin.carried_from {
            Some(_) => "carried",
            None => text.source.into(),
        };
        crash::at("draft_made", due.interaction);
        let made = self.propose(due, &task, text).await?;
        if made == Made::Now {
            metrics::counter!("agentiq_drafts_total", "outcome" => outcome).increment(1);
            metrics::histogram!("agentiq_draft_seconds").record(clock.elapsed());
            let (id, duration_ms) = (due.interaction, clock.elapsed().as_millis());
            info!(interaction.id = %id, outcome, draft.duration_ms = duration_ms, "drafted an answer to {id}");
        }
        Ok(made)
    }

    /// Reads what is to be drafted; none where there is nothing to draft any more, or it has come further than the
    /// inbox says, which will say so in a moment.
    async fn task(&self, due: &DraftDue) -> anyhow::Result<Option<Task>> {
        let read = self.commands.conversation(due.tenant, due.interaction).await?;
        let Some((interaction, conversation)) = read else { return Ok(None) };
        let is_other = (interaction.basis(), interaction.drafts_asked()) != (due.basis, due.asked);
        let is_there = interaction.has_present_draft() && !interaction.awaits_draft();
        if is_other || is_there || interaction.may_answer().is_err() {
            return Ok(None);
        }
        let Some(source) = interaction.source().cloned() else { return Ok(None) };
        let analysis = assessment::of_conversation(source.channel, &conversation);
        let drafting = self.commands.drafting(due.tenant).await?;
        Ok(Some(Task { source, interaction, conversation, analysis, drafting }))
    }

    /// Has the text written; none while the seller's model rests.
    async fn text(&self, due: &DraftDue, task: &Task) -> anyhow::Result<Option<Text>> {
        let model = self.model.as_ref().filter(|_| task.wants_model());
        if let Some(carried) = task.carried(model.is_some()) {
            return Ok(Some(carried));
        }
        match model {
            Some(model) => self.by_model(due, task, model).await,
            None => Ok(Some(task.by_template(task.why_no_model()))),
        }
    }

    /// Lays a draft before the operators. Where something came in meanwhile that changed none of the words, such as a
    /// photo, it is what is to be said all the same, and it is paid.
    async fn propose(&self, due: &DraftDue, task: &Task, made: Text) -> anyhow::Result<Made> {
        let own = self.commands.guardrails(due.tenant).await?;
        let (automation, wanted) = self.commands.automation(due.tenant).await?;
        let mut now = task.interaction.clone();
        let mut standing = task.conversation.standing.clone();
        for _ in 0..PROPOSALS_MAX {
            let basis = now.basis();
            let own_version = own.version();
            let grounds = Grounds { own: own.clone(), is_duplicate: false };
            let advice = Advice::of(own_version, now.findings(&made.text, &grounds)?);
            let mut origin = DraftOrigin { basis, advice: Some(advice), ..made.origin.clone() };
            let facts = Facts::of(&standing, made.source, &origin);
            origin.decision =
                facts.map(|facts| decision::decide(&facts, &wanted.rules, automation));
            match self.lay(due, &made, origin).await {
                Ok(()) => return Ok(Made::Now),
                Err(CommandError::Rejected(rule)) => {
                    debug!(interaction.id = %due.interaction, %rule, "a draft came too late");
                    if rule != InteractionError::Changed {
                        return Ok(Made::Never);
                    }
                }
                Err(error) => return Err(error).context("proposing a draft"),
            }
            let read = self.commands.conversation(due.tenant, due.interaction).await?;
            let Some((interaction, conversation)) = read else { return Ok(Made::Never) };
            // Refused though nothing came in, or with a text of an operator's by now: another draft is there.
            let offered = interaction.draft_on_offer();
            let is_other = offered.is_some() && offered != task.interaction.draft_on_offer();
            let is_replaced = is_other && !interaction.awaits_draft();
            let is_refused = interaction.basis() == basis || interaction.may_answer().is_err();
            if is_replaced || is_refused || !conversation.says_the_same_as(&task.conversation) {
                return Ok(Made::Never);
            }
            (now, standing) = (interaction, conversation.standing);
        }
        Ok(Made::Never)
    }

    /// Proposes a draft as one of what was said by the basis of its `origin`.
    async fn lay(
        &self,
        due: &DraftDue,
        made: &Text,
        origin: DraftOrigin,
    ) -> Result<(), CommandError<InteractionError>> {
        let draft_id = DraftId::made_for(due.interaction, origin.basis, due.asked);
        let command = InteractionCommand::ProposeDraft {
            draft_id,
            text: made.text.clone(),
            source: made.source,
            origin: Some(Box::new(origin)),
        };
        // Whoever made the same before, and died before they could say so, has said it for us.
        let command_id = Uuid::new_v5(&draft_id.0, b"propose");
        let context = Context::repeatable(due.tenant, Actor::System("drafts"), command_id);
        self.commands.execute::<Interaction>(&context, due.interaction, command).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_tried_again_soon_and_sooner_where_somebody_waits() {
        let failed = || Err(anyhow::anyhow!("the database is away"));
        assert_eq!(pause_after(&failed(), true), Duration::from_secs(5));
        assert_eq!(pause_after(&failed(), false), Duration::from_secs(30));
        assert_eq!(pause_after(&Ok(Made::Never), true), Duration::from_secs(600));
    }
}
