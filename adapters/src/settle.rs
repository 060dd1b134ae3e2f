//! Worker: finds out by reading whether an attempt with unknown outcome took effect.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{DateTime, TimeDelta, Utc};
use commands::Commands;
use domain::ReplyId;
use domain::account::Use;
use domain::effect::Effect;
use domain::interaction::{Interaction, InteractionCommand, Look, ReplyState, Saw};
use domain::policy::delivery::{SettlePolicy, Settling};
use eventlog::Db;
use projections::effects::{self, Claim, Claimed, EffectKind};
use projections::runner::Step;
use serde_json::{Value, json};
use tracing::{info, warn};

use crate::cabinets::{Cabinet, Cabinets, access_loss};
use crate::connector::{Found, ReadError, Wanted};
use crate::crash;
use crate::rate_limit::Priority;
use crate::report::{name_of_read, report};

/// Longest pause between two reads that bring nothing.
const PAUSE_MAX: Duration = Duration::from_secs(60 * 60);

/// How long the marketplace is asked for an item that it does not give, or gives in such a way that the reply may be in
/// what cannot be read.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::days(1);

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

impl Question {
    fn of(claimed: &Claimed) -> anyhow::Result<Self> {
        let Effect::SettleReply { reply_id, attempt, unknown_since } = claimed.effect else {
            bail!("effect {} settles nothing", claimed.effect_id);
        };
        Ok(Self { reply_id, attempt, unknown_since })
    }
}

