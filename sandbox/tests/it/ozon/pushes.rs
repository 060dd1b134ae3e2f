//! Push notifications: which there are, how they are repeated, and when they end.

use std::time::Duration;

use reqwest::Method;
use sandbox::{OzonAccount, SellerConfig};
use serde_json::{Value, json};

use super::play::{CLIENT_ID, KEY, Ozon, ozon, ozon_with, text_of};
use super::receiver::Receiver;
use crate::play::SELLER;

async fn connected() -> (Ozon, Receiver) {
    let (ozon, receiver) = (ozon().await, Receiver::start().await);
    ozon.control(Method::PUT, "receiver", json!({ "url": receiver.url })).await;
    receiver.wait_for(1).await;
    (ozon, receiver)
}

/// Waits until the sandbox says so about its pushes.
async fn until(ozon: &Ozon, is: impl Fn(&Value) -> bool) -> Value {
    let waited = async {
        loop {
            let state = ozon.kept("pushes").await;
            if is(&state) {
                return state;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waited).await.expect("the pushes get there")
}

/// The lines of the ledger about attempts of one notification: their outcomes.
async fn outcomes(ozon: &Ozon, push: u64) -> Vec<String> {
    let answer = ozon.play.control(Method::GET, "/ledger?kind=push_attempted", None).await;
    let lines = answer.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["push"] == push).map(|line| text_of(&line["outcome"])).collect()
}

/// Waits until one notification was tried that often.
async fn attempted(ozon: &Ozon, push: u64, times: usize) {
    let waited = async { while outcomes(ozon, push).await.len() < times {} };
    tokio::time::timeout(Duration::from_secs(10), waited).await.expect("it is tried");
}

#[tokio::test]
async fn a_receiver_is_pinged_first_and_then_hears_of_what_happens_in_chats() {
    let (ozon, receiver) = connected().await;
    let (chat, message) = ozon.buyer_writes("Здравствуйте!").await;
    let path = format!("chats/{chat}/messages/{message}");
    ozon.control(Method::PATCH, &path, json!({ "text": "Добрый вечер!" })).await;
    // The seller's own messages are not pushed.
    ozon.ok("/v1/chat/send/message", json!({ "chat_id": chat, "text": "Здравствуйте!" })).await;
    ozon.control(Method::PUT, &format!("chats/{chat}/read"), Value::Null).await;
    ozon.control(Method::PUT, &format!("chats/{chat}/closed"), Value::Null).await;
    let got = receiver.wait_for(5).await;
    let types: Vec<_> = got.iter().map(|push| push["message_type"].clone()).collect();
    let expected = [
        "TYPE_PING",
        "TYPE_NEW_MESSAGE",
        "TYPE_UPDATE_MESSAGE",
        "TYPE_MESSAGE_READ",
        "TYPE_CHAT_CLOSED",
    ];
    assert_eq!(types, expected);
    for push in &got[1..] {
        assert_eq!((&push["chat_id"], &push["chat_type"]), (&json!(chat), &json!("Buyer_Seller")));
        assert_eq!(push["user"]["type"], "Customer");
        assert_eq!(push["seller_id"], 100_077);
    }
    assert_eq!(
        (&got[1]["message_id"], &got[1]["data"]),
        (&json!(message), &json!(["Здравствуйте!"]))
    );
    assert_eq!(got[2]["data"], json!(["Добрый вечер!"]));
    assert!(got[2]["updated_at"].is_string());
    let own = ozon.history(&chat).await.pop().unwrap();
    assert_eq!(got[3]["last_read_message_id"], own["message_id"].to_string());
    assert_eq!((own["is_read"].as_bool(), got[3].get("data")), (Some(true), None));
    assert_eq!(got[4].get("message_id"), None);
}

#[tokio::test]
async fn reviews_and_questions_are_not_pushed() {
    let (ozon, receiver) = connected().await;
    ozon.buyer_reviews("Хороший плед").await;
    ozon.buyer_asks("Есть гарантия?").await;
    ozon.buyer_writes("Здравствуйте!").await;
    assert_eq!(receiver.wait_for(2).await[1]["message_type"], "TYPE_NEW_MESSAGE");
}

#[tokio::test]
async fn a_notification_is_repeated_at_growing_intervals_until_it_is_taken() {
    let (ozon, receiver) = connected().await;
    let refusal =
        json!({ "error": { "code": "ERROR_UNKNOWN", "message": "нет", "details": null } });
    receiver.answer(500, refusal);
    ozon.buyer_writes("Здравствуйте!").await;
    for (n, seconds) in [5, 10, 20].into_iter().enumerate() {
        receiver.wait_for(n + 2).await;
        until(&ozon, |state| state["waiting"] == 1).await;
        if n == 2 {
            receiver.answer(200, json!({ "result": "true" }));
        }
        attempted(&ozon, 2, n + 1).await;
        ozon.play.advance_clock(seconds).await;
    }
    receiver.wait_for(5).await;
    receiver.answer(200, json!({ "result": true }));
    attempted(&ozon, 2, 4).await;
    ozon.play.advance_clock(40).await;
    until(&ozon, |state| state["delivered"] == 2).await;
    let expected =
        ["SERVER_FAULT", "SERVER_FAULT", "SERVER_FAULT", "WRONG_RESULT_FIELD", "DELIVERED"];
    assert_eq!(outcomes(&ozon, 2).await, expected);
    let got = receiver.got();
    assert!(got[1..].iter().all(|push| push == &got[1]), "the same notification each time");
}

#[tokio::test]
async fn pushes_end_when_one_cannot_be_delivered_until_the_receiver_is_connected_again() {
    let (ozon, receiver) = connected().await;
    receiver.answer(503, Value::Null);
    ozon.buyer_writes("Здравствуйте!").await;
    for attempt in 1..=14 {
        attempted(&ozon, 2, attempt).await;
        ozon.play.advance_clock(600).await;
    }
    until(&ozon, |state| state["receiver"]["is_suspended"] == true).await;
    let before = receiver.got().len();
    ozon.buyer_writes("Вы тут?").await;
    assert_eq!(until(&ozon, |_| true).await["waiting"], 0, "nobody listens");
    receiver.answer(200, json!({ "result": true }));
    ozon.control(Method::PUT, "receiver", json!({ "url": receiver.url })).await;
    assert_eq!(receiver.wait_for(before + 1).await[before]["message_type"], "TYPE_PING");
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_its_ping_is_told_nothing() {
    for (pong, outcome) in [
        (json!({ "result": true }), "WRONG_RESULT_FIELD"),
        (json!({ "version": "1", "name": "test", "time": "now" }), "WRONG_RESULT_TIME_FIELD"),
    ] {
        let (ozon, receiver) = (ozon().await, Receiver::with_pong(pong).await);
        ozon.control(Method::PUT, "receiver", json!({ "url": receiver.url })).await;
        let state = until(&ozon, |state| state["receiver"]["is_suspended"] == true).await;
        assert_eq!(state["receiver"]["is_confirmed"], false);
        assert_eq!(outcomes(&ozon, 1).await, [outcome]);
    }
    let ozon = ozon().await;
    ozon.control(Method::PUT, "receiver", json!({ "url": "http://127.0.0.1:1/" })).await;
    until(&ozon, |state| state["receiver"]["is_suspended"] == true).await;
    assert_eq!(outcomes(&ozon, 1).await, ["REQUEST_ERROR"]);
}

#[tokio::test]
async fn pings_come_again_and_delivered_notifications_can_be_repeated() {
    let (ozon, receiver) = connected().await;
    ozon.buyer_writes("Здравствуйте!").await;
    until(&ozon, |state| state["delivered"] == 2).await;
    let repeated = ozon.control(Method::POST, "pushes/repeat", Value::Null).await;
    assert_eq!(repeated["repeated"], 1);
    let got = receiver.wait_for(3).await;
    assert_eq!(got[1], got[2]);
    ozon.play.advance_clock(3_600).await;
    assert_eq!(receiver.wait_for(4).await[3]["message_type"], "TYPE_PING");
}

#[tokio::test]
async fn a_hostile_push_is_as_the_published_example() {
    let receiver = Receiver::start().await;
    let url = receiver.url.clone();
    let ozon = ozon_with(move |config| {
        let account = OzonAccount::new(CLIENT_ID.parse().unwrap(), KEY).hostile();
        config.sellers = vec![SellerConfig::new(SELLER, []).with_ozon(account.with_receiver(url))];
    })
    .await;
    receiver.wait_for(1).await;
    ozon.buyer_writes("Здравствуйте!").await;
    let push = receiver.wait_for(2).await[1].clone();
    assert_eq!(
        (&push["seller_id"], &push["user"]["type"]),
        (&json!("100077"), &json!("\u{421}ustomer"))
    );
}

#[tokio::test]
async fn what_waits_survives_a_restart() {
    let (ozon, receiver) = connected().await;
    until(&ozon, |state| state["delivered"] == 1).await;
    receiver.answer(500, Value::Null);
    ozon.buyer_writes("Здравствуйте!").await;
    receiver.wait_for(2).await;
    attempted(&ozon, 2, 1).await;
    let ozon = ozon.restart().await;
    assert_eq!(ozon.kept("pushes").await["waiting"], 1);
    receiver.answer(200, json!({ "result": true }));
    ozon.play.advance_clock(5).await;
    until(&ozon, |state| state["delivered"] == 2).await;
}
