//! The interactions behind a number.

use chrono::{DateTime, Utc};
use domain::{Channel, Marketplace, TenantId};
use eventlog::Db;
use uuid::Uuid;

use super::{By, Filter, Period};

/// What a number counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Among {
    /// The name of the metric.
    pub name: String,
    /// When it counted them.
    pub period: Period,
    /// Which of them.
    pub filter: Filter,
    /// The group that they are in, by its key; none of those that lack it.
    pub group: Option<(By, Option<String>)>,
}

/// Where a page begins: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageKey {
    /// When the last row was counted.
    pub at: DateTime<Utc>,
    /// Of which interaction it was.
    pub interaction_id: Uuid,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The rows in order.
    pub rows: Vec<Item>,
    /// Where the next page begins; none after the last.
    pub next: Option<PageKey>,
}

/// An interaction that a number counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The interaction.
    pub interaction_id: Uuid,
    /// The time at which it is counted.
    pub at: DateTime<Utc>,
    /// The cabinet.
    pub account_id: Uuid,
    /// Where the buyer wrote.
    pub marketplace: String,
    /// How.
    pub channel: String,
    /// What it is about; empty where that is not known.
    pub product_article: String,
    /// Stars.
    pub rating: Option<i16>,
    /// What the buyer wanted, as the draft's writer read it.
    pub intent: Option<String>,
    /// When the first answer stood.
    pub answered_at: Option<DateTime<Utc>>,
    /// By whom that was: `operator`, `automatic` or `elsewhere`.
    pub answered_by: Option<String>,
    /// Who asked for it: `user:<id>`.
    pub operator: Option<String>,
    /// What it is to its draft.
    pub outcome: Option<String>,
    /// The share of characters that it changed, in thousandths.
    pub changed: Option<i16>,
    /// From the buyer's words to the answer.
    pub waited_seconds: Option<i64>,
    /// From when they were read here to the answer.
    pub handled_seconds: Option<i64>,
    /// By when an answer was promised.
    pub answer_by: Option<DateTime<Utc>>,
    /// The product.
    pub product_name: Option<String>,
    /// The buyer's name; none of one who was erased.
    pub buyer_name: Option<String>,
    /// Beginning of the buyer's words.
    pub preview: Option<String>,
}

/// Reads a page of at most `limit` of the interactions that a number counts, those counted last first.
///
/// # Errors
/// What the database says.
pub async fn items(
    db: &Db,
    tenant: TenantId,
    among: &Among,
    after: Option<PageKey>,
    limit: i64,
) -> sqlx::Result<Page> {
    let Among { name, period, filter, group } = among;
    let (by, key) = group.as_ref().map(|(by, key)| (by.as_str(), key.as_deref())).unzip();
    let mut rows = sqlx::query_as!(
        Item,
        r#"with asked as materialized (
                select $2::date::timestamp at time zone $4::text as since,
                        $3::date::timestamp at time zone $4::text as until)
            select m.interaction_id, f.at as "at!", m.account_id, m.marketplace, m.channel, m.product_article, m.rating,
                    m.intent, m.answered_at, m.answered_by, m.operator, m.outcome, m.changed, m.waited_seconds,
                    m.handled_seconds, m.answer_by, i.product_name as "product_name?", i.buyer_name,
                    i.preview as "preview?"
                from asked a
                join metric m on m.tenant_id = $1 and m.last_at >= a.since and m.first_at < a.until
                cross join lateral (select (m.facts->>$5::text)::timestamptz as at) f
                left join inbox i on i.tenant_id = m.tenant_id and i.interaction_id = m.interaction_id
                where f.at >= a.since and f.at < a.until
                    and ($6::uuid is null or m.account_id = $6)
                    and ($7::text is null or m.marketplace = $7)
                    and ($8::text is null or m.channel = $8)
                    and ($9::text is null or $10::text is not distinct from case $9
                        when 'channel' then m.channel
                        when 'marketplace' then m.marketplace
                        when 'account' then m.account_id::text
                        when 'product' then nullif(m.product_article, '')
                        when 'intent' then m.intent
                        when 'rating' then m.rating::text
                        when 'operator' then m.operator
                        when 'day' then to_char(f.at at time zone $4::text, 'YYYY-MM-DD') end)
                    and ($11::timestamptz is null or (f.at, m.interaction_id) < ($11, $12::uuid))
                order by f.at desc, m.interaction_id desc
                limit $13"#,
        tenant.0,
        period.from,
        period.to,
        period.zone,
        name,
        filter.account.map(|account| account.0) as Option<Uuid>,
        filter.marketplace.map(Marketplace::as_str) as Option<&str>,
        filter.channel.map(Channel::as_str) as Option<&str>,
        by as Option<&str>,
        key.flatten() as Option<&str>,
        after.map(|key| key.at) as Option<DateTime<Utc>>,
        after.map(|key| key.interaction_id) as Option<Uuid>,
        limit + 1,
    )
    .fetch_all(db.pool())
    .await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or_default();
    if more {
        rows.pop();
    }
    let key = |row: &Item| PageKey { at: row.at, interaction_id: row.interaction_id };
    let next = rows.last().filter(|_| more).map(key);
    Ok(Page { rows, next })
}
