//! A batch of events and the checkpoint in one transaction; what cannot be applied is parked with its stream.

use std::collections::HashSet;

use anyhow::bail;
use domain::event::DecodeError;
use domain::{Event, Recorded};
use eventlog::{Db, StoredEvent};
use sqlx::{Postgres, Transaction};
use tracing::warn;

use super::checkpoint::{self, Held};
use super::{Generation, parked};

/// Why an event was not applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    /// This program cannot read it.
    #[error("reading the event")]
    Decode(#[from] DecodeError),
    /// The database refused what follows from it.
    #[error("changing the read model")]
    Database(#[from] sqlx::Error),
}

impl ApplyError {
    /// Tells whether the event itself is at fault, so that trying again would fail again: unreadable JSON, or data
    /// that Postgres refuses (SQLSTATE classes 22 data exception, 23 integrity). A statement that is wrong (42) is the
    /// program's fault or a missing migration's: everything waits for it.
    pub(super) fn is_poison(&self) -> bool {
        match self {
            Self::Decode(_) => true,
            Self::Database(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| ["22", "23"].iter().any(|class| code.starts_with(class))),
            Self::Database(_) => false,
        }
    }
}

/// Applies `events`, which follow the checkpoint, and moves it behind them.
pub(super) async fn apply(db: &Db, held: &Held, events: Vec<StoredEvent>) -> anyhow::Result<()> {
    let parked = parked::among(db, held, &events).await?;
    let Some(last) = events.last().map(|event| event.pos) else { return Ok(()) };

    let mut tx = begin(db, held.generation).await?;
    // The checkpoint first: a rebuild locks checkpoints before tables too, so the two never wait for each other.
    if !checkpoint::advance(&mut tx, held, held.pos, last).await? {
        // Somebody took the lease over and did this batch.
        tx.rollback().await?;
        return Ok(());
    }
    match apply_all(&mut tx, held, &events, &parked).await {
        Ok(()) => {
            tx.commit().await?;
            metrics::counter!("agentiq_projected_events_total", "projection" => held.model.name())
                .increment(events.len() as u64);
            Ok(())
        }
        Err(error) if error.is_poison() => {
            tx.rollback().await?;
            one_by_one(db, held, events, parked).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn apply_all(
    tx: &mut Transaction<'static, Postgres>,
    held: &Held,
    events: &[StoredEvent],
    parked: &HashSet<uuid::Uuid>,
) -> Result<(), ApplyError> {
    for stored in events.iter().filter(|event| !parked.contains(&event.stream.0)) {
        apply_one(tx, held, stored).await?;
    }
    Ok(())
}

pub(super) async fn apply_one(
    tx: &mut Transaction<'static, Postgres>,
    held: &Held,
    stored: &StoredEvent,
) -> Result<(), ApplyError> {
    let recorded = decode(stored.clone())?;
    held.model.apply(tx, &recorded).await?;
    Ok(())
}

/// The slow way, taken when a batch holds an event that cannot be applied: a transaction an event, so that only that
/// event's stream is left behind.
async fn one_by_one(
    db: &Db,
    held: &Held,
    events: Vec<StoredEvent>,
    mut parked: HashSet<uuid::Uuid>,
) -> anyhow::Result<()> {
    let mut from = held.pos;
    for stored in events {
        let mut tx = begin(db, held.generation).await?;
        if !parked.contains(&stored.stream.0)
            && let Err(error) = apply_one(&mut tx, held, &stored).await
        {
            tx.rollback().await?;
            if !error.is_poison() {
                return Err(error.into());
            }
            let model = held.model.name();
            let id = stored.event_id;
            let error = format!("{:#}", anyhow::Error::from(error));
            warn!(event.id = %id, projection = model, error, "{model} parks the stream of event {id}");
            tx = begin(db, held.generation).await?;
            parked::park(&mut tx, held, &stored, &error).await?;
            parked.insert(stored.stream.0);
            metrics::counter!("agentiq_parked_streams_total", "projection" => model).increment(1);
        }
        if !checkpoint::advance(&mut tx, held, from, stored.pos).await? {
            bail!("the lease of {} on log {} was lost", held.model.name(), held.log);
        }
        tx.commit().await?;
        from = stored.pos;
    }
    Ok(())
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

fn decode(stored: StoredEvent) -> Result<Recorded, DecodeError> {
    let event = Event::decode(
        &stored.stream_type,
        &stored.event_type,
        stored.schema_version,
        stored.payload,
    )?;
    Ok(Recorded {
        tenant: stored.tenant,
        stream: stored.stream,
        version: stored.version,
        log: stored.log.0,
        position: stored.pos,
        event_id: stored.event_id,
        recorded_at: stored.recorded_at,
        correlation_id: stored.correlation_id,
        actor: stored.actor,
        event,
    })
}
