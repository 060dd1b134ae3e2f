//! Calls that carry several logs: they never wait for each other in a circle, number each log by itself, and a log that
//! is held up costs the others of its call a delay at most.

use std::time::Duration;

use domain::value::TenantId;
use eventlog::{Appended, AppenderOptions, Db, EventLog, Expected, LogError, LogId, NewEvents};
use futures::future::join_all;
use sqlx::postgres::{PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, PgPool, Row};
use uuid::Uuid;

use crate::support::{assign, done, event_log_with, one, pool_of, subject_keys};

const LOGS: i32 = 8;

/// One seller in each log.
async fn sellers(pool: &PgPool) -> Vec<TenantId> {
    let sellers: Vec<_> = (1..=LOGS).map(seller).collect();
    for (seller, log) in sellers.iter().zip(1..) {
        assign(pool, *seller, LogId(log)).await;
    }
    sellers
}

fn seller(log: i32) -> TenantId {
    TenantId(Uuid::from_u128(0x5e11e4 + log.unsigned_abs() as u128))
}

/// A process whose calls carry whatever waits, of all logs.
fn one_lane(pool: &PgPool) -> EventLog {
    event_log_with(pool, AppenderOptions { calls_in_flight_max: 1, ..AppenderOptions::default() })
}

fn to(tenant: TenantId, stream: u128) -> NewEvents {
    NewEvents { tenant, ..one(stream, Expected::Any) }
}

#[sqlx::test(migrations = "../migrations")]
async fn processes_that_meet_in_all_logs_number_each_without_gaps(pool: PgPool) {
    const ROUNDS: u128 = 25;
    let pool = pool_of(8, pool.connect_options().as_ref()).await;
    let mut sellers = sellers(&pool).await;
    let (there, back) = (one_lane(&pool), one_lane(&pool));
    let mut appends = Vec::new();
    for round in 0..ROUNDS {
        for (process, log) in [(0, &there), (1, &back)] {
            sellers.reverse();
            let streams = sellers.iter().map(|seller| to(*seller, 2 * round + process));
            appends.extend(streams.map(|new| log.append(new)));
        }
    }
    for outcome in join_all(appends).await {
        done(outcome.unwrap());
    }
    for log in 1..=LOGS {
        let read = there.read_log(LogId(log), 0, 1_000).await.unwrap();
        assert_eq!(read.len() as u128, 2 * ROUNDS);
        assert!(read.is_sorted_by_key(|event| event.recorded_at), "time goes back in log {log}");
        let of_seller = there.read_tenant(seller(log), 0, 1_000).await.unwrap();
        assert_eq!(of_seller.len(), read.len());
    }
}

/// Sends one append to each of `logs` in one call, in this order.
async fn call(pool: &PgPool, logs: &[i32]) -> sqlx::Result<Vec<PgRow>> {
    let ids = || logs.iter().map(|_| Uuid::new_v4()).collect::<Vec<_>>();
    let tenants: Vec<_> = logs.iter().map(|log| seller(*log).0).collect();
    let numbers: Vec<_> = (1..).take(logs.len()).collect();
    sqlx::query(
        "select * from es.append_batch($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $8, $11, $12)",
    )
    .bind(logs)
    .bind(tenants)
    .bind(ids())
    .bind(ids())
    .bind(vec!["interaction"; logs.len()])
    .bind(vec![0; logs.len()])
    .bind(vec![None::<Uuid>; logs.len()])
    .bind(vec!["Noted"; logs.len()])
    .bind::<Vec<i32>>(numbers)
    .bind(ids())
    .bind(vec![1; logs.len()])
    .bind(vec!["{}"; logs.len()])
    .fetch_all(pool)
    .await
}

