//! The served tables, a refold in memory and a rebuild whose processes were killed all have the same digest, and nobody
//! who reads meanwhile notices.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::value::MessageAuthor;
use futures::{StreamExt as _, stream as streams};
use projections::inbox::{self, Filter};
use projections::{Digest, Folded, ReadModel, rebuild, recorded, runner};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};

use crate::drill::{figure, size};
use crate::support::*;

const EVENTS_PER_LIFE: usize = 5;

/// Interactions of a short history: enough for a fault to show.
const FEW_LIVES: usize = 3_000;

/// Interactions of a history.
fn lives() -> usize {
    size(FEW_LIVES, 200_000)
}

/// Rebuilds that are killed in the middle before one may finish.
fn kills() -> usize {
    size(4, 20)
}

/// How long what a killed process held may stand in the way of the next.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a process that rebuilds finds the database.
const DATABASE: &str = "REBUILD_TEST_DATABASE";

/// Rebuilds the inbox in a process that is killed; passes at once when it is not that process.
#[tokio::test]
async fn a_process_that_rebuilds() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let pool = PgPool::connect(&url).await.unwrap();
    let world = World::new(&pool);
    rebuild::rebuild(&world.db, &world.log, ReadModel::Inbox, |_| ()).await.unwrap();
}

async fn rebuilding(pool: &PgPool) -> Child {
    let database: String =
        sqlx::query_scalar("select current_database()").fetch_one(pool).await.unwrap();
    let url = std::env::var("DATABASE_URL").unwrap();
    let url = format!("{}/{database}", url.rsplit_once('/').unwrap().0);
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "digests::a_process_that_rebuilds"])
        .env(DATABASE, url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn rebuilt(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select coalesce(sum(pos), 0)::bigint from projection_checkpoint where generation = 'rebuild'",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

async fn is_caught_up(world: &World) -> bool {
    let heads = world.log.heads().await.unwrap();
    let behind = runner::behind(&world.db, &heads).await.unwrap();
    let parked = runner::count_parked(&world.db).await.unwrap();
    behind.iter().chain(&parked).all(|(_, count)| *count == 0)
}

async fn served(pool: &PgPool, table: &str) -> Digest {
    let statement = format!("select to_jsonb(t) - '{{stems,words_digest}}'::text[] from {table} t");
    let rows: Vec<Value> =
        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(pool).await.unwrap();
    rows.into_iter().collect()
}

async fn refolded(world: &World) -> Vec<(ReadModel, Digest)> {
    let mut models: Vec<_> = ReadModel::ALL
        .into_iter()
        .filter(|model| model.table().is_some())
        .map(|model| (model, Folded::new(model)))
        .collect();
    for (log, head) in world.log.heads().await.unwrap() {
        let mut after = 0;
        while after < head {
            let events = world.log.read_log(log, after, 5000).await.unwrap();
            after += i64::try_from(events.len()).unwrap();
            for stored in events {
                let recorded = recorded(stored).unwrap();
                models.iter_mut().for_each(|(_, folded)| folded.apply(&recorded).unwrap());
            }
        }
    }
    models.into_iter().map(|(model, folded)| (model, folded.digest())).collect()
}

async fn history(world: &World, lives: usize) {
    world.connect_account().await;
    let numbers = || (0..lives).map(|number| number as u128);
    world.log.prepare(TENANT, numbers().map(|number| stream(number).0)).await.unwrap();
    streams::iter(numbers())
        .map(async |number| {
            let reply = reply(number);
            let (asked, ours) =
                (received("1", MessageAuthor::Buyer, 10, None), ours("2", 100, reply));
            let life = if is_chat(number) {
                [chat_ingested(number), asked, requested(reply), sent(reply), ours]
            } else {
                [ingested(number), drafted(), requested(reply), sent(reply), published(reply)]
            };
            assert_eq!(life.len(), EVENTS_PER_LIFE);
            world.interaction(number, &life).await;
        })
        .buffer_unordered(128)
        .collect::<Vec<()>>()
        .await;
}

/// Rebuilds the inbox in processes that are killed, and at last in one that is not.
async fn rebuild_killed(world: &World, pool: &PgPool) {
    let mut killed = 0;
    while killed < kills() {
        let mut victim = rebuilding(pool).await;
        let stood = rebuilt(pool).await;
        while rebuilt(pool).await == stood && victim.try_wait().unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        killed += usize::from(victim.try_wait().unwrap().is_none());
        victim.kill().unwrap();
        victim.wait().unwrap();
    }
    finish(world).await;
}

/// Rebuilds as soon as what a victim held has run out with its connections.
async fn finish(world: &World) {
    let begun = std::time::Instant::now();
    while let Err(error) = rebuild::rebuild(&world.db, &world.log, ReadModel::Inbox, |_| ()).await {
        assert!(begun.elapsed() < PATIENCE, "{error:#}");
        tokio::task::yield_now().await;
    }
}

async fn parked(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select projection || ': ' || error from parked_stream")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn served_refolded_and_rebuilt_rows_have_one_digest(pool: PgPool) {
    let world = World::new(&pool);
    history(&world, lives()).await;
    // Two runners race, with leases that run out under them.
    let lease = Duration::from_millis(5);
    let (one, two) = (world.runner(lease), world.runner(lease));
    while !is_caught_up(&world).await {
        // Whoever loses its lease in the middle of a batch says so, and goes on with the next round.
        _ = tokio::join!(one.catch_up(), two.catch_up());
        one.retry_parked().await.unwrap();
    }
    let before = refolded(&world).await;
    for (model, folded) in &before {
        assert_eq!(served(&pool, model.table().unwrap()).await, *folded, "{}", model.name());
    }

    let reads = Arc::new(AtomicUsize::new(0));
    let reader = tokio::spawn({
        let (db, reads) = (world.db.clone(), Arc::clone(&reads));
        async move {
            loop {
                let counts = inbox::count(&db, TENANT, &Filter::default()).await.unwrap();
                assert_eq!(counts.total, i64::try_from(lives()).unwrap());
                reads.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    rebuild_killed(&world, &pool).await;
    for (model, _) in before.iter().filter(|(model, _)| *model != ReadModel::Inbox) {
        rebuild::rebuild(&world.db, &world.log, *model, |_| ()).await.unwrap();
    }
    assert!(!reader.is_finished(), "a read failed: {:?}", reader.await);
    reader.abort();
    let reads = reads.load(Ordering::Relaxed);
    assert!(reads > kills(), "only {reads} reads meanwhile: void");
    assert_eq!(parked(&pool).await, Vec::<String>::new());
    let mut differing = Vec::new();
    for (model, folded) in &before {
        if served(&pool, model.table().unwrap()).await != *folded {
            differing.push(model.name());
        }
    }
    figure("r13_events", lives() * EVENTS_PER_LIFE, "events", "");
    figure("r13_kills", kills(), "rebuilds", "");
    figure("r13_reads", reads, "reads", "> 0");
    figure("r13_differing", differing.len(), "digests", "= 0");
    assert_eq!(differing, Vec::<&str>::new());
    let inbox = before.iter().find(|(model, _)| *model == ReadModel::Inbox);
    assert_eq!(inbox.unwrap().1.rows(), u64::try_from(lives()).unwrap());
}

/// The sabotage: a checkpoint that moves without its rows. It must fail what the other passes.
#[sqlx::test(migrations = "../migrations")]
async fn a_checkpoint_outside_the_transaction_is_caught(pool: PgPool) {
    let world = World::new(&pool);
    history(&world, FEW_LIVES).await;
    world.catch_up().await;
    let before = served(&pool, "inbox").await;
    let mut victim = rebuilding(&pool).await;
    while rebuilt(&pool).await == 0 {
        assert!(victim.try_wait().unwrap().is_none(), "it ended before it could be killed");
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    let moved = sqlx::query(
        "update projection_checkpoint c set pos = c.pos + $1 from projection_checkpoint live
            where c.generation = 'rebuild' and live.generation = 'live' and live.projection = c.projection
                and live.log_id = c.log_id and live.pos >= c.pos + $1",
    )
    .bind(i64::try_from(EVENTS_PER_LIFE * 10).unwrap())
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(moved.rows_affected(), 1, "no rebuild was under way");
    finish(&world).await;
    assert_ne!(served(&pool, "inbox").await, before);
}
