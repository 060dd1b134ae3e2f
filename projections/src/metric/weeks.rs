//! Weeks as they were known soon after their end. What becomes known later changes the numbers of the week and not what is
//! kept here, so that the difference can be told, interaction by interaction.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::TenantId;
use eventlog::Db;
use futures::TryStreamExt as _;
use sqlx::types::Json;
use uuid::Uuid;

use super::VERSION;
use super::cells::{Cell, Measures};
use super::figures::Figures;
use super::row::Facts;
use crate::snapshot;

/// How long after its end a week is closed: what is recorded takes a moment to be counted.
const AFTER_MINUTES: i32 = 10;

/// How long closed weeks are kept: as far back as numbers are asked for.
const KEPT_DAYS: i32 = 400;

/// A closed week beside how it is told now.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedWeek {
    /// Its first day.
    pub monday: NaiveDate,
    /// In which zone its days are, by its name in the IANA database.
    pub zone: String,
    /// The version of the definitions that it was counted by.
    pub version: u32,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// Its numbers as they were known then.
    pub then: Figures,
    /// Its numbers as they are known now.
    pub now: Figures,
    /// The interactions that are counted otherwise now, in the order of their ids.
    pub changed: Vec<ChangedItem>,
}

/// An interaction that is counted otherwise than when its week was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedItem {
    /// The interaction.
    pub interaction_id: Uuid,
    /// Metrics that count it now and did not.
    pub gained: Vec<String>,
    /// Metrics that counted it and do not now.
    pub lost: Vec<String>,
    /// Whether it was read here only after the week was closed.
    pub is_read_later: bool,
    /// Whether its times, or how far it is from its draft, are told otherwise.
    pub is_measured_otherwise: bool,
}

