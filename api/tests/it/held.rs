//! Replies that are held: taken back, let out, and refused where something came in meanwhile.

use chrono::{TimeDelta, Utc};
use domain::InteractionId;
use domain::interaction::InteractionCommand as Command;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect_problem};

const TEXT: &str = "Спасибо за отзыв, рады, что понравилось!";

async fn hold(anna: &Signed, id: InteractionId, body: Value) -> Value {
    let told = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &body);
    let answer = told.send().await.unwrap();
    assert_eq!(answer.status(), 202);
    answer.json().await.unwrap()
}

async fn end(anna: &Signed, id: InteractionId, held: &Value, how: &str) -> reqwest::Response {
    let reply = held["reply"]["reply_id"].as_str().unwrap();
    let path = format!("/interactions/{id}/replies/{reply}/{how}");
    anna.write(Method::POST, &path, &json!({})).send().await.unwrap()
}

async fn code_of(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_held_can_be_taken_back_and_then_never_goes_out(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let asked = Utc::now();
    let held = hold(&anna, id, json!({"text": TEXT, "hold_seconds": 30})).await;
    assert_eq!(held["reply"]["state"], "held");
    let until = held["reply"]["held_until"].as_str().unwrap();
    let until: chrono::DateTime<Utc> = until.parse().unwrap();
    let ahead = until - asked;
    assert!((TimeDelta::seconds(25)..TimeDelta::seconds(60)).contains(&ahead), "{ahead}");

    app.catch_up().await;
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!(whole["reply"], held["reply"], "the read model tells the same");
    assert_eq!(whole["status"], "held");
    assert_eq!(whole["held_until"], held["reply"]["held_until"]);
    assert_eq!(whole["needs_response"], false);
    assert_eq!(whole["can_answer"]["code"], "reply_held");
    let found = anna.get("/interactions?status=held").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(anna.get("/interactions/counts").await["by_status"]["held"], 1);
    let second = anna.write(
        Method::POST,
        &format!("/interactions/{id}/reply"),
        &json!({"text": "Спасибо за ещё один отзыв!"}),
    );
    expect_problem(second, 409, "reply_held").await;

    let back = end(&anna, id, &held, "cancel").await;
    assert_eq!(back.status(), 200);
    let back: Value = back.json().await.unwrap();
    assert_eq!(back["reply"]["state"], "cancelled");
    assert_eq!(back["reply"]["failure"]["code"], "by_person");
    assert_eq!(back["reply"]["text"], TEXT, "it can be mended");
    app.catch_up().await;
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!(whole["reply"], back["reply"]);
    assert_eq!((&whole["status"], &whole["held_until"]), (&json!("waiting"), &Value::Null));
    assert_eq!(whole["can_answer"]["allowed"], true);

    assert_eq!(end(&anna, id, &held, "cancel").await.status(), 200, "taken back already");
    let released = end(&anna, id, &held, "release").await;
    assert_eq!(code_of(released).await, (409, "reply_cancelled".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_went_out_cannot_be_taken_back(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let tomorrow = Utc::now() + TimeDelta::days(1);
    let held = hold(&anna, id, json!({"text": TEXT, "send_at": tomorrow})).await;
    let until = held["reply"]["held_until"].as_str().unwrap();
    let until: chrono::DateTime<Utc> = until.parse().unwrap();
    assert!((until - tomorrow).abs() < TimeDelta::milliseconds(1));

    let out = end(&anna, id, &held, "release").await;
    assert_eq!(out.status(), 202);
    let out: Value = out.json().await.unwrap();
    assert_eq!(out["reply"]["state"], "sending");
    assert_eq!(out["reply"]["held_until"], Value::Null);
    let back = end(&anna, id, &held, "cancel").await;
    assert_eq!(code_of(back).await, (409, "reply_gone".into()));
    let steps = anna.get(&format!("/interactions/{id}/steps")).await;
    let titles: Vec<_> =
        steps["items"].as_array().unwrap().iter().map(|step| &step["title"]).collect();
    assert_eq!(titles[1..], [&json!("Ответ отложен"), &json!("Отложенное пошло на отправку")]);

    let unknown = json!({"reply": {"reply_id": uuid::Uuid::now_v7()}});
    for how in ["cancel", "release"] {
        let answer = end(&anna, id, &unknown, how).await;
        assert_eq!(code_of(answer).await, (404, "not_found".into()));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_time_that_cannot_be_is_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let now = Utc::now();
    for wish in [
        json!({"text": TEXT, "hold_seconds": 31}),
        json!({"text": TEXT, "send_at": now - TimeDelta::minutes(1)}),
        json!({"text": TEXT, "send_at": now + TimeDelta::days(31)}),
        json!({"text": TEXT, "send_at": now + TimeDelta::days(1), "hold_seconds": 0}),
    ] {
        expect_problem(anna.write(Method::POST, &path, &wish), 422, "invalid_body").await;
    }
    let edit = json!({"text": TEXT, "send_at": now});
    expect_problem(anna.write(Method::PATCH, &path, &edit), 422, "invalid_body").await;
    let settings = json!({"reply_pending_window_minutes": 180, "reply_hold_seconds": 31});
    let change = anna.write(Method::PUT, "/seller/settings", &settings);
    expect_problem(change, 422, "invalid_body").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_seller_has_settled_holds_for_whoever_says_nothing(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let settings = json!({"reply_pending_window_minutes": 180, "reply_hold_seconds": 20});
    let change = anna.write(Method::PUT, "/seller/settings", &settings).send().await.unwrap();
    assert_eq!(change.json::<Value>().await.unwrap()["reply_hold_seconds"], 20);
    let id = app.review(anna.tenant, 1, 5).await;
    let held = hold(&anna, id, json!({"text": TEXT})).await;
    assert_eq!(held["reply"]["state"], "held");
    let other = app.review(anna.tenant, 2, 5).await;
    let at_once = hold(&anna, other, json!({"text": TEXT, "hold_seconds": 0})).await;
    assert_eq!(at_once["reply"]["state"], "sending");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_writer_who_has_not_seen_the_last_is_told_to_look(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    app.catch_up().await;
    let basis = anna.get(&format!("/interactions/{id}")).await["basis"].as_u64().unwrap();
    let path = format!("/interactions/{id}/reply");
    let late = json!({"text": TEXT, "basis": basis + 1});
    expect_problem(anna.write(Method::POST, &path, &late), 409, "interaction_changed").await;

    // A colleague writes, thinks better of it, and the first of them has not seen that.
    let held = hold(&anna, id, json!({"text": TEXT, "hold_seconds": 30, "basis": basis})).await;
    let reply_id = held["reply"]["reply_id"].as_str().unwrap().parse().unwrap();
    app.execute(anna.tenant, id, Command::Cancel { reply_id }).await;
    let unaware = json!({"text": TEXT, "basis": basis});
    expect_problem(anna.write(Method::POST, &path, &unaware), 409, "interaction_changed").await;
    let aware = hold(&anna, id, json!({"text": TEXT, "basis": basis + 1})).await;
    assert_eq!(aware["reply"]["state"], "sending");
}
