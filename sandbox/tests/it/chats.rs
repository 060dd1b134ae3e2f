//! Chats with buyers: events in parts, messages by signature, files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::play::{Answer, Play, SELLER, TOKEN, play};

const CHATS: &str = "/buyer-chat-api/api/v1/seller/chats";
const EVENTS: &str = "/buyer-chat-api/api/v1/seller/events";
const MESSAGE: &str = "/buyer-chat-api/api/v1/seller/message";
const DOWNLOAD: &str = "/buyer-chat-api/api/v1/seller/download";
/// Stands between the parts of a form.
const BOUNDARY: &str = "between-the-parts-of-a-test";

/// A chat as control tells of it.
struct Begun {
    id: String,
    sign: String,
}

/// A file of a form.
pub(crate) struct File<'a> {
    pub(crate) name: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) content: &'a [u8],
}

/// A form written out by hand: what clients send, independent of any client.
pub(crate) fn form(fields: &[(&str, &str)]) -> (String, Vec<u8>) {
    form_with(fields, &[])
}

pub(crate) fn form_with(fields: &[(&str, &str)], files: &[File<'_>]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend(part.into_bytes());
    }
    for File { name, content_type, content } in files {
        let disposition = format!("form-data; name=\"file\"; filename=\"{name}\"");
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\nContent-Type: {content_type}\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

async fn begin(play: &Play, message: Value) -> Begun {
    let begun = play.happens("chats", message).await;
    let text = |field: &str| begun[field].as_str().unwrap().to_owned();
    Begun { id: text("chat"), sign: text("reply_sign") }
}

async fn add(play: &Play, chat: &Begun, message: Value) {
    play.happens(&format!("chats/{}/messages", chat.id), message).await;
}

async fn send(play: &Play, sign: &str, text: &str) -> Answer {
    send_form(play, form(&[("replySign", sign), ("message", text)])).await
}

async fn send_files(play: &Play, sign: &str, text: &str, files: &[File<'_>]) -> Answer {
    send_form(play, form_with(&[("replySign", sign), ("message", text)], files)).await
}

async fn send_form(play: &Play, form: (String, Vec<u8>)) -> Answer {
    play.call_with(Method::POST, MESSAGE, TOKEN, Some(form)).await.unwrap()
}

/// A part of the events.
async fn page(play: &Play, next: Option<i64>) -> Value {
    let query = next.map(|next| format!("?next={next}")).unwrap_or_default();
    let answer = play.get(&format!("{EVENTS}{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["result"].clone()
}

/// All events, as the specification says they are read.
async fn events(play: &Play) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), None);
    loop {
        let page = page(play, next).await;
        if page["totalEvents"] == 0 {
            return all;
        }
        all.extend(page["events"].as_array().unwrap().clone());
        next = page["next"].as_i64();
    }
}

fn texts(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["message"]["text"].as_str().unwrap_or("-")).collect()
}

#[tokio::test]
async fn a_message_is_sent_by_signature_and_seen_in_the_events() {
    let play = play(&[]).await;
    let message = json!({ "text": "Где мой чек?", "client": "Раиса", "product": "UT-PLED-150" });
    let chat = begin(&play, message).await;
    let sent = send(&play, &chat.sign, "Здравствуйте! Чек внутри коробки.").await;
    assert_eq!(sent.status, 200);
    let result = sent.json()["result"].clone();
    assert_eq!((&result["chatID"], &sent.json()["errors"]), (&json!(chat.id), &json!([])));

    let events = events(&play).await;
    let [first, ours] = &events[..] else { panic!("two events") };
    assert_eq!((&first["isNewChat"], &first["replySign"]), (&json!(true), &json!(chat.sign)));
    assert_eq!((&first["sender"], &first["clientName"]), (&json!("client"), &json!("Раиса")));
    assert!(first["message"]["attachments"]["goodCard"]["nmID"].is_u64());
    assert_eq!((&ours["sender"], &ours["source"]), (&json!("seller"), &json!("seller-public-api")));
    assert_eq!((&ours["addTimestamp"], &ours["isNewChat"]), (&result["addTime"], &Value::Null));

    let chats = play.get(CHATS).await.json();
    let [listed] = &chats["result"].as_array().unwrap()[..] else { panic!("one chat") };
    assert_eq!((&listed["replySign"], &listed["clientName"]), (&json!(chat.sign), &json!("Раиса")));
    assert_eq!(listed["lastMessage"]["addTimestamp"], result["addTime"]);

    let [line] = &play.ledger("message").await[..] else { panic!("one line") };
    assert_eq!((&line["seller"], &line["target"]), (&json!(SELLER), &json!(chat.id)));
    assert_eq!((&line["effect"], &line["status"]), (&json!("applied"), &json!(200)));
    assert_eq!(line["deliveries"], 1);
    assert_eq!(line["buyer_sees"]["text"], "Здравствуйте! Чек внутри коробки.");
}

#[tokio::test]
async fn the_chat_id_is_no_signature_and_an_old_signature_is_none_either() {
    let play = play(&[]).await;
    let chat = begin(&play, json!({ "text": "Есть кто?" })).await;
    assert_ne!(chat.id, chat.sign);
    for sign in [chat.id.as_str(), "", "1:x:y:z", &"s".repeat(256)] {
        let refused = send(&play, sign, "Да").await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["detail"]),
            (400, &json!("Invalid signature"))
        );
    }
    let path = format!("/control/wildberries/{SELLER}/chats/{}/sign", chat.id);
    let signed = play.control(Method::PUT, &path, None).await.json();
    assert_eq!(send(&play, &chat.sign, "Да").await.status, 400);
    assert_eq!(send(&play, signed["reply_sign"].as_str().unwrap(), "Да").await.status, 200);
    assert_eq!(play.get(CHATS).await.json()["result"][0]["replySign"], signed["reply_sign"]);
    let effects: Vec<Value> =
        play.ledger("message").await.iter().map(|line| line["effect"].clone()).collect();
    assert_eq!(effects[..2], [json!("unknown_id"), json!("unknown_id")]);
    assert_eq!(texts(&events(&play).await), ["Есть кто?", "Да"]);
}

