//! How good drafts are, in numbers: each is the length of a list.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::policy::alert::{ACCEPTED_AMONG, ACCEPTED_WITHIN, Judged};
use domain::policy::edit::SLIGHT_UP_TO;
use eventlog::Db;
use uuid::Uuid;

/// When something was decided: at or after the first time, before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// From when on.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// What figures are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Nothing: one group of all.
    All,
    /// Where the buyer wrote.
    Channel,
    /// What the buyer wanted.
    Intent,
    /// Who wrote the draft.
    Source,
    /// The model that wrote it, with the version of the words that it was asked with.
    Model,
    /// The day it was decided, in Moscow.
    Day,
}

impl By {
    fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Channel => "channel",
            Self::Intent => "intent",
            Self::Source => "source",
            Self::Model => "model",
            Self::Day => "day",
        }
    }
}

/// Figures of those that have something in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub key: String,
    /// Of models, the version of the words that they were asked with.
    pub prompt_version: Option<i32>,
    /// The figures.
    pub figures: Figures,
}

/// How many drafts and replies had which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Drafts that went out as they were.
    pub accepted: i64,
    /// Drafts that went out with an edit.
    pub edited: i64,
    /// Of these, those with a slight one.
    pub slightly_edited: i64,
    /// Drafts instead of which another text went out.
    pub rewritten: i64,
    /// Replies that had no draft.
    pub without_draft: i64,
    /// Drafts that were dismissed.
    pub dismissed: i64,
    /// Drafts that another one replaced.
    pub superseded: i64,
    /// Drafts that nobody needed any more.
    pub unused: i64,
    /// Replies that went out by themselves.
    pub automatic: i64,
    /// Replies of a bulk that are not their drafts.
    pub in_bulk: i64,
    /// Replies from before it was kept how far they were from their drafts.
    pub unmeasured: i64,
    /// The median share of characters that replies changed in their drafts, in thousandths.
    pub median_changed: Option<f64>,
}

/// How a document or a product does that drafts rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemUse {
    /// The document or product.
    pub item_id: Uuid,
    /// `passage` of a document, or `product`.
    pub kind: String,
    /// Its title; none of one that was removed.
    pub title: Option<String>,
    /// Drafts that were judged and whose writer was given it.
    pub drafts: i64,
    /// Those that went out with more than a slight edit, were replaced by another text or dismissed.
    pub not_good: i64,
    /// The mean share of characters that replies changed in them, in thousandths.
    pub mean_changed: Option<f64>,
}

/// Counts what was decided within a period, the largest group first; days in their order.
///
/// # Errors
/// What the database says.
pub async fn figures(
    db: &Db,
    tenant: TenantId,
    period: Period,
    by: By,
) -> sqlx::Result<Vec<Group>> {
    let rows = sqlx::query!(
        r#"select g.key as "key!", g.asked_with,
                count(*) filter (where outcome = 'accepted') as "accepted!",
                count(*) filter (where outcome = 'edited') as "edited!",
                count(*) filter (where outcome = 'edited' and changed <= $5) as "slightly_edited!",
                count(*) filter (where outcome = 'manual' and draft_id is not null) as "rewritten!",
                count(*) filter (where outcome = 'manual' and draft_id is null) as "without_draft!",
                count(*) filter (where outcome = 'dismissed') as "dismissed!",
                count(*) filter (where outcome = 'superseded') as "superseded!",
                count(*) filter (where outcome = 'unused') as "unused!",
                count(*) filter (where outcome = 'automatic') as "automatic!",
                count(*) filter (where outcome = 'in_bulk') as "in_bulk!",
                count(*) filter (where outcome = 'unmeasured') as "unmeasured!",
                percentile_cont(0.5) within group (order by changed)
                    filter (where outcome in ('accepted', 'edited', 'manual') and changed is not null) as median_changed
            from (
                select l.outcome, l.changed, l.draft_id,
                        case $4
                            when 'channel' then i.channel
                            when 'intent' then coalesce(l.intent, i.intent)
                            when 'source' then l.source
                            when 'model' then l.model
                            when 'day' then to_char(l.decided_at at time zone 'Europe/Moscow', 'YYYY-MM-DD')
                            else '' end as key,
                        case when $4 = 'model' then l.prompt_version end as asked_with
                    from lineage l
                    join inbox i on i.tenant_id = l.tenant_id and i.interaction_id = l.interaction_id
                    where l.tenant_id = $1 and l.decided_at >= $2 and l.decided_at < $3) g
            where g.key is not null
            group by g.key, g.asked_with
            order by case when $4 = 'day' then g.key end, count(*) desc, g.key, g.asked_with"#,
        tenant.0,
        period.since,
        period.until,
        by.as_str(),
        slight(),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Group {
            key: row.key,
            prompt_version: row.asked_with,
            figures: Figures {
                accepted: row.accepted,
                edited: row.edited,
                slightly_edited: row.slightly_edited,
                rewritten: row.rewritten,
                without_draft: row.without_draft,
                dismissed: row.dismissed,
                superseded: row.superseded,
                unused: row.unused,
                automatic: row.automatic,
                in_bulk: row.in_bulk,
                unmeasured: row.unmeasured,
                median_changed: row.median_changed,
            },
        })
        .collect())
}

