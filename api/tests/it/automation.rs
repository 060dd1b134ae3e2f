//! What a seller wants answered without a person, over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect, expect_problem};

const PATH: &str = "/seller/automation";

fn body(now: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut automation = now["automation"].clone();
    change(&mut automation);
    json!({"replaces": now["version"], "automation": automation})
}

async fn change(anna: &Signed, change: impl FnOnce(&mut Value)) -> Value {
    let body = body(&anna.get(PATH).await, change);
    expect(anna.write(Method::PUT, PATH, &body), StatusCode::OK).await
}

#[sqlx::test(migrations = "../migrations")]
async fn every_change_is_a_version_and_nobodys_is_lost(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let before = anna.get(PATH).await;
    assert_eq!(
        (&before["version"], &before["automation"]["stage"]),
        (&json!(0), &json!("observation"))
    );
    let changed = change(&anna, |automation| {
        automation["rules"]["channels"] = json!(["question", "review", "review"]);
        automation["rules"]["rating_min"] = json!(5);
        automation["per_hour"] = json!(3);
    })
    .await;
    assert_eq!(changed["version"], 1);
    assert_eq!(changed["automation"]["rules"]["channels"], json!(["review", "question"]));
    let late = body(&before, |automation| automation["per_day"] = json!(7));
    expect_problem(anna.write(Method::PUT, PATH, &late), 409, "automation_changed").await;
    let history = anna.get("/seller/automation/history").await;
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
    assert_eq!(history["items"][0]["automation"], changed["automation"]);
    let boris = app.register("boris@example.ru").await;
    assert_eq!(boris.get(PATH).await["version"], 0);
    assert_eq!(boris.get("/seller/automation/history").await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_is_named(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let now = anna.get(PATH).await;
    for (field, value) in [
        ("rules.rating_min", json!(6)),
        ("rules.auto_from", json!(101)),
        ("rules.escalate_below", json!(99)),
        ("rules.handoff", json!(["thanks"])),
        ("per_hour", json!(0)),
        ("per_day", json!(10_001)),
        ("hold_seconds", json!(9)),
    ] {
        let pointer = format!("/{}", field.replace('.', "/"));
        let body = body(&now, |automation| *automation.pointer_mut(&pointer).unwrap() = value);
        let problem =
            expect_problem(anna.write(Method::PUT, PATH, &body), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], format!("automation.{field}"), "{problem}");
    }
    for (stage, code) in [
        ("backtested", "backtest_needed"),
        ("pilot", "automatic_replies_not_offered"),
        ("on", "automatic_replies_not_offered"),
    ] {
        let body = body(&now, |automation| automation["stage"] = json!(stage));
        expect_problem(anna.write(Method::PUT, PATH, &body), 409, code).await;
    }
    assert_eq!(anna.get(PATH).await["version"], 0);
}
