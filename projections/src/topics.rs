//! What buyers complain about, and whether more than before: counted from the inbox, which knows what each is about.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{Channel, Marketplace, TenantId};
use eventlog::Db;
use uuid::Uuid;

use crate::metric::{Filter, Period};

/// Most products that are told, those complained about most first.
const PRODUCTS_MAX: i64 = 50;

/// How many there are, and how many there were in as many days before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// In the period.
    pub now: i64,
    /// In the days before.
    pub before: i64,
}

/// What was complained about in a period and in as many days before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaints {
    /// When the period began and ended, and when the days before it began.
    pub times: Times,
    /// All that buyers wrote, content or not.
    pub written: Count,
    /// Complaints among them.
    pub complaints: Count,
    /// By what buyers want, the most first.
    pub topics: Vec<Topic>,
    /// By product, the most complained about first, up to 50; those of no known product are left out.
    pub products: Vec<Product>,
}

/// The moments between which is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// When the days before begin.
    pub before: DateTime<Utc>,
    /// When the period begins, and the days before end.
    pub since: DateTime<Utc>,
    /// When it ends.
    pub until: DateTime<Utc>,
}

/// Complaints about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// What the buyers want.
    pub intent: String,
    /// How many complain of it.
    pub count: Count,
}

/// Complaints about a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its article, as the marketplace tells it.
    pub article: String,
    /// Its name, as it was told last.
    pub name: Option<String>,
    /// How many complain about it.
    pub count: Count,
    /// What of, the most first.
    pub topics: Vec<Topic>,
}

/// Counts complaints written within a period and within as many days before it.
///
/// # Errors
/// What the database says.
pub async fn complaints(
    db: &Db,
    tenant: TenantId,
    period: &Period,
    filter: Filter,
) -> sqlx::Result<Complaints> {
    let account = filter.account.map(|account| account.0);
    let marketplace = filter.marketplace.map(Marketplace::as_str);
    let channel = filter.channel.map(Channel::as_str);
    let mut tx = crate::snapshot::of(db, Some("inbox")).await?;
    let all = sqlx::query!(
        r#"with asked as materialized (
                select ($2::date - ($3::date - $2::date))::timestamp at time zone $4::text as before,
                        $2::date::timestamp at time zone $4 as since, $3::date::timestamp at time zone $4 as until)
            select a.before as "before!", a.since as "since!", a.until as "until!",
                    count(*) filter (where i.occurred_at >= a.since) as "now!",
                    count(*) filter (where i.occurred_at < a.since) as "earlier!"
                from asked a
                left join inbox i on i.tenant_id = $1 and i.occurred_at >= a.before and i.occurred_at < a.until
                    and ($5::uuid is null or i.account_id = $5)
                    and ($6::text is null or i.marketplace = $6)
                    and ($7::text is null or i.channel = $7)
                group by a.before, a.since, a.until"#,
        tenant.0,
        period.from,
        period.to,
        period.zone,
        account as Option<Uuid>,
        marketplace as Option<&str>,
        channel as Option<&str>,
    )
    .fetch_one(&mut *tx)
    .await?;
    let rows = sqlx::query!(
        r#"with complaint as materialized (
                select i.product_article as article, i.product_name as name, i.intent, i.occurred_at,
                        i.occurred_at >= $3 as is_now
                    from inbox i
                    where i.tenant_id = $1 and i.occurred_at >= $2 and i.occurred_at < $4
                        and complains(i.channel, i.sentiment, i.intent)
                        and ($5::uuid is null or i.account_id = $5)
                        and ($6::text is null or i.marketplace = $6)
                        and ($7::text is null or i.channel = $7)),
            shown as (
                select article, (array_agg(name order by occurred_at desc) filter (where name <> ''))[1] as name,
                        row_number() over (
                        order by count(*) filter (where is_now) desc, count(*) desc, article) as place
                    from complaint where article <> '' group by article order by place limit $8)
            select null::bigint as place, null::text as article, intent as "intent!", null::text as name,
                    count(*) filter (where is_now) as "now!", count(*) filter (where not is_now) as "before!"
                from complaint group by intent
            union all
            select s.place, s.article, c.intent, s.name,
                    count(*) filter (where c.is_now), count(*) filter (where not c.is_now)
                from shown s join complaint c using (article) group by s.place, s.article, s.name, c.intent
            order by place nulls first, "now!" desc, "before!" desc, "intent!""#,
        tenant.0,
        all.before,
        all.since,
        all.until,
        account as Option<Uuid>,
        marketplace as Option<&str>,
        channel as Option<&str>,
        PRODUCTS_MAX,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let times = Times { before: all.before, since: all.since, until: all.until };
    let written = Count { now: all.now, before: all.earlier };
    let mut found = Complaints { times, written, ..Complaints::default() };
    let mut products: BTreeMap<i64, Product> = BTreeMap::new();
    for row in rows {
        let count = Count { now: row.now, before: row.before };
        let topic = Topic { intent: row.intent, count };
        match (row.place, row.article) {
            (Some(place), Some(article)) => {
                let (name, none) = (row.name, Count::default());
                let product = products.entry(place).or_insert(Product {
                    article,
                    name,
                    count: none,
                    topics: Vec::new(),
                });
                product.count.add(count);
                product.topics.push(topic);
            }
            (_, _) => {
                found.complaints.add(count);
                found.topics.push(topic);
            }
        }
    }
    found.products = products.into_values().collect();
    Ok(found)
}

impl Count {
    fn add(&mut self, other: Self) {
        self.now += other.now;
        self.before += other.before;
    }
}
