//! The examples of the specification, each reproduced by the sandbox.
//!
//! An example is told apart by operation, status and name; one without a way to reproduce it fails the test, so a new
//! one cannot be forgotten. Left out of the comparison is what is made anew for each request: its id, its moment, the
//! number of the limiter.

use std::collections::BTreeSet;

use reqwest::Method;
use sandbox::{Rights, TokenClaims, TokenKind};
use serde_json::{Value, json};

use crate::chats;
use crate::play::{Answer, Play, SELLER, TOKEN, play, play_with};
use crate::spec;

const MESSAGE: &str = "/buyer-chat-api/api/v1/seller/message";
const FRESH: [&str; 3] = ["requestId", "timestamp", "code"];

/// An operation with a request that it answers with 200, unless something stands in the way.
struct Request {
    operation: &'static str,
    path: &'static str,
    body: Option<(String, Vec<u8>)>,
}

fn requests() -> Vec<Request> {
    let json_body =
        |body: Value| Some(("application/json".to_owned(), body.to_string().into_bytes()));
    let get = |operation, path| Request { operation, path, body: None };
    vec![
        get("GET /ping", "/ping"),
        get("GET /api/v1/new-feedbacks-questions", "/api/v1/new-feedbacks-questions"),
        get("GET /api/v1/questions/count-unanswered", "/api/v1/questions/count-unanswered"),
        get("GET /api/v1/questions/count", "/api/v1/questions/count"),
        get("GET /api/v1/questions", "/api/v1/questions?isAnswered=false&take=1&skip=0"),
        get("GET /api/v1/question", "/api/v1/question?id=known"),
        Request {
            operation: "PATCH /api/v1/questions",
            path: "/api/v1/questions",
            body: json_body(json!({ "id": "known", "wasViewed": true })),
        },
        get("GET /api/v1/feedbacks/count-unanswered", "/api/v1/feedbacks/count-unanswered"),
        get("GET /api/v1/feedbacks/count", "/api/v1/feedbacks/count"),
        get("GET /api/v1/feedbacks", "/api/v1/feedbacks?isAnswered=true&take=1&skip=0"),
        get("GET /api/v1/feedback", "/api/v1/feedback?id=known"),
        get("GET /api/v1/feedbacks/archive", "/api/v1/feedbacks/archive?take=1&skip=0"),
        Request {
            operation: "POST /api/v1/feedbacks/answer",
            path: "/api/v1/feedbacks/answer",
            body: json_body(json!({ "id": "known", "text": "Спасибо!" })),
        },
        Request {
            operation: "PATCH /api/v1/feedbacks/answer",
            path: "/api/v1/feedbacks/answer",
            body: json_body(json!({ "id": "known", "text": "Спасибо вам!" })),
        },
        get("GET /api/v1/seller/chats", "/buyer-chat-api/api/v1/seller/chats"),
        get("GET /api/v1/seller/events", "/buyer-chat-api/api/v1/seller/events"),
        Request {
            operation: "POST /api/v1/seller/message",
            path: MESSAGE,
            body: Some(chats::form(&[("replySign", "1:known:sign"), ("message", "Да")])),
        },
        get("GET /api/v1/seller/download/{id}", "/buyer-chat-api/api/v1/seller/download/known"),
        get("GET /api/v1/claims", "/returns-api/api/v1/claims?is_archive=false"),
        Request {
            operation: "PATCH /api/v1/claim",
            path: "/returns-api/api/v1/claim",
            body: json_body(json!({ "id": "known", "action": "approve1" })),
        },
        get("GET /api/v1/seller-info", "/common-api/api/v1/seller-info"),
    ]
}

