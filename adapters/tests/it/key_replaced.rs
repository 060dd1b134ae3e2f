//! A key that is replaced while the loss of the one before is being noted.

use commands::Actor;
use domain::account::Account;
use sandbox::Faults;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::whole_way::{TENANT, World};

const OLD: &str = "sandbox-demo-token";
const NEW: &str = "another-token";

/// Puts the new key in the place of the old one right when reading is stopped for the loss of that, which is after the
/// loss was noted. Once: what is lost later is not replaced.
const REPLACED_MEANWHILE: &str = "create sequence replaced;
    create function replace_key() returns trigger language plpgsql as $$ begin
        if new.error_code is not distinct from 'unauthorized' then
            if nextval('replaced') = 1 then
                update account_secret s set sealed = p.sealed, replaced_at = $WHEN$ from prepared p
                    where s.tenant_id = new.tenant_id and s.account_id = new.account_id and s.kind = 'credential';
            end if;
        end if;
        return new;
    end $$;
    create trigger replace_key before update on channel_sync for each row execute function replace_key()";

async fn control(world: &World, path: &str, body: &Value) {
    let url = format!("{}/control/wildberries/demo/{path}", world.sandbox.url());
    let response = reqwest::Client::new().post(url).json(body).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
}

async fn replace(world: &World, token: &str) {
    let key = adapters::cabinets::CabinetKey::Wildberries { token: token.to_owned().into() };
    let actor = Actor::System("test");
    world.cabinets.replace_credential(TENANT, actor, world.account, key).await.unwrap();
}

async fn events(pool: &PgPool, name: &str) -> i64 {
    let count = "select count(*) from es.event where event_type = $1";
    sqlx::query_scalar(count).bind(name).fetch_one(pool).await.unwrap()
}

/// Has the old key refused, and the new one put in its place meanwhile, since `when`; `Err` says how the cabinet is left.
async fn replaced_meanwhile(pool: &PgPool, when: &str) -> Result<(), String> {
    let world = World::start(pool, Faults::default()).await;
    control(&world, "tokens", &json!({"token": NEW})).await;
    // As a person would, and back again: what is sealed then is what the trigger puts there.
    replace(&world, NEW).await;
    sqlx::query(
        "create table prepared as select sealed from account_secret where kind = 'credential'",
    )
    .execute(pool)
    .await
    .unwrap();
    replace(&world, OLD).await;
    world.waiting(5).await;

    let meanwhile = REPLACED_MEANWHILE.replace("$WHEN$", when);
    sqlx::raw_sql(sqlx::AssertSqlSafe(meanwhile)).execute(pool).await.unwrap();
    control(&world, "tokens/revoke", &json!({"token": OLD})).await;
    // A reader that was on its way may have met the refusal by now: then nothing is left to be asked for.
    adapters::sync::request_now(&world.db, TENANT, world.account).await.unwrap();
    world
        .until("the loss to be noted", async || {
            (events(pool, "AccessLost").await > 0).then_some(())
        })
        .await;
    // What is under way is finished first.
    let world = world.restart(async |_| ()).await;
    let lost = world.commands.load::<Account>(TENANT, world.account).await.unwrap();
    let stopped: i64 =
        sqlx::query_scalar("select count(*) from channel_sync where next_at = 'infinity'")
            .fetch_one(pool)
            .await
            .unwrap();
    if let Some(reason) = lost.aggregate.lost() {
        world.end().await;
        return Err(format!("lost, {reason:?}, {stopped} are not read"));
    }
    assert_eq!(stopped, 0);
    // Two readers may have met the refusal.
    assert!(events(pool, "AccessRestored").await > 0);
    // The new key is used.
    let before = world.waiting(0).await.len();
    let review = json!({"id": "late", "createdDate": chrono::Utc::now(), "productValuation": 5,
        "text": "Плед тёплый"});
    control(&world, "reviews", &review).await;
    assert!(adapters::sync::request_now(&world.db, TENANT, world.account).await.unwrap());
    world.waiting(before + 1).await;
    world.end().await;
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_that_comes_while_the_loss_of_the_last_is_noted_is_not_lost(pool: PgPool) {
    assert_eq!(replaced_meanwhile(&pool, "clock_timestamp()").await, Ok(()));
}

/// A program that cannot tell the keys apart: the same check must notice.
#[sqlx::test(migrations = "../migrations")]
async fn losing_the_new_key_with_the_old_one_is_noticed(pool: PgPool) {
    let left = replaced_meanwhile(&pool, "s.replaced_at").await.unwrap_err();
    assert!(left.starts_with("lost"), "{left}");
}
