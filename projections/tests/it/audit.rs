//! The audit finds whatever row is not what the log leads to, and says whose and which.

use domain::{DraftId, TenantId};
use projections::{ReadModel, audit};
use sqlx::{Connection as _, PgConnection, PgPool};

use crate::support::*;

async fn lived_in(pool: &PgPool) -> World {
    let world = World::new(pool);
    world.connect_account().await;
    for number in 0..30 {
        world.life(number).await;
    }
    world.append(STRANGER, stream(500), "interaction", &[ingested(500)]).await;
    world.catch_up().await;
    world
}

fn tables() -> impl Iterator<Item = ReadModel> {
    ReadModel::ALL.into_iter().filter(|model| model.table().is_some())
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_served_passes(pool: PgPool) {
    let world = lived_in(&pool).await;
    // What is not applied yet, or waits for a program that can read it, is not a difference.
    let unheard_of = serde_json::json!({"type": "HeldByAliens"});
    world.append(TENANT, stream(0), "interaction", &[unheard_of]).await;
    world.interaction(0, &[revised("Передумал")]).await;
    world.catch_up().await;
    world.interaction(1, &[revised("Передумал")]).await;
    assert_eq!(audit::sample(&world.db, &world.log, 10).await.unwrap(), []);
    let kept: i64 = sqlx::query_scalar(
        "select count(*) from projection_audit where served_digest = folded_digest and served_rows = folded_rows",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(kept, 2 * 11, "two sellers, eleven read models");
}

/// The rows of a table that took another's place after the audit's snapshot do not exist in it.
#[sqlx::test(migrations = "../migrations")]
async fn a_table_that_is_made_anew_meanwhile_is_no_difference(pool: PgPool) {
    let world = lived_in(&pool).await;
    let mut holder = world.db.begin().await.unwrap();
    let checkpoints = "lock table projection_checkpoint in access exclusive mode";
    sqlx::query(checkpoints).execute(&mut *holder).await.unwrap();
    let meanwhile = async {
        // The snapshot is taken.
        waits_for_lock(&pool, "projection_checkpoint").await;
        let mut other = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
        // Either it has to wait, or it is done.
        _ = sqlx::raw_sql(
            "set lock_timeout = '300ms'; begin;
            create table anew (like inbox including all); insert into anew select * from inbox;
            drop table inbox; alter table anew rename to inbox; commit",
        )
        .execute(&mut other)
        .await;
        other.close().await.unwrap();
        holder.rollback().await.unwrap();
    };
    let auditing = audit::tenant(&world.db, &world.log, ReadModel::Inbox, TENANT);
    let (finding, ()) = tokio::join!(auditing, meanwhile);
    let finding = finding.unwrap();
    assert!(finding.is_sound(), "{finding:?}");
    assert_eq!(finding.served.rows(), 30);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_audit_that_fails_does_not_stop_the_others(pool: PgPool) {
    let world = lived_in(&pool).await;
    let unheard_of = serde_json::json!({"type": "HeldByAliens"});
    world.append(TENANT, stream(0), "interaction", &[unheard_of]).await;
    world.catch_up().await;
    sqlx::query("delete from parked_stream where projection = 'inbox'")
        .execute(&pool)
        .await
        .unwrap();
    let failed = audit::sample(&world.db, &world.log, 10).await.unwrap_err();
    assert_eq!(failed.to_string(), "audits that failed: 1");
    let kept: i64 =
        sqlx::query_scalar("select count(*) from projection_audit").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 2 * 11 - 1, "two sellers, eleven read models");
}

/// Neither of two drafts that no reply was made of hides the other, nor is one taken for it.
#[sqlx::test(migrations = "../migrations")]
async fn every_row_is_known_by_the_key_of_its_table(pool: PgPool) {
    let world = lived_in(&pool).await;
    world.interaction(20, &[draft_made(20, 0, 1), draft_made(20, 0, 2)]).await;
    world.catch_up().await;
    let audited = || audit::tenant(&world.db, &world.log, ReadModel::Lineage, TENANT);
    for asked in [1, 2] {
        let draft = DraftId::made_for(interaction_id(20), 0, asked).0;
        let sound = audited().await.unwrap();
        let counted: i64 = sqlx::query_scalar("select count(*) from lineage where tenant_id = $1")
            .bind(TENANT.0)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert!(sound.is_sound(), "{sound:?}");
        assert_eq!(i64::try_from(sound.served.rows()).unwrap(), counted);
        let update = "update lineage set score = score + $2 where lineage_id = $1";
        sqlx::query(update).bind(draft).bind(1_i16).execute(&pool).await.unwrap();
        let key = format!("{}/{draft}", interaction_id(20).0);
        assert_eq!(audited().await.unwrap().differences, [key]);
        sqlx::query(update).bind(draft).bind(-1_i16).execute(&pool).await.unwrap();
    }
}

/// The sabotage: rows changed, removed and added by hand.
#[sqlx::test(migrations = "../migrations")]
async fn a_row_edited_by_hand_is_reported_with_its_seller_and_key(pool: PgPool) {
    let world = lived_in(&pool).await;
    let id = |number| stream(number).0;
    sqlx::query("update inbox set rating = 1 where interaction_id = $1")
        .bind(id(9))
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("delete from thread where interaction_id = $1")
        .bind(id(7))
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("update account set name = 'чужое'").execute(&pool).await.unwrap();
    let found = audit::sample(&world.db, &world.log, 10).await.unwrap();
    let found: Vec<(ReadModel, TenantId, Vec<String>)> =
        found.into_iter().map(|f| (f.model, f.tenant, f.differences)).collect();
    assert_eq!(
        found,
        [
            (ReadModel::Inbox, TENANT, vec![id(9).to_string()]),
            (ReadModel::Thread, TENANT, vec![id(7).to_string()]),
            (ReadModel::Accounts, TENANT, vec![ACCOUNT.0.to_string()]),
        ]
    );
    let told: Vec<String> = sqlx::query_scalar(
        "select unnest(differences) from projection_audit where projection = 'inbox'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(told, [id(9).to_string()]);
    let still: i16 = sqlx::query_scalar("select rating from inbox where interaction_id = $1")
        .bind(id(9))
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(still, 1, "nothing is mended silently");
    for model in tables() {
        projections::rebuild::rebuild_tenant(&world.db, &world.log, model, TENANT).await.unwrap();
    }
    assert_eq!(audit::sample(&world.db, &world.log, 10).await.unwrap(), []);
}
