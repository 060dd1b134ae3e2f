//! Replies with the same words, found without reading the texts.

use domain::guardrail::{DUPLICATE_WITHIN, same_text};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use sha2::{Digest as _, Sha256};
use sqlx::postgres::types::PgInterval;

/// Returns a number that texts of a seller with equal words have in common; none for a text without words.
///
/// It stands beside the text and goes with it, so that it tells no more about it; texts of two sellers have nothing in
/// common.
pub(super) fn words_key(tenant: TenantId, text: &str) -> Option<i64> {
    let words = same_text(text)?;
    let digest = Sha256::new().chain_update(tenant.0).chain_update(words).finalize();
    let first = digest.first_chunk().expect("a digest has more bytes");
    Some(i64::from_be_bytes(*first))
}

/// Tells whether a reply with the words of `text` was asked for here within the last 24 hours, by the database's clock, for
/// another interaction than `id`, and neither failed nor was taken back.
///
/// # Errors
/// What the database says.
pub async fn is_duplicate(
    db: &Db,
    tenant: TenantId,
    id: InteractionId,
    text: &str,
) -> sqlx::Result<bool> {
    let Some(key) = words_key(tenant, text) else { return Ok(false) };
    let within = PgInterval::try_from(DUPLICATE_WITHIN).expect("a day is an interval");
    sqlx::query_scalar!(
        r#"select exists (
                select from reply_history
                    where tenant_id = $1 and words_key = $2 and requested_at > now() - $4::interval
                        and interaction_id <> $3 and state not in ('failed', 'rejected', 'cancelled')) as "is!""#,
        tenant.0,
        key,
        id.0,
        within,
    )
    .fetch_one(db.pool())
    .await
}
