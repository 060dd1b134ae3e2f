//! What the database could do at best: plain inserts of the same events, without streams, versions, idempotency, order or
//! read models.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Calls in flight, as many as the appender of a process has.
const CALLS_IN_FLIGHT: u32 = 4;

/// Rows of a call, as many as a call of ours carries.
const ROWS: usize = 200;

const DURATION: Duration = Duration::from_secs(5);

/// Events of which the payloads are taken; each is inserted again and again.
const SAMPLED: i64 = 2_000;

/// Inserts the events that were stored into a plain table for a while.
pub(crate) async fn rows_per_second(url: &str) -> anyhow::Result<f64> {
    let pool = PgPoolOptions::new().max_connections(CALLS_IN_FLIGHT).connect(url).await?;
    sqlx::raw_sql(
        "create table raw_event (
            pos bigint generated always as identity,
            recorded_at timestamptz not null default now(),
            tenant_id uuid not null,
            stream_id uuid not null,
            version int not null,
            event_id uuid not null,
            event_type text not null,
            payload json not null,
            constraint raw_event_pkey primary key (pos)
        );
        checkpoint",
    )
    .execute(&pool)
    .await?;
    let payloads: Vec<String> =
        sqlx::query_scalar("select payload::text from es.event order by event_id limit $1")
            .bind(SAMPLED)
            .fetch_all(&pool)
            .await?;
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLS_IN_FLIGHT as usize {
        let (pool, payloads) = (pool.clone(), payloads.clone());
        callers.spawn(async move {
            let mut stored = 0;
            let mut from = caller * ROWS;
            while started.elapsed() < DURATION {
                let rows = (from..from + ROWS).map(|n| payloads[n % payloads.len()].as_str());
                stored += insert(&pool, rows.collect()).await?;
                from += ROWS;
            }
            anyhow::Ok(stored)
        });
    }
    let mut stored = 0;
    while let Some(outcome) = callers.join_next().await {
        stored += outcome??;
    }
    Ok(stored as f64 / started.elapsed().as_secs_f64())
}

async fn insert(pool: &PgPool, payloads: Vec<&str>) -> anyhow::Result<u64> {
    let ids = || payloads.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>();
    let stored = sqlx::query(
        "insert into raw_event (tenant_id, stream_id, version, event_id, event_type, payload)
        select u.tenant_id, u.stream_id, 1, u.event_id, 'Ingested', u.payload::json
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) u (tenant_id, stream_id, event_id, payload)",
    )
    .bind(ids())
    .bind(ids())
    .bind(ids())
    .bind(&payloads)
    .execute(pool)
    .await?;
    Ok(stored.rows_affected())
}
