//! Yandex.Market's notifications: its own answers, and the channel that each type is about.

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{CABINET, LATER, Shop, answer};
use crate::harness::expect;

/// A notification with every field that any of them has.
fn notification(kind: &str) -> Value {
    json!({"notificationType": kind, "businessId": CABINET, "chatId": 1, "messageId": "2", "feedbackId": 3,
        "commentId": 4, "questionId": 5, "answerId": 6, "createdAt": "2026-02-08T19:45:14Z"})
}

async fn address(shop: &Shop) -> String {
    shop.renew().await + "/notification"
}

/// `SendNotificationResponse` of the specification.
fn check_receipt(answer: &Value) {
    let fields: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["name", "time", "version"]);
    for field in ["name", "version"] {
        let chars = answer[field].as_str().unwrap().chars().count();
        assert!((1..=100).contains(&chars), "{answer}");
    }
    answer["time"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn each_type_makes_its_channel_due(pool: PgPool) {
    let shop = Shop::at_yandex(pool).await;
    let address = address(&shop).await;
    for (kind, channel) in [
        ("CHAT_CREATED", "chat"),
        ("CHAT_MESSAGE_SENT", "chat"),
        ("CHAT_ARBITRAGE_STARTED", "chat"),
        ("CHAT_ARBITRAGE_FINISHED", "chat"),
        ("GOODS_FEEDBACK_CREATED", "review"),
        ("GOODS_FEEDBACK_COMMENT_CREATED", "review"),
        ("QUESTION_CREATED", "question"),
        ("QUESTION_ANSWER_CREATED", "question"),
        ("QUESTION_COMMENT_CREATED", "question"),
    ] {
        let (status, receipt) = answer(shop.push(&address, &notification(kind))).await;
        assert_eq!(status, 200, "{kind}: {receipt}");
        check_receipt(&receipt);
        assert_eq!(shop.due().await, [channel], "{kind}");
        // As if it had been read.
        shop.set("channel_sync", LATER).await;
        shop.set("channel_sync", "round_began_at = now()").await;
    }
    for kind in ["PING", "ORDER_CREATED", "MOON_LANDED"] {
        let (status, receipt) = answer(shop.push(&address, &notification(kind))).await;
        assert_eq!(status, 200, "{kind}: {receipt}");
        check_receipt(&receipt);
    }
    assert_eq!(shop.due().await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_wrong_with_a_notification_is_said_in_its_words(pool: PgPool) {
    let shop = Shop::at_yandex(pool).await;
    let address = address(&shop).await;
    let mut other = notification("CHAT_CREATED");
    other["businessId"] = json!(CABINET + 1);
    let mut nobodys = notification("CHAT_CREATED");
    nobodys.as_object_mut().unwrap().remove("businessId");
    for (body, kind, reason) in [
        (json!({}), "WRONG_EVENT_FORMAT", "malformed"),
        (json!([]), "WRONG_EVENT_FORMAT", "malformed"),
        (nobodys, "WRONG_EVENT_FORMAT", "malformed"),
        (other, "UNKNOWN", "other_cabinet"),
    ] {
        let (status, refused) = answer(shop.push(&address, &body)).await;
        assert_eq!((status, &refused["error"]["type"]), (400, &json!(kind)), "{body}");
        assert!(refused["error"]["message"].is_string());
        assert_eq!(shop.state().await["address"]["last_refused"]["reason"], reason);
    }
    assert_eq!(shop.due().await, Vec::<String>::new());
}

/// The sandbox's own sender decides whether a PING was answered well, and in time.
#[sqlx::test(migrations = "../migrations")]
async fn the_market_connects_and_its_buyers_are_told_of(pool: PgPool) {
    let shop = Shop::at_yandex(pool).await;
    let url = shop.app.url(&shop.renew().await);
    let control = |path: &str| format!("{}/control/yandex/demo/{path}", shop.sandbox.url());
    let client = &shop.app.client;
    let connect = client.put(control("notifications")).json(&json!({"url": url, "copies": 2}));
    expect(connect, StatusCode::NO_CONTENT).await;
    assert_eq!(shop.due().await, Vec::<String>::new());
    let question = client.post(control("questions")).json(&json!({"text": "Есть ли синий?"}));
    assert!(question.send().await.unwrap().status().is_success());
    let sent = loop {
        let sent = expect(client.get(control("notifications")), StatusCode::OK).await;
        let notifications = sent["notifications"].as_array().unwrap().clone();
        if notifications.len() == 2 && notifications.iter().all(|it| it["tries"][0].is_object()) {
            break notifications;
        }
        tokio::task::yield_now().await;
    };
    assert!(sent.iter().all(|it| it["tries"][0]["got"] == "200"), "{sent:?}");
    assert_eq!(shop.due().await, ["question"]);
}
