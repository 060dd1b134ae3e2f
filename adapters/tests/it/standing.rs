//! What a key and a plan open, channel by channel: one that is closed stops no other, and is told once.

use std::time::Duration;

use adapters::cabinets::{CabinetKey, ConnectError};
use adapters::sync::{self, SyncState};
use commands::Actor;
use domain::Channel;
use domain::account::{ClosureReason, Right, Use};
use domain::interaction::ReplyState;
use projections::accounts::AccountRow;
use reqwest::Method;
use sandbox::{Faults, Rights, TokenClaims, TokenKind};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::ozon_whole_way::{control, key, start, written};
use crate::whole_way::{TENANT, World, reply_id};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn row(world: &World) -> AccountRow {
    projections::accounts::one(&world.db, TENANT, world.account).await.unwrap().unwrap()
}

/// What is closed now.
async fn closed(world: &World) -> Vec<(Channel, Use, ClosureReason)> {
    row(world).await.closed.iter().map(|it| (it.channel, it.to, it.reason)).collect()
}

async fn until_closed(world: &World, expected: &[(Channel, Use, ClosureReason)]) {
    let what = format!("{expected:?} to be closed");
    world.until(&what, async || (closed(world).await == expected).then_some(())).await;
}

async fn state(world: &World, channel: Channel) -> SyncState {
    let states = sync::states(&world.db, TENANT).await.unwrap();
    states.into_iter().find(|state| state.channel == channel.as_str()).unwrap()
}

async fn events(pool: &PgPool, name: &str) -> i64 {
    let count = "select count(*) from es.event where event_type = $1";
    sqlx::query_scalar(count).bind(name).fetch_one(pool).await.unwrap()
}

/// How often the sandbox was called so and answered so.
async fn answered(world: &World, call: &str, status: u16) -> u64 {
    let url = format!("{}/control/state", world.sandbox.url());
    let state: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    state["answers"][call][status.to_string()].as_u64().unwrap_or_default()
}

/// A key that opens these methods.
async fn add_key(world: &World, api_key: &str, methods: &[&str]) {
    let body = json!({"api_key": api_key, "roles": [{"name": "Role", "methods": methods}]});
    control(world, Method::POST, "keys", &body).await;
}

