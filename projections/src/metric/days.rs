//! Days counted beforehand. A day is counted once it is over, and today as far as it has come now and then; what changes
//! there later is noted by the table itself (`metric_changed`), and until the day has been counted anew it is counted
//! whenever somebody asks.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Channel, Marketplace, TenantId};
use eventlog::Db;
use futures::TryStreamExt as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::types::Json;
use sqlx::{Decode, PgConnection, Postgres, Type};
use uuid::Uuid;

use super::cells::{Apart, Cell, Counted, Day, Place, Shared};
use super::figures::{Filter, Period};
use super::row::Facts;

/// Most days that are counted at once: a month, of which the rows of a large seller are read in a second.
const AT_ONCE: i64 = 31;

/// How far back days are counted beforehand: twice as far as numbers are asked for.
const BACK_DAYS: i32 = 800;

/// How old what is counted of today may become: as long as that is counted whenever somebody asks.
const TODAY_MINUTES: i32 = 15;

/// Cells written by one statement.
const CELLS: usize = 1000;

/// Lists sellers of whom days may have to be counted: something changed, or today has come further.
///
/// # Errors
/// What the database says.
pub async fn due(db: &Db) -> sqlx::Result<Vec<TenantId>> {
    let sellers = sqlx::query_scalar!(
        r#"with recursive seller as (
                (select tenant_id from metric where last_at is not null order by tenant_id limit 1)
                union all
                select (
                    select m.tenant_id from metric m
                        where m.tenant_id > s.tenant_id and m.last_at is not null
                        order by m.tenant_id limit 1)
                    from seller s where s.tenant_id is not null)
            select s.tenant_id as "tenant_id!" from seller s
            where s.tenant_id is not null
                and (exists (select from metric_changed c where c.tenant_id = s.tenant_id)
                    or not exists (
                        select from metric_counted_day d
                        where d.tenant_id = s.tenant_id and d.day > current_date - 3
                            and d.until > now() - make_interval(mins => $1) and d.of_table = 'metric'::regclass::oid))"#,
        TODAY_MINUTES,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(sellers.into_iter().map(TenantId).collect())
}

/// Counts days of a seller in `zone`, newest first, at most a month of them. Returns how many were counted: 0 when all
/// are, or another process is counting this seller's.
///
/// # Errors
/// What the database says, also where another process was faster; then nothing was counted.
pub async fn count(db: &Db, tenant: TenantId, zone: &str) -> sqlx::Result<usize> {
    let mut tx = db.begin().await?;
    sqlx::query!("set transaction isolation level repeatable read").execute(&mut *tx).await?;
    // Before the first query, which takes the snapshot: the rows of a table that a rebuild put in its place after that
    // do not exist in it.
    sqlx::query!("lock table metric in access share mode").execute(&mut *tx).await?;
    let is_alone = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(4206, hashtext($1)) as "is_alone!""#,
        tenant.0.to_string(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if !is_alone {
        return Ok(0);
    }
    let days = stale(&mut tx, tenant, zone).await?;
    let mut all: Vec<(Apart, BTreeMap<Shared, Cell>)> =
        Apart::all().map(|apart| (apart, BTreeMap::new())).collect();
    now(&mut tx, tenant, &days, Filter::default(), |row| {
        for (apart, cells) in &mut all {
            row.count_in(cells, *apart, &days);
        }
    })
    .await?;
    put(&mut tx, tenant, zone, &days).await?;
    for (apart, cells) in &all {
        let cells: Vec<(&Shared, &Cell)> = cells.iter().collect();
        for cells in cells.chunks(CELLS) {
            put_cells(&mut tx, tenant, *apart, cells).await?;
        }
    }
    forget_notes(&mut tx, tenant, &days).await?;
    tx.commit().await?;
    Ok(days.len())
}

/// Lists days that are not counted, or not as far as they have come, or were before something changed on them: each up
/// to its end or the minute before the last, since what is recorded takes a moment to be counted.
async fn stale(tx: &mut PgConnection, tenant: TenantId, zone: &str) -> sqlx::Result<Vec<Day>> {
    let mut days = sqlx::query_as!(
        Day,
        r#"with past as (
                select greatest((min(last_at) at time zone $2::text)::date,
                            (now() at time zone $2)::date - $3::int) as first,
                        (now() at time zone $2)::date as today,
                        date_trunc('minute', now()) - interval '1 minute' as lately
                    from metric where tenant_id = $1 and last_at is not null),
            day as (
                select d::date as day, d at time zone $2 as since,
                        least((d + interval '1 day') at time zone $2, lately) as until
                    from past, generate_series(first::timestamp, today::timestamp, '1 day') d)
            select d.day as "day!", d.since as "since!", d.until as "until!"
                from day d
                left join metric_counted_day c on c.tenant_id = $1 and c.day = d.day and c.zone = $2
                    and c.of_table = 'metric'::regclass::oid
                where d.since < d.until
                    and (c.day is null
                        or c.until < least(d.until, now() - make_interval(mins => $5))
                        or exists (
                            select from metric_changed n
                                where n.tenant_id = $1 and n.minute < c.until
                                    and n.minute > d.since - interval '1 minute'))
                order by c.counted_at nulls first, d.day desc
                limit $4"#,
        tenant.0,
        zone,
        BACK_DAYS,
        AT_ONCE,
        TODAY_MINUTES,
    )
    .fetch_all(tx)
    .await?;
    days.sort_by_key(|day| day.day);
    Ok(days)
}

