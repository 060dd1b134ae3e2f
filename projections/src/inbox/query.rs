//! What one may ask of the inbox.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{InteractionId, TenantId};
use eventlog::{Db, LogId};
use serde::Serialize;
use sqlx::PgExecutor;
use utoipa::ToSchema;
use uuid::Uuid;

use super::pages::page;
use super::row::never;

/// Which interactions are asked for; an empty filter means all of the seller's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these statuses; empty for all.
    pub statuses: Vec<String>,
    /// With the newest version of the reply in any of these states; empty for all.
    pub reply_states: Vec<String>,
    /// Any of these channels; empty for all.
    pub channels: Vec<String>,
    /// Any of these marketplaces; empty for all.
    pub marketplaces: Vec<String>,
    /// Of this account.
    pub account_id: Option<Uuid>,
    /// With any of these ratings; empty for all.
    pub ratings: Vec<i16>,
    /// Whether an answer is needed.
    pub needs_response: Option<bool>,
    /// With any of these priorities, 0 for the most urgent; empty for all.
    pub priorities: Vec<i16>,
    /// With any of these intents; empty for all.
    pub intents: Vec<String>,
    /// With any of these sentiments; empty for all.
    pub sentiments: Vec<String>,
    /// Whether a buyer waits who was to be answered by now, and somebody took note of that.
    pub breached: Option<bool>,
    /// With a buyer who waits and is to be answered by then.
    pub due_by: Option<DateTime<Utc>>,
    /// About the product with this article.
    pub product: Option<String>,
    /// Whether the buyer complains.
    pub complaint: Option<bool>,
    /// Written then or later.
    pub since: Option<DateTime<Utc>>,
    /// Written before.
    pub until: Option<DateTime<Utc>>,
}

impl Filter {
    /// Returns by when all is to be answered that is found. Whoever is late waits, so there is a time by which: an index
    /// knows those, and nobody looks through all who were answered.
    pub(super) fn due_by(&self) -> Option<DateTime<Utc>> {
        let late = self.breached == Some(true);
        self.due_by.or_else(|| late.then(|| never() - TimeDelta::seconds(1)))
    }
}

/// In which order a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The latest first.
    #[default]
    Newest,
    /// The longest waiting first.
    Oldest,
    /// What is to be answered soonest first, and last what is not to be answered by any time.
    Deadline,
}

/// Where a page begins: after this row. Keyset, so that rows that come and go do not shift the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageKey {
    /// When the last row's buyer wrote, or by when they are to be answered: what the order goes by.
    pub at: DateTime<Utc>,
    /// The last row's interaction.
    pub interaction_id: InteractionId,
}

/// Asks only for rows that have stood as they are since a position of the seller's log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) log: LogId,
    pub(crate) since: i64,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The rows in order.
    pub rows: Vec<InboxRow>,
    /// Where the next page begins; none after the last.
    pub next: Option<PageKey>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InboxRow {
    /// The interaction.
    pub interaction_id: Uuid,
    /// The cabinet it was read from.
    pub account_id: Uuid,
    /// The seller's name for that cabinet.
    pub account_name: Option<String>,
    /// `wildberries`, `ozon` or `yandex_market`.
    pub marketplace: String,
    /// `review`, `question` or `chat`.
    pub channel: String,
    /// The marketplace's own id.
    pub external_id: String,
    /// Stars, 1…5; reviews only.
    pub rating: Option<i16>,
    /// Name the marketplace shows.
    pub buyer_name: Option<String>,
    /// Product's name.
    pub product_name: String,
    /// Marketplace's article.
    pub product_article: String,
    /// Brand.
    pub product_brand: Option<String>,
    /// Beginning of the buyer's words; empty when only stars were left.
    pub preview: String,
    /// `waiting`, `held`, `replying`, `responded`, `failed` or `closed`.
    pub status: String,
    /// Whether an operator must answer.
    pub needs_response: bool,
    /// State of the newest version of the reply that is not held and was not taken back.
    pub reply_state: Option<String>,
    /// Until when a version that is held can be taken back; none where none is.
    pub held_until: Option<DateTime<Utc>>,
    /// Whether a draft is on offer.
    pub has_draft: bool,
    /// Whether the buyer added it to a review of theirs.
    pub is_supplement: bool,
    /// When the buyer wrote.
    pub occurred_at: DateTime<Utc>,
    /// When it last changed here.
    pub updated_at: DateTime<Utc>,
    /// Number of events so far.
    pub version: i32,
    /// What the buyer wants.
    pub intent: String,
    /// How the buyer feels.
    pub sentiment: String,
    /// How soon somebody should answer, 0 for the most urgent.
    pub priority: i16,
    /// Whether the draft on offer was made before the last that was said.
    pub draft_is_stale: bool,
    /// Whether it was made before anybody asked.
    pub draft_ahead: bool,
    /// Whether the buyer waits; otherwise all below is of when they last did.
    pub awaits_answer: bool,
    /// Since when the buyer waits.
    pub waits_since: Option<DateTime<Utc>>,
    /// By when to answer.
    pub answer_by: Option<DateTime<Utc>>,
    /// When it is escalated, unless it is answered before.
    pub warn_at: Option<DateTime<Utc>>,
    /// How urgent what was promised is, 0 for the most.
    pub deadline_priority: Option<i16>,
    /// By which version of the seller's policy.
    pub sla_policy: Option<i32>,
    /// By which of its rules, from 1; none where none decided.
    pub sla_rule: Option<i32>,
    /// Whether it was said that the time is running out.
    pub escalated: bool,
    /// Whether it was said that the time has passed.
    pub breached: bool,
    /// By when to answer, or a day that never comes: what the list is ordered by.
    #[serde(skip)]
    pub due_by: DateTime<Utc>,
}

