//! What a key and a plan open, channel by channel: one that is closed stops no other, and is told once.

use std::time::Duration;

use adapters::cabinets::{CabinetKey, ConnectError};
use adapters::sync::{self, SyncState};
use chrono::{TimeDelta, Utc};
use commands::Actor;
use domain::Channel;
use domain::account::{ClosureReason, Right, Use};
use domain::interaction::ReplyState;
use projections::accounts::AccountRow;
use reqwest::Method;
use sandbox::{Fault, FaultRule, Faults, Rights, TokenClaims, TokenKind};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::ozon_whole_way::{control, key, start, written};
use crate::whole_way::{TENANT, World, reply_id};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn row(world: &World) -> AccountRow {
    let one = async || projections::accounts::one(&world.db, TENANT, world.account).await.unwrap();
    world.until("the account to be shown", one).await
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
    let refused = answered(&world, "POST /ozon/v1/question/list", 403).await;
    assert_eq!(refused, 1, "the closed channel was called");

    // Reviews come in as before, rounds and rounds of them.
    written(&world, "reviews", &json!({"text": "Плед тёплый", "rating": 4})).await;
    written(&world, "reviews", &json!({"text": "И мягкий", "rating": 5})).await;
    assert_eq!(row(&world).await.access_lost_reason, None);
    assert_eq!(
        answered(&world, "POST /ozon/v1/question/list", 403).await,
        1,
        "and not called again"
    );
    assert_eq!(events(&pool, "ChannelClosed").await, 1);
    let asleep = state(&world, Channel::Question).await;
    assert_eq!(asleep.error_code.as_deref(), Some("closed_by_plan"));
    let wait = asleep.next_sync_at.unwrap() - Utc::now();
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
    assert!(
        answered(&world, "POST /ozon/v1/question/list", 200).await > 0,
        "counts by another name"
    );
    assert_eq!(answered(&world, "POST /ozon/v2/review/list", 403).await, 0);
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
    let calls = [200, 403, 409].map(|status| (status, "POST /ozon/v1/review/comment/create"));
    for (status, call) in calls {
        assert_eq!(answered(&world, call, status).await, 0, "{status}");
    }
    world.end().await;
}

