//! Every number about answers is what the log says, counted anew from its events in another way, and opens exactly the
//! interactions that it counts.

mod days;
mod lives;
mod recounted;
mod weeks;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};
use domain::{AccountId, Channel, Marketplace, StreamId, TenantId};
use projections::metric::{self, Among, By, Figure, Filter, Metric, PageKey, Period};
use projections::rebuild::rebuild_tenant;
use projections::{ReadModel, recorded};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use self::lives::{ACCOUNTS, CAUSES, live};
use self::recounted::Recounted;
use crate::support::*;

const INTERACTIONS: u128 = 150;

/// Zones without summer time, so that the recount needs no rules of them.
const ZONES: [(&str, i32); 2] = [("Europe/Moscow", 3), ("Asia/Vladivostok", 10)];

/// A group, by its key if it has one, and what is counted in it.
type Cell = (Option<String>, String);

async fn lived(pool: &PgPool, seed: u64) -> World {
    let world = World::new(pool);
    live(&world, seed, 0..INTERACTIONS).await;
    world.append(STRANGER, stream(900), "interaction", &[ingested(900)]).await;
    world.append(STRANGER, stream(900), "interaction", &[requested(reply(900))]).await;
    world.append(STRANGER, stream(900), "interaction", &[sent(reply(900))]).await;
    world.catch_up().await;
    world
}

async fn recount(world: &World) -> Vec<Recounted> {
    let mut streams: BTreeMap<StreamId, Vec<_>> = BTreeMap::new();
    for stored in world.log.read_tenant(TENANT, 0, 100_000).await.unwrap() {
        let recorded = recorded(stored).unwrap();
        streams.entry(recorded.stream).or_default().push(recorded);
    }
    streams.into_iter().filter_map(|(id, events)| Recounted::of(id.0, &events)).collect()
}

/// The key of the group that an interaction is in.
fn key(one: &Recounted, at: DateTime<Utc>, by: By, offset: FixedOffset) -> Option<String> {
    match by {
        By::Channel => Some(one.source.channel.as_str().to_owned()),
        By::Marketplace => Some(one.source.marketplace.as_str().to_owned()),
        By::Account => Some(one.source.account_id.0.to_string()),
        By::Product => Some(one.article.clone()).filter(|article| !article.is_empty()),
        By::Intent => one.intent.clone(),
        By::Rating => one.rating.map(|rating| rating.to_string()),
        By::Operator => one.operator.clone(),
        By::Day => Some(at.with_timezone(&offset).date_naive().to_string()),
    }
}

fn is_among(one: &Recounted, filter: Filter) -> bool {
    filter.account.is_none_or(|account| one.source.account_id == account)
        && filter.marketplace.is_none_or(|marketplace| one.source.marketplace == marketplace)
        && filter.channel.is_none_or(|channel| one.source.channel == channel)
}

/// The value that a share of values does not exceed.
fn percentile(values: &mut [i64], tenths: usize) -> Option<i64> {
    values.sort_unstable();
    (!values.is_empty()).then(|| values[(values.len() * tenths).div_ceil(10) - 1])
}

fn names() -> BTreeSet<String> {
    let of_metrics = [
        Metric::Answered,
        Metric::AnsweredHere,
        Metric::AnsweredElsewhere,
        Metric::Automatic,
        Metric::InBulk,
        Metric::Unmeasured,
        Metric::Judged,
        Metric::Accepted,
        Metric::Edited,
        Metric::Manual,
        Metric::Measured,
        Metric::Timed,
        Metric::SlaDue,
        Metric::SlaMet,
        Metric::SlaMissed,
        Metric::Refused,
        Metric::Unknown,
        Metric::Failed,
        Metric::InDoubt,
    ]
    .map(|metric| metric.as_str().to_owned());
    let causes = CAUSES.iter().map(|cause| metric::failed_by(*cause));
    of_metrics.into_iter().chain(causes).collect()
}

