//! The rows of a read model as of a moment, in the order of their key. A row follows from one stream, so streams are
//! folded a few at a time: memory does not grow with the log.

use anyhow::Context as _;
use domain::{StreamId, TenantId};
use eventlog::{Db, EventLog, LogId};
use serde_json::Value;
use uuid::Uuid;

use super::{Ends, Progress, Scope};
use crate::{Folded, ReadModel, recorded};

/// Streams folded at once.
const STREAMS: i64 = 200;

/// Sellers looked up at once.
const SELLERS: i64 = 1000;

/// Puts the rows that `model` had at the moment in scope into `sink`, in the order of their key.
///
/// # Errors
/// [`super::ReplayError`], when an event cannot be read, and when the log or `sink` fails.
pub async fn rows(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    scope: &Scope,
    mut sink: impl AsyncFnMut(Value) -> anyhow::Result<()>,
    progress: impl Fn(Progress),
) -> anyhow::Result<Progress> {
    let ends = Ends::find(db, log, scope).await?;
    let total = sellers(db, &ends, scope).await?;
    let mut so_far = Progress { total: usize::try_from(total)?, ..Progress::default() };
    let mut after = Uuid::nil();
    loop {
        let found = next_sellers(db, &ends, scope, after).await?;
        let Some((last, _)) = found.last() else { return Ok(so_far) };
        after = last.0;
        for (tenant, home) in found {
            let end = ends.of(home).unwrap_or_default();
            let mut stream = Uuid::nil();
            loop {
                let ids = next_streams(db, model, (home, tenant), end, stream).await?;
                let Some(last) = ids.last() else { break };
                stream = last.0;
                let mut folded = Folded::new(model);
                so_far.events += fold(log, scope, tenant, (&ids, end), &mut folded).await?;
                for row in folded.rows() {
                    sink(row).await?;
                    so_far.rows += 1;
                }
                progress(so_far);
            }
            so_far.done += 1;
            progress(so_far);
        }
    }
}

/// Folds what is in scope of some streams; returns the number of their events.
async fn fold(
    log: &EventLog,
    scope: &Scope,
    tenant: TenantId,
    (streams, end): (&[StreamId], i64),
    folded: &mut Folded,
) -> anyhow::Result<u64> {
    let mut applied = 0;
    let stored = log.load_streams(tenant, streams).await?;
    for event in stored.into_values().flatten().filter(|event| scope.includes(event, end)) {
        let id = event.event_id;
        let recorded = recorded(scope.shown(log, event));
        folded.apply(&recorded.with_context(|| format!("reading event {id}"))?)?;
        applied += 1;
    }
    Ok(applied)
}

async fn sellers(db: &Db, ends: &Ends, scope: &Scope) -> sqlx::Result<i64> {
    let logs: Vec<i32> = ends.0.iter().map(|(log, _)| log.0).collect();
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from es.tenant_log
            where log_id = any ($1) and ($2::uuid is null or tenant_id = $2)"#,
        &logs,
        scope.tenant.map(|tenant| tenant.0),
    )
    .fetch_one(db.pool())
    .await
}

async fn next_sellers(
    db: &Db,
    ends: &Ends,
    scope: &Scope,
    after: Uuid,
) -> sqlx::Result<Vec<(TenantId, LogId)>> {
    let logs: Vec<i32> = ends.0.iter().map(|(log, _)| log.0).collect();
    let rows = sqlx::query!(
        "select tenant_id, log_id from es.tenant_log
            where log_id = any ($1) and ($2::uuid is null or tenant_id = $2) and tenant_id > $3
            order by tenant_id
            limit $4",
        &logs,
        scope.tenant.map(|tenant| tenant.0),
        after,
        SELLERS,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id), LogId(row.log_id))).collect())
}

async fn next_streams(
    db: &Db,
    model: ReadModel,
    (home, tenant): (LogId, TenantId),
    end: i64,
    after: Uuid,
) -> sqlx::Result<Vec<StreamId>> {
    let ids = sqlx::query_scalar!(
        "select stream_id from es.stream
            where log_id = $1 and tenant_id = $2 and stream_id > $3 and stream_type = $4 and first_pos <= $5
            order by stream_id
            limit $6",
        home.0,
        tenant.0,
        after,
        model.stream_type(),
        end,
        STREAMS,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(ids.into_iter().map(StreamId).collect())
}