/// How many interactions a filter finds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// All of them.
    pub total: i64,
    /// Those that need an answer.
    pub needs_response: i64,
    /// By status.
    pub by_status: std::collections::BTreeMap<String, i64>,
    /// By rating, `"1"` to `"5"`.
    pub by_rating: std::collections::BTreeMap<String, i64>,
}

impl InboxRow {
    /// Where the row stands in a list of that order.
    pub(crate) fn key(&self, order: Order) -> PageKey {
        let at = match order {
            Order::Newest | Order::Oldest => self.occurred_at,
            Order::Deadline => self.due_by,
        };
        PageKey { at, interaction_id: InteractionId(self.interaction_id) }
    }
}

impl Page {
    /// Makes a page of `rows` in that order; `more` tells that it is not the last.
    pub(crate) fn new(rows: Vec<InboxRow>, order: Order, more: bool) -> Self {
        let next = rows.last().filter(|_| more).map(|row| row.key(order));
        Self { rows, next }
    }
}

impl Counts {
    /// Counts `count` interactions that are alike.
    pub(crate) fn add(
        &mut self,
        status: String,
        rating: Option<i16>,
        needs_response: bool,
        count: i64,
    ) {
        self.total += count;
        if needs_response {
            self.needs_response += count;
        }
        *self.by_status.entry(status).or_default() += count;
        if let Some(rating) = rating {
            *self.by_rating.entry(rating.to_string()).or_default() += count;
        }
    }
}

/// Reads a page of at most `limit` rows.
///
/// # Errors
/// What the database says.
pub async fn list(
    db: &Db,
    tenant: TenantId,
    filter: &Filter,
    order: Order,
    after: Option<PageKey>,
    limit: i64,
) -> sqlx::Result<Page> {
    // One row more than asked tells whether there is a next page.
    let mut rows = page(db.pool(), tenant, filter, order, (after, limit + 1), None).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or_default();
    if more {
        rows.pop();
    }
    Ok(Page::new(rows, order, more))
}

/// Reads the row of one interaction; none when the seller has no such interaction.
///
/// # Errors
/// What the database says.
pub async fn one(db: &Db, tenant: TenantId, id: InteractionId) -> sqlx::Result<Option<InboxRow>> {
    sqlx::query_as!(
        InboxRow,
        r#"select i.interaction_id, i.account_id, a.name as "account_name?", i.marketplace, i.channel, i.external_id,
                i.rating, i.buyer_name, i.product_name, i.product_article, i.product_brand, i.preview,
                i.status, i.needs_response, i.reply_state, i.held_until, i.has_draft,
                i.parent_id is not null as "is_supplement!", i.occurred_at, i.updated_at, i.version, i.intent,
                i.sentiment, i.priority, i.has_draft and i.draft_basis is distinct from i.basis as "draft_is_stale!",
                i.has_draft and i.draft_ahead as "draft_ahead!",
                i.deadline_of is not null as "awaits_answer!", i.waits_since, i.answer_by, i.warn_at,
                i.deadline_priority, i.sla_policy, i.sla_rule, i.escalated, i.breached, i.due_by
            from inbox i
            left join account a on a.tenant_id = i.tenant_id and a.account_id = i.account_id
            where i.tenant_id = $1 and i.interaction_id = $2"#,
        tenant.0,
        id.0,
    )
    .fetch_optional(db.pool())
    .await
}

