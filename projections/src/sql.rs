//! Values as PostgreSQL takes them.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;

/// Writes a duration as an interval.
pub(crate) fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
