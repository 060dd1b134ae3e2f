//! Rebuild: fill a second set of tables from the log while the first is served, then let it take its place.

mod tables;
mod tenant;

use std::time::Duration;

use anyhow::{Context as _, bail};
use eventlog::{Db, EventLog, LogId};
use sqlx::{Postgres, Transaction};

pub use tenant::rebuild_tenant;

use crate::ReadModel;
use crate::runner::{Runner, Step};

/// How long a batch of a rebuild may take before another process may go on with it.
const LEASE: Duration = Duration::from_secs(30);

/// How far a rebuild has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Events applied so far, over all logs.
    pub applied: i64,
    /// Events there are.
    pub total: i64,
}

/// What a comparison of the served table with its refold found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Rows of the served table.
    pub served_rows: i64,
    /// Rows of the refold.
    pub refold_rows: i64,
    /// Whether both are equal to the last byte.
    pub equal: bool,
    /// Streams that wait aside, so that the served table lacks what they hold: they explain a difference.
    pub parked: i64,
}

/// Rebuilds `model` from the log without a pause in serving. An interrupted rebuild goes on where it was.
///
/// # Errors
/// When `model` is the outbox, which is never rebuilt, or the database fails.
pub async fn rebuild(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    progress: impl Fn(Progress),
) -> anyhow::Result<()> {
    let table = table(model)?;
    alone(db, model, replace(db, log, model, table, progress)).await
}

async fn replace(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    table: &str,
    progress: impl Fn(Progress),
) -> anyhow::Result<()> {
    refold(db, log, model, table, &progress).await?;
    let mut tx = db.begin().await?;
    tables::index(&mut tx, table).await.context("making the indexes")?;
    tx.commit().await?;
    // What was recorded meanwhile, so that little is left to do while the served table is held.
    catch_up_with_live(db, log, model, &progress).await?;
    let mut tx = hold_at_live(db, log, model).await?;
    one_flip(&mut tx, model).await?;
    tables::put_in_place(&mut tx, table).await.context("putting the new table in place")?;
    // A higher epoch: a batch that was under way for the old table finds no checkpoint to move.
    sqlx::query!(
        "update projection_checkpoint set epoch = epoch + 1, owner = null, lease_until = null
            where projection = $1 and generation = 'live'",
        model.name(),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from parked_stream where projection = $1 and generation = 'live'",
        model.name()
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update parked_stream set generation = 'live' where projection = $1",
        model.name()
    )
    .execute(&mut *tx)
    .await?;
    forget(&mut tx, model).await?;
    tx.commit().await.context("taking the old table's place")?;
    Ok(())
}

/// Refolds `model` from the log and compares it with the served table at the same checkpoint. Serving goes on; the
/// served table is not brought forward while the two are compared.
///
/// # Errors
/// When `model` is the outbox, or the database fails.
pub async fn verify(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    progress: impl Fn(Progress),
) -> anyhow::Result<Comparison> {
    let table = table(model)?;
    alone(db, model, refold_and_compare(db, log, model, table, progress)).await
}

async fn refold_and_compare(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    table: &str,
    progress: impl Fn(Progress),
) -> anyhow::Result<Comparison> {
    {
        // A half-done rebuild by another program version is no refold by this one.
        let mut tx = db.begin().await?;
        tables::drop_rebuild(&mut tx, table).await?;
        forget(&mut tx, model).await?;
        tx.commit().await?;
    }
    refold(db, log, model, table, progress).await?;
    let mut tx = hold_at_live(db, log, model).await?;
    let comparison =
        tables::compare(&mut tx, model, table).await.context("comparing the tables")?;
    tables::drop_rebuild(&mut tx, table).await?;
    forget(&mut tx, model).await?;
    tx.commit().await?;
    Ok(comparison)
}

fn table(model: ReadModel) -> anyhow::Result<&'static str> {
    match model.table() {
        Some(table) => Ok(table),
        None => bail!("{} holds what was tried and is never rebuilt", model.name()),
    }
}

