//! Chats of Wildberries, the whole way: buyers write, one reply after another goes out once, and what happens in the cabinet
//! is seen; judged by the sandbox's ledger.

use domain::interaction::ReplyState;
use domain::{InteractionId, ReplyId};
use projections::inbox::InboxRow;
use projections::thread;
use reqwest::Method;
use sandbox::{CallKind, Fault, FaultRule, Faults};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::whole_way::{TENANT, World, reply_id};

const TEXT: &str = "Здравствуйте! Размер подойдёт, мерили сами.";

async fn control(world: &World, method: Method, path: &str, body: &Value) -> Value {
    let url = format!("{}/control/wildberries/demo/{path}", world.sandbox.url());
    let answer = reqwest::Client::new().request(method, url).json(body).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{path}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Lets a buyer begin a chat, and waits until it is in the inbox with these words.
async fn begun(world: &World, text: &str) -> InboxRow {
    let body = json!({"text": text, "client": "Ольга", "product": "чайник"});
    let made = control(world, Method::POST, "chats", &body).await;
    shown(world, made["chat"].as_str().unwrap(), text).await
}

/// Lets somebody write in a chat.
async fn write(world: &World, row: &InboxRow, body: &Value) {
    control(world, Method::POST, &format!("chats/{}/messages", row.external_id), body).await;
}

async fn shown(world: &World, chat: &str, text: &str) -> InboxRow {
    world
        .until("the message in the inbox", async || {
            let rows = world.waiting(0).await;
            rows.into_iter().find(|row| row.external_id == chat && row.preview == text)
        })
        .await
}

/// What is written in a chat: who, and which words.
async fn written(world: &World, row: &InboxRow) -> Vec<(String, String)> {
    let id = InteractionId(row.interaction_id);
    let Some(thread) = thread::one(&world.db, TENANT, id).await.unwrap() else { return vec![] };
    let messages = thread.messages.as_array().unwrap().clone();
    let text = |message: &Value, field: &str| message[field].as_str().unwrap().to_owned();
    messages.iter().map(|message| (text(message, "author"), text(message, "text"))).collect()
}

async fn until_written(world: &World, row: &InboxRow, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(by, text)| ((*by).to_owned(), (*text).to_owned())).collect();
    world
        .until("the messages", async || (written(world, row).await == expected).then_some(()))
        .await;
}

async fn answer(world: &World, row: &InboxRow, reply: ReplyId, text: &str) {
    world.reply(row, reply, text).await;
    world.until_state(row, reply, ReplyState::Published).await;
}

/// Messages that took effect, by the ledger.
async fn sent(world: &World) -> Vec<String> {
    world.applied_of("message").await.into_iter().map(|(_, text)| text).collect()
}

/// The first write is treated so.
fn first_write(fault: Fault) -> Faults {
    Faults::default().with(fault, FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) })
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chat_is_read_and_answered_message_by_message(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = begun(&world, "Какой у него объём?").await;
    assert_eq!((row.channel.as_str(), row.buyer_name.as_deref()), ("chat", Some("Ольга")));
    assert!(!row.product_article.is_empty());
    answer(&world, &row, reply_id(1), TEXT).await;
    write(&world, &row, &json!({"text": "А крышка снимается?"})).await;
    shown(&world, &row.external_id, "А крышка снимается?").await;
    // The same words again are another message.
    answer(&world, &row, reply_id(2), TEXT).await;
    assert_eq!(sent(&world).await, [TEXT, TEXT]);
    until_written(
        &world,
        &row,
        &[
            ("buyer", "Какой у него объём?"),
            ("seller", TEXT),
            ("buyer", "А крышка снимается?"),
            ("seller", TEXT),
        ],
    )
    .await;
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_whose_receipt_was_lost_is_found_among_the_events(pool: PgPool) {
    let world = World::start(&pool, first_write(Fault::AnswerLost)).await;
    let row = begun(&world, "Есть ли гарантия?").await;
    answer(&world, &row, reply_id(1), TEXT).await;
    assert_eq!(sent(&world).await, [TEXT]);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_that_never_arrived_is_sent_again_after_proof(pool: PgPool) {
    let world = World::start(&pool, first_write(Fault::ResetBefore)).await;
    let row = begun(&world, "Есть ли доставка?").await;
    answer(&world, &row, reply_id(1), TEXT).await;
    assert_eq!(sent(&world).await, [TEXT]);
    let events = events(&pool, &row).await;
    let unknown = events.iter().position(|event| event == "ReplyOutcomeUnknown");
    let absent = events.iter().position(|event| event == "ReplyConfirmedAbsent");
    assert!(unknown.is_some() && unknown < absent, "{events:?}");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_signature_that_changed_is_asked_for_again(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = begun(&world, "Какой цвет?").await;
    // The first round ends with the list, which would tell the new one.
    world
        .until("the first round", async || {
            let done = "select true from channel_sync where channel = 'chat' and backfill_done";
            sqlx::query_scalar::<_, bool>(done).fetch_optional(&pool).await.unwrap()
        })
        .await;
    control(&world, Method::PUT, &format!("chats/{}/sign", row.external_id), &json!({})).await;
    answer(&world, &row, reply_id(1), TEXT).await;
    assert_eq!(sent(&world).await, [TEXT]);
    let events = events(&pool, &row).await;
    assert!(events.contains(&"ReplySendFailed".to_owned()), "{events:?}");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_colleague_writes_in_the_cabinet_answers_the_buyer(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = begun(&world, "Где мой заказ?").await;
    write(&world, &row, &json!({"text": "Уже едет.", "from": "seller"})).await;
    until_written(&world, &row, &[("buyer", "Где мой заказ?"), ("seller", "Уже едет.")]).await;
    let id = row.interaction_id;
    world
        .until("the chat to be answered", async || {
            let rows = world.waiting(0).await;
            (!rows.iter().any(|row| row.interaction_id == id)).then_some(())
        })
        .await;
    assert!(sent(&world).await.is_empty());
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_that_hides_the_chats_costs_no_message(pool: PgPool) {
    let hidden = FaultRule { on: Some(CallKind::Read), ..FaultRule::chance(1.0) };
    let world = World::start(&pool, Faults::default().with(Fault::ChatsHidden, hidden)).await;
    let row = begun(&world, "Можно примерить?").await;
    // The first event of a chat brings the signature, too.
    answer(&world, &row, reply_id(1), TEXT).await;
    assert_eq!(sent(&world).await, [TEXT]);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_event_that_cannot_be_read_is_kept_and_costs_no_other(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = begun(&world, "Первое").await;
    let broken = json!({"eventID": 7.5, "chatID": row.external_id, "message": {"text": "?"}});
    write(&world, &row, &json!({"text": "Второе", "served": broken})).await;
    write(&world, &row, &json!({"text": "Третье"})).await;
    until_written(&world, &row, &[("buyer", "Первое"), ("buyer", "Третье")]).await;
    let kept = adapters::sync::unread_items(&world.db, TENANT, world.account, 10).await.unwrap();
    let kept: Vec<_> =
        kept.iter().map(|item| (item.external_id.as_deref(), item.reason.as_str())).collect();
    assert_eq!(kept, [(Some(row.external_id.as_str()), "no_id")]);
    world.end().await;
}

async fn events(pool: &PgPool, row: &InboxRow) -> Vec<String> {
    sqlx::query_scalar("select event_type from es.event where stream_id = $1 order by version")
        .bind(row.interaction_id)
        .fetch_all(pool)
        .await
        .unwrap()
}
