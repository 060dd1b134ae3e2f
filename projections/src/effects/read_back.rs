//! What is open in a database that was restored, and whether it was read back at its marketplace since.

use std::time::Duration;

use chrono::{DateTime, Utc};
use eventlog::Db;
use uuid::Uuid;

use super::queue::{Claimed, Row};
use crate::sql::interval;

/// Replies of one cabinet that are still to be read back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ToReadBack {
    /// The seller.
    pub tenant_id: Uuid,
    /// The cabinet.
    pub account_id: Uuid,
    /// Its name.
    pub account: Option<String>,
    /// Its marketplace.
    pub marketplace: Option<String>,
    /// How many.
    pub replies: i64,
    /// Why the last try failed; none where nothing failed.
    pub failure: Option<String>,
    /// Whether the marketplace does not accept the cabinet's key: nothing goes out with it, nor can be read.
    pub is_lost: bool,
}

/// Returns up to `limit` open replies of one cabinet that were not read back since `since`, and keeps them from other
/// workers for `lease`: held ones, those that are to go out, and those whose outcome is not known.
///
/// # Errors
/// What the database says, or a stored effect that cannot be read.
pub async fn claim_to_read_back(
    db: &Db,
    since: DateTime<Utc>,
    lease: Duration,
    limit: i64,
) -> sqlx::Result<Vec<Claimed>> {
    let rows = sqlx::query_as!(
        Row,
        r#"with account as (
                select tenant_id, account_id
                    from effect
                    where kind in ('release_reply', 'deliver_reply', 'settle_reply') and state <> 'done'
                        and (read_back_at is null or read_back_at < $1)
                        and (read_back_next is null or read_back_next <= now())
                    order by read_back_next nulls first
                    limit 1
            ), due as (
                select e.tenant_id, e.effect_id
                    from effect e
                    join account using (tenant_id, account_id)
                    where e.kind in ('release_reply', 'deliver_reply', 'settle_reply') and e.state <> 'done'
                        and (e.read_back_at is null or e.read_back_at < $1)
                        and (e.read_back_next is null or e.read_back_next <= now())
                    order by e.read_back_next nulls first
                    limit $3
                    for update of e skip locked
            )
            update effect e
                set read_back_next = now() + $2
                from due
                where e.tenant_id = due.tenant_id and e.effect_id = due.effect_id
                returning e.tenant_id, e.effect_id, e.stream_id, e.account_id, e.payload, e.cause_event_id,
                    e.correlation_id, e.evidence, e.fence, false as "call_lost!", now() as "now!""#,
        since,
        interval(lease),
        limit,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter().map(Claimed::try_from).collect()
}

/// Notes that a reply was read back, when [`claim_to_read_back`] said it was.
///
/// # Errors
/// What the database says; it is read back again.
pub async fn note_read_back(db: &Db, claimed: &Claimed) -> sqlx::Result<()> {
    sqlx::query!(
        "update effect set read_back_at = $3, read_back_failure = null where tenant_id = $1 and effect_id = $2",
        claimed.tenant.0,
        claimed.effect_id,
        claimed.now,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Notes that a reply is to be read back again after a while, and why, where something failed.
///
/// # Errors
/// What the database says; it is read back when the lease ends.
pub async fn read_back_later(
    db: &Db,
    claimed: &Claimed,
    after: Duration,
    failure: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update effect set read_back_next = now() + $3, read_back_failure = $4 where tenant_id = $1 and effect_id = $2",
        claimed.tenant.0,
        claimed.effect_id,
        interval(after),
        failure,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Counts open replies that were not read back since `since`, by cabinet.
///
/// # Errors
/// What the database says.
pub async fn to_read_back(db: &Db, since: DateTime<Utc>) -> sqlx::Result<Vec<ToReadBack>> {
    sqlx::query_as!(
        ToReadBack,
        r#"select e.tenant_id, e.account_id, a.name as "account?",
                a.marketplace as "marketplace?", count(*) as "replies!", max(e.read_back_failure) as failure,
                coalesce(bool_or(a.access_lost_reason is not null), false) as "is_lost!"
            from effect e
            left join account a on a.tenant_id = e.tenant_id and a.account_id = e.account_id
            where e.kind in ('release_reply', 'deliver_reply', 'settle_reply') and e.state <> 'done'
                and (e.read_back_at is null or e.read_back_at < $1)
            group by e.tenant_id, e.account_id, a.name, a.marketplace
            order by e.tenant_id, e.account_id"#,
        since,
    )
    .fetch_all(db.pool())
    .await
}
