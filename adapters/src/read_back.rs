//! Worker: in a database that was restored, reads back at the marketplaces what stands under every reply that is open,
//! before any of them may go out: the log has forgotten which of them buyers have seen.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use commands::Commands;
use commands::sending::lasting;
use domain::effect::Effect;
use domain::interaction::Interaction;
use domain::{Channel, ReplyId};
use eventlog::Db;
use projections::effects::{self, Claimed};
use projections::runner::Step;
use tracing::warn;

use crate::cabinets::{Cabinet, Cabinets, access_loss};
use crate::connector::{ReadError, Wanted};
use crate::looks::look_for;
use crate::report::{name_of_read, report};

/// Replies read back with one reading.
const BATCH: i64 = 100;

/// How long a reading may take before another process may do it.
const LEASE: Duration = Duration::from_secs(60);

/// How long to wait after a reading that failed and says nothing about when to come back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// How long to wait while the marketplace does not accept the account's key.
const PAUSE_WITHOUT_KEY: Duration = Duration::from_secs(60);

/// Reads back what is open.
#[derive(Clone)]
pub(crate) struct ReadBack {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
}

/// Why nothing could be read.
struct Failed {
    wait: Duration,
    code: &'static str,
}

impl ReadBack {
    /// Reads back replies of one cabinet, if the database was restored and some are left.
    #[tracing::instrument(skip_all, name = "read_back")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let stops = lasting(&self.db).await.context("looking for a quarantine")?;
        let Some(shown_by) = stops.iter().find_map(|stop| stop.shown_by) else {
            return Ok(Step::CaughtUp);
        };
        let claimed = effects::claim_to_read_back(&self.db, shown_by, LEASE, BATCH).await?;
        let Some(first) = claimed.first() else { return Ok(Step::CaughtUp) };
        if self.cabinets.account(first.tenant, first.account).await?.lost().is_some() {
            // Nothing can be read, and nothing goes out either.
            let failed = Failed { wait: PAUSE_WITHOUT_KEY, code: "unauthorized" };
            self.later(&claimed.iter().collect::<Vec<_>>(), &failed).await?;
            return Ok(Step::Advanced);
        }
        let cabinet = match self.cabinets.open(first.tenant, first.account).await {
            Ok(cabinet) => cabinet,
            Err(error) => {
                warn!(
                    account.id = %first.account,
                    error = &error as &dyn std::error::Error,
                    "could not open the account of replies"
                );
                let failed = Failed { wait: PAUSE_AFTER_FAILURE, code: "internal" };
                self.later(&claimed.iter().collect::<Vec<_>>(), &failed).await?;
                return Ok(Step::Advanced);
            }
        };
        for (channel, open) in self.by_channel(claimed).await? {
            self.read(&cabinet, channel, open, shown_by).await?;
        }
        Ok(Step::Advanced)
    }

    /// Sorts the replies by the channels that they go out in. Those that are open no more need not be read.
    async fn by_channel(
        &self,
        claimed: Vec<Claimed>,
    ) -> anyhow::Result<BTreeMap<Channel, Vec<(Claimed, Wanted)>>> {
        let mut sorted: BTreeMap<Channel, Vec<_>> = BTreeMap::new();
        for effect in claimed {
            match self.wanted_if_open(&effect).await? {
                Some(wanted) => {
                    sorted.entry(wanted.source.channel).or_default().push((effect, wanted));
                }
                None => effects::note_read_back(&self.db, &effect).await?,
            }
        }
        Ok(sorted)
    }

    async fn wanted_if_open(&self, effect: &Claimed) -> anyhow::Result<Option<Wanted>> {
        let Some(reply_id) = reply_of(&effect.effect) else { return Ok(None) };
        let loaded = self.commands.load::<Interaction>(effect.tenant, effect.interaction).await;
        let interaction = loaded.context("loading the interaction")?.aggregate;
        let version = interaction.version(reply_id).filter(|version| version.state.is_open());
        Ok(version.and_then(|version| Wanted::of(&interaction, version)))
    }

    /// Looks at what stands there and reports it. What is not there yet is looked for again when everything that was
    /// under way must show.
    async fn read(
        &self,
        cabinet: &Cabinet,
        channel: Channel,
        open: Vec<(Claimed, Wanted)>,
        shown_by: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let wanted: Vec<Wanted> = open.iter().map(|(_, wanted)| wanted.clone()).collect();
        let found = look_for(&*cabinet.connector, channel, &wanted, wanted.first()).await;
        let found = match found {
            Ok(found) => found,
            Err(ReadError::NotBefore(wait)) => {
                return self
                    .later(&effects_of(&open), &Failed { wait, code: "rate_limited" })
                    .await;
            }
            Err(ReadError::Call(error)) => {
                if let Some(reason) = access_loss(&error) {
                    self.cabinets.lose_access(cabinet, reason).await?;
                }
                let wait = error.retry_after().unwrap_or(PAUSE_AFTER_FAILURE);
                let failed = Failed { wait, code: error.code() };
                return self.later(&effects_of(&open), &failed).await;
            }
            Err(ReadError::Database(error)) => return Err(error.into()),
            Err(ReadError::Notes(error)) => return Err(error.into()),
        };
        for (n, (effect, wanted)) in open.iter().enumerate() {
            let Some(stands) = found.of(&wanted.source) else {
                // It lies too far from the others; the first was looked for alone.
                let wait = if n == 0 { PAUSE_AFTER_FAILURE } else { Duration::ZERO };
                self.later(&[effect], &Failed { wait, code: "not_given" }).await?;
                continue;
            };
            if let Some(news) = stands.news(effect.now) {
                report(&self.commands, effect, &name_of_read(effect), news).await?;
            }
            if effect.now >= shown_by || self.wanted_if_open(effect).await?.is_none() {
                effects::note_read_back(&self.db, effect).await?;
            } else {
                let wait = (shown_by - effect.now).to_std().unwrap_or_default();
                effects::read_back_later(&self.db, effect, wait, None).await?;
            }
        }
        Ok(())
    }

    async fn later(&self, effects: &[&Claimed], failed: &Failed) -> anyhow::Result<()> {
        for effect in effects {
            effects::read_back_later(&self.db, effect, failed.wait, Some(failed.code)).await?;
        }
        Ok(())
    }
}

fn effects_of(open: &[(Claimed, Wanted)]) -> Vec<&Claimed> {
    open.iter().map(|(effect, _)| effect).collect()
}

fn reply_of(effect: &Effect) -> Option<ReplyId> {
    match effect {
        Effect::ReleaseReply { reply_id, .. }
        | Effect::DeliverReply { reply_id, .. }
        | Effect::SettleReply { reply_id, .. } => Some(*reply_id),
        Effect::ConfirmReply { .. } | Effect::SendDraft { .. } | Effect::MarkViewed => None,
    }
}