/// A sandbox where everything that the requests ask for is there.
async fn play_known() -> Play {
    let play = play(&[]).await;
    let review =
        json!({ "id": "known", "productValuation": 5, "createdDate": "2026-01-01T00:00:00Z" });
    play.add_review(review).await;
    let question = json!({ "id": "known", "text": "?", "createdDate": "2026-01-01T00:00:00Z" });
    play.happens("questions", question).await;
    let image = json!({ "date": "2026-01-01T00:00:00Z", "downloadID": "known", "url": "a.jpg" });
    let event = json!({
        "chatID": "1:known", "eventID": "known", "eventType": "message", "isNewChat": true,
        "replySign": "1:known:sign", "addTimestamp": 1_700_000_000_000_i64, "sender": "client",
        "message": { "attachments": { "images": [image] } },
    });
    play.happens("chat-events", event).await;
    let mut claim = play.happens("claims", json!({ "comment": "Не то" })).await;
    let path = format!("claims/{}", claim["id"].as_str().unwrap());
    claim = play.kept(&path).await["claim"].clone();
    claim["id"] = json!("known");
    play.happens("claims", claim).await;
    play
}

async fn answered(play: &Play, request: &Request, authorization: &str) -> Answer {
    let method = request.operation.split_once(' ').unwrap().0;
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    play.call_with(method, request.path, authorization, request.body.clone()).await.unwrap()
}

/// The example with what is made anew for each request left out.
fn lasting(mut example: Value) -> Value {
    if let Value::Object(fields) = &mut example {
        fields.retain(|name, _| !FRESH.contains(&name.as_str()));
    }
    example
}

#[tokio::test]
async fn every_operation_used_is_played() {
    let play = play_known().await;
    let mut covered = BTreeSet::new();
    for request in requests() {
        let answer = answered(&play, &request, TOKEN).await;
        let is_good = answer.status == 200 || answer.status == 204;
        assert!(is_good, "{}: {} {}", request.operation, answer.status, answer.text);
        let method = request.operation.split_once(' ').unwrap().0;
        let bare = request.path.split('?').next().unwrap();
        assert_eq!(spec::operation_of(&format!("{method} {bare}")), request.operation);
        covered.insert(request.operation.to_owned());
    }
    assert_eq!(covered, spec::operations(), "operations covered and used");
    let Some(published) = spec::published_operations() else { return };
    let left_out: Vec<&String> = published.difference(&covered).collect();
    let expected = [
        "DELETE /api/feedbacks/v1/pins",
        "GET /api/feedbacks/v1/pins",
        "GET /api/feedbacks/v1/pins/count",
        "GET /api/feedbacks/v1/pins/limits",
        "POST /api/feedbacks/v1/pins",
        "POST /api/v1/feedbacks/order/return",
    ];
    assert_eq!(left_out, expected, "what the product does not use");
}

/// Refusals that every operation can give, and how to get them.
#[tokio::test]
async fn the_examples_of_refusals_by_the_gateway_are_reproduced() {
    let play = play_known().await;
    let sid = uuid::Uuid::from_u128(1);
    let (kind, rights) = (TokenKind::Personal, Rights::default());
    let token = TokenClaims { kind, rights, sid, expires: chrono::Utc::now() }.token();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    // The example's signature breaks off in the same place.
    let broken = format!("{signed}.{}=", &signature[..84]);
    let mut reproduced = 0;
    for (name, example) in spec::examples() {
        let mut words = name.split(' ');
        let operation = format!("{} {}", words.next().unwrap(), words.next().unwrap());
        let (fault, authorization) = match words.next().unwrap() {
            "401" => (None, broken.as_str()),
            "402" => (Some("payment_required"), TOKEN),
            "403" => (Some("forbidden"), TOKEN),
            "429" => (Some("rate_limited"), TOKEN),
            _ => continue,
        };
        let all = requests();
        let request = all.iter().find(|request| request.operation == operation).unwrap();
        if let Some(fault) = fault {
            play.set_faults(json!({ fault: 1 })).await;
        }
        let (mut found, mut example) =
            (lasting(answered(&play, request, authorization).await.json()), lasting(example));
        if let Some(fault) = fault {
            play.set_faults(json!({ fault: null })).await;
        }
        for told in [&mut found, &mut example] {
            // The limiter has its own number.
            if told["status"] == 429 {
                let detail = told["detail"].as_str().unwrap().to_owned();
                told["detail"] = json!(detail.split_at("limited by ".len()).0);
            }
        }
        assert_eq!(found, example, "{name}");
        reproduced += 1;
    }
    assert!(reproduced > 60, "{reproduced} examples of refusals");
}

