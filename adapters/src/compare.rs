//! Worker: has past drafts written once more by another model, and keeps how far each is from what people sent. Nothing
//! of it is a draft: no event, no words, and none of the seller's day.

mod books;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use commands::Commands;
use domain::policy::edit::Changed;
use eventlog::Db;
use futures::future::join_all;
use projections::comparisons::{self, Before, Due, Measured, Outcome, Run, State};
use projections::effects::Claim;
use projections::knowledge::Retrieval;
use projections::runner::Step;
use tracing::{info, warn};
use uuid::Uuid;

use self::books::OfComparison;
use crate::draft::again::{Again, again};
use crate::model::{ComparedModels, Model, ModelError, is_refusal};

/// How long a few drafts may take before another process goes on: both requests for each, side by side, and more.
const LEASE: Duration = Duration::from_mins(3);

/// Drafts that are reckoned side by side: nobody waits for them, and they share the provider's limits with those for
/// which somebody does.
const AT_ONCE: i64 = 3;

/// When it is tried again after the provider could not be reached, or something else failed that passes.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Compares models.
#[derive(Clone)]
pub(crate) struct Compare {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) retrieval: Retrieval,
    /// Under whose name comparisons are claimed.
    pub(crate) owner: Uuid,
    pub(crate) models: ComparedModels,
    /// Those that were asked for, which remember whether the provider answers.
    pub(crate) known: Arc<Mutex<HashMap<String, Model>>>,
}

/// How it goes on after a draft.
enum After {
    /// With the next one.
    Next,
    /// With the same one, later.
    Pause(Duration),
    /// Not at all.
    End(State, Option<&'static str>),
}

impl Compare {
    /// Reckons the next few drafts of a comparison, if one is wanted.
    #[tracing::instrument(skip_all, name = "compare")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let claim = Claim { owner: self.owner, lease: LEASE };
        let Some(run) = comparisons::claim(&self.db, claim).await? else {
            return Ok(Step::CaughtUp);
        };
        let went = self.go_on(&run).await;
        let pause = went.as_ref().copied().unwrap_or(TRY_AGAIN);
        comparisons::rest(&self.db, &run, pause).await?;
        went.with_context(|| format!("going on with the comparison {}", run.comparison_id))?;
        Ok(Step::Advanced)
    }

    /// Goes on, and says how long it is then left alone.
    async fn go_on(&self, run: &Run) -> anyhow::Result<Duration> {
        let Some(model) = self.model(&run.question.model)? else {
            self.end(run, State::Failed, Some("no_price")).await?;
            return Ok(Duration::ZERO);
        };
        if !run.is_chosen {
            comparisons::choose(&self.db, run).await.context("choosing drafts")?;
        }
        let due = comparisons::next(&self.db, run, AT_ONCE).await?;
        if due.is_empty() {
            self.end(run, State::Done, None).await?;
            return Ok(Duration::ZERO);
        }
        let mut pause = Duration::ZERO;
        let (mut is_further, mut ended) = (false, None);
        for after in join_all(due.iter().map(|due| self.reckon(run, &model, due))).await {
            match after? {
                After::Next => is_further = true,
                After::Pause(until) => pause = pause.max(until),
                After::End(state, failure) => ended = Some((state, failure)),
            }
        }
        // What the others had reserved has come back: there may be enough for this one now.
        let is_early = is_further && matches!(ended, Some((State::OutOfBudget, _)));
        if let Some((state, failure)) = ended.filter(|_| !is_early) {
            self.end(run, state, failure).await?;
        }
        Ok(pause)
    }

    /// Has one draft written once more and keeps what came of it.
    async fn reckon(&self, run: &Run, model: &Model, due: &Due) -> anyhow::Result<After> {
        let past = again(&self.commands, &self.retrieval, run.tenant, due).await;
        let Again { ask, sent, before } = match past.context("reading a past draft")? {
            Ok(past) => past,
            Err(gone) => {
                let reason = <&str>::from(gone);
                self.keep(run, due, Outcome::LeftOut, Some(reason), None, Before::default())
                    .await?;
                return Ok(After::Next);
            }
        };
        let books = OfComparison { db: &self.db, run, draft: due.draft };
        let (outcome, changed) = match model.write_within(&books, due.interaction, &ask).await {
            Ok(answer) => (Outcome::Written, Some(Changed::between(&answer.text, &sent))),
            Err(error) => {
                let outcome = match &error {
                    ModelError::Unfit { .. } => Outcome::Unfit,
                    ModelError::Unreadable { .. } => Outcome::Unreadable,
                    ModelError::Declined => Outcome::Declined,
                    ModelError::NoAnswer { .. } | ModelError::ServerError { .. } => {
                        Outcome::NoAnswer
                    }
                    // This prompt and no other.
                    ModelError::BadRequest { .. } if is_refusal(&error) => Outcome::NoAnswer,
                    ModelError::AlreadyMade => Outcome::Interrupted,
                    ModelError::Paused { retry_after }
                    | ModelError::RateLimited { retry_after } => {
                        return Ok(After::Pause(*retry_after));
                    }
                    ModelError::Unreachable => return Ok(After::Pause(TRY_AGAIN)),
                    ModelError::OverLimit | ModelError::OverBudget => {
                        return Ok(After::End(State::OutOfBudget, None));
                    }
                    ModelError::OutOfMoney | ModelError::BadKey | ModelError::BadRequest { .. } => {
                        return Ok(After::End(State::Failed, Some(error.code())));
                    }
                    ModelError::Database(_) => return Err(error.into()),
                };
                (outcome, None)
            }
        };
        self.keep(run, due, outcome, None, changed, before).await?;
        Ok(After::Next)
    }

    async fn keep(
        &self,
        run: &Run,
        due: &Due,
        outcome: Outcome,
        reason: Option<&str>,
        changed: Option<Changed>,
        before: Before,
    ) -> anyhow::Result<()> {
        let found = Measured { outcome, reason: reason.map(str::to_owned), changed, before };
        comparisons::keep(&self.db, run, due.draft, &found).await.context("keeping what was found")
    }

    async fn end(&self, run: &Run, state: State, failure: Option<&str>) -> anyhow::Result<()> {
        let (id, as_str) = (run.comparison_id, state.as_str());
        match failure {
            None => info!(comparison.id = %id, "the comparison {id} ended: {as_str}"),
            Some(why) => warn!(comparison.id = %id, "the comparison {id} ended: {as_str}, {why}"),
        }
        comparisons::end(&self.db, run, state, failure).await.context("ending a comparison")
    }

    /// Returns the model of that name; none where it has no price.
    fn model(&self, name: &str) -> anyhow::Result<Option<Model>> {
        if !self.models.prices.knows(name) {
            return Ok(None);
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = known.get(name) {
            return Ok(Some(model.clone()));
        }
        let model = self.models.named(self.db.clone(), name)?;
        known.insert(name.to_owned(), model.clone());
        Ok(Some(model))
    }
}