/// Reads the rows of those of `ids` that the seller has, in no order.
///
/// # Errors
/// What the database says.
pub async fn some(db: &Db, tenant: TenantId, ids: &[InteractionId]) -> sqlx::Result<Vec<InboxRow>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        InboxRow,
        r#"select i.interaction_id, i.account_id, a.name as "account_name?", i.marketplace, i.channel, i.external_id,
                i.rating, i.buyer_name, i.product_name, i.product_article, i.product_brand, i.preview,
                i.status, i.needs_response, i.reply_state, i.held_until, i.has_draft,
                i.parent_id is not null as "is_supplement!", i.occurred_at, i.updated_at, i.version, i.intent,
                i.sentiment, i.priority, i.has_draft and i.draft_basis is distinct from i.basis as "draft_is_stale!",
                i.has_draft and i.draft_ahead as "draft_ahead!",
                i.deadline_of is not null as "awaits_answer!", i.waits_since, i.answer_by, i.warn_at,
                i.deadline_priority, i.sla_policy, i.sla_rule, i.escalated, i.breached, i.due_by
            from inbox i
            left join account a on a.tenant_id = i.tenant_id and a.account_id = i.account_id
            where i.tenant_id = $1 and i.interaction_id = any ($2)"#,
        tenant.0,
        &ids,
    )
    .fetch_all(db.pool())
    .await
}

/// Counts what a filter finds.
///
/// # Errors
/// What the database says.
pub async fn count(db: &Db, tenant: TenantId, filter: &Filter) -> sqlx::Result<Counts> {
    counted(db.pool(), tenant, filter, None).await
}

/// Counts what a filter finds, everywhere or among the rows that have stood since a moment.
pub(crate) async fn counted(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &Filter,
    standing: Option<Standing>,
) -> sqlx::Result<Counts> {
    let (log, since) = standing.map(|standing| (standing.log.0, standing.since)).unzip();
    let groups = sqlx::query!(
        r#"select status, rating, needs_response, count(*) as "count!"
            from inbox i
            where tenant_id = $1
                and (cardinality($2::text[]) = 0 or status = any ($2))
                and (cardinality($3::text[]) = 0 or channel = any ($3))
                and (cardinality($4::text[]) = 0 or marketplace = any ($4))
                and ($5::uuid is null or account_id = $5)
                and (cardinality($6::smallint[]) = 0 or rating = any ($6))
                and ($7::boolean is null or needs_response = $7)
                and (cardinality($11::smallint[]) = 0 or priority = any ($11))
                and (cardinality($12::text[]) = 0 or intent = any ($12))
                and (cardinality($13::text[]) = 0 or sentiment = any ($13))
                and ($14::boolean is null or (deadline_of is not null and breached) = $14)
                and ($15::timestamptz is null or due_by <= $15)
                and ($16::text is null or product_article = $16)
                and ($17::boolean is null or complains(channel, sentiment, intent) = $17)
                and ($18::timestamptz is null or occurred_at >= $18)
                and ($19::timestamptz is null or occurred_at < $19)
                and ($8::int is null or exists (
                    select from es.stream s
                    where s.log_id = $8 and s.tenant_id = i.tenant_id and s.stream_id = i.interaction_id
                        and s.last_pos <= $9::bigint and s.version = i.version))
                and (cardinality($10::text[]) = 0 or reply_state = any ($10))
            group by status, rating, needs_response"#,
        tenant.0,
        &filter.statuses,
        &filter.channels,
        &filter.marketplaces,
        filter.account_id,
        &filter.ratings,
        filter.needs_response,
        log,
        since,
        &filter.reply_states,
        &filter.priorities,
        &filter.intents,
        &filter.sentiments,
        filter.breached,
        filter.due_by(),
        filter.product,
        filter.complaint,
        filter.since,
        filter.until,
    )
    .fetch_all(executor)
    .await?;
    let mut counts = Counts::default();
    for group in groups {
        counts.add(group.status, group.rating, group.needs_response, group.count);
    }
    Ok(counts)
}
