//! The ledger keeps the state over restarts, and without it nothing is applied.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Method;
use sandbox::{ReviewSource, Sandbox, SellerConfig, TokenConfig};
use serde_json::{Value, json};

use crate::play::{Play, SELLER, play, play_with};

/// All that clients and control can read, but for the counters of this run.
async fn everything(play: &Play) -> Value {
    let state = play.state().await;
    json!([
        play.list(false).await,
        play.list(true).await,
        state["wildberries"],
        state["ledger"]["lines"]
    ])
}

async fn control(play: &Play, method: Method, path: &str, body: Value) {
    let answer =
        play.control(method, &format!("/control/wildberries/{SELLER}/{path}"), Some(body)).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

#[tokio::test]
async fn a_restart_on_the_same_ledger_changes_nothing() {
    let play = play(&["review_required=nth:1,ms=600000"]).await;
    let waiting: Vec<String> = play
        .list(false)
        .await
        .iter()
        .map(|review| review["id"].as_str().unwrap().to_owned())
        .collect();
    play.answer(&waiting[0], "На проверке").await;
    play.answer(&waiting[1], "Первый").await;
    play.edit(&waiting[1], "Второй").await;
    control(
        &play,
        Method::PATCH,
        &format!("reviews/{}", waiting[2]),
        json!({ "text": "Передумал" }),
    )
    .await;
    control(&play, Method::DELETE, &format!("reviews/{}", waiting[3]), json!({})).await;
    control(&play, Method::PUT, &format!("reviews/{}/handled", waiting[4]), json!({})).await;
    control(
        &play,
        Method::PUT,
        &format!("reviews/{}/answer", waiting[5]),
        json!({ "text": "Сами" }),
    )
    .await;
    control(&play, Method::POST, "tokens", json!({ "token": "second", "kind": "basic" })).await;
    control(&play, Method::POST, "tokens/revoke", json!({ "token": "second" })).await;
    play.add_review(json!({ "text": "Новый", "rating": 3 })).await;
    play.advance_clock(120).await;

    let before = everything(&play).await;
    let play = play.restart().await;
    assert_eq!(everything(&play).await, before);
    assert_eq!(play.review(&waiting[0]).await["feedback"]["answer"]["state"], "reviewRequired");
    assert_eq!(play.review(&waiting[1]).await["deliveries"], 1);
    play.edit(&waiting[1], "Третий").await;
    assert_eq!(play.review(&waiting[1]).await["feedback"]["answer"]["text"], "Второй");
    let revoked = play.call(Method::GET, "/ping", "second", None).await.unwrap();
    assert_eq!(revoked.status, 401);
}

#[tokio::test]
async fn a_new_seller_joins_an_old_ledger() {
    let mut play = play(&[]).await;
    let before = play.list(false).await;
    play.config.sellers.push(SellerConfig {
        reviews: Some(ReviewSource { count: Some(5), ..ReviewSource::default() }),
        ..SellerConfig::new("late", [TokenConfig::new("token-of-late")])
    });
    let play = play.restart().await;
    assert_eq!(play.list(false).await, before);
    assert_eq!(play.state().await["wildberries"]["late"]["reviews"], 5);
}

#[tokio::test]
async fn a_reset_begins_anew_and_keeps_the_history() {
    let play = play(&["no_effect=nth:2"]).await;
    let fresh = play.list(false).await;
    let ids = |list: &[Value]| list.iter().map(|review| review["id"].clone()).collect::<Vec<_>>();
    play.answer(&play.waiting().await, "Спасибо!").await;
    play.advance_clock(3600).await;
    play.set_faults(json!({ "down": 1 })).await;
    assert_eq!(play.control(Method::POST, "/control/reset", None).await.status, 204);
    assert_eq!(ids(&play.list(false).await), ids(&fresh));
    assert_eq!(play.state().await["wildberries"][SELLER]["deliveries"], 0);
    assert_eq!(play.answers_in_ledger().await.len(), 1);

    let before = everything(&play).await;
    assert_eq!(everything(&play.restart().await).await, before);
}

#[tokio::test]
async fn the_ledger_is_one_numbered_line_per_entry_on_disk_and_over_http() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    play.answer(&id, "Спасибо!").await;
    let on_disk = std::fs::read_to_string(play.ledger_path()).unwrap();
    let over_http = play.control(Method::GET, "/ledger", None).await;
    assert_eq!(over_http.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(over_http.text, on_disk);
    for (place, line) in on_disk.lines().enumerate() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["n"], place + 1);
    }
    let last = on_disk.lines().count() - 1;
    let tail = play.control(Method::GET, &format!("/ledger?after={last}"), None).await;
    assert_eq!(tail.text.lines().count(), 1);
    assert!(tail.text.contains(&id));
    assert!(!on_disk.contains(crate::play::TOKEN), "tokens are not written down");
}

