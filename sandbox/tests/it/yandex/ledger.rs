//! The ledger keeps the state over restarts and judges what faults did.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};

use super::play::{BUSINESS, KEY, Market, market, market_with, v1, v2};
use crate::play::SELLER;

/// All that clients can read.
async fn everything(market: &Market) -> Value {
    let chats = market.pages(&v2("chats?limit=20"), "chats", json!({})).await;
    let mut messages = Vec::new();
    for chat in &chats {
        messages.extend(market.history(&chat["chatId"]).await);
    }
    let reviews = market.pages(&v2("goods-feedback?limit=50"), "feedbacks", json!({})).await;
    let questions = market.pages(&v1("goods-questions?limit=50"), "questions", json!({})).await;
    json!([chats, messages, reviews, questions, market.play.state().await["yandex"]])
}

#[tokio::test]
async fn a_restart_on_the_same_ledger_changes_nothing() {
    let market = market(&[]).await;
    let (chat, review, question) =
        (market.chat().await, market.review().await, market.question().await);
    market.say(&chat, "Здравствуйте!").await;
    market.send_file(&chat, "чек.pdf", b"content").await;
    let comment = market.comment(&review, "Спасибо!").await.json()["result"]["id"].clone();
    market.post(&v2("goods-feedback/comments/delete"), json!({ "id": comment })).await;
    market.answer(&question, "Килограмм").await;
    market
        .happen(Method::PUT, &format!("chats/{chat}/status"), json!({ "status": "FINISHED" }))
        .await;
    market.happen(Method::POST, "keys", json!({ "key": "second", "scopes": [] })).await;
    market.happen(Method::POST, "keys/revoke", json!({ "key": "second" })).await;
    let before = everything(&market).await;
    let (comments, answers) = (market.comments(&review).await, market.answers(&question).await);

    let market = Market { play: market.play.restart().await };
    assert_eq!(everything(&market).await, before);
    assert_eq!(
        (market.comments(&review).await, market.answers(&question).await),
        (comments, answers)
    );
    let on_disk = std::fs::read_to_string(market.play.ledger_path()).unwrap();
    assert!(!on_disk.contains(KEY), "keys are not written down");

    assert_eq!(market.play.control(Method::POST, "/control/reset", None).await.status, 204);
    let fresh = everything(&market).await;
    assert_eq!(fresh[4][SELLER]["messages_delivered"], 0);
    assert_eq!(fresh[4][SELLER]["business_id"], BUSINESS);
}

#[tokio::test]
async fn faults_after_the_fact_deliver_and_faults_before_it_do_not() {
    let market = market(&[]).await;
    let chat = market.chat().await;
    for (fault, applied, answer) in [
        ("reset_before", false, "reset"),
        ("server_error_before", false, "given"),
        ("unauthorized", false, "given"),
        ("forbidden", false, "given"),
        ("rate_limited", false, "given"),
        ("no_effect", false, "given"),
        ("server_error_after", true, "given"),
        ("reset_after", true, "reset"),
        ("answer_lost", true, "lost"),
    ] {
        let before = market.history(&chat).await.len();
        market.play.set_faults(json!({ fault: { "nth": [1] } })).await;
        let path = v2(&format!("chats/message?chatId={chat}"));
        let sent = market.try_post(&path, json!({ "message": fault })).await;
        let reached = answer == "given";
        assert_eq!(sent.is_ok(), reached, "{fault}");
        market.play.set_faults(json!({ fault: null })).await;
        let line = market.writes().await.pop().unwrap();
        assert_eq!((&line["text"], &line["answer"]), (&json!(fault), &json!(answer)), "{fault}");
        assert_eq!(line["applied"], applied, "{fault}");
        let after = market.history(&chat).await.len();
        assert_eq!(after - before, usize::from(applied), "{fault}");
    }
}

#[tokio::test]
async fn reads_are_spoiled_by_faults() {
    let market = market(&[]).await;
    let path = v2("goods-feedback?limit=20");
    let read = async || market.post(&path, json!({})).await;
    let whole = read().await.json()["result"]["feedbacks"].as_array().unwrap().clone();
    market.play.set_faults(json!({ "duplicated": { "nth": [1] } })).await;
    let twice = read().await.json()["result"]["feedbacks"].as_array().unwrap().clone();
    assert_eq!(twice.len(), whole.len() + 1);
    market.play.set_faults(json!({ "duplicated": null, "reordered": { "nth": [1] } })).await;
    let mixed = read().await.json()["result"]["feedbacks"].as_array().unwrap().clone();
    assert!(mixed != whole && whole.iter().all(|review| mixed.contains(review)));
    market.play.set_faults(json!({ "reordered": null, "malformed": { "nth": [1] } })).await;
    assert!(serde_json::from_str::<Value>(&read().await.text).is_err());
    market.play.set_faults(json!({ "malformed": null, "unavailable": { "nth": [1] } })).await;
    assert_eq!(read().await.status, 503);
}

#[tokio::test]
async fn a_message_may_be_seen_later_than_it_was_accepted() {
    let market = market(&["visible_late=nth:1,ms=600000"]).await;
    let chat = market.chat().await;
    market.say(&chat, "Поздно").await;
    market.say(&chat, "Рано").await;
    let texts = async || -> Vec<Value> {
        market.history(&chat).await.iter().map(|message| message["message"].clone()).collect()
    };
    assert_eq!(texts().await, ["Добрый день!", "Рано"]);
    market.play.advance_clock(600).await;
    assert_eq!(texts().await, ["Добрый день!", "Рано", "Поздно"]);
    assert_eq!(market.writes().await[0]["buyer_sees"], json!(["Поздно"]));
}

#[tokio::test]
async fn a_full_disk_refuses_every_write_and_applies_nothing() {
    let market = market_with(|config| config.ledger = PathBuf::from("/dev/full")).await;
    let before = everything(&market).await;
    let (chat, review) = (&before[0][0]["chatId"], &before[2][0]["feedbackId"]);
    for answer in
        [market.say(chat, "Здравствуйте!").await, market.comment(review, "Спасибо!").await]
    {
        assert_eq!(answer.status, 500);
        let message = "the ledger cannot be written, nothing was applied";
        assert_eq!(answer.json()["errors"][0]["message"], message);
    }
    assert_eq!(everything(&market).await, before);
}
