//! Worker: promises buyers who wait an answer, as the sellers' policies have it, and says when the time runs out and has
//! passed. No call: the interaction decides, so that restarts, clocks that jump and workers beside each other neither
//! lose nor double anything. Of a seller whose history is read for the first time there are ten thousands at once, so
//! they are taken by the hundred.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use commands::conversation::Heard;
use commands::{Actor, CommandError, Commands, Context};
use domain::interaction::{Deadline, Interaction, InteractionCommand, InteractionError};
use domain::policy::sla;
use domain::{InteractionId, TenantId};
use eventlog::Db;
use futures::future::join_all;
use projections::deadlines::{self, Due};
use projections::runner::Step;
use tracing::warn;
use uuid::Uuid;

use crate::crash;

/// Interactions that are taken together: commands that wait together share a call to the log, which is as good as it
/// gets from about so many.
const AT_ONCE: i64 = 200;

/// Under which name this is done.
const ACTOR: Actor = Actor::System("deadlines");

/// Sets deadlines and holds them against the time.
#[derive(Clone)]
pub(crate) struct Deadlines {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
}

impl Deadlines {
    /// Promises answers to buyers who wait and were promised none, or by a policy that is not the newest.
    #[tracing::instrument(skip_all, name = "set_deadlines")]
    pub(crate) async fn set(&self) -> anyhow::Result<Step> {
        let due = deadlines::take_unset(&self.db, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(Step::CaughtUp);
        }
        let mut sellers: BTreeMap<TenantId, Vec<Due>> = BTreeMap::new();
        for due in due {
            sellers.entry(due.tenant).or_default().push(due);
        }
        for (tenant, due) in sellers {
            // One seller whose stream cannot be read must not keep the others' buyers waiting.
            if let Err(error) = self.set_of(tenant, &due).await {
                let error = format!("{error:#}");
                warn!(tenant.id = %tenant, error, "could not set deadlines of {tenant}, trying again");
            }
        }
        Ok(Step::Advanced)
    }

    async fn set_of(&self, tenant: TenantId, due: &[Due]) -> anyhow::Result<()> {
        let (version, policy) = self.commands.sla(tenant).await.context("reading the policy")?;
        let ids: Vec<InteractionId> = due.iter().map(|due| due.interaction).collect();
        let read = self.commands.conversations(tenant, &ids).await.context("reading who waits")?;
        let set = due.iter().zip(read).filter_map(|(due, read)| {
            let read = read?;
            let Heard { loaded, conversation, .. } = &read;
            let deadline = sla::of_interaction(&policy, version, &loaded.aggregate, conversation)?;
            Some(self.set_one(due, read, deadline))
        });
        for set in join_all(set).await {
            noted("set", set);
        }
        Ok(())
    }

    async fn set_one(
        &self,
        due: &Due,
        heard: Heard,
        deadline: Deadline,
    ) -> Result<bool, CommandError<InteractionError>> {
        let Heard { loaded, heard_at, .. } = heard;
        let answering = loaded.aggregate.answering();
        let said = answering.said;
        let context = context(due, "set", said, &deadline);
        // Who is late with words that came in in time is late, even if nobody came to set a deadline before.
        let heard_at = heard_at.filter(|_| answering.running().is_none());
        let known_at = heard_at.unwrap_or(due.now);
        let command = InteractionCommand::SetDeadline { said, deadline, known_at };
        let done = self.commands.execute_on(&context, loaded, command).await?;
        Ok(done.placed.is_some())
    }

    /// Says of deadlines whose time has come that it runs out, or has passed.
    #[tracing::instrument(skip_all, name = "check_deadlines")]
    pub(crate) async fn check(&self) -> anyhow::Result<Step> {
        let due = deadlines::take_due(&self.db, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(Step::CaughtUp);
        }
        let checked = join_all(due.iter().map(|due| self.check_one(due))).await;
        for (outcome, checked) in checked.into_iter().flatten() {
            noted(outcome, checked);
        }
        Ok(Step::Advanced)
    }

    /// Holds one deadline against the time; none where the inbox has yet to hear that nobody waits any more.
    async fn check_one(
        &self,
        due: &Due,
    ) -> Option<(&'static str, Result<bool, CommandError<InteractionError>>)> {
        let loaded = match self.commands.load::<Interaction>(due.tenant, due.interaction).await {
            Ok(loaded) => loaded,
            Err(error) => return Some(("read", Err(error))),
        };
        let promise = loaded.aggregate.answering().running()?.clone();
        let now = if cfg!(feature = "sabotage-local-clock") {
            // The sabotage that the tests must catch: this machine's clock is believed.
            Utc::now()
        } else {
            due.now
        };
        let outcome = if promise.deadline.answer_by <= now { "breached" } else { "escalated" };
        let context = context(due, outcome, promise.said, &promise.deadline);
        let command = InteractionCommand::CheckDeadline { at: now };
        crash::at("deadline_due", due.interaction);
        let done = self.commands.execute_on(&context, loaded, command).await;
        crash::at("deadline_told", due.interaction);
        Some((outcome, done.map(|done| done.placed.is_some())))
    }
}

/// Whoever did the same before, and died before they could say so, has done it for us.
fn context(due: &Due, what: &str, said: u32, deadline: &Deadline) -> Context {
    let Deadline { policy, since, answer_by, .. } = deadline;
    let (since, answer_by) = (micros(*since), micros(*answer_by));
    let name = format!("deadline|{what}|{said}|{policy}|{since}|{answer_by}");
    Context::repeatable(due.tenant, ACTOR, Uuid::new_v5(&due.interaction.0, name.as_bytes()))
}

fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// Counts what was done, and says of what could not be that it is tried again.
fn noted(outcome: &'static str, done: Result<bool, CommandError<InteractionError>>) {
    match done {
        Ok(true) => {
            metrics::counter!("agentiq_deadlines_total", "outcome" => outcome).increment(1);
        }
        Ok(false) => (),
        Err(error) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            warn!(error, "a deadline could not be {outcome}, trying again");
        }
    }
}
