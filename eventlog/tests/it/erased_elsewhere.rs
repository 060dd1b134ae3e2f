//! A key that one process destroys is forgotten by the others at once, and not only when its time is over.

use std::time::Duration;

use eventlog::{AppenderOptions, Db, EventLog, Expected, SubjectKeys};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::time::{Instant, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::support::{TENANT, event_log, master_keys, stream, subject_keys, with_payload};

/// Far below the minute after which a key is forgotten anyway.
const AT_ONCE: Duration = Duration::from_secs(15);

/// A process with memory of its own.
struct Process {
    log: EventLog,
    _follows: Option<DropGuard>,
}

impl Process {
    fn new(pool: &PgPool, follows: bool) -> Self {
        let keys = SubjectKeys::new(Db::from_pool(pool.clone()), master_keys());
        let log =
            EventLog::new(Db::from_pool(pool.clone()), keys.clone(), AppenderOptions::default());
        let follows = follows.then(|| {
            let stop = CancellationToken::new();
            let stopped = stop.clone();
            tokio::spawn(async move { stopped.run_until_cancelled(keys.follow()).await });
            stop.drop_guard()
        });
        Self { log, _follows: follows }
    }

    async fn reads(&self, number: u128) -> Value {
        let mut events = self.log.load_stream(TENANT, stream(number), 0).await.unwrap();
        events.remove(0).payload["words"].take()
    }

    async fn reads_erased(&self, number: u128) -> bool {
        let deadline = Instant::now() + AT_ONCE;
        while self.reads(number).await != json!({"$erased": true}) {
            if Instant::now() > deadline {
                return false;
            }
            tokio::task::yield_now().await;
        }
        true
    }
}

/// Returns the connections that listen to the key store.
async fn listening(pool: &PgPool, at_least: usize) -> Vec<i32> {
    let looked = async {
        loop {
            let found: Vec<i32> = sqlx::query_scalar(
                r#"select pid from pg_stat_activity
                where datname = current_database() and query = 'LISTEN "keys"' and state = 'idle'"#,
            )
            .fetch_all(pool)
            .await
            .unwrap();
            if found.len() >= at_least {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(AT_ONCE, looked).await.expect("the processes listen")
}

fn words(number: u128) -> Value {
    json!({"$personal": {"text": format!("слова {number}")}})
}

async fn append(pool: &PgPool, number: u128) {
    let payload = json!({"type": "Ingested", "words": words(number)});
    event_log(pool).append(with_payload(number, Expected::Any, payload)).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn another_process_forgets_a_destroyed_key_at_once(pool: PgPool) {
    append(&pool, 1).await;
    append(&pool, 2).await;
    let (hears, deaf) = (Process::new(&pool, true), Process::new(&pool, false));
    listening(&pool, 1).await;
    for process in [&hears, &deaf] {
        assert_eq!(process.reads(1).await, words(1));
        assert_eq!(process.reads(2).await, words(2));
    }
    subject_keys(&pool).destroy(TENANT, Uuid::from_u128(1)).await.unwrap();
    assert!(hears.reads_erased(1).await, "the notice was not heard");
    assert_eq!(hears.reads(2).await, words(2), "others keep their keys");
    assert_eq!(deaf.reads(1).await, words(1), "without the notice the key is still known: void");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_said_while_nobody_listened_is_made_up_for(pool: PgPool) {
    append(&pool, 1).await;
    let process = Process::new(&pool, true);
    let listener = listening(&pool, 1).await;
    assert_eq!(process.reads(1).await, words(1));
    // As if it were done between the end of one connection and the beginning of the next.
    for statement in [
        "alter table keys.subject_key disable trigger subject_key_destroyed",
        "update keys.subject_key set wrapped_key = null, kek_id = null, destroyed_at = now()",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    assert_eq!(process.reads(1).await, words(1), "nobody said so: void");
    sqlx::query("select pg_terminate_backend(unnest($1::int[]))")
        .bind(listener)
        .execute(&pool)
        .await
        .unwrap();
    assert!(process.reads_erased(1).await, "the new connection forgot nothing");
}
