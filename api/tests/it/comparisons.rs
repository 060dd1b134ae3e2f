//! Comparisons of models as they are asked for, read and stopped; what comes of them is shown where models are asked.

use std::time::Duration;

use adapters::model::ComparedModels;
use adapters::model::price::Prices;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Setup, TestApp, expect, expect_problem};

const PATH: &str = "/drafting/comparisons";

fn question() -> Value {
    json!({
        "since": "2026-11-01T00:00:00Z", "until": "2026-11-08T00:00:00Z", "model": "sandbox",
        "budget_micro_usd": 1_000_000, "drafts_max": 100
    })
}

async fn with_models(pool: PgPool) -> TestApp {
    let models = ComparedModels {
        // Nobody listens on port 1.
        url: "http://127.0.0.1:1".to_owned(),
        key: "".into(),
        provider: None,
        prices: Prices::shipped(),
        timeout: Duration::from_secs(1),
    };
    TestApp::with(pool, Setup { compared: Some(models), ..Setup::default() }).await
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_model_nothing_is_compared(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let wanted = anna.write(Method::POST, PATH, &question());
    let problem = expect_problem(wanted, 409, "no_model_to_compare").await;
    assert!(problem["you_can"].as_str().unwrap().contains("AGENTIQ_COMPARED_MODEL_URL"));
    assert_eq!(anna.get(PATH).await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_comparison_is_asked_for_once_read_by_its_seller_and_stopped(pool: PgPool) {
    let app = with_models(pool).await;
    let anna = app.register("anna@example.ru").await;
    let key = Uuid::new_v4().to_string();
    let want = || anna.call(Method::POST, PATH).header("idempotency-key", &key).json(&question());
    let wanted = expect(want(), StatusCode::OK).await;
    assert_eq!(expect(want(), StatusCode::OK).await, wanted);
    assert_eq!((&wanted["state"], &wanted["spent_micro_usd"]), (&json!("wanted"), &json!(0)));
    assert_eq!(anna.get(PATH).await["items"], json!([wanted]));

    let id = wanted["comparison_id"].as_str().unwrap();
    let report = anna.get(&format!("{PATH}/{id}")).await;
    assert_eq!((&report["comparison"], &report["items"]), (&wanted, &json!([])));
    assert_eq!((&report["before"]["drafts"], &report["again"]["drafts"]), (&json!(0), &json!(0)));

    let boris = app.register("boris@example.ru").await;
    let stop = format!("{PATH}/{id}/stop");
    expect_problem(boris.write(Method::POST, &stop, &json!({})), 404, "not_found").await;
    expect_problem(boris.call(Method::GET, &format!("{PATH}/{id}")), 404, "not_found").await;
    assert_eq!(anna.get(PATH).await["items"][0]["state"], "wanted", "another cannot stop it");
    let stopped = expect(anna.write(Method::POST, &stop, &json!({})), StatusCode::OK).await;
    assert_eq!(stopped["state"], "stopped");
    assert!(stopped["ended_at"].is_string());
    let again = expect(anna.write(Method::POST, &stop, &json!({})), StatusCode::OK).await;
    assert_eq!(again, stopped);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_compared_is_refused_by_its_field(pool: PgPool) {
    let app = with_models(pool).await;
    let anna = app.register("anna@example.ru").await;
    for (field, value) in [
        ("model", json!("nobody-knows")),
        ("model", json!("")),
        ("budget_micro_usd", json!(0)),
        ("budget_micro_usd", json!(100_000_001)),
        ("drafts_max", json!(0)),
        ("drafts_max", json!(1_001)),
        ("until", json!("2026-11-01T00:00:00Z")),
        ("since", json!("2024-11-01T00:00:00Z")),
        ("since", json!("1999-11-01T00:00:00Z")),
        ("other", json!(1)),
    ] {
        let mut body = question();
        body[field] = value.clone();
        let wanted = anna.write(Method::POST, PATH, &body);
        let problem = expect_problem(wanted, 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], field, "{value}: {problem}");
    }
    assert_eq!(anna.get(PATH).await["items"], json!([]));
}
