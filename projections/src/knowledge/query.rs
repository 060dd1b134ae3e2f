//! What one may ask of the list of documents and products.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{KnowledgeId, TenantId};
use eventlog::Db;
use serde_json::Value;
use uuid::Uuid;

/// Which items are asked for; an empty filter means all of the seller's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this kind: a topic, or `product`.
    pub kind: Option<String>,
    /// Documents alone, whatever they are about.
    pub documents: bool,
}

/// Where a page begins: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageKey {
    /// When the last row's item was written.
    pub updated_at: DateTime<Utc>,
    /// The last row's item.
    pub item_id: KnowledgeId,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The rows, the latest first.
    pub rows: Vec<KnowledgeRow>,
    /// Where the next page begins; none after the last.
    pub next: Option<PageKey>,
}

/// A document or product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeRow {
    /// The item.
    pub item_id: Uuid,
    /// A topic, or `product`.
    pub kind: String,
    /// Title or name.
    pub title: String,
    /// How it begins.
    pub begins: String,
    /// A product's own article and those of marketplaces.
    pub articles: Value,
    /// Words that it is found by.
    pub tags: Value,
    /// Its version.
    pub version: i32,
    /// When it was written.
    pub updated_at: DateTime<Utc>,
    /// Who wrote it: `user:<id>`.
    pub updated_by: String,
}

/// Reads a page of at most `limit` rows, the latest first.
///
/// # Errors
/// What the database says.
pub async fn list(
    db: &Db,
    tenant: TenantId,
    filter: &Filter,
    after: Option<PageKey>,
    limit: i64,
) -> sqlx::Result<Page> {
    let (after_at, after_id) = after.map(|key| (key.updated_at, key.item_id.0)).unzip();
    let mut rows = sqlx::query_as!(
        KnowledgeRow,
        r#"select item_id, kind, title, left(text, 200) as "begins!", articles, tags, item_version as version,
                updated_at, updated_by
            from knowledge
            where tenant_id = $1 and live and ordinal = 0
                and ($2::text is null or kind = $2)
                and (not $3::boolean or kind <> 'product')
                and ($4::timestamptz is null or (updated_at, item_id) < ($4, $5::uuid))
            order by updated_at desc, item_id desc
            limit $6"#,
        tenant.0,
        filter.kind,
        filter.documents,
        after_at,
        after_id,
        // One row more than asked tells whether there is a next page.
        limit + 1,
    )
    .fetch_all(db.pool())
    .await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or_default();
    if more {
        rows.pop();
    }
    let key = |row: &KnowledgeRow| PageKey {
        updated_at: row.updated_at,
        item_id: KnowledgeId(row.item_id),
    };
    let next = rows.last().filter(|_| more).map(key);
    Ok(Page { rows, next })
}

/// Finds documents by their titles; of several with one title that which was written last.
///
/// # Errors
/// What the database says.
pub async fn documents_titled(
    db: &Db,
    tenant: TenantId,
    titles: &[String],
) -> sqlx::Result<HashMap<String, KnowledgeId>> {
    let rows = sqlx::query!(
        "select title, item_id from knowledge
            where tenant_id = $1 and live and ordinal = 0 and kind <> 'product' and title = any ($2)
            order by updated_at, item_id",
        tenant.0,
        titles,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.title, KnowledgeId(row.item_id))).collect())
}
