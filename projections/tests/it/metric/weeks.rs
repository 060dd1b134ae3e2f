//! A closed week tells for ever what was known when it was closed, and which interactions are counted otherwise since.

use chrono::{Datelike as _, TimeDelta};
use projections::metric::Figures;
use projections::metric::weeks::{self, ChangedItem, ClosedWeek};

use super::*;

const MOSCOW: &str = ZONES[0].0;

/// The last week that is over in Moscow.
fn last_week() -> Period {
    let lately = Utc::now() - TimeDelta::minutes(10) + TimeDelta::hours(3);
    let today = lately.date_naive();
    let monday = today - Days::new(today.weekday().num_days_from_monday().into());
    period(MOSCOW, (monday - Days::new(7), monday))
}

/// A seller who has been here for a month, and what they lived.
async fn lived_for_long(pool: &PgPool, seed: u64) -> World {
    let world = lived(pool, seed).await;
    // What is read in a test is read now.
    let read = "update metric set read_at = now() - interval '30 days' where tenant_id = $1";
    sqlx::query(read).bind(TENANT.0).execute(pool).await.unwrap();
    world
}

async fn told(world: &World) -> Figures {
    metric::figures(&world.db, TENANT, &last_week(), Filter::default(), None).await.unwrap().total
}

/// Which metrics count which interactions, by the lists of these.
async fn counted(world: &World) -> BTreeMap<Uuid, BTreeSet<String>> {
    let mut counted: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for name in names() {
        let among = Among {
            name: name.clone(),
            period: last_week(),
            filter: Filter::default(),
            group: None,
        };
        for id in listed(world, TENANT, &among).await {
            counted.entry(id).or_default().insert(name.clone());
        }
    }
    counted
}

async fn closed(world: &World) -> ClosedWeek {
    weeks::closed(&world.db, TENANT, last_week().from).await.unwrap().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_closed_week_is_told_as_it_was_known_and_what_changed_since(pool: PgPool) {
    let world = lived_for_long(&pool, 60).await;
    let (numbers_then, lists_then) = (told(&world).await, counted(&world).await);
    assert!(lists_then.len() > 20, "{} interactions: void", lists_then.len());
    assert_eq!(weeks::closed(&world.db, TENANT, last_week().from).await.unwrap(), None);
    let monday = weeks::close(&world.db, TENANT, MOSCOW).await.unwrap();
    assert_eq!(monday, Some(last_week().from));
    assert_eq!(weeks::close(&world.db, TENANT, MOSCOW).await.unwrap(), None, "once");
    let week = closed(&world).await;
    assert_eq!((&week.then, &week.now, &week.changed), (&numbers_then, &numbers_then, &vec![]));

    live(&world, 61, INTERACTIONS..2 * INTERACTIONS).await;
    world.catch_up().await;
    let in_week = "interaction_id in (select interaction_id from metric_closed where facts ? $1 order by 1 limit 2)";
    for (fact, change) in [
        ("answered", "facts = facts - 'answered'"),
        ("timed", "waited_seconds = waited_seconds + 7"),
    ] {
        let change = format!("update metric set {change} where {in_week}");
        let changed = sqlx::query(AssertSqlSafe(change)).bind(fact).execute(&pool).await.unwrap();
        assert_eq!(changed.rows_affected(), 2);
    }
    let (numbers_now, lists_now) = (told(&world).await, counted(&world).await);
    let week = closed(&world).await;
    assert_eq!((&week.then, &week.now), (&numbers_then, &numbers_now));
    assert_ne!(week.then, week.now);
    let none = BTreeSet::new();
    let mut expected = BTreeMap::new();
    for id in lists_then.keys().chain(lists_now.keys()) {
        let then = lists_then.get(id).unwrap_or(&none);
        let now = lists_now.get(id).unwrap_or(&none);
        let gained: Vec<String> = now.difference(then).cloned().collect();
        let lost: Vec<String> = then.difference(now).cloned().collect();
        if !gained.is_empty() || !lost.is_empty() {
            expected.insert(*id, (gained, lost));
        }
    }
    let is_counted = |item: &&ChangedItem| !item.gained.is_empty() || !item.lost.is_empty();
    let found: BTreeMap<_, _> = week
        .changed
        .iter()
        .filter(is_counted)
        .map(|item| (item.interaction_id, (item.gained.clone(), item.lost.clone())))
        .collect();
    assert_eq!(found, expected);
    assert!(expected.values().any(|(gained, _)| gained.len() > 1), "nothing came: void");
    assert!(expected.values().any(|(_, lost)| lost == &["answered"]), "nothing went: void");
    let later: BTreeSet<Uuid> =
        lists_now.keys().filter(|id| !lists_then.contains_key(id)).copied().collect();
    let read_later = week.changed.iter().filter(|item| item.is_read_later);
    assert_eq!(read_later.map(|item| item.interaction_id).collect::<BTreeSet<_>>(), later);
    let otherwise = week.changed.iter().filter(|item| item.is_measured_otherwise).count();
    assert_eq!(otherwise, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_seller_who_came_after_a_week_has_none_of_it_closed(pool: PgPool) {
    let world = lived_for_long(&pool, 62).await;
    assert_eq!(weeks::close(&world.db, STRANGER, MOSCOW).await.unwrap(), None);
    weeks::close(&world.db, TENANT, MOSCOW).await.unwrap().unwrap();
    let monday = last_week().from;
    assert_eq!(weeks::closed(&world.db, STRANGER, monday).await.unwrap(), None, "another's");
    let others = monday - Days::new(7);
    assert_eq!(weeks::closed(&world.db, TENANT, others).await.unwrap(), None, "never closed");
}

/// The sabotage: what is kept of a week is spoilt.
#[sqlx::test(migrations = "../migrations")]
async fn a_spoilt_week_is_noticed(pool: PgPool) {
    let world = lived_for_long(&pool, 63).await;
    let numbers = told(&world).await;
    weeks::close(&world.db, TENANT, MOSCOW).await.unwrap().unwrap();
    assert_eq!(closed(&world).await.then, numbers);
    let spoilt = "delete from metric_closed where facts ? 'answered'";
    sqlx::query(spoilt).execute(&pool).await.unwrap();
    assert_ne!(closed(&world).await.then, numbers);
}
