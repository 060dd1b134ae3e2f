//! What one may ask of drafts and replies one by one.

use chrono::{DateTime, Utc};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use serde_json::Value;
use uuid::Uuid;

use super::figures::slight;

/// Which rows are asked for; an empty filter means all that was decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Decided at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Decided before this time.
    pub until: Option<DateTime<Utc>>,
    /// With any of these outcomes; empty for all.
    pub outcomes: Vec<String>,
    /// Of those that were edited, only those with a slight edit, or only the others.
    pub slight: Option<bool>,
    /// Whether there was a draft.
    pub has_draft: Option<bool>,
    /// Where the buyer wrote.
    pub channel: Option<String>,
    /// What the buyer wanted.
    pub intent: Option<String>,
    /// Who wrote the draft.
    pub source: Option<String>,
    /// The model that wrote it.
    pub model: Option<String>,
    /// The version of the words that the model was asked with.
    pub prompt_version: Option<i32>,
    /// The document or product that its writer was given.
    pub item: Option<Uuid>,
    /// Only of buyers that were not erased.
    pub not_erased: bool,
    /// Not where the buyer wanted any of these.
    pub without_intents: Vec<String>,
}

/// Where a page begins: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageKey {
    /// When the last row was decided.
    pub decided_at: DateTime<Utc>,
    /// The last row.
    pub lineage_id: Uuid,
    /// What it scored when it was read; of no meaning where scores do not order.
    pub score: i16,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The rows in order.
    pub rows: Vec<LineageRow>,
    /// Where the next page begins; none after the last.
    pub next: Option<PageKey>,
}

/// A draft, or a reply that had none, with what it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct LineageRow {
    /// The draft; the reply where there was none.
    pub lineage_id: Uuid,
    /// The interaction.
    pub interaction_id: Uuid,
    /// The draft.
    pub draft_id: Option<Uuid>,
    /// The reply that was measured against it, or had none.
    pub reply_id: Option<Uuid>,
    /// What became of it.
    pub outcome: String,
    /// The share of characters that the reply changed, in thousandths.
    pub changed: Option<i16>,
    /// Why an operator did not want it.
    pub reason: Option<String>,
    /// Who wrote it: `operator`, `template` or `model`.
    pub source: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The version of the words that the model was asked with.
    pub prompt_version: Option<i32>,
    /// How much was said that it was made of.
    pub basis: Option<i32>,
    /// What its writer was given to read: a list of objects.
    pub used: Value,
    /// When it was laid down.
    pub proposed_at: Option<DateTime<Utc>>,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Who decided: `user:<id>` or `system:<part>`.
    pub decided_by: Option<String>,
    /// How much there is to learn from it, from 0 to 100.
    pub score: i16,
    /// Where the buyer wrote.
    pub channel: String,
    /// What the buyer wanted, as the draft's writer read it, or else as it is read now.
    pub intent: String,
    /// Stars.
    pub rating: Option<i16>,
    /// What it is about.
    pub product_name: String,
    /// The buyer's name; none of one who was erased.
    pub buyer_name: Option<String>,
    /// Beginning of the buyer's words.
    pub preview: String,
}

impl Page {
    /// Makes a page of up to one row more than `limit`, which tells whether there is a next one.
    fn new(mut rows: Vec<LineageRow>, limit: i64) -> Self {
        let more = rows.len() > usize::try_from(limit).unwrap_or_default();
        if more {
            rows.pop();
        }
        let key = |row: &LineageRow| PageKey {
            decided_at: row.decided_at,
            lineage_id: row.lineage_id,
            score: row.score,
        };
        let next = rows.last().filter(|_| more).map(key);
        Self { rows, next }
    }
}