async fn replace(world: &World, api_key: &str) {
    let actor = Actor::System("test");
    world.cabinets.replace_credential(TENANT, actor, world.account, key(api_key)).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_channel_that_the_plan_closes_stops_no_other(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    control(&world, Method::PATCH, "plans", &json!({"questions": false})).await;
    let question = (Channel::Question, Use::Reading, ClosureReason::ClosedByPlan);
    until_closed(&world, &[question]).await;
    let refused = answered(&world, "POST /v1/question/list", 403).await;
    assert_eq!(refused, 1, "the closed channel was called");

    // Reviews come in as before, rounds and rounds of them.
    written(&world, "reviews", &json!({"text": "Плед тёплый", "rating": 4})).await;
    written(&world, "reviews", &json!({"text": "И мягкий", "rating": 5})).await;
    assert_eq!(row(&world).await.access_lost_reason, None);
    assert_eq!(answered(&world, "POST /v1/question/list", 403).await, 1, "and not called again");
    assert_eq!(events(&pool, "ChannelClosed").await, 1);
    let asleep = state(&world, Channel::Question).await;
    assert_eq!(asleep.error_code.as_deref(), Some("closed_by_plan"));
    let wait = asleep.next_sync_at.unwrap() - chrono::Utc::now();
    assert!(wait.to_std().unwrap() > DAY * 9 / 10, "looked at again in {wait}");

    // Somebody buys the plan and asks for a reading.
    control(&world, Method::PATCH, "plans", &json!({"questions": true})).await;
    assert!(sync::request_now(&world.db, TENANT, world.account).await.unwrap());
    until_closed(&world, &[]).await;
    assert_eq!(events(&pool, "ChannelOpened").await, 1);
    written(&world, "questions", &json!({"text": "Есть ли другой цвет?"})).await;
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_key_does_not_open_is_not_called(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let questions = ["/v1/question/list", "/v1/question/answer/list", "/v1/question/answer/create"];
    add_key(&world, "for-questions", &questions).await;
    replace(&world, "for-questions").await;
    let missing = closed_right(&[Channel::Review]);
    let missing: Vec<_> = missing
        .into_iter()
        .chain(closed_right(&[Channel::Chat]).into_iter().filter(|(channel, ..)| {
            adapters::channels(domain::Marketplace::Ozon).contains(channel)
        }))
        .collect();
    until_closed(&world, &missing).await;
    written(&world, "questions", &json!({"text": "Есть ли другой цвет?"})).await;
    assert_eq!(answered(&world, "POST /v2/review/list", 403).await, 0);
    assert_eq!(state(&world, Channel::Review).await.next_sync_at, None);

    replace(&world, "sandbox-demo-ozon-key").await;
    until_closed(&world, &[]).await;
    written(&world, "reviews", &json!({"text": "Плед тёплый", "rating": 4})).await;
    world.end().await;
}

fn closed_right(channels: &[Channel]) -> Vec<(Channel, Use, ClosureReason)> {
    let both = |channel: &Channel| {
        [Use::Reading, Use::Answering].map(|to| (*channel, to, ClosureReason::NoRight))
    };
    channels.iter().flat_map(both).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn with_a_key_that_only_reads_a_reply_fails_without_a_call(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let reads = ["/v2/review/list", "/v2/review/info", "/v1/review/comment/list"];
    add_key(&world, "for-reading", &reads).await;
    replace(&world, "for-reading").await;
    world
        .until("answers to reviews to be closed", async || {
            let answers = (Channel::Review, Use::Answering, ClosureReason::NoRight);
            closed(&world).await.contains(&answers).then_some(())
        })
        .await;
    let review = written(&world, "reviews", &json!({"text": "Плед тёплый", "rating": 4})).await;
    world.reply(&review, reply_id(1), "Здравствуйте! Спасибо за отзыв.").await;
    world.until_state(&review, reply_id(1), ReplyState::Failed).await;
    assert_eq!(answered(&world, "POST /v1/review/comment/create", 403).await, 0);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_is_examined_before_anything_is_kept(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let ends = chrono::DateTime::from_timestamp(4_000_000_000, 0).unwrap();
    let rights = |feedbacks, chat, read_only| Rights { feedbacks, chat, returns: false, read_only };
    let token = async |rights| {
        let claims = TokenClaims { kind: TokenKind::Basic, rights, sid: uuid::Uuid::nil(), expires: ends };
        let token = claims.token();
        let url = format!("{}/control/wildberries/demo/tokens", world.sandbox.url());
        let answer = reqwest::Client::new().post(url).json(&json!({"token": token})).send().await;
        assert!(answer.unwrap().status().is_success());
        CabinetKey::Wildberries { token: token.into() }
    };
    let reading = world.cabinets.examine(&token(rights(true, false, true)).await).await.unwrap();
    assert_eq!(reading.right(Channel::Review), Some(Right::Read));
    assert_eq!(reading.facts.expires_at, Some(ends));
    let whole = world.cabinets.examine(&token(rights(true, true, false)).await).await.unwrap();
    assert_eq!(whole.right(Channel::Question), Some(Right::Answer));
    let wrong = CabinetKey::Wildberries { token: "no-such-token".to_owned().into() };
    let wrong = world.cabinets.examine(&wrong).await;
    assert!(matches!(wrong, Err(ConnectError::CredentialRejected)), "{wrong:?}");
    let secrets: i64 = sqlx::query_scalar("select count(*) from account_secret where kind = 'credential'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(secrets, 1, "only the connected cabinet's");
    world.end().await;
}
