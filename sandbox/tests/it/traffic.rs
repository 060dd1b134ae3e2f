//! Test buyers that write over time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sandbox::{OzonAccount, ReviewSource, Traffic, YandexConfig, YandexKeyConfig};
use serde_json::Value;

use crate::play::{Play, SELLER, play_with};

/// A sandbox with so much traffic that there is no waiting for it.
async fn play_traffic(seed: u64) -> Play {
    play_with(|config| {
        config.seed = seed;
        config.reviews = ReviewSource::nothing();
        config.traffic = Some(Traffic::per_minute(60_000.0).unwrap());
    })
    .await
}

/// All lines once so many acts are in the ledger.
async fn after_acts(play: &Play, acts: u64) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let answer = play.control(reqwest::Method::GET, "/ledger", None).await;
        let lines: Vec<Value> =
            answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let acted = lines.iter().filter(|line| line["kind"] == "buyer_acted").count() as u64;
        if acted >= acts {
            return lines;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "only {acted} acts");
    }
}

/// What the buyers wrote in their first acts, without the moments.
fn written(lines: &[Value], acts: usize) -> Vec<Value> {
    let starts = |line: &&Value| line["kind"] != "buyer_acted";
    let acted: Vec<&[Value]> =
        lines.split_inclusive(|line| line["kind"] == "buyer_acted").skip(1).take(acts).collect();
    let words = |line: &Value| {
        let told = [
            &line["kind"],
            &line["feedback"]["id"],
            &line["feedback"]["text"],
            &line["question"]["id"],
            &line["question"]["text"],
            &line["event"]["eventID"],
            &line["event"]["chatID"],
            &line["event"]["message"]["text"],
        ];
        Value::Array(told.into_iter().cloned().collect())
    };
    acted.into_iter().flatten().filter(starts).map(words).collect()
}

#[tokio::test]
async fn buyers_write_reviews_questions_and_in_chats() {
    let play = play_traffic(3).await;
    let lines = after_acts(&play, 200).await;
    let mut kinds = BTreeMap::<&str, u64>::new();
    for line in &lines {
        *kinds.entry(line["kind"].as_str().unwrap()).or_default() += 1;
    }
    for (kind, least) in [("review_added", 60), ("question_added", 15), ("chat_event_added", 30)] {
        assert!(kinds[kind] >= least, "{kinds:?}");
    }
    let reviews = play.list(false).await;
    assert!(reviews.iter().any(|review| review["parentFeedbackId"].is_string()), "no supplement");
    let listed = play.get("/buyer-chat-api/api/v1/seller/chats").await.json();
    let chats = listed["result"].as_array().unwrap();
    assert!(chats.len() > 3 && chats.len() < kinds["chat_event_added"] as usize);
    assert!(chats.iter().all(|chat| chat["clientName"] != "" && chat["goodCard"].is_object()));
    let events = play.get("/buyer-chat-api/api/v1/seller/events").await.json();
    assert!(events["result"]["totalEvents"].as_u64().unwrap() > 20);
    let asked = play.get("/api/v1/questions?isAnswered=false&take=100&skip=0").await.json();
    assert!(asked["data"]["countUnanswered"].as_u64().unwrap() >= 15);
    assert_eq!(play.state().await["wildberries"][SELLER]["deliveries"], 0);
}

#[tokio::test]
async fn buyers_write_at_every_marketplace_where_somebody_sells() {
    let play = play_with(|config| {
        config.reviews = ReviewSource::nothing();
        config.traffic = Some(Traffic::per_minute(60_000.0).unwrap());
        let yandex = YandexConfig::new(99, [YandexKeyConfig::new("ACMA:key-of-demo")]);
        config.sellers[0].ozon = Some(OzonAccount::new(777, "key-of-demo"));
        config.sellers[0].yandex = Some(yandex);
    })
    .await;
    let lines = after_acts(&play, 250).await;
    let count = |marketplace: &str, is_wanted: &dyn Fn(&Value) -> bool| {
        let here = lines.iter().filter(|line| line["marketplace"] == marketplace);
        here.filter(|line| is_wanted(line)).count()
    };
    for (marketplace, kinds) in [
        ("wildberries", ["review_added", "question_added", "chat_event_added"]),
        ("ozon", ["review_added", "question_added", "message_written"]),
    ] {
        for kind in kinds {
            let found = count(marketplace, &|line| line["kind"] == kind);
            assert!(found >= 8, "{found} {kind} at {marketplace}");
        }
    }
    for change in ["feedback_written", "question_written", "chat_opened", "message_written"] {
        let found = count("yandex", &|line| line["change"][change].is_object());
        assert!(found >= 4, "{found} {change} at Yandex.Market");
    }
}

#[tokio::test]
async fn one_seed_is_the_same_traffic_and_a_restart_goes_on() {
    let (one, same, other) = (play_traffic(5).await, play_traffic(5).await, play_traffic(6).await);
    let first = written(&after_acts(&one, 60).await, 50);
    assert!(first.len() >= 50);
    assert_eq!(first, written(&after_acts(&same, 60).await, 50));
    assert_ne!(first, written(&after_acts(&other, 60).await, 50));

    let one = one.restart().await;
    let lines = after_acts(&one, 200).await;
    let numbers: Vec<u64> = lines.iter().filter_map(|line| line["n"].as_u64()).collect();
    assert_eq!(numbers, (1..=lines.len() as u64).collect::<Vec<_>>());
    let ids: Vec<&Value> = lines
        .iter()
        .filter(|line| line["kind"] == "review_added")
        .map(|line| &line["feedback"]["id"])
        .collect();
    let distinct: std::collections::BTreeSet<String> =
        ids.iter().map(|id| id.to_string()).collect();
    assert_eq!(distinct.len(), ids.len(), "no act is repeated after a restart");
}
