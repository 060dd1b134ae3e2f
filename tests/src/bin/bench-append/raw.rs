//! What the database could do at best: plain inserts of rows with the same payload, without streams, versions,
//! idempotency or an order.

use eventlog::Db;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::measure::Caller;

/// Calls in flight of the multi-row insert, as many as the appenders of one process have.
const CALLS_IN_FLIGHT: usize = 4;

/// Bytes of payload, as our events have: `bench-append` says how many at its end.
const PAYLOAD_BYTES: usize = 560;

/// Somebody who inserts one row at a time.
pub(crate) struct OneRow(PgPool);

/// Somebody who inserts so many rows at a time.
pub(crate) struct ManyRows(PgPool, usize);

/// Makes the table.
pub(crate) async fn prepare(db: &Db) -> anyhow::Result<()> {
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
        )",
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Callers that insert one row each time, each on a connection of its own.
pub(crate) async fn single_row_callers(url: &str, clients: usize) -> anyhow::Result<Vec<OneRow>> {
    let pool = connect(url, clients).await?;
    Ok((0..clients).map(|_| OneRow(pool.clone())).collect())
}

/// Callers that insert the rows of `clients` with each call.
pub(crate) async fn multi_row_callers(url: &str, clients: usize) -> anyhow::Result<Vec<ManyRows>> {
    let calls = CALLS_IN_FLIGHT.min(clients);
    let pool = connect(url, calls).await?;
    Ok((0..calls).map(|_| ManyRows(pool.clone(), clients)).collect())
}

async fn connect(url: &str, connections: usize) -> anyhow::Result<PgPool> {
    let connections = u32::try_from(connections)?;
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(connections)
        .test_before_acquire(false)
        .connect(url)
        .await?;
    Ok(pool)
}

impl Caller for OneRow {
    async fn step(&mut self) -> anyhow::Result<u64> {
        let stored = sqlx::query(
            "insert into raw_event (tenant_id, stream_id, version, event_id, event_type, payload)
            values ($1, $2, 1, $3, 'DraftProposed', $4)",
        )
        .bind(Uuid::now_v7())
        .bind(Uuid::now_v7())
        .bind(Uuid::now_v7())
        .bind(payload())
        .execute(&self.0)
        .await?;
        Ok(stored.rows_affected())
    }
}

impl Caller for ManyRows {
    async fn step(&mut self) -> anyhow::Result<u64> {
        let Self(pool, rows) = self;
        let ids = || (0..*rows).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
        let payloads: Vec<String> = (0..*rows).map(|_| payload().to_string()).collect();
        let stored = sqlx::query(
            "insert into raw_event (tenant_id, stream_id, version, event_id, event_type, payload)
            select u.tenant_id, u.stream_id, 1, u.event_id, 'DraftProposed', u.payload::json
            from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
                u (tenant_id, stream_id, event_id, payload)",
        )
        .bind(ids())
        .bind(ids())
        .bind(ids())
        .bind(payloads)
        .execute(&*pool)
        .await?;
        Ok(stored.rows_affected())
    }
}

/// As hard to compress as sealed data is.
fn payload() -> Value {
    const AROUND: usize = r#"{"c":"","type":"noise"}"#.len();
    let mut noise = String::with_capacity(PAYLOAD_BYTES);
    while noise.len() < PAYLOAD_BYTES - AROUND {
        noise.push_str(&Uuid::new_v4().simple().to_string());
    }
    noise.truncate(PAYLOAD_BYTES - AROUND);
    json!({ "type": "noise", "c": noise })
}
