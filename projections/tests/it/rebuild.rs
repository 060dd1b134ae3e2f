//! A rebuild takes the served table's place without a pause, and leaves it as migrations made it.

use std::time::Duration;

use projections::inbox::{self, Filter, Order};
use projections::runner::Runner;
use projections::{ReadModel, rebuild};
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::time::timeout;

use crate::support::*;

async fn indexes(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select indexdef from pg_indexes where schemaname = 'public' order by indexdef",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn grants(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select given::text from pg_class cross join unnest(relacl) given
            where oid = 'public.inbox'::regclass order by 1",
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
    // As where the program is another role than the tables' owner; these two are in every cluster.
    for grant in [
        "grant select on inbox to public",
        "grant select, insert, update on inbox to pg_monitor with grant option",
    ] {
        sqlx::query(grant).execute(&pool).await.unwrap();
    }
    let before = (indexes(&pool).await, grants(&pool).await);
    sqlx::query("update inbox set preview = 'испорчено'").execute(&pool).await.unwrap();
    sqlx::query("delete from inbox where rating = 5").execute(&pool).await.unwrap();
    let spoilt = rebuild::verify(&world.db, &world.log, ReadModel::Inbox, |_| ()).await.unwrap();
    assert!(!spoilt.equal);
    assert!(spoilt.served_rows < spoilt.refold_rows);

    rebuild::rebuild(&world.db, &world.log, ReadModel::Inbox, |_| ()).await.unwrap();
    let mended = rebuild::verify(&world.db, &world.log, ReadModel::Inbox, |_| ()).await.unwrap();
    assert!(mended.equal);
    assert_eq!((indexes(&pool).await, grants(&pool).await), before);
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

/// A log that was never applied has no checkpoint yet, and must be held all the same.
#[sqlx::test(migrations = "../migrations")]
async fn a_logs_first_events_are_not_lost_while_a_table_takes_anothers_place(pool: PgPool) {
    let world = World::new(&pool);
    world.life(1).await;
    world.catch_up().await;
    let mut turn = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    let mut held = world.db.begin().await.unwrap();
    let checkpoints = "lock table projection_checkpoint in share row exclusive mode";
    sqlx::query(checkpoints).execute(&mut *held).await.unwrap();
    let runner = Runner::new(
        world.db.clone(),
        world.log.clone(),
        &[ReadModel::Inbox],
        Duration::from_secs(10),
    );
    let meanwhile = async {
        // The rebuild has made its table. From here on its turn to replace the other is somebody else's…
        waits_for_lock(&pool, "projection_checkpoint").await;
        let taken = sqlx::query("select pg_advisory_lock(4205, hashtext('inbox')) as taken");
        let take = async { taken.execute(&mut turn).await.unwrap() };
        let go_on = async {
            waits_for_lock(&pool, "as taken").await;
            held.rollback().await.unwrap();
        };
        tokio::join!(take, go_on);
        // … so that it holds the checkpoints and waits.
        waits_for_lock(&pool, "pg_advisory_xact_lock(4205").await;
        world.append(STRANGER, stream(500), "interaction", &[ingested(500)]).await;
        // What does not wait is done in no time.
        _ = timeout(Duration::from_secs(1), runner.catch_up()).await;
        turn.close().await.unwrap();
    };
    let rebuilding = rebuild::rebuild(&world.db, &world.log, ReadModel::Inbox, |_| ());
    tokio::join!(async { rebuilding.await.unwrap() }, meanwhile);
    runner.catch_up().await.unwrap();
    let total = inbox::count(&world.db, STRANGER, &Filter::default()).await.unwrap().total;
    assert_eq!(total, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_outbox_is_never_rebuilt(pool: PgPool) {
    let world = World::new(&pool);
    let outcome = rebuild::rebuild(&world.db, &world.log, ReadModel::Effects, |_| ()).await;
    assert!(outcome.is_err());
}
