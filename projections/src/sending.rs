//! Read model: who has stopped sending, for the workers that leave them out.

mod row;
mod table;

use eventlog::Db;

pub(crate) use row::Row;

/// Sellers that have stopped sending, and whether the installation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopCounts {
    /// Sellers.
    pub sellers: i64,
    /// 1 while the whole installation is stopped.
    pub installation: i64,
}

/// Counts stops that last, for metrics and alarms.
///
/// # Errors
/// What the database says.
pub async fn count_stops(db: &Db) -> sqlx::Result<StopCounts> {
    sqlx::query_as!(
        StopCounts,
        r#"select (select count(*) from sending where stopped_at is not null) as "sellers!",
                (select count(*) from installation_stop where resumed_at is null) as "installation!""#
    )
    .fetch_one(db.pool())
    .await
}
