//! Worker: reads cabinets, a page at a time, and takes in what changed.

mod apart;
mod claims;
mod digest;
mod section;
mod seen;
mod state;
pub(crate) mod trouble;
mod unread;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use commands::Commands;
use commands::ingest::Reading;
use domain::account::Use;
use domain::interaction::Ingest;
use domain::{AccountId, Channel, InteractionId};
use eventlog::{Db, KeyError};
use projections::runner::Step;
use serde_json::Value;
use tracing::{info, warn};

pub use section::CLAIMS;
pub(crate) use section::Section;
pub use seen::{ClaimSeen, claims_seen};
pub use state::{SyncState, ToReadThrough, request_now, states, suspend, to_read_through};
pub(crate) use state::{request_channel_now, shut, start};
pub use unread::{RetryReport, UnreadItem, retry_unread, unread_items};

use self::apart::Completed;
use self::digest::{Changed, Digests};
use self::state::{ClaimedSync, Read};
use crate::cabinets::{Cabinet, Cabinets, ConnectError, access_loss, closure};
use crate::connector::{PageRead, Place, ReadError};
use crate::http::{CallError, Failure};

/// How often a page is read again at once because an item could not be stored. After that the round goes on without it,
/// so that one item does not keep all the others from being read, and the next round brings it again.
const STORE_TRIES: i32 = 4;

/// Pause before a page is read again because it, or an item of it, could not be stored; doubles with each further time.
const PAUSE_AFTER_NOT_STORED: Duration = Duration::from_millis(500);

/// Longest pause between failed readings (`reliability.md` 9: up to 15 minutes).
const PAUSE_MAX: Duration = Duration::from_secs(15 * 60);

/// Pause before a channel that the marketplace refused is tried again: a plan is bought and a right is given by people,
/// and they can ask for a reading at once.
const PAUSE_WHILE_CLOSED: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads cabinets.
#[derive(Clone)]
pub(crate) struct Sync {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
    /// How long one page may take before another process may read the cabinet.
    pub(crate) lease: Duration,
    pub(crate) intervals: SyncIntervals,
}

/// Pauses between readings of a channel. Between rounds they are longer where a key allows fewer calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncIntervals {
    /// Of reviews, questions and claims for return.
    pub feedback: Duration,
    /// Of chats, where a buyer waits for an answer.
    pub chats: Duration,
    /// After the first failed reading; doubles with each further one, up to 15 minutes.
    pub after_failure: Duration,
}

impl SyncIntervals {
    fn of(self, channel: Channel) -> Duration {
        match channel {
            Channel::Review | Channel::Question => self.feedback,
            Channel::Chat => self.chats,
        }
    }
}

