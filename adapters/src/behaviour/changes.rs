//! What of marketplaces is not as before, as it is known now.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::policy::capability::Capabilities;
use domain::policy::drift::{
    Bound, LEARNED_AFTER_DAYS, Moderated, NEW_FOR, NEW_TIMES_MIN, PACE_CLASSES, Pace, RECENT_DAYS,
    USUAL_DAYS, refuses_more, slower,
};
use domain::{Channel, Marketplace, TenantId};
use eventlog::Db;
use strum::VariantArray as _;

use super::Doing;

/// How a marketplace answers a seller, lately and usually.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// What it refuses that it never refused anybody here, the most frequent first.
    pub new_refusals: Vec<NewRefusal>,
    /// What moderation did with replies lately, and in the weeks before, where there is one.
    pub moderated: Shift<Moderated>,
    /// How long calls took lately, and in the weeks before.
    pub pace: Shift<Pace>,
}

/// Something as it is lately and as it usually is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shift<T> {
    /// In [`RECENT_DAYS`].
    pub recent: T,
    /// In [`USUAL_DAYS`] before these.
    pub usual: T,
}

/// A refusal that came for the first time within [`NEW_FOR`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefusal {
    /// When it came.
    pub doing: Doing,
    /// Our word for it.
    pub failure: String,
    /// The status of HTTP, where there was an answer.
    pub status: Option<u16>,
    /// The marketplace's own code, where it gives one.
    pub code: Option<String>,
    /// When it came for the first time.
    pub first_at: DateTime<Utc>,
    /// When it came last.
    pub last_at: DateTime<Utc>,
    /// How often.
    pub times: i64,
    /// The marketplace's id of the latest request, for its support.
    pub request_id: Option<String>,
}

impl<T> Shift<T> {
    fn side(&mut self, is_recent: bool) -> &mut T {
        if is_recent { &mut self.recent } else { &mut self.usual }
    }
}

impl Behaviour {
    /// Tells whether moderation refuses more than usual, by a `bound` that goes by whether the seller has an alert of it.
    #[must_use]
    pub fn refuses_more(&self, bound: Bound) -> bool {
        refuses_more(self.moderated.recent, self.moderated.usual, bound)
    }

    /// Tells whether calls take longer than usual, as well.
    #[must_use]
    pub fn is_slower(&self, bound: Bound) -> bool {
        slower(&self.pace.recent, &self.pace.usual, bound)
    }

    /// How many things are not as before, as well.
    #[must_use]
    pub fn changes(&self, bound: Bound) -> u32 {
        let refusals = u32::try_from(self.new_refusals.len()).unwrap_or(u32::MAX);
        refusals
            .saturating_add(u32::from(self.refuses_more(bound)))
            .saturating_add(u32::from(self.is_slower(bound)))
    }
}

/// Reads how marketplaces answer at `now`: one seller, or all of them.
///
/// Moderation is told from days that were counted beforehand, so that what happened within minutes may be missing.
///
/// # Errors
/// What the database says.
pub async fn behaviours(
    db: &Db,
    now: DateTime<Utc>,
    of: Option<TenantId>,
) -> sqlx::Result<BTreeMap<(TenantId, Marketplace), Behaviour>> {
    let mut found = BTreeMap::new();
    add_refusals(db, now, of, &mut found).await?;
    add_moderated(db, now, of, &mut found).await?;
    add_paces(db, now, of, &mut found).await?;
    Ok(found)
}

type Found = BTreeMap<(TenantId, Marketplace), Behaviour>;

async fn add_refusals(
    db: &Db,
    now: DateTime<Utc>,
    of: Option<TenantId>,
    found: &mut Found,
) -> sqlx::Result<()> {
    let rows = sqlx::query!(
        "select r.tenant_id, r.marketplace, r.work, r.failure, r.status, r.code, r.first_at, r.last_at, r.times,
                r.request_id
            from marketplace_refusal r
            join marketplace_watched w using (marketplace)
            where r.first_at > $1 and r.times >= $2 and r.first_at >= w.since + make_interval(days => $3) and ($4::uuid is null or r.tenant_id = $4)
                and not exists (
                    select from marketplace_refusal k
                        where k.marketplace = r.marketplace and k.work = r.work and k.failure = r.failure
                            and k.status = r.status and k.code = r.code and k.first_at <= $1)
            order by r.times desc, r.failure, r.status, r.code, r.work",
        now - NEW_FOR,
        NEW_TIMES_MIN,
        LEARNED_AFTER_DAYS,
        of.map(|tenant| tenant.0),
    )
    .fetch_all(db.pool())
    .await?;
    for row in rows {
        let behaviour = found.entry(key(row.tenant_id, &row.marketplace)?).or_default();
        behaviour.new_refusals.push(NewRefusal {
            doing: row.work.parse().map_err(undecodable)?,
            failure: row.failure,
            status: u16::try_from(row.status).ok().filter(|status| *status > 0),
            code: Some(row.code).filter(|code| !code.is_empty()),
            first_at: row.first_at,
            last_at: row.last_at,
            times: row.times,
            request_id: row.request_id,
        });
    }
    Ok(())
}

