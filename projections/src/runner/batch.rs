//! A batch of events and the checkpoint in one transaction; what cannot be applied is parked with its stream.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use anyhow::bail;
use domain::{Recorded, StreamId, TenantId};
use eventlog::{Db, StoredEvent};
use sqlx::{Postgres, Transaction};
use tracing::error;
use uuid::Uuid;

use super::checkpoint::{self, Held};
use super::folding::{self, Harm, Spoilt, Watch};
use super::{Generation, parked};
use crate::fold::{Fold, Stream, readable};
use crate::{
    ReadModel, accounts, bulks, claims, effects, failures, inbox, knowledge, lineage, metric,
    reply_history, sending, thread,
};

/// An event as it comes to the folds: read, or with the reason why this program cannot read it.
pub(super) struct Entry {
    pub(super) tenant: TenantId,
    pub(super) stream: StreamId,
    pub(super) pos: i64,
    pub(super) event_id: Uuid,
    stream_type: String,
    version: i32,
    pub(super) event: Result<Recorded, String>,
}

impl Entry {
    pub(super) fn key(&self) -> Stream {
        Stream::new(self.tenant, self.stream)
    }

    /// Tells whether a model must look at it. What cannot be read may concern any model.
    pub(super) fn concerns<F: Fold>(&self) -> bool {
        self.event.is_err() || self.stream_type == F::STREAM_TYPE
    }
}

impl From<StoredEvent> for Entry {
    fn from(stored: StoredEvent) -> Self {
        Self {
            tenant: stored.tenant,
            stream: stored.stream,
            pos: stored.pos,
            event_id: stored.event_id,
            stream_type: stored.stream_type.clone(),
            version: stored.version,
            event: readable(stored),
        }
    }
}

/// Events that follow a checkpoint, without those that concern no model at hand.
pub(super) struct Batch {
    pub(super) events: Arc<[Entry]>,
    /// The place behind the batch.
    pub(super) last: i64,
}

/// Tells whether the data itself is at fault, so that trying again would fail again: Postgres refuses it (SQLSTATE
/// classes 22 data exception, 23 integrity). A statement that is wrong (42) is the program's fault or a missing
/// migration's: everything waits for it.
pub(super) fn is_poison(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| ["22", "23"].iter().any(|class| code.starts_with(class)))
}

/// Applies a batch, which follows the checkpoint, and moves it behind the batch.
pub(super) async fn apply(db: &Db, held: Held, batch: &Batch, watch: &Watch) -> anyhow::Result<()> {
    match apply_together(db, held, batch, watch).await {
        Ok(_) => {
            metrics::counter!("agentiq_projected_events_total", "projection" => held.model.name())
                .increment(u64::try_from(batch.last - held.pos).unwrap_or_default());
            Ok(())
        }
        Err(error) if is_poison(&error) => one_by_one(db, held, batch, watch).await,
        Err(error) => Err(error.into()),
    }
}

