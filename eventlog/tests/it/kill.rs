//! Connections are cut under the writers: what was acknowledged is stored, and everything is stored once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use eventlog::{Appended, Expected, LogError};
use futures::future::join_all;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use uuid::Uuid;

use crate::support::{TENANT, event_log, one, pool_of};

#[sqlx::test(migrations = "../migrations")]
async fn killed_connections_lose_and_double_nothing(_: PgPoolOptions, connect: PgConnectOptions) {
    const WRITERS: u128 = 8;
    const KILLS_MIN: u32 = 25;
    const APPENDS_MIN: u32 = 200;
    let pool = pool_of(6, &connect.clone().application_name("victim")).await;
    let nemesis = pool_of(1, &connect).await;
    let log = event_log(&pool);
    let over = AtomicBool::new(false);
    let appended = AtomicU32::new(0);

    let kill = async {
        let mut killed = 0;
        while killed < KILLS_MIN || appended.load(Ordering::Relaxed) < APPENDS_MIN {
            let victims: i64 = sqlx::query_scalar(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and application_name = 'victim' and query ilike '%append_batch%'
                    and (state = 'active' or random() < 0.05)",
            )
            .fetch_one(&nemesis)
            .await
            .unwrap();
            killed += u32::try_from(victims).unwrap();
            // Lets a few calls through between two kills.
            sqlx::query("select pg_sleep(0.02)").execute(&nemesis).await.unwrap();
        }
        over.store(true, Ordering::Relaxed);
    };
    let write = |writer: u128| {
        let (log, over, appended) = (&log, &over, &appended);
        async move {
            let (mut acknowledged, mut failed) = (Vec::new(), Vec::new());
            let mut round = 0;
            while !over.load(Ordering::Relaxed) {
                round += 1;
                let new = one(writer * 1_000_000 + round, Expected::Version(0));
                match log.append(new.clone()).await {
                    Ok(Appended::Done(_) | Appended::Duplicate(_)) => {
                        appended.fetch_add(1, Ordering::Relaxed);
                        acknowledged.push(new.command_id);
                    }
                    Err(LogError::OutcomeUnknown(_)) => failed.push(new),
                    outcome => panic!("{outcome:?}"),
                }
            }
            // A client repeats what it does not know, with the same command id.
            for new in failed {
                match log.append(new.clone()).await.unwrap() {
                    Appended::Done(_) | Appended::Duplicate(_) => acknowledged.push(new.command_id),
                    outcome @ (Appended::Conflict | Appended::Empty) => panic!("{outcome:?}"),
                }
            }
            acknowledged
        }
    };
    let ((), acknowledged) = tokio::join!(kill, join_all((1..=WRITERS).map(write)));

    let mut stored: HashMap<Uuid, u32> = HashMap::new();
    let id = log.log_of(TENANT).await.unwrap();
    for event in log.read_log(id, 0, i64::MAX).await.unwrap() {
        *stored.entry(event.command_id).or_default() += 1;
    }
    let acknowledged: Vec<Uuid> = acknowledged.into_iter().flatten().collect();
    assert_eq!(stored.len(), acknowledged.len());
    for command in acknowledged {
        assert_eq!(stored.get(&command), Some(&1), "command {command}");
    }
}
