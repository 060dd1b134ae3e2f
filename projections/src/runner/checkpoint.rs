//! Checkpoints: how far a read model has applied a log, and who may move it.

use std::time::Duration;

use eventlog::{Db, LogId};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::Generation;
use crate::ReadModel;

/// How often somebody who waits for a read model looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(15);

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The log.
    pub log: LogId,
    /// The place in it.
    pub pos: i64,
}

/// A checkpoint under a lease.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) model: ReadModel,
    pub(super) generation: Generation,
    pub(super) log: LogId,
    pub(super) pos: i64,
    pub(super) lease: Duration,
    epoch: i64,
}

/// Finds the pairs that are behind `targets` and that nobody else works on, with their targets.
pub(super) async fn to_work_on(
    db: &Db,
    models: &[ReadModel],
    generation: Generation,
    owner: Uuid,
    targets: &[(LogId, i64)],
) -> sqlx::Result<Vec<(ReadModel, LogId, i64)>> {
    let names: Vec<String> = models.iter().map(|model| model.name().to_owned()).collect();
    let (logs, positions): (Vec<i32>, Vec<i64>) =
        targets.iter().filter(|(_, pos)| *pos > 0).map(|(log, pos)| (log.0, *pos)).unzip();
    let rows = sqlx::query!(
        r#"select m.name as "name!", h.log_id as "log_id!", h.pos as "target!"
            from unnest($1::text[]) as m (name)
            cross join unnest($2::int[], $3::bigint[]) as h (log_id, pos)
            left join projection_checkpoint c
                on c.projection = m.name and c.generation = $4 and c.log_id = h.log_id
            where coalesce(c.pos, 0) < h.pos
                and (c.owner is null or c.owner = $5 or c.lease_until < now())"#,
        &names,
        &logs,
        &positions,
        generation.name(),
        owner,
    )
    .fetch_all(db.pool())
    .await?;
    let to_model = |name: &str| ReadModel::by_name(name);
    Ok(rows
        .iter()
        .filter_map(|row| Some((to_model(&row.name)?, LogId(row.log_id), row.target)))
        .collect())
}

/// Takes the lease, or keeps it; none while somebody else holds it.
pub(super) async fn acquire(
    db: &Db,
    model: ReadModel,
    generation: Generation,
    log: LogId,
    owner: Uuid,
    lease: Duration,
) -> sqlx::Result<Option<Held>> {
    let row = sqlx::query!(
        "insert into projection_checkpoint as c (projection, generation, log_id, owner, lease_until, epoch)
            values ($1, $2, $3, $4, now() + $5, 1)
            on conflict on constraint projection_checkpoint_pkey do update
                set owner = excluded.owner, lease_until = excluded.lease_until,
                    epoch = case when c.owner = excluded.owner and c.lease_until > now() then c.epoch
                        else c.epoch + 1 end
                where c.owner is null or c.owner = excluded.owner or c.lease_until < now()
            returning pos, epoch",
        model.name(),
        generation.name(),
        log.0,
        owner,
        interval(lease),
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| Held { model, generation, log, pos: row.pos, lease, epoch: row.epoch }))
}

/// Moves the checkpoint from where it was read to `pos`, in the transaction of the rows. Tells whether it was still
/// ours; when not, the transaction must be rolled back.
pub(super) async fn advance(
    tx: &mut PgConnection,
    held: &Held,
    from: i64,
    pos: i64,
) -> sqlx::Result<bool> {
    let moved = sqlx::query!(
        "update projection_checkpoint set pos = $5, lease_until = now() + $7
            where projection = $1 and generation = $2 and log_id = $3 and pos = $4 and epoch = $6",
        held.model.name(),
        held.generation.name(),
        held.log.0,
        from,
        pos,
        held.epoch,
        interval(held.lease),
    )
    .execute(tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Gives all leases of `owner` back.
pub(super) async fn release(db: &Db, owner: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update projection_checkpoint set owner = null, lease_until = null where owner = $1",
        owner
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Waits until the served read models include `position`, at most for `patience`. Tells whether they do.
///
/// # Errors
/// What the database says.
pub async fn wait_for(
    db: &Db,
    models: &[ReadModel],
    position: Position,
    patience: Duration,
) -> sqlx::Result<bool> {
    let names: Vec<String> = models.iter().map(|model| model.name().to_owned()).collect();
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let caught_up = sqlx::query_scalar!(
            r#"select count(*) as "count!" from projection_checkpoint
                where generation = 'live' and projection = any ($1) and log_id = $2 and pos >= $3"#,
            &names,
            position.log.0,
            position.pos,
        )
        .fetch_one(db.pool())
        .await?;
        if usize::try_from(caught_up).is_ok_and(|count| count == names.len()) {
            return Ok(true);
        }
        if tokio::time::Instant::now() >= deadline {
            return Ok(false);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Returns, for every read model, by how many events it is behind `heads` in all logs together.
///
/// # Errors
/// What the database says.
pub async fn behind(db: &Db, heads: &[(LogId, i64)]) -> sqlx::Result<Vec<(ReadModel, i64)>> {
    let (logs, positions): (Vec<i32>, Vec<i64>) =
        heads.iter().map(|(log, pos)| (log.0, *pos)).unzip();
    let mut result = Vec::with_capacity(ReadModel::ALL.len());
    for model in ReadModel::ALL {
        let events = sqlx::query_scalar!(
            r#"select coalesce(sum(h.pos - coalesce(c.pos, 0)), 0)::bigint as "events!"
                from unnest($1::int[], $2::bigint[]) as h (log_id, pos)
                left join projection_checkpoint c
                    on c.projection = $3 and c.generation = 'live' and c.log_id = h.log_id"#,
            &logs,
            &positions,
            model.name(),
        )
        .fetch_one(db.pool())
        .await?;
        result.push((model, events));
    }
    Ok(result)
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
