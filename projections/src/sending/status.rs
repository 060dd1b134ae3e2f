//! How sending goes: what is under way now, and what became of the last day's replies.

use domain::TenantId;
use eventlog::Db;

/// Interactions by how far their replies have come; each is in one of them at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnderWay {
    /// To be sent, another attempt among them.
    pub waiting: i64,
    /// Held until their time.
    pub held: i64,
    /// Of unknown outcome, being read back.
    pub checking: i64,
    /// Accepted, and not seen at the marketplace yet.
    pub unconfirmed: i64,
    /// Failed, and nothing stands there instead.
    pub failed: i64,
    /// Refused by moderation, and nothing stands there instead.
    pub rejected: i64,
}

/// Replies that were asked for within 24 hours, by how far they have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDay {
    /// All of them.
    pub asked: i64,
    /// Held, to be sent or of unknown outcome.
    pub open: i64,
    /// Accepted, and not seen at the marketplace yet.
    pub sent: i64,
    /// Seen at the marketplace.
    pub published: i64,
    /// Failed for good.
    pub failed: i64,
    /// Refused by moderation.
    pub rejected: i64,
    /// Taken back.
    pub cancelled: i64,
}

/// Counts what is under way. It costs as much as there is of that, however much was ever answered.
///
/// # Errors
/// What the database says.
pub async fn under_way(db: &Db, tenant: TenantId) -> sqlx::Result<UnderWay> {
    sqlx::query_as!(
        UnderWay,
        r#"select count(*) filter (where status = 'replying' and reply_state = 'sending') as "waiting!",
                count(*) filter (where status = 'held') as "held!",
                count(*) filter (where status = 'replying' and reply_state = 'unknown') as "checking!",
                (select count(*) from inbox where tenant_id = $1 and reply_state = 'sent') as "unconfirmed!",
                count(*) filter (where status = 'failed' and reply_state = 'failed') as "failed!",
                count(*) filter (where status = 'failed' and reply_state = 'rejected') as "rejected!"
            from inbox where tenant_id = $1 and status in ('held', 'replying', 'failed')"#,
        tenant.0,
    )
    .fetch_one(db.pool())
    .await
}

/// Counts the replies that were asked for within 24 hours, by the database's clock. It costs as much as they are.
///
/// # Errors
/// What the database says.
pub async fn last_day(db: &Db, tenant: TenantId) -> sqlx::Result<LastDay> {
    sqlx::query_as!(
        LastDay,
        r#"select count(*) as "asked!",
                count(*) filter (where state in ('held', 'sending', 'unknown')) as "open!",
                count(*) filter (where state = 'sent') as "sent!",
                count(*) filter (where state = 'published') as "published!",
                count(*) filter (where state = 'failed') as "failed!",
                count(*) filter (where state = 'rejected') as "rejected!",
                count(*) filter (where state = 'cancelled') as "cancelled!"
            from reply_history
            where tenant_id = $1 and requested_at > now() - interval '24 hours' and kind <> 'observed'"#,
        tenant.0,
    )
    .fetch_one(db.pool())
    .await
}
