//! Chats of Yandex.Market, the whole way: buyers write, are answered more than once, and each answer reaches them once;
//! judged by the sandbox's ledger and by what it was asked.

use adapters::sync::{RetryReport, retry_unread, unread_items};
use domain::InteractionId;
use domain::interaction::{Interaction, InteractionCommand, InteractionError, Timing};
use projections::inbox::InboxRow;
use reqwest::Method;
use sandbox::{CallKind, Fault, FaultRule, Faults};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::chatting::{HELLO, TEXT, answered, until_row, until_said, until_shows};
use crate::whole_way::{TENANT, World, reply_id};
use crate::yandex_whole_way::{answers, control, sent, start};

const LIST: &str = "POST /v2/businesses/{businessId}/chats";
const HISTORY: &str = "POST /v2/businesses/{businessId}/chats/history";

/// Lets a buyer begin a chat, and returns its id.
async fn begun(world: &World, about: &str) -> String {
    let body =
        json!({"about": about, "user": "Ольга", "messages": [{"by": "CUSTOMER", "text": HELLO}]});
    control(world, Method::POST, "chats", &body).await["id"].to_string()
}

/// Lets somebody write in a chat, and returns the message's id.
async fn written(world: &World, chat: &str, body: Value) -> String {
    let made = control(world, Method::POST, &format!("chats/{chat}/messages"), &body).await;
    made["id"].to_string()
}

async fn turned(world: &World, chat: &str, status: &str) {
    let path = format!("chats/{chat}/status");
    control(world, Method::PUT, &path, &json!({"status": status})).await;
}

async fn texts(world: &World) -> Vec<String> {
    sent(world).await.into_iter().map(|(_, text)| text).collect()
}

async fn load(world: &World, row: &InboxRow) -> Interaction {
    let id = InteractionId(row.interaction_id);
    world.commands.load::<Interaction>(TENANT, id).await.unwrap().aggregate
}

#[sqlx::test(migrations = "../migrations")]
async fn a_buyer_is_answered_again_and_again_and_each_answer_comes_once(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, "ORDER").await;
    let row = until_shows(&world, &chat, HELLO).await;
    assert_eq!((row.marketplace.as_str(), row.channel.as_str()), ("yandex_market", "chat"));
    assert_eq!((row.buyer_name.as_deref(), row.needs_response), (Some("Ольга"), true));
    let content = load(&world, &row).await.content().unwrap().clone();
    let facts = content.words.known().unwrap().facts.clone();
    assert!(facts.contains_key("orderId"), "{facts:?}");

    answered(&world, &row, 1, TEXT).await;
    until_row(&world, &chat, |row| row.status == "responded" && !row.needs_response).await;
    written(&world, &chat, json!({"by": "CUSTOMER", "text": "А когда?", "files": ["чек.jpg"]}))
        .await;
    let row =
        until_row(&world, &chat, |row| row.preview == "А когда? · чек.jpg" && row.needs_response)
            .await;
    answered(&world, &row, 2, "Завтра.").await;
    answered(&world, &row, 3, TEXT).await;
    written(&world, &chat, json!({"by": "SUPPORT", "text": "Чем помочь?"})).await;
    let expected = [
        ("buyer", HELLO),
        ("seller", TEXT),
        ("buyer", "А когда?"),
        ("seller", "Завтра."),
        ("seller", TEXT),
        ("marketplace", "Чем помочь?"),
    ];
    let messages = until_said(&world, &row, &expected).await;
    let file = &messages[2]["files"][0];
    assert_eq!((&file["name"], &file["is_image"]), (&json!("чек.jpg"), &json!(true)));
    assert_eq!(texts(&world).await, [TEXT, "Завтра.", TEXT]);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chat_without_an_order_is_a_chat_like_others(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, "DIRECT").await;
    let row = until_shows(&world, &chat, HELLO).await;
    let content = load(&world, &row).await.content().unwrap().clone();
    let facts = content.words.known().unwrap().facts.clone();
    assert_eq!((facts.get("orderId"), &facts["contextType"]), (None, &json!("DIRECT")));
    answered(&world, &row, 1, TEXT).await;
    assert_eq!(texts(&world).await, [TEXT]);
    world.end().await;
}

/// Lets the answer to a message be lost; `Err` says how often the buyer got it.
async fn receipt_is_lost(pool: &PgPool) -> Result<(), String> {
    let lost = FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) };
    let world = start(pool, Faults::default().with(Fault::AnswerLost, lost)).await;
    let chat = begun(&world, "ORDER").await;
    let row = until_shows(&world, &chat, HELLO).await;
    answered(&world, &row, 1, TEXT).await;
    let sent = texts(&world).await;
    world.end().await;
    if sent == [TEXT] { Ok(()) } else { Err(format!("sent {sent:?}")) }
}

#[cfg(not(feature = "sabotage-blind-retry"))]
#[sqlx::test(migrations = "../migrations")]
async fn a_message_whose_receipt_was_lost_is_found_by_reading(pool: PgPool) {
    assert_eq!(receipt_is_lost(&pool).await, Ok(()));
    let unknown = "select count(*) from es.event where event_type = 'ReplyOutcomeUnknown'";
    assert_eq!(sqlx::query_scalar::<_, i64>(unknown).fetch_one(&pool).await.unwrap(), 1);
}