/// Notes that `days` are counted in `zone`. What they were counted as before goes, and so do days of another zone or
/// table: nobody asks for them any more.
async fn put(
    tx: &mut PgConnection,
    tenant: TenantId,
    zone: &str,
    days: &[Day],
) -> sqlx::Result<()> {
    let (days, until): (Vec<_>, Vec<_>) = days.iter().map(|day| (day.day, day.until)).unzip();
    sqlx::query!(
        "delete from metric_counted_day
            where tenant_id = $1 and (day = any($2) or zone <> $3 or of_table <> 'metric'::regclass::oid)",
        tenant.0,
        &days,
        zone,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into metric_counted_day (tenant_id, day, until, zone, of_table)
            select $1, d.day, d.until, $4, 'metric'::regclass::oid
                from unnest($2::date[], $3::timestamptz[]) d (day, until)",
        tenant.0,
        &days,
        &until,
        zone,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn put_cells(
    tx: &mut PgConnection,
    tenant: TenantId,
    apart: Apart,
    cells: &[(&Shared, &Cell)],
) -> sqlx::Result<()> {
    let days: Vec<NaiveDate> = cells.iter().map(|(shared, _)| shared.day).collect();
    let keys: Vec<Option<&str>> = cells.iter().map(|(shared, _)| shared.key.as_deref()).collect();
    let from = || cells.iter().map(|(shared, _)| shared.from.as_ref());
    let accounts: Vec<Option<Uuid>> = from().map(|from| Some(from?.account_id)).collect();
    let marketplaces: Vec<Option<&str>> = from().map(|from| Some(&*from?.marketplace)).collect();
    let channels: Vec<Option<&str>> = from().map(|from| Some(&*from?.channel)).collect();
    let cells = cells.iter().map(|(_, cell)| serde_json::to_string(cell));
    let cells: Vec<String> =
        cells.collect::<Result<_, _>>().map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "insert into metric_day (tenant_id, day, told_by, is_whole, key, account_id, marketplace, channel, cell)
            select $1, c.day, $2, $3, c.key, c.account_id, c.marketplace, c.channel, c.cell::json
                from unnest($4::date[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[])
                    c (day, key, account_id, marketplace, channel, cell)",
        tenant.0,
        apart.told_by.as_str(),
        apart.is_whole,
        &days,
        &keys as &[Option<&str>],
        &accounts as &[Option<Uuid>],
        &marketplaces as &[Option<&str>],
        &channels as &[Option<&str>],
        &cells,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes the notes that this snapshot shows, but for those on a day that is counted and was not counted anew.
async fn forget_notes(tx: &mut PgConnection, tenant: TenantId, days: &[Day]) -> sqlx::Result<()> {
    let days: Vec<NaiveDate> = days.iter().map(|day| day.day).collect();
    sqlx::query!(
        "delete from metric_changed n
            where n.tenant_id = $1 and not exists (
                select from metric_counted_day c
                    where c.tenant_id = $1 and c.day <> all($2)
                        and n.minute < c.until
                        and n.minute > c.day::timestamp at time zone c.zone - interval '1 minute')",
        tenant.0,
        &days,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A period by how its days are to be told.
pub(super) struct Told {
    /// Days of which cells are to be added up.
    pub(super) counted: Vec<NaiveDate>,
    /// Days, or what of them is not counted, in order.
    pub(super) others: Vec<Day>,
}

/// Divides a period into what is counted as it stands and what is not.
pub(super) async fn of_period(
    tx: &mut PgConnection,
    tenant: TenantId,
    period: &Period,
) -> sqlx::Result<Told> {
    let days = sqlx::query!(
        r#"with day as (
                select d::date as day, d at time zone $4::text as since, (d + interval '1 day') at time zone $4 as until
                    from generate_series($2::date::timestamp, $3::date::timestamp - interval '1 day', '1 day') d)
            select d.day as "day!", d.since as "since!", d.until as "until!", c.until as "counted_until?"
                from day d
                left join metric_counted_day c on c.tenant_id = $1 and c.day = d.day and c.zone = $4
                    and c.of_table = 'metric'::regclass::oid
                    and not exists (
                        select from metric_changed n
                            where n.tenant_id = $1 and n.minute < c.until
                                and n.minute > d.since - interval '1 minute')
                order by d.day"#,
        tenant.0,
        period.from,
        period.to,
        period.zone,
    )
    .fetch_all(tx)
    .await?;
    let mut told = Told { counted: Vec::new(), others: Vec::new() };
    for row in days {
        if row.counted_until.is_some() {
            told.counted.push(row.day);
        }
        let since = row.counted_until.unwrap_or(row.since);
        if since < row.until {
            told.others.push(Day { day: row.day, since, until: row.until });
        }
    }
    Ok(told)
}

/// A cell as it is kept, as JSON that whoever adds it up reads.
#[derive(Debug)]
struct Packed(String);

impl Type<Postgres> for Packed {
    fn type_info() -> PgTypeInfo {
        <Json<Cell> as Type<Postgres>>::type_info()
    }

    fn compatible(info: &PgTypeInfo) -> bool {
        <Json<Cell> as Type<Postgres>>::compatible(info)
    }
}

impl<'r> Decode<'r, Postgres> for Packed {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(value.as_str()?.to_owned()))
    }
}

/// Reads the cells of days that are counted, each as it is kept.
pub(super) async fn counted(
    tx: &mut PgConnection,
    tenant: TenantId,
    days: &[NaiveDate],
    filter: Filter,
    apart: Apart,
    mut add: impl FnMut(&Shared, &str) -> serde_json::Result<()>,
) -> sqlx::Result<()> {
    let mut cells = sqlx::query!(
        r#"select day, key, account_id, marketplace, channel, cell as "cell: Packed"
            from metric_day
            where tenant_id = $1 and day = any($2) and told_by = $3 and is_whole = $7
                and ($4::uuid is null or account_id = $4)
                and ($5::text is null or marketplace = $5)
                and ($6::text is null or channel = $6)"#,
        tenant.0,
        days,
        apart.told_by.as_str(),
        filter.account.map(|account| account.0) as Option<Uuid>,
        filter.marketplace.map(Marketplace::as_str) as Option<&str>,
        filter.channel.map(Channel::as_str) as Option<&str>,
        apart.is_whole,
    )
    .fetch(tx);
    while let Some(row) = cells.try_next().await? {
        let from = row.account_id.zip(row.marketplace).zip(row.channel);
        let from = from.map(|((account_id, marketplace), channel)| Place {
            account_id,
            marketplace,
            channel,
        });
        let shared = Shared { day: row.day, key: row.key, from };
        add(&shared, &row.cell.0).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    }
    Ok(())
}

/// Reads the interactions that count on `days`, which are in order; one that counts on days apart is read for each run
/// of days.
pub(super) async fn now(
    tx: &mut PgConnection,
    tenant: TenantId,
    days: &[Day],
    filter: Filter,
    mut count: impl FnMut(&Counted),
) -> sqlx::Result<()> {
    let runs: Vec<(DateTime<Utc>, DateTime<Utc>)> = days
        .chunk_by(|day, next| day.until == next.since)
        .filter_map(|run| Some((run.first()?.since, run.last()?.until)))
        .collect();
    let (since, until): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
    let mut rows = sqlx::query_as!(
        Counted,
        r#"select m.account_id as "account_id!", m.marketplace as "marketplace!", m.channel as "channel!",
                m.product_article as "product_article!", m.rating, m.intent, m.operator, m.changed, m.waited_seconds,
                m.handled_seconds, m.facts as "facts!: Json<Facts>", w.since as "since!", w.until as "until!"
            from unnest($2::timestamptz[], $3::timestamptz[]) w (since, until)
            cross join lateral (
                select * from metric m
                    where m.tenant_id = $1 and m.last_at is not null
                        and tstzrange(m.first_at, m.last_at, '[]') && tstzrange(w.since, w.until)
                        and ($4::uuid is null or m.account_id = $4)
                        and ($5::text is null or m.marketplace = $5)
                        and ($6::text is null or m.channel = $6)
                    offset 0) m"#,
        tenant.0,
        &since,
        &until,
        filter.account.map(|account| account.0) as Option<Uuid>,
        filter.marketplace.map(Marketplace::as_str) as Option<&str>,
        filter.channel.map(Channel::as_str) as Option<&str>,
    )
    .fetch(tx);
    while let Some(row) = rows.try_next().await? {
        count(&row);
    }
    Ok(())
}
