//! The contradictions of Ozon's own published examples.

use reqwest::Method;
use serde_json::{Value, json};

use super::play::{Ozon, items, ozon, text_of};
use super::spec;

async fn hostile() -> Ozon {
    let ozon = ozon().await;
    ozon.control(Method::PUT, "hostile", json!({ "on": true })).await;
    ozon
}

/// An answer, and that it is not the one the specification describes.
async fn contradicting(ozon: &Ozon, path: &str, body: Value) -> Value {
    let answer = ozon.send(path, body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let content_type = answer.header("content-type");
    let problems = spec::answer_problems(path, 200, content_type, &answer.text);
    assert!(!problems.is_empty(), "{path} is as specified: {}", answer.text);
    answer.body()
}

#[tokio::test]
async fn ids_pass_2_to_the_64_flags_are_texts_and_words_are_in_mixed_case() {
    let ozon = hostile().await;
    let (chat, message) = ozon.buyer_writes("Здравствуйте!").await;
    assert!(message.parse::<u128>().unwrap() > u128::from(u64::MAX));
    let list = contradicting(&ozon, "/v3/chat/list", json!({ "limit": 1 })).await;
    let first = &list["chats"][0];
    assert_eq!((&first["last_message_id"], &list["has_next"]), (&json!(message), &json!("true")));
    assert_eq!(first["chat"]["chat_type"], "Buyer_Seller");
    assert_eq!(
        (&first["chat"]["chat_status"], &first["unread_count"]),
        (&json!("Opened"), &json!("1"))
    );

    let body = json!({ "chat_id": chat, "direction": "Forward", "from_message_id": message });
    let history = contradicting(&ozon, "/v3/chat/history", body).await;
    let message = &history["messages"][0];
    // The first letter is Cyrillic.
    assert_eq!(message["user"]["type"], "\u{421}ustomer");
    assert!(message["user"]["id"].is_u64() && message["context"]["sku"].is_u64());
    assert_eq!((&message["is_read"], &history["has_next"]), (&json!("false"), &json!("false")));
    let read = json!({ "chat_id": chat, "from_message_id": message["message_id"] });
    let read = contradicting(&ozon, "/v2/chat/read", read).await;
    assert_eq!(read["unread_count"], "0");
}

#[tokio::test]
async fn numbers_are_texts_in_reviews_and_questions() {
    let ozon = hostile().await;
    let reviews = contradicting(&ozon, "/v2/review/list", json!({ "limit": 20 })).await;
    let review = &reviews["reviews"][0];
    assert!(review["sku"].is_string() && review["rating"].is_string());
    assert_eq!(review["status"], "New");
    let questions = contradicting(&ozon, "/v1/question/list", json!({ "limit": 100 })).await;
    let question = &items(&questions["questions"])[0];
    assert_eq!((&question["answers_count"], question["sku"].is_string()), (&json!("0"), true));
    let answer = json!({
        "question_id": question["id"],
        "sku": question["sku"],
        "text": "Да, подойдёт.",
    });
    let answered = ozon.send("/v1/question/answer/create", answer).await.unwrap();
    text_of(&answered.body()["answer_id"]);
    let list = json!({ "question_id": question["id"], "sku": question["sku"] });
    let answers = contradicting(&ozon, "/v1/question/answer/list", list).await;
    assert_eq!(answers["answers"][0]["status_publication"], "Published");
}

#[tokio::test]
async fn messages_stay_in_their_order_when_hostility_comes_and_goes() {
    let ozon = ozon().await;
    let (chat, _) = ozon.buyer_writes("1").await;
    for (text, on) in [("2", true), ("3", false), ("4", true)] {
        ozon.control(Method::PUT, "hostile", json!({ "on": on })).await;
        let path = format!("chats/{chat}/messages");
        ozon.control(Method::POST, &path, json!({ "text": text })).await;
    }
    let body = json!({ "chat_id": chat });
    let history = ozon.send("/v3/chat/history", body).await.unwrap().body();
    let texts: Vec<_> =
        items(&history["messages"]).iter().map(|it| text_of(&it["data"][0])).collect();
    assert_eq!(texts, ["4", "3", "2", "1"]);
}
