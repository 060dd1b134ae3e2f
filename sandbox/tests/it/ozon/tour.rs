//! Every operation of the excerpt, as documented.

use serde_json::json;

use super::play::{items, ozon, text_of};
use super::spec;

/// A picture of one pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";

#[tokio::test]
async fn every_operation_is_played_as_it_is_specified() {
    let ozon = ozon().await;
    let roles = ozon.ok("/v1/roles", json!({})).await;
    let methods = items(&roles["roles"][0]["methods"]);
    assert_eq!(methods.len(), spec::operations().len());

    let filter = json!({ "chat_status": "Opened", "unread_only": true });
    let list = ozon.ok("/v3/chat/list", json!({ "filter": filter, "limit": 100 })).await;
    assert!(!items(&list["chats"]).is_empty());
    let (chat, _) = ozon.buyer_writes("Здравствуйте! Чек пришлёте?").await;
    let history = json!({ "chat_id": chat, "limit": 50 });
    assert_eq!(items(&ozon.ok("/v3/chat/history", history).await["messages"]).len(), 1);
    ozon.ok("/v1/chat/send/message", json!({ "chat_id": chat, "text": "Здравствуйте! Вот он." }))
        .await;
    let file = json!({ "chat_id": chat, "base64_content": PIXEL, "name": "check.png" });
    ozon.ok("/v1/chat/send/file", file).await;
    let read = ozon.ok("/v2/chat/read", json!({ "chat_id": chat })).await;
    assert_eq!(read, json!({ "unread_count": 0 }));
    let posting = ozon.control(reqwest::Method::POST, "postings", json!({})).await;
    let start = json!({ "posting_number": posting["posting_number"] });
    text_of(&ozon.ok("/v1/chat/start", start).await["result"]["chat_id"]);

    let (review, sku) = ozon.buyer_reviews("Плед колется, но тёплый.").await;
    let filters = json!({ "status": "NEW", "order_status": "ALL", "skus": [sku.to_string()] });
    let list = ozon.ok("/v2/review/list", json!({ "filters": filters, "limit": 100 })).await;
    assert_eq!(list["reviews"][0]["id"], *review);
    ozon.ok("/v2/review/info", json!({ "review_id": review })).await;
    let status = json!({ "review_ids": [review], "status": "VIEWED" });
    ozon.ok("/v2/review/change-status", status).await;
    let count = ozon.ok("/v2/review/count", json!({})).await;
    assert_eq!(count["viewed"], 1);
    let comment = json!({ "review_id": review, "text": "Спасибо за отзыв!" });
    let comment = text_of(&ozon.ok("/v1/review/comment/create", comment).await["comment_id"]);
    let list =
        ozon.ok("/v1/review/comment/list", json!({ "review_id": review, "limit": 20 })).await;
    assert_eq!(list["comments"][0]["id"], *comment);
    ozon.ok("/v2/review/comment/delete", json!({ "comment_id": comment, "sku": sku })).await;

    let (question, sku) = ozon.buyer_asks("Сколько держат заряд?").await;
    let list = ozon.ok("/v1/question/list", json!({ "filter": { "status": "NEW" } })).await;
    assert_eq!(list["questions"][0]["id"], *question);
    ozon.ok("/v1/question/info", json!({ "question_id": question })).await;
    let answer = json!({ "question_id": question, "sku": sku, "text": "До 30 часов." });
    let answer = text_of(&ozon.ok("/v1/question/answer/create", answer).await["answer_id"]);
    let list = json!({ "question_id": question, "sku": sku });
    let list = ozon.ok("/v1/question/answer/list", list).await;
    assert_eq!(list["answers"][0]["id"], *answer);
    ozon.ok("/v1/question/answer/delete", json!({ "answer_id": answer, "sku": sku })).await;
    let status = json!({ "question_ids": [question], "status": "PROCESSED" });
    ozon.ok("/v1/question/change-status", status).await;
    let count = ozon.ok("/v1/question/count", json!({})).await;
    let sum = count["new"].as_u64().unwrap() + count["viewed"].as_u64().unwrap();
    assert_eq!(count["unprocessed"], sum);

    // 100 % of the operations used.
    assert_eq!(ozon.called(), spec::operations());
}

#[tokio::test]
async fn a_seller_begins_with_reviews_questions_and_chats_in_russian() {
    let ozon = ozon().await;
    let reviews = ozon.ok("/v2/review/list", json!({ "limit": 100 })).await;
    assert_eq!((items(&reviews["reviews"]).len(), &reviews["has_next"]), (100, &json!(true)));
    let questions = ozon.ok("/v1/question/list", json!({ "limit": 100 })).await;
    assert!(items(&questions["questions"]).len() >= 12);
    let chats = ozon.ok("/v3/chat/list", json!({ "limit": 100 })).await;
    let types: Vec<_> = items(&chats["chats"]).iter().map(|it| it["chat"].clone()).collect();
    let is = |field: &str, value: &str| types.iter().filter(|chat| chat[field] == value).count();
    assert!(is("chat_type", "BUYER_SELLER") >= 6 && is("chat_type", "SELLER_SUPPORT") == 1);
    assert!(is("chat_status", "CLOSED") == 1);
}
