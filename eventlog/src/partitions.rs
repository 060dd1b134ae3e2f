//! Whether the log has room for the months to come.

use sqlx::PgPool;

/// The partitions of the log, as far as somebody must be told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partitions {
    /// Whole months after this one that have their partitions.
    pub months_ahead: i32,
    /// Events in the partition for what no month covers.
    pub default_rows: i64,
}

/// Looks at the partitions as they are now.
pub(crate) async fn partitions(pool: &PgPool) -> sqlx::Result<Partitions> {
    sqlx::query_as!(
        Partitions,
        r#"select coalesce(max(extract(year from m.month) * 12 + extract(month from m.month))
                - (extract(year from now() at time zone 'utc') * 12 + extract(month from now() at time zone 'utc')),
                -1)::int as "months_ahead!",
            (select count(*) from es.event_default) as "default_rows!"
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid and c.relname ~ '^event_\d{4}_\d{2}$'
        cross join lateral (select to_date(right(c.relname, 7), 'YYYY_MM') as month) m
        where i.inhparent = 'es.event'::regclass"#
    )
    .fetch_one(pool)
    .await
}

/// Moves events that no month covered into months of their own. Returns how many.
pub(crate) async fn empty_default(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select es.empty_default() as "moved!""#).fetch_one(pool).await
}
