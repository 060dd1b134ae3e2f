//! Appends live on tasks of their own: callers may go away, the process may want to stop.

use std::pin::pin;

use eventlog::{AppenderOptions, Expected, LogError};
use futures::future::join_all;
use futures::poll;
use sqlx::PgPool;

use crate::support::{DEADLINE, TENANT, done, event_log, event_log_with, one, stream};

#[sqlx::test(migrations = "../migrations")]
async fn an_append_goes_through_when_its_caller_leaves(pool: PgPool) {
    let log = event_log(&pool);
    // The first one has to find the log of the seller, the second knows it.
    for number in [1, 2] {
        {
            let append = pin!(log.append(one(number, Expected::Version(0))));
            assert!(poll!(append).is_pending());
        }
        let mut doorbell = log.doorbell();
        let arrived = async {
            while log.load_stream(TENANT, stream(number), 0).await.unwrap().is_empty() {
                doorbell.any_changed().await;
            }
        };
        tokio::time::timeout(DEADLINE, arrived).await.expect("the event arrives");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn draining_finishes_what_was_accepted_and_refuses_the_rest(pool: PgPool) {
    let log = event_log(&pool);
    let mut accepted: Vec<_> =
        (0..500).map(|number| Box::pin(log.append(one(number, Expected::Version(0))))).collect();
    for append in &mut accepted {
        assert!(poll!(append).is_pending());
    }
    log.drain().await;
    let stored: i64 =
        sqlx::query_scalar("select count(*) from es.event").fetch_one(&pool).await.unwrap();
    assert_eq!(stored, 500);
    for outcome in join_all(accepted).await {
        done(outcome.unwrap());
    }
    let refused = log.append(one(1_000, Expected::Any)).await;
    assert!(matches!(refused, Err(LogError::Draining)), "{refused:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn more_than_may_wait_is_refused_and_the_rest_goes_on(pool: PgPool) {
    let log =
        event_log_with(&pool, AppenderOptions { waiting_max: 10, ..AppenderOptions::default() });
    let appends = (0..30).map(|number| log.append(one(number, Expected::Version(0))));
    let outcomes = join_all(appends).await;
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(LogError::Overloaded)));
    assert_eq!(refused.count(), 20);
    assert_eq!(outcomes.iter().flatten().count(), 10);
    done(log.append(one(100, Expected::Version(0))).await.unwrap());
}
