//! Replies with the same words, found without reading the texts.

use std::collections::HashSet;

use domain::guardrail::{DUPLICATE_WITHIN, same_text};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use sha2::{Digest as _, Sha256};
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

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

/// Tells whether a reply with the words of `text` was asked for here within the last 24 hours, by the database's clock,
/// for another interaction than `id`, and neither failed nor was taken back.
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

/// Tells of which interactions [`is_duplicate`] is true, each with its text.
///
/// # Errors
/// What the database says.
pub async fn are_duplicates(
    db: &Db,
    tenant: TenantId,
    texts: &[(InteractionId, &str)],
) -> sqlx::Result<HashSet<InteractionId>> {
    let keyed = |(id, text): &(InteractionId, &str)| Some((id.0, words_key(tenant, text)?));
    let (ids, keys): (Vec<Uuid>, Vec<i64>) = texts.iter().filter_map(keyed).unzip();
    let within = PgInterval::try_from(DUPLICATE_WITHIN).expect("a day is an interval");
    let found = sqlx::query_scalar!(
        r#"select w.id as "id!" from unnest($2::uuid[], $3::bigint[]) w (id, key)
            where exists (
                select from reply_history
                    where tenant_id = $1 and words_key = w.key and requested_at > now() - $4::interval
                        and interaction_id <> w.id and state not in ('failed', 'rejected', 'cancelled'))"#,
        tenant.0,
        &ids,
        &keys,
        within,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(found.into_iter().map(InteractionId).collect())
}
