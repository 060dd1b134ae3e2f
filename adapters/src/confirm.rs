//! Worker: sees by reading that accepted replies are published, many with one call.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use commands::Commands;
use domain::account::Use;
use domain::effect::Effect;
use domain::interaction::{Interaction, InteractionCommand, ReplyVersion};
use domain::seller::Seller;
use domain::{Channel, TenantId};
use eventlog::Db;
use projections::effects::{self, Claim, Claimed, EffectKind};
use projections::runner::Step;
use tracing::warn;

use crate::cabinets::{Cabinet, Cabinets, access_loss, closure};
use crate::connector::{Found, LookUp, ReadError, Wanted};
use crate::http::CallError;
use crate::rate_limit::Priority;
use crate::report::{name_of_read, report};

/// Replies confirmed by one reading: enough that reading costs a small part of a call for each, few enough to be done
/// well within a lease.
const BATCH: i64 = 100;

/// How long to wait after a failed read that says nothing about when to come back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// How long to wait while the marketplace does not accept the account's key, or not for this channel.
const PAUSE_WITHOUT_KEY: Duration = Duration::from_secs(5 * 60);

/// Longest pause between two readings.
const PAUSE_MAX: Duration = Duration::from_secs(60 * 60);

/// Confirms accepted replies.
#[derive(Clone)]
pub(crate) struct Confirm {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
    pub(crate) claim: Claim,
    /// How long after acceptance to read for the first time.
    pub(crate) first_read_after: Duration,
}

/// A reply that waits to be seen.
struct Awaited {
    claimed: Claimed,
    version: ReplyVersion,
    accepted_at: DateTime<Utc>,
    wanted: Wanted,
}

