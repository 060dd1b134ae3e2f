//! Worker: sees by reading that accepted replies are published, many with one call.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use commands::Commands;
use domain::effect::Effect;
use domain::interaction::{Interaction, InteractionCommand, ReplyState};
use domain::seller::Seller;
use domain::value::Source;
use domain::{ReplyId, TenantId};
use eventlog::Db;
use projections::effects::{self, Claim, Claimed, EffectKind};
use projections::runner::Step;

use crate::cabinets::{Cabinet, Cabinets, access_loss};
use crate::rate_limit::{Priority, Turn};
use crate::report::report;
use crate::wildberries::{CallError, PAGE_MAX, Review, ReviewOrder, ReviewsQuery};

/// Replies confirmed by one reading.
const BATCH: i64 = 500;

/// Up to so many replies are read one by one: a list would bring more than is needed.
const ONE_BY_ONE: usize = 2;

/// Pages read for one batch: the reviews of a batch may lie far apart, and reading must not use up the limit.
const PAGES_MAX: u32 = 4;

/// Longest wait for a turn under the account's limit before the effects are put back.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long to wait after a failed read that says nothing about when to come back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

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
    reply_id: ReplyId,
    accepted_at: DateTime<Utc>,
    source: Source,
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
            let cabinet = self.cabinets.open(first.claimed.tenant, first.claimed.account).await?;
            match read(&cabinet, &awaited).await? {
                Reading::Done(reviews) => self.judge(awaited, &reviews).await?,
                Reading::NotBefore(wait) => self.put_all_back(&awaited, wait).await?,
                Reading::Failed(error) => self.could_not_read(&awaited, &cabinet, &error).await?,
            }
        }
        Ok(Step::Advanced)
    }

    /// Returns the reply while it is accepted and not seen, and old enough to be looked for.
    async fn still_awaited(&self, claimed: Claimed) -> anyhow::Result<Option<Awaited>> {
        let Effect::ConfirmReply { reply_id, accepted_at } = claimed.effect else {
            anyhow::bail!("effect {} confirms nothing", claimed.effect_id);
        };
        let age = (claimed.now - accepted_at).to_std().unwrap_or_default();
        if age < self.first_read_after {
            effects::put_back(&self.db, &claimed, self.first_read_after - age, None).await?;
            return Ok(None);
        }
        let loaded = self
            .commands
            .load::<Interaction>(claimed.tenant, claimed.interaction)
            .await
            .context("loading the interaction")?;
        let interaction = loaded.aggregate;
        let sent = interaction.version(reply_id).is_some_and(|v| v.state == ReplyState::Sent);
        match interaction.source().filter(|_| sent).cloned() {
            Some(source) => Ok(Some(Awaited { claimed, reply_id, accepted_at, source })),
            None => {
                effects::finish(&self.db, &claimed).await?;
                Ok(None)
            }
        }
    }

    async fn judge(
        &self,
        awaited: Vec<Awaited>,
        reviews: &HashMap<String, Review>,
    ) -> anyhow::Result<()> {
        for reply in awaited {
            let answer = reviews.get(&reply.source.external_id).and_then(Review::observed_answer);
            if let Some(answer) = answer {
                let observe = InteractionCommand::Observe { answer, seen_at: reply.claimed.now };
                let name = format!("read:{}", reply.claimed.now.timestamp_micros());
                report(&self.commands, &reply.claimed, &name, observe).await?;
            }
            if let Some(reply) = self.still_awaited(reply.claimed).await? {
                self.wait_or_give_up(reply).await?;
            }
        }
        Ok(())
    }

    /// Not seen yet: within the reply pending window that means nothing, after it the reply counts as not there.
    async fn wait_or_give_up(&self, reply: Awaited) -> anyhow::Result<()> {
        let Awaited { claimed, reply_id, accepted_at, .. } = reply;
        let age = claimed.now - accepted_at;
        if age > self.pending_window(claimed.tenant).await? {
            let gone = InteractionCommand::RecordNotPublished { reply_id };
            report(&self.commands, &claimed, "not_published", gone).await?;
            return Ok(effects::finish(&self.db, &claimed).await?);
        }
        // The older, the rarer: a reply seen late is the exception, and reads cost the account's limit.
        let wait = self.first_read_after.max(age.to_std().unwrap_or_default() / 4);
        Ok(effects::put_back(&self.db, &claimed, wait, None).await?)
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
        if let Some(wait) = error.retry_after() {
            cabinet.limiter.block(wait).await?;
        }
        if let (Some(reason), Some(first)) = (access_loss(error), awaited.first()) {
            self.cabinets.lose_access(first.claimed.tenant, first.claimed.account, reason).await?;
        }
        self.put_all_back(awaited, error.retry_after().unwrap_or(PAUSE_AFTER_FAILURE)).await
    }

    async fn put_all_back(&self, awaited: &[Awaited], wait: Duration) -> anyhow::Result<()> {
        for reply in awaited {
            effects::put_back(&self.db, &reply.claimed, wait, None).await?;
        }
        Ok(())
    }
}

/// What reading brought.
enum Reading {
    Done(HashMap<String, Review>),
    NotBefore(Duration),
    Failed(CallError),
}

async fn read(cabinet: &Cabinet, awaited: &[Awaited]) -> anyhow::Result<Reading> {
    if awaited.len() <= ONE_BY_ONE {
        one_by_one(cabinet, awaited).await
    } else {
        as_list(cabinet, awaited).await
    }
}

async fn one_by_one(cabinet: &Cabinet, awaited: &[Awaited]) -> anyhow::Result<Reading> {
    let mut found = HashMap::new();
    for reply in awaited {
        if let Turn::NotBefore(wait) = cabinet.limiter.turn(Priority::Read, PATIENCE).await? {
            return Ok(Reading::NotBefore(wait));
        }
        match cabinet.client.review(&reply.source.external_id).await {
            Ok(review) => found.extend(review.map(|review| (review.id.clone(), review))),
            Err(error) => return Ok(Reading::Failed(error)),
        }
    }
    Ok(Reading::Done(found))
}

/// Reads the processed reviews of the time in which the awaited ones were written.
async fn as_list(cabinet: &Cabinet, awaited: &[Awaited]) -> anyhow::Result<Reading> {
    let times = || awaited.iter().map(|reply| reply.source.occurred_at);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Ok(Reading::Done(HashMap::new()));
    };
    let mut found = HashMap::new();
    for page in 0..PAGES_MAX {
        if let Turn::NotBefore(wait) = cabinet.limiter.turn(Priority::Read, PATIENCE).await? {
            return Ok(Reading::NotBefore(wait));
        }
        let query = ReviewsQuery {
            is_answered: true,
            take: PAGE_MAX,
            skip: page * PAGE_MAX,
            order: Some(ReviewOrder::DateAsc),
            // Whole seconds, and nothing says whether the ends are included.
            date_from: Some(first.timestamp() - 1),
            date_to: Some(last.timestamp() + 1),
        };
        let page = match cabinet.client.reviews(&query).await {
            Ok(page) => page,
            Err(error) => return Ok(Reading::Failed(error)),
        };
        let full = page.is_full(&query);
        found.extend(page.reviews.into_iter().map(|review| (review.id.clone(), review)));
        if !full {
            break;
        }
    }
    Ok(Reading::Done(found))
}
