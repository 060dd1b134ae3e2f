//! The order checker: writers hold their transactions, roll back and are killed; whoever reads along sees every
//! committed event once, in one order. The same harness must catch a log that is numbered by a sequence, and one that is
//! read in the order of transactions.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use eventlog::{Db, EventLog, LogId};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool};
use tokio::time::{Instant, interval};
use uuid::Uuid;

use crate::drill::{figure, size};
use crate::support::{TENANT, assign, event_log, pool_of};

const WRITERS: u64 = 16;
const READERS: usize = 4;
const STREAMS: u128 = 5;
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

    /// Returns what a reader sees after the last that it saw.
    async fn read(&self, after: Seen) -> Vec<Seen>;
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Seen {
    /// The transaction that wrote it, where readers go by that.
    xid: i64,
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

    async fn read(&self, after: Seen) -> Vec<Seen> {
        let events = self.0.read_log(LOG, after.pos, 500).await.unwrap();
        let seen = events.into_iter().map(|event| Seen {
            xid: 0,
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

    async fn read(&self, after: Seen) -> Vec<Seen> {
        let rows: Vec<(i64, Uuid, Uuid)> = sqlx::query_as(
            "select pos, event_id, stream_id from control where pos > $1 order by pos limit 500",
        )
        .bind(after.pos)
        .fetch_all(&self.0)
        .await
        .unwrap();
        let seen = rows.into_iter();
        seen.map(|(pos, id, stream)| Seen { pos, id, stream, ..Seen::default() }).collect()
    }
}

/// The other control: readers go by transaction and wait for those under way, so that nothing is skipped. But a
/// transaction has its number from its first write, and may come to a stream after a later one.
struct Transactions(PgPool);

impl Numbering for Transactions {
    async fn write(
        &self,
        transaction: &mut PgConnection,
        stream: u128,
        events: i32,
    ) -> sqlx::Result<Vec<Uuid>> {
        // What a command writes besides its events.
        sqlx::query("insert into control_command default values")
            .execute(&mut *transaction)
            .await?;
        sqlx::query_scalar(
            "with stream as (
                update control_stream set version = version + $2 where stream_id = $1 returning version - $2 as base)
            insert into control (stream_id, version) select $1, base + n from stream, generate_series(1, $2) n
            returning event_id",
        )
        .bind(Uuid::from_u128(stream))
        .bind(events)
        .fetch_all(transaction)
        .await
    }

    async fn read(&self, after: Seen) -> Vec<Seen> {
        let rows: Vec<(i64, i64, Uuid, Uuid, i32)> = sqlx::query_as(
            "select xid::text::bigint, pos, event_id, stream_id, version from control
            where (xid, pos) > ($1::text::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
            order by control.xid, pos limit 500",
        )
        .bind(after.xid.to_string())
        .bind(after.pos)
        .fetch_all(&self.0)
        .await
        .unwrap();
        let seen = rows.into_iter();
        seen.map(|(xid, pos, id, stream, version)| Seen { xid, pos, id, stream, version }).collect()
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
                    .write(
                        &mut transaction,
                        chance.random_range(0..STREAMS),
                        chance.random_range(1..24),
                    )
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
                let more = numbering.read(seen.last().copied().unwrap_or_default()).await;
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
    let began = Instant::now();
    let run = run(&log, &Db::from_pool(pool), size(20_000, 200_000)).await;
    figure("r10_events", run.committed.len(), "events", "");
    figure("r10_rolled_back", run.rolled_back, "transactions", "> 0");
    figure("r10_killed", run.killed, "backends", "> 0");
    figure("r10_took", began.elapsed().as_secs(), "s", "");
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
    let breaks = order_breaks(seen);
    figure("r10_skipped", run.committed.difference(&ids).count(), "events", "= 0");
    figure("r10_order_breaks", breaks, "events", "= 0");
    assert_eq!(breaks, 0);
}

/// Counts the events that do not follow the one before them in their stream.
fn order_breaks(seen: &[Seen]) -> usize {
    let of_stream = |stream| {
        let own = seen.iter().filter(move |event| event.stream == Uuid::from_u128(stream));
        own.zip(1..).filter(|(event, version)| event.version != *version).count()
    };
    (0..STREAMS).map(of_stream).sum()
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
    let run = run(&Sequence(pool.clone()), &Db::from_pool(pool), 12_000).await;
    let seen: HashSet<Uuid> = run.seen[0].iter().map(|event| event.id).collect();
    let lost = run.committed.difference(&seen).count();
    figure("r10_control_skipped", lost, "events", "> 0");
    assert!(lost > run.committed.len() / 100, "only {lost} lost: the checker would catch nothing");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_checker_catches_a_log_read_in_the_order_of_transactions(
    _: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let pool = pool_of(20, &connect).await;
    sqlx::raw_sql(
        "create table control_command (id bigserial);
        create table control_stream (stream_id uuid primary key, version int not null default 0);
        insert into control_stream select lpad(to_hex(n), 32, '0')::uuid from generate_series(0, 4) n;
        create table control (
            xid xid8 not null default pg_current_xact_id(), pos bigserial, version int not null,
            event_id uuid not null default gen_random_uuid(), stream_id uuid not null, primary key (xid, pos))",
    )
    .execute(&pool)
    .await
    .unwrap();
    let run = run(&Transactions(pool.clone()), &Db::from_pool(pool), 12_000).await;
    let breaks = order_breaks(&run.seen[0]);
    figure("r10_control_order_breaks", breaks, "events", "> 0");
    assert!(breaks > 0, "the checker would catch nothing");
}
