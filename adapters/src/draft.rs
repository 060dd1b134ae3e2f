//! Worker: makes the drafts that are due, so that one is there when an operator opens the item. What it makes is a
//! command like any other: an answer that came meanwhile, or a buyer who wrote again, makes it nothing.

mod by_model;
mod context;
mod task;

use std::time::Duration;

use anyhow::Context as _;
use commands::{Actor, CommandError, Commands, Context};
use domain::DraftId;
use domain::guardrail::Grounds;
use domain::interaction::{Advice, Interaction, InteractionCommand};
use domain::policy::assessment;
use eventlog::Db;
use projections::drafts::{self, DraftDue};
use projections::effects::Claim;
use projections::knowledge::Retrieval;
use projections::runner::Step;
use tokio::time::Instant;
use tracing::{debug, info};
use uuid::Uuid;

use self::task::{Task, Text};
use crate::crash;
use crate::model::Model;

/// How long a draft may take, before another process makes it: both requests to a model that says nothing until they are
/// given up, and more.
const LEASE: Duration = Duration::from_mins(3);

/// How long a draft that was made is left alone: by then the inbox has heard of it.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// When a draft is looked at again that could not be made: it was answered, or cannot be read (F128).
const ASK_AGAIN: Duration = Duration::from_mins(10);

/// When a draft is looked at again whose seller's model rests.
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
    pub(crate) retrieval: Retrieval,
}

/// What became of a draft that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// It is there.
    Now,
    /// Its seller's model rests first.
    NotYet,
    /// Nobody wants it any more, or more was said.
    Never,
}

impl Drafter {
    /// Makes the draft that is due first, if one is.
    #[tracing::instrument(skip_all, name = "draft")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let claim = Claim { owner: self.owner, lease: LEASE };
        let Some(due) = drafts::claim(&self.db, claim).await? else {
            return Ok(Step::CaughtUp);
        };
        let made = self.make(&due).await;
        let pause = match made {
            Ok(Made::Now) => HEARD_WITHIN,
            Ok(Made::NotYet) => TURN_AGAIN,
            Ok(Made::Never) | Err(_) => ASK_AGAIN,
        };
        drafts::rest(&self.db, &due, pause).await?;
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

    /// Reads what is to be drafted; none where there is nothing to draft any more, or it has come further than the inbox
    /// says, which will say so in a moment.
    async fn task(&self, due: &DraftDue) -> anyhow::Result<Option<Task>> {
        let read = self.commands.conversation(due.tenant, due.interaction).await?;
        let Some((interaction, conversation)) = read else { return Ok(None) };
        let is_other = (interaction.basis(), interaction.drafts_asked()) != (due.basis, due.asked);
        if is_other || interaction.may_answer().is_err() {
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

    async fn propose(&self, due: &DraftDue, task: &Task, made: Text) -> anyhow::Result<Made> {
        let Text { text, source, mut origin } = made;
        let own = self.commands.guardrails(due.tenant).await?;
        let own_version = own.version();
        let found = task.interaction.findings(&text, &Grounds { own, is_duplicate: false })?;
        origin.advice = Some(Advice::of(own_version, found));
        let draft_id = DraftId::made_for(due.interaction, due.basis, due.asked);
        let origin = Some(Box::new(origin));
        let command = InteractionCommand::ProposeDraft { draft_id, text, source, origin };
        // Whoever made the same before, and died before they could say so, has said it for us.
        let command_id = Uuid::new_v5(&draft_id.0, b"propose");
        let context = Context::repeatable(due.tenant, Actor::System("drafts"), command_id);
        match self.commands.execute::<Interaction>(&context, due.interaction, command).await {
            Ok(_) => Ok(Made::Now),
            Err(CommandError::Rejected(rule)) => {
                debug!(interaction.id = %due.interaction, %rule, "a draft came too late");
                Ok(Made::Never)
            }
            Err(error) => Err(error).context("proposing a draft"),
        }
    }
}