impl Confirm {
    /// Reads for the due replies of one account, if any are due.
    #[tracing::instrument(skip_all, name = "confirm")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let claimed =
            effects::claim_of_one_account(&self.db, EffectKind::ConfirmReply, self.claim, BATCH)
                .await?;
        if claimed.is_empty() {
            return Ok(Step::CaughtUp);
        }
        let mut awaited = Vec::new();
        for effect in claimed {
            if let Some(reply) = self.still_awaited(effect).await? {
                awaited.push(reply);
            }
        }
        if let Some(first) = awaited.first() {
            let (tenant, account) = (first.claimed.tenant, first.claimed.account);
            let known = self.cabinets.account(tenant, account).await?;
            if known.lost().is_some() {
                self.put_all_back(&awaited, PAUSE_WITHOUT_KEY).await?;
                return Ok(Step::Advanced);
            }
            let cabinet = match self.cabinets.open(tenant, account).await {
                Ok(cabinet) => cabinet,
                Err(error) => {
                    warn!(
                        account.id = %account,
                        error = &error as &dyn std::error::Error,
                        "could not open the account of replies"
                    );
                    self.put_all_back(&awaited, PAUSE_AFTER_FAILURE).await?;
                    return Ok(Step::Advanced);
                }
            };
            for (channel, awaited) in by_channel(awaited) {
                if known.closed(channel, Use::Reading).is_some() {
                    self.put_all_back(&awaited, PAUSE_WITHOUT_KEY).await?;
                    continue;
                }
                self.look(&cabinet, channel, awaited).await?;
            }
        }
        Ok(Step::Advanced)
    }

    /// Looks at the interactions of the awaited replies of one channel.
    async fn look(
        &self,
        cabinet: &Cabinet,
        channel: Channel,
        awaited: Vec<Awaited>,
    ) -> anyhow::Result<()> {
        let wanted: Vec<Wanted> = awaited.iter().map(|reply| reply.wanted.clone()).collect();
        match cabinet.connector.look_up(channel, &wanted, Priority::Read).await {
            Ok(seen) => self.judge(cabinet, channel, awaited, &seen).await,
            Err(ReadError::NotBefore(wait)) => self.put_all_back(&awaited, wait).await,
            Err(ReadError::Call(error)) => self.could_not_read(&awaited, cabinet, &error).await,
            Err(ReadError::Database(error)) => Err(error.into()),
            Err(ReadError::Notes(error)) => Err(error.into()),
        }
    }

    /// Returns the reply while it is accepted and not seen, and old enough to be looked for.
    async fn still_awaited(&self, claimed: Claimed) -> anyhow::Result<Option<Awaited>> {
        let Effect::ConfirmReply { reply_id, accepted_at } = claimed.effect else {
            anyhow::bail!("effect {} confirms nothing", claimed.effect_id);
        };
        let age = (claimed.now - accepted_at).to_std().unwrap_or_default();
        if age < self.first_read_after {
            let wait = self.until_round(&claimed, self.first_read_after - age);
            effects::put_back(&self.db, &claimed, wait, None).await?;
            return Ok(None);
        }
        let loaded = self
            .commands
            .load::<Interaction>(claimed.tenant, claimed.interaction)
            .await
            .context("loading the interaction")?;
        let interaction = loaded.aggregate;
        let version = interaction.version(reply_id).cloned();
        let version = version.filter(|_| interaction.awaits_publication(reply_id));
        let wanted = version.as_ref().and_then(|version| Wanted::of(&interaction, version));
        match (version, wanted) {
            (Some(version), Some(wanted)) => {
                Ok(Some(Awaited { claimed, version, accepted_at, wanted }))
            }
            _ => {
                effects::finish(&self.db, &claimed).await?;
                Ok(None)
            }
        }
    }

    async fn judge(
        &self,
        cabinet: &Cabinet,
        channel: Channel,
        awaited: Vec<Awaited>,
        seen: &LookUp,
    ) -> anyhow::Result<()> {
        let is_alone = awaited.len() == 1;
        for reply in awaited {
            let found = seen.of(&reply.wanted.source);
            // The marketplace may have it and be moderating it still, for as long as it likes.
            let is_there = found.is_some_and(|found| reply.is_in(found));
            if let Some(seen) = found.and_then(|found| found.news(reply.claimed.now)) {
                let name = name_of_read(&reply.claimed);
                report(&self.commands, &reply.claimed, &name, seen).await?;
            }
            let Some(reply) = self.still_awaited(reply.claimed).await? else { continue };
            if is_there || !self.is_overdue(&reply).await? {
                self.look_later(&reply).await?;
            } else if !is_alone {
                // A list of many leaves out what lies far from the others, or in the archive.
                Box::pin(self.look(cabinet, channel, vec![reply])).await?;
            } else if found.is_some() {
                self.give_up(&reply).await?;
            } else {
                self.look_later(&reply).await?;
            }
        }
        Ok(())
    }

    /// Tells whether a reply that is not there counts as not published: within the reply pending window that means
    /// nothing.
    async fn is_overdue(&self, reply: &Awaited) -> anyhow::Result<bool> {
        let age = reply.claimed.now - reply.accepted_at;
        Ok(age > self.pending_window(reply.claimed.tenant).await?)
    }

    async fn give_up(&self, reply: &Awaited) -> anyhow::Result<()> {
        let gone = InteractionCommand::RecordNotPublished { reply_id: reply.version.reply_id };
        report(&self.commands, &reply.claimed, "not_published", gone).await?;
        Ok(effects::finish(&self.db, &reply.claimed).await?)
    }

    async fn look_later(&self, reply: &Awaited) -> anyhow::Result<()> {
        let wait = self.next_read_after(reply);
        Ok(effects::put_back(&self.db, &reply.claimed, wait, None).await?)
    }

    /// The older, the rarer: a reply seen late is the exception, and reads cost the account's limit.
    fn next_read_after(&self, reply: &Awaited) -> Duration {
        let age = (reply.claimed.now - reply.accepted_at).to_std().unwrap_or_default();
        self.until_round(&reply.claimed, self.first_read_after.max(age / 4).min(PAUSE_MAX))
    }

    /// Puts a reading off to its account's next round, so that one call serves all replies of a while: they go out one by
    /// one, and would be due one by one.
    fn until_round(&self, claimed: &Claimed, wait: Duration) -> Duration {
        let round = self.first_read_after.as_millis().max(1);
        let now = u128::try_from(claimed.now.timestamp_millis()).unwrap_or_default();
        // Each account has rounds of its own, or all would be read at one moment.
        let due = now + wait.as_millis() + claimed.account.0.as_u128() % round;
        let left = due.next_multiple_of(round) - due;
        wait + Duration::from_millis(u64::try_from(left).unwrap_or_default())
    }

    async fn pending_window(&self, tenant: TenantId) -> anyhow::Result<TimeDelta> {
        let seller =
            self.commands.load::<Seller>(tenant, tenant).await.context("loading the seller")?;
        let (_, settings) = seller.aggregate.settings();
        Ok(TimeDelta::minutes(settings.reply_pending_window_minutes.into()))
    }

    async fn could_not_read(
        &self,
        awaited: &[Awaited],
        cabinet: &Cabinet,
        error: &CallError,
    ) -> anyhow::Result<()> {
        if let Some(reason) = access_loss(error) {
            self.cabinets.lose_access(cabinet, reason).await?;
        }
        if error.failure.may_be_about_item() {
            // It may fail for ever, and must not cost a call every half minute.
            for reply in awaited {
                let wait = self.next_read_after(reply).max(PAUSE_AFTER_FAILURE);
                effects::put_back(&self.db, &reply.claimed, wait, None).await?;
            }
            return Ok(());
        }
        // That the channel is closed is for reading it to say: looking may take a right of its own.
        let pause = if closure(error).is_some() { PAUSE_WITHOUT_KEY } else { PAUSE_AFTER_FAILURE };
        self.put_all_back(awaited, error.retry_after().unwrap_or(pause)).await
    }

    async fn put_all_back(&self, awaited: &[Awaited], wait: Duration) -> anyhow::Result<()> {
        for reply in awaited {
            effects::put_back(&self.db, &reply.claimed, wait, None).await?;
        }
        Ok(())
    }
}

impl Awaited {
    /// Tells whether the answer that stands there is ours, published or not. A message that is in a chat is published.
    fn is_in(&self, found: &Found) -> bool {
        match found {
            Found::Given(Some(answer)) => {
                answer.text.known().is_some_and(|text| self.version.says(text))
            }
            Found::Given(None) | Found::NotGiven | Found::Chat(_) => false,
        }
    }
}

/// Sorts replies by the channel they went out in: each is looked at in its own way.
fn by_channel(awaited: Vec<Awaited>) -> BTreeMap<Channel, Vec<Awaited>> {
    let mut sorted: BTreeMap<Channel, Vec<Awaited>> = BTreeMap::new();
    for reply in awaited {
        sorted.entry(reply.wanted.source.channel).or_default().push(reply);
    }
    sorted
}
