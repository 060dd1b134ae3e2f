//! Worker: carries out bulks. Each reply goes the one way of all replies; a bulk only decides when the next is asked
//! for, so that a few of a cabinet are under way at a time: then a stop is one within seconds, and nobody's single
//! reply waits behind a thousand.

mod pace;
mod request;
mod survey;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use commands::{Actor, CommandError, Commands, Context, LoadedAggregate};
use domain::bulk::{Bulk, BulkCommand, BulkError, BulkItem, Refusal};
use domain::interaction::{Interaction, InteractionCommand};
use domain::seller::Seller;
use domain::{AccountId, BulkId, ReplyId, TenantId};
use eventlog::{Db, SubjectKeys};
use projections::bulks;
use projections::runner::Step;
use tokio::time::Instant;
use tracing::warn;
use uuid::Uuid;

pub use pace::closed;
use survey::Survey;

use crate::cabinets::Cabinets;

/// Replies of a cabinet that bulks have under way at a time: enough that a delivery never waits for a bulk, and few
/// enough that what a stop cannot take back any more is out in a second or two.
const UNDER_WAY: usize = 4;

/// Items that one look at a bulk goes about: after so many the other bulks have their turn.
const AT_ONCE: usize = 20;

/// Bulks that are looked at in one go.
const BULKS_MAX: i64 = 200;

/// Replies under way, by cabinet.
type Busy = HashMap<(TenantId, AccountId), usize>;

/// Carries out bulks.
#[derive(Clone)]
pub(crate) struct Bulks {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
    pub(crate) keys: SubjectKeys,
    /// What this process last read of them, which saves reading a thousand items again.
    pub(crate) known: Arc<Mutex<HashMap<BulkId, LoadedAggregate<Bulk>>>>,
    /// Up to when the held replies of a cabinet that were asked for are paced.
    pub(crate) paced: Arc<Mutex<HashMap<(TenantId, AccountId), Instant>>>,
}

/// A bulk that is being carried out.
struct Open {
    tenant: TenantId,
    id: BulkId,
    bulk: Bulk,
}