#[tokio::test]
async fn a_full_disk_refuses_every_change_and_applies_nothing() {
    let play = play_with(|config| config.ledger = PathBuf::from("/dev/full")).await;
    let before = (play.list(false).await, play.list(true).await);
    let id = play.waiting().await;
    for answer in [play.answer(&id, "Спасибо!").await, play.edit(&id, "Спасибо!").await]
    {
        assert_eq!(answer.status, 500);
        assert_eq!(answer.json()["detail"], "the ledger cannot be written, nothing was applied");
    }
    let path = format!("/control/wildberries/{SELLER}/reviews/{id}");
    for (method, path, body) in [
        (Method::PATCH, path.clone(), json!({ "text": "Передумал" })),
        (Method::DELETE, path.clone(), json!({})),
        (Method::PUT, format!("{path}/answer"), json!({ "text": "Сами" })),
        (
            Method::POST,
            format!("/control/wildberries/{SELLER}/tokens/revoke"),
            json!({ "token": crate::play::TOKEN }),
        ),
        (Method::POST, "/control/clock".to_owned(), json!({ "seconds": 7_000_000 })),
        (Method::POST, "/control/reset".to_owned(), json!({})),
    ] {
        let answer = play.control(method, &path, Some(body)).await;
        assert_eq!(answer.status, 500, "{path}");
        assert!(answer.json()["error"].as_str().unwrap().contains("ledger"), "{}", answer.text);
    }
    assert_eq!((play.list(false).await, play.list(true).await), before);
    assert_eq!(play.review(&id).await["versions"], json!([]));
    assert_eq!(play.state().await["ledger"]["failed_appends"], 9);
}

#[tokio::test]
async fn settings_that_cannot_be_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = async |change: fn(&mut sandbox::SandboxConfig)| {
        let mut config = crate::play::config(&folder);
        change(&mut config);
        format!("{:#}", Sandbox::start(config).await.unwrap_err())
    };
    assert_eq!(
        refusal(|config| config.rate_scale = 0.0).await,
        "rate_scale must be more than 0, found 0"
    );
    assert_eq!(
        refusal(|config| config.sellers.push(config.sellers[0].clone())).await,
        "the seller demo is given twice"
    );
    assert_eq!(
        refusal(|config| {
            let token = TokenConfig::new(crate::play::TOKEN);
            config.sellers.push(SellerConfig::new("other", [token]));
        })
        .await,
        "the sellers demo and other share a token"
    );
    assert!(
        refusal(|config| config.ledger = PathBuf::from("/nowhere/ledger.jsonl"))
            .await
            .starts_with("opening the ledger /nowhere/ledger.jsonl")
    );
    assert!(
        refusal(|config| config.reviews = ReviewSource::file("/nowhere/reviews.jsonl"))
            .await
            .contains("reading reviews from /nowhere/reviews.jsonl")
    );
}

#[tokio::test]
async fn a_ledger_serves_one_sandbox_at_a_time() {
    let play = play(&[]).await;
    let refusal = Sandbox::start(play.config.clone()).await.unwrap_err().to_string();
    assert!(refusal.starts_with("another sandbox is using the ledger"), "{refusal}");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_the_slowest_answer() {
    let play = play(&["slow=1,ms=60000"]).await;
    let request = play.client.get(format!("{}/ping", play.sandbox.url()));
    let waiting = tokio::spawn(request.header("Authorization", crate::play::TOKEN).send());
    let under_way = async { while play.state().await["answers"].get("GET /ping").is_none() {} };
    tokio::time::timeout(Duration::from_secs(5), under_way).await.unwrap();
    let stopped = tokio::time::timeout(Duration::from_secs(8), play.sandbox.stop()).await;
    assert!(stopped.is_ok());
    assert!(waiting.await.unwrap().is_err());
}
