//! Read model: replies that failed for good, one row a version, for the alerts and for whoever asks why.

mod row;
mod table;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::policy::alert::{AlertCause, FAILURES_WITHIN};
use eventlog::Db;

pub(crate) use row::Row;

/// Counts by cause the replies of each seller that failed within the time that alerts look at, up to `now`.
///
/// # Errors
/// What the database says.
pub async fn lately(
    db: &Db,
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<TenantId, Vec<AlertCause>>> {
    let rows = sqlx::query!(
        r#"select tenant_id, cause, count(*) as "count!" from failure
            where failed_at > $1 and failed_at <= $2
            group by tenant_id, cause order by tenant_id, count(*) desc, cause"#,
        now - FAILURES_WITHIN,
        now,
    )
    .fetch_all(db.pool())
    .await?;
    let mut found: BTreeMap<TenantId, Vec<AlertCause>> = BTreeMap::new();
    for row in rows {
        let cause =
            AlertCause { cause: row.cause, count: row.count.try_into().unwrap_or(u32::MAX) };
        found.entry(TenantId(row.tenant_id)).or_default().push(cause);
    }
    Ok(found)
}

/// Counts by cause the replies of one seller that failed within the time that alerts look at, by the database's clock.
///
/// # Errors
/// What the database says.
pub async fn of_seller(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<AlertCause>> {
    let rows = sqlx::query!(
        r#"select cause, count(*) as "count!" from failure
            where tenant_id = $1 and failed_at > clock_timestamp() - make_interval(secs => $2)
            group by cause order by count(*) desc, cause"#,
        tenant.0,
        FAILURES_WITHIN.as_seconds_f64(),
    )
    .fetch_all(db.pool())
    .await?;
    let cause = |count: i64| count.try_into().unwrap_or(u32::MAX);
    Ok(rows
        .into_iter()
        .map(|row| AlertCause { cause: row.cause, count: cause(row.count) })
        .collect())
}
