//! What one may ask of the bulks.

use chrono::{DateTime, Utc};
use domain::{BulkId, TenantId};
use eventlog::Db;
use uuid::Uuid;

/// A bulk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRow {
    /// The bulk.
    pub bulk_id: Uuid,
    /// `running`, `stopping` until what was held is taken back, `stopped` or `done`.
    pub state: String,
    /// Whether each item gets its own draft, not one text for all.
    pub drafts: bool,
    /// Its items.
    pub items: i32,
    /// Those that were gone about.
    pub taken: i32,
    /// Those that get no reply.
    pub refused: i32,
    /// Replies that the marketplace took.
    pub sent: i64,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Who asked: `user:<id>`.
    pub requested_by: String,
}

/// A reply that is a part of a bulk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkReply {
    /// The version.
    pub reply_id: Uuid,
    /// How far it has come.
    pub state: String,
    /// Why the last attempt failed, or why it was taken back.
    pub failure: Option<String>,
}

/// Reads the latest bulks of a seller, the latest first.
///
/// # Errors
/// What the database says.
pub async fn recent(db: &Db, tenant: TenantId, limit: i64) -> sqlx::Result<Vec<BulkRow>> {
    sqlx::query_as!(
        BulkRow,
        r#"select b.bulk_id, b.state, b.drafts, b.items, b.taken, b.refused, b.requested_at, b.requested_by,
                (select count(*) from reply_history r
                    where r.tenant_id = b.tenant_id and r.bulk_id = b.bulk_id
                        and r.state in ('sent', 'published')) as "sent!"
            from bulk b
            where b.tenant_id = $1
            order by b.requested_at desc, b.bulk_id desc
            limit $2"#,
        tenant.0,
        limit,
    )
    .fetch_all(db.pool())
    .await
}

/// Finds bulks with something left to be asked for or taken back, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn open(db: &Db, limit: i64) -> sqlx::Result<Vec<(TenantId, BulkId)>> {
    let rows = sqlx::query!(
        "select tenant_id, bulk_id from bulk where state in ('running', 'stopping') order by requested_at limit $1",
        limit,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id), BulkId(row.bulk_id))).collect())
}

/// Reads the replies of a bulk that are known of.
///
/// # Errors
/// What the database says.
pub async fn replies(db: &Db, tenant: TenantId, bulk: BulkId) -> sqlx::Result<Vec<BulkReply>> {
    sqlx::query_as!(
        BulkReply,
        "select reply_id, state, failure from reply_history where tenant_id = $1 and bulk_id = $2",
        tenant.0,
        bulk.0,
    )
    .fetch_all(db.pool())
    .await
}
