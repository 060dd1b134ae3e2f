//! How far read models are behind is a heartbeat: it grows while nobody works, whoever holds the lease.

use std::time::Duration;

use chrono::TimeDelta;
use projections::runner::lags;
use projections::{ReadModel, effects};
use sqlx::PgPool;

use crate::support::*;

async fn lag(world: &World) -> TimeDelta {
    let heads = world.log.heads().await.unwrap();
    let now = effects::now(&world.db).await.unwrap();
    let lags = lags(&world.db, &heads, now).await.unwrap();
    lags.into_iter().find(|(model, _)| *model == ReadModel::Inbox).unwrap().1
}

#[sqlx::test(migrations = "../migrations")]
async fn lag_grows_under_a_runner_that_holds_the_lease_and_does_nothing(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    world.catch_up().await;
    assert!(lag(&world).await.is_zero(), "nothing is left to apply");

    let stuck = "update projection_checkpoint set owner = gen_random_uuid(), lease_until = now() + interval '1 hour'";
    sqlx::query(stuck).execute(&pool).await.unwrap();
    world.interaction(2, &[ingested(2)]).await;
    world.catch_up().await;
    let first = lag(&world).await;
    assert!(first > TimeDelta::zero(), "a stuck runner must show");
    let mut later = lag(&world).await;
    while later < first + TimeDelta::milliseconds(50) {
        tokio::task::yield_now().await;
        later = lag(&world).await;
    }

    let released = "update projection_checkpoint set owner = null, lease_until = null";
    sqlx::query(released).execute(&pool).await.unwrap();
    world.runner(Duration::from_secs(10)).catch_up().await.unwrap();
    assert!(lag(&world).await.is_zero());
}