/// A program that sends again without knowing: the same check must notice.
#[cfg(feature = "sabotage-blind-retry")]
#[sqlx::test(migrations = "../migrations")]
async fn sending_a_message_again_without_knowing_is_noticed(pool: PgPool) {
    assert!(receipt_is_lost(&pool).await.is_err());
}

#[cfg(not(feature = "sabotage-blind-retry"))]
#[sqlx::test(migrations = "../migrations")]
async fn a_message_that_never_arrived_is_sent_again_after_proof(pool: PgPool) {
    let lost = FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) };
    let world = start(&pool, Faults::default().with(Fault::ResetBefore, lost)).await;
    // The seller said the same before, which is no proof.
    let chat = begun(&world, "ORDER").await;
    written(&world, &chat, json!({"by": "PARTNER", "text": TEXT})).await;
    let row = until_row(&world, &chat, |row| row.status == "responded").await;
    answered(&world, &row, 1, TEXT).await;
    assert_eq!(texts(&world).await, [TEXT]);
    until_said(&world, &row, &[("buyer", HELLO), ("seller", TEXT), ("seller", TEXT)]).await;
    let absent = "select count(*) from es.event where event_type = 'ReplyConfirmedAbsent'";
    assert_eq!(sqlx::query_scalar::<_, i64>(absent).fetch_one(&pool).await.unwrap(), 1);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chat_that_is_over_takes_nothing_until_the_buyer_writes_again(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, "ORDER").await;
    let row = until_shows(&world, &chat, HELLO).await;
    turned(&world, &chat, "FINISHED").await;
    until_row(&world, &chat, |row| row.status == "closed" && !row.needs_response).await;
    let reply = InteractionCommand::RequestReply {
        reply_id: reply_id(1),
        text: TEXT.into(),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: domain::guardrail::Grounds::default(),
    };
    assert_eq!(load(&world, &row).await.decide(reply), Err(InteractionError::ChatClosed));
    written(&world, &chat, json!({"by": "CUSTOMER", "text": "И ещё вопрос"})).await;
    until_row(&world, &chat, |row| row.needs_response).await;
    answered(&world, &row, 2, TEXT).await;
    assert_eq!(texts(&world).await, [TEXT]);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chat_without_news_is_not_read_again(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, "ORDER").await;
    let row = until_shows(&world, &chat, HELLO).await;
    let calls = async |call: &str| answers(&world, call).await["200"].as_u64().unwrap_or(0);
    let rounds = async |more: u64| {
        let wanted = calls(LIST).await + more;
        world.until("rounds", async || (calls(LIST).await >= wanted).then_some(())).await;
    };
    rounds(4).await;
    let before = calls(HISTORY).await;
    rounds(6).await;
    assert_eq!(calls(HISTORY).await, before, "nothing is new");
    answered(&world, &row, 1, TEXT).await;
    rounds(4).await;
    // One look because the chat has news, and one or two to confirm.
    let after = calls(HISTORY).await - before;
    assert!((1..=3).contains(&after), "{after} calls for one reply");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_that_cannot_be_read_costs_no_other(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, "ORDER").await;
    let row = until_shows(&world, &chat, HELLO).await;
    let world = world
        .restart(async |world| {
            let by_buyer = |text: &str| json!({"by": "CUSTOMER", "text": text});
            let bad = written(world, &chat, by_buyer("Первое")).await;
            let served = json!({"messageId": bad.parse::<u64>().unwrap(), "createdAt": "вчера"});
            control(world, Method::PUT, &format!("served/{bad}"), &served).await;
            written(world, &chat, by_buyer("Второе")).await;
        })
        .await;
    until_said(&world, &row, &[("buyer", HELLO), ("buyer", "Второе")]).await;
    answered(&world, &row, 1, TEXT).await;
    assert_eq!(texts(&world).await, [TEXT]);
    let kept = unread_items(&world.db, TENANT, world.account, 10).await.unwrap();
    let about: Vec<_> =
        kept.iter().map(|item| (item.external_id.as_deref(), item.reason.as_str())).collect();
    assert_eq!(about, [(Some(chat.as_str()), "no_time")]);
    let retry = retry_unread(&world.db, &world.cabinets, &world.commands, TENANT, world.account);
    assert_eq!(retry.await.unwrap(), RetryReport { read: 0, unread: 1 });
    world.end().await;
}

/// A reading that fails is made again in the same round, which does not end before.
#[sqlx::test(migrations = "../migrations")]
async fn a_chat_whose_reading_fails_is_read_before_the_round_is_over(pool: PgPool) {
    let failing = FaultRule { call: Some(HISTORY.to_owned()), ..FaultRule::nth([1, 4]) };
    let world = start(&pool, Faults::default().with(Fault::ServerErrorBefore, failing)).await;
    world
        .until("the first round", async || {
            let done = "select true from channel_sync where channel = 'chat' and backfill_done";
            sqlx::query_scalar::<_, bool>(done).fetch_optional(&pool).await.unwrap()
        })
        .await;
    let chats = "select count(*) from chat_note";
    let chats: i64 = sqlx::query_scalar(chats).fetch_one(&pool).await.unwrap();
    assert_eq!(chats, 10, "those of the sandbox");
    let met = answers(&world, HISTORY).await;
    let failed = met.as_object().unwrap().iter().filter(|(status, _)| status.starts_with('5'));
    let failed: u64 = failed.filter_map(|(_, times)| times.as_u64()).sum();
    assert_eq!(failed, 2, "both faults were met: {met}");
    world.end().await;
}