/// What was refused was a look, which says nothing of answers.
#[sqlx::test(migrations = "../migrations")]
async fn a_look_that_is_refused_costs_one_reply_and_closes_nothing(pool: PgPool) {
    const LOOK: &str = "GET /api/v1/feedback";
    let refused = FaultRule { call: Some(LOOK.to_owned()), ..FaultRule::nth([1]) };
    let world = World::start(&pool, Faults::default().with(Fault::Forbidden, refused)).await;
    let rows = world.waiting(12).await;
    let mut reviews = rows.iter().filter(|row| row.channel == Channel::Review.as_str());
    let (first, second) = (reviews.next().unwrap(), reviews.next().unwrap());
    world.reply(first, reply_id(1), "Здравствуйте! Спасибо за отзыв.").await;
    world.until_state(first, reply_id(1), ReplyState::Failed).await;
    assert_eq!(answered(&world, LOOK, 403).await, 1, "it did not fire: void");
    world.reply(second, reply_id(2), "Здравствуйте! Спасибо за покупку.").await;
    world.until_state(second, reply_id(2), ReplyState::Published).await;
    assert_eq!((closed(&world).await, events(&pool, "ChannelClosed").await), (vec![], 0));
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_is_examined_before_anything_is_kept(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let ends = chrono::DateTime::from_timestamp(4_000_000_000, 0).unwrap();
    let rights = |feedbacks, chat, read_only| Rights { feedbacks, chat, returns: false, read_only };
    let token = async |rights| {
        let claims =
            TokenClaims { kind: TokenKind::Basic, rights, sid: uuid::Uuid::nil(), expires: ends };
        let token = claims.token();
        let url = format!("{}/control/wildberries/demo/tokens", world.sandbox.url());
        let answer = reqwest::Client::new().post(url).json(&json!({"token": token})).send().await;
        assert!(answer.unwrap().status().is_success());
        CabinetKey::Wildberries { token: token.into() }
    };
    let reading =
        world.cabinets.examine(TENANT, &token(rights(true, false, true)).await).await.unwrap();
    assert_eq!(reading.right(Channel::Review), Some(Right::Read));
    assert_eq!(reading.facts.expires_at, Some(ends));
    let whole =
        world.cabinets.examine(TENANT, &token(rights(true, true, false)).await).await.unwrap();
    assert_eq!(whole.right(Channel::Question), Some(Right::Answer));
    let wrong = CabinetKey::Wildberries { token: "no-such-token".to_owned().into() };
    let wrong = world.cabinets.examine(TENANT, &wrong).await;
    assert!(matches!(wrong, Err(ConnectError::CredentialRejected)), "{wrong:?}");
    let secrets: i64 =
        sqlx::query_scalar("select count(*) from account_secret where kind = 'credential'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(secrets, 1, "only the connected cabinet's");
    world.end().await;
}

/// A token of Wildberries that ends so soon, told to the sandbox.
pub(crate) async fn token(world: &World, kind: TokenKind, life: TimeDelta) -> CabinetKey {
    let rights = Rights { feedbacks: true, chat: true, returns: false, read_only: false };
    let expires = Utc::now() + life;
    let token = TokenClaims { kind, rights, sid: Uuid::from_u128(1), expires }.token();
    let url = format!("{}/control/wildberries/demo/tokens", world.sandbox.url());
    let answer = reqwest::Client::new().post(url).json(&json!({"token": token})).send().await;
    assert!(answer.unwrap().status().is_success());
    CabinetKey::Wildberries { token: token.into() }
}

pub(crate) async fn take_over(world: &World, key: CabinetKey) {
    let actor = Actor::System("test");
    world.cabinets.replace_credential(TENANT, actor, world.account, key).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_end_of_a_key_is_foretold_and_then_told_by_name_and_once(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    take_over(&world, token(&world, TokenKind::Service, TimeDelta::days(10)).await).await;
    let warned = async || row(&world).await.key_expiring_days;
    assert_eq!(world.until("a warning", warned).await, 14);
    assert_eq!(row(&world).await.key_kind.as_deref(), Some("service"));

    take_over(&world, token(&world, TokenKind::Service, TimeDelta::seconds(6)).await).await;
    let lost = async || row(&world).await.access_lost_reason;
    assert_eq!(world.until("the key's end", lost).await, "expired");
    let expiring = events(&pool, "KeyExpiring").await;
    assert_eq!((expiring, events(&pool, "AccessLost").await), (2, 1));
    world.end().await;
}

#[cfg(not(feature = "sabotage-open-gate"))]
#[sqlx::test(migrations = "../migrations")]
async fn a_dead_key_is_tried_three_times_at_most_and_told_once(pool: PgPool) {
    let tried = tries_of_a_dead_key(&pool).await;
    assert!((1..=3).contains(&tried), "a dead key was used {tried} times");
}

/// A gate that stays open: the same count must notice.
#[cfg(feature = "sabotage-open-gate")]
#[sqlx::test(migrations = "../migrations")]
async fn trying_a_dead_key_on_and_on_is_noticed(pool: PgPool) {
    let tried = tries_of_a_dead_key(&pool).await;
    assert!(tried > 3, "the count would notice nothing: {tried}");
}

/// Lets twelve replies go out with a key that died, and returns how often it was tried.
async fn tries_of_a_dead_key(pool: &PgPool) -> u64 {
    let world = World::start(pool, Faults::default()).await;
    let rows = world.waiting(12).await;
    let url = format!("{}/control/wildberries/demo/tokens/revoke", world.sandbox.url());
    let token = json!({"token": "sandbox-demo-token"});
    let client = reqwest::Client::new();
    client.post(url).json(&token).send().await.unwrap().error_for_status().unwrap();
    // A busy database: that the key is dead is known long after the first who called with it.
    let slow = "create function be_slow() returns trigger language plpgsql
            as 'begin perform pg_sleep(2); return new; end';
        create trigger be_slow before insert on es.event for each row
            when (new.event_type = 'AccessLost') execute function be_slow()";
    sqlx::raw_sql(slow).execute(pool).await.unwrap();
    // Many hands at once: replies, and both channels are due.
    for (number, row) in rows.iter().take(12).enumerate() {
        world.reply(row, reply_id(number as u128 + 1), "Здравствуйте! Спасибо.").await;
    }
    sync::request_now(&world.db, TENANT, world.account).await.unwrap();
    for (number, row) in rows.iter().take(12).enumerate() {
        world.until_state(row, reply_id(number as u128 + 1), ReplyState::Failed).await;
    }
    let state: Value = reqwest::get(format!("{}/control/state", world.sandbox.url()))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let calls = state["answers"].as_object().unwrap().values();
    let refused: u64 = calls.filter_map(|outcomes| outcomes["401"].as_u64()).sum();
    // Nothing is due for as long as it takes.
    let states = sync::states(&world.db, TENANT).await.unwrap();
    assert!(states.iter().all(|state| state.next_sync_at.is_none()), "{states:?}");
    assert_eq!(events(pool, "AccessLost").await, 1);
    world.end().await;
    refused
}

#[sqlx::test(migrations = "../migrations")]
async fn a_basic_token_waits_for_its_few_calls(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    world.waiting(12).await;
    take_over(&world, token(&world, TokenKind::Basic, TimeDelta::days(100)).await).await;
    // One call in 12 minutes, and a round takes two: what is left of the first round waits for its turn.
    let waits = async || {
        let states = sync::states(&world.db, TENANT).await.unwrap();
        let pauses = states.iter().filter_map(|state| Some(state.next_sync_at? - Utc::now()));
        pauses.min().filter(|pause| *pause > TimeDelta::minutes(10))
    };
    let pause = world.until("both channels to wait for their turn", waits).await;
    assert!(pause < TimeDelta::minutes(13), "{pause}");
    let reason = row(&world).await.access_lost_reason;
    assert_eq!((reason, closed(&world).await), (None, vec![]), "waiting is no trouble");
    world.end().await;
}
