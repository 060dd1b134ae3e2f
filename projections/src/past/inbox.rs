//! The inbox of a past moment. A short history is folded from its beginning. Of a long one only what has changed since
//! the moment is folded; whatever has not changed since stands in the table as it did then.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{Recorded, StreamId, TenantId};
use eventlog::{Db, EventLog, StoredEvent};
use sqlx::{Postgres, Transaction};
use tracing::warn;
use uuid::Uuid;

use super::PastAccount;
use crate::feed::Cursor;
use crate::fold::{Fold as _, guarded, readable};
use crate::inbox::{self, Counts, Filter, InboxRow, Order, Page, PageKey, Row, Standing};
use crate::{FoldError, ReadModel, accounts, snapshot};

/// How much is read for one answer; the defaults take a second or so.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Events up to the moment, to be folded from the beginning.
    pub events_max: i64,
    /// Interactions changed since the moment, to be folded where the history is longer.
    pub changed_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // An interaction has about five events.
        Self { events_max: 50_000, changed_max: 10_000 }
    }
}

/// Events read at once.
const CHUNK: i64 = 2000;

/// Streams read at once.
const STREAMS: usize = 200;

/// A seller's inbox as it stood at a place of the feed.
#[derive(Debug, Default)]
pub struct PastInbox {
    /// What was folded: everything, or what has changed since.
    rows: BTreeMap<Uuid, Row>,
    accounts: HashMap<Uuid, PastAccount>,
    /// Streams with an event that cannot be read: they stand as before it, as they do in the inbox of today.
    parked: HashSet<Uuid>,
    /// What has not changed since, where not everything was folded.
    rest: Option<Rest>,
}

/// The rows of the table that have stood since a moment, all seen by one snapshot.
#[derive(Debug)]
struct Rest {
    snapshot: Transaction<'static, Postgres>,
    tenant: TenantId,
    standing: Standing,
}

