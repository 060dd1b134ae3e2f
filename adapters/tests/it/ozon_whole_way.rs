//! Ozon, the whole way: what buyers wrote is read, answered once, moderated and seen; judged by the sandbox's ledger.

use adapters::cabinets::{CabinetKey, ConnectError};
use commands::Actor;
use domain::InteractionId;
use domain::interaction::{Interaction, InteractionCommand, InteractionError, ReplyState, Timing};
use projections::inbox::InboxRow;
use projections::reply_history;
use reqwest::Method;
use sandbox::{CallKind, Fault, FaultRule, Faults};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::whole_way::{TENANT, World, reply_id};

const TEXT: &str = "Здравствуйте! Спасибо, что написали нам.";

pub(crate) fn key(api_key: &str) -> CabinetKey {
    CabinetKey::Ozon { client_id: "100001".into(), api_key: api_key.to_owned().into() }
}

pub(crate) async fn start(pool: &PgPool, faults: Faults) -> World {
    World::with_key(pool, faults, key("sandbox-demo-ozon-key")).await
}

pub(crate) async fn control(world: &World, method: Method, path: &str, body: &Value) -> Value {
    let url = format!("{}/control/ozon/demo/{path}", world.sandbox.url());
    let answer = reqwest::Client::new().request(method, url).json(body).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{path}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

async fn get(world: &World, path: &str) -> String {
    let answer = reqwest::get(format!("{}{path}", world.sandbox.url())).await.unwrap();
    answer.text().await.unwrap()
}

/// Lets a buyer write, and waits until it is in the inbox.
pub(crate) async fn written(world: &World, path: &str, body: &Value) -> InboxRow {
    let made = control(world, Method::POST, path, body).await;
    let id = made["id"].as_str().unwrap();
    world
        .until("what was written in the inbox", async || {
            let rows = world.waiting(1).await;
            rows.into_iter().find(|row| row.external_id == id)
        })
        .await
}

/// Texts that took effect, by the ledger's line of that change.
pub(crate) async fn sent(world: &World) -> Vec<String> {
    let lines = get(world, "/ledger?kind=write").await;
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let applied = lines.filter(|line| line["applied"] == true);
    let texts = applied.filter_map(|line| Some(line["text"].as_str()?.to_owned()));
    // Marks have none.
    texts.filter(|text| !text.is_empty()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_review_and_a_question_are_answered_once_each(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let review = json!({"text": "Плед тёплый", "rating": 4});
    let question = json!({"text": "Есть ли другой цвет?"});
    for (number, (path, body, channel)) in
        [("reviews", review, "review"), ("questions", question, "question")].into_iter().enumerate()
    {
        let row = written(&world, path, &body).await;
        assert_eq!((row.marketplace.as_str(), row.channel.as_str()), ("ozon", channel));
        let reply = reply_id(number as u128 + 1);
        world.reply(&row, reply, TEXT).await;
        world.until_state(&row, reply, ReplyState::Published).await;
        assert_eq!(sent(&world).await.len(), number + 1);

        // There is no call that edits one.
        let id = InteractionId(row.interaction_id);
        let edit = InteractionCommand::RequestEdit {
            reply_id: reply_id(99),
            text: "Иначе.".into(),
            at: chrono::Utc::now(),
            timing: Timing::default(),
            grounds: domain::guardrail::Grounds::default(),
        };
        let loaded = world.commands.load::<Interaction>(TENANT, id).await.unwrap();
        assert_eq!(loaded.aggregate.decide(edit), Err(InteractionError::EditNotOffered));
    }
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_whose_receipt_was_lost_is_found_by_its_text(pool: PgPool) {
    let lost = FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) };
    let world = start(&pool, Faults::default().with(Fault::AnswerLost, lost)).await;
    let row = written(&world, "questions", &json!({"text": "Подойдёт ли в машину?"})).await;
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    assert_eq!(sent(&world).await, [TEXT]);
    world.end().await;
}

/// Moderation refuses what was accepted, and says why.
#[sqlx::test(migrations = "../migrations")]
async fn a_refused_comment_is_told_with_the_words_of_the_marketplace(pool: PgPool) {
    let refused = FaultRule { ms: Some(0), on: Some(CallKind::Write), ..FaultRule::nth([1]) };
    let world = start(&pool, Faults::default().with(Fault::Rejected, refused)).await;
    let row = written(&world, "reviews", &json!({"text": "Плед колется", "rating": 2})).await;
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Rejected).await;
    let id = InteractionId(row.interaction_id);
    let words = world
        .until("the marketplace's words", async || {
            let replies = reply_history::of(&world.db, TENANT, id).await.unwrap();
            replies.into_iter().find_map(|reply| reply.marketplace_text)
        })
        .await;
    assert_eq!(words, "Текст нарушает правила площадки");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_key_connects_nothing(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let actor = || Actor::System("test");
    let wrong = world.cabinets.connect(TENANT, actor(), "Ozon".into(), key("wrong")).await;
    assert!(matches!(wrong, Err(ConnectError::CredentialRejected)), "{wrong:?}");
    let other = CabinetKey::Wildberries { token: "sandbox-demo-token".to_owned().into() };
    let other = world.cabinets.replace_credential(TENANT, actor(), world.account, other).await;
    assert!(matches!(other, Err(ConnectError::OtherCabinet)), "{other:?}");
    world.end().await;
}

/// A page of reviews takes a call for each that has pictures or comments. One that fails costs no other.
#[sqlx::test(migrations = "../migrations")]
async fn a_failed_call_about_one_review_costs_no_other(pool: PgPool) {
    const WHOLE: &str = "POST /ozon/v2/review/info";
    let failing = FaultRule { call: Some(WHOLE.to_owned()), ..FaultRule::nth([3, 7]) };
    let world = start(&pool, Faults::default().with(Fault::ServerErrorBefore, failing)).await;
    world
        .until("the reviews read", async || {
            let done = "select true from channel_sync where channel = 'review' and backfill_done";
            sqlx::query_scalar::<_, bool>(done).fetch_optional(&pool).await.unwrap()
        })
        .await;
    let state = get(&world, "/control/state").await;
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["fired"]["server_error_before"], 2, "void: {state}");
    let lines = get(&world, "/ledger?kind=review_added").await;
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let has_media = |line: &Value| {
        line["marketplace"] == "ozon"
            && ["photos", "videos"].iter().any(|media| line["review"][media].as_u64() > Some(0))
    };
    let with_media = lines.filter(has_media).count();
    assert!(with_media > 7, "{with_media}");
    assert_eq!(state["answers"][WHOLE]["200"], with_media, "each is asked about once: {state}");
    world.end().await;
}

/// One whose call fails for ever is taken in as the list tells it, and those after it are read.
#[sqlx::test(migrations = "../migrations")]
async fn a_review_whose_call_fails_for_ever_costs_no_other(pool: PgPool) {
    const WHOLE: &str = "POST /ozon/v2/review/info";
    let failing = FaultRule { call: Some(WHOLE.to_owned()), ..FaultRule::chance(1.0) };
    let world = start(&pool, Faults::default().with(Fault::ServerErrorBefore, failing)).await;
    let lines = get(&world, "/ledger?kind=review_added").await;
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let has_media = |line: &Value| {
        line["marketplace"] == "ozon"
            && ["photos", "videos"].iter().any(|media| line["review"][media].as_u64() > Some(0))
    };
    let id = |line: Value| line["review"]["id"].as_str().unwrap().to_owned();
    let with_media: Vec<String> = lines.filter(has_media).map(id).collect();
    world
        .until("two reviews that cannot be read whole", async || {
            let read: i64 = sqlx::query_scalar(
                "select count(*) from reading_digest where channel = 'review' and external_id = any ($1)",
            )
            .bind(&with_media)
            .fetch_one(&pool)
            .await
            .unwrap();
            (read >= 2).then_some(())
        })
        .await;
    world.end().await;
}
