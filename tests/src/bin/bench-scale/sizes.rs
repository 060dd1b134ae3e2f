//! What lies on the disc.

use eventlog::Db;

/// Sizes in MiB.
pub(crate) struct Sizes {
    /// Events alone.
    pub(crate) events: i64,
    /// All indexes of events.
    pub(crate) event_indexes: i64,
    /// The inbox with its indexes.
    pub(crate) inbox: i64,
    /// Everything in the database.
    pub(crate) all: i64,
}

impl Sizes {
    pub(crate) async fn read(db: &Db) -> anyhow::Result<Self> {
        let (events, event_indexes, inbox, all): (i64, i64, i64, i64) = sqlx::query_as(
            "select (sum(pg_table_size(p.relid)) / 1048576)::bigint,
                (sum(pg_indexes_size(p.relid)) / 1048576)::bigint,
                pg_total_relation_size('inbox') / 1048576,
                pg_database_size(current_database()) / 1048576
            from pg_partition_tree('es.event') p where p.isleaf",
        )
        .fetch_one(db.pool())
        .await?;
        Ok(Self { events, event_indexes, inbox, all })
    }
}
