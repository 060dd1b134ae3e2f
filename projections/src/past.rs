//! Read models as they stood: folded from events up to a place, by the same folds that keep the served tables.

use std::collections::{BTreeMap, HashMap};

use domain::{Recorded, TenantId};
use eventlog::{EventLog, StoredEvent};
use uuid::Uuid;

use crate::feed::Cursor;
use crate::fold::{FoldError, guarded, recorded};
use crate::inbox::{Counts, Filter, InboxRow, Order, Page, PageKey};
use crate::reply_history::ReplyRow;
use crate::thread::Thread;
use crate::{accounts, inbox, reply_history, thread};

/// Events that the inbox of a past moment is folded from at most: each answer reads them all, in about a second, and
/// keeps a row an interaction, about a kilobyte each.
pub const EVENTS_MAX: i64 = 50_000;

/// Events read at once.
const CHUNK: i64 = 2000;

/// One interaction as it stood after some of its events.
#[derive(Debug, Clone, Default)]
pub struct PastItem {
    row: Option<inbox::Row>,
    thread: Option<thread::Row>,
    replies: reply_history::Replies,
}

/// One interaction whole, as the tables would hold it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Its row of the inbox.
    pub row: InboxRow,
    /// What the buyer left, and the draft on offer.
    pub thread: Thread,
    /// The versions of its reply, oldest first.
    pub replies: Vec<ReplyRow>,
}

impl PastItem {
    /// Folds the interaction's next event.
    ///
    /// # Errors
    /// [`FoldError`] when this program cannot fold it.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        let Self { row, thread, replies } = self.clone();
        *self = Self {
            row: guarded::<inbox::Row>(row, recorded, |_| ())?,
            thread: guarded::<thread::Row>(thread, recorded, |_| ())?,
            replies: guarded::<reply_history::Row>(replies, recorded, |_| ())?,
        };
        Ok(())
    }

    /// Returns the cabinet that it was read from; none before its first event.
    #[must_use]
    pub fn account_id(&self) -> Option<Uuid> {
        self.row.as_ref().map(inbox::Row::account_id)
    }

    /// Returns it whole; none before its first event.
    #[must_use]
    pub fn whole(&self, account_name: Option<String>) -> Option<Whole> {
        let row = InboxRow::new(self.row.clone()?, account_name);
        let thread = Thread::from(self.thread.clone()?);
        Some(Whole { row, thread, replies: reply_history::in_order(&self.replies) })
    }
}

/// The seller's name for a cabinet as it was after some of the cabinet's events.
#[derive(Debug, Clone, Default)]
pub struct PastAccount(Option<accounts::Row>);

impl PastAccount {
    /// Folds the cabinet's next event.
    ///
    /// # Errors
    /// [`FoldError`] when this program cannot fold it.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        self.0 = guarded::<accounts::Row>(self.0.clone(), recorded, |_| ())?;
        Ok(())
    }

    /// Returns the name; none before the cabinet was connected.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.0.as_ref().map(accounts::Row::name)
    }
}

/// A seller's inbox as it stood at a place of the feed.
#[derive(Debug, Clone, Default)]
pub struct PastInbox {
    rows: BTreeMap<Uuid, inbox::Row>,
    accounts: HashMap<Uuid, PastAccount>,
}

/// Why the inbox of a past moment cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// More happened until then than one answer may read.
    #[error("{events} events until then, more than the {EVENTS_MAX} that one answer may read")]
    TooMany {
        /// How many events of the seller there are up to the moment.
        events: i64,
    },
    /// The log failed, or holds what this program cannot read.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl PastInbox {
    /// Folds a seller's events up to `until`, that one included.
    ///
    /// # Errors
    /// [`PastError`].
    pub async fn read(log: &EventLog, until: Cursor) -> Result<Self, PastError> {
        if until.seq > EVENTS_MAX {
            return Err(PastError::TooMany { events: until.seq });
        }
        let mut past = Self::default();
        let mut after = 0;
        while after < until.seq {
            let limit = CHUNK.min(until.seq - after);
            let events = read(log, until.tenant, after, limit).await?;
            let Some(last) = events.last() else { break };
            after = last.tenant_seq;
            // Thousands of folds on end would hold up what else this thread serves.
            past = tokio::task::spawn_blocking(move || past.folded(events))
                .await
                .map_err(anyhow::Error::from)??;
        }
        Ok(past)
    }

    fn folded(mut self, events: Vec<StoredEvent>) -> anyhow::Result<Self> {
        for stored in events {
            self.apply(&recorded(stored)?)?;
        }
        Ok(self)
    }

    /// Folds the seller's next event.
    ///
    /// # Errors
    /// [`FoldError`] when this program cannot fold it.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        let id = recorded.stream.0;
        if let Some(row) = guarded::<inbox::Row>(self.rows.get(&id).cloned(), recorded, |_| ())? {
            self.rows.insert(id, row);
        }
        let mut account = self.accounts.get(&id).cloned().unwrap_or_default();
        account.apply(recorded)?;
        if account.0.is_some() {
            self.accounts.insert(id, account);
        }
        Ok(())
    }

    /// Returns a page of at most `limit` rows, as [`inbox::list`] does.
    #[must_use]
    pub fn list(
        &self,
        filter: &Filter,
        order: Order,
        after: Option<PageKey>,
        limit: usize,
    ) -> Page {
        let mut found: Vec<_> = self.rows.values().filter(|row| row.passes(filter)).collect();
        found.sort_unstable_by(|one, other| order.compare(one.key(), other.key()));
        found.retain(|row| after.is_none_or(|after| order.compare(row.key(), after).is_gt()));
        let more = found.len() > limit;
        found.truncate(limit);
        let rows = found.into_iter().map(|row| {
            let account = self.accounts.get(&row.account_id());
            InboxRow::new(row.clone(), account.and_then(PastAccount::name))
        });
        Page::new(rows.collect(), more)
    }

    /// Counts what a filter finds, as [`inbox::count`] does.
    #[must_use]
    pub fn count(&self, filter: &Filter) -> Counts {
        let mut counts = Counts::default();
        for row in self.rows.values().filter(|row| row.passes(filter)) {
            row.count_in(&mut counts);
        }
        counts
    }
}

async fn read(
    log: &EventLog,
    tenant: TenantId,
    after: i64,
    limit: i64,
) -> anyhow::Result<Vec<StoredEvent>> {
    Ok(log.read_tenant(tenant, after, limit).await?)
}
