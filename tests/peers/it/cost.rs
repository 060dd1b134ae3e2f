//! What it costs to load one stream through the view when the log is large.

use serde_json::Value;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use crate::support::execute;

const TENANTS: i64 = 20;
const STREAMS: i64 = 10_000;
const EVENTS_PER_STREAM: i64 = 10;

/// What postgres-es asks, word for word, of table `{from}`.
fn select_from(from: &str) -> String {
    format!(
        "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata
  FROM {from}
  WHERE aggregate_type = $1 AND aggregate_id = $2
  ORDER BY sequence"
    )
}

#[sqlx::test(migrations = "../../migrations")]
async fn loading_a_stream_reads_no_event_of_another(pool: PgPool) {
    let [tenant, stream] = fill(&pool).await;

    // By its id as text alone: the list of streams is read, once.
    let read = rows_read(&pool, &select_from("postgres_es.events"), stream).await;
    assert_eq!(read.events, EVENTS_PER_STREAM, "{}", read.plan);
    assert_eq!(read.streams, STREAMS, "{}", read.plan);

    // By seller and stream, which `with_tables` takes in place of a table's name: nothing else is read.
    let keyed = format!(
        "(select * from postgres_es.events where tenant_id = '{tenant}' and stream_id = '{stream}') as stream"
    );
    let read = rows_read(&pool, &select_from(&keyed), stream).await;
    assert_eq!(read.events, EVENTS_PER_STREAM, "{}", read.plan);
    assert!(read.streams <= EVENTS_PER_STREAM, "{}", read.plan);

    // With the index that docs/decisions/0007 names for those who read like this all the time.
    execute(&pool, "create index stream_as_text on es.stream ((stream_id::text))").await;
    let read = rows_read(&pool, &select_from("postgres_es.events"), stream).await;
    assert_eq!((read.events, read.streams), (EVENTS_PER_STREAM, 1), "{}", read.plan);

    // The control: a condition that the log has no index for reads all of it.
    let by_type = "select from postgres_es.events where $1 <> $2 and event_type = 'none'";
    let read = rows_read(&pool, by_type, stream).await;
    assert_eq!(read.events, STREAMS * EVENTS_PER_STREAM, "{}", read.plan);
}

/// A log of 100,000 events; returns a seller and a stream of it.
async fn fill(pool: &PgPool) -> [Uuid; 2] {
    execute(
        pool,
        &format!(
            "insert into es.tenant_log (tenant_id, log_id)
            select gen_random_uuid(), 1 + n % 64 from generate_series(1, {TENANTS}) n;
            insert into es.stream
            select t.log_id, t.tenant_id, gen_random_uuid(), 'interaction', {EVENTS_PER_STREAM}, 1, now(), 1, now()
            from es.tenant_log t, generate_series(1, {STREAMS} / {TENANTS});
            insert into es.event (log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version,
                event_id, event_type, schema_version, command_id, payload)
            select log_id, row_number() over (partition by log_id), now(), tenant_id,
                row_number() over (partition by tenant_id), stream_id, 'interaction', n,
                gen_random_uuid(), 'DraftProposed', 1, gen_random_uuid(), '{{}}'
            from es.stream, generate_series(1, {EVENTS_PER_STREAM}) n"
        ),
    )
    .await;
    execute(pool, "vacuum analyze").await;
    let row = sqlx::query("select tenant_id, stream_id from es.stream order by stream_id limit 1");
    let row = row.fetch_one(pool).await.unwrap();
    [row.get("tenant_id"), row.get("stream_id")]
}

/// Rows that a statement looked at, whether it kept them or not.
struct Read {
    events: i64,
    streams: i64,
    plan: String,
}

async fn rows_read(pool: &PgPool, statement: &str, stream: Uuid) -> Read {
    // A plan for any stream, as a statement that is prepared once and kept comes to have.
    let prepared = format!(
        "set plan_cache_mode = force_generic_plan; prepare loading (text, text) as {statement}"
    );
    let mut connection = pool.acquire().await.unwrap();
    sqlx::raw_sql(&prepared).execute(&mut *connection).await.unwrap();
    let explain =
        format!("explain (analyze, format json) execute loading ('interaction', '{stream}')");
    let row = sqlx::raw_sql(&explain).fetch_one(&mut *connection).await.unwrap();
    sqlx::raw_sql("deallocate loading").execute(&mut *connection).await.unwrap();
    let plan: Value = serde_json::from_str(row.get_unchecked::<&str, _>(0)).unwrap();
    let mut read = Read { events: 0, streams: 0, plan: format!("{plan:#}") };
    count(&plan[0]["Plan"], &mut read);
    read
}

fn count(node: &Value, read: &mut Read) {
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    let looked_at = (number("Actual Rows")
        + number("Rows Removed by Filter")
        + number("Rows Removed by Index Recheck"))
        * number("Actual Loops");
    let looked_at = looked_at.round() as i64;
    match node["Relation Name"].as_str() {
        Some(table) if table.starts_with("event_") => read.events += looked_at,
        Some("stream") => read.streams += looked_at,
        Some(_) | None => {}
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        count(child, read);
    }
}
