//! When the marketplace gave each claim last. It tells nothing of a claim that it lists no more, so that one may stand here
//! as it was read for the last time.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{AccountId, ClaimId, TenantId};
use eventlog::Db;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::section::CLAIMS;
use super::state::ClaimedSync;

/// How exactly it is noted: reading the same claims every few minutes should not write each of them every time.
const NOTED_EVERY: PgInterval = PgInterval { months: 0, days: 0, microseconds: 3_600_000_000 };

/// How long a claim may be missing before it counts as listed no more: longer than one odd page, or a round that takes
/// hours with a key that allows few calls.
const MISSING_FOR: PgInterval = PgInterval { months: 0, days: 1, microseconds: 0 };

/// What is known of where a claim stands at the marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimSeen {
    /// When the marketplace gave it last, to the hour.
    pub at: DateTime<Utc>,
    /// Whether it still lists it, as far as both lists were read since.
    pub listed: bool,
}

/// Reads when claims of a seller were seen last, each by its cabinet and the marketplace's id. One of which nothing is
/// noted is left out of the answer.
///
/// # Errors
/// What the database says.
pub async fn claims_seen(
    db: &Db,
    tenant: TenantId,
    claims: impl IntoIterator<Item = (AccountId, String)>,
) -> sqlx::Result<HashMap<ClaimId, ClaimSeen>> {
    let (accounts, external_ids): (Vec<Uuid>, Vec<String>) =
        claims.into_iter().map(|(account, id)| (account.0, id)).unzip();
    let seen = sqlx::query!(
        r#"select d.account_id, d.external_id, d.seen_at,
                coalesce(d.seen_at > s.last_synced_at - $4::interval, true) as "listed!"
            from unnest($2::uuid[], $3::text[]) as wanted (account_id, external_id)
                join reading_digest d on d.tenant_id = $1 and d.account_id = wanted.account_id
                    and d.channel = $5 and d.external_id = wanted.external_id
                left join channel_sync s on s.tenant_id = $1 and s.account_id = d.account_id
                    and s.channel = $5"#,
        tenant.0,
        &accounts,
        &external_ids,
        MISSING_FOR,
        CLAIMS,
    )
    .fetch_all(db.pool())
    .await?
    .into_iter()
    .map(|row| {
        let id = ClaimId::of_external(tenant, AccountId(row.account_id), &row.external_id);
        (id, ClaimSeen { at: row.seen_at, listed: row.listed })
    })
    .collect();
    Ok(seen)
}

/// Notes that claims were given now.
pub(super) async fn note(
    db: &Db,
    claimed: &ClaimedSync,
    external_ids: &[String],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update reading_digest set seen_at = now()
            where tenant_id = $1 and account_id = $2 and channel = $3 and external_id = any ($4)
                and seen_at < now() - $5::interval",
        claimed.tenant.0,
        claimed.account.0,
        claimed.section.as_str(),
        external_ids,
        NOTED_EVERY,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}