#[tokio::test]
async fn words_have_up_to_a_thousand_characters() {
    let play = play(&[]).await;
    let chat = begin(&play, json!({ "text": "Расскажите подробнее" })).await;
    for text in ["", "  ", &"я".repeat(1_001)] {
        let refused = send(&play, &chat.sign, text).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.json()["detail"], "Invalid value for \"message\"");
    }
    assert_eq!(send(&play, &chat.sign, &"я".repeat(1_000)).await.status, 200);
    let json = ("application/json".to_owned(), b"{}".to_vec());
    assert_eq!(send_form(&play, json).await.json()["detail"], "Invalid signature");
}

#[tokio::test]
async fn files_of_three_kinds_are_sent_and_read_back() {
    let play = play(&[]).await;
    let chat = begin(&play, json!({ "text": "Пришлите инструкцию" })).await;
    let pdf = b"%PDF-1.4 words";
    let png = b"\x89PNG\r\n\x1a\n dots";
    let files = [
        File { name: "Инструкция.pdf", content_type: "application/pdf", content: pdf },
        File { name: "схема.png", content_type: "image/png", content: png },
        File { name: "broken.jpg", content_type: "image/jpeg", content: b"no picture" },
    ];
    let sent = send_files(&play, &chat.sign, "", &files).await;
    assert_eq!(sent.status, 200);
    let errors = sent.json()["errors"].as_array().unwrap().clone();
    assert!(errors.len() == 1 && errors[0].as_str().unwrap().contains("broken.jpg"), "{errors:?}");

    let events = events(&play).await;
    let attachments = &events[1]["message"]["attachments"];
    let file = &attachments["files"][0];
    assert_eq!((&file["name"], &file["size"]), (&json!("Инструкция.pdf"), &json!(pdf.len())));
    for (id, content, content_type) in [
        (&file["downloadID"], &pdf[..], "application/pdf"),
        (&attachments["images"][0]["downloadID"], &png[..], "image/png"),
    ] {
        let answer = play.get(&format!("{DOWNLOAD}/{}", id.as_str().unwrap())).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, Some(content_type))
        );
        assert_eq!(answer.bytes, content);
    }
}

#[tokio::test]
async fn files_too_large_or_of_another_kind_are_refused() {
    const MIB: usize = 1024 * 1024;
    let play = play(&[]).await;
    let chat = begin(&play, json!({ "text": "Жду фото" })).await;
    let picture = |bytes: usize| [b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; bytes - 8]].concat();
    let (whole, too_large) = (picture(5 * MIB), picture(5 * MIB + 1));
    let png = |content| File { name: "a.png", content_type: "image/png", content };
    let video = File { name: "video.mp4", content_type: "video/mp4", content: b"film" };
    let seven: Vec<File<'_>> = (0..7).map(|_| png(whole.as_slice())).collect();
    for (files, detail) in [
        (vec![png(too_large.as_slice())], "attachment too big. Max size: 5MiB"),
        (vec![video], "\"video.mp4\" has unsupported mime type"),
        (seven, "attachments too big. Max total size: 30MiB"),
    ] {
        let refused = send_files(&play, &chat.sign, "Вот", &files).await;
        assert_eq!(refused.status, 400);
        let told = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(told.ends_with(detail), "{told}");
    }
    assert_eq!(send_files(&play, &chat.sign, "", &[png(&whole)]).await.status, 200);
    assert_eq!(texts(&events(&play).await), ["Жду фото", "-"]);
}

