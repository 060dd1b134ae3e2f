//! An event that cannot be applied parks its stream and nothing else.

use projections::inbox::{self, Filter};
use serde_json::json;
use sqlx::PgPool;

use crate::support::*;

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
    // The fault to be fixed: a row that should not be there.
    sqlx::query(
        "insert into thread (tenant_id, interaction_id, content, version) values ($1, $2, '{}', 0)",
    )
    .bind(TENANT.0)
    .bind(stream(1).0)
    .execute(&pool)
    .await
    .unwrap();
    world.interaction(1, &[ingested(1)]).await;
    world.catch_up().await;
    world.interaction(1, &[revised("Ещё раз"), drafted()]).await;
    world.catch_up().await;
    assert_eq!(parked(&pool).await, 1);
    let runner = world.runner(std::time::Duration::from_secs(10));
    assert_eq!(runner.retry_parked().await.unwrap(), 0, "the fault is still there");

    sqlx::query("delete from thread").execute(&pool).await.unwrap();
    assert_eq!(runner.retry_parked().await.unwrap(), 1);
    let thread =
        projections::thread::one(&world.db, TENANT, interaction_id(1)).await.unwrap().unwrap();
    assert_eq!(thread.revisions, 1);
    assert!(thread.draft.is_some());
    assert_eq!(parked(&pool).await, 0);
}
