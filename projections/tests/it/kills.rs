//! Read models equal a refold of the log although their runners were killed in the middle of batches and raced each
//! other with leases shorter than a batch.

use std::time::Duration;

use projections::{ReadModel, rebuild, runner};
use rand::RngExt as _;
use sqlx::PgPool;

use crate::support::*;

/// Shorter than a batch takes, so that leases run out under their owners.
const SHORT_LEASE: Duration = Duration::from_millis(5);

const LIVES: u128 = 300;

/// Runners that must die at work before the others may finish in peace.
const KILLS: u32 = 30;

/// Rounds in which so many must have died: where machines are fast, many runners are done before their end comes.
const ROUNDS_MAX: u32 = 400;

/// Lets three runners race and kills them at random moments; returns how many died at work.
async fn killed_runners(world: &World) -> u32 {
    let mut kills = 0;
    for round in 0..ROUNDS_MAX {
        if kills >= KILLS {
            break;
        }
        let racing: Vec<_> = (0..3)
            .map(|_| {
                let runner = world.runner(SHORT_LEASE);
                tokio::spawn(async move { runner.catch_up().await })
            })
            .collect();
        let life = Duration::from_millis(rand::rng().random_range(0..50));
        tokio::time::sleep(life).await;
        for task in racing.iter().filter(|task| !task.is_finished()) {
            task.abort();
            kills += 1;
        }
        for task in racing {
            _ = task.await;
        }
        // There is always something left to do.
        world.life(LIVES + u128::from(round)).await;
    }
    kills
}

/// Brings everything to the end of the log: the leases of the dead run out, and streams that were parked because their
/// runners died while they applied them go on.
async fn settle(world: &World) {
    let runner = world.runner(Duration::from_secs(10));
    loop {
        runner.catch_up().await.unwrap();
        runner.retry_parked().await.unwrap();
        let heads = world.log.heads().await.unwrap();
        let behind = runner::behind(&world.db, &heads).await.unwrap();
        let parked = runner::count_parked(&world.db).await.unwrap();
        if behind.iter().chain(&parked).all(|(_, count)| *count == 0) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn equal_to_refold(world: &World) -> bool {
    for model in ReadModel::ALL.into_iter().filter(|model| model.table().is_some()) {
        let comparison = rebuild::verify(&world.db, &world.log, model, |_| ()).await.unwrap();
        if !comparison.equal {
            return false;
        }
    }
    true
}

#[sqlx::test(migrations = "../migrations")]
async fn read_models_equal_a_refold_after_kills(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..LIVES {
        world.life(number).await;
    }
    let kills = killed_runners(&world).await;
    settle(&world).await;
    assert!(kills >= KILLS, "only {kills} runners were killed, so this run shows nothing");
    assert!(equal_to_refold(&world).await);
    let owed: i64 =
        sqlx::query_scalar("select count(*) from effect").fetch_one(&pool).await.unwrap();
    let asked: i64 = sqlx::query_scalar(
        "select count(*) from es.event
            where event_type in ('ReplyRequested', 'ReplySent', 'ReplyOutcomeUnknown')",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(owed, asked, "every effect is owed once");
}

/// The sabotage: the checkpoint moves in a transaction of its own, and the runner dies before the rows follow.
#[sqlx::test(migrations = "../migrations")]
async fn a_checkpoint_outside_the_transaction_is_caught(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..30 {
        world.life(number).await;
    }
    world.catch_up().await;
    assert!(equal_to_refold(&world).await);
    world.interaction(0, &[revised("Передумал")]).await;
    sqlx::query(
        "update projection_checkpoint set pos = pos + 1 where projection = 'thread' and pos > 0",
    )
    .execute(&pool)
    .await
    .unwrap();
    world.catch_up().await;
    assert!(!equal_to_refold(&world).await, "a comparison that misses this proves nothing");
}