impl Sync {
    /// Reads one page of one cabinet, if one is due.
    #[tracing::instrument(skip_all, name = "sync")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let Some(claimed) = state::claim(&self.db, self.lease).await? else {
            return Ok(Step::CaughtUp);
        };
        if let Err(error) = self.read(&claimed).await {
            // Given back, or the cabinet would wait until the lease runs out.
            let pause = pause(PAUSE_AFTER_NOT_STORED, claimed.error_count);
            state::fail(&self.db, &claimed, "internal", None, pause).await?;
            return Err(error);
        }
        Ok(Step::Advanced)
    }

    async fn read(&self, claimed: &ClaimedSync) -> anyhow::Result<()> {
        let cabinet = match self.cabinets.open(claimed.tenant, claimed.account).await {
            Ok(cabinet) => cabinet,
            Err(error) => {
                self.could_not_open(claimed, error).await?;
                return Ok(());
            }
        };
        let channel = match claimed.section {
            Section::Channel(channel) => channel,
            Section::Claims => return self.read_claims(claimed, &cabinet).await,
        };
        let place = Place {
            cursor: claimed.cursor.clone(),
            resume: claimed.resume.clone(),
            whole_due: claimed.whole_due,
            is_stuck: claimed.is_stuck(),
            now: claimed.now,
        };
        let started = Instant::now();
        let read = cabinet.connector.read_page(channel, &place).await;
        metrics::histogram!("agentiq_sync_read_seconds").record(started.elapsed());
        match read {
            Ok(page) => {
                let started = Instant::now();
                self.take_in((claimed, channel), &cabinet, page).await?;
                metrics::histogram!("agentiq_sync_take_in_seconds").record(started.elapsed());
            }
            Err(error) => self.leave_page(claimed, &cabinet, error).await?,
        }
        Ok(())
    }

    /// Leaves a page that was not given for later; begins anew where its place is refused again and again.
    async fn leave_page(
        &self,
        claimed: &ClaimedSync,
        cabinet: &Cabinet,
        error: ReadError,
    ) -> anyhow::Result<()> {
        if claimed.is_stuck() && is_about_place(&error) {
            state::begin_anew(&self.db, claimed).await?;
        }
        self.stop_reading(claimed, cabinet, error).await
    }

    /// Leaves the section for later, from where it stands.
    async fn stop_reading(
        &self,
        claimed: &ClaimedSync,
        cabinet: &Cabinet,
        error: ReadError,
    ) -> anyhow::Result<()> {
        match error {
            ReadError::NotBefore(wait) => Ok(state::postpone(&self.db, claimed, wait).await?),
            ReadError::Call(error) => self.could_not_read(claimed, cabinet, &error).await,
            ReadError::Database(error) => Err(error.into()),
            ReadError::Notes(error) => Err(error.into()),
        }
    }

    /// Tries again, once, what an earlier program could not read.
    pub(crate) async fn retry_unread(&self) {
        if let Err(error) = unread::retry_all(&self.db, &self.cabinets, &self.commands).await {
            let error = format!("{error:#}");
            warn!(error, "could not try unread items again, the next start will");
        }
    }

    async fn take_in(
        &self,
        (claimed, channel): (&ClaimedSync, Channel),
        cabinet: &Cabinet,
        page: PageRead,
    ) -> anyhow::Result<()> {
        let items = page.items();
        let PageRead {
            readings,
            malformed,
            processed,
            next,
            whole,
            resume,
            notes,
            stopped: page_stopped,
        } = page;
        let ids: Vec<_> = readings.iter().map(|item| item.source.external_id.clone()).collect();
        metrics::counter!("agentiq_items_malformed_total").increment(malformed.len() as u64);

        let digests =
            Digests::open(&self.db, &self.cabinets, claimed.tenant, claimed.account).await?;
        unread::keep(&self.db, &self.cabinets, &digests, claimed, processed, malformed).await?;
        let connector = &*cabinet.connector;
        let apart = |reading: &Ingest| connector.answer_apart(reading);
        let changed = digests.changed(channel, readings, apart).await?;
        let (patience, is_stuck) = (self.lease / 2, claimed.is_stuck());
        let Completed { items: changed, stopped } =
            apart::complete(connector, channel, changed, patience, is_stuck).await;
        let (mut readings, mut fresh) = (Vec::with_capacity(changed.len()), Vec::new());
        for item in changed {
            let is_settled = item.is_settled();
            let Changed { ingest, fresh: item, .. } = item;
            // With the answer, which the digest of the page knows nothing of.
            let digest = digests.digest(&ingest)?.digest;
            readings.push(Reading { ingest, digest });
            fresh.extend(is_settled.then_some(item));
        }
        let report = self.commands.ingest_page(claimed.tenant, readings).await;
        // An item that could not be stored has no digest, so it is brought again, and only it.
        let failed: HashSet<_> = report.failed.iter().collect();
        fresh.retain(|item| !failed.contains(&item.interaction));
        digests.remember(fresh).await?;
        self.note_chats((claimed, channel), notes, &failed).await?;
        unread::clear(&self.db, claimed, &ids).await?;
        if let Some(error) = stopped {
            return self.stop_reading(claimed, cabinet, error).await;
        }
        if let Some(error) = page_stopped {
            if let Some(next) = next {
                state::keep_place(&self.db, claimed, &next).await?;
            }
            return self.stop_reading(claimed, cabinet, error).await;
        }
        metrics::counter!("agentiq_items_not_stored_total").increment(report.failed.len() as u64);
        if !report.failed.is_empty() && claimed.not_stored_count < STORE_TRIES {
            let pause = pause(PAUSE_AFTER_NOT_STORED, claimed.not_stored_count);
            return Ok(state::fail(&self.db, claimed, state::NOT_STORED, None, pause).await?);
        }
        metrics::counter!("agentiq_items_read_total").increment(items as u64);
        if report.changed > 0 {
            let AccountId(account) = claimed.account;
            info!(account.id = %account, changed = report.changed, "took in {} items", report.changed);
        }
        let read = Read { items: i64::try_from(items).unwrap_or(i64::MAX), resume };
        self.cabinets.note_reading(cabinet, channel, claimed.now).await?;
        match next {
            Some(next) => {
                let pause = connector.page_pause(channel);
                state::go_on(&self.db, claimed, &next, &read, pause).await?;
            }
            None => {
                unread::expire(&self.db, claimed, whole).await?;
                let pause = self.intervals.of(channel).max(connector.pace(channel));
                state::end_round(&self.db, claimed, &read, whole, pause).await?;
            }
        }
        Ok(())
    }

    /// Of a chat that could not be stored nothing is noted, so that it is read again.
    async fn note_chats(
        &self,
        (claimed, channel): (&ClaimedSync, Channel),
        mut notes: Vec<(String, Value)>,
        failed: &HashSet<&InteractionId>,
    ) -> Result<(), KeyError> {
        let (tenant, account) = (claimed.tenant, claimed.account);
        let id = |chat: &String| InteractionId::of_external(tenant, account, channel, chat);
        notes.retain(|(chat, _)| !failed.contains(&id(chat)));
        self.cabinets.chat_notes(tenant, account).keep(notes).await
    }

    async fn could_not_read(
        &self,
        claimed: &ClaimedSync,
        cabinet: &Cabinet,
        error: &CallError,
    ) -> anyhow::Result<()> {
        if let Some(reason) = access_loss(error) {
            if !self.cabinets.lose_access(cabinet, reason).await? {
                state::postpone(&self.db, claimed, Duration::ZERO).await?;
            }
            return Ok(());
        }
        if let Some(reason) = closure(error) {
            let is_present = match claimed.section {
                Section::Channel(channel) => {
                    let reading = (channel, Use::Reading);
                    self.cabinets.close_channel(cabinet, reading, reason).await?
                }
                // Nobody is answered there, so that the cabinet is as good as before; the state of the reading tells
                // it.
                Section::Claims => self.cabinets.has_present_key(cabinet).await?,
            };
            let pause = if is_present { PAUSE_WHILE_CLOSED } else { Duration::ZERO };
            let words = error.words.as_deref();
            return Ok(state::fail(&self.db, claimed, error.code(), words, pause).await?);
        }
        let pause = match error.retry_after() {
            Some(wait) => wait,
            None => pause(self.intervals.after_failure, claimed.error_count),
        };
        // A place that is read again and again may hold one odd item; beyond it, what is refused is another place.
        if claimed.error_count == 0 || claimed.is_stuck() {
            cabinet.note_unread(error);
        }
        warn!(account.id = %claimed.account, error = %error, "could not read account {}", claimed.account);
        state::fail(&self.db, claimed, error.code(), error.words.as_deref(), pause).await?;
        Ok(())
    }

    async fn could_not_open(
        &self,
        claimed: &ClaimedSync,
        error: ConnectError,
    ) -> anyhow::Result<()> {
        warn!(
            account.id = %claimed.account,
            error = &error as &dyn std::error::Error,
            "could not open account {}", claimed.account
        );
        let pause = pause(self.intervals.after_failure, claimed.error_count);
        state::fail(&self.db, claimed, "internal", None, pause).await?;
        Ok(())
    }
}

/// Tells whether the marketplace may refuse to go on from where the round stands.
fn is_about_place(error: &ReadError) -> bool {
    let refuses =
        |call: &CallError| matches!(call.failure, Failure::BadRequest | Failure::NotFound);
    matches!(error, ReadError::Call(call) if refuses(call))
}

/// Doubles with every failure in a row.
fn pause(first: Duration, failures: i32) -> Duration {
    let doublings = u32::try_from(failures).unwrap_or_default().min(10);
    (first * 2_u32.pow(doublings)).min(PAUSE_MAX)
}
