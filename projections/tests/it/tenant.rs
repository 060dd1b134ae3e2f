//! One seller's rows are made anew while everybody is served and events come in.

use std::time::Duration;

use projections::inbox::{self, Filter};
use projections::rebuild::rebuild_tenant;
use projections::runner::Runner;
use projections::{Folded, ReadModel, audit, recorded, thread};
use sqlx::PgPool;
use tokio::time::timeout;

use crate::support::*;

const LIVES: u128 = 60;

async fn lived_in(pool: &PgPool) -> World {
    let world = World::new(pool);
    for number in 0..LIVES {
        world.life(number).await;
    }
    world.append(STRANGER, stream(500), "interaction", &[ingested(500)]).await;
    world.catch_up().await;
    world
}

async fn is_sound(world: &World) -> bool {
    for model in ReadModel::ALL {
        if !audit::tenant(&world.db, &world.log, model, TENANT).await.unwrap().is_sound() {
            return false;
        }
    }
    true
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sellers_rows_are_made_anew_while_events_come_in(pool: PgPool) {
    let world = lived_in(&pool).await;
    sqlx::query("update inbox set preview = 'испорчено'").execute(&pool).await.unwrap();
    sqlx::query("delete from reply_history where kind = 'answer'").execute(&pool).await.unwrap();
    let writing = async {
        for number in 0..LIVES {
            world.interaction(number, &[revised("Передумал")]).await;
            world.catch_up().await;
        }
    };
    let rebuilding = async {
        let mut rounds = 0;
        while rounds < 5 {
            for model in ReadModel::ALL.into_iter().filter(|model| model.table().is_some()) {
                rebuild_tenant(&world.db, &world.log, model, TENANT).await.unwrap();
            }
            rounds += 1;
        }
    };
    let reading = async {
        for _ in 0..50 {
            let total = inbox::count(&world.db, TENANT, &Filter::default()).await.unwrap().total;
            assert_eq!(
                total,
                i64::try_from(LIVES).unwrap(),
                "a seller's rows are never half there"
            );
        }
    };
    tokio::join!(writing, rebuilding, reading);
    world.catch_up().await;
    assert!(is_sound(&world).await);
    let strangers: Vec<String> =
        sqlx::query_scalar("select preview from inbox where tenant_id = $1")
            .bind(STRANGER.0)
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(strangers, ["испорчено"], "other sellers' rows are not touched");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_made_a_seller(pool: PgPool) {
    let world = World::new(&pool);
    let refused = rebuild_tenant(&world.db, &world.log, ReadModel::Inbox, STRANGER).await;
    assert!(refused.unwrap_err().to_string().contains("no seller"));
    let sellers: i64 =
        sqlx::query_scalar("select count(*) from es.tenant_log").fetch_one(&pool).await.unwrap();
    assert_eq!(sellers, 0);
}

/// A log that was never applied has no checkpoint yet, and must be held all the same.
#[sqlx::test(migrations = "../migrations")]
async fn a_logs_first_events_wait_while_rows_are_made_anew(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    let left_over =
        "insert into thread (tenant_id, interaction_id, content, version) values ($1, $2, '{}', 1)";
    sqlx::query(left_over).bind(TENANT.0).bind(stream(2).0).execute(&pool).await.unwrap();
    // The rebuild comes as far as this row and waits.
    let mut holder = world.db.begin().await.unwrap();
    sqlx::query("select from thread for update").execute(&mut *holder).await.unwrap();
    let runner = Runner::new(
        world.db.clone(),
        world.log.clone(),
        &[ReadModel::Thread],
        Duration::from_secs(10),
    );
    let meanwhile = async {
        waits_for_lock(&pool, "delete from thread").await;
        // What does not wait is done in no time.
        _ = timeout(Duration::from_secs(1), runner.catch_up()).await;
        let applied: Option<i64> = sqlx::query_scalar("select max(pos) from projection_checkpoint")
            .fetch_one(&pool)
            .await
            .unwrap();
        holder.rollback().await.unwrap();
        applied
    };
    let rebuilding = rebuild_tenant(&world.db, &world.log, ReadModel::Thread, TENANT);
    let (rebuilt, applied) = tokio::join!(rebuilding, meanwhile);
    rebuilt.unwrap();
    assert_eq!(applied, None, "nothing may be applied before the rows are in place");
    runner.catch_up().await.unwrap();
    let shown =
        async |number| thread::one(&world.db, TENANT, interaction_id(number)).await.unwrap();
    assert!(shown(1).await.is_some() && shown(2).await.is_none());
}

/// The sabotage: rows are folded and written without holding the checkpoint, and an event is applied in between.
#[sqlx::test(migrations = "../migrations")]
async fn rows_made_anew_without_the_checkpoint_are_caught(pool: PgPool) {
    let world = lived_in(&pool).await;
    let log = world.log.log_of(TENANT).await.unwrap();
    let mut folded = Folded::new(ReadModel::Thread);
    for stored in world.log.read_log(log, 0, 100_000).await.unwrap() {
        let recorded = recorded(stored).unwrap();
        if recorded.tenant == TENANT {
            folded.apply(&recorded).unwrap();
        }
    }
    world.interaction(1, &[revised("Передумал")]).await;
    world.catch_up().await;
    let rows: Vec<_> = folded.rows().collect();
    let mut tx = world.db.begin().await.unwrap();
    sqlx::query("delete from thread where tenant_id = $1")
        .bind(TENANT.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("insert into thread select * from jsonb_populate_recordset(null::thread, $1)")
        .bind(serde_json::Value::from(rows))
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.catch_up().await;
    assert!(!is_sound(&world).await, "a comparison that misses this proves nothing");
}
