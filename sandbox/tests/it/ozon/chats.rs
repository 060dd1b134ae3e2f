//! Chats: lists and histories page by page, sending within its windows, reading and closing.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use super::play::{Ozon, items, ozon, text_of};

const LIST: &str = "/v3/chat/list";
const HISTORY: &str = "/v3/chat/history";
const SEND: &str = "/v1/chat/send/message";
const HOUR: u32 = 3_600;

async fn all_chats(ozon: &Ozon, filter: Value, limit: u32) -> Vec<Value> {
    let (mut chats, mut cursor) = (Vec::new(), String::new());
    loop {
        let body = json!({ "filter": filter, "limit": limit, "cursor": cursor });
        let page = ozon.ok(LIST, body).await;
        chats.extend(items(&page["chats"]));
        cursor = text_of(&page["cursor"]);
        if page["has_next"] == false {
            return chats;
        }
    }
}

fn ids(chats: &[Value]) -> Vec<&str> {
    chats.iter().map(|chat| chat["chat"]["chat_id"].as_str().unwrap()).collect()
}

async fn posting(ozon: &Ozon, body: Value) -> String {
    text_of(&ozon.control(Method::POST, "postings", body).await["posting_number"])
}

/// The status of a message, sent now.
async fn sent(ozon: &Ozon, chat: &str) -> u16 {
    ozon.call(SEND, json!({ "chat_id": chat, "text": "Здравствуйте!" })).await.status
}

fn hours_ago(hours: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::hours(hours)
}

#[tokio::test]
async fn the_list_is_paged_from_the_newest_message_on() {
    let ozon = ozon().await;
    let (first, _) = ozon.buyer_writes("Первый").await;
    let (second, _) = ozon.buyer_writes("Второй").await;
    let whole = all_chats(&ozon, json!({}), 100).await;
    assert_eq!(ids(&whole)[..2], [&second, &first]);
    assert_eq!(ids(&all_chats(&ozon, json!({}), 2).await), ids(&whole));

    let body = json!({ "text": "Ещё вопрос" });
    ozon.control(Method::POST, &format!("chats/{first}/messages"), body).await;
    assert_eq!(ids(&all_chats(&ozon, json!({}), 1).await)[..2], [&first, &second]);

    let open = all_chats(&ozon, json!({ "chat_status": "opened" }), 100).await;
    let closed = all_chats(&ozon, json!({ "chat_status": "CLOSED" }), 100).await;
    assert_eq!((open.len() + closed.len(), closed.len()), (whole.len(), 1));
    assert_eq!(ozon.call(LIST, json!({ "limit": 101 })).await.status, 400);
    let wrong = json!({ "filter": { "chat_status": "HALF" }, "limit": 10 });
    assert_eq!(ozon.call(LIST, wrong).await.status, 400);
}

#[tokio::test]
async fn a_history_is_paged_in_both_directions_with_its_first_message_included() {
    let ozon = ozon().await;
    let (chat, first) = ozon.buyer_writes("1").await;
    for text in ["2", "3", "4", "5"] {
        ozon.control(Method::POST, &format!("chats/{chat}/messages"), json!({ "text": text }))
            .await;
    }
    let page = async |body: Value| {
        let page = ozon.ok(HISTORY, body).await;
        let texts: Vec<String> =
            items(&page["messages"]).iter().map(|it| text_of(&it["data"][0])).collect();
        (texts.concat(), page["has_next"].clone(), page["messages"].clone())
    };
    let (texts, more, messages) = page(json!({ "chat_id": chat, "limit": 3 })).await;
    assert_eq!((texts.as_str(), more), ("543", json!(true)));
    let last = &messages[2]["message_id"];
    let body = json!({ "chat_id": chat, "from_message_id": last, "limit": 3 });
    assert_eq!(page(body).await.0, "321");

    let from: u64 = first.parse().unwrap();
    let forward =
        json!({ "chat_id": chat, "direction": "Forward", "from_message_id": from, "limit": 2 });
    let (texts, more, messages) = page(forward).await;
    assert_eq!((texts.as_str(), more), ("12", json!(true)));
    let ids = json!({ "message_ids": [messages[1]["message_id"].to_string()] });
    assert_eq!(page(json!({ "chat_id": chat, "filter": ids })).await.0, "2");

    assert_eq!(
        ozon.call(HISTORY, json!({ "chat_id": chat, "direction": "Forward" })).await.status,
        400
    );
    assert_eq!(ozon.call(HISTORY, json!({ "chat_id": "nobody" })).await.status, 404);
    assert_eq!(ozon.call(HISTORY, json!({ "chat_id": chat, "limit": 1001 })).await.status, 400);
}

