//! Chats of Ozon, the whole way: buyers write, are answered more than once, and each answer reaches them once; judged
//! by the sandbox's ledger.

use adapters::sync::{RetryReport, retry_unread, unread_items};
use domain::InteractionId;
use domain::interaction::{
    Interaction, InteractionCommand, InteractionError, ReplyState, SendFailure, Timing,
};
use projections::inbox::{self, Filter, InboxRow, Order};
use projections::{reply_history, thread};
use reqwest::Method;
use sandbox::{CallKind, Fault, FaultRule, Faults};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::chatting::{HELLO, TEXT, answered, row, until_row, until_said, until_shows};
use crate::ozon_whole_way::{control, sent, start};
use crate::whole_way::{TENANT, World, reply_id};

/// Lets a buyer begin a chat, and returns its id.
async fn begun(world: &World, body: Value) -> String {
    let made = control(world, Method::POST, "chats", &body).await;
    made["chat_id"].as_str().unwrap().to_owned()
}

/// Lets somebody write in a chat, and returns the message's id.
async fn written(world: &World, chat: &str, body: Value) -> String {
    let made = control(world, Method::POST, &format!("chats/{chat}/messages"), &body).await;
    made["message_id"].as_str().unwrap().to_owned()
}

/// A buyer writes, is answered, asks on, and is answered twice in the same words.
async fn a_conversation(world: &World) {
    let posting = control(world, Method::POST, "postings", &json!({"product": "STR-RUN-W"})).await;
    let chat =
        begun(world, json!({"text": HELLO, "posting_number": posting["posting_number"]})).await;
    let row = until_shows(world, &chat, HELLO).await;
    assert_eq!((row.marketplace.as_str(), row.channel.as_str()), ("ozon", "chat"));
    assert!(row.needs_response && !row.product_article.is_empty(), "{row:?}");

    answered(world, &row, 1, TEXT).await;
    until_row(world, &chat, |row| row.status == "responded" && !row.needs_response).await;
    written(world, &chat, json!({"text": "А когда?"})).await;
    let row = until_row(world, &chat, |row| row.preview == "А когда?" && row.needs_response).await;
    answered(world, &row, 2, "Завтра.").await;
    answered(world, &row, 3, TEXT).await;
    let expected = [
        ("buyer", HELLO),
        ("seller", TEXT),
        ("buyer", "А когда?"),
        ("seller", "Завтра."),
        ("seller", TEXT),
    ];
    until_said(world, &row, &expected).await;
    assert_eq!(sent(world).await, [TEXT, "Завтра.", TEXT]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_buyer_is_answered_again_and_again_and_each_answer_comes_once(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    a_conversation(&world).await;
    world.end().await;
}

/// Ids beyond 2^64, flags and numbers as texts, words in any letter case, `Сustomer` with a Cyrillic letter, pages in
/// any order and with messages twice.
#[sqlx::test(migrations = "../migrations")]
async fn a_conversation_comes_through_what_contradicts_the_specification(pool: PgPool) {
    let often = || FaultRule { probability: 0.3, on: Some(CallKind::Read), ..FaultRule::default() };
    let faults = Faults::default().with(Fault::Duplicated, often()).with(Fault::Reordered, often());
    let world = start(&pool, faults).await;
    control(&world, Method::PUT, "hostile", &json!({"on": true})).await;
    a_conversation(&world).await;
    let longest = "select max(length(payload #>> '{message,external_id}')) from es.event
        where event_type = 'MessageReceived'";
    let digits: Option<i32> = sqlx::query_scalar(longest).fetch_one(&pool).await.unwrap();
    assert_eq!(digits, Some(20), "ids are kept whole");
    world.end().await;
}

/// The marketplace counts what the buyer wrote as unread until the seller answers, and no longer.
#[sqlx::test(migrations = "../migrations")]
async fn what_was_answered_counts_as_read(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, json!({"text": HELLO})).await;
    let row = until_shows(&world, &chat, HELLO).await;
    let unread = async || {
        let kept = control(&world, Method::GET, &format!("chats/{chat}"), &Value::Null).await;
        kept["chat"]["unread_count"].as_u64().unwrap()
    };
    assert_eq!(unread().await, 1, "whoever only reads answers nobody");
    answered(&world, &row, 1, TEXT).await;
    world.until("the mark", async || (unread().await == 0).then_some(())).await;
    written(&world, &chat, json!({"text": "А когда?"})).await;
    until_shows(&world, &chat, "А когда?").await;
    assert_eq!(unread().await, 1);
    world.end().await;
}

/// Lets the answer to a message be lost; `Err` says how often the buyer got it.
async fn receipt_is_lost(pool: &PgPool) -> Result<(), String> {
    let lost = FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) };
    let world = start(pool, Faults::default().with(Fault::AnswerLost, lost)).await;
    let chat = begun(&world, json!({"text": HELLO})).await;
    let row = until_shows(&world, &chat, HELLO).await;
    answered(&world, &row, 1, TEXT).await;
    let sent = sent(&world).await;
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
    let chat = begun(&world, json!({"text": HELLO})).await;
    written(&world, &chat, json!({"text": TEXT, "by": "cabinet"})).await;
    let row = until_row(&world, &chat, |row| row.status == "responded").await;
    answered(&world, &row, 1, TEXT).await;
    assert_eq!(sent(&world).await, [TEXT]);
    until_said(&world, &row, &[("buyer", HELLO), ("seller", TEXT), ("seller", TEXT)]).await;
    let absent = "select count(*) from es.event where event_type = 'ReplyConfirmedAbsent'";
    assert_eq!(sqlx::query_scalar::<_, i64>(absent).fetch_one(&pool).await.unwrap(), 1);
    world.end().await;
}

