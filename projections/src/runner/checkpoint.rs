//! Checkpoints: how far a read model has applied a log, and who may move it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{Db, LogId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Generation;
use crate::ReadModel;
use crate::sql::interval;

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
    /// How often an owner was lost at this place.
    pub(super) losses: i32,
    /// Up to here each event is applied alone.
    pub(super) alone_until: i64,
    epoch: i64,
}

impl Held {
    /// Tells whether the next event goes alone.
    pub(super) fn goes_alone(&self) -> bool {
        self.pos < self.alone_until
    }

    /// Returns the same checkpoint after it was moved to `pos`.
    pub(super) fn at(self, pos: i64) -> Self {
        Self { pos, losses: 0, ..self }
    }
}

/// How long the lease of an event that goes alone is at least: so long that an owner who loses it is dead, not slow.
const ALONE_LEASE: Duration = Duration::from_secs(2);

/// Finds what is behind `targets` and what nobody else works on: logs, each with its target and the read models.
pub(super) async fn to_work_on(
    db: &Db,
    models: &[ReadModel],
    generation: Generation,
    owner: Uuid,
    targets: &[(LogId, i64)],
) -> sqlx::Result<Vec<(LogId, i64, Vec<ReadModel>)>> {
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
    let mut behind: BTreeMap<LogId, (i64, Vec<ReadModel>)> = BTreeMap::new();
    for row in rows {
        if let Some(model) = ReadModel::by_name(&row.name) {
            behind.entry(LogId(row.log_id)).or_insert((row.target, Vec::new())).1.push(model);
        }
    }
    Ok(behind.into_iter().map(|(log, (target, models))| (log, target, models)).collect())
}

/// Takes the leases of one log, or keeps them; those that somebody else holds are missing from the answer.
pub(super) async fn acquire(
    db: &Db,
    models: &[ReadModel],
    generation: Generation,
    log: LogId,
    owner: Uuid,
    lease: Duration,
) -> sqlx::Result<Vec<Held>> {
    // In one order everywhere, or two runners could wait for each other.
    let mut names: Vec<String> = models.iter().map(|model| model.name().to_owned()).collect();
    names.sort_unstable();
    let rows = sqlx::query!(
        r#"insert into projection_checkpoint as c (projection, generation, log_id, owner, lease_until, epoch)
            select name, $2, $3, $4, now() + $5, 1 from unnest($1::text[]) name
            on conflict on constraint projection_checkpoint_pkey do update
                set owner = excluded.owner,
                    lease_until = now() + greatest($5, case when c.pos < c.alone_until then $6::interval end),
                    epoch = case when c.owner = excluded.owner and c.lease_until > now() then c.epoch
                        else c.epoch + 1 end,
                    losses = case when c.owner <> excluded.owner then c.losses + 1 else c.losses end
                where c.owner is null or c.owner = excluded.owner or c.lease_until < now()
            returning projection, pos, epoch, losses, alone_until"#,
        &names,
        generation.name(),
        log.0,
        owner,
        interval(lease),
        interval(ALONE_LEASE),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Held {
                model: ReadModel::by_name(&row.projection)?,
                generation,
                log,
                pos: row.pos,
                lease,
                losses: row.losses,
                alone_until: row.alone_until,
                epoch: row.epoch,
            })
        })
        .collect())
}

/// Notes that events up to `pos` go alone, since owners were lost when they went together.
pub(super) async fn go_alone(db: &Db, held: Held, pos: i64) -> sqlx::Result<Held> {
    sqlx::query!(
        "update projection_checkpoint set alone_until = $5, losses = 0, lease_until = now() + $6
            where projection = $1 and generation = $2 and log_id = $3 and epoch = $4",
        held.model.name(),
        held.generation.name(),
        held.log.0,
        held.epoch,
        pos,
        interval(held.lease.max(ALONE_LEASE)),
    )
    .execute(db.pool())
    .await?;
    Ok(Held { alone_until: pos, losses: 0, ..held })
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
        "update projection_checkpoint
            set pos = $5, losses = 0,
                lease_until = now() + greatest($7, case when $5 < alone_until then $8::interval end)
            where projection = $1 and generation = $2 and log_id = $3 and pos = $4 and epoch = $6",
        held.model.name(),
        held.generation.name(),
        held.log.0,
        from,
        pos,
        held.epoch,
        interval(held.lease),
        interval(ALONE_LEASE),
    )
    .execute(tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Gives all leases of `owner` back.
pub(super) async fn release(db: &Db, owner: Uuid) -> sqlx::Result<()> {
    // In the order in which they are taken, or the two could wait for each other.
    sqlx::query!(
        "with held as (
                select projection, generation, log_id from projection_checkpoint
                    where owner = $1 order by projection, generation, log_id for update)
            update projection_checkpoint c set owner = null, lease_until = null, losses = 0
                from held h
                where c.projection = h.projection and c.generation = h.generation and c.log_id = h.log_id",
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

/// Returns, for every read model, how old the oldest event is at `now`, a time of the database's clock, that it has not
/// applied; 0 when it has applied all. Grows while nobody works.
///
/// # Errors
/// What the database says.
pub async fn lags(
    db: &Db,
    heads: &[(LogId, i64)],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(ReadModel, TimeDelta)>> {
    let (logs, positions): (Vec<i32>, Vec<i64>) =
        heads.iter().filter(|(_, pos)| *pos > 0).map(|(log, pos)| (log.0, *pos)).unzip();
    let names: Vec<String> = ReadModel::ALL.iter().map(|model| model.name().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select m.name as "name!", min(e.recorded_at) as "since!"
            from unnest($1::text[]) as m (name)
            cross join unnest($2::int[], $3::bigint[]) as h (log_id, pos)
            left join projection_checkpoint c
                on c.projection = m.name and c.generation = 'live' and c.log_id = h.log_id
            cross join lateral (
                select e.recorded_at from es.event e
                    where e.log_id = h.log_id and e.pos > coalesce(c.pos, 0) order by e.pos limit 1) e
            where coalesce(c.pos, 0) < h.pos
            group by m.name"#,
        &names,
        &logs,
        &positions,
    )
    .fetch_all(db.pool())
    .await?;
    let of = |model: ReadModel| rows.iter().find(|row| row.name == model.name());
    Ok(ReadModel::ALL
        .into_iter()
        .map(|model| {
            (
                model,
                of(model).map_or(TimeDelta::zero(), |row| (now - row.since).max(TimeDelta::zero())),
            )
        })
        .collect())
}