#[tokio::test]
async fn a_message_tells_its_author_and_what_it_is_about() {
    let ozon = ozon().await;
    let (chat, _) = ozon.buyer_writes("Здравствуйте!").await;
    assert_eq!(sent(&ozon, &chat).await, 200);
    let support = json!({ "text": "Мы разбираемся.", "by": "support" });
    ozon.control(Method::POST, &format!("chats/{chat}/messages"), support).await;
    let history = ozon.history(&chat).await;
    let types: Vec<_> = history.iter().map(|it| it["user"]["type"].clone()).collect();
    assert_eq!(types, ["Customer", "Seller", "Support"]);
    assert!(history.iter().all(|it| it["context"]["order_number"].is_string()));
    assert!(
        history.windows(2).all(|it| it[0]["message_id"].as_u64() < it[1]["message_id"].as_u64())
    );
}

#[tokio::test]
async fn reading_marks_a_message_and_all_before_it() {
    let ozon = ozon().await;
    let (chat, _) = ozon.buyer_writes("1").await;
    let path = format!("chats/{chat}/messages");
    let second = ozon.control(Method::POST, &path, json!({ "text": "2" })).await;
    ozon.control(Method::POST, &path, json!({ "text": "3" })).await;
    let unread = async || {
        let list = all_chats(&ozon, json!({ "unread_only": true }), 100).await;
        list.iter().find(|it| it["chat"]["chat_id"] == *chat).map(|it| it["unread_count"].clone())
    };
    assert_eq!(unread().await, Some(json!(3)));
    let second: u64 = text_of(&second["message_id"]).parse().unwrap();
    let read = json!({ "chat_id": chat, "from_message_id": second });
    assert_eq!(ozon.ok("/v2/chat/read", read).await["unread_count"], 1);
    assert_eq!(unread().await, Some(json!(1)));
    let is_read: Vec<_> =
        ozon.history(&chat).await.iter().map(|it| it["is_read"].clone()).collect();
    assert_eq!(is_read, [true, true, false]);
    assert_eq!(ozon.last_write().await["change"]["what"], "chat_read");

    ozon.ok("/v2/chat/read", json!({ "chat_id": chat })).await;
    assert_eq!(unread().await, None);
    let unknown = json!({ "chat_id": chat, "from_message_id": 5 });
    assert_eq!(ozon.call("/v2/chat/read", unknown).await.status, 404);
}

#[tokio::test]
async fn a_message_has_one_to_a_thousand_characters() {
    let ozon = ozon().await;
    let (chat, _) = ozon.buyer_writes("Здравствуйте!").await;
    let status =
        async |text: &str| ozon.call(SEND, json!({ "chat_id": chat, "text": text })).await.status;
    assert_eq!(status("").await, 400);
    assert_eq!(status(&"я".repeat(1_001)).await, 400);
    assert_eq!(status(&"я".repeat(1_000)).await, 200);
    assert_eq!(ozon.history(&chat).await.len(), 2);
    assert_eq!(sent(&ozon, "nobody").await, 404);
    let effects: Vec<_> = ozon.writes().await.iter().map(|it| it["effect"].clone()).collect();
    assert_eq!(effects, ["refused", "refused", "applied", "refused"]);
}

#[tokio::test]
async fn an_fbo_buyer_is_answered_within_48_hours_of_the_last_message() {
    let ozon = ozon().await;
    let (chat, _) = ozon.buyer_writes("Здравствуйте!").await;
    ozon.play.advance_clock(47 * HOUR).await;
    assert_eq!(sent(&ozon, &chat).await, 200);
    // The seller's own message opens nothing.
    ozon.play.advance_clock(2 * HOUR).await;
    let refused = ozon.call(SEND, json!({ "chat_id": chat, "text": "Ещё одно" })).await;
    assert_eq!((refused.status, &refused.body()["code"]), (400, &json!(9)));
    ozon.control(Method::POST, &format!("chats/{chat}/messages"), json!({ "text": "Ау" })).await;
    assert_eq!(sent(&ozon, &chat).await, 200);
}

#[tokio::test]
async fn an_fbs_buyer_may_be_written_to_from_payment_until_72_hours_after_delivery() {
    let ozon = ozon().await;
    let number = posting(&ozon, json!({ "scheme": "fbs" })).await;
    let started = ozon.ok("/v1/chat/start", json!({ "posting_number": number })).await;
    let chat = text_of(&started["result"]["chat_id"]);
    assert_eq!(sent(&ozon, &chat).await, 200);
    // On its way for weeks.
    ozon.play.advance_clock(20 * 24 * HOUR).await;
    assert_eq!(sent(&ozon, &chat).await, 200);
    ozon.control(Method::PATCH, &format!("postings/{number}"), Value::Null).await;
    ozon.play.advance_clock(71 * HOUR).await;
    assert_eq!(sent(&ozon, &chat).await, 200);
    ozon.play.advance_clock(2 * HOUR).await;
    assert_eq!(sent(&ozon, &chat).await, 400);
    ozon.control(Method::POST, &format!("chats/{chat}/messages"), json!({ "text": "Ау" })).await;
    assert_eq!(sent(&ozon, &chat).await, 200);
}

