//! Read model: who has stopped sending, for the workers that leave them out, and which alerts are raised.

mod row;
mod status;
mod table;

use std::collections::BTreeMap;

use domain::TenantId;
use domain::policy::alert::{AlertKind, AlertSeverity};
use eventlog::Db;
use sqlx::types::Json;

pub(crate) use row::Row;
pub use status::{LastDay, UnderWay, last_day, under_way};

/// Sellers that have stopped sending, and whether the installation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopCounts {
    /// Sellers.
    pub sellers: i64,
    /// 1 while the whole installation is stopped.
    pub installation: i64,
    /// 1 while a restored database is in quarantine.
    pub quarantine: i64,
}

/// Reads the alerts that are raised, of every seller that has any.
///
/// # Errors
/// What the database says.
pub async fn alerts(
    db: &Db,
) -> sqlx::Result<BTreeMap<TenantId, BTreeMap<AlertKind, AlertSeverity>>> {
    let rows = sqlx::query!(
        r#"select tenant_id, alerts as "alerts: Json<BTreeMap<AlertKind, AlertSeverity>>"
            from sending where alerts <> '{}'"#
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id), row.alerts.0)).collect())
}

/// Reads the alerts of one seller that are raised.
///
/// # Errors
/// What the database says.
pub async fn alerts_of(
    db: &Db,
    tenant: TenantId,
) -> sqlx::Result<BTreeMap<AlertKind, AlertSeverity>> {
    let alerts = sqlx::query_scalar!(
        r#"select alerts as "alerts: Json<BTreeMap<AlertKind, AlertSeverity>>" from sending where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(alerts.map(|alerts| alerts.0).unwrap_or_default())
}

/// Counts stops that last, for metrics and alarms.
///
/// # Errors
/// What the database says.
pub async fn count_stops(db: &Db) -> sqlx::Result<StopCounts> {
    sqlx::query_as!(
        StopCounts,
        r#"select (select count(*) from sending where stopped_at is not null) as "sellers!",
                (select count(*) from installation_stop where resumed_at is null and cause = 'person')
                    as "installation!",
                (select count(*) from installation_stop where resumed_at is null and cause = 'restored')
                    as "quarantine!""#
    )
    .fetch_one(db.pool())
    .await
}