/// Closes the last week of a seller that is over in `zone`, unless it is closed, or the seller had nothing here before its
/// end. Returns its first day where it was closed by this.
///
/// # Errors
/// What the database says, also where another process was faster; then nothing was closed.
pub async fn close(db: &Db, tenant: TenantId, zone: &str) -> sqlx::Result<Option<NaiveDate>> {
    let mut tx = db.begin().await?;
    sqlx::query!("set transaction isolation level repeatable read").execute(&mut *tx).await?;
    sqlx::query!("lock table metric in access share mode").execute(&mut *tx).await?;
    let closed = sqlx::query_scalar!(
        "with week as (
                select (date_trunc('week', lately) - interval '7 days')::date as monday,
                        date_trunc('week', lately) at time zone $2::text as until
                    from (select (now() - make_interval(mins => $4)) at time zone $2::text as lately) l)
            insert into metric_closed_week (tenant_id, monday, zone, version)
            select $1, w.monday, $2, $3 from week w
                where exists (select from metric m where m.tenant_id = $1 and m.read_at < w.until)
                    and not exists (
                        select from metric_closed_week c where c.tenant_id = $1 and c.monday = w.monday)
            returning monday",
        tenant.0,
        zone,
        i32::try_from(VERSION).unwrap_or(i32::MAX),
        AFTER_MINUTES,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(monday) = closed else { return Ok(None) };
    sqlx::query!(
        "with week as materialized (
                select $2::date::timestamp at time zone $3::text as since,
                        ($2::date::timestamp + interval '7 days') at time zone $3 as until)
            insert into metric_closed
                    (tenant_id, monday, interaction_id, facts, changed, waited_seconds, handled_seconds)
            select m.tenant_id, $2, m.interaction_id, f.facts, m.changed, m.waited_seconds, m.handled_seconds
                from week w
                join metric m on m.tenant_id = $1 and m.last_at is not null
                    and tstzrange(m.first_at, m.last_at, '[]') && tstzrange(w.since, w.until)
                cross join lateral (
                    select jsonb_object_agg(e.key, e.value) as facts
                        from jsonb_each(m.facts) e
                        where (e.value #>> '{}')::timestamptz >= w.since
                            and (e.value #>> '{}')::timestamptz < w.until) f
                where f.facts is not null",
        tenant.0,
        monday,
        zone,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from metric_closed_week where tenant_id = $1 and monday < current_date - $2::int",
        tenant.0,
        KEPT_DAYS,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Some(monday))
}

/// Reads a week as it was closed, and as it is now; none where it was not.
///
/// # Errors
/// What the database says.
pub async fn closed(
    db: &Db,
    tenant: TenantId,
    monday: NaiveDate,
) -> sqlx::Result<Option<ClosedWeek>> {
    let mut tx = snapshot::of(db, Some("metric")).await?;
    let week = sqlx::query!(
        "select zone, version, closed_at from metric_closed_week where tenant_id = $1 and monday = $2",
        tenant.0,
        monday,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(week) = week else { return Ok(None) };
    let (mut then, mut now, mut changed) = (Cell::default(), Cell::default(), Vec::new());
    let mut rows = sqlx::query!(
        r#"with week as materialized (
                select $2::date::timestamp at time zone $3::text as since,
                        ($2::date::timestamp + interval '7 days') at time zone $3 as until),
            known as (
                select interaction_id, facts, changed, waited_seconds, handled_seconds
                    from metric_closed where tenant_id = $1 and monday = $2),
            counted as (
                select m.interaction_id, f.facts, m.changed, m.waited_seconds, m.handled_seconds
                    from week w
                    join metric m on m.tenant_id = $1 and m.last_at is not null
                        and tstzrange(m.first_at, m.last_at, '[]') && tstzrange(w.since, w.until)
                    cross join lateral (
                        select jsonb_object_agg(e.key, e.value) as facts
                            from jsonb_each(m.facts) e
                            where (e.value #>> '{}')::timestamptz >= w.since
                                and (e.value #>> '{}')::timestamptz < w.until) f
                    where f.facts is not null)
            select interaction_id as "interaction_id!", k.facts as "then?: Json<Facts>", k.changed as then_changed,
                    k.waited_seconds as then_waited, k.handled_seconds as then_handled,
                    c.facts as "now?: Json<Facts>", c.changed as now_changed, c.waited_seconds as now_waited,
                    c.handled_seconds as now_handled,
                    coalesce((
                        select m.read_at > $4 from metric m
                            where m.tenant_id = $1 and m.interaction_id = c.interaction_id), false) as "is_read_later!"
                from known k full join counted c using (interaction_id)
                order by interaction_id"#,
        tenant.0,
        monday,
        week.zone,
        week.closed_at,
    )
    .fetch(&mut *tx);
    while let Some(row) = rows.try_next().await? {
        let measured_then = Measures {
            changed: row.then_changed,
            waited_seconds: row.then_waited,
            handled_seconds: row.then_handled,
        };
        let measured_now = Measures {
            changed: row.now_changed,
            waited_seconds: row.now_waited,
            handled_seconds: row.now_handled,
        };
        let (facts_then, facts_now) = (names(row.then), names(row.now));
        for name in &facts_then {
            then.count(name, measured_then);
        }
        for name in &facts_now {
            now.count(name, measured_now);
        }
        let item = ChangedItem {
            interaction_id: row.interaction_id,
            gained: facts_now.difference(&facts_then).cloned().collect(),
            lost: facts_then.difference(&facts_now).cloned().collect(),
            is_read_later: row.is_read_later,
            is_measured_otherwise: differ((&facts_then, measured_then), (&facts_now, measured_now)),
        };
        if !item.gained.is_empty() || !item.lost.is_empty() || item.is_measured_otherwise {
            changed.push(item);
        }
    }
    drop(rows);
    tx.commit().await?;
    Ok(Some(ClosedWeek {
        monday,
        zone: week.zone,
        version: u32::try_from(week.version).unwrap_or_default(),
        closed_at: week.closed_at,
        then: then.figures(),
        now: now.figures(),
        changed,
    }))
}

fn names(facts: Option<Json<Facts>>) -> BTreeSet<String> {
    facts.map_or_else(BTreeSet::new, |Json(facts)| facts.into_keys().collect())
}

/// Whether something is measured of both, and otherwise.
fn differ(
    (then, measured_then): (&BTreeSet<String>, Measures),
    (now, measured_now): (&BTreeSet<String>, Measures),
) -> bool {
    let both = measured_then.named().into_iter().zip(measured_now.named());
    both.into_iter().any(|((name, before), (_, after))| {
        before != after && then.contains(name) && now.contains(name)
    })
}
