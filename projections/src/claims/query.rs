//! What one may ask of the claims.

use chrono::{DateTime, Utc};
use domain::{ClaimId, TenantId};
use eventlog::Db;
use serde_json::Value;
use uuid::Uuid;

/// Which claims are asked for; an empty filter means all of the seller's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<String>,
    /// Of this account.
    pub account_id: Option<Uuid>,
    /// Of this order.
    pub order_id: Option<String>,
}

/// Where a page begins: after this row. Keyset, so that rows that come and go do not shift the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageKey {
    /// When the last row's buyer made the claim.
    pub occurred_at: DateTime<Utc>,
    /// The last row's claim.
    pub claim_id: ClaimId,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The rows, the latest first.
    pub rows: Vec<ClaimRow>,
    /// Where the next page begins; none after the last.
    pub next: Option<PageKey>,
}

/// A claim.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRow {
    /// The claim.
    pub claim_id: Uuid,
    /// The cabinet it was read from.
    pub account_id: Uuid,
    /// The seller's name for that cabinet.
    pub account_name: Option<String>,
    /// `wildberries`, `ozon` or `yandex_market`.
    pub marketplace: String,
    /// The marketplace's own id.
    pub external_id: String,
    /// `under_review`, `declined`, `approved` or `other`.
    pub state: String,
    /// What becomes of the goods, as [`domain::claim::GoodsState`] says it.
    pub goods: String,
    /// Whether the marketplace lists it in the archive.
    pub archived: bool,
    /// `portal`, `chat` or `other`.
    pub origin: String,
    /// Marketplace's article.
    pub product_article: String,
    /// Product's name.
    pub product_name: String,
    /// The marketplace's id of the order.
    pub order_id: Option<String>,
    /// When the order was made.
    pub ordered_at: Option<DateTime<Utc>>,
    /// When the buyer got it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// What the buyer paid, in hundredths.
    pub price_minor: Option<i64>,
    /// The currency by its number in ISO 4217.
    pub currency: Option<String>,
    /// What the seller may answer at the marketplace, in its words.
    pub actions: Value,
    /// `comment`, `answer`, `device_check`, `photos` and `videos`; or `erased`.
    pub words: Value,
    /// When the buyer made it.
    pub occurred_at: DateTime<Utc>,
    /// When it was decided; of one under review when it was made.
    pub decided_at: Option<DateTime<Utc>>,
    /// When it last changed here.
    pub updated_at: DateTime<Utc>,
    /// Number of events so far.
    pub version: i32,
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
    let (after_at, after_id) = after.map(|key| (key.occurred_at, key.claim_id.0)).unzip();
    let mut rows = sqlx::query_as!(
        ClaimRow,
        r#"select c.claim_id, c.account_id, a.name as "account_name?", c.marketplace, c.external_id, c.state, c.goods,
                c.archived, c.origin, c.product_article, c.product_name, c.order_id, c.ordered_at, c.delivered_at,
                c.price_minor, c.currency, c.actions, c.words, c.occurred_at, c.decided_at, c.updated_at, c.version
            from claim c
            left join account a on a.tenant_id = c.tenant_id and a.account_id = c.account_id
            where c.tenant_id = $1
                and ($2::text is null or c.state = $2)
                and ($3::uuid is null or c.account_id = $3)
                and ($4::text is null or c.order_id = $4)
                and ($5::timestamptz is null or (c.occurred_at, c.claim_id) < ($5, $6::uuid))
            order by c.occurred_at desc, c.claim_id desc
            limit $7"#,
        tenant.0,
        filter.state,
        filter.account_id,
        filter.order_id,
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
    let key =
        |row: &ClaimRow| PageKey { occurred_at: row.occurred_at, claim_id: ClaimId(row.claim_id) };
    let next = rows.last().filter(|_| more).map(key);
    Ok(Page { rows, next })
}

/// Reads one claim; none when the seller has no such claim.
///
/// # Errors
/// What the database says.
pub async fn one(db: &Db, tenant: TenantId, id: ClaimId) -> sqlx::Result<Option<ClaimRow>> {
    sqlx::query_as!(
        ClaimRow,
        r#"select c.claim_id, c.account_id, a.name as "account_name?", c.marketplace, c.external_id, c.state, c.goods,
                c.archived, c.origin, c.product_article, c.product_name, c.order_id, c.ordered_at, c.delivered_at,
                c.price_minor, c.currency, c.actions, c.words, c.occurred_at, c.decided_at, c.updated_at, c.version
            from claim c
            left join account a on a.tenant_id = c.tenant_id and a.account_id = c.account_id
            where c.tenant_id = $1 and c.claim_id = $2"#,
        tenant.0,
        id.0,
    )
    .fetch_optional(db.pool())
    .await
}