async fn add_moderated(
    db: &Db,
    now: DateTime<Utc>,
    of: Option<TenantId>,
    found: &mut Found,
) -> sqlx::Result<()> {
    // The others take every reply, and would make the share of those that are checked seem small.
    let (marketplaces, channels): (Vec<String>, Vec<String>) = Marketplace::VARIANTS
        .iter()
        .flat_map(|marketplace| Channel::VARIANTS.iter().map(move |channel| (marketplace, channel)))
        .filter(|(marketplace, channel)| Capabilities::of(**marketplace, **channel).moderation)
        .map(|(marketplace, channel)| (marketplace.as_str().into(), channel.as_str().into()))
        .unzip();
    let rows = sqlx::query!(
        r#"with counted as (
                select tenant_id, day, ($1::timestamptz at time zone zone)::date - day as days_ago
                    from metric_counted_day
                    where of_table = 'metric'::regclass::oid and ($2::uuid is null or tenant_id = $2)
                        and day > ($1::timestamptz at time zone 'UTC')::date - ($3::int + $4::int + 2))
            select tenant_id, d.marketplace as "marketplace!", c.days_ago < $3 as "is_recent!",
                    coalesce(sum((d.cell->'counts'->>'answered_here')::bigint), 0)::bigint as "answered!",
                    coalesce(sum((d.cell->'counts'->>'refused')::bigint), 0)::bigint as "refused!"
                from counted c
                join metric_day d using (tenant_id, day)
                where d.told_by = 'all' and not d.is_whole and (d.marketplace, d.channel) in (select * from unnest($5::text[], $6::text[]))
                        and c.days_ago >= 0 and c.days_ago < $3 + $4
                group by tenant_id, d.marketplace, 3"#,
        now,
        of.map(|tenant| tenant.0),
        RECENT_DAYS,
        USUAL_DAYS,
        &marketplaces,
        &channels,
    )
    .fetch_all(db.pool())
    .await?;
    for row in rows {
        let behaviour = found.entry(key(row.tenant_id, &row.marketplace)?).or_default();
        *behaviour.moderated.side(row.is_recent) =
            Moderated { answered: row.answered, refused: row.refused };
    }
    Ok(())
}

async fn add_paces(
    db: &Db,
    now: DateTime<Utc>,
    of: Option<TenantId>,
    found: &mut Found,
) -> sqlx::Result<()> {
    let rows = sqlx::query!(
        r#"with pace as (
                select tenant_id, marketplace, calls, ($1::timestamptz at time zone 'UTC')::date - day as days_ago
                    from marketplace_pace where $2::uuid is null or tenant_id = $2)
            select tenant_id, marketplace, days_ago < $3 as "is_recent!", n as "class!", sum(took)::bigint as "calls!"
                from pace cross join lateral unnest(calls) with ordinality as c (took, n)
                where days_ago >= 0 and days_ago < $3 + $4
                group by tenant_id, marketplace, 3, n"#,
        now,
        of.map(|tenant| tenant.0),
        RECENT_DAYS,
        USUAL_DAYS,
    )
    .fetch_all(db.pool())
    .await?;
    for row in rows {
        let behaviour = found.entry(key(row.tenant_id, &row.marketplace)?).or_default();
        let class = usize::try_from(row.class - 1).ok().filter(|class| *class < PACE_CLASSES);
        if let Some(class) = class
            && let Some(calls) = behaviour.pace.side(row.is_recent).0.get_mut(class)
        {
            *calls = row.calls;
        }
    }
    Ok(())
}

fn key(tenant: uuid::Uuid, marketplace: &str) -> sqlx::Result<(TenantId, Marketplace)> {
    Ok((TenantId(tenant), marketplace.parse().map_err(undecodable)?))
}

fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