/// Reads a list page by page, with as few rows on each as show that none is lost between them.
async fn listed(world: &World, tenant: TenantId, among: &Among) -> Vec<Uuid> {
    let (mut found, mut after) = (Vec::new(), None::<PageKey>);
    loop {
        let page = metric::items(&world.db, tenant, among, after, 7).await.unwrap();
        found.extend(page.rows.iter().map(|row| row.interaction_id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

/// Tells which numbers, or lists behind them, are not what the recount says; and how many were above 0.
async fn compared(
    world: &World,
    recounted: &[Recounted],
    period: &Period,
    filter: Filter,
    by: Option<By>,
) -> (Vec<String>, usize) {
    let hours = ZONES.iter().find(|(zone, _)| *zone == period.zone).unwrap().1;
    let offset = FixedOffset::east_opt(hours * 3_600).unwrap();
    let mut expected: BTreeMap<Cell, Vec<(DateTime<Utc>, &Recounted)>> = BTreeMap::new();
    for one in recounted.iter().filter(|one| is_among(one, filter)) {
        for (name, at) in &one.counted {
            let day = at.with_timezone(&offset).date_naive();
            if (period.from..period.to).contains(&day) {
                let key = by.and_then(|by| key(one, *at, by, offset));
                expected.entry((key, name.clone())).or_default().push((*at, one));
            }
        }
    }
    let told = metric::figures(&world.db, TENANT, period, filter, by).await.unwrap();
    let groups = match by {
        Some(_) => told.groups,
        None => vec![metric::Group { key: None, figures: told.total }],
    };
    let mut keys: BTreeSet<Option<String>> = groups.iter().map(|group| group.key.clone()).collect();
    keys.extend(expected.keys().map(|(key, _)| key.clone()));
    let (mut differences, mut above) = (Vec::new(), 0);
    for (key, name) in
        keys.iter().flat_map(|key| names().into_iter().map(move |name| (key.clone(), name)))
    {
        let mut them = expected.remove(&(key.clone(), name.clone())).unwrap_or_default();
        them.sort_by_key(|(at, one)| std::cmp::Reverse((*at, one.id)));
        let mut values: Vec<i64> = them.iter().filter_map(|(_, one)| one.value(&name)).collect();
        let wanted = Figure {
            count: i64::try_from(them.len()).unwrap(),
            p50: percentile(&mut values, 5),
            p90: percentile(&mut values, 9),
        };
        let group = groups.iter().find(|group| group.key == key);
        let told = group.map(|group| group.figures.named(&name)).unwrap_or_default();
        let among = Among {
            name: name.clone(),
            period: period.clone(),
            filter,
            group: by.map(|by| (by, key.clone())),
        };
        let list = listed(world, TENANT, &among).await;
        if told != wanted || !list.iter().eq(them.iter().map(|(_, one)| &one.id)) {
            differences.push(format!("{name} of {key:?} by {by:?}: {told:?} for {wanted:?}"));
        }
        above += usize::from(wanted.count > 0);
    }
    (differences, above)
}

fn days(back: u64, ahead: u64) -> (NaiveDate, NaiveDate) {
    let today = Utc::now().date_naive();
    (today - Days::new(back), today + Days::new(ahead))
}

fn period(zone: &'static str, (from, to): (NaiveDate, NaiveDate)) -> Period {
    Period { from, to, zone }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_number_and_its_list_is_what_the_log_says(pool: PgPool) {
    let world = lived(&pool, 0).await;
    for seed in 1..3 {
        let recounted = recount(&world).await;
        let whole = period(ZONES[0].0, days(40, 40));
        for by in [
            None,
            Some(By::Channel),
            Some(By::Marketplace),
            Some(By::Account),
            Some(By::Product),
            Some(By::Intent),
            Some(By::Rating),
            Some(By::Operator),
            Some(By::Day),
        ] {
            let (differences, above) =
                compared(&world, &recounted, &whole, Filter::default(), by).await;
            assert_eq!(differences, Vec::<String>::new(), "seed {seed}");
            assert!(by.is_some() || above >= 26, "{above} of {} kinds: void", names().len());
        }
        for (zone, _) in ZONES {
            let short = period(zone, days(6, 1));
            for by in [None, Some(By::Day)] {
                let found = compared(&world, &recounted, &short, Filter::default(), by).await;
                assert_eq!(found.0, Vec::<String>::new(), "{zone}, seed {seed}");
            }
        }
        for filter in [
            Filter { account: Some(AccountId(ACCOUNTS[1])), ..Filter::default() },
            Filter { marketplace: Some(Marketplace::Ozon), ..Filter::default() },
            Filter { channel: Some(Channel::Chat), ..Filter::default() },
        ] {
            let (differences, above) = compared(&world, &recounted, &whole, filter, None).await;
            assert_eq!(differences, Vec::<String>::new(), "{filter:?}, seed {seed}");
            assert!(above > 5, "{filter:?}: void");
        }
        sqlx::query("truncate metric").execute(&pool).await.unwrap();
        rebuild_tenant(&world.db, &world.log, ReadModel::Metric, TENANT).await.unwrap();
        let (differences, _) = compared(&world, &recounted, &whole, Filter::default(), None).await;
        assert_eq!(differences, Vec::<String>::new(), "rebuilt, seed {seed}");
        let first = u128::from(seed) * INTERACTIONS;
        live(&world, seed, first..first + INTERACTIONS).await;
        world.catch_up().await;
    }
}

/// The sabotage: rows that say something else than the log.
#[sqlx::test(migrations = "../migrations")]
async fn a_spoilt_row_is_noticed(pool: PgPool) {
    let world = lived(&pool, 5).await;
    let recounted = recount(&world).await;
    let whole = period(ZONES[0].0, days(40, 40));
    let differing = async || {
        let by = Some(By::Day);
        compared(&world, &recounted, &whole, Filter::default(), by).await.0.len()
    };
    let one = |fact: &str| {
        format!(
            "where interaction_id = (select interaction_id from metric
                where tenant_id = '{}' and {fact} limit 1)",
            TENANT.0
        )
    };
    for spoil in [
        format!("update metric set facts = facts - 'timed' {}", one("facts ? 'timed'")),
        format!(
            "update metric set facts = facts || jsonb_build_object('refused', answered_at) {}",
            one("answered_at is not null and not facts ? 'refused'")
        ),
        "update metric set waited_seconds = waited_seconds + 1".to_owned(),
        format!(
            "update metric set first_at = first_at - interval '100 days', last_at = first_at - interval '100 days' {}",
            one("facts ? 'timed'")
        ),
        format!("delete from metric {}", one("facts ? 'edited'")),
    ] {
        assert_eq!(differing().await, 0);
        let spoilt = sqlx::query(AssertSqlSafe(spoil.clone())).execute(&pool).await.unwrap();
        assert!(spoilt.rows_affected() > 0, "{spoil}: void");
        assert!(differing().await > 0, "{spoil}");
        rebuild_tenant(&world.db, &world.log, ReadModel::Metric, TENANT).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_seller_sees_only_their_own(pool: PgPool) {
    let world = lived(&pool, 9).await;
    let then = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    let of_then = period(ZONES[0].0, (then, then + Days::new(1)));
    let counted = async |tenant| {
        let filter = Filter::default();
        let told = metric::figures(&world.db, tenant, &of_then, filter, None).await.unwrap();
        told.total.of(Metric::Answered).count
    };
    assert_eq!((counted(STRANGER).await, counted(TENANT).await), (1, 0));
    let name = Metric::Answered.as_str().to_owned();
    let among = Among { name, period: of_then.clone(), filter: Filter::default(), group: None };
    assert_eq!(listed(&world, STRANGER, &among).await, [stream(900).0]);
    assert_eq!(listed(&world, TENANT, &among).await, Vec::<Uuid>::new());
}
