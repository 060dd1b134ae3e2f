//! Chats: who is waited for, what the list shows, and the messages in their order.

use domain::interaction::{ErasureGround, InteractionEvent};
use domain::value::MessageAuthor::{Buyer, Marketplace, Seller};
use projections::inbox::{self, Filter, InboxRow, Order};
use projections::{reply_history, thread};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::*;

async fn row(world: &World, number: u128) -> InboxRow {
    inbox::one(&world.db, TENANT, interaction_id(number)).await.unwrap().unwrap()
}

/// Takes a chat from event to event and expects its status, and whether somebody must act, after each.
async fn follow(pool: &PgPool, steps: &[(InteractionEvent, &str, bool)]) {
    let world = World::new(pool);
    for (event, status, needs_response) in steps {
        let kind = format!("{event:?}");
        world.interaction(1, std::slice::from_ref(event)).await;
        world.catch_up().await;
        let row = row(&world, 1).await;
        let found = (row.status.as_str(), row.needs_response);
        assert_eq!(found, (*status, *needs_response), "after {kind}");
    }
}

fn asked(id: &str, seconds: i64) -> InteractionEvent {
    received(id, Buyer, seconds, None)
}

fn in_the_cabinet(id: &str, seconds: i64) -> InteractionEvent {
    received(id, Seller, seconds, None)
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_wrote_last_decides_who_is_waited_for(pool: PgPool) {
    let (first, second) = (reply(1), reply(2));
    let steps = [
        (chat_ingested(1), "waiting", false),
        (received("0", Marketplace, 5, None), "waiting", false),
        (asked("1", 10), "waiting", true),
        (requested(first), "replying", false),
        (sent(first), "responded", false),
        (ours("2", 100, first), "responded", false),
        (published(first), "responded", false),
        (received("3", Marketplace, 105, None), "responded", false),
        (asked("4", 110), "waiting", true),
        (in_the_cabinet("5", 120), "responded", false),
        (asked("6", 130), "waiting", true),
        (requested(second), "replying", false),
        (unknown(second), "replying", false),
        (ours("7", 140, second), "replying", false),
        (published(second), "responded", false),
    ];
    follow(&pool, &steps).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_does_not_answer_what_was_not_known_when_it_was_written(pool: PgPool) {
    let steps = [
        (chat_ingested(1), "waiting", false),
        (asked("1", 10), "waiting", true),
        (requested(reply(1)), "replying", false),
        // Sent before the reply and read after it was asked for.
        (asked("2", 90), "replying", false),
        (sent(reply(1)), "waiting", true),
        (ours("3", 100, reply(1)), "waiting", true),
        (published(reply(1)), "waiting", true),
        (requested(reply(2)), "replying", false),
        (sent(reply(2)), "responded", false),
    ];
    follow(&pool, &steps).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_that_did_not_go_out_waits_for_a_person_whatever_was_said_before(pool: PgPool) {
    let (first, second, third) = (reply(1), reply(2), reply(3));
    let steps = [
        (chat_ingested(1), "waiting", false),
        (asked("1", 10), "waiting", true),
        (requested(first), "replying", false),
        (sent(first), "responded", false),
        (requested(second), "replying", false),
        (failed_for_now(second), "replying", false),
        (failed(second), "failed", true),
        // The first one only turns up now.
        (ours("2", 100, first), "failed", true),
        (published(first), "failed", true),
        (requested(third), "replying", false),
        (sent(third), "responded", false),
        (rejected(third), "failed", true),
        (in_the_cabinet("3", 120), "responded", false),
    ];
    follow(&pool, &steps).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn older_messages_that_come_later_change_nothing(pool: PgPool) {
    let steps = [
        (chat_ingested(1), "waiting", false),
        (in_the_cabinet("9", 90), "responded", false),
        (asked("8", 80), "responded", false),
        (asked("10", 100), "waiting", true),
        (in_the_cabinet("7", 70), "waiting", true),
        (asked("6", 60), "waiting", true),
        (in_the_cabinet("11", 100), "responded", false),
        (asked("5", 50), "responded", false),
    ];
    follow(&pool, &steps).await;
    let world = World::new(&pool);
    let row = row(&world, 1).await;
    assert_eq!((row.preview.as_str(), row.occurred_at), ("Сообщение 10 · фото 10.jpg", at(100)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_closed_chat_waits_for_nobody_until_it_is_open_again(pool: PgPool) {
    let steps = [
        (chat_ingested(1), "waiting", false),
        (asked("1", 10), "waiting", true),
        (chat_closed(), "closed", false),
        (asked("2", 20), "closed", false),
        (InteractionEvent::Reopened, "waiting", true),
        (requested(reply(1)), "replying", false),
        (failed(reply(1)), "failed", true),
        (chat_closed(), "closed", false),
    ];
    follow(&pool, &steps).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_list_goes_by_the_buyers_last_message(pool: PgPool) {
    let world = World::new(&pool);
    for number in 1..=3 {
        world.interaction(number, &[chat_ingested(number), asked("1", 10)]).await;
    }
    world.interaction(4, &[ingested(40)]).await;
    let later = [asked("2", 50), requested(reply(2)), ours("3", 70, reply(2))];
    world.interaction(2, &later).await;
    world.interaction(1, &[in_the_cabinet("2", 90)]).await;
    world.catch_up().await;
    let listed = async |filter: Filter| {
        let page = inbox::list(&world.db, TENANT, &filter, Order::Newest, None, 10).await.unwrap();
        page.rows.into_iter().map(|row| row.external_id).collect::<Vec<_>>()
    };
    let all = listed(Filter::default()).await;
    assert_eq!(all[..2], ["ozon-2", "wb-40"], "when we write is no reason to move");
    let chats = Filter { channels: vec!["chat".into()], ..Filter::default() };
    assert_eq!(listed(chats.clone()).await.len(), 3);
    let waiting = Filter { needs_response: Some(true), ..chats };
    assert_eq!(listed(waiting).await, ["ozon-3"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_is_on_offer_until_something_is_said(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[chat_ingested(1), asked("1", 10), drafted()]).await;
    world.interaction(2, &[ingested(2), drafted()]).await;
    world.catch_up().await;
    assert!(row(&world, 1).await.has_draft && row(&world, 2).await.has_draft);
    for number in [1, 2] {
        world.interaction(number, &[requested(reply(number))]).await;
    }
    world.catch_up().await;
    assert!(!row(&world, 1).await.has_draft, "a chat goes on");
    assert!(row(&world, 2).await.has_draft);
}

async fn messages(world: &World, number: u128) -> Vec<Value> {
    let thread = thread::one(&world.db, TENANT, interaction_id(number)).await.unwrap().unwrap();
    serde_json::from_value(thread.messages).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn messages_stand_in_the_order_they_were_sent(pool: PgPool) {
    let world = World::new(&pool);
    let came = [
        chat_ingested(1),
        asked("3", 30),
        ours("4", 40, reply(1)),
        asked("1", 10),
        received("2", Marketplace, 10, None),
        asked("5", 35),
    ];
    world.interaction(1, &came).await;
    world.catch_up().await;
    let messages = messages(&world, 1).await;
    let told = |name: &str| messages.iter().map(|each| each[name].clone()).collect::<Vec<_>>();
    // Of two of one moment the one that came first stands first.
    assert_eq!(told("message_id"), ["1", "2", "3", "5", "4"]);
    assert_eq!(told("author"), ["buyer", "marketplace", "buyer", "buyer", "seller"]);
    let (none, ours) = (Value::Null, json!(reply(1)));
    assert_eq!(told("reply_id"), [&none, &none, &none, &none, &ours].map(Clone::clone));
    let shown = json!({
        "message_id": "1",
        "author": "buyer",
        "sent_at": at(10),
        "text": "Сообщение 1",
        "files": [{
            "name": "фото 1.jpg",
            "address": "https://files.example/1.jpg",
            "is_image": true,
            "size_bytes": 2048,
        }],
        "reply_id": null,
        "erased": false,
    });
    assert_eq!(messages[0], shown);
    let history = reply_history::of(&world.db, TENANT, interaction_id(1)).await.unwrap();
    assert_eq!(history.len(), 0, "a message is no version by itself");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_erasure_blanks_the_messages_and_keeps_that_they_were(pool: PgPool) {
    let world = World::new(&pool);
    let life = [
        chat_ingested(1),
        asked("1", 10),
        requested(reply(1)),
        ours("2", 20, reply(1)),
        published(reply(1)),
    ];
    world.interaction(1, &life).await;
    world.catch_up().await;
    let before = messages(&world, 1).await;
    assert!(before.iter().all(|message| message["text"] != "" && message["erased"] == false));
    let ground = ErasureGround::PersonsRequest;
    world.interaction(1, &[InteractionEvent::BuyerErased { ground, reference: None }]).await;
    world.catch_up().await;
    let after = messages(&world, 1).await;
    for (before, after) in before.iter().zip(&after) {
        for kept in ["message_id", "author", "sent_at", "reply_id"] {
            assert_eq!(before[kept], after[kept]);
        }
        assert_eq!((&after["text"], &after["files"]), (&json!(""), &json!([])));
        assert_eq!(after["erased"], true);
    }
    assert_eq!(after.len(), 2);
    let row = row(&world, 1).await;
    assert_eq!((row.preview.as_str(), row.buyer_name), ("", None));
}
