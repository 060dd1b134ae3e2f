//! The numbers of a period, whole and by what interactions have in common.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{AccountId, Channel, Marketplace, TenantId};
use eventlog::Db;

use super::Metric;

/// Most groups that are told, those that count most interactions first: every day of a period, not every product.
const GROUPS_MAX: i64 = 500;

/// Days of a place, the first with, the last without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The day after the last.
    pub to: NaiveDate,
    /// Where it is that day, by its name in the IANA database.
    pub zone: &'static str,
}

/// Which interactions are counted; an empty filter means all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of a cabinet.
    pub account: Option<AccountId>,
    /// Those of a marketplace.
    pub marketplace: Option<Marketplace>,
    /// Those that came this way.
    pub channel: Option<Channel>,
}

/// What numbers are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// How the buyer wrote.
    Channel,
    /// Where the buyer wrote.
    Marketplace,
    /// The cabinet.
    Account,
    /// The product's article.
    Product,
    /// What the buyer wanted, as the draft's writer read it.
    Intent,
    /// Stars.
    Rating,
    /// The person who asked for the answer.
    Operator,
    /// The day on which a metric counts them.
    Day,
}

/// Numbers of those that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they have in common; none where they lack it.
    pub key: Option<String>,
    /// The numbers.
    pub figures: Figures,
}

/// Numbers by the names of what they count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(BTreeMap<String, Figure>);

/// A number of interactions, and what half and nine tenths of them do not exceed: of [`Metric::Timed`] the seconds that
/// buyers waited, of [`Metric::AnsweredHere`] the seconds since their words were read here, of [`Metric::Measured`] the
/// changed share in thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figure {
    /// How many there are.
    pub count: i64,
    /// The median; none where nothing is measured.
    pub p50: Option<i64>,
    /// The ninetieth percentile.
    pub p90: Option<i64>,
}

impl By {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Marketplace => "marketplace",
            Self::Account => "account",
            Self::Product => "product",
            Self::Intent => "intent",
            Self::Rating => "rating",
            Self::Operator => "operator",
            Self::Day => "day",
        }
    }
}

impl Figures {
    /// Returns the number of what is counted under a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Figure {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Returns the number of a metric.
    #[must_use]
    pub fn of(&self, metric: Metric) -> Figure {
        self.named(metric.as_str())
    }
}

/// Counts all interactions of a period.
///
/// # Errors
/// What the database says.
pub async fn total(
    db: &Db,
    tenant: TenantId,
    period: &Period,
    filter: Filter,
) -> sqlx::Result<Figures> {
    let all = counted(db, tenant, period, filter, None).await?;
    Ok(all.into_iter().next().map(|group| group.figures).unwrap_or_default())
}

/// Counts the interactions of a period by what they have in common, the largest group first; days in their order.
///
/// # Errors
/// What the database says.
pub async fn figures(
    db: &Db,
    tenant: TenantId,
    period: &Period,
    filter: Filter,
    by: By,
) -> sqlx::Result<Vec<Group>> {
    counted(db, tenant, period, filter, Some(by)).await
}

async fn counted(
    db: &Db,
    tenant: TenantId,
    period: &Period,
    filter: Filter,
    by: Option<By>,
) -> sqlx::Result<Vec<Group>> {
    let rows = sqlx::query!(
        r#"with asked as materialized (
                select $2::date::timestamp at time zone $4::text as since,
                        $3::date::timestamp at time zone $4::text as until),
            fact as materialized (
                select f.name, case $5::text
                        when 'channel' then m.channel
                        when 'marketplace' then m.marketplace
                        when 'account' then m.account_id::text
                        when 'product' then nullif(m.product_article, '')
                        when 'intent' then m.intent
                        when 'rating' then m.rating::text
                        when 'operator' then m.operator
                        when 'day' then to_char(f.at at time zone $4::text, 'YYYY-MM-DD') end as key,
                    case f.name
                        when 'timed' then m.waited_seconds
                        when 'answered_here' then m.handled_seconds
                        when 'measured' then m.changed end as value
                from asked a
                join metric m on m.tenant_id = $1 and m.last_at >= a.since and m.first_at < a.until
                cross join lateral (
                    select e.key as name, e.value::timestamptz as at from jsonb_each_text(m.facts) e) f
                where f.at >= a.since and f.at < a.until
                    and ($6::uuid is null or m.account_id = $6)
                    and ($7::text is null or m.marketplace = $7)
                    and ($8::text is null or m.channel = $8)),
            shown as (
                select key, row_number() over (
                        order by case when $5 = 'day' then key end,
                            count(*) filter (where name = 'answered') desc, count(*) desc, key) as place
                    from fact group by key order by place limit $9)
            select f.key, f.name, count(*) as "count!",
                    percentile_disc(0.5) within group (order by f.value) as p50,
                    percentile_disc(0.9) within group (order by f.value) as p90
                from shown s
                join fact f on f.key is not distinct from s.key
                group by s.place, f.key, f.name
                order by s.place"#,
        tenant.0,
        period.from,
        period.to,
        period.zone,
        by.map(By::as_str) as Option<&str>,
        filter.account.map(|account| account.0) as Option<uuid::Uuid>,
        filter.marketplace.map(Marketplace::as_str) as Option<&str>,
        filter.channel.map(Channel::as_str) as Option<&str>,
        GROUPS_MAX,
    )
    .fetch_all(db.pool())
    .await?;
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        if groups.last().is_none_or(|group| group.key != row.key) {
            groups.push(Group { key: row.key, figures: Figures::default() });
        }
        if let (Some(group), Some(name)) = (groups.last_mut(), row.name) {
            let figure = Figure { count: row.count, p50: row.p50, p90: row.p90 };
            group.figures.0.insert(name, figure);
        }
    }
    Ok(groups)
}