/// Everything else, one by one.
#[tokio::test]
async fn the_examples_of_answers_are_reproduced() {
    for (name, example) in spec::examples() {
        let status = name.split(' ').nth(2).unwrap();
        if ["401", "402", "403", "429"].contains(&status) {
            continue;
        }
        let found = reproduced(&name, &example).await;
        let described = found.json();
        assert_eq!(lasting(described), lasting(comparable(&name, example)), "{name}");
    }
}

/// What of an example can be reproduced: of counts only those of what the example shows.
fn comparable(name: &str, mut example: Value) -> Value {
    match name {
        "GET /api/v1/questions 200" => {
            example["data"]["countUnanswered"] = json!(1);
            example["data"]["countArchive"] = json!(0);
        }
        "GET /api/v1/claims 200" => example["total"] = json!(1),
        _ => {}
    }
    example
}

async fn reproduced(name: &str, example: &Value) -> Answer {
    let play = play_with(|config| config.reviews = sandbox::ReviewSource::nothing()).await;
    let get = |path: &'static str| play.get(path);
    match name {
        // The moment of the example is that of the request.
        "GET /ping 200" => {
            let mut answer = get("/ping").await;
            answer.text = answer
                .text
                .replace(answer.json()["TS"].as_str().unwrap(), "2024-08-16T11:19:05+03:00");
            answer
        }
        "GET /api/v1/questions 200" => {
            play.happens("questions", example["data"]["questions"][0].clone()).await;
            get("/api/v1/questions?isAnswered=false&take=1&skip=0").await
        }
        "GET /api/v1/question 200" => {
            play.happens("questions", example["data"].clone()).await;
            get("/api/v1/question?id=TfWOp5QBfEYrrd0AMJau").await
        }
        "GET /api/v1/questions 400 FeedbackErr400" => get("/api/v1/questions?take=1").await,
        "GET /api/v1/questions/count 400 IsAnsweredErr400" => {
            get("/api/v1/questions/count?isAnswered=2").await
        }
        "GET /api/v1/questions/count 400 DateFromErr400" => {
            get("/api/v1/questions/count?dateFrom=x").await
        }
        "GET /api/v1/questions/count 400 DateToErr400" => {
            get("/api/v1/questions/count?dateTo=x").await
        }
        "GET /api/v1/question 422 responseGetQuestionByIdErrEx" => {
            get("/api/v1/question?id=none").await
        }
        "PATCH /api/v1/questions 200" => patched(&play, json!({ "wasViewed": true })).await,
        "PATCH /api/v1/questions 400 FeedbackErr400" => patched(&play, json!({})).await,
        "PATCH /api/v1/questions 404 FeedbackErr404" => {
            play.patch("/api/v1/questions", json!({ "id": "none", "wasViewed": true })).await
        }
        "PATCH /api/v1/questions 422 ResponsePatchQuestion" => {
            let answer = json!({ "answer": { "text": "текст ответа" }, "state": "none" });
            patched(&play, answer.clone()).await;
            patched(&play, answer).await
        }
        "GET /api/v1/seller/events 200" => {
            for event in example["result"]["events"].as_array().unwrap() {
                play.happens("chat-events", event.clone()).await;
            }
            get("/buyer-chat-api/api/v1/seller/events").await
        }
        "GET /api/v1/seller/events 400 IncorrectNextParameter" => {
            get("/buyer-chat-api/api/v1/seller/events?next=soon").await
        }
        "GET /api/v1/seller/events 400 IncorrectNextParameter1" => {
            get("/buyer-chat-api/api/v1/seller/events?next=0").await
        }
        "GET /api/v1/seller/download/{id} 400 IncorrectNextParameter" => {
            get("/buyer-chat-api/api/v1/seller/download/none").await
        }
        "GET /api/v1/claims 200" => claimed(&play, example["claims"][0].clone()).await,
        "GET /api/v1/seller-info 200" => {
            let path = format!("/control/wildberries/{SELLER}/info");
            play.control(Method::PUT, &path, Some(example.clone())).await;
            get("/common-api/api/v1/seller-info").await
        }
        name if name.starts_with("POST /api/v1/seller/message ") => {
            messaged(&play, name, example).await
        }
        _ => panic!("nobody knows how to reproduce {name}"),
    }
}