impl Settle {
    /// Reads for one unknown outcome, if one is due.
    #[tracing::instrument(skip_all, name = "settle")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let Some(claimed) = effects::claim(&self.db, EffectKind::SettleReply, self.claim).await?
        else {
            return Ok(Step::CaughtUp);
        };
        let question = Question::of(&claimed)?;
        let first_read = self.policy.first_read(question.unknown_since);
        if claimed.now < first_read {
            self.put_back_until(&claimed, first_read).await?;
            return Ok(Step::Advanced);
        }
        match self.wanted_if_unknown(&claimed, &question).await? {
            Some(wanted) => self.read(&claimed, &question, wanted).await?,
            None => effects::finish(&self.db, &claimed).await?,
        }
        Ok(Step::Advanced)
    }

    async fn read(
        &self,
        claimed: &Claimed,
        question: &Question,
        wanted: Wanted,
    ) -> anyhow::Result<()> {
        let channel = wanted.source.channel;
        let account = self.cabinets.account(claimed.tenant, claimed.account).await?;
        if account.lost().is_some() || account.closed(channel, Use::Reading).is_some() {
            return self.read_later(claimed, question).await;
        }
        let cabinet = match self.cabinets.open(claimed.tenant, claimed.account).await {
            Ok(cabinet) => cabinet,
            Err(error) => {
                warn!(
                    account.id = %claimed.account,
                    error = &error as &dyn std::error::Error,
                    "could not open the account of a reply"
                );
                return self.read_later(claimed, question).await;
            }
        };
        self.look(&cabinet, claimed, question, wanted).await
    }

    async fn look(
        &self,
        cabinet: &Cabinet,
        claimed: &Claimed,
        question: &Question,
        wanted: Wanted,
    ) -> anyhow::Result<()> {
        let channel = wanted.source.channel;
        let one = std::slice::from_ref(&wanted);
        match cabinet.connector.look_up(channel, one, Priority::Write).await {
            Ok(seen) => match seen.of(&wanted.source) {
                Some(found @ (Found::Given(_) | Found::Chat(_))) => {
                    self.judge(claimed, question, found.news(claimed.now)).await
                }
                Some(Found::NotGiven) => self.not_given(claimed, question, Saw::ItemGone).await,
                // A person is told that it may stand there.
                None => self.not_given(claimed, question, Saw::Unreadable).await,
            },
            Err(ReadError::NotBefore(wait)) => {
                Ok(effects::put_back(&self.db, claimed, wait, None).await?)
            }
            Err(ReadError::Database(error)) => Err(error.into()),
            Err(ReadError::Notes(error)) => Err(error.into()),
            Err(ReadError::Call(error)) => {
                // A read that failed proves nothing: it is made again.
                warn!(interaction.id = %claimed.interaction, error = %error, "could not read back a reply");
                if let Some(reason) = access_loss(&error) {
                    self.cabinets.lose_access(cabinet, reason).await?;
                }
                match error.retry_after() {
                    Some(wait) => Ok(effects::put_back(&self.db, claimed, wait, None).await?),
                    None => self.read_later(claimed, question).await,
                }
            }
        }
    }

    /// Takes what was read: the reply, another answer, messages of a chat, or nothing.
    async fn judge(
        &self,
        claimed: &Claimed,
        question: &Question,
        seen: Option<InteractionCommand>,
    ) -> anyhow::Result<()> {
        if let Some(seen) = seen {
            crash::at("before_settling", claimed.interaction);
            report(&self.commands, claimed, &name_of_read(claimed), seen).await?;
            crash::at("after_settling", claimed.interaction);
        }
        if self.wanted_if_unknown(claimed, question).await?.is_none() {
            effects::finish(&self.db, claimed).await?;
            info!(interaction.id = %claimed.interaction, "an unknown outcome was settled by reading");
            return Ok(());
        }
        let mut absent_reads = absent_reads(claimed);
        absent_reads.push(claimed.now);
        match self.after_absent(question, &absent_reads) {
            Settling::ReadAt(at) => {
                let wait = (at - claimed.now).to_std().unwrap_or_default();
                let learned = json!([{key(Saw::Absent): claimed.now}]);
                effects::put_back(&self.db, claimed, wait, Some(&learned)).await?;
            }
            Settling::Absent => {
                let absent = InteractionCommand::ConfirmAbsent {
                    reply_id: question.reply_id,
                    attempt: question.attempt,
                    read_at: absent_reads,
                };
                crash::at("before_absence", claimed.interaction);
                report(&self.commands, claimed, "absent", absent).await?;
                crash::at("after_absence", claimed.interaction);
                effects::finish(&self.db, claimed).await?;
            }
        }
        Ok(())
    }

    #[cfg(not(feature = "sabotage-hasty-looks"))]
    fn after_absent(&self, question: &Question, absent_reads: &[DateTime<Utc>]) -> Settling {
        self.policy.after_absent(question.unknown_since, absent_reads)
    }

    /// One look proves nothing, and here it is taken for a proof.
    #[cfg(feature = "sabotage-hasty-looks")]
    fn after_absent(&self, _: &Question, _: &[DateTime<Utc>]) -> Settling {
        Settling::Absent
    }

    /// The marketplace does not give the item, deleted or hidden, or not all of it, which is no proof that nothing was
    /// answered. Sending again would be blind, so after a day it is given to a person: nothing else may be written
    /// there until then.
    async fn not_given(
        &self,
        claimed: &Claimed,
        question: &Question,
        saw: Saw,
    ) -> anyhow::Result<()> {
        if claimed.now - question.unknown_since < GIVEN_UP_AFTER {
            let learned = json!([{key(saw): claimed.now}]);
            let wait = self.pause(claimed, question);
            return Ok(effects::put_back(&self.db, claimed, wait, Some(&learned)).await?);
        }
        let mut looks = looks(claimed);
        looks.push(Look { at: claimed.now, saw });
        let unprovable = InteractionCommand::RecordUnprovable {
            reply_id: question.reply_id,
            attempt: question.attempt,
            looks,
        };
        report(&self.commands, claimed, "not_given", unprovable).await?;
        Ok(effects::finish(&self.db, claimed).await?)
    }

    /// The longer nothing can be read, the rarer it is tried.
    async fn read_later(&self, claimed: &Claimed, question: &Question) -> anyhow::Result<()> {
        let wait = self.pause(claimed, question);
        Ok(effects::put_back(&self.db, claimed, wait, None).await?)
    }

    fn pause(&self, claimed: &Claimed, question: &Question) -> Duration {
        let age = (claimed.now - question.unknown_since).to_std().unwrap_or_default();
        (age / 4).clamp(self.shortest_pause(), PAUSE_MAX)
    }

    fn shortest_pause(&self) -> Duration {
        let first = self.policy.read_after.first().and_then(|after| after.to_std().ok());
        first.unwrap_or(PAUSE_MAX)
    }

    /// Returns what to look for, while the outcome is still unknown.
    async fn wanted_if_unknown(
        &self,
        claimed: &Claimed,
        question: &Question,
    ) -> anyhow::Result<Option<Wanted>> {
        let loaded = self
            .commands
            .load::<Interaction>(claimed.tenant, claimed.interaction)
            .await
            .context("loading the interaction")?;
        let interaction = loaded.aggregate;
        let version = interaction.version(question.reply_id).filter(|version| {
            version.state == ReplyState::Unknown && version.attempts == question.attempt
        });
        Ok(version.and_then(|version| Wanted::of(&interaction, version)))
    }

    async fn put_back_until(&self, claimed: &Claimed, at: DateTime<Utc>) -> sqlx::Result<()> {
        let wait = (at - claimed.now).to_std().unwrap_or_default();
        effects::put_back(&self.db, claimed, wait, None).await
    }
}

/// When earlier reads did not find the reply, oldest first.
fn absent_reads(claimed: &Claimed) -> Vec<DateTime<Utc>> {
    let absent = looks(claimed).into_iter().filter(|look| look.saw == Saw::Absent);
    absent.map(|look| look.at).collect()
}

/// What earlier reads saw instead of the reply, oldest first.
fn looks(claimed: &Claimed) -> Vec<Look> {
    let look = |read: &Value| {
        let seen = |saw| Some((saw, read.get(key(saw))?.clone()));
        let (saw, at) = SAW.into_iter().find_map(seen)?;
        Some(Look { at: serde_json::from_value(at).ok()?, saw })
    };
    claimed.evidence.iter().filter_map(look).collect()
}

const SAW: [Saw; 3] = [Saw::Absent, Saw::ItemGone, Saw::Unreadable];

/// Under which name the time of a look is kept with the effect.
fn key(saw: Saw) -> &'static str {
    match saw {
        Saw::Absent => "absent_at",
        Saw::ItemGone => "item_gone_at",
        Saw::Unreadable => "unreadable_at",
    }
}
