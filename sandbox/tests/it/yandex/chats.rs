//! Chats: what is read, and what becomes of messages and files.

use reqwest::Method;
use serde_json::{Value, json};

use super::play::{market, v2};

fn ids(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|message| message["messageId"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_corpus_has_chats_of_every_kind() {
    let market = market(&[]).await;
    let chats = market.pages(&v2("chats?limit=3"), "chats", json!({})).await;
    assert!(chats.len() >= 10);
    let with = |field: &str, value: &str| {
        chats.iter().filter(|chat| chat[field] == value || chat["context"][field] == value).count()
    };
    for (kind, at_least) in [("ORDER", 2), ("RETURN", 2), ("DIRECT", 2)] {
        let count = chats.iter().filter(|chat| chat["context"]["type"] == kind).count();
        assert!(count >= at_least, "{count} chats about {kind}");
    }
    assert!(with("status", "WAITING_FOR_PARTNER") >= 3 && with("status", "FINISHED") >= 1);
    assert!(chats.iter().any(|chat| chat["context"]["customer"].is_null()), "some have no name");
    let direct = chats.iter().find(|chat| chat["context"]["type"] == "DIRECT").unwrap();
    assert!(direct["context"]["orderId"].is_null(), "a buyer begins one without an order");
    let mut stickers = 0;
    for chat in &chats {
        let messages = market.history(&chat["chatId"]).await;
        stickers +=
            messages.iter().filter(|message| message.as_object().unwrap().len() == 3).count();
    }
    assert!(stickers >= 1, "a sticker has neither text nor files");
}

#[tokio::test]
async fn chats_are_filtered_as_asked() {
    let market = market(&[]).await;
    let all = market.pages(&v2("chats?limit=20"), "chats", json!({})).await;
    let count = |keep: &dyn Fn(&Value) -> bool| all.iter().filter(|chat| keep(chat)).count();
    let waiting = json!({ "statuses": ["WAITING_FOR_PARTNER", "NEW"] });
    let waiting = market.pages(&v2("chats?limit=20"), "chats", waiting).await;
    let is_waiting =
        |chat: &Value| chat["status"] == "WAITING_FOR_PARTNER" || chat["status"] == "NEW";
    assert_eq!(waiting.len(), count(&is_waiting));
    let direct = json!({ "contextTypes": ["DIRECT"], "types": ["CHAT"] });
    let direct = market.pages(&v2("chats?limit=20"), "chats", direct).await;
    assert_eq!(direct.len(), count(&|chat| chat["context"]["type"] == "DIRECT"));
    let order = all.iter().find(|chat| chat["context"]["type"] == "ORDER").unwrap();
    let context = json!([{ "type": "ORDER", "id": order["context"]["orderId"] }]);
    let found = market.result(&v2("chats"), json!({ "contexts": context })).await;
    assert_eq!(found["chats"].as_array().unwrap(), &vec![order.clone()]);
    for wrong in [
        json!({ "statuses": [] }),
        json!({ "types": ["CHAT", "CHAT"] }),
        json!({ "statuses": ["OPEN"] }),
        json!({ "contexts": [{ "type": "ORDER" }] }),
    ] {
        assert_eq!(market.post(&v2("chats"), wrong.clone()).await.status, 400, "{wrong}");
    }
    for limit in ["0", "21", "x"] {
        let path = v2(&format!("chats?limit={limit}"));
        assert_eq!(market.post(&path, json!({})).await.status, 400, "{limit}");
    }
}

#[tokio::test]
async fn a_message_is_seen_once_it_is_sent_and_has_no_id_in_its_answer() {
    let market = market(&[]).await;
    let chat = market.chat().await;
    let answer = market.say(&chat, "Здравствуйте!").await;
    assert_eq!(answer.json(), json!({ "status": "OK" }));
    let history = market.history(&chat).await;
    let last = history.last().unwrap();
    assert_eq!((&last["sender"], &last["message"]), (&json!("PARTNER"), &json!("Здравствуйте!")));
    let one = market.get(&v2(&format!("chat?chatId={chat}"))).await.json();
    assert_eq!(one["result"]["status"], "WAITING_FOR_CUSTOMER");
    let path = v2(&format!("chats/message?chatId={chat}&messageId={}", last["messageId"]));
    assert_eq!(market.get(&path).await.json()["result"], *last);

    let [line] = &market.writes().await[..] else { panic!("one line") };
    assert_eq!((&line["marketplace"], &line["action"]), (&json!("yandex"), &json!("message")));
    assert_eq!(line["endpoint"], "POST /v2/businesses/{businessId}/chats/message");
    assert_eq!(
        (&line["target"], &line["text"]),
        (&json!(chat.to_string()), &json!("Здравствуйте!"))
    );
    assert_eq!((&line["created"], &line["deliveries"]), (&last["messageId"], &json!(1)));
    assert_eq!(line["buyer_sees"], json!(["Здравствуйте!"]));
    assert_eq!((&line["answer"], &line["status"]), (&json!("given"), &json!(200)));
}

#[tokio::test]
async fn a_second_message_like_the_first_is_a_second_delivery() {
    let market = market(&[]).await;
    let chat = market.chat().await;
    for text in ["Да", "Нет", "Да"] {
        market.say(&chat, text).await;
    }
    let deliveries: Vec<Value> =
        market.writes().await.iter().map(|line| line["deliveries"].clone()).collect();
    assert_eq!(deliveries, [1, 1, 2]);
    let state = market.play.state().await;
    assert_eq!(state["yandex"]["demo"]["messages_delivered_more_than_once"], 1);
}

#[tokio::test]
async fn the_message_that_a_history_begins_with_belongs_to_it() {
    let market = market(&[]).await;
    let chat = market.chat().await;
    for n in 0..5 {
        market.say(&chat, &format!("Часть {n}")).await;
    }
    let all = ids(&market.history(&chat).await);
    assert_eq!(all.len(), 6);
    let path = v2(&format!("chats/history?chatId={chat}&limit=2"));
    let rest = market.pages(&path, "messages", json!({ "messageIdFrom": all[3] })).await;
    assert_eq!(ids(&rest), all[3..]);
    let unknown = market.post(&path, json!({ "messageIdFrom": 1 })).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_file_is_seen_with_its_name_and_size() {
    let market = market(&[]).await;
    let chat = market.chat().await;
    let answer = market.send_file(&chat, "чек.pdf", b"content").await;
    assert_eq!(answer.json(), json!({ "status": "OK" }));
    let history = market.history(&chat).await;
    let payload = &history[1]["payload"][0];
    assert_eq!((&payload["name"], &payload["size"]), (&json!("чек.pdf"), &json!(7)));
    assert_eq!(market.writes().await[0]["action"], "file");

    let largest = vec![0_u8; 5 * 1024 * 1024];
    assert_eq!(market.send_file(&chat, "большой.bin", &largest).await.status, 200);
    let larger = vec![0_u8; 5 * 1024 * 1024 + 1];
    assert_eq!(market.send_file(&chat, "слишком.bin", &larger).await.status, 400);
    assert_eq!(market.send_file(&chat, "пусто.bin", b"").await.status, 400);
}

#[tokio::test]
async fn a_text_has_one_to_4096_characters() {
    let market = market(&[]).await;
    let chat = market.chat().await;
    for text in [String::new(), "я".repeat(4_097)] {
        assert_eq!(market.say(&chat, &text).await.status, 400);
    }
    assert_eq!(market.say(&chat, &"я".repeat(4_096)).await.status, 200);
    let effects: Vec<Value> =
        market.writes().await.iter().map(|line| line["effect"].clone()).collect();
    assert_eq!(effects, ["refused", "refused", "applied"]);
}

#[tokio::test]
async fn an_unknown_chat_is_not_found() {
    let market = market(&[]).await;
    let nowhere = json!(404_404);
    assert_eq!(market.say(&nowhere, "Есть кто?").await.status, 404);
    assert_eq!(market.get(&v2("chat?chatId=404404")).await.status, 404);
    assert_eq!(market.get(&v2("chat")).await.status, 400);
    let answer = market.post(&v2("chats/history?chatId=404404"), json!({})).await;
    assert_eq!(answer.json()["errors"][0]["message"], "Chat not found: '404404'");
}

#[tokio::test]
async fn a_chat_is_opened_on_an_order_or_a_return_once() {
    let market = market(&[]).await;
    let bought = json!({ "text": "Не подошло", "rating": 2, "return": true, "user": "Инга" });
    let bought = market.happen(Method::POST, "reviews", bought).await;
    for (kind, id) in [("ORDER", &bought["order_id"]), ("RETURN", &bought["return_id"])] {
        let body = json!({ "context": { "type": kind, "id": id } });
        let first = market.result(&v2("chats/new"), body.clone()).await["chatId"].clone();
        assert_eq!(market.result(&v2("chats/new"), body).await["chatId"], first);
        let chat = market.get(&v2(&format!("chat?chatId={first}"))).await.json()["result"].clone();
        assert_eq!((&chat["status"], &chat["context"]["type"]), (&json!("NEW"), &json!(kind)));
        assert_eq!(chat["context"]["customer"]["name"], "Инга");
        assert_eq!(chat["context"]["orderId"], bought["order_id"]);
    }
    let old_way = json!({ "orderId": bought["order_id"] });
    assert_eq!(market.post(&v2("chats/new"), old_way).await.status, 200);
    let unknown = json!({ "context": { "type": "ORDER", "id": 5 } });
    assert_eq!(market.post(&v2("chats/new"), unknown).await.status, 404);
    assert_eq!(market.post(&v2("chats/new"), json!({})).await.status, 400);
    let effects: Vec<Value> =
        market.writes().await.iter().map(|line| line["effect"].clone()).collect();
    let (once, again) = ("applied", "nothing_to_do");
    assert_eq!(effects, [once, again, once, again, again, "refused"]);
}