/// Tells whether the checkpoint was still ours; when not, somebody else did this batch.
async fn apply_together(db: &Db, held: Held, batch: &Batch, watch: &Watch) -> sqlx::Result<bool> {
    let mut tx = begin(db, held.generation).await?;
    // The checkpoint first: a rebuild locks checkpoints before tables too, so the two never wait for each other. And
    // whoever holds it is alone with the rows of this log.
    if !checkpoint::advance(&mut tx, &held, held.pos, batch.last).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let spoilt = fold_into(&mut tx, &held, &batch.events, watch).await?;
    for spoilt in &spoilt {
        park(&mut tx, &held, &batch.events[spoilt.index], spoilt).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// The slow way, taken when Postgres refuses what a batch leads to: a transaction an event, so that only that event's
/// stream is left behind.
async fn one_by_one(db: &Db, mut held: Held, batch: &Batch, watch: &Watch) -> anyhow::Result<()> {
    for index in 0..batch.events.len() {
        held = alone(db, held, &batch.events, index, watch).await?;
    }
    pass(db, held, batch.last).await
}

/// Moves the checkpoint behind events that concern nobody.
pub(super) async fn pass(db: &Db, held: Held, last: i64) -> anyhow::Result<()> {
    let mut tx = begin(db, held.generation).await?;
    if held.pos < last && !checkpoint::advance(&mut tx, &held, held.pos, last).await? {
        bail!("the lease of {} on log {} was lost", held.model.name(), held.log);
    }
    Ok(tx.commit().await?)
}

/// Applies one event of `events`, or parks its stream; returns the checkpoint behind it.
pub(super) async fn alone(
    db: &Db,
    held: Held,
    events: &Arc<[Entry]>,
    index: usize,
    watch: &Watch,
) -> anyhow::Result<Held> {
    let only = Watch { only: Some(index), ..watch.clone() };
    let pos = events[index].pos;
    let mut tx = begin(db, held.generation).await?;
    if !checkpoint::advance(&mut tx, &held, held.pos, pos).await? {
        bail!("the lease of {} on log {} was lost", held.model.name(), held.log);
    }
    match fold_into(&mut tx, &held, events, &only).await {
        Ok(spoilt) => {
            for spoilt in &spoilt {
                park(&mut tx, &held, &events[spoilt.index], spoilt).await?;
            }
        }
        Err(error) if is_poison(&error) => {
            tx.rollback().await?;
            let reason = format!("changing the read model: {error}");
            return give_up(db, held, &events[index], Spoilt { index, reason, harm: Harm::None })
                .await;
        }
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    Ok(held.at(pos))
}

/// Parks the stream of the event after the checkpoint without applying it; returns the checkpoint behind it.
pub(super) async fn give_up(
    db: &Db,
    held: Held,
    entry: &Entry,
    spoilt: Spoilt,
) -> anyhow::Result<Held> {
    let mut tx = begin(db, held.generation).await?;
    if !checkpoint::advance(&mut tx, &held, held.pos, entry.pos).await? {
        bail!("the lease of {} on log {} was lost", held.model.name(), held.log);
    }
    park(&mut tx, &held, entry, &spoilt).await?;
    tx.commit().await?;
    Ok(held.at(entry.pos))
}

async fn park(
    tx: &mut Transaction<'static, Postgres>,
    held: &Held,
    entry: &Entry,
    spoilt: &Spoilt,
) -> sqlx::Result<()> {
    let (model, id, reason) = (held.model.name(), entry.event_id, &spoilt.reason);
    error!(event.id = %id, projection = model, error = reason, "{model} parks the stream of event {id}");
    metrics::counter!("agentiq_parked_streams_total", "projection" => model).increment(1);
    parked::park(tx, held, entry, spoilt).await
}

/// Folds events into the rows of the model. Returns the events that could not be folded, each with its stream left
/// as it was before it.
pub(super) async fn fold_into(
    tx: &mut Transaction<'static, Postgres>,
    held: &Held,
    events: &Arc<[Entry]>,
    watch: &Watch,
) -> sqlx::Result<Vec<Spoilt>> {
    match held.model {
        ReadModel::Inbox => fold_as::<inbox::Row>(tx, held, events, watch).await,
        ReadModel::Thread => fold_as::<thread::Row>(tx, held, events, watch).await,
        ReadModel::ReplyHistory => fold_as::<reply_history::Row>(tx, held, events, watch).await,
        ReadModel::Accounts => fold_as::<accounts::Row>(tx, held, events, watch).await,
        ReadModel::Claims => fold_as::<claims::Row>(tx, held, events, watch).await,
        ReadModel::Sending => fold_as::<sending::Row>(tx, held, events, watch).await,
        ReadModel::Bulks => fold_as::<bulks::Row>(tx, held, events, watch).await,
        ReadModel::Failures => fold_as::<failures::Row>(tx, held, events, watch).await,
        ReadModel::Knowledge => fold_as::<knowledge::Row>(tx, held, events, watch).await,
        ReadModel::Lineage => fold_as::<lineage::Row>(tx, held, events, watch).await,
        ReadModel::Metric => fold_as::<metric::Row>(tx, held, events, watch).await,
        ReadModel::Effects => fold_as::<effects::Row>(tx, held, events, watch).await,
    }
}

async fn fold_as<F: Fold>(
    tx: &mut Transaction<'static, Postgres>,
    held: &Held,
    events: &Arc<[Entry]>,
    watch: &Watch,
) -> sqlx::Result<Vec<Spoilt>> {
    let mut indexes = watch.only.map_or_else(|| (0..events.len()).collect(), |only| vec![only]);
    indexes.retain(|index| events[*index].concerns::<F>());
    let mut streams: Vec<Stream> = indexes.iter().map(|index| events[*index].key()).collect();
    streams.sort_unstable();
    streams.dedup();
    let parked = parked::among(&mut *tx, held, &streams).await?;
    streams.retain(|stream| !parked.contains(&stream.id));
    indexes.retain(|index| !parked.contains(&events[*index].stream.0));
    if indexes.is_empty() {
        return Ok(Vec::new());
    }
    let before = rows_before::<F>(tx, held, streams, indexes.iter().map(|i| &events[*i])).await?;
    let before = Arc::new(before);
    let folded = folding::fold::<F>(Arc::clone(events), indexes, Arc::clone(&before), watch).await;
    let changed: Vec<&F> = folded
        .after
        .iter()
        .filter(|(stream, rows)| before.get(stream) != Some(rows))
        .flat_map(|(_, rows)| F::each(rows))
        .collect();
    if !changed.is_empty() {
        F::store(&mut *tx, &changed).await?;
    }
    Ok(folded.spoilt)
}

/// Reads the rows of `streams` as they are before `events`.
async fn rows_before<F: Fold>(
    tx: &mut Transaction<'static, Postgres>,
    held: &Held,
    mut streams: Vec<Stream>,
    events: impl Iterator<Item = &Entry>,
) -> sqlx::Result<HashMap<Stream, F::Rows>> {
    if held.generation == Generation::Rebuild {
        // A stream whose first event is at hand has no rows yet in a table that began empty.
        let new: HashSet<_> = events.filter(|event| event.version == 1).map(Entry::key).collect();
        streams.retain(|stream| !new.contains(stream));
    }
    if streams.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(F::load(tx, &streams).await?.into_iter().collect())
}

/// Begins a transaction in which the read models' names mean the tables of `generation`.
pub(super) async fn begin(
    db: &Db,
    generation: Generation,
) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = db.begin().await?;
    if generation == Generation::Rebuild {
        sqlx::query!("set local search_path = rebuild, public").execute(&mut *tx).await?;
    }
    Ok(tx)
}