#[tokio::test]
async fn a_chat_is_started_within_72_hours_and_never_for_fbo() {
    let ozon = ozon().await;
    let start = async |body: Value| {
        let number = posting(&ozon, body).await;
        ozon.call("/v1/chat/start", json!({ "posting_number": number })).await.status
    };
    assert_eq!(start(json!({ "scheme": "fbo" })).await, 400);
    assert_eq!(start(json!({ "scheme": "rfbs", "paid_at": hours_ago(71) })).await, 200);
    assert_eq!(start(json!({ "scheme": "fbs", "paid_at": hours_ago(73) })).await, 400);
    let delivered =
        json!({ "scheme": "fbs", "paid_at": hours_ago(200), "delivered_at": hours_ago(3) });
    assert_eq!(start(delivered).await, 200);
    let unknown = json!({ "posting_number": "00000000-0000-1" });
    assert_eq!(ozon.call("/v1/chat/start", unknown).await.status, 404);

    let number = json!({ "posting_number": posting(&ozon, json!({})).await });
    let first = ozon.ok("/v1/chat/start", number.clone()).await;
    assert_eq!(ozon.ok("/v1/chat/start", number).await, first, "one chat for a posting");
}

#[tokio::test]
async fn a_closed_chat_takes_no_messages() {
    let ozon = ozon().await;
    let (chat, _) = ozon.buyer_writes("Здравствуйте!").await;
    ozon.control(Method::PUT, &format!("chats/{chat}/closed"), Value::Null).await;
    assert_eq!(sent(&ozon, &chat).await, 400);
    let kept = ozon.kept(&format!("chats/{chat}")).await;
    assert_eq!(kept["chat"]["chat"]["chat_status"], "CLOSED");
    assert_eq!(items(&kept["messages"]).len(), 1);
}

#[tokio::test]
async fn a_picture_passes_moderation_or_does_not() {
    let ozon = ozon().await;
    let (chat, _) = ozon.buyer_writes("Покажите, пожалуйста, этикетку").await;
    ozon.play.set_faults(json!({ "review_required": { "nth": [1], "ms": 60_000 } })).await;
    let file = |name: &str| json!({ "chat_id": chat, "base64_content": "QQ==", "name": name });
    ozon.ok("/v1/chat/send/file", file("label.JPG")).await;
    let last = async || ozon.history(&chat).await.pop().unwrap();
    let picture = last().await;
    assert_eq!(picture["moderate_image_status"], "MODERATION");
    assert!(text_of(&picture["data"][0]).starts_with("![label.JPG]("));
    ozon.play.advance_clock(60).await;
    assert_eq!(last().await["moderate_image_status"], "SUCCESS");
    let id = last().await["message_id"].to_string();
    ozon.control(Method::PUT, &format!("moderation/{id}"), json!({ "state": "refused" })).await;
    assert_eq!(last().await["moderate_image_status"], "FAILED");
    let kept = ozon.kept(&format!("chats/{chat}")).await;
    assert_eq!(kept["messages"][1]["buyer_sees"], Value::Null);

    ozon.ok("/v1/chat/send/file", file("manual.pdf")).await;
    assert_eq!(last().await["is_image"], false);
    let bad = json!({ "chat_id": chat, "base64_content": "нет", "name": "a.png" });
    assert_eq!(ozon.call("/v1/chat/send/file", bad).await.status, 400);
    assert_eq!(ozon.call("/v1/chat/send/file", file("noending")).await.status, 400);
}

#[tokio::test]
async fn the_ledger_counts_one_text_put_into_a_chat_twice() {
    let ozon = ozon().await;
    let (chat, _) = ozon.buyer_writes("Здравствуйте!").await;
    for text in ["Добрый день!", "Чем помочь?", "Добрый день!"] {
        ozon.ok(SEND, json!({ "chat_id": chat, "text": text })).await;
    }
    let lines = ozon.writes().await;
    let deliveries: Vec<_> = lines.iter().map(|line| line["deliveries"].clone()).collect();
    assert_eq!(deliveries, [1, 1, 2]);
    let line = &lines[2];
    assert_eq!(line["endpoint"], "POST /ozon/v1/chat/send/message");
    assert_eq!((&line["target"], &line["text"]), (&json!(chat), &json!("Добрый день!")));
    assert_eq!((&line["answer"], &line["status"]), (&json!("given"), &json!(200)));
    assert_eq!(line["buyer_sees"]["text"], "Добрый день!");
}