/// Reads how the documents and products did that drafts of a period rested on, those first that more bad drafts rested
/// on.
///
/// # Errors
/// What the database says.
pub async fn items(
    db: &Db,
    tenant: TenantId,
    period: Period,
    limit: i64,
) -> sqlx::Result<Vec<ItemUse>> {
    sqlx::query_as!(
        ItemUse,
        r#"select g.item_id as "item_id!", g.kind as "kind!", k.title as "title?", g.drafts as "drafts!",
                g.not_good as "not_good!", g.mean_changed
            from (
                select u.item_id, min(u.kind) as kind, count(*) as drafts,
                        count(*) filter (where l.outcome in ('manual', 'dismissed')
                            or (l.outcome = 'edited' and l.changed > $5)) as not_good,
                        avg(l.changed)::float8 as mean_changed
                    from lineage l
                    join inbox i on i.tenant_id = l.tenant_id and i.interaction_id = l.interaction_id
                    cross join lateral (
                        select (e.value->>'id')::uuid as item_id, min(e.value->>'kind') as kind
                            from jsonb_array_elements(l.used) e where e.value->>'kind' <> 'example' group by 1) u
                    where l.tenant_id = $1 and l.decided_at >= $2 and l.decided_at < $3
                        and l.outcome in ('accepted', 'edited', 'manual', 'dismissed')
                    group by 1) g
            left join knowledge k on k.tenant_id = $1 and k.item_id = g.item_id and k.ordinal = 0 and k.live
            order by g.not_good desc, g.drafts desc, g.item_id
            limit $4"#,
        tenant.0,
        period.since,
        period.until,
        limit,
        slight(),
    )
    .fetch_all(db.pool())
    .await
}

/// Counts for each seller what operators did with the latest drafts, as far as alerts look, up to `now`. It goes from
/// seller to seller and reads no more rows of each than are looked at, since every process asks again and again.
///
/// # Errors
/// What the database says.
pub async fn judged_lately(
    db: &Db,
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<TenantId, Judged>> {
    let rows = sqlx::query!(
        r#"with recursive seller as (
                (select tenant_id from lineage
                    where draft_id is not null and outcome in ('accepted', 'edited', 'manual', 'dismissed')
                    order by tenant_id limit 1)
                union all
                select (
                    select l.tenant_id from lineage l
                        where l.tenant_id > s.tenant_id and l.draft_id is not null
                            and l.outcome in ('accepted', 'edited', 'manual', 'dismissed')
                        order by l.tenant_id limit 1)
                    from seller s where s.tenant_id is not null)
            select s.tenant_id as "tenant_id!",
                count(*) filter (where outcome = 'accepted' or (outcome = 'edited' and changed <= $4)) as "good!",
                count(*) filter (where outcome = 'edited' and changed > $4) as "edited!",
                count(*) filter (where outcome = 'manual') as "rewritten!",
                count(*) filter (where outcome = 'dismissed') as "dismissed!"
            from seller s
            cross join lateral (
                select l.outcome, l.changed from lineage l
                    where l.tenant_id = s.tenant_id and l.decided_at > $1 and l.decided_at <= $2
                        and l.draft_id is not null and l.outcome in ('accepted', 'edited', 'manual', 'dismissed')
                    order by l.decided_at desc, l.lineage_id desc
                    limit $3) l
            group by s.tenant_id"#,
        now - ACCEPTED_WITHIN,
        now,
        i64::from(ACCEPTED_AMONG),
        slight(),
    )
    .fetch_all(db.pool())
    .await?;
    let count = |count: i64| count.try_into().unwrap_or(u32::MAX);
    Ok(rows
        .into_iter()
        .map(|row| {
            let judged = Judged {
                good: count(row.good),
                edited: count(row.edited),
                rewritten: count(row.rewritten),
                dismissed: count(row.dismissed),
            };
            (TenantId(row.tenant_id), judged)
        })
        .collect())
}

/// The largest slight edit as rows keep it.
pub(super) fn slight() -> i16 {
    super::row::kept(SLIGHT_UP_TO)
}
