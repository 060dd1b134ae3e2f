//! Days that are counted beforehand tell what their rows say, whatever happens to these meanwhile.

use projections::metric::days;
use projections::rebuild::rebuild;

use super::*;

const MOSCOW: &str = ZONES[0].0;

/// Counts all days that are over.
async fn count(world: &World, zone: &str) -> usize {
    let mut all = 0;
    loop {
        match days::count(&world.db, TENANT, zone).await.unwrap() {
            0 => return all,
            counted => all += counted,
        }
    }
}

async fn number(pool: &PgPool, query: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(pool).await.unwrap()
}

/// Days with cells that are told as they were counted, and days that something was noted on since.
async fn kept_and_noted(pool: &PgPool) -> (i64, i64) {
    let noted = "exists (select from metric_changed n where n.tenant_id = c.tenant_id
        and n.minute >= c.day::timestamp at time zone c.zone and n.minute < c.until)";
    let days = "select count(*) from metric_counted_day c
        where exists (select from metric_day d where d.tenant_id = c.tenant_id and d.day = c.day)";
    let kept = number(pool, &format!("{days} and not {noted}")).await;
    (kept, number(pool, &format!("{days} and {noted}")).await)
}

/// Fails where a number or its list is not what the log says.
async fn agrees(world: &World, what: &str) {
    let recounted = recount(world).await;
    for zone in ZONES.map(|(zone, _)| zone) {
        for by in [None, Some(By::Product), Some(By::Intent), Some(By::Operator), Some(By::Day)] {
            let whole = period(zone, days(40, 40));
            let found = compared(world, &recounted, &whole, Filter::default(), by).await;
            assert_eq!(found.0, Vec::<String>::new(), "{what}, {zone}");
        }
    }
    let filter = Filter { channel: Some(Channel::Chat), ..Filter::default() };
    let whole = period(MOSCOW, days(40, 40));
    let (differences, above) = compared(world, &recounted, &whole, filter, Some(By::Rating)).await;
    assert_eq!(differences, Vec::<String>::new(), "{what}");
    assert!(above > 5, "{what}: void");
}

/// More lives, and ends of some that are there.
async fn live_on(world: &World, pool: &PgPool, seed: u64) {
    let first = u128::from(seed) * INTERACTIONS;
    live(world, seed, first..first + INTERACTIONS).await;
    world.catch_up().await;
    let (_, noted) = kept_and_noted(pool).await;
    assert!(noted > 0, "nothing happened to days that were counted: void");
}

#[sqlx::test(migrations = "../migrations")]
async fn days_counted_beforehand_tell_what_the_log_says(pool: PgPool) {
    let world = lived(&pool, 20).await;
    assert!(days::due(&world.db).await.unwrap().contains(&TENANT));
    assert!(count(&world, MOSCOW).await > 3);
    let (kept, noted) = kept_and_noted(&pool).await;
    assert!(kept > 3 && noted == 0, "{kept} days kept, {noted} noted");
    assert!(!days::due(&world.db).await.unwrap().contains(&TENANT));
    agrees(&world, "counted").await;
    live_on(&world, &pool, 21).await;
    assert!(days::due(&world.db).await.unwrap().contains(&TENANT));
    agrees(&world, "some of them changed").await;
    assert!(count(&world, MOSCOW).await > 0);
    assert_eq!(kept_and_noted(&pool).await.1, 0);
    let own = format!("select count(*) from metric_changed where tenant_id = '{}'", TENANT.0);
    assert_eq!(number(&pool, &own).await, 0);
    agrees(&world, "counted again").await;
    assert!(count(&world, ZONES[1].0).await > 3, "of another zone");
    agrees(&world, "counted elsewhere").await;
    rebuild(&world.db, &world.log, ReadModel::Metric, |_| ()).await.unwrap();
    agrees(&world, "rebuilt").await;
    assert!(count(&world, MOSCOW).await > 3, "of another table");
    live_on(&world, &pool, 22).await;
    agrees(&world, "changed after a rebuild").await;
    count(&world, MOSCOW).await;
    rebuild_tenant(&world.db, &world.log, ReadModel::Metric, TENANT).await.unwrap();
    assert!(kept_and_noted(&pool).await.1 > 0);
    agrees(&world, "one seller's rebuilt").await;
}

/// Rows change while two processes count.
#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_missed_while_days_are_counted(pool: PgPool) {
    let world = lived(&pool, 30).await;
    let done = std::sync::atomic::AtomicBool::new(false);
    let counting = async || {
        let (mut counted, mut lost) = (0, 0);
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            match days::count(&world.db, TENANT, MOSCOW).await {
                Ok(days) => counted += days,
                Err(_) => lost += 1,
            }
            tokio::task::yield_now().await;
        }
        (counted, lost)
    };
    let living = async {
        for seed in 31..35 {
            let first = u128::from(seed) * INTERACTIONS;
            live(&world, seed, first..first + 40).await;
            world.catch_up().await;
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let (one, other, ()) = tokio::join!(counting(), counting(), living);
    assert!(one.0 + other.0 > 10, "{one:?}, {other:?} days counted and turns lost");
    agrees(&world, "counted meanwhile").await;
    count(&world, MOSCOW).await;
    agrees(&world, "counted").await;
}

/// The sabotages: cells that say something else, and changes that nobody notes.
#[sqlx::test(migrations = "../migrations")]
async fn a_spoilt_day_and_an_unnoted_change_are_noticed(pool: PgPool) {
    let world = lived(&pool, 40).await;
    let recounted = recount(&world).await;
    let whole = period(MOSCOW, days(40, 40));
    let differing = async |recounted: &[Recounted]| {
        let by = Some(By::Day);
        compared(&world, recounted, &whole, Filter::default(), by).await.0.len()
    };
    for spoil in [
        "update metric_day set cell = jsonb_set(cell::jsonb, '{counts,answered}', '7')::json
            where cell->'counts'->>'answered' is not null",
        "update metric_day set cell = jsonb_set(cell::jsonb, '{waited}', cell::jsonb->'waited' || '1000000')::json",
        "delete from metric_day",
    ] {
        let anew = "update metric_counted_day set of_table = 0";
        sqlx::query(anew).execute(&pool).await.unwrap();
        count(&world, MOSCOW).await;
        assert_eq!(differing(&recounted).await, 0, "{spoil}");
        sqlx::query(AssertSqlSafe(spoil)).execute(&pool).await.unwrap();
        assert!(differing(&recounted).await > 0, "{spoil}");
    }
    rebuild_tenant(&world.db, &world.log, ReadModel::Metric, TENANT).await.unwrap();
    count(&world, MOSCOW).await;
    assert_eq!(differing(&recounted).await, 0);
    sqlx::query("alter table metric disable trigger user").execute(&pool).await.unwrap();
    live(&world, 41, INTERACTIONS..INTERACTIONS + 50).await;
    world.catch_up().await;
    assert!(differing(&recount(&world).await).await > 0, "changes that nobody notes");
}
