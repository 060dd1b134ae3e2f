//! The ledger keeps the state over restarts, and without it nothing is applied.

use reqwest::Method;
use sandbox::{OzonAccount, ReviewSource, Sandbox, SellerConfig};
use serde_json::{Value, json};

use super::play::{CLIENT_ID, KEY, Ozon, ozon, ozon_with};
use crate::play::SELLER;

/// All that clients and control can read.
async fn everything(ozon: &Ozon, items: &[String]) -> Value {
    let mut kept = Vec::new();
    for item in items {
        kept.push(ozon.kept(item).await);
    }
    json!([
        ozon.ok("/v2/review/list", json!({ "limit": 100 })).await,
        ozon.ok("/v1/question/list", json!({ "limit": 100 })).await,
        ozon.ok("/v3/chat/list", json!({ "limit": 100 })).await,
        ozon.ok("/v1/roles", json!({})).await,
        ozon.play.state().await["ozon"],
        kept,
    ])
}

#[tokio::test]
async fn a_restart_on_the_same_ledger_changes_nothing() {
    let ozon = ozon().await;
    let (chat, message) = ozon.buyer_writes("Здравствуйте!").await;
    let (review, sku) = ozon.buyer_reviews("Хороший плед").await;
    let (question, product) = ozon.buyer_asks("Есть гарантия?").await;
    ozon.ok("/v1/chat/send/message", json!({ "chat_id": chat, "text": "Добрый день!" })).await;
    ozon.ok("/v2/chat/read", json!({ "chat_id": chat })).await;
    let path = format!("chats/{chat}/messages/{message}");
    ozon.control(Method::PATCH, &path, json!({ "text": "Вечер добрый!" })).await;
    ozon.control(Method::PUT, &format!("chats/{chat}/read"), Value::Null).await;
    let comment = json!({ "review_id": review, "text": "Спасибо!" });
    let first = ozon.ok("/v1/review/comment/create", comment.clone()).await["comment_id"].clone();
    ozon.ok("/v1/review/comment/create", comment).await;
    ozon.ok("/v2/review/comment/delete", json!({ "comment_id": first, "sku": sku })).await;
    ozon.ok("/v2/review/change-status", json!({ "review_ids": [review], "status": "VIEWED" }))
        .await;
    let answer = json!({ "question_id": question, "sku": product, "text": "Да, год." });
    let answer = ozon.ok("/v1/question/answer/create", answer).await["answer_id"].clone();
    let path = format!("moderation/{}", answer.as_str().unwrap());
    ozon.control(Method::PUT, &path, json!({ "state": "refused", "reason": "реклама" })).await;
    ozon.control(Method::PATCH, "plans", json!({ "chats": false })).await;
    ozon.control(Method::POST, "keys", json!({ "api_key": "second" })).await;
    ozon.control(Method::PATCH, "keys", json!({ "api_key": "second", "state": "revoked" })).await;
    ozon.play.advance_clock(120).await;

    let items =
        [format!("chats/{chat}"), format!("reviews/{review}"), format!("questions/{question}")];
    let before = everything(&ozon, &items).await;
    let ozon = ozon.restart().await;
    assert_eq!(everything(&ozon, &items).await, before);
    let revoked = ozon.send_as(CLIENT_ID, "second", "/v1/roles", json!({})).await.unwrap();
    assert_eq!(revoked.status, 403);
}

#[tokio::test]
async fn a_reset_begins_anew() {
    let ozon = ozon().await;
    let before = ozon.play.state().await["ozon"][SELLER].clone();
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    ozon.ok("/v1/review/comment/create", json!({ "review_id": review, "text": "Спасибо!" })).await;
    ozon.control(Method::PATCH, "plans", json!({ "questions": false })).await;
    let answer = ozon.play.control(Method::POST, "/control/reset", None).await;
    assert_eq!(answer.status, 204);
    let mut after = ozon.play.state().await["ozon"][SELLER].clone();
    after["keys"] = before["keys"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_seller_is_added_through_control_and_begins_empty() {
    let ozon = ozon().await;
    let add = async |seller: &str, client_id: u64| {
        let path = format!("/control/ozon/{seller}");
        let body = json!({ "client_id": client_id });
        ozon.play.control(Method::PUT, &path, Some(body)).await.status.as_u16()
    };
    assert_eq!(add("late", 5).await, 201);
    assert_eq!(
        (add("late", 5).await, add("late", 6).await, add("third", 5).await),
        (200, 409, 409)
    );
    let path = "/control/ozon/late/keys";
    ozon.play.control(Method::POST, path, Some(json!({ "api_key": "key-of-late" }))).await;
    let count = ozon.send_as("5", "key-of-late", "/v2/review/count", json!({})).await.unwrap();
    assert_eq!(count.body()["total"], 0);
    let nobody = ozon.play.control(Method::GET, "/control/ozon/nobody/pushes", None).await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn a_client_id_belongs_to_one_seller() {
    let ozon = ozon_with(|config| config.reviews = ReviewSource::nothing()).await;
    let count = ozon.ok("/v2/review/count", json!({})).await;
    assert_eq!(count["total"], 0, "a seller may begin without anything");
    let mut config = ozon.play.config.clone();
    config.ledger = config.ledger.with_file_name("other.jsonl");
    let account = OzonAccount::new(CLIENT_ID.parse().unwrap(), KEY);
    config.sellers.push(SellerConfig::new("other", []).with_ozon(account));
    let error = Sandbox::start(config).await.unwrap_err();
    assert_eq!(error.to_string(), "the seller other has the Client-Id of another");
}