#[tokio::test]
async fn a_file_is_moderated_then_given_or_refused() {
    let play = play(&[]).await;
    let files = json!([
        { "kind": "png", "moderation_ms": 60_000 },
        { "kind": "pdf", "name": "Справка.pdf", "rejected": true },
        { "kind": "jpeg", "content": STANDARD.encode(b"\xff\xd8\xff\xe0 dots") },
    ]);
    begin(&play, json!({ "text": "Вот фото", "files": files })).await;
    let events = events(&play).await;
    let attachments = &events[0]["message"]["attachments"];
    let path = |file: &Value| format!("{DOWNLOAD}/{}", file["downloadID"].as_str().unwrap());
    let (pending, refused) = (path(&attachments["images"][0]), path(&attachments["files"][0]));
    let answer = play.get(&pending).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json(), json!({ "moderationState": "pending", "retrySeconds": 30 }));
    assert_eq!(play.get(&refused).await.status, 451);
    let given = play.get(&path(&attachments["images"][1])).await;
    assert_eq!(given.bytes, b"\xff\xd8\xff\xe0 dots");
    play.advance_clock(60).await;
    assert_eq!(play.get(&pending).await.status, 200);
    assert_eq!(play.get(&format!("{DOWNLOAD}/no-such-file")).await.status, 400);
}

#[tokio::test]
async fn our_own_files_are_moderated_too() {
    let play = play(&["review_required=nth:1,ms=60000"]).await;
    let chat = begin(&play, json!({ "text": "Пришлите чек" })).await;
    let file = File { name: "Чек.pdf", content_type: "application/pdf", content: b"%PDF-1.4" };
    send_files(&play, &chat.sign, "Вот чек", &[file]).await;
    let events = events(&play).await;
    let id = events[1]["message"]["attachments"]["files"][0]["downloadID"].as_str().unwrap();
    assert_eq!(play.get(&format!("{DOWNLOAD}/{id}")).await.status, 202);
    play.advance_clock(60).await;
    assert_eq!(play.get(&format!("{DOWNLOAD}/{id}")).await.status, 200);
}

#[tokio::test]
async fn events_come_in_parts_each_once_to_the_end() {
    let play = play(&[]).await;
    let empty = page(&play, None).await;
    assert_eq!((&empty["totalEvents"], &empty["events"]), (&json!(0), &json!([])));
    let chat = begin(&play, json!({ "text": "0" })).await;
    for n in 1..120 {
        add(&play, &chat, json!({ "text": n.to_string() })).await;
    }
    let expected: Vec<String> = (0..120).map(|n| n.to_string()).collect();
    assert_eq!(texts(&events(&play).await), expected);
    let from_the_start = page(&play, empty["next"].as_i64()).await;
    assert_eq!(from_the_start["totalEvents"], 100);
    let last = &from_the_start["events"][99]["addTimestamp"];
    assert_eq!(&from_the_start["next"], last);
    let rest = page(&play, last.as_i64()).await;
    assert_eq!(rest["totalEvents"], 20);
    let end = page(&play, rest["next"].as_i64()).await;
    assert_eq!((&end["totalEvents"], &end["next"]), (&json!(0), &rest["next"]));

    add(&play, &chat, json!({ "text": "120" })).await;
    let more = page(&play, end["next"].as_i64()).await;
    assert_eq!(texts(more["events"].as_array().unwrap()), ["120"]);
    for (next, detail) in
        [("x", "Invalid number"), ("0", "Invalid value for \"next\""), ("1.5", "Invalid number")]
    {
        let refused = play.get(&format!("{EVENTS}?next={next}")).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["detail"]), (400, &json!(detail)));
    }
}

#[tokio::test]
async fn an_event_may_have_no_message() {
    let play = play(&[]).await;
    let chat = begin(&play, json!({ "text": "Хочу вернуть" })).await;
    add(&play, &chat, json!({ "from": "wb" })).await;
    let events = events(&play).await;
    assert_eq!((&events[1]["sender"], events[1].get("message")), (&json!("wb"), None));
    let listed = play.get(CHATS).await.json()["result"][0].clone();
    assert_eq!(listed["lastMessage"]["text"], "Хочу вернуть");
    let spoiled = json!({ "text": "?", "served": { "chatID": 7 } });
    add(&play, &chat, spoiled).await;
    let answer = play.client.get(format!("{}{EVENTS}", play.sandbox.url()));
    let answer = answer.header("Authorization", TOKEN).send().await.unwrap();
    let page: Value = answer.json().await.unwrap();
    assert_eq!(page["result"]["events"][2], json!({ "chatID": 7 }));
}

