//! The order checker: writers hold their transactions, roll back and are killed; whoever reads along sees every
//! committed event once, in one order. The same harness must catch a log that is numbered by a sequence.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use eventlog::{Db, EventLog, LogId};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool};
use tokio::time::interval;
use uuid::Uuid;

use crate::support::{TENANT, assign, event_log, pool_of};

const WRITERS: u64 = 16;
const READERS: usize = 4;
const LOG: LogId = LogId(1);

/// A way to number events.
trait Numbering {
    /// Adds `events` in the writer's transaction and returns their ids.
    async fn write(
        &self,
        transaction: &mut PgConnection,
        stream: u128,
        events: i32,
    ) -> sqlx::Result<Vec<Uuid>>;

    /// Returns what a reader sees after a position.
    async fn read(&self, after: i64) -> Vec<Seen>;
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Seen {
    pos: i64,
    id: Uuid,
    stream: Uuid,
    version: i32,
}

/// Ours: the function that hands out positions under the lock of the log.
struct Log(EventLog);

impl Numbering for Log {
    async fn write(
        &self,
        transaction: &mut PgConnection,
        stream: u128,
        events: i32,
    ) -> sqlx::Result<Vec<Uuid>> {
        let ids: Vec<Uuid> = (0..events).map(|_| Uuid::new_v4()).collect();
        let statuses: Vec<String> = sqlx::query_scalar(
            "select status from es.append_batch(array[$1], array[$2], array[gen_random_uuid()], array[$3], '{x}', '{-1}',
                '{null}', '{null}', '{null}', array_fill(1, array[$4]), $5, array_fill('Noted'::text, array[$4]),
                array_fill(1, array[$4]), array_fill('{}'::text, array[$4]))",
        )
        .bind(LOG.0)
        .bind(TENANT.0)
        .bind(Uuid::from_u128(stream))
        .bind(events)
        .bind(&ids)
        .fetch_all(transaction)
        .await?;
        assert_eq!(statuses, ["ok"]);
        Ok(ids)
    }

    async fn read(&self, after: i64) -> Vec<Seen> {
        let events = self.0.read_log(LOG, after, 500).await.unwrap();
        let seen = events.into_iter().map(|event| Seen {
            pos: event.pos,
            id: event.event_id,
            stream: event.stream.0,
            version: event.version,
        });
        seen.collect()
    }
}

/// The control: a sequence numbers when a row is written, not when it is committed.
struct Sequence(PgPool);

impl Numbering for Sequence {
    async fn write(
        &self,
        transaction: &mut PgConnection,
        stream: u128,
        events: i32,
    ) -> sqlx::Result<Vec<Uuid>> {
        sqlx::query_scalar(
            "insert into control (stream_id) select $1 from generate_series(1, $2) returning event_id",
        )
        .bind(Uuid::from_u128(stream))
        .bind(events)
        .fetch_all(transaction)
        .await
    }

    async fn read(&self, after: i64) -> Vec<Seen> {
        let rows: Vec<(i64, Uuid, Uuid)> = sqlx::query_as(
            "select pos, event_id, stream_id from control where pos > $1 order by pos limit 500",
        )
        .bind(after)
        .fetch_all(&self.0)
        .await
        .unwrap();
        rows.into_iter().map(|(pos, id, stream)| Seen { pos, id, stream, version: 0 }).collect()
    }
}

/// What a run came to.
struct Run {
    committed: HashSet<Uuid>,
    rolled_back: usize,
    killed: usize,
    /// By reader, in the order of reading.
    seen: Vec<Vec<Seen>>,
}

