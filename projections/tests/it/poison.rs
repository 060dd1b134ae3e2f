//! An event that cannot be applied parks its stream and nothing else.

use std::time::Duration;

use domain::Recorded;
use projections::inbox::{self, Filter};
use projections::runner::Runner;
use projections::{ReadModel, thread};
use serde_json::json;
use sqlx::PgPool;

use crate::support::*;

const LEASE: Duration = Duration::from_secs(10);

async fn parked(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from parked_stream").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unreadable_event_parks_its_stream_and_others_go_on(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    let unheard_of = json!({"type": "HeldByAliens"});
    world.append(TENANT, stream(1), "interaction", &[unheard_of]).await;
    world.interaction(1, &[requested(reply(1))]).await;
    world.interaction(2, &[ingested(2)]).await;
    world.catch_up().await;

    assert_eq!(inbox::count(&world.db, TENANT, &Filter::default()).await.unwrap().total, 2);
    let first = inbox::one(&world.db, TENANT, interaction_id(1)).await.unwrap().unwrap();
    assert_eq!(first.version, 1, "what follows the unreadable event waits");
    assert_eq!(parked(&pool).await, 5, "one stream in each read model");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_parked_stream_goes_on_in_order_after_the_fix(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    world.interaction(2, &[ingested(2)]).await;
    // The fault to be fixed: a fold that panics at what interaction 1 says.
    let is_first = |recorded: &Recorded| recorded.stream == stream(1);
    let broken = Runner::new(world.db.clone(), world.log.clone(), &[ReadModel::Thread], LEASE)
        .watched_by(move |recorded| assert!(!is_first(recorded), "the fault"));
    broken.catch_up().await.unwrap();
    world.interaction(1, &[revised("Ещё раз"), drafted()]).await;
    broken.catch_up().await.unwrap();
    assert_eq!(parked(&pool).await, 1);
    assert_eq!(broken.retry_parked().await.unwrap(), 0, "the fault is still there");
    broken.catch_up().await.unwrap();
    let other = thread::one(&world.db, TENANT, interaction_id(2)).await.unwrap();
    assert!(other.is_some(), "another stream goes on");

    assert_eq!(world.runner(LEASE).retry_parked().await.unwrap(), 1);
    let thread = thread::one(&world.db, TENANT, interaction_id(1)).await.unwrap().unwrap();
    assert_eq!(thread.revisions, 1);
    assert!(thread.draft.is_some());
    assert_eq!(parked(&pool).await, 0);
}