impl Bulks {
    /// Goes on with every bulk that is open and that nobody else goes on with.
    #[tracing::instrument(skip_all, name = "bulk")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let open = bulks::open(&self.db, BULKS_MAX).await?;
        self.known().retain(|id, _| open.iter().any(|(_, open)| open == id));
        let (mut busy, mut step, mut failed) = (Busy::new(), Step::CaughtUp, None);
        for (tenant, id) in open {
            match self.look(tenant, id, &mut busy).await {
                Ok(true) => step = Step::Advanced,
                Ok(false) => (),
                // One that cannot go on must not keep the others waiting.
                Err(error) => {
                    warn!(bulk.id = %id, error = format!("{error:#}"), "bulk {id} cannot go on");
                    failed = Some(error);
                }
            }
        }
        match (step, failed) {
            (Step::CaughtUp, Some(error)) => Err(error),
            (step, _) => Ok(step),
        }
    }

    /// Goes on with one bulk; tells whether it came further.
    async fn look(&self, tenant: TenantId, id: BulkId, busy: &mut Busy) -> anyhow::Result<bool> {
        // Only so that two processes do not do the same: what is done twice is found to have been done.
        let mut lock = self.db.begin().await?;
        let is_ours = sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock(4206, hashtext($1)) as "ours!""#,
            id.to_string(),
        )
        .fetch_one(&mut *lock)
        .await?;
        let open = Open { tenant, id, bulk: self.read(tenant, id).await? };
        if !open.bulk.is_open() {
            // The read model has yet to hear of its end.
            return Ok(false);
        }
        let survey = Survey::take(&self.db, &self.commands, &open).await?;
        for account in survey.under_way() {
            *busy.entry((tenant, account)).or_default() += 1;
        }
        if !is_ours {
            return Ok(false);
        }
        let advanced = if open.bulk.was_stopped() {
            self.wind_up(&open, survey).await
        } else {
            self.go_on(&open, survey, busy).await
        };
        lock.rollback().await?;
        advanced
    }

    /// Asks for the replies that may be under way beside those that are.
    async fn go_on(&self, open: &Open, survey: Survey, busy: &mut Busy) -> anyhow::Result<bool> {
        // Noted, and then the process ended before the reply was asked for.
        let mut advanced = !survey.missing.is_empty();
        for (item, reply_id) in &survey.missing {
            self.ask(open, item, *reply_id).await?;
        }
        if open.bulk.waiting().next().is_none() {
            let ended = !advanced && survey.is_over();
            return if ended { self.finish(open).await } else { Ok(advanced) };
        }
        let seller = self.commands.load::<Seller>(open.tenant, open.tenant).await?;
        let hold = Duration::from_secs(seller.aggregate.settings().1.reply_hold_seconds.into());
        let mut gone_about = 0;
        for item in open.bulk.waiting() {
            let under_way = busy.entry((open.tenant, item.account_id)).or_default();
            if !self.may_take(open, item, hold, *under_way).await? {
                continue;
            }
            let reply_id = open.id.reply_to(item.interaction_id);
            let take = BulkCommand::Take { interaction_id: item.interaction_id, reply_id };
            match self.note(open, item, "take", take).await {
                // From here on nothing more is asked for.
                Err(CommandError::Rejected(BulkError::Stopped)) => return Ok(true),
                noted => noted.context("noting that an item is gone about")?,
            }
            if self.ask(open, item, reply_id).await? {
                *under_way += 1;
            }
            advanced = true;
            gone_about += 1;
            if gone_about == AT_ONCE {
                break;
            }
        }
        Ok(advanced)
    }

    /// Tells whether an item may be gone about while so many replies of its cabinet are under way. Beside those that
    /// are on their way as many may be held as go out while one is held, so that a hold does not slow a bulk down; and
    /// they are asked for no faster than they go out, since what is held together becomes due together, and then no
    /// stop helps.
    async fn may_take(
        &self,
        open: &Open,
        item: &BulkItem,
        hold: Duration,
        under_way: usize,
    ) -> anyhow::Result<bool> {
        if hold.is_zero() {
            return Ok(under_way < UNDER_WAY);
        }
        let ids = [item.interaction_id];
        let read = self.commands.answerable(open.tenant, &ids).await?.pop().flatten();
        let channel = read.and_then(|read| Some(read.interaction.source()?.channel));
        let limit = match channel {
            // A cabinet that cannot be opened now is asked again with the reply itself.
            Some(channel) => {
                self.cabinets.write_limit(open.tenant, item.account_id, channel).await.ok()
            }
            None => None,
        };
        let Some(limit) = limit else { return Ok(under_way < UNDER_WAY) };
        let beside = hold.as_millis() / limit.interval.as_millis().max(1);
        let most = UNDER_WAY.saturating_add(usize::try_from(beside).unwrap_or(usize::MAX));
        Ok(under_way < most && self.is_turn((open.tenant, item.account_id), limit.interval))
    }

    /// Tells whether a cabinet's next held reply may be asked for: one an interval, and a few at once after a pause.
    fn is_turn(&self, account: (TenantId, AccountId), interval: Duration) -> bool {
        let now = Instant::now();
        let mut paced = self.paced.lock().unwrap_or_else(PoisonError::into_inner);
        let burst = interval.saturating_mul(u32::try_from(UNDER_WAY).unwrap_or(1));
        let next = paced.entry(account).or_insert(now);
        if *next > now + burst {
            return false;
        }
        *next = (*next).max(now) + interval;
        true
    }

    /// Asks for an item's reply, or notes why it gets none. Tells whether it was asked for.
    async fn ask(&self, open: &Open, item: &BulkItem, reply_id: ReplyId) -> anyhow::Result<bool> {
        let Err(reason) = self.request(open, item, reply_id).await? else { return Ok(true) };
        self.refuse(open, item, reason).await?;
        Ok(false)
    }

    /// Takes back what is held and ends a bulk that was stopped: what is out is out.
    async fn wind_up(&self, open: &Open, survey: Survey) -> anyhow::Result<bool> {
        for (item, _) in &survey.missing {
            self.refuse(open, item, Refusal::Stopped).await?;
        }
        for (item, reply_id) in &survey.held {
            let command_id = Uuid::new_v5(&reply_id.0, b"stop");
            let context = open.context(Actor::System("bulk"), command_id);
            let cancel = InteractionCommand::Cancel { reply_id: *reply_id };
            let id = item.interaction_id;
            match self.commands.execute::<Interaction>(&context, id, cancel).await {
                // It went out first, or somebody else took it back.
                Ok(_) | Err(CommandError::Rejected(_)) => (),
                Err(error) => return Err(error).context("taking a held reply back"),
            }
        }
        self.finish(open).await
    }

    /// Ends a bulk. Nobody needs its text any more: each reply keeps its own.
    async fn finish(&self, open: &Open) -> anyhow::Result<bool> {
        if open.bulk.text().is_some() {
            self.keys.destroy(open.tenant, open.id.0).await.context("destroying a bulk's key")?;
        }
        let context = open.context(Actor::System("bulk"), Uuid::new_v5(&open.id.0, b"finish"));
        let finish = BulkCommand::Finish;
        self.commands.execute::<Bulk>(&context, open.id, finish).await.context("ending a bulk")?;
        self.commands.evict(open.tenant, open.id);
        Ok(true)
    }

    async fn refuse(&self, open: &Open, item: &BulkItem, reason: Refusal) -> anyhow::Result<()> {
        let refuse = BulkCommand::Refuse { interaction_id: item.interaction_id, reason };
        self.note(open, item, "refuse", refuse).await.context("noting that an item gets no reply")
    }

    /// Notes something about an item under an id that a repetition finds again.
    async fn note(
        &self,
        open: &Open,
        item: &BulkItem,
        what: &str,
        command: BulkCommand,
    ) -> Result<(), CommandError<BulkError>> {
        let name = format!("{what} {}", item.interaction_id);
        let command_id = Uuid::new_v5(&open.id.0, name.as_bytes());
        let context = open.context(Actor::System("bulk"), command_id);
        self.commands.execute::<Bulk>(&context, open.id, command).await.map(drop)
    }

    /// Reads a bulk as it stands in the log.
    async fn read(&self, tenant: TenantId, id: BulkId) -> anyhow::Result<Bulk> {
        let known = self.known().get(&id).cloned();
        let loaded = match known {
            Some(known) => self.commands.reload(tenant, &known).await?,
            None => self.commands.load::<Bulk>(tenant, id).await?,
        };
        let bulk = loaded.aggregate.clone();
        self.known().insert(id, loaded);
        Ok(bulk)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<BulkId, LoadedAggregate<Bulk>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Everything that a bulk leads to is told as one chain.
    fn context(&self, actor: Actor, command_id: Uuid) -> Context {
        Context { correlation_id: self.id.0, ..Context::repeatable(self.tenant, actor, command_id) }
    }
}