/// Lets writers and readers loose until so many events are committed.
async fn run(numbering: &impl Numbering, db: &Db, events_min: usize) -> Run {
    let written = AtomicUsize::new(0);
    let over = AtomicBool::new(false);
    let writers = join_all((0..WRITERS).map(|writer| {
        let written = &written;
        async move {
            let mut chance = StdRng::seed_from_u64(writer);
            let (mut committed, mut rolled_back, mut killed) = (Vec::new(), 0, 0);
            while written.load(Ordering::Relaxed) < events_min {
                let mut transaction = db.begin().await.unwrap();
                let hold = format!("select pg_sleep({})", chance.random_range(0.0..0.003));
                let ids = numbering
                    .write(&mut transaction, chance.random_range(0..5), chance.random_range(1..8))
                    .await
                    .unwrap();
                if chance.random_bool(0.3) {
                    sqlx::query(sqlx::AssertSqlSafe(hold))
                        .execute(&mut *transaction)
                        .await
                        .unwrap();
                }
                match chance.random_range(0..100) {
                    0..5 => {
                        transaction.rollback().await.unwrap();
                        rolled_back += 1;
                    }
                    5..8 => {
                        let kill = sqlx::query("select pg_terminate_backend(pg_backend_pid())");
                        kill.execute(&mut *transaction).await.unwrap_err();
                        killed += 1;
                    }
                    _ => {
                        transaction.commit().await.unwrap();
                        written.fetch_add(ids.len(), Ordering::Relaxed);
                        committed.extend(ids);
                    }
                }
            }
            (committed, rolled_back, killed)
        }
    }));
    let readers = join_all((0..READERS).map(|reader| {
        let (written, over) = (&written, &over);
        async move {
            let mut paced = interval(Duration::from_millis(2));
            // Each joins when another share has been written.
            while written.load(Ordering::Relaxed) < events_min * reader / READERS {
                paced.tick().await;
            }
            let mut seen: Vec<Seen> = Vec::new();
            loop {
                paced.tick().await;
                let last_look = over.load(Ordering::Acquire);
                let more = numbering.read(seen.last().map_or(0, |last| last.pos)).await;
                if last_look && more.is_empty() {
                    return seen;
                }
                seen.extend(more);
            }
        }
    }));
    let writers = async {
        let written = writers.await;
        over.store(true, Ordering::Release);
        written
    };
    let (writers, seen) = tokio::join!(writers, readers);
    let mut run = Run { committed: HashSet::new(), rolled_back: 0, killed: 0, seen };
    for (committed, rolled_back, killed) in writers {
        run.committed.extend(committed);
        run.rolled_back += rolled_back;
        run.killed += killed;
    }
    assert!(run.rolled_back >= 20 && run.killed >= 20, "too few faults to show anything");
    run
}

#[sqlx::test(migrations = "../migrations")]
async fn readers_see_every_committed_event_once_and_in_one_order(
    _: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let pool = pool_of(20, &connect).await;
    assign(&pool, TENANT, LOG).await;
    let log = Log(event_log(&pool));
    let run = run(&log, &Db::from_pool(pool), 4_000).await;
    for seen in &run.seen {
        assert_eq!(seen, &run.seen[0], "readers disagree");
    }
    let seen = &run.seen[0];
    assert_eq!(seen.len(), run.committed.len());
    let ids: HashSet<Uuid> = seen.iter().map(|event| event.id).collect();
    assert_eq!(ids, run.committed);
    for (event, expected) in seen.iter().zip(1..) {
        assert_eq!(event.pos, expected);
    }
    for stream in 0..5 {
        let own = seen.iter().filter(|event| event.stream == Uuid::from_u128(stream));
        assert!(own.zip(1..).all(|(event, version)| event.version == version), "stream {stream}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_checker_catches_a_log_numbered_by_a_sequence(
    _: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let pool = pool_of(20, &connect).await;
    sqlx::query(
        "create table control (
            pos bigserial primary key, event_id uuid not null default gen_random_uuid(), stream_id uuid not null)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let run = run(&Sequence(pool.clone()), &Db::from_pool(pool), 4_000).await;
    let seen: HashSet<Uuid> = run.seen[0].iter().map(|event| event.id).collect();
    let lost = run.committed.difference(&seen).count();
    assert!(lost > run.committed.len() / 100, "only {lost} lost: the checker would catch nothing");
}
