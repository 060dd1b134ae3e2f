//! Worker: finds out by reading whether an attempt with unknown outcome took effect.

use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use commands::Commands;
use domain::ReplyId;
use domain::effect::Effect;
use domain::interaction::{Interaction, InteractionCommand, ReplyState};
use domain::policy::delivery::{SettlePolicy, Settling};
use eventlog::Db;
use projections::effects::{self, Claim, Claimed, EffectKind};
use projections::runner::Step;
use serde_json::json;
use tracing::info;

use crate::cabinets::{Cabinets, access_loss};
use crate::rate_limit::{Priority, Turn};
use crate::report::report;
use crate::wildberries::{CallError, Review};

/// Longest wait for a turn under the account's limit before the effect is put back.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long to wait after a failed read that says nothing about when to come back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Settles unknown outcomes.
#[derive(Clone)]
pub(crate) struct Settle {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
    pub(crate) claim: Claim,
    pub(crate) policy: SettlePolicy,
}

/// The attempt in question.
struct Question {
    reply_id: ReplyId,
    attempt: u32,
    unknown_since: DateTime<Utc>,
}

impl Settle {
    /// Reads for one unknown outcome, if one is due.
    #[tracing::instrument(skip_all, name = "settle")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let Some(claimed) = effects::claim(&self.db, EffectKind::SettleReply, self.claim).await?
        else {
            return Ok(Step::CaughtUp);
        };
        let Effect::SettleReply { reply_id, attempt, unknown_since } = claimed.effect else {
            bail!("effect {} settles nothing", claimed.effect_id);
        };
        let question = Question { reply_id, attempt, unknown_since };
        let first_read = self.policy.first_read(unknown_since);
        if claimed.now < first_read {
            self.put_back_until(&claimed, first_read).await?;
            return Ok(Step::Advanced);
        }
        match self.external_id_if_unknown(&claimed, &question).await? {
            Some(external_id) => self.read(&claimed, &question, &external_id).await?,
            None => effects::finish(&self.db, &claimed).await?,
        }
        Ok(Step::Advanced)
    }

    async fn read(
        &self,
        claimed: &Claimed,
        question: &Question,
        external_id: &str,
    ) -> anyhow::Result<()> {
        let cabinet = self.cabinets.open(claimed.tenant, claimed.account).await?;
        if let Turn::NotBefore(wait) = cabinet.limiter.turn(Priority::Write, PATIENCE).await? {
            effects::put_back(&self.db, claimed, wait, None).await?;
            return Ok(());
        }
        match cabinet.client.review(external_id).await {
            Ok(review) => self.judge(claimed, question, review).await,
            Err(error) => {
                if let Some(wait) = error.retry_after() {
                    cabinet.limiter.block(wait).await?;
                }
                self.could_not_read(claimed, &error).await
            }
        }
    }

    /// Takes what was read: the reply, another answer, or nothing.
    async fn judge(
        &self,
        claimed: &Claimed,
        question: &Question,
        review: Option<Review>,
    ) -> anyhow::Result<()> {
        if let Some(answer) = review.as_ref().and_then(Review::observed_answer) {
            let observe = InteractionCommand::Observe { answer, seen_at: claimed.now };
            report(&self.commands, claimed, &read_name(claimed), observe).await?;
        }
        if self.external_id_if_unknown(claimed, question).await?.is_none() {
            effects::finish(&self.db, claimed).await?;
            info!(interaction.id = %claimed.interaction, "an unknown outcome was settled by reading");
            return Ok(());
        }
        let mut absent_reads = absent_reads(claimed);
        absent_reads.push(claimed.now);
        match self.policy.after_absent(question.unknown_since, &absent_reads) {
            Settling::ReadAt(at) => {
                let wait = (at - claimed.now).to_std().unwrap_or_default();
                let learned = json!([{"absent_at": claimed.now}]);
                effects::put_back(&self.db, claimed, wait, Some(&learned)).await?;
            }
            Settling::Absent => {
                let absent = InteractionCommand::ConfirmAbsent {
                    reply_id: question.reply_id,
                    attempt: question.attempt,
                    read_at: absent_reads,
                };
                report(&self.commands, claimed, "absent", absent).await?;
                effects::finish(&self.db, claimed).await?;
            }
        }
        Ok(())
    }

    /// A read that failed proves nothing: it is made again.
    async fn could_not_read(&self, claimed: &Claimed, error: &CallError) -> anyhow::Result<()> {
        if let Some(reason) = access_loss(error) {
            self.cabinets.lose_access(claimed.tenant, claimed.account, reason).await?;
        }
        let wait = error.retry_after().unwrap_or(PAUSE_AFTER_FAILURE);
        let learned = json!([{"read_failed_at": claimed.now, "error": error.to_string()}]);
        effects::put_back(&self.db, claimed, wait, Some(&learned)).await?;
        Ok(())
    }

    /// Returns what to look for, while the outcome is still unknown.
    async fn external_id_if_unknown(
        &self,
        claimed: &Claimed,
        question: &Question,
    ) -> anyhow::Result<Option<String>> {
        let loaded = self
            .commands
            .load::<Interaction>(claimed.tenant, claimed.interaction)
            .await
            .context("loading the interaction")?;
        let interaction = loaded.aggregate;
        let unknown = interaction
            .version(question.reply_id)
            .is_some_and(|v| v.state == ReplyState::Unknown && v.attempts == question.attempt);
        Ok(interaction.source().filter(|_| unknown).map(|source| source.external_id.clone()))
    }

    async fn put_back_until(&self, claimed: &Claimed, at: DateTime<Utc>) -> sqlx::Result<()> {
        let wait = (at - claimed.now).to_std().unwrap_or_default();
        effects::put_back(&self.db, claimed, wait, None).await
    }
}

/// Every read is a report of its own, found again only when the same read is reported twice.
fn read_name(claimed: &Claimed) -> String {
    format!("read:{}", claimed.now.timestamp_micros())
}

/// When earlier reads did not find the reply, oldest first.
fn absent_reads(claimed: &Claimed) -> Vec<DateTime<Utc>> {
    claimed
        .evidence
        .iter()
        .filter_map(|read| serde_json::from_value(read.get("absent_at")?.clone()).ok())
        .collect()
}
