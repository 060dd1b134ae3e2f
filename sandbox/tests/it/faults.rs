//! Each fault as a client meets it.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::play::{Play, SELLER, play, play_with};

const COUNT: &str = "/api/v1/feedbacks/count-unanswered";
const LIST: &str = "/api/v1/feedbacks?isAnswered=false&take=5000&skip=0";

/// The texts of the answer as the seller reads it and as the buyer sees it.
async fn texts(play: &Play, id: &str) -> (Value, Value) {
    let review = play.review(id).await;
    (review["feedback"]["answer"]["text"].clone(), review["buyer_sees"]["text"].clone())
}

async fn is_applied(play: &Play, id: &str) -> bool {
    play.review(id).await["deliveries"] == 1
}

fn io_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    let mut source: Option<&dyn Error> = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = cause.source();
    }
    None
}

#[tokio::test]
async fn refusals_come_with_their_status_and_change_nothing() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    for (fault, status, field, text) in [
        ("rate_limited", 429, "title", "too many requests"),
        ("unauthorized", 401, "title", "unauthorized"),
        ("payment_required", 402, "title", "payment required"),
        ("forbidden", 403, "errorText", "Ошибка авторизации"),
    ] {
        play.set_faults(json!({ fault: { "nth": [1, 2] } })).await;
        for answer in [play.get(COUNT).await, play.answer(&id, "Спасибо!").await] {
            assert_eq!(answer.status, status, "{fault}");
            assert_eq!(answer.json()[field], text);
        }
        assert_eq!(play.fired(fault).await, 2);
        assert!(!is_applied(&play, &id).await, "{fault}");
        let line = play.answers_in_ledger().await.pop().unwrap();
        assert_eq!((&line["effect"], &line["status"]), (&json!("refused"), &json!(status)));
        assert_eq!(play.get(COUNT).await.status, 200);
    }
}

#[tokio::test]
async fn a_seeded_429_says_when_to_come_back() {
    let play = play(&["rate_limited=nth:1,ms=1500"]).await;
    let answer = play.get(COUNT).await;
    assert_eq!(answer.header("x-ratelimit-retry"), Some("2"));
    assert_eq!(answer.header("x-ratelimit-reset"), Some("2"));
    assert!(answer.header("x-ratelimit-limit").is_some());
}

#[tokio::test]
async fn a_server_error_comes_before_or_after_the_fact() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    play.set_faults(
        json!({ "server_error_before": { "nth": [1] }, "server_error_after": { "nth": [1] } }),
    )
    .await;
    assert!(play.answer(&id, "Спасибо!").await.status.is_server_error());
    assert!(!is_applied(&play, &id).await);
    assert!(play.answer(&id, "Спасибо!").await.status.is_server_error());
    assert!(is_applied(&play, &id).await);
    let lines = play.answers_in_ledger().await;
    assert_eq!([&lines[0]["applied"], &lines[1]["applied"]], [&json!(false), &json!(true)]);
}

#[tokio::test]
async fn a_connection_is_reset_before_or_after_the_fact() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    play.set_faults(json!({ "reset_before": { "nth": [1] }, "reset_after": { "nth": [1] } })).await;
    let error = play.try_answer(&id, "Спасибо!").await.unwrap_err();
    assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset));
    assert!(!is_applied(&play, &id).await);
    let error = play.try_answer(&id, "Спасибо!").await.unwrap_err();
    assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset));
    assert!(is_applied(&play, &id).await);
    let line = play.answers_in_ledger().await.pop().unwrap();
    assert_eq!((&line["answer"], &line["status"]), (&json!("reset"), &Value::Null));
}

