//! Read model: one interaction whole — what the buyer left, and the draft on offer.

mod row;
mod table;

use domain::{InteractionId, TenantId};
use eventlog::Db;
use serde_json::Value;

pub(crate) use row::Row;

/// One interaction whole.
#[derive(Debug, Clone)]
pub struct Thread {
    /// What the buyer left: `text`, `pros`, `cons`, `photos`, `video_url`, `facts`, `product`.
    pub content: Value,
    /// How often the buyer changed it.
    pub revisions: i32,
    /// The draft on offer: `draft_id`, `text`, `source`, `proposed_at`, and `origin`, how it came about.
    pub draft: Option<Value>,
    /// The messages of a chat, oldest first: `message_id`, `author`, `sent_at`, `text`, `files`, `reply_id`, `erased`.
    pub messages: Value,
}

impl From<Row> for Thread {
    fn from(row: Row) -> Self {
        let Row { content, revisions, draft, messages, .. } = row;
        Self { content, revisions, draft, messages }
    }
}

/// Reads one interaction; none when the seller has no such interaction.
///
/// # Errors
/// What the database says.
pub async fn one(db: &Db, tenant: TenantId, id: InteractionId) -> sqlx::Result<Option<Thread>> {
    sqlx::query_as!(
        Thread,
        "select content, revisions, draft, messages from thread where tenant_id = $1 and interaction_id = $2",
        tenant.0,
        id.0,
    )
    .fetch_optional(db.pool())
    .await
}
