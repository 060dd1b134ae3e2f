//! Streams that a read model cannot apply: kept aside whole, so that order inside the stream holds.

use std::collections::HashSet;

use domain::{StreamId, TenantId};
use eventlog::{Db, LogId, StoredEvent};
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch;
use super::checkpoint::{self, Held};
use crate::ReadModel;

/// Returns which of the streams in `events` are parked.
pub(super) async fn among(
    db: &Db,
    held: &Held,
    events: &[StoredEvent],
) -> sqlx::Result<HashSet<Uuid>> {
    let streams: Vec<Uuid> = events.iter().map(|event| event.stream.0).collect();
    let parked = sqlx::query_scalar!(
        "select stream_id from parked_stream
            where projection = $1 and generation = $2 and stream_id = any ($3)",
        held.model.name(),
        held.generation.name(),
        &streams,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(parked.into_iter().collect())
}

/// Parks the stream of `stored` from that event on.
pub(super) async fn park(
    tx: &mut PgConnection,
    held: &Held,
    stored: &StoredEvent,
    error: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into parked_stream (projection, generation, log_id, tenant_id, stream_id, first_pos, error)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict on constraint parked_stream_pkey do nothing",
        held.model.name(),
        held.generation.name(),
        held.log.0,
        stored.tenant.0,
        stored.stream.0,
        stored.pos,
        error,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A stream that waits for a program that can read it.
pub(super) struct Parked {
    pub(super) model: ReadModel,
    pub(super) log: LogId,
    pub(super) tenant: TenantId,
    pub(super) stream: StreamId,
    first_pos: i64,
}

/// Returns the parked streams of the served read models.
pub(super) async fn all(db: &Db, models: &[ReadModel]) -> sqlx::Result<Vec<Parked>> {
    let names: Vec<String> = models.iter().map(|model| model.name().to_owned()).collect();
    let rows = sqlx::query!(
        "select projection, log_id, tenant_id, stream_id, first_pos from parked_stream
            where generation = 'live' and projection = any ($1) order by first_pos",
        &names,
    )
    .fetch_all(db.pool())
    .await?;
    let to_parked = |row: (String, i32, Uuid, Uuid, i64)| {
        Some(Parked {
            model: ReadModel::by_name(&row.0)?,
            log: LogId(row.1),
            tenant: TenantId(row.2),
            stream: StreamId(row.3),
            first_pos: row.4,
        })
    };
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            to_parked((row.projection, row.log_id, row.tenant_id, row.stream_id, row.first_pos))
        })
        .collect())
}

impl Parked {
    /// Applies the events that were left out, in order, and lets the stream go on. Tells whether that worked.
    pub(super) async fn resume(
        &self,
        db: &Db,
        held: &Held,
        events: &[StoredEvent],
    ) -> anyhow::Result<bool> {
        let mut tx = batch::begin(db, held.generation).await?;
        let left_out = |event: &&StoredEvent| (self.first_pos..=held.pos).contains(&event.pos);
        for stored in events.iter().filter(left_out) {
            if let Err(error) = batch::apply_one(&mut tx, held, stored).await {
                tx.rollback().await?;
                return if error.is_poison() { Ok(false) } else { Err(error.into()) };
            }
        }
        if !checkpoint::advance(&mut tx, held, held.pos, held.pos).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        sqlx::query!(
            "delete from parked_stream where projection = $1 and generation = $2 and stream_id = $3",
            held.model.name(),
            held.generation.name(),
            self.stream.0,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }
}
