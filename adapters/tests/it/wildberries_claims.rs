//! Claims for return of Wildberries, the whole way: buyers make them, the seller decides about them in the cabinet, and
//! both is read; whatever a page may come up with, and wherever the reading is cut off.

use std::time::Duration;

use adapters::cabinets::CabinetKey;
use adapters::sync::{self, RetryReport, SyncState, retry_unread, unread_items};
use chrono::Utc;
use commands::Actor;
use domain::{ClaimId, InteractionId};
use projections::claims::{self, ClaimRow, Filter};
use projections::thread;
use reqwest::Method;
use sandbox::{Fault, FaultRule, Faults, Rights, TokenClaims, TokenKind};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::unread::dropping_silently_is_noticed;
use crate::whole_way::{TENANT, World};

const CLAIMS: &str = "GET /returns-api/api/v1/claims";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn call(world: &World, method: Method, path: &str, body: &Value) -> Value {
    let url = format!("{}/{path}", world.sandbox.url());
    let request = reqwest::Client::new().request(method, url).json(body);
    let answer = request.header("authorization", "sandbox-demo-token").send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{path}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Lets a buyer make a claim; returns the marketplace's id.
pub(crate) async fn made(world: &World, body: &Value) -> String {
    let path = "control/wildberries/demo/claims";
    call(world, Method::POST, path, body).await["id"].as_str().unwrap().to_owned()
}

/// Lets the seller decide in the cabinet.
async fn decide(world: &World, id: &str, action: &str) {
    let body = json!({"id": id, "action": action});
    call(world, Method::PATCH, "returns-api/api/v1/claim", &body).await;
}

/// Asks for a round and waits until the claims were read once more.
pub(crate) async fn round(world: &World) {
    let before = state(world).await.last_synced_at;
    assert!(sync::request_now(&world.db, TENANT, world.account).await.unwrap());
    let ended = async || (state(world).await.last_synced_at > before).then_some(());
    world.until("a round over the claims", ended).await;
    // A round that had begun before it was asked for has seen only a part; the next one sees all.
    let before = state(world).await.last_synced_at;
    assert!(sync::request_now(&world.db, TENANT, world.account).await.unwrap());
    world
        .until("a second round", async || {
            (state(world).await.last_synced_at > before).then_some(())
        })
        .await;
}

async fn state(world: &World) -> SyncState {
    let states = sync::states(&world.db, TENANT).await.unwrap();
    states.into_iter().find(|state| state.channel == sync::CLAIMS).unwrap()
}

async fn row(world: &World, id: &str) -> Option<ClaimRow> {
    let id = ClaimId::of_external(TENANT, world.account, id);
    claims::one(&world.db, TENANT, id).await.unwrap()
}

pub(crate) async fn until_state(world: &World, id: &str, state: &str) -> ClaimRow {
    let looks = async || row(world, id).await.filter(|row| row.state == state);
    world.until(&format!("claim {id} to be {state}"), looks).await
}

async fn events(pool: &PgPool, name: &str) -> i64 {
    let count = "select count(*) from es.event where event_type = $1";
    sqlx::query_scalar(count).bind(name).fetch_one(pool).await.unwrap()
}

/// How often claims were asked for and answered so.
pub(crate) async fn answered(world: &World, status: u16) -> u64 {
    let state = call(world, Method::GET, "control/state", &Value::Null).await;
    state["answers"][CLAIMS][status.to_string()].as_u64().unwrap_or_default()
}

fn only_claims(fault: Fault, rule: FaultRule) -> Faults {
    Faults::default().with(fault, FaultRule { call: Some(CLAIMS.to_owned()), ..rule })
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_is_read_and_so_is_what_the_seller_decides_in_the_cabinet(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let id = made(&world, &json!({"comment": "Покрытие слезло за неделю"})).await;
    round(&world).await;
    let row = until_state(&world, &id, "under_review").await;
    assert_eq!(
        (row.archived, row.goods.as_str(), row.origin.as_str()),
        (false, "under_review", "portal")
    );
    assert_eq!(row.words["comment"], "Покрытие слезло за неделю");
    assert!(!row.product_article.is_empty() && row.price_minor.is_some() && row.order_id.is_some());
    assert!(row.actions.as_array().unwrap().contains(&json!("approve1")));
    for photo in row.words["photos"].as_array().unwrap() {
        assert!(photo.as_str().unwrap().starts_with("https://"), "{photo}");
    }

    // Read again and again, it is no news.
    round(&world).await;
    assert_eq!((events(&pool, "ClaimReceived").await, events(&pool, "ClaimChanged").await), (1, 0));

    decide(&world, &id, "approve1").await;
    round(&world).await;
    let row = until_state(&world, &id, "approved").await;
    assert_eq!((row.archived, row.goods.as_str(), row.version), (true, "resold", 2));
    assert_eq!(row.actions, json!([]));
    assert!(row.words["answer"].is_string());
    assert_eq!(events(&pool, "ClaimChanged").await, 1);
    world.end().await;
}

/// What a chat calls its order is what a claim calls it.
#[sqlx::test(migrations = "../migrations")]
async fn a_chat_tells_the_order_whose_claims_stand_beside_it(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let body = json!({"text": "Как вернуть чайник?", "client": "Ольга", "product": "чайник"});
    call(&world, Method::POST, "control/wildberries/demo/chats", &body).await;
    let chats = call(&world, Method::GET, "buyer-chat-api/api/v1/seller/chats", &Value::Null).await;
    let order = chats["result"][0]["goodCard"]["rid"].as_str().unwrap();
    let claim = json!({"id": "of-order", "dt": Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string(),
        "status": 0, "user_comment": "Не греет", "srid": order});
    made(&world, &claim).await;
    made(&world, &json!({"comment": "Из другого заказа"})).await;
    round(&world).await;
    until_state(&world, "of-order", "under_review").await;

    let chat = world
        .until("the chat", async || {
            world.waiting(0).await.into_iter().find(|row| row.channel == "chat")
        })
        .await;
    let thread = thread::one(&world.db, TENANT, InteractionId(chat.interaction_id)).await.unwrap();
    let order_id = thread.unwrap().content["product"]["order_id"].as_str().map(str::to_owned);
    assert_eq!(order_id.as_deref(), Some(order));
    let beside = Filter { account_id: Some(world.account.0), order_id, ..Filter::default() };
    let page = claims::list(&world.db, TENANT, &beside, None, 50).await.unwrap();
    let found: Vec<_> = page.rows.iter().map(|row| row.external_id.as_str()).collect();
    assert_eq!(found, ["of-order"]);
    world.end().await;
}

/// What a marketplace may come up with, and what is said about it. `ID` stands for the claim's own id.
fn spoiled() -> Vec<(Value, &'static str)> {
    let good = json!({"id": "ID", "dt": "2026-11-01T10:00:00", "user_comment": "Брак"});
    let with = |field: &str, value: Value| {
        let mut item = good.clone();
        item[field] = value;
        item
    };
    vec![
        (json!(17), "not_an_object"),
        (with("id", Value::Null), "no_id"),
        (with("id", json!("i".repeat(5_000))), "no_id"),
        (with("dt", json!("вчера")), "no_time"),
        (with("user_comment", json!({"ru": "Брак"})), "no_text"),
        (with("user_comment", json!("я".repeat(200_000))), "too_large"),
    ]
}

pub(crate) async fn give(world: &World, id: &str, served: &Value) {
    let served = served.to_string().replace("\"ID\"", &json!(id).to_string());
    let served: Value = serde_json::from_str(&served).unwrap();
    let dt = Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string();
    made(world, &json!({"id": id, "dt": dt, "status": 0, "served": served})).await;
}

/// Gives bad claims among good ones and holds what became of them against what must; `Err` says what was lost.
async fn bad_among_good(world: &World) -> Result<(), String> {
    for (n, (served, _)) in spoiled().iter().enumerate() {
        give(world, &format!("bad-{n}"), served).await;
    }
    let good = made(world, &json!({"comment": "Не тот цвет"})).await;
    // Odd, and readable all the same.
    let odd = json!({"id": "ID", "dt": "2026-11-01T10:00:00", "status": "неизвестно", "photos": {}, "price": "?"});
    give(world, "odd", &odd).await;
    round(world).await;
    until_state(world, &good, "under_review").await;
    until_state(world, "odd", "other").await;
    let kept = unread_items(&world.db, TENANT, world.account, 100).await.unwrap();
    assert!(kept.iter().all(|item| item.channel == sync::CLAIMS), "{kept:?}");
    let mut reasons: Vec<_> = kept.into_iter().map(|item| item.reason).collect();
    let mut wanted: Vec<_> = spoiled().into_iter().map(|(_, reason)| reason.to_owned()).collect();
    reasons.sort();
    wanted.sort();
    if reasons == wanted { Ok(()) } else { Err(format!("kept {reasons:?} of {wanted:?}")) }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_that_cannot_be_read_is_kept_and_costs_no_other(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    assert_eq!(bad_among_good(&world).await, Ok(()));
    let retried =
        retry_unread(&world.db, &world.cabinets, &world.commands, TENANT, world.account).await;
    assert_eq!(retried.unwrap(), RetryReport { read: 0, unread: 6 });
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn dropping_bad_claims_silently_is_noticed(pool: PgPool) {
    dropping_silently_is_noticed(&pool, bad_among_good).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_that_was_kept_is_read_once_it_can_be(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    give(&world, "kept", &json!({"id": "ID", "dt": "вчера"})).await;
    round(&world).await;
    let (tenant, account) = (TENANT, world.account);
    let (item, sealed): (Uuid, Vec<u8>) =
        sqlx::query_as("select item_id, sealed from unread_item").fetch_one(&pool).await.unwrap();
    let raw = world.vault.open(TENANT, "unread_item", item, &sealed).await.unwrap();
    let mended = secrecy::ExposeSecret::expose_secret(&raw).replace("вчера", "2026-11-01T10:00:00");
    sqlx::query("update unread_item set sealed = $1")
        .bind(world.vault.seal(TENANT, "unread_item", item, &mended.into()).await.unwrap())
        .execute(&pool)
        .await
        .unwrap();
    let retried = retry_unread(&world.db, &world.cabinets, &world.commands, tenant, account).await;
    assert_eq!(retried.unwrap(), RetryReport { read: 1, unread: 0 });
    world.until("the claim", async || row(&world, "kept").await).await;
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn odd_pages_bring_every_claim_once(pool: PgPool) {
    let faults = only_claims(Fault::Malformed, FaultRule::nth([2]))
        .with(Fault::ServerErrorBefore, only(FaultRule::nth([1, 5])))
        .with(Fault::Duplicated, only(FaultRule::chance(0.5)))
        .with(Fault::Reordered, only(FaultRule::chance(0.5)));
    let world = World::start(&pool, faults).await;
    for n in 0..30 {
        made(&world, &json!({"comment": format!("Брак {n}")})).await;
    }
    round(&world).await;
    assert_eq!(received(&pool).await, (30, 30));
    world.end().await;
}

fn only(rule: FaultRule) -> FaultRule {
    FaultRule { call: Some(CLAIMS.to_owned()), ..rule }
}

/// Claims received, and different ones among them.
async fn received(pool: &PgPool) -> (i64, i64) {
    let count = "select count(*), count(distinct stream_id) from es.event where event_type = 'ClaimReceived'";
    sqlx::query_as(count).fetch_one(pool).await.unwrap()
}

/// Two pages under review: the process is killed between the first that is taken in and the last.
#[sqlx::test(migrations = "../migrations")]
async fn a_kill_in_the_middle_of_a_round_loses_and_repeats_no_claim(pool: PgPool) {
    const CLAIMS_MADE: i64 = 250;
    let world = World::start(&pool, Faults::default()).await;
    let world = world
        .killed(async |world| {
            for n in 0..CLAIMS_MADE {
                made(world, &json!({"comment": format!("Брак {n}")})).await;
            }
        })
        .await;
    assert!(sync::request_now(&world.db, TENANT, world.account).await.unwrap());
    world
        .until("a part of the claims", async || {
            let (count, _) = received(&pool).await;
            (count > 0).then_some(())
        })
        .await;
    let world = world.killed(async |_| ()).await;
    let (at_kill, _) = received(&pool).await;
    assert!(at_kill < CLAIMS_MADE, "the kill came too late to say anything");
    world
        .until("all claims", async || {
            (received(&pool).await == (CLAIMS_MADE, CLAIMS_MADE)).then_some(())
        })
        .await;
    round(&world).await;
    assert_eq!(received(&pool).await, (CLAIMS_MADE, CLAIMS_MADE));
    assert_eq!(events(&pool, "ClaimChanged").await, 0);
    let page = claims::list(&world.db, TENANT, &Filter::default(), None, 500).await.unwrap();
    assert_eq!(i64::try_from(page.rows.len()), Ok(CLAIMS_MADE));
    world.end().await;
}

/// Takes a token over that opens reviews, and claims if so wanted.
async fn take_over(world: &World, returns: bool) {
    let rights = Rights { feedbacks: true, chat: true, returns, read_only: false };
    let expires = Utc::now() + chrono::TimeDelta::days(90);
    let sid = Uuid::from_u128(1);
    let token = TokenClaims { kind: TokenKind::Service, rights, sid, expires }.token();
    let body = json!({"token": token});
    call(world, Method::POST, "control/wildberries/demo/tokens", &body).await;
    let (actor, key) = (Actor::System("test"), CabinetKey::Wildberries { token: token.into() });
    world.cabinets.replace_credential(TENANT, actor, world.account, key).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_does_not_open_claims_is_not_tried(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    round(&world).await;
    take_over(&world, false).await;
    let asleep = async || state(&world).await.next_sync_at.is_none().then_some(());
    world.until("the claims to be left alone", asleep).await;
    let before = answered(&world, 200).await + answered(&world, 401).await;
    made(&world, &json!({"comment": "Не тот размер"})).await;
    reviews_go_on(&world).await;
    assert_eq!(answered(&world, 200).await + answered(&world, 401).await, before);
    assert_eq!((events(&pool, "ClaimReceived").await, events(&pool, "AccessLost").await), (0, 0));

    // A token with the category opens them.
    take_over(&world, true).await;
    world
        .until("the claim", async || (events(&pool, "ClaimReceived").await == 1).then_some(()))
        .await;
    world.end().await;
}

/// As of a token that does not tell what it opens: it is tried, and refused.
#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_closes_the_claims_alone(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    // Between rounds: a page that is being read meanwhile would be refused, too.
    world.until("the first round", async || state(&world).await.last_synced_at).await;
    take_over(&world, false).await;
    let before = answered(&world, 401).await;
    sqlx::query("update channel_sync set next_at = now() where channel = 'claim'")
        .execute(&pool)
        .await
        .unwrap();
    let refused =
        async || (state(&world).await.error_code.as_deref() == Some("no_right")).then_some(());
    world.until("the claims to be refused", refused).await;
    reviews_go_on(&world).await;
    let state = state(&world).await;
    let wait = state.next_sync_at.unwrap() - Utc::now();
    assert!(wait.to_std().unwrap() > DAY * 9 / 10, "looked at again in {wait}");
    assert_eq!(answered(&world, 401).await, before + 1, "refused, and not asked again");
    assert_eq!((events(&pool, "AccessLost").await, events(&pool, "ChannelClosed").await), (0, 0));
    world.end().await;
}

/// A review that is written now comes in.
async fn reviews_go_on(world: &World) {
    let before = world.waiting(0).await.len();
    let review = json!({"text": "Плед тёплый", "productValuation": 5, "createdDate": Utc::now(),
        "id": format!("late-{}", Uuid::new_v4())});
    call(world, Method::POST, "control/wildberries/demo/reviews", &review).await;
    sqlx::query("update channel_sync set next_at = now() where channel = 'review'")
        .execute(world.db.pool())
        .await
        .unwrap();
    world.waiting(before + 1).await;
}
