//! A rebuild takes the served table's place without a pause, and leaves it as migrations made it.

use projections::inbox::{self, Filter, Order};
use projections::{ReadModel, rebuild};
use sqlx::PgPool;

use crate::support::*;

async fn indexes(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select indexdef from pg_indexes where schemaname = 'public' order by indexdef",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rebuild_repairs_a_table_and_keeps_its_shape(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..40 {
        world.life(number).await;
    }
    world.catch_up().await;
    let before = indexes(&pool).await;
    sqlx::query("update inbox set preview = 'испорчено'").execute(&pool).await.unwrap();
    sqlx::query("delete from inbox where rating = 5").execute(&pool).await.unwrap();
    let spoilt = rebuild::verify(&world.db, &world.log, ReadModel::Inbox, |_| ()).await.unwrap();
    assert!(!spoilt.equal);
    assert!(spoilt.served_rows < spoilt.refold_rows);

    rebuild::rebuild(&world.db, &world.log, ReadModel::Inbox, |_| ()).await.unwrap();
    let mended = rebuild::verify(&world.db, &world.log, ReadModel::Inbox, |_| ()).await.unwrap();
    assert!(mended.equal);
    assert_eq!(indexes(&pool).await, before);
    world.life(41).await;
    world.catch_up().await;
    assert!(inbox::one(&world.db, TENANT, interaction_id(41)).await.unwrap().is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn reading_goes_on_during_a_rebuild(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..60 {
        world.life(number).await;
    }
    world.catch_up().await;
    let db = world.db.clone();
    let reader = tokio::spawn(async move {
        let mut reads = 0;
        loop {
            let page = inbox::list(&db, TENANT, &Filter::default(), Order::Newest, None, 100)
                .await
                .expect("a read during a rebuild");
            assert_eq!(page.rows.len(), 60);
            reads += 1;
            if reads >= 50 && db.pool().is_closed() {
                return reads;
            }
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..3 {
        rebuild::rebuild(&world.db, &world.log, ReadModel::Inbox, |_| ()).await.unwrap();
    }
    assert!(!reader.is_finished(), "a read failed: {:?}", reader.await);
    reader.abort();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_outbox_is_never_rebuilt(pool: PgPool) {
    let world = World::new(&pool);
    let outcome = rebuild::rebuild(&world.db, &world.log, ReadModel::Effects, |_| ()).await;
    assert!(outcome.is_err());
}
