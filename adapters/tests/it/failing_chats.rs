//! Chats that fail whenever they are read, with nothing else new on their page: the channel goes on all the same, and
//! reads them when they can be read.

use chrono::{DateTime, Utc};
use reqwest::Method;
use sandbox::{Fault, FaultRule, Faults};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::whole_way::World;
use crate::{ozon_whole_way, yandex_whole_way};

/// More than may fail in one reading.
const CHATS: usize = 4;

/// A chat is tried so often in a round.
const TRIES: u64 = 3;

/// A marketplace whose chats are read one by one.
#[derive(Clone, Copy)]
enum Of {
    Ozon,
    Yandex,
}

impl Of {
    async fn start(self, pool: &PgPool) -> World {
        match self {
            Self::Ozon => ozon_whole_way::start(pool, Faults::default()).await,
            Self::Yandex => yandex_whole_way::start(pool, Faults::default()).await,
        }
    }

    fn history(self) -> &'static str {
        match self {
            Self::Ozon => "POST /ozon/v3/chat/history",
            Self::Yandex => "POST /v2/businesses/{businessId}/chats/history",
        }
    }

    async fn begun(self, world: &World) -> String {
        match self {
            Self::Ozon => {
                let body = json!({"text": "Где чайник?"});
                let made = ozon_whole_way::control(world, Method::POST, "chats", &body).await;
                made["chat_id"].as_str().unwrap().to_owned()
            }
            Self::Yandex => {
                let messages = json!([{"by": "CUSTOMER", "text": "Где чайник?"}]);
                let body = json!({"about": "ORDER", "user": "Ольга", "messages": messages});
                let made = yandex_whole_way::control(world, Method::POST, "chats", &body).await;
                made["id"].to_string()
            }
        }
    }
}

async fn control(world: &World, method: Method, path: &str, body: &Value) -> Value {
    let url = format!("{}/control/{path}", world.sandbox.url());
    let answer = reqwest::Client::new().request(method, url).json(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}");
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null)
}

async fn fired(world: &World) -> u64 {
    let state = control(world, Method::GET, "state", &Value::Null).await;
    state["fired"]["server_error_before"].as_u64().unwrap_or(0)
}

/// When a round over the chats ended last.
async fn round_ended(world: &World) -> Option<DateTime<Utc>> {
    sqlx::query_scalar("select last_synced_at from channel_sync where channel = 'chat'")
        .fetch_one(world.db.pool())
        .await
        .unwrap()
}

async fn noted(world: &World) -> i64 {
    let count = sqlx::query_scalar("select count(*) from chat_note");
    count.fetch_one(world.db.pool()).await.unwrap()
}

async fn until_round(world: &World) {
    let began = Utc::now();
    world.until("a round", async || (round_ended(world).await? > began).then_some(())).await;
}

/// Lets all chats of the marketplace be known, then new ones fail. `Err` if no round ends though each was tried often
/// enough.
async fn goes_on(world: &World, of: Of) -> Result<(), String> {
    until_round(world).await;
    let known = noted(world).await;
    let failing = FaultRule { call: Some(of.history().to_owned()), ..FaultRule::chance(1.0) };
    let faults = Faults::default().with(Fault::ServerErrorBefore, failing);
    // Or a round would meet the first of them alone.
    let pause = "update channel_sync set next_at = 'infinity', lease_until = null, cursor = 'null', fence = fence + 1
        where channel = 'chat'";
    sqlx::query(pause).execute(world.db.pool()).await.unwrap();
    for _ in 0..CHATS {
        of.begun(world).await;
    }
    control(world, Method::PUT, "faults", &serde_json::to_value(faults).unwrap()).await;
    let before = round_ended(world).await;
    let go_on = "update channel_sync set next_at = now() where channel = 'chat'";
    sqlx::query(go_on).execute(world.db.pool()).await.unwrap();
    let tries = TRIES * CHATS as u64;
    world
        .until("a round, or more tries than one has", async || match fired(world).await {
            fired if fired >= tries && round_ended(world).await > before => Some(Ok(())),
            fired if fired > tries + 1 => Some(Err(format!("{fired} tries and no end"))),
            _ => None,
        })
        .await?;
    assert_eq!(noted(world).await, known, "none of them was read");
    control(world, Method::PUT, "faults", &json!({})).await;
    world
        .until("the chats are read", async || {
            (noted(world).await == known + CHATS as i64).then_some(())
        })
        .await;
    Ok(())
}

async fn goes_on_at(pool: &PgPool, of: Of) {
    let world = of.start(pool).await;
    assert_eq!(goes_on(&world, of).await, Ok(()));
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn ozons_chats_go_on_where_four_fail_for_ever(pool: PgPool) {
    goes_on_at(&pool, Of::Ozon).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn yandexs_chats_go_on_where_four_fail_for_ever(pool: PgPool) {
    goes_on_at(&pool, Of::Yandex).await;
}

/// A program that forgets, with a reading that failed, which chats failed in it: the same check must notice.
#[sqlx::test(migrations = "../migrations")]
async fn forgetting_which_chats_failed_is_noticed(pool: PgPool) {
    let world = Of::Yandex.start(&pool).await;
    sqlx::raw_sql(
        "create function forget() returns trigger language plpgsql as
            'begin if new.cursor->''chats''->''failed'' <> ''{}'' then new.cursor := old.cursor; end if; return new; end';
        create trigger forget before update of cursor on channel_sync for each row execute function forget()",
    )
    .execute(&pool)
    .await
    .unwrap();
    let stands = goes_on(&world, Of::Yandex).await.unwrap_err();
    assert!(stands.ends_with("and no end"), "{stands}");
    world.end().await;
}