#[tokio::test]
async fn events_are_repeated_and_the_cursor_is_stuck_by_faults() {
    let play = play(&["events_repeated=nth:1"]).await;
    let chat = begin(&play, json!({ "text": "раз" })).await;
    let first = page(&play, None).await;
    add(&play, &chat, json!({ "text": "два" })).await;
    play.set_faults(json!({ "events_repeated": 1 })).await;
    let repeated = page(&play, first["next"].as_i64()).await;
    assert_eq!(texts(repeated["events"].as_array().unwrap()), ["раз", "два"]);
    assert_eq!(repeated["totalEvents"], 2);

    play.set_faults(json!({ "events_repeated": null, "cursor_stuck": 1 })).await;
    let stuck = page(&play, first["next"].as_i64()).await;
    assert_eq!((&stuck["next"], &stuck["totalEvents"]), (&first["next"], &json!(1)));
    play.set_faults(json!({ "cursor_stuck": null, "chats_hidden": 1 })).await;
    assert_eq!(play.get(CHATS).await.json()["result"], json!([]));
    play.set_faults(json!({ "chats_hidden": null, "malformed": { "nth": [1] } })).await;
    assert!(serde_json::from_str::<Value>(&play.get(EVENTS).await.text).is_err());
    assert_eq!(texts(&events(&play).await), ["раз", "два"]);
}

#[tokio::test]
async fn the_ledger_tells_a_message_that_was_lost_from_one_that_was_swallowed_or_sent_twice() {
    let play = play(&["answer_lost=nth:1"]).await;
    let chat = begin(&play, json!({ "text": "Когда отправите?" })).await;
    let form = form(&[("replySign", &chat.sign), ("message", "Завтра")]);
    let lost = play.call_with(Method::POST, MESSAGE, TOKEN, Some(form)).await;
    assert!(lost.is_err());
    assert_eq!(send(&play, &chat.sign, "Завтра").await.status, 200);
    play.set_faults(json!({ "answer_lost": null, "no_effect": { "nth": [1] } })).await;
    assert_eq!(send(&play, &chat.sign, "Отправили").await.status, 200);
    assert_eq!(texts(&events(&play).await), ["Когда отправите?", "Завтра", "Завтра"]);

    let lines = play.ledger("message").await;
    let told: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["effect"], line["answer"], line["deliveries"]]))
        .collect();
    let expected = [
        json!(["applied", "lost", 1]),
        json!(["applied", "given", 2]),
        json!(["swallowed", "given", 0]),
    ];
    assert_eq!(told, expected);
    let state = play.state().await["wildberries"][SELLER].clone();
    assert_eq!(state["messages"], 2);
    assert_eq!(state["messages_delivered_more_than_once"], 2);
}

#[tokio::test]
async fn a_message_seen_late_comes_after_the_cursor() {
    let play = play(&["visible_late=nth:1,ms=3600000"]).await;
    let chat = begin(&play, json!({ "text": "Алло" })).await;
    send(&play, &chat.sign, "Мы тут").await;
    let next = page(&play, None).await["next"].as_i64();
    assert_eq!(page(&play, next).await["totalEvents"], 0);
    play.advance_clock(3_600).await;
    let late = page(&play, next).await;
    assert_eq!(texts(late["events"].as_array().unwrap()), ["Мы тут"]);
}

#[tokio::test]
async fn chats_survive_a_restart_with_signatures_and_files() {
    let play = play(&[]).await;
    let chat = begin(&play, json!({ "text": "Вот", "files": [{ "kind": "png" }] })).await;
    send(&play, &chat.sign, "Видим").await;
    let before = (events(&play).await, play.get(CHATS).await.json());
    let play = play.restart().await;
    assert_eq!((events(&play).await, play.get(CHATS).await.json()), before);
    assert_eq!(send(&play, &chat.sign, "Ещё раз").await.status, 200);
    let all = events(&play).await;
    let ids: std::collections::BTreeSet<&str> =
        all.iter().map(|event| event["eventID"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    let image = &before.0[0]["message"]["attachments"]["images"][0]["downloadID"];
    let path = format!("{DOWNLOAD}/{}", image.as_str().unwrap());
    assert_eq!(play.get(&path).await.status, 200);
}