/// Reads a page of at most `limit` rows, those decided last first.
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
    let (after_at, after_id) = after.map(|key| (key.decided_at, key.lineage_id)).unzip();
    let rows = sqlx::query_as!(
        LineageRow,
        r#"select l.lineage_id, l.interaction_id, l.draft_id, l.reply_id, l.outcome, l.changed, l.reason, l.source,
                l.model, l.prompt_version, l.basis, l.used, l.proposed_at, l.decided_at as "decided_at!", l.decided_by,
                l.score, i.channel, coalesce(l.intent, i.intent) as "intent!", i.rating, i.product_name, i.buyer_name,
                i.preview
            from lineage l
            join inbox i on i.tenant_id = l.tenant_id and i.interaction_id = l.interaction_id
            where l.tenant_id = $1 and l.decided_at is not null
                and ($2::timestamptz is null or l.decided_at >= $2)
                and ($3::timestamptz is null or l.decided_at < $3)
                and (cardinality($4::text[]) = 0 or l.outcome = any ($4))
                and ($5::boolean is null or (l.draft_id is not null) = $5)
                and ($6::text is null or i.channel = $6)
                and ($7::text is null or coalesce(l.intent, i.intent) = $7)
                and ($8::text is null or l.source = $8)
                and ($9::text is null or l.model = $9)
                and ($10::int is null or l.prompt_version = $10)
                and ($11::uuid is null or exists (
                    select from jsonb_array_elements(l.used) u
                        where u->>'kind' <> 'example' and (u->>'id')::uuid = $11))
                and (not $12 or not l.erased)
                and ($13::boolean is null or l.outcome <> 'edited' or (l.changed <= $14) = $13)
                and ($15::timestamptz is null or (l.decided_at, l.lineage_id) < ($15, $16::uuid))
                and coalesce(l.intent, i.intent) <> all ($18::text[])
            order by l.decided_at desc, l.lineage_id desc
            limit $17"#,
        tenant.0,
        filter.since as Option<DateTime<Utc>>,
        filter.until as Option<DateTime<Utc>>,
        &filter.outcomes,
        filter.has_draft as Option<bool>,
        filter.channel.as_deref() as Option<&str>,
        filter.intent.as_deref() as Option<&str>,
        filter.source.as_deref() as Option<&str>,
        filter.model.as_deref() as Option<&str>,
        filter.prompt_version as Option<i32>,
        filter.item as Option<Uuid>,
        filter.not_erased,
        filter.slight as Option<bool>,
        slight(),
        after_at as Option<DateTime<Utc>>,
        after_id as Option<Uuid>,
        limit + 1,
        &filter.without_intents,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(Page::new(rows, limit))
}

/// Reads a page of at most `limit` rows there is something to learn from, those first with the highest score. Buyers
/// that were erased are not among them, nor those who wanted any of `without`. A page begins where the one before ended, whatever became of its last row.
///
/// # Errors
/// What the database says.
pub async fn to_learn(
    db: &Db,
    tenant: TenantId,
    channel: Option<&str>,
    intent: Option<&str>,
    without: &[String],
    after: Option<PageKey>,
    limit: i64,
) -> sqlx::Result<Page> {
    let rows = sqlx::query_as!(
        LineageRow,
        r#"select l.lineage_id, l.interaction_id, l.draft_id, l.reply_id, l.outcome, l.changed, l.reason, l.source,
                l.model, l.prompt_version, l.basis, l.used, l.proposed_at, l.decided_at as "decided_at!", l.decided_by,
                l.score, i.channel, coalesce(l.intent, i.intent) as "intent!", i.rating, i.product_name, i.buyer_name,
                i.preview
            from lineage l
            join inbox i on i.tenant_id = l.tenant_id and i.interaction_id = l.interaction_id
            where l.tenant_id = $1 and l.score > 0 and not l.erased
                and ($2::text is null or i.channel = $2)
                and ($3::text is null or coalesce(l.intent, i.intent) = $3)
                and coalesce(l.intent, i.intent) <> all ($8::text[])
                and ($4::smallint is null or (l.score, l.decided_at, l.lineage_id) < ($4, $5::timestamptz, $6::uuid))
            order by l.score desc, l.decided_at desc, l.lineage_id desc
            limit $7"#,
        tenant.0,
        channel as Option<&str>,
        intent as Option<&str>,
        after.map(|key| key.score) as Option<i16>,
        after.map(|key| key.decided_at) as Option<DateTime<Utc>>,
        after.map(|key| key.lineage_id) as Option<Uuid>,
        limit + 1,
        without,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(Page::new(rows, limit))
}

/// How a reply came about.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplyLineage {
    /// The reply.
    pub reply_id: Uuid,
    /// The draft that it was measured against; none where there was none.
    pub draft_id: Option<Uuid>,
    /// What became of that.
    pub outcome: String,
    /// The share of characters that it changed, in thousandths.
    pub changed: Option<i16>,
    /// Who wrote the draft.
    pub source: Option<String>,
    /// The model that did.
    pub model: Option<String>,
    /// The version of the words that the model was asked with.
    pub prompt_version: Option<i32>,
}

/// Reads how the replies of an interaction came about.
///
/// # Errors
/// What the database says.
pub async fn of(db: &Db, tenant: TenantId, id: InteractionId) -> sqlx::Result<Vec<ReplyLineage>> {
    sqlx::query_as!(
        ReplyLineage,
        r#"select reply_id as "reply_id!", draft_id, outcome, changed, source, model, prompt_version
            from lineage
            where tenant_id = $1 and interaction_id = $2 and reply_id is not null
            order by version"#,
        tenant.0,
        id.0,
    )
    .fetch_all(db.pool())
    .await
}