/// How the attempt to send failed, and what the marketplace said.
async fn refusal(world: &World, row: &InboxRow) -> (Option<SendFailure>, String) {
    world.until_state(row, reply_id(1), ReplyState::Failed).await;
    let id = InteractionId(row.interaction_id);
    let loaded = world.commands.load::<Interaction>(TENANT, id).await.unwrap();
    let failure = loaded.aggregate.version(reply_id(1)).unwrap().failure;
    let words = world
        .until("the marketplace's words", async || {
            let replies = reply_history::of(&world.db, TENANT, id).await.unwrap();
            replies.into_iter().find_map(|reply| reply.marketplace_text)
        })
        .await;
    (failure, words)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_for_the_window_is_told_in_the_marketplaces_words(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    // An order that the marketplace delivers itself, and a buyer who wrote more than 48 hours ago.
    let late = "Здравствуйте, чек к заказу пришлёте?";
    let filter = Filter::default();
    let row = world
        .until("an old chat", async || {
            let page = inbox::list(&world.db, TENANT, &filter, Order::Newest, None, 200).await;
            page.unwrap().rows.into_iter().find(|row| row.preview == late)
        })
        .await;
    world.reply(&row, reply_id(1), TEXT).await;
    let (failure, words) = refusal(&world, &row).await;
    assert_eq!(failure, Some(SendFailure::BadRequest));
    assert!(words.contains("window"), "{words}");
    assert!(sent(&world).await.is_empty());
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chat_that_was_closed_takes_nothing(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, json!({"text": HELLO})).await;
    let row = until_shows(&world, &chat, HELLO).await;
    control(&world, Method::PUT, &format!("chats/{chat}/closed"), &Value::Null).await;
    until_row(&world, &chat, |row| row.status == "closed" && !row.needs_response).await;
    let id = InteractionId(row.interaction_id);
    let loaded = world.commands.load::<Interaction>(TENANT, id).await.unwrap();
    let reply = InteractionCommand::RequestReply {
        reply_id: reply_id(1),
        text: TEXT.into(),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: domain::guardrail::Grounds::default(),
    };
    assert_eq!(loaded.aggregate.decide(reply), Err(InteractionError::ChatClosed));
    assert!(sent(&world).await.is_empty());
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_written_while_nobody_read_is_read_once_after_a_restart(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, json!({"text": HELLO})).await;
    let row = until_shows(&world, &chat, HELLO).await;
    let world = world
        .restart(async |world| {
            for n in 0..30 {
                written(world, &chat, json!({"text": n.to_string()})).await;
            }
        })
        .await;
    let texts: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let expected: Vec<(&str, &str)> = std::iter::once(("buyer", HELLO))
        .chain(texts.iter().map(|text| ("buyer", text.as_str())))
        .collect();
    until_said(&world, &row, &expected).await;
    let known = "select count(*), count(distinct payload #>> '{message,external_id}') from es.event
        where event_type = 'MessageReceived' and stream_id = $1";
    let known: (i64, i64) =
        sqlx::query_as(known).bind(row.interaction_id).fetch_one(&pool).await.unwrap();
    assert_eq!(known, (31, 31));
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn chats_with_others_than_buyers_are_none_of_ours(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let support = json!({"text": "Новости", "chat_type": "SELLER_SUPPORT", "by": "support"});
    let support = begun(&world, support).await;
    let buyer = begun(&world, json!({"text": HELLO})).await;
    let courier = json!({"text": "Где заказ?", "chat_type": "BUYER_SELLER_SELECT"});
    let select = begun(&world, courier).await;
    until_shows(&world, &buyer, HELLO).await;
    until_shows(&world, &select, "Где заказ?").await;
    assert!(row(&world, &support).await.is_none());
    world.end().await;
}

/// A picture is a file and no text; what moderation said of it is kept.
#[sqlx::test(migrations = "../migrations")]
async fn pictures_are_files_of_a_message(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, json!({"text": HELLO})).await;
    written(&world, &chat, json!({"file": "чайник.jpg"})).await;
    let row = until_shows(&world, &chat, "чайник.jpg").await;
    written(&world, &chat, json!({"file": "чек.pdf", "by": "cabinet"})).await;
    let id = InteractionId(row.interaction_id);
    let thread = world
        .until("three messages", async || {
            let thread = thread::one(&world.db, TENANT, id).await.unwrap()?;
            (thread.messages.as_array()?.len() == 3).then_some(thread)
        })
        .await;
    let files = |place: usize| thread.messages[place]["files"].clone();
    let picture = files(1);
    assert_eq!(
        (&picture[0]["name"], &picture[0]["is_image"]),
        (&json!("чайник.jpg"), &json!(true))
    );
    assert_eq!(thread.messages[1]["text"], "");
    assert_eq!(files(2)[0]["name"], "чек.pdf");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_that_cannot_be_read_costs_no_other(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let chat = begun(&world, json!({"text": HELLO})).await;
    let row = until_shows(&world, &chat, HELLO).await;
    let world = world
        .restart(async |world| {
            let bad = written(world, &chat, json!({"text": "Первое"})).await;
            let served = json!({"message_id": bad, "created_at": "вчера", "data": ["Первое"]});
            control(world, Method::PUT, &format!("served/{bad}"), &served).await;
            written(world, &chat, json!({"text": "Второе"})).await;
        })
        .await;
    until_said(&world, &row, &[("buyer", HELLO), ("buyer", "Второе")]).await;
    let kept = world
        .until("what could not be read", async || {
            let kept = unread_items(&world.db, TENANT, world.account, 10).await.unwrap();
            (!kept.is_empty()).then_some(kept)
        })
        .await;
    assert_eq!(kept.len(), 1);
    let about = (kept[0].external_id.as_deref(), kept[0].reason.as_str());
    assert_eq!(about, (Some(chat.as_str()), "no_time"));
    let retry = retry_unread(&world.db, &world.cabinets, &world.commands, TENANT, world.account);
    assert_eq!(retry.await.unwrap(), RetryReport { read: 0, unread: 1 });
    world.end().await;
}

/// A reading that fails is made again in the same round, which does not end before.
#[sqlx::test(migrations = "../migrations")]
async fn a_chat_whose_reading_fails_is_read_before_the_round_is_over(pool: PgPool) {
    const HISTORY: &str = "POST /ozon/v3/chat/history";
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
    assert_eq!(chats, 6, "those of the sandbox with buyers");
    world.end().await;
}
