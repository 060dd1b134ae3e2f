//! Read model: every version of every reply, ours and those given at the marketplace, with its times.

mod duplicate;
mod row;
mod table;

use chrono::{DateTime, Utc};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

pub use duplicate::{are_duplicates, is_duplicate};
pub use row::shown;
pub(crate) use row::{Replies, Row};

/// One version of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplyRow {
    /// The version.
    pub reply_id: Uuid,
    /// `answer`, `edit`, or `observed` for one given at the marketplace.
    pub kind: String,
    /// `held`, `cancelled`, `sending`, `sent`, `published`, `failed`, `rejected` or `unknown`.
    pub state: String,
    /// Its text; none when the buyer's data was erased.
    pub text: Option<String>,
    /// The files that it carries, as a list of objects; empty when the buyer's data was erased.
    pub files: Value,
    /// When it was asked for, or seen.
    pub requested_at: DateTime<Utc>,
    /// Who asked: `user:<id>` or `system:<part>`.
    pub requested_by: Option<String>,
    /// Until when it can be taken back; none once it is out, or was never held.
    pub held_until: Option<DateTime<Utc>>,
    /// When the marketplace accepted it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was seen published.
    pub published_at: Option<DateTime<Utc>>,
    /// Attempts whose outcome is recorded.
    pub attempts: i32,
    /// Why the last attempt failed, or why it was taken back.
    pub failure: Option<String>,
    /// The marketplace's own words about that.
    pub marketplace_text: Option<String>,
    /// When the next attempt is due.
    pub retry_at: Option<DateTime<Utc>>,
    /// The bulk that it is a part of; none where it was asked for alone.
    pub bulk_id: Option<Uuid>,
}

impl From<&Row> for ReplyRow {
    fn from(row: &Row) -> Self {
        let row = row.clone();
        Self {
            reply_id: row.reply_id,
            kind: row.kind,
            state: row.state,
            text: row.text,
            files: row.files,
            requested_at: row.requested_at,
            requested_by: row.requested_by,
            held_until: row.held_until,
            sent_at: row.sent_at,
            published_at: row.published_at,
            attempts: row.attempts,
            failure: row.failure,
            marketplace_text: row.marketplace_text,
            retry_at: row.retry_at,
            bulk_id: row.bulk_id,
        }
    }
}

/// Lists versions as [`of`] does, oldest first.
pub(crate) fn in_order(replies: &Replies) -> Vec<ReplyRow> {
    let mut rows: Vec<_> = replies.values().collect();
    rows.sort_by_key(|row| row.version);
    rows.into_iter().map(ReplyRow::from).collect()
}

/// Reads the versions of an interaction's reply, oldest first.
///
/// # Errors
/// What the database says.
pub async fn of(db: &Db, tenant: TenantId, id: InteractionId) -> sqlx::Result<Vec<ReplyRow>> {
    sqlx::query_as!(
        ReplyRow,
        "select reply_id, kind, state, text, files, requested_at, requested_by, held_until, sent_at, published_at,
                attempts, failure, marketplace_text, retry_at, bulk_id
            from reply_history
            where tenant_id = $1 and interaction_id = $2
            order by version",
        tenant.0,
        id.0,
    )
    .fetch_all(db.pool())
    .await
}
