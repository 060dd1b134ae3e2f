//! Read models equal a refold of the log although their runners were killed in the middle of batches and raced each
//! other with leases shorter than a batch.

use std::time::Duration;

use domain::{Event, Recorded};
use projections::{ReadModel, rebuild};
use rand::RngExt as _;
use sqlx::PgPool;

use crate::support::*;

/// Shorter than a batch takes, so that leases run out under their owners.
const SHORT_LEASE: Duration = Duration::from_millis(5);

const LIVES: u128 = 300;

/// Rounds after which the runners may finish in peace.
const ROUNDS: u32 = 40;

/// Lets three runners race and kills them at random moments; returns how many died at work.
async fn killed_runners(world: &World) -> u32 {
    let mut kills = 0;
    for round in 0..ROUNDS {
        let racing: Vec<_> = (0..3)
            .map(|_| {
                let runner = world.runner(SHORT_LEASE);
                tokio::spawn(async move { runner.catch_up().await })
            })
            .collect();
        let life = Duration::from_millis(rand::rng().random_range(0..100));
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
    world.catch_up().await;
    assert!(kills >= 20, "only {kills} runners were killed, so this run shows nothing");
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

/// The sabotage: the checkpoint moves after the rows, in a transaction of its own, and the runner dies between.
#[sqlx::test(migrations = "../migrations")]
async fn a_checkpoint_outside_the_transaction_is_caught(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..30 {
        world.life(number).await;
    }
    world.catch_up().await;
    assert!(equal_to_refold(&world).await);
    world.interaction(0, &[revised("Передумал")]).await;

    let log = world.log.log_of(TENANT).await.unwrap();
    let head = world.log.heads().await.unwrap().into_iter().find(|head| head.0 == log).unwrap().1;
    for stored in world.log.read_log(log, head - 1, 1).await.unwrap() {
        let event = Event::decode("interaction", &stored.event_type, 1, stored.payload).unwrap();
        let recorded = Recorded {
            tenant: stored.tenant,
            stream: stored.stream,
            version: stored.version,
            log: log.0,
            position: stored.pos,
            event_id: stored.event_id,
            recorded_at: stored.recorded_at,
            correlation_id: None,
            actor: stored.actor,
            event,
        };
        let mut tx = world.db.begin().await.unwrap();
        ReadModel::Thread.apply(&mut tx, &recorded).await.unwrap();
        tx.commit().await.unwrap();
    }
    world.catch_up().await;
    assert!(!equal_to_refold(&world).await, "a comparison that misses this proves nothing");
}
