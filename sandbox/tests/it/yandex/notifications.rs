//! Notifications: who is told, of what, and how often.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::play::{BUSINESS, Market, market};
use super::spec;

/// What a seller's receiver got, and how it answers.
struct Receiver {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    got: Mutex<Vec<Value>>,
    status: Mutex<StatusCode>,
    rung: Notify,
}

async fn take(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    spec::check_notification(&body);
    shared.got.lock().unwrap().push(body);
    shared.rung.notify_waiters();
    let status = *shared.status.lock().unwrap();
    let receipt = json!({ "version": "1.0.0", "name": "test", "time": "2026-11-21T00:00:00Z" });
    (status, Json(receipt)).into_response()
}

impl Receiver {
    async fn start() -> Self {
        let shared = Arc::new(Shared {
            got: Mutex::default(),
            status: Mutex::new(StatusCode::OK),
            rung: Notify::new(),
        });
        let router =
            Router::new().route("/hook/notification", post(take)).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    fn answers(&self, status: StatusCode) {
        *self.shared.status.lock().unwrap() = status;
    }

    /// Waits until so many have come, and takes them all.
    async fn take(&self, count: usize) -> Vec<Value> {
        let enough = async {
            loop {
                let mut rung = std::pin::pin!(self.shared.rung.notified());
                rung.as_mut().enable();
                if self.shared.got.lock().unwrap().len() >= count {
                    return std::mem::take(&mut *self.shared.got.lock().unwrap());
                }
                rung.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), enough).await.unwrap()
    }
}

async fn connected(more: Value) -> (Market, Receiver) {
    let (market, receiver) = (market(&[]).await, Receiver::start().await);
    let mut body = json!({ "url": receiver.url });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    market.happen(Method::PUT, "notifications", body).await;
    let ping = receiver.take(1).await;
    assert_eq!(ping[0]["notificationType"], "PING");
    (market, receiver)
}

/// Waits until nothing is under way and the sandbox has noted what became of `count` attempts.
async fn attempts(market: &Market, count: usize) -> Value {
    let noted = async {
        loop {
            let kept = market.kept("notifications").await;
            let all = kept["notifications"].as_array().unwrap().iter();
            let tries: usize = all.map(|one| one["tries"].as_array().unwrap().len()).sum();
            if tries >= count {
                return kept;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), noted).await.unwrap()
}

#[tokio::test]
async fn everything_that_happens_is_told() {
    let (market, receiver) = connected(json!({})).await;
    let body = json!({ "about": "ORDER", "messages": [{ "text": "Где заказ?" }] });
    let chat = market.happen(Method::POST, "chats", body).await;
    let path = format!("chats/{}", chat["id"]);
    let sticker = market.happen(Method::POST, &format!("{path}/messages"), json!({})).await;
    for kind in ["ARBITRAGE", "CHAT"] {
        let turn = json!({ "status": "WAITING_FOR_PARTNER", "type": kind });
        market.happen(Method::PUT, &format!("{path}/status"), turn).await;
    }
    market.say(&chat["id"], "Едет").await;
    let (review, question) = (market.review().await, market.question().await);
    let comment = market.comment(&review, "Спасибо!").await.json()["result"]["id"].clone();
    let answer = market.answer(&question, "Да").await.json()["result"]["entity"]["id"].clone();
    let path = format!("answers/{answer}/comments");
    let on_answer = market.happen(Method::POST, &path, json!({ "text": "Ясно" })).await;

    let got = receiver.take(10).await;
    assert_eq!(got.len(), 10, "a sticker is not told");
    assert!(got.iter().all(|told| told["businessId"] == BUSINESS));
    let told = |kind: &str, field: &str| -> Vec<Value> {
        let told = got.iter().filter(|told| told["notificationType"] == kind);
        told.map(|told| told[field].clone()).collect()
    };
    assert_eq!(told("CHAT_CREATED", "chatId"), [chat["id"].clone()]);
    assert_eq!(told("CHAT_ARBITRAGE_STARTED", "chatId"), [chat["id"].clone()]);
    assert_eq!(told("CHAT_ARBITRAGE_FINISHED", "chatId"), [chat["id"].clone()]);
    let messages = told("CHAT_MESSAGE_SENT", "messageId");
    assert_eq!(messages.len(), 2, "the seller's own words are told, too");
    assert!(messages.contains(&json!(chat["messages"][0].to_string())), "as a text");
    assert!(!messages.contains(&json!(sticker["id"].to_string())));
    assert_eq!(told("GOODS_FEEDBACK_CREATED", "feedbackId"), [review]);
    assert_eq!(told("GOODS_FEEDBACK_COMMENT_CREATED", "commentId"), [comment]);
    assert_eq!(told("QUESTION_CREATED", "questionId"), [question]);
    assert_eq!(told("QUESTION_ANSWER_CREATED", "answerId"), [answer]);
    assert_eq!(told("QUESTION_COMMENT_CREATED", "commentId"), [on_answer["id"].clone()]);
}

#[tokio::test]
async fn a_review_is_told_when_it_is_published() {
    let (market, receiver) = connected(json!({})).await;
    let body = json!({ "rating": 5, "published_in_seconds": 600 });
    let late = market.happen(Method::POST, "reviews", body).await["id"].clone();
    let first = market.review().await;
    assert_eq!(receiver.take(1).await[0]["feedbackId"], first);
    market.play.advance_clock(601).await;
    assert_eq!(receiver.take(1).await[0]["feedbackId"], late);
}

#[tokio::test]
async fn a_failed_notification_is_repeated_every_minute_and_survives_a_restart() {
    let (market, receiver) = connected(json!({})).await;
    receiver.answers(StatusCode::INTERNAL_SERVER_ERROR);
    let review = market.review().await;
    for attempt in 1..=3 {
        assert_eq!(receiver.take(1).await[0]["feedbackId"], review);
        let kept = attempts(&market, attempt).await;
        assert_eq!(kept["notifications"][0]["tries"][attempt - 1]["got"], "500");
        market.play.advance_clock(61).await;
    }
    receiver.take(1).await;
    attempts(&market, 4).await;
    receiver.answers(StatusCode::OK);
    let market = Market { play: market.play.restart().await };
    market.play.advance_clock(61).await;
    receiver.take(1).await;
    let kept = attempts(&market, 5).await;
    let last = &kept["notifications"][0]["tries"][4];
    assert_eq!((&last["got"], &last["again_at"]), (&json!("200"), &Value::Null));
}

#[tokio::test]
async fn a_notification_refused_as_malformed_is_not_repeated() {
    let (market, receiver) = connected(json!({})).await;
    receiver.answers(StatusCode::BAD_REQUEST);
    market.review().await;
    receiver.take(1).await;
    let kept = attempts(&market, 1).await;
    let only = &kept["notifications"][0]["tries"][0];
    assert_eq!((&only["got"], &only["again_at"]), (&json!("400"), &Value::Null));
}

#[tokio::test]
async fn notifications_are_switched_off_after_14_days() {
    let (market, receiver) = connected(json!({})).await;
    receiver.answers(StatusCode::SERVICE_UNAVAILABLE);
    market.review().await;
    receiver.take(1).await;
    attempts(&market, 1).await;
    market.play.advance_clock(14 * 24 * 3_600).await;
    receiver.take(1).await;
    let kept = attempts(&market, 2).await;
    assert_eq!(kept["receiver"], Value::Null);
    market.review().await;
    assert_eq!(market.kept("notifications").await["notifications"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn several_notifications_for_one_event_are_normal() {
    let (market, receiver) = connected(json!({ "copies": 3, "own_words": false })).await;
    let review = market.review().await;
    market.comment(&review, "Спасибо!").await;
    let question = market.question().await;
    let got = receiver.take(6).await;
    let of = |kind: &str| got.iter().filter(|told| told["notificationType"] == kind).count();
    assert_eq!((of("GOODS_FEEDBACK_CREATED"), of("QUESTION_CREATED"), got.len()), (3, 3, 6));
    assert!(got.iter().any(|told| told["questionId"] == question));
}

#[tokio::test]
async fn a_receiver_must_answer_the_ping() {
    let (market, receiver) = (market(&[]).await, Receiver::start().await);
    let connect = async |url: &str| {
        let answer = market.control(Method::PUT, "notifications", json!({ "url": url })).await;
        (answer.status.as_u16(), answer.json()["error"].as_str().unwrap().to_owned())
    };
    receiver.answers(StatusCode::NOT_FOUND);
    assert_eq!(connect(&receiver.url).await, (409, "the PING got 404".to_owned()));
    assert_eq!(connect("https://127.0.0.1:1").await.0, 422);
    assert_eq!(connect("http://127.0.0.1:1").await.0, 409);
    market.review().await;
    let kept = market.kept("notifications").await;
    assert_eq!(kept, json!({ "receiver": null, "notifications": [] }));
}

#[tokio::test]
async fn a_receiver_of_the_settings_is_connected_from_the_start() {
    let receiver = Receiver::start().await;
    let market = super::play::market_with(|config| {
        config.sellers[0].yandex.as_mut().unwrap().receiver = Some(receiver.url.clone());
    });
    let market = market.await;
    let review = market.review().await;
    assert_eq!(receiver.take(1).await[0]["feedbackId"], review);
    assert_eq!(market.control(Method::DELETE, "notifications", json!({})).await.status, 204);
    market.review().await;
    assert_eq!(market.kept("notifications").await["notifications"].as_array().unwrap().len(), 1);
}
