//! Pages of the inbox in each of its orders, each of which has an index of its own.

use domain::TenantId;
use sqlx::PgExecutor;

use super::query::{Filter, InboxRow, Order, PageKey, Standing};

/// Reads up to so many rows after a place.
pub(crate) async fn page(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &Filter,
    order: Order,
    (after, limit): (Option<PageKey>, i64),
    standing: Option<Standing>,
) -> sqlx::Result<Vec<InboxRow>> {
    match order {
        Order::Newest => newest(executor, tenant, filter, (after, limit), standing).await,
        Order::Oldest => oldest(executor, tenant, filter, (after, limit), standing).await,
        Order::Deadline => soonest(executor, tenant, filter, (after, limit), standing).await,
    }
}

async fn newest(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &Filter,
    (after, limit): (Option<PageKey>, i64),
    standing: Option<Standing>,
) -> sqlx::Result<Vec<InboxRow>> {
    let (after_at, after_id) = after.map(|key| (key.at, key.interaction_id.0)).unzip();
    let (log, since) = standing.map(|standing| (standing.log.0, standing.since)).unzip();
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
            where i.tenant_id = $1
                and (cardinality($2::text[]) = 0 or i.status = any ($2))
                and (cardinality($3::text[]) = 0 or i.channel = any ($3))
                and (cardinality($4::text[]) = 0 or i.marketplace = any ($4))
                and ($5::uuid is null or i.account_id = $5)
                and (cardinality($6::smallint[]) = 0 or i.rating = any ($6))
                and ($7::boolean is null or i.needs_response = $7)
                and (cardinality($14::smallint[]) = 0 or i.priority = any ($14))
                and (cardinality($15::text[]) = 0 or i.intent = any ($15))
                and (cardinality($16::text[]) = 0 or i.sentiment = any ($16))
                and ($17::boolean is null or (i.deadline_of is not null and i.breached) = $17)
                and ($18::timestamptz is null or i.due_by <= $18)
                and ($19::text is null or i.product_article = $19)
                and ($20::boolean is null or complains(i.channel, i.sentiment, i.intent) = $20)
                and ($21::timestamptz is null or i.occurred_at >= $21)
                and ($22::timestamptz is null or i.occurred_at < $22)
                and ($8::timestamptz is null or (i.occurred_at, i.interaction_id) < ($8, $9::uuid))
                and ($11::int is null or exists (
                    select from es.stream s
                    where s.log_id = $11 and s.tenant_id = i.tenant_id and s.stream_id = i.interaction_id
                        and s.last_pos <= $12::bigint and s.version = i.version))
                and (cardinality($13::text[]) = 0 or i.reply_state = any ($13))
            order by i.occurred_at desc, i.interaction_id desc
            limit $10"#,
        tenant.0,
        &filter.statuses,
        &filter.channels,
        &filter.marketplaces,
        filter.account_id,
        &filter.ratings,
        filter.needs_response,
        after_at,
        after_id,
        limit,
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
    .await
}

async fn oldest(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &Filter,
    (after, limit): (Option<PageKey>, i64),
    standing: Option<Standing>,
) -> sqlx::Result<Vec<InboxRow>> {
    let (after_at, after_id) = after.map(|key| (key.at, key.interaction_id.0)).unzip();
    let (log, since) = standing.map(|standing| (standing.log.0, standing.since)).unzip();
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
            where i.tenant_id = $1
                and (cardinality($2::text[]) = 0 or i.status = any ($2))
                and (cardinality($3::text[]) = 0 or i.channel = any ($3))
                and (cardinality($4::text[]) = 0 or i.marketplace = any ($4))
                and ($5::uuid is null or i.account_id = $5)
                and (cardinality($6::smallint[]) = 0 or i.rating = any ($6))
                and ($7::boolean is null or i.needs_response = $7)
                and (cardinality($14::smallint[]) = 0 or i.priority = any ($14))
                and (cardinality($15::text[]) = 0 or i.intent = any ($15))
                and (cardinality($16::text[]) = 0 or i.sentiment = any ($16))
                and ($17::boolean is null or (i.deadline_of is not null and i.breached) = $17)
                and ($18::timestamptz is null or i.due_by <= $18)
                and ($19::text is null or i.product_article = $19)
                and ($20::boolean is null or complains(i.channel, i.sentiment, i.intent) = $20)
                and ($21::timestamptz is null or i.occurred_at >= $21)
                and ($22::timestamptz is null or i.occurred_at < $22)
                and ($8::timestamptz is null or (i.occurred_at, i.interaction_id) > ($8, $9::uuid))
                and ($11::int is null or exists (
                    select from es.stream s
                    where s.log_id = $11 and s.tenant_id = i.tenant_id and s.stream_id = i.interaction_id
                        and s.last_pos <= $12::bigint and s.version = i.version))
                and (cardinality($13::text[]) = 0 or i.reply_state = any ($13))
            order by i.occurred_at, i.interaction_id
            limit $10"#,
        tenant.0,
        &filter.statuses,
        &filter.channels,
        &filter.marketplaces,
        filter.account_id,
        &filter.ratings,
        filter.needs_response,
        after_at,
        after_id,
        limit,
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
    .await
}

async fn soonest(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &Filter,
    (after, limit): (Option<PageKey>, i64),
    standing: Option<Standing>,
) -> sqlx::Result<Vec<InboxRow>> {
    let (after_at, after_id) = after.map(|key| (key.at, key.interaction_id.0)).unzip();
    let (log, since) = standing.map(|standing| (standing.log.0, standing.since)).unzip();
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
            where i.tenant_id = $1
                and (cardinality($2::text[]) = 0 or i.status = any ($2))
                and (cardinality($3::text[]) = 0 or i.channel = any ($3))
                and (cardinality($4::text[]) = 0 or i.marketplace = any ($4))
                and ($5::uuid is null or i.account_id = $5)
                and (cardinality($6::smallint[]) = 0 or i.rating = any ($6))
                and ($7::boolean is null or i.needs_response = $7)
                and (cardinality($14::smallint[]) = 0 or i.priority = any ($14))
                and (cardinality($15::text[]) = 0 or i.intent = any ($15))
                and (cardinality($16::text[]) = 0 or i.sentiment = any ($16))
                and ($17::boolean is null or (i.deadline_of is not null and i.breached) = $17)
                and ($18::timestamptz is null or i.due_by <= $18)
                and ($19::text is null or i.product_article = $19)
                and ($20::boolean is null or complains(i.channel, i.sentiment, i.intent) = $20)
                and ($21::timestamptz is null or i.occurred_at >= $21)
                and ($22::timestamptz is null or i.occurred_at < $22)
                and ($8::timestamptz is null or (i.due_by, i.interaction_id) > ($8, $9::uuid))
                and ($11::int is null or exists (
                    select from es.stream s
                    where s.log_id = $11 and s.tenant_id = i.tenant_id and s.stream_id = i.interaction_id
                        and s.last_pos <= $12::bigint and s.version = i.version))
                and (cardinality($13::text[]) = 0 or i.reply_state = any ($13))
            order by i.due_by, i.interaction_id
            limit $10"#,
        tenant.0,
        &filter.statuses,
        &filter.channels,
        &filter.marketplaces,
        filter.account_id,
        &filter.ratings,
        filter.needs_response,
        after_at,
        after_id,
        limit,
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
    .await
}