/// Does `work` while no other process fills the second table: one that is late would find the table gone and its
/// checkpoints forgotten. Returns when the next may begin.
async fn alone<T>(
    db: &Db,
    model: ReadModel,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let mut tx = db.begin().await?;
    sqlx::query!("set local idle_in_transaction_session_timeout = 0").execute(&mut *tx).await?;
    let taken = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(4204, hashtext($1)) as "taken!""#,
        model.name(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if !taken {
        bail!("{} is being folded anew by another process", model.name());
    }
    let outcome = work.await;
    // Dropped, it would be rolled back a little later than this returns.
    let ended = tx.rollback().await;
    let done = outcome?;
    ended?;
    Ok(done)
}

/// Waits until no table takes another's place. The server may still carry out the last words of a process that was
/// killed: who looked for the second table meanwhile would find it and then fill the served one.
async fn one_flip(tx: &mut Transaction<'static, Postgres>, model: ReadModel) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(4205, hashtext($1))", model.name())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Fills the second table until it has caught up with the log.
async fn refold(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    table: &str,
    progress: impl Fn(Progress),
) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    one_flip(&mut tx, model).await?;
    if tables::make_rebuild(&mut tx, table).await.context("making the second table")? {
        forget(&mut tx, model).await?;
    }
    // Whoever held these leases is dead, since nobody else folds this model anew.
    sqlx::query!(
        "update projection_checkpoint set epoch = epoch + 1, owner = null, lease_until = null
            where projection = $1 and generation = 'rebuild'",
        model.name(),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    catch_up_with_live(db, log, model, progress).await
}

/// Applies the log to the second table as far as it is applied to the served one: never further, so that the two can
/// be compared and one can take the other's place.
async fn catch_up_with_live(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    progress: impl Fn(Progress),
) -> anyhow::Result<()> {
    let live = live_positions(db, model).await?;
    let total = live.iter().map(|(_, pos)| pos).sum();
    let runner = Runner::new(db.clone(), log.clone(), &[model], LEASE).rebuilding_to(live);
    while runner.step().await? == Step::Advanced {
        progress(Progress { applied: applied(db, model).await?, total });
    }
    Ok(runner.release().await?)
}

async fn live_positions(db: &Db, model: ReadModel) -> sqlx::Result<Vec<(LogId, i64)>> {
    let rows = sqlx::query!(
        "select log_id, pos from projection_checkpoint where projection = $1 and generation = 'live'",
        model.name(),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (LogId(row.log_id), row.pos)).collect())
}

async fn applied(db: &Db, model: ReadModel) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(pos), 0)::bigint as "applied!" from projection_checkpoint
            where projection = $1 and generation = 'rebuild'"#,
        model.name(),
    )
    .fetch_one(db.pool())
    .await
}

/// Holds the served table where it is and brings the second one to just that place: the transaction returned keeps
/// the live checkpoints locked.
async fn hold_at_live(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
) -> anyhow::Result<Transaction<'static, Postgres>> {
    let mut tx = db.begin().await?;
    sqlx::query!("set local idle_in_transaction_session_timeout = 0").execute(&mut *tx).await?;
    sqlx::query!("set local statement_timeout = 0").execute(&mut *tx).await?;
    hold(&mut tx, model, None).await.context("holding the live checkpoints")?;
    catch_up_with_live(db, log, model, |_| ()).await?;
    let behind = sqlx::query_scalar!(
        r#"select count(*) as "behind!"
            from projection_checkpoint live
            left join projection_checkpoint new
                on new.projection = live.projection and new.generation = 'rebuild' and new.log_id = live.log_id
            where live.projection = $1 and live.generation = 'live' and coalesce(new.pos, 0) < live.pos"#,
        model.name(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if behind > 0 {
        bail!("the new {} could not catch up with {behind} logs", model.name());
    }
    Ok(tx)
}

/// Locks the live checkpoints of all logs, or of one, until `tx` ends, and returns them in the order of logs.
async fn hold(
    tx: &mut Transaction<'static, Postgres>,
    model: ReadModel,
    only: Option<LogId>,
) -> sqlx::Result<Vec<i64>> {
    // A log that was never applied has no checkpoint to lock, and its first events would be applied meanwhile, to rows
    // that are about to be dropped.
    sqlx::query!(
        "insert into projection_checkpoint (projection, generation, log_id)
            select $1, 'live', log_id from es.log_head where $2::int is null or log_id = $2 order by log_id
            on conflict on constraint projection_checkpoint_pkey do nothing",
        model.name(),
        only.map(|log| log.0),
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query_scalar!(
        "select pos from projection_checkpoint
            where projection = $1 and generation = 'live' and ($2::int is null or log_id = $2)
            order by log_id for update",
        model.name(),
        only.map(|log| log.0),
    )
    .fetch_all(&mut **tx)
    .await
}

async fn forget(tx: &mut Transaction<'static, Postgres>, model: ReadModel) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from projection_checkpoint where projection = $1 and generation = 'rebuild'",
        model.name()
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from parked_stream where projection = $1 and generation = 'rebuild'",
        model.name()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
