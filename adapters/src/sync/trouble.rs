//! What of cabinets has not been read for long, for the alerts.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::TenantId;
use domain::policy::alert::{AlertCause, BEHIND_WARNING};
use eventlog::Db;

/// Channels of a seller whose reading fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behind {
    /// How many, by marketplace.
    pub(crate) causes: Vec<AlertCause>,
    /// For how long the one that fails longest does.
    pub(crate) longest: TimeDelta,
}

/// Returns the channels of each seller that have not been read for [`BEHIND_WARNING`] at `now` since reading them fails.
/// Those that wait for another key or for the plan are left out: that is told elsewhere, and nothing else mends it.
///
/// # Errors
/// What the database says.
pub(crate) async fn behind(
    db: &Db,
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<TenantId, Behind>> {
    let rows = sqlx::query!(
        r#"select tenant_id, marketplace, count(*) as "count!", min(error_since) as "since!" from channel_sync
            where error_since <= $1 and next_at < 'infinity'
                and coalesce(error_code not in ('no_right', 'closed_by_plan', 'payment_required'), true)
            group by tenant_id, marketplace order by tenant_id, count(*) desc, marketplace"#,
        now - BEHIND_WARNING,
    )
    .fetch_all(db.pool())
    .await?;
    let mut found: BTreeMap<TenantId, Behind> = BTreeMap::new();
    for row in rows {
        let none = Behind { causes: vec![], longest: TimeDelta::zero() };
        let behind = found.entry(TenantId(row.tenant_id)).or_insert(none);
        behind.causes.push(cause(row.marketplace, row.count));
        behind.longest = behind.longest.max(now - row.since);
    }
    Ok(found)
}

/// Counts by marketplace the items of each seller that were given and could not be read.
///
/// # Errors
/// What the database says.
pub(crate) async fn unread(db: &Db) -> sqlx::Result<BTreeMap<TenantId, Vec<AlertCause>>> {
    let rows = sqlx::query!(
        r#"select tenant_id, marketplace, count(*) as "count!" from unread_item
            group by tenant_id, marketplace order by tenant_id, count(*) desc, marketplace"#
    )
    .fetch_all(db.pool())
    .await?;
    let mut found: BTreeMap<TenantId, Vec<AlertCause>> = BTreeMap::new();
    for row in rows {
        found.entry(TenantId(row.tenant_id)).or_default().push(cause(row.marketplace, row.count));
    }
    Ok(found)
}

fn cause(marketplace: String, count: i64) -> AlertCause {
    AlertCause { cause: marketplace, count: count.try_into().unwrap_or(u32::MAX) }
}
