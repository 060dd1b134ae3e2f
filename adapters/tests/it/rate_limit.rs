//! The shared limit on a real database: never exceeded, well used, and blocks obeyed.

use std::time::Duration;

use adapters::rate_limit::{Limit, Limiter, Priority, Reservation, Slot, Turn};
use adapters::wildberries::{LIMIT, LIMIT_BASIC};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountId, TenantId};
use eventlog::Db;
use futures::future::join_all;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

const FOREVER: Duration = Duration::from_secs(100_000);

fn limiter(pool: &PgPool, limit: Limit) -> Limiter {
    Limiter::new(
        Db::from_pool(pool.clone()),
        TenantId(Uuid::from_u128(1)),
        AccountId(Uuid::from_u128(2)),
        limit,
    )
}

fn limit(interval: Duration, burst: u32) -> Limit {
    Limit { scope: "test", interval, burst }
}

/// The pools of other processes on the same database.
async fn processes(pool: &PgPool, count: usize) -> Vec<PgPool> {
    let connect =
        || PgPoolOptions::new().max_connections(4).connect_with((*pool.connect_options()).clone());
    join_all((0..count).map(|_| connect())).await.into_iter().map(Result::unwrap).collect()
}

async fn slot(limiter: &Limiter, kept: u32) -> Slot {
    let priority = if kept == 0 { Priority::Write } else { Priority::Read };
    match limiter.reserve(priority, kept, FOREVER).await.unwrap() {
        Reservation::Taken(slot) => slot,
        Reservation::TooLong(wait) => panic!("{wait:?} is longer than for ever"),
    }
}

async fn now(pool: &PgPool) -> DateTime<Utc> {
    sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(pool).await.unwrap()
}

/// Reserves `each` slots in each of many tasks of several processes, as readers and writers.
async fn reserve_from_all_sides(pool: &PgPool, limit: Limit, each: usize) -> Vec<DateTime<Utc>> {
    let pools = processes(pool, 3).await;
    let tasks = (0..12).map(|task| {
        let limiter = limiter(&pools[task % pools.len()], limit);
        tokio::spawn(async move {
            let mut slots = Vec::new();
            for n in 0..each {
                slots.push(slot(&limiter, if (task + n) % 3 == 0 { 2 } else { 0 }).await.at);
            }
            slots
        })
    });
    let mut slots: Vec<_> = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();
    slots.sort_unstable();
    slots
}

/// Tells whether every window of `slots` keeps to the limit.
fn keeps_to(slots: &[DateTime<Utc>], limit: Limit) -> bool {
    slots.iter().enumerate().all(|(first, from)| {
        slots.iter().skip(first).zip(1_u32..).all(|(to, count)| {
            let grown =
                (*to - *from).num_microseconds().unwrap() as u128 / limit.interval.as_micros();
            u128::from(count) <= u128::from(limit.burst) + grown
        })
    })
}

#[sqlx::test(migrations = "../migrations")]
async fn no_window_holds_more_than_the_limit_whoever_asks(pool: PgPool) {
    let slots = reserve_from_all_sides(&pool, LIMIT, 40).await;
    assert_eq!(slots.len(), 480);
    assert!(keeps_to(&slots, LIMIT));
    // The same judgement notices a limit one token smaller, or a shade slower.
    assert!(!keeps_to(&slots, Limit { burst: LIMIT.burst - 1, ..LIMIT }));
    assert!(!keeps_to(&slots, Limit { interval: LIMIT.interval.mul_f64(1.05), ..LIMIT }));
}

#[sqlx::test(migrations = "../migrations")]
async fn at_least_nine_tenths_of_the_published_budget_are_used_when_there_is_work(pool: PgPool) {
    let slots = reserve_from_all_sides(&pool, LIMIT, 25).await;
    let seconds = (slots[slots.len() - 1] - slots[0]).as_seconds_f64();
    // Published: 3 in a second, 6 at once.
    let used = slots.len() as f64 / (6.0 + seconds * 3.0);
    assert!(used > 0.9, "{used}");
}