#[tokio::test]
async fn an_answer_is_applied_and_lost() {
    let play = play(&["answer_lost=nth:1"]).await;
    let id = play.waiting().await;
    let error = play.try_answer(&id, "Спасибо!").await.unwrap_err();
    assert_ne!(io_kind(&error), Some(ErrorKind::ConnectionReset), "the end is orderly: {error:?}");
    assert!(!error.is_timeout());
    assert_eq!(texts(&play, &id).await, (json!("Спасибо!"), json!("Спасибо!")));
    let line = play.answers_in_ledger().await.pop().unwrap();
    assert_eq!((&line["answer"], &line["status"]), (&json!("lost"), &Value::Null));
    assert_eq!((&line["applied"], &line["deliveries"]), (&json!(true), &json!(1)));
}

#[tokio::test]
async fn a_slow_answer_is_applied_at_once_and_answered_late() {
    let play = play(&["slow=1,ms=300,on=write"]).await;
    let id = play.waiting().await;
    let started = Instant::now();
    assert_eq!(play.answer(&id, "Спасибо!").await.status, 204);
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(play.answers_in_ledger().await[0]["delay_ms"], 300);

    // Long enough that nobody waits for it.
    let other = play.waiting().await;
    play.set_faults(json!({ "slow": { "probability": 1, "ms": 60_000 } })).await;
    let applied = async { while !is_applied(&play, &other).await {} };
    tokio::select! {
        answer = play.try_answer(&other, "Спасибо!") => panic!("nothing was to come: {answer:?}"),
        applied = tokio::time::timeout(Duration::from_secs(5), applied) => applied.unwrap(),
    }
    assert_eq!(
        texts(&play, &other).await.1,
        "Спасибо!",
        "a client that hangs up takes nothing back"
    );
}

#[tokio::test]
async fn an_answer_is_applied_late() {
    let play = play(&["apply_late=1,ms=3600000"]).await;
    let id = play.waiting().await;
    assert_eq!(play.answer(&id, "Спасибо!").await.status, 204);
    assert_eq!(texts(&play, &id).await, (Value::Null, Value::Null));
    let line = play.answers_in_ledger().await.pop().unwrap();
    assert!(line["schedule"]["applies_at"].as_str().unwrap() > line["time"].as_str().unwrap());
    assert_eq!((&line["applied"], &line["deliveries"]), (&json!(true), &json!(1)));
    assert_eq!(line["buyer_sees"]["text"], "Спасибо!");
    play.advance_clock(3600).await;
    assert_eq!(texts(&play, &id).await, (json!("Спасибо!"), json!("Спасибо!")));
}

#[tokio::test]
async fn an_answer_is_visible_late() {
    let play = play(&["visible_late=1,ms=3600000"]).await;
    let id = play.waiting().await;
    assert_eq!(play.answer(&id, "Спасибо!").await.status, 204);
    assert!(play.list(false).await.iter().any(|review| review["id"] == *id));
    assert_eq!(texts(&play, &id).await.0, Value::Null);
    play.advance_clock(3600).await;
    assert!(play.list(true).await.iter().any(|review| review["answer"]["text"] == "Спасибо!"));
}

#[tokio::test]
async fn an_answer_is_accepted_without_effect() {
    let play = play(&["no_effect=nth:1"]).await;
    let id = play.waiting().await;
    assert_eq!(play.answer(&id, "Спасибо!").await.status, 204);
    assert!(!is_applied(&play, &id).await);
    assert_eq!(play.answers_in_ledger().await[0]["effect"], "swallowed");
    play.answer(&id, "Спасибо!").await;
    assert!(is_applied(&play, &id).await);
}

#[tokio::test]
async fn moderation_holds_an_answer_back_then_shows_or_refuses_it() {
    let play = play(&[]).await;
    for (fault, end, buyer_sees) in
        [("review_required", "wbRu", json!("Спасибо!")), ("rejected", "rejected", Value::Null)]
    {
        play.set_faults(json!({ fault: { "nth": [1], "ms": 600_000 } })).await;
        let id = play.waiting().await;
        assert_eq!(play.answer(&id, "Спасибо!").await.status, 204);
        let answer = play.review(&id).await["feedback"]["answer"].clone();
        assert_eq!(
            (&answer["text"], &answer["state"]),
            (&json!("Спасибо!"), &json!("reviewRequired"))
        );
        assert_eq!(texts(&play, &id).await.1, Value::Null);
        play.advance_clock(600).await;
        assert_eq!(play.review(&id).await["feedback"]["answer"]["state"], end);
        assert_eq!(texts(&play, &id).await.1, buyer_sees);
        assert_eq!(play.answers_in_ledger().await.pop().unwrap()["buyer_sees"]["text"], buyer_sees);
    }
}