/// Whether a deadlock was met, by calls with the same logs in opposite orders.
async fn is_deadlocked(pool: &PgPool, rounds: usize) -> bool {
    let there: Vec<i32> = (1..=LOGS).collect();
    let back: Vec<i32> = (1..=LOGS).rev().collect();
    for _ in 0..rounds {
        let calls = [&there, &back].repeat(4);
        for outcome in join_all(calls.into_iter().map(|logs| call(pool, logs))).await {
            match outcome {
                Ok(answers) => {
                    assert!(answers.iter().all(|row| row.get::<&str, _>("status") == "ok"))
                }
                Err(error) => {
                    let code = error.as_database_error().and_then(|error| error.code());
                    assert_eq!(code.as_deref(), Some("40P01"), "{error}");
                    return true;
                }
            }
        }
    }
    false
}

#[sqlx::test(migrations = "../migrations")]
async fn calls_with_the_same_logs_in_opposite_orders_do_not_deadlock(pool: PgPool) {
    let pool = pool_of(8, pool.connect_options().as_ref()).await;
    sellers(&pool).await;
    assert!(!is_deadlocked(&pool, 60).await);
}

/// The same function, taking locks in the order of arrival.
#[sqlx::test(migrations = "../migrations")]
async fn the_test_catches_locks_taken_in_the_order_of_arrival(pool: PgPool) {
    let pool = pool_of(8, pool.connect_options().as_ref()).await;
    sellers(&pool).await;
    let definition: String = sqlx::query_scalar(
        "select pg_get_functiondef(p.oid) from pg_proc p where p.proname = 'append_batch'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    let sabotaged = definition.replace(
        "select distinct l from unnest(a_log) l order by l offset 0",
        "select l from unnest(a_log) l offset 0",
    );
    assert_ne!(sabotaged, definition, "the locks are taken in another way now");
    sqlx::raw_sql(AssertSqlSafe(sabotaged)).execute(&pool).await.unwrap();
    assert!(is_deadlocked(&pool, 2_000).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_log_that_is_held_up_costs_the_others_of_its_call_nothing_but_time(pool: PgPool) {
    let sellers = sellers(&pool).await;
    let impatient = pool.connect_options().as_ref().clone().options([("lock_timeout", "100ms")]);
    let impatient = PgPoolOptions::new().max_connections(2).connect_with(impatient).await.unwrap();
    let mut holder = Db::from_pool(pool.clone()).begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(4201, 3)").execute(&mut *holder).await.unwrap();

    // Together they fail: what holds is that they are sent again apart.
    let together: Vec<i32> = (1..=LOGS).collect();
    assert!(call(&impatient, &together).await.is_err());

    let options = AppenderOptions { calls_in_flight_max: 1, ..AppenderOptions::default() };
    let log = EventLog::new(Db::from_pool(impatient), subject_keys(&pool), options);
    let outcomes = join_all(sellers.iter().map(|seller| log.append(to(*seller, 1)))).await;
    for (outcome, log) in outcomes.iter().zip(1..) {
        match outcome {
            Ok(Appended::Done(placed)) => {
                assert_eq!((placed.log, placed.first_pos), (LogId(log), 1))
            }
            Err(LogError::Database(_)) => assert_eq!(log, 3, "{outcome:?}"),
            outcome => panic!("{outcome:?}"),
        }
    }
    assert!(outcomes[2].is_err());
    holder.rollback().await.unwrap();
    done(log.append(to(sellers[2], 1)).await.unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_append_that_is_refused_costs_the_other_logs_of_its_call_nothing(pool: PgPool) {
    let sellers = sellers(&pool).await;
    let log = one_lane(&pool);
    for seller in &sellers {
        log.log_of(*seller).await.unwrap();
    }
    let appends = sellers.iter().zip(1..).map(|(seller, number)| NewEvents {
        // PostgreSQL has no text with a NUL in it.
        actor: (number == 3).then(|| "\0".to_owned()),
        ..to(*seller, 1)
    });
    let outcomes = join_all(appends.map(|new| log.append(new))).await;
    for (outcome, number) in outcomes.into_iter().zip(1..) {
        assert_eq!(outcome.is_err(), number == 3, "{outcome:?}");
    }
    for new in sellers.iter().map(|seller| to(*seller, 2)) {
        assert!(
            tokio::time::timeout(Duration::from_secs(20), log.append(new)).await.unwrap().is_ok()
        );
    }
}