/// A change of one question, done to it or refused.
async fn patched(play: &Play, mut body: Value) -> Answer {
    let path = format!("/control/wildberries/{SELLER}/questions/q");
    if play.control(Method::GET, &path, None).await.status == 404 {
        let question = json!({ "id": "q", "text": "?", "createdDate": "2026-01-01T00:00:00Z" });
        play.happens("questions", question).await;
    }
    body["id"] = json!("q");
    play.patch("/api/v1/questions", body).await
}

/// The list of claims with one; its dates are moved to where lists still name it, and back in the answer.
async fn claimed(play: &Play, mut claim: Value) -> Answer {
    let published = claim["dt"].as_str().unwrap().to_owned();
    let today = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    claim["dt"] = json!(today);
    play.happens("claims", claim).await;
    let mut answer = play.get("/returns-api/api/v1/claims?is_archive=true").await;
    answer.text = answer.text.replace(&today, &published);
    answer
}

async fn messaged(play: &Play, name: &str, example: &Value) -> Answer {
    let chat = "1:641b623c-5c0e-295b-db03-3d5b4d484c32";
    let event = json!({
        "chatID": chat, "eventID": "e", "eventType": "message", "isNewChat": true,
        "replySign": "1:sign", "addTimestamp": 1_712_848_000_000_i64, "sender": "client",
    });
    play.happens("chat-events", event).await;
    let large = vec![b'%'; 5 * 1024 * 1024 + 1];
    let file = |name, content_type, content| chats::File { name, content_type, content };
    let (sign, text, files) = match name.rsplit(' ').next().unwrap() {
        "200" => ("1:sign", "Да", vec![]),
        "InvalidSignature" => (chat, "Да", vec![]),
        "InvalidFileSize" => ("1:sign", "Да", vec![file("a.pdf", "application/pdf", &large)]),
        "UnsupportedFilesType" => {
            let name = "video_2023-07-25_10-54-09.mp4";
            ("1:sign", "Да", vec![file(name, "video/mp4", b"film")])
        }
        "InvalidMessage" => ("1:sign", "", vec![]),
        _ => panic!("nobody knows how to reproduce {name}"),
    };
    let form = chats::form_with(&[("replySign", sign), ("message", text)], &files);
    let mut answer = play.call_with(Method::POST, MESSAGE, TOKEN, Some(form)).await.unwrap();
    let (mut found, expected) = (answer.json(), example.clone());
    if found["result"]["addTime"].is_i64() {
        found["result"]["addTime"] = expected["result"]["addTime"].clone();
    }
    for field in ["detail", "error"] {
        // Refusals of files begin with the request's own number, of eleven digits.
        let detail = |told: &Value| told[field].as_str().unwrap_or_default().to_owned();
        if let Some((number, reason)) = detail(&found).split_once(": ") {
            assert!(number.len() == 11 && number.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let published = detail(&expected);
            let (number, _) = published.split_once(": ").unwrap();
            found[field] = json!(format!("{number}: {reason}"));
        }
    }
    answer.text = found.to_string();
    answer
}