/// The published bucket, which counts arrivals, meets no call too many although each travels for a time of its own.
#[sqlx::test(migrations = "../migrations")]
async fn a_saturated_limit_meets_no_429_although_calls_travel(pool: PgPool) {
    let slots = reserve_from_all_sides(&pool, LIMIT, 40).await;
    let mut random = SmallRng::seed_from_u64(7);
    let travel = |random: &mut SmallRng| TimeDelta::milliseconds(random.random_range(10..300));
    let mut arrivals: Vec<_> = slots.iter().map(|slot| *slot + travel(&mut random)).collect();
    arrivals.sort_unstable();
    for published in [Duration::from_micros(333_000), Duration::from_micros(333_334)] {
        assert!(keeps_to(&arrivals, Limit { interval: published, burst: 6, ..LIMIT }));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_basic_token_calls_every_twelve_minutes(pool: PgPool) {
    let limiter = limiter(&pool, LIMIT_BASIC);
    let first = slot(&limiter, 2).await;
    assert_eq!(first.wait, Duration::ZERO, "keeping tokens back must not stop a bucket of one");
    let second = slot(&limiter, 0).await;
    assert!(second.at - first.at >= TimeDelta::minutes(12));
    assert!(second.wait > Duration::from_secs(11 * 60));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_would_take_too_long_reserves_nothing(pool: PgPool) {
    let limiter = limiter(&pool, limit(Duration::from_secs(60), 2));
    let (a, b) = (slot(&limiter, 0).await, slot(&limiter, 0).await);
    assert_eq!((a.wait, b.wait), (Duration::ZERO, Duration::ZERO));
    for _ in 0..20 {
        let refused = limiter.reserve(Priority::Write, 0, Duration::from_secs(1)).await.unwrap();
        let Reservation::TooLong(wait) = refused else { panic!("{refused:?}") };
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(60), "{wait:?}");
    }
    let turn = limiter.turn(Priority::Write, Duration::from_secs(1)).await.unwrap();
    assert!(matches!(turn, Turn::NotBefore(wait) if wait > Duration::from_secs(50)), "{turn:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn reading_leaves_tokens_for_replies(pool: PgPool) {
    let limiter = limiter(&pool, limit(Duration::from_secs(60), 5));
    let mut reads = 0;
    while let Reservation::Taken(_) =
        limiter.reserve(Priority::Read, 2, Duration::ZERO).await.unwrap()
    {
        reads += 1;
    }
    let mut writes = 0;
    while let Turn::Now = limiter.turn(Priority::Write, Duration::ZERO).await.unwrap() {
        writes += 1;
    }
    assert_eq!((reads, writes), (3, 2));
    let turn = limiter.turn(Priority::Read, Duration::ZERO).await.unwrap();
    assert!(matches!(turn, Turn::NotBefore(_)));
}

#[sqlx::test(migrations = "../migrations")]
async fn accounts_sellers_and_scopes_have_buckets_of_their_own(pool: PgPool) {
    let db = Db::from_pool(pool);
    let one = limit(Duration::from_secs(60), 1);
    let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for (tenant, account, scope) in [(a, a, "x"), (a, b, "x"), (b, a, "x"), (a, a, "y")] {
        let limit = Limit { scope, ..one };
        let limiter = Limiter::new(db.clone(), TenantId(tenant), AccountId(account), limit);
        for turn in [Turn::Now, Turn::NotBefore(Duration::ZERO)] {
            let taken = limiter.turn(Priority::Write, Duration::ZERO).await.unwrap();
            assert_eq!(taken == Turn::Now, turn == Turn::Now, "{tenant} {account} {scope}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_comes_before_a_block_ends_and_then_one_by_one(pool: PgPool) {
    let limit = limit(Duration::from_millis(300), 5);
    let limiters: Vec<_> =
        processes(&pool, 3).await.iter().map(|pool| limiter(pool, limit)).collect();
    let blocked_from = now(&pool).await;
    limiters[0].block(Duration::from_secs(7)).await.unwrap();
    let end = blocked_from + TimeDelta::seconds(7);
    let mut slots = Vec::new();
    for n in 0..12 {
        slots.push(slot(&limiters[n % 3], 0).await.at);
    }
    assert!(slots[0] >= end, "{slots:?}");
    for pair in slots.windows(2) {
        // The marketplace grants one request then, not a burst.
        assert_eq!(pair[1] - pair[0], TimeDelta::milliseconds(300), "{slots:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_block_is_only_ever_lengthened(pool: PgPool) {
    let limiter = limiter(&pool, limit(Duration::from_millis(300), 5));
    limiter.block(Duration::from_secs(60)).await.unwrap();
    limiter.block(Duration::from_secs(1)).await.unwrap();
    let turn = limiter.turn(Priority::Write, Duration::from_secs(5)).await.unwrap();
    assert!(matches!(turn, Turn::NotBefore(wait) if wait > Duration::from_secs(50)), "{turn:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_waits_for_a_turn_obeys_a_block_that_comes_meanwhile(pool: PgPool) {
    let limiter = limiter(&pool, limit(Duration::from_millis(600), 1));
    assert_eq!(limiter.turn(Priority::Write, Duration::ZERO).await.unwrap(), Turn::Now);
    let before = arrival(&pool).await;
    let waiting = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.turn(Priority::Write, Duration::from_secs(30)).await }
    });
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while arrival(&pool).await == before {
        assert!(tokio::time::Instant::now() < deadline, "nobody took a slot");
    }
    limiter.block(Duration::from_secs(2)).await.unwrap();
    let end = now(&pool).await + TimeDelta::milliseconds(1_900);
    assert_eq!(waiting.await.unwrap().unwrap(), Turn::Now);
    assert!(now(&pool).await >= end);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_has_not_the_patience_for_a_block_is_told_to_come_later(pool: PgPool) {
    let limiter = limiter(&pool, LIMIT);
    limiter.block(Duration::from_secs(3 * 24 * 60 * 60)).await.unwrap();
    for priority in [Priority::Write, Priority::Read] {
        let turn = limiter.turn(priority, Duration::from_secs(20)).await.unwrap();
        let Turn::NotBefore(wait) = turn else { panic!("{turn:?}") };
        let days = wait.as_secs_f64() / (24.0 * 60.0 * 60.0);
        assert!((2.99..3.01).contains(&days), "{wait:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_row_of_replies_cannot_keep_an_account_from_being_read(pool: PgPool) {
    let limit = limit(Duration::from_millis(50), 3);
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let limiter = limiter(&pool, limit);
            tokio::spawn(async move {
                let mut turns = 0;
                while limiter.turn(Priority::Write, Duration::from_secs(30)).await.unwrap()
                    == Turn::Now
                {
                    turns += 1;
                    if turns == 15 {
                        return;
                    }
                }
            })
        })
        .collect();
    let reader = limiter(&pool, limit);
    // The bucket is empty as long as the replies last, so only queueing helps.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while let Reservation::Taken(_) =
        reader.reserve(Priority::Read, 2, Duration::ZERO).await.unwrap()
    {
        assert!(tokio::time::Instant::now() < deadline, "the replies do not come");
    }
    let turn = reader.turn(Priority::Read, Duration::from_secs(1)).await.unwrap();
    assert_eq!(turn, Turn::Now);
    assert!(
        writers.iter().any(|writer| !writer.is_finished()),
        "the replies ended too early to tell"
    );
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Of a bucket of one token, which a reply has just used, another reply was told to come back: returns who gets the next
/// slots when a reading asks each time right before that reply comes, until a reading gets one.
async fn slots_until_a_reading(pool: &PgPool) -> Vec<Priority> {
    let limiter = limiter(pool, limit(Duration::from_secs(1), 1));
    let ask = async |priority| limiter.turn(priority, Duration::ZERO).await.unwrap();
    assert_eq!(ask(Priority::Write).await, Turn::Now);
    let mut slots = vec![Priority::Write];
    while slots.last() != Some(&Priority::Read) && slots.len() < 10 {
        let Turn::NotBefore(wait) = ask(Priority::Write).await else { panic!("a token too many") };
        let due = now(pool).await + TimeDelta::from_std(wait).unwrap();
        while now(pool).await < due {
            tokio::task::yield_now().await;
        }
        for priority in [Priority::Read, Priority::Write] {
            if ask(priority).await == Turn::Now {
                slots.push(priority);
                break;
            }
        }
    }
    slots
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reading_does_not_overtake_a_reply_that_was_told_to_come_back(pool: PgPool) {
    let (write, read) = (Priority::Write, Priority::Read);
    assert_eq!(slots_until_a_reading(&pool).await, [write, write, write, write, read]);
}

/// A limiter that does not remember who was told to come back: the same judgement must notice.
#[sqlx::test(migrations = "../migrations")]
async fn a_reading_that_overtakes_a_reply_is_noticed(pool: PgPool) {
    sqlx::raw_sql(
        "create function forget() returns trigger language plpgsql as 'begin new.write_due := null; return new; end';
        create trigger forget before update on rate_limit for each row execute function forget()",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(slots_until_a_reading(&pool).await, [Priority::Write, Priority::Read]);
}

/// Who was told to come back and does not come, costs readings ten seconds and no more; in a full bucket nothing.
#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_never_comes_back_does_not_stop_reading(pool: PgPool) {
    let limiter = limiter(&pool, limit(Duration::from_millis(100), 1));
    for expected in [true, false] {
        let turn = limiter.turn(Priority::Write, Duration::ZERO).await.unwrap();
        assert_eq!(turn == Turn::Now, expected);
    }
    sqlx::query("update rate_limit set write_due = write_due - interval '10 seconds'")
        .execute(&pool)
        .await
        .unwrap();
    let turn = limiter.turn(Priority::Read, Duration::from_secs(5)).await.unwrap();
    assert_eq!(turn, Turn::Now);
}

async fn arrival(pool: &PgPool) -> DateTime<Utc> {
    sqlx::query_scalar!("select theoretical_arrival from rate_limit").fetch_one(pool).await.unwrap()
}
