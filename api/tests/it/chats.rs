//! Chats: what was said, whether one may write, and one reply after another.

use chrono::{TimeDelta, Utc};
use domain::interaction::InteractionCommand as Command;
use domain::value::MessageAuthor::{Buyer, Marketplace, Seller};
use domain::value::{MessageFile, MessageWords};
use domain::{InteractionId, ReplyId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect, expect_problem, said, written_at};

async fn whole(anna: &Signed, id: InteractionId) -> Value {
    anna.get(&format!("/interactions/{id}")).await
}

/// Asks for a reply and returns its id.
async fn send(app: &TestApp, anna: &Signed, id: InteractionId, text: &str) -> ReplyId {
    let path = format!("/interactions/{id}/reply");
    let request = anna.write(Method::POST, &path, &json!({"text": text}));
    let told = expect(request, StatusCode::ACCEPTED).await;
    app.catch_up().await;
    told["reply"]["reply_id"].as_str().unwrap().parse().unwrap()
}

fn accepted(reply_id: ReplyId) -> Command {
    Command::RecordAccepted { reply_id, attempt: 1, at: Utc::now(), external_id: None }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chat_shows_what_was_said_and_until_when_one_may_write(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let file = MessageFile {
        name: "плед.jpg".into(),
        address: "https://files.example/1".into(),
        is_image: true,
        size_bytes: None,
    };
    let words = MessageWords { files: vec![file], ..MessageWords::default() };
    let mut picture = said("2", Buyer, written_at(20), "");
    picture.words = words.into();
    let messages = vec![
        said("1", Buyer, written_at(10), "Когда придёт заказ?"),
        picture,
        said("3", Marketplace, written_at(30), "Заказ передан в доставку"),
    ];
    let id = app.chat(anna.tenant, 1, messages, Some(true)).await;
    let chat = whole(&anna, id).await;
    let message = |id: &str, author: &str, seconds, text: &str, files| {
        json!({
            "message_id": id,
            "author": author,
            "sent_at": written_at(seconds),
            "text": text,
            "files": files,
            "reply_id": null,
            "erased": false,
        })
    };
    let files = json!([{
        "name": "плед.jpg",
        "address": "https://files.example/1",
        "is_image": true,
        "size_bytes": null,
    }]);
    assert_eq!(
        chat["chat"],
        json!({
            "messages": [
                message("1", "buyer", 10, "Когда придёт заказ?", json!([])),
                message("2", "buyer", 20, "", files),
                message("3", "marketplace", 30, "Заказ передан в доставку", json!([])),
            ],
            "open": true,
            "reply_window_until": written_at(20) + TimeDelta::hours(48),
        })
    );
    let limits = &chat["limits"];
    assert_eq!((&limits["min_chars"], &limits["max_chars"]), (&json!(1), &json!(1000)));
    assert_eq!(chat["can_answer"]["allowed"], true);
    assert_eq!(chat["can_edit"]["allowed"], false);
    assert_eq!((&chat["preview"], &chat["rating"]), (&json!("плед.jpg"), &Value::Null));
    assert_eq!((&chat["status"], &chat["needs_response"]), (&json!("waiting"), &json!(true)));
    assert_eq!(chat["occurred_at"], json!(written_at(20)), "when the buyer wrote last");

    app.review(anna.tenant, 1, 5).await;
    for (query, found) in [("channel=chat", 1), ("marketplace=ozon", 1), ("channel=question", 0)] {
        let counts = anna.get(&format!("/interactions/counts?{query}")).await;
        assert_eq!(counts["total"], found, "{query}");
        let page = anna.get(&format!("/interactions?{query}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_written_in_a_closed_chat_until_it_is_open_again(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let hello = said("1", Buyer, written_at(1), "Здравствуйте!");
    let id = app.chat(anna.tenant, 1, vec![hello], Some(false)).await;
    let closed = whole(&anna, id).await;
    assert_eq!(closed["chat"]["open"], false);
    assert_eq!((&closed["status"], &closed["needs_response"]), (&json!("closed"), &json!(false)));
    let refused = &closed["can_answer"];
    assert_eq!((&refused["allowed"], &refused["code"]), (&json!(false), &json!("chat_closed")));
    let path = format!("/interactions/{id}/reply");
    let request = anna.write(Method::POST, &path, &json!({"text": "Добрый день!"}));
    expect_problem(request, 409, "chat_closed").await;

    app.chat(anna.tenant, 1, vec![], Some(true)).await;
    let open = whole(&anna, id).await;
    assert_eq!((&open["chat"]["open"], &open["status"]), (&json!(true), &json!("waiting")));
    send(&app, &anna, id, "Добрый день!").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn one_reply_follows_another_and_each_is_known_again_in_its_message(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let asked = said("1", Buyer, written_at(1), "Есть синий?");
    let id = app.chat(anna.tenant, 1, vec![asked.clone()], None).await;
    let first = send(&app, &anna, id, "Сейчас посмотрим").await;
    let path = format!("/interactions/{id}/reply");
    let hasty = anna.write(Method::POST, &path, &json!({"text": "Есть"}));
    expect_problem(hasty, 409, "reply_in_flight").await;
    assert_eq!(whole(&anna, id).await["can_answer"]["code"], "reply_in_flight");

    app.execute(anna.tenant, id, accepted(first)).await;
    let second = send(&app, &anna, id, "Есть").await;
    app.execute(anna.tenant, id, accepted(second)).await;
    let now = Utc::now();
    let messages = vec![
        asked,
        said("2", Seller, now, "Сейчас посмотрим"),
        said("3", Seller, now + TimeDelta::seconds(1), "Есть"),
        said("4", Seller, now + TimeDelta::seconds(2), "Из кабинета"),
    ];
    app.chat(anna.tenant, 1, messages, None).await;
    let chat = whole(&anna, id).await;
    let replies = chat["chat"]["messages"].as_array().unwrap().iter();
    let replies: Vec<_> = replies.map(|message| message["reply_id"].clone()).collect();
    assert_eq!(replies, [Value::Null, json!(first), json!(second), Value::Null]);
    assert_eq!(chat["reply"]["reply_id"], json!(second), "the newest");
    assert_eq!((&chat["status"], &chat["needs_response"]), (&json!("responded"), &json!(false)));
    assert_eq!(chat["can_answer"]["allowed"], true, "a chat goes on");
    let history = anna.get(&format!("/interactions/{id}/history")).await;
    let states = history["items"].as_array().unwrap().iter().map(|reply| reply["state"].clone());
    assert_eq!(states.collect::<Vec<_>>(), ["published", "published"]);

    let again = said("5", Buyer, now + TimeDelta::minutes(1), "А красный?");
    app.chat(anna.tenant, 1, vec![again], None).await;
    assert_eq!(whole(&anna, id).await["status"], "waiting");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_goes_when_something_is_said(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let hello = said("1", Buyer, written_at(1), "Здравствуйте!");
    let id = app.chat(anna.tenant, 1, vec![hello], None).await;
    let path = format!("/interactions/{id}/draft");
    let text = "Здравствуйте! Чем мы можем помочь?";
    expect(anna.write(Method::POST, &path, &json!({"text": text})), StatusCode::OK).await;
    app.catch_up().await;
    assert_eq!(whole(&anna, id).await["draft"]["text"], text);
    send(&app, &anna, id, text).await;
    let chat = whole(&anna, id).await;
    assert_eq!((&chat["draft"], &chat["draft_state"]), (&Value::Null, &json!("none")));
}