#[tokio::test]
async fn a_listing_repeats_and_mixes_its_reviews_but_leaves_none_out() {
    let play = play(&[]).await;
    let plain = play.list(false).await;
    let ids = |list: &[Value]| -> BTreeSet<String> {
        list.iter().map(|review| review["id"].to_string()).collect()
    };

    play.set_faults(json!({ "duplicated": { "nth": [1] } })).await;
    let repeated = play.list(false).await;
    assert_eq!(repeated.len(), plain.len() + 1);
    assert_eq!(ids(&repeated), ids(&plain));

    play.set_faults(json!({ "reordered": { "nth": [1] } })).await;
    let mixed = play.list(false).await;
    assert_ne!(mixed, plain);
    assert_eq!((mixed.len(), ids(&mixed)), (plain.len(), ids(&plain)));
    assert_eq!(play.list(false).await, plain);
}

#[tokio::test]
async fn a_listing_breaks_off_in_the_middle_of_its_json() {
    let play = play(&["malformed=nth:1"]).await;
    let answer = play.get(LIST).await;
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_str::<Value>(&answer.text).is_err());
    assert_eq!(play.get(LIST).await.feedbacks(), play.list(false).await);
}

#[tokio::test]
async fn a_marketplace_is_away_until_it_is_back() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    play.set_faults(json!({ "unavailable": 1 })).await;
    for answer in [play.get("/ping").await, play.answer(&id, "Спасибо!").await] {
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("content-type"), Some("text/html"));
    }
    play.set_faults(json!({ "unavailable": null, "down": 1 })).await;
    assert!(play.try_answer(&id, "Спасибо!").await.is_err());
    assert!(!is_applied(&play, &id).await);
    let answer = play.control(Method::PUT, "/control/faults", Some(json!({}))).await;
    assert_eq!(answer.json(), json!({}));
    assert_eq!(play.answer(&id, "Спасибо!").await.status, 204);
}

#[tokio::test]
async fn a_fault_can_concern_one_seller_and_one_kind_of_call() {
    let play = play(&["payment_required=1,seller=other", "forbidden=1,on=write"]).await;
    assert_eq!(play.get(COUNT).await.status, 200);
    assert_eq!(play.answer("any", "Спасибо!").await.status, 403);
    assert_eq!(play.fired("payment_required").await, 0);
}

#[tokio::test]
async fn one_seed_loses_the_same_answers_whatever_their_order() {
    let lost = async |seed: u64, backwards: bool| {
        let play = play_with(|config| {
            config.seed = seed;
            config.faults = ["answer_lost=0.3".parse().unwrap()].into_iter().collect();
        })
        .await;
        let mut reviews = play.list(false).await;
        if backwards {
            reviews.reverse();
        }
        let mut lost = BTreeSet::new();
        for (place, review) in reviews.iter().enumerate() {
            let id = review["id"].as_str().unwrap();
            if play.try_answer(id, "Спасибо!").await.is_err() {
                lost.insert(if backwards { reviews.len() - 1 - place } else { place });
            }
        }
        assert_eq!(play.fired("answer_lost").await, lost.len() as u64);
        let deliveries = play.state().await["wildberries"][SELLER]["deliveries"].as_u64();
        assert_eq!(deliveries, Some(reviews.len() as u64));
        lost
    };
    let first = lost(7, false).await;
    assert!(first.len() > 10, "{} lost", first.len());
    assert_eq!(first, lost(7, true).await);
    assert_ne!(first, lost(8, false).await);
}
