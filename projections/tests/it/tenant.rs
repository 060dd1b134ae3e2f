//! One seller's rows are made anew while everybody is served and events come in.

use projections::inbox::{self, Filter};
use projections::rebuild::rebuild_tenant;
use projections::{Folded, ReadModel, audit, recorded};
use sqlx::PgPool;

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
