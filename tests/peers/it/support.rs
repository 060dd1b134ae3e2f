//! What several tests need of a database.

use sqlx::{PgPool, Row as _};

use crate::counter::Counter;

/// The tables of postgres-es.
pub(crate) const POSTGRES_ES_TABLES: &str = include_str!("../sql/postgres_es.sql");

pub(crate) async fn execute(pool: &PgPool, statements: &str) {
    sqlx::raw_sql(statements).execute(pool).await.unwrap();
}

/// The newest saved state of a counter.
pub(crate) async fn snapshot_of(pool: &PgPool, id: &str) -> Counter {
    let row = sqlx::query(
        "select payload from snapshots where aggregate_id = $1 order by last_sequence desc limit 1",
    )
    .bind(id)
    .fetch_one(pool)
    .await
    .unwrap();
    serde_json::from_value(row.get("payload")).unwrap()
}
