//! Every operation of the specification that is used is played.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::play::{BUSINESS, KEY, Market, market, market_with, v1, v2};
use super::spec;
use crate::play::SELLER;

/// Calls all methods once, each with an answer that the specification describes.
async fn call_everything(market: &Market) {
    let (chat, review, question) =
        (market.chat().await, market.review().await, market.question().await);
    let order = market.result(&v2("goods-feedback"), json!({ "feedbackIds": [review] })).await;
    let order = order["feedbacks"][0]["identifiers"]["orderId"].clone();
    let mut answers = vec![
        market.call(Method::POST, "/v2/auth/token", KEY, None).await.unwrap(),
        market.post(&v2("chats?limit=20"), json!({ "types": ["CHAT"] })).await,
        market.get(&v2(&format!("chat?chatId={chat}"))).await,
        market.say(&chat, "Здравствуйте!").await,
        market.send_file(&chat, "чек.pdf", b"content").await,
    ];
    let message = market.history(&chat).await[0]["messageId"].clone();
    let context = json!({ "context": { "type": "ORDER", "id": order } });
    answers.extend([
        market.get(&v2(&format!("chats/message?chatId={chat}&messageId={message}"))).await,
        market.post(&v2("chats/new"), context).await,
        market.post(&v2("goods-feedback/skip-reaction"), json!({ "feedbackIds": [review] })).await,
    ]);
    let comment = market.comment(&review, "Спасибо!").await.json()["result"]["id"].clone();
    market.comments(&review).await;
    let delete = v2("goods-feedback/comments/delete");
    answers.extend([
        market.post(&delete, json!({ "id": comment })).await,
        market.post(&v1("goods-questions"), json!({ "questionIds": [question] })).await,
        market.answer(&question, "Полтора килограмма.").await,
    ]);
    market.answers(&question).await;
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn all_operations_used_are_covered() {
    let market = market(&[]).await;
    call_everything(&market).await;
    let state = market.play.state().await;
    let answered: BTreeSet<String> = state["answers"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, outcomes)| outcomes["200"].as_u64().is_some())
        .map(|(call, _)| call.clone())
        .collect();
    let documented: BTreeSet<String> =
        spec::operations().into_iter().map(|(call, _)| call).collect();
    assert_eq!(documented.len(), 16);
    assert_eq!(answered, documented, "operations covered of those used must be 100 %");
    assert_eq!(state["yandex"][SELLER]["messages_delivered"], 1);
}

#[tokio::test]
async fn every_method_has_the_quota_of_the_specification() {
    let market = market_with(|config| config.rate_scale = 1.0).await;
    let (chat, review) = (market.chat().await, market.review().await);
    for (call, operation) in spec::operations() {
        let (method, path) = call.split_once(' ').unwrap();
        let path = path.replace("{businessId}", &BUSINESS.to_string());
        let path = format!("{path}?chatId={chat}&messageId={review}");
        // What is refused for its content has the headers, too.
        let answer = market.call(method.parse().unwrap(), &path, KEY, None).await.unwrap();
        let amount = operation["x-resource-limit-config"]["none"]["amount"].to_string();
        assert_eq!(answer.header("x-ratelimit-resource-limit"), Some(&*amount), "{call}");
    }
}

#[tokio::test]
async fn every_method_is_open_to_the_scopes_of_the_specification() {
    let market = market(&[]).await;
    for scope in
        ["all-methods", "all-methods:read-only", "communication", "offers-and-cards-management"]
    {
        let key = json!({ "key": scope, "name": scope, "scopes": [scope] });
        market.happen(Method::POST, "keys", key).await;
        for (call, operation) in spec::operations() {
            let (method, path) = call.split_once(' ').unwrap();
            let path = path.replace("{businessId}", &BUSINESS.to_string());
            let answer = market.call(method.parse().unwrap(), &path, scope, None).await.unwrap();
            let is_open = operation["x-auth-scopes"].as_array().unwrap().contains(&json!(scope));
            assert_eq!(answer.status != 403, is_open, "{call} with {scope}: {}", answer.text);
        }
    }
}
