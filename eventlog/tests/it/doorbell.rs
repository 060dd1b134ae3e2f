//! Readers are woken: within the process, by other processes, and by polling when nothing else works.

use std::time::Duration;

use eventlog::{AppenderOptions, EventLog, Expected, LogId};
use sqlx::PgPool;
use tokio::time::timeout;

use crate::support::{DEADLINE, TENANT, event_log_with, one};

/// So long that no test is woken by it.
const NEVER: Duration = Duration::from_secs(3_600);

fn polling_every(pool: &PgPool, poll_interval: Duration) -> EventLog {
    event_log_with(pool, AppenderOptions { poll_interval, ..AppenderOptions::default() })
}

async fn backends_listening(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen %'",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_append_rings_in_its_own_process(pool: PgPool) {
    let log = polling_every(&pool, NEVER);
    let (own, other) = (log.log_of(TENANT).await.unwrap(), LogId(1_000));
    let mut doorbell = log.doorbell();
    timeout(DEADLINE, doorbell.changed(own)).await.expect("the first wait returns at once");
    timeout(DEADLINE, doorbell.changed(other)).await.expect("the first wait returns at once");
    let all = timeout(DEADLINE, doorbell.any_changed()).await.expect("the logs become known");
    assert!(all.contains(&own));

    log.append(one(1, Expected::Any)).await.unwrap();
    timeout(DEADLINE, doorbell.changed(own)).await.expect("rung for its own log");
    assert!(futures::poll!(Box::pin(doorbell.changed(other))).is_pending(), "rung for another log");
    let changed = timeout(DEADLINE, doorbell.any_changed()).await.expect("rung for any log");
    assert!(changed.contains(&own));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_append_rings_in_other_processes_without_polling(pool: PgPool) {
    let (here, there) = (polling_every(&pool, NEVER), polling_every(&pool, NEVER));
    let log = here.log_of(TENANT).await.unwrap();
    let mut doorbell = there.doorbell();
    doorbell.changed(log).await;
    // The first poll rings once for every log.
    doorbell.changed(log).await;
    let heard = async {
        while backends_listening(&pool).await == 0 {
            tokio::task::yield_now().await;
        }
        here.append(one(1, Expected::Any)).await.unwrap();
        doorbell.changed(log).await;
    };
    timeout(DEADLINE, heard).await.expect("the notification arrives");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_append_that_nobody_announced_is_found_by_polling(pool: PgPool) {
    let log = polling_every(&pool, Duration::from_millis(10));
    let id = log.log_of(TENANT).await.unwrap();
    let mut doorbell = log.doorbell();
    doorbell.changed(id).await;
    doorbell.changed(id).await;
    let appended = sqlx::query(
        "select * from es.append_batch(array[$1], array[$2], array[gen_random_uuid()], array[gen_random_uuid()], '{x}',
            '{0}', '{null}', '{null}', '{null}', '{1}', array[gen_random_uuid()], '{Noted}', '{1}', array['{}'::text])",
    );
    appended.bind(id.0).bind(TENANT.0).execute(&pool).await.unwrap();
    timeout(DEADLINE, doorbell.changed(id)).await.expect("found by polling");
}

#[sqlx::test(migrations = "../migrations")]
async fn listening_outlives_its_connection(pool: PgPool) {
    let (here, there) = (polling_every(&pool, NEVER), polling_every(&pool, NEVER));
    let log = here.log_of(TENANT).await.unwrap();
    let mut doorbell = there.doorbell();
    doorbell.changed(log).await;
    doorbell.changed(log).await;
    let heard = async {
        while backends_listening(&pool).await == 0 {
            tokio::task::yield_now().await;
        }
        let kill = "select pg_terminate_backend(pid, 5000) from pg_stat_activity
            where datname = current_database() and query ilike 'listen %'";
        sqlx::query(kill).execute(&pool).await.unwrap();
        while backends_listening(&pool).await == 0 {
            tokio::task::yield_now().await;
        }
        here.append(one(1, Expected::Any)).await.unwrap();
        doorbell.changed(log).await;
    };
    timeout(DEADLINE, heard).await.expect("heard after the connection was killed");
}
