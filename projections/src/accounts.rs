//! Read model: connected marketplace cabinets and whether their keys are accepted.

mod row;
mod table;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::policy::alert::AlertCause;
use domain::{AccountId, TenantId};
use eventlog::Db;
use sqlx::types::Json;
use uuid::Uuid;

pub use row::Closure;
pub(crate) use row::Row;

/// A connected cabinet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// The cabinet.
    pub account_id: Uuid,
    /// Whose it is: `wildberries`, `ozon` or `yandex_market`.
    pub marketplace: String,
    /// The seller's name for it.
    pub name: String,
    /// Why the marketplace does not accept the key; none while it does.
    pub access_lost_reason: Option<String>,
    /// Since when.
    pub access_lost_since: Option<DateTime<Utc>>,
    /// Kind of the key: `basic`, `test`, `personal` or `service`; none where the marketplace has but one.
    pub key_kind: Option<String>,
    /// When the key ends, where it tells.
    pub key_expires_at: Option<DateTime<Utc>>,
    /// Within how many days it ends, as the seller was last warned: 14, 7 or 1.
    pub key_expiring_days: Option<i32>,
    /// What cannot be used of its channels.
    pub closed: Json<Vec<Closure>>,
    /// When it was connected.
    pub connected_at: DateTime<Utc>,
}

/// Reads a seller's cabinets in the order they were connected.
///
/// # Errors
/// What the database says.
pub async fn list(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"select account_id, marketplace, name, access_lost_reason, access_lost_since, key_kind, key_expires_at,
                key_expiring_days, closed as "closed: Json<Vec<Closure>>", connected_at
            from account where tenant_id = $1 order by connected_at, account_id"#,
        tenant.0,
    )
    .fetch_all(db.pool())
    .await
}

/// Returns the sellers that have connected a cabinet.
///
/// # Errors
/// What the database says.
pub async fn sellers(db: &Db) -> sqlx::Result<Vec<TenantId>> {
    let sellers = sqlx::query_scalar!("select distinct tenant_id from account");
    Ok(sellers.fetch_all(db.pool()).await?.into_iter().map(TenantId).collect())
}

/// Counts by reason the cabinets of each seller whose keys marketplaces do not accept.
///
/// # Errors
/// What the database says.
pub async fn lost(db: &Db) -> sqlx::Result<BTreeMap<TenantId, Vec<AlertCause>>> {
    let rows = sqlx::query!(
        r#"select tenant_id, access_lost_reason as "reason!", count(*) as "count!" from account
            where access_lost_reason is not null
            group by tenant_id, access_lost_reason order by tenant_id, count(*) desc, access_lost_reason"#
    )
    .fetch_all(db.pool())
    .await?;
    let mut found: BTreeMap<TenantId, Vec<AlertCause>> = BTreeMap::new();
    for row in rows {
        let count = row.count.try_into().unwrap_or(u32::MAX);
        let cause = AlertCause { cause: row.reason, count };
        found.entry(TenantId(row.tenant_id)).or_default().push(cause);
    }
    Ok(found)
}

/// Reads one cabinet; none when the seller has no such cabinet.
///
/// # Errors
/// What the database says.
pub async fn one(db: &Db, tenant: TenantId, id: AccountId) -> sqlx::Result<Option<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"select account_id, marketplace, name, access_lost_reason, access_lost_since, key_kind, key_expires_at,
                key_expiring_days, closed as "closed: Json<Vec<Closure>>", connected_at
            from account where tenant_id = $1 and account_id = $2"#,
        tenant.0,
        id.0,
    )
    .fetch_optional(db.pool())
    .await
}