/// Why the inbox of a past moment cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// Too much happened before the moment, and too much changed since.
    #[error(
        "{events} events until then, more than {}, and more than {} interactions changed since",
        limits.events_max,
        limits.changed_max
    )]
    TooMany {
        /// How many events of the seller there are up to the moment.
        events: i64,
        /// How many may be read.
        limits: Limits,
    },
    /// The log or the database failed, or holds what this program cannot read.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl PastInbox {
    /// Puts together what is needed to tell of the inbox after the event that `until` names.
    ///
    /// # Errors
    /// [`PastError`].
    pub async fn read(
        db: &Db,
        log: &EventLog,
        until: Cursor,
        limits: Limits,
    ) -> Result<Self, PastError> {
        if until.seq <= limits.events_max {
            return Ok(Self::from_the_beginning(log, until).await?);
        }
        let table = ReadModel::Inbox.table();
        let mut snapshot = snapshot::of(db, table).await.map_err(anyhow::Error::from)?;
        let changed =
            changed(&mut snapshot, until, limits.changed_max).await.map_err(anyhow::Error::from)?;
        if changed.len() > limits.changed_max {
            return Err(PastError::TooMany { events: until.seq, limits });
        }
        let mut streams = cabinets(&mut snapshot, until).await.map_err(anyhow::Error::from)?;
        streams.extend(changed);
        let mut past = Self::default();
        for streams in streams.chunks(STREAMS) {
            let read = log.load_streams_marked(until.tenant, streams).await;
            let events = read.map_err(anyhow::Error::from)?.into_values().flatten();
            past = past.folded(events.filter(|event| event.pos <= until.pos).collect()).await?;
        }
        let standing = Standing { log: until.log, since: until.pos };
        past.rest = Some(Rest { snapshot, tenant: until.tenant, standing });
        Ok(past)
    }

    async fn from_the_beginning(log: &EventLog, until: Cursor) -> anyhow::Result<Self> {
        let mut past = Self::default();
        let mut after = 0;
        while after < until.seq {
            let limit = CHUNK.min(until.seq - after);
            let events = log.read_tenant_marked(until.tenant, after, limit).await?;
            let Some(last) = events.last() else { break };
            after = last.tenant_seq;
            past = past.folded(events).await?;
        }
        Ok(past)
    }

    /// Folds events away from the threads that serve: thousands of folds on end would hold them up.
    async fn folded(mut self, events: Vec<StoredEvent>) -> anyhow::Result<Self> {
        let folded = tokio::task::spawn_blocking(move || {
            for stored in events {
                self.take(stored);
            }
            self
        });
        Ok(folded.await?)
    }

    /// Folds an event, or parks its stream.
    fn take(&mut self, stored: StoredEvent) {
        let (stream, event_id) = (stored.stream.0, stored.event_id);
        if self.parked.contains(&stream) {
            return;
        }
        let folded = readable(stored)
            .and_then(|recorded| self.apply(&recorded).map_err(|error| error.to_string()));
        if let Err(reason) = folded {
            warn!(event.id = %event_id, reason, "an event of the past cannot be read, its stream stands as before it");
            self.parked.insert(stream);
        }
    }

    /// Folds the next event of a stream.
    fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        let id = recorded.stream.0;
        if let Some(row) = guarded::<Row>(self.rows.get(&id).cloned(), recorded, |_| ())? {
            self.rows.insert(id, row);
        }
        let mut account = self.accounts.get(&id).cloned().unwrap_or_default();
        account.apply(recorded)?;
        if account.is_known() {
            self.accounts.insert(id, account);
        }
        Ok(())
    }

    /// Returns a page of at most `limit` rows, as [`inbox::list`] does.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list(
        mut self,
        filter: &Filter,
        order: Order,
        after: Option<PageKey>,
        limit: usize,
    ) -> sqlx::Result<Page> {
        let found = self.rows.values().filter(|row| row.passes(filter));
        let mut found: Vec<InboxRow> = found.map(|row| InboxRow::new(row.clone(), None)).collect();
        found.retain(|row| after.is_none_or(|after| order.compare(row.key(order), after).is_gt()));
        if let Some(Rest { snapshot, tenant, standing }) = &mut self.rest {
            // As many as the page and one more: the folded ones only push some of them out.
            let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let page = (after, wanted);
            let rest = inbox::page(&mut **snapshot, *tenant, filter, order, page, Some(*standing));
            found.extend(rest.await?);
        }
        found.sort_unstable_by(|one, other| order.compare(one.key(order), other.key(order)));
        let more = found.len() > limit;
        found.truncate(limit);
        for row in &mut found {
            row.account_name = self.accounts.get(&row.account_id).and_then(PastAccount::name);
        }
        Ok(Page::new(found, order, more))
    }

    /// Counts what a filter finds, as [`inbox::count`] does.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count(mut self, filter: &Filter) -> sqlx::Result<Counts> {
        let mut counts = match &mut self.rest {
            Some(Rest { snapshot, tenant, standing }) => {
                inbox::counted(&mut **snapshot, *tenant, filter, Some(*standing)).await?
            }
            None => Counts::default(),
        };
        for row in self.rows.values().filter(|row| row.passes(filter)) {
            row.count_in(&mut counts);
        }
        Ok(counts)
    }
}

/// Lists the interactions that the moment knew and whose row in the table is not of then: changed since, or not folded
/// yet. One more than `max` at most.
async fn changed(
    snapshot: &mut Transaction<'static, Postgres>,
    until: Cursor,
    max: usize,
) -> sqlx::Result<Vec<StreamId>> {
    let limit = i64::try_from(max).unwrap_or(i64::MAX).saturating_add(1);
    let ids = sqlx::query_scalar!(
        "select s.stream_id
            from es.stream s
            left join inbox i on i.tenant_id = s.tenant_id and i.interaction_id = s.stream_id
            where s.log_id = $1 and s.tenant_id = $2 and s.stream_type = $3 and s.first_pos <= $4
                and (s.last_pos > $4 or i.version is distinct from s.version)
            limit $5",
        until.log.0,
        until.tenant.0,
        Row::STREAM_TYPE,
        until.pos,
        limit,
    )
    .fetch_all(&mut **snapshot)
    .await?;
    Ok(ids.into_iter().map(StreamId).collect())
}

async fn cabinets(
    snapshot: &mut Transaction<'static, Postgres>,
    until: Cursor,
) -> sqlx::Result<Vec<StreamId>> {
    let ids = sqlx::query_scalar!(
        "select stream_id from es.stream
            where log_id = $1 and tenant_id = $2 and stream_type = $3 and first_pos <= $4",
        until.log.0,
        until.tenant.0,
        accounts::Row::STREAM_TYPE,
        until.pos,
    )
    .fetch_all(&mut **snapshot)
    .await?;
    Ok(ids.into_iter().map(StreamId).collect())
}
