//! Guardrails over HTTP: what stops a reply, what goes along with it, and that asking beforehand tells the same.

use domain::InteractionId;
use domain::interaction::REFUSALS_MAX;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect, expect_problem};

const BLOCKED: &str = "Наш бот ответит, звоните 8 916 123-45-67";

/// Goes out, but is short.
const WARNED: &str = "Спасибо!";

fn reply(id: InteractionId) -> String {
    format!("/interactions/{id}/reply")
}

async fn check(anna: &Signed, id: InteractionId, text: &str) -> Value {
    let path = format!("{}/check", reply(id));
    // Without a key: nothing is written.
    let request = anna.call(Method::POST, &path).json(&json!({"text": text}));
    expect(request, StatusCode::OK).await
}

/// The events of an interaction.
async fn events(anna: &Signed, id: InteractionId) -> Vec<Value> {
    let page = anna.get("/events").await;
    let of = |event: &&Value| event["subject"] == id.to_string();
    page["events"].as_array().unwrap().iter().filter(of).cloned().collect()
}

/// What happened to an interaction, by name.
async fn types(anna: &Signed, id: InteractionId) -> Vec<String> {
    let name = |event: Value| event["type"].as_str().unwrap().rsplit('.').next().map(str::to_owned);
    events(anna, id).await.into_iter().filter_map(name).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_is_stopped_says_where_and_what_to_write_instead(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let send = |key: &str, text: &str| {
        anna.write_as(key, Method::POST, &reply(id), &json!({"text": text}))
    };
    let problem = expect_problem(send("one", BLOCKED), 422, "reply_blocked").await;
    let found: Vec<_> = problem["violations"].as_array().unwrap().iter().collect();
    let told = |name: &str| found.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(told("type"), ["ai_mention", "contact_phone"]);
    assert_eq!(told("category"), ["ai_mention", "contact"]);
    assert_eq!(told("severity"), ["error", "error"]);
    assert_eq!(told("phrase"), ["бот", "8 916 123-45-67"]);
    assert_eq!(told("place"), [json!({"start": 4, "end": 7}), json!({"start": 25, "end": 40})]);
    let says = |name: &str| told(name).iter().all(|text| text.as_str().unwrap().len() > 20);
    assert!(says("message") && says("instead"), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("«бот»") && detail.contains("«8 916 123-45-67»"), "{detail}");

    assert_eq!(types(&anna, id).await, ["Ingested", "ReplyRefused"], "nothing was asked for");
    app.catch_up().await;
    assert_eq!(anna.get(&format!("/interactions/{id}")).await["can_answer"]["allowed"], true);
    let again = send("one", BLOCKED).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    expect(send("two", "Рады, что чайник пришёлся по душе!"), StatusCode::ACCEPTED).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_warning_is_told_and_kept_and_told_again(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let send = || anna.write_as("one", Method::POST, &reply(id), &json!({"text": WARNED}));
    let told = expect(send(), StatusCode::ACCEPTED).await;
    assert_eq!(told["warnings"][0]["type"], "length_short");
    assert_eq!(told["warnings"][0]["severity"], "warning");
    assert_eq!(told["warnings"][0]["place"], Value::Null);
    assert_eq!(told["warnings"].as_array().unwrap().len(), 1);
    let kept = events(&anna, id).await.pop().unwrap();
    assert_eq!(kept["type"], "agentiq.interaction.ReplyRequested");
    let passed = json!({"version": 5, "warnings": [{"rule": "length_short"}]});
    assert_eq!(kept["data"]["guardrails"], passed, "{kept}");
    assert_eq!(expect(send(), StatusCode::ACCEPTED).await, told);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_repetition_whose_first_answer_was_lost_is_no_new_reply(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let send = || anna.write_as("one", Method::POST, &reply(id), &json!({"text": WARNED}));
    let told = expect(send(), StatusCode::ACCEPTED).await;
    // As a process leaves it that dies before it has kept its answer.
    let forget = "update idempotency_key set status = null, headers = null, body = null, lease_until = now()";
    sqlx::query(forget).execute(&pool).await.unwrap();
    assert_eq!(expect(send(), StatusCode::ACCEPTED).await["reply"], told["reply"]);
    assert_eq!(events(&anna, id).await.len(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn asking_beforehand_tells_what_sending_would(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let before = check(&anna, id, BLOCKED).await;
    let send = anna.write(Method::POST, &reply(id), &json!({"text": BLOCKED}));
    let problem = expect_problem(send, 422, "reply_blocked").await;
    assert_eq!(before["violations"], problem["violations"]);
    assert_eq!(before["warnings"], json!([]));
    assert_eq!(before["version"], 5);
    // Places are those of the text as it was asked about.
    let shifted = check(&anna, id, &format!("\n {BLOCKED}")).await;
    assert_eq!(shifted["violations"][0]["place"], json!({"start": 6, "end": 9}));
    let body = json!({"text": format!("\r\n {BLOCKED} ")});
    let sent = expect_problem(anna.write(Method::POST, &reply(id), &body), 422, "reply_blocked");
    let asked = check(&anna, id, body["text"].as_str().unwrap()).await;
    let sent = sent.await;
    assert_eq!(sent["violations"][0]["place"], json!({"start": 7, "end": 10}));
    assert_eq!(sent["violations"], asked["violations"]);
    let nothing = json!({"version": 5, "own_version": 0, "violations": [], "warnings": []});
    assert_eq!(check(&anna, id, "").await, nothing);
    assert_eq!(check(&anna, id, "Рады, что чайник пришёлся по душе!").await, nothing);
    // It is the same text that was refused twice.
    assert_eq!(types(&anna, id).await, ["Ingested", "ReplyRefused"]);

    let path = format!("{}/check", reply(id));
    let long = anna.call(Method::POST, &path).json(&json!({"text": "я".repeat(5001)}));
    expect_problem(long, 422, "text_too_long").await;
    let boris = app.register("boris@example.ru").await;
    let foreign = boris.call(Method::POST, &path).json(&json!({"text": BLOCKED}));
    expect_problem(foreign, 404, "not_found").await;
    let nobody = app.call(Method::POST, &format!("/api/v1{path}")).json(&json!({"text": BLOCKED}));
    expect_problem(nobody, 401, "unauthenticated").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_is_held_to_the_same_rules(pool: PgPool) {
    use domain::ReplyId;
    use domain::interaction::InteractionCommand;

    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let first = anna.write(Method::POST, &reply(id), &json!({"text": WARNED}));
    let first = expect(first, StatusCode::ACCEPTED).await;
    let reply_id: ReplyId = first["reply"]["reply_id"].as_str().unwrap().parse().unwrap();
    let at = chrono::Utc::now();
    let sent = InteractionCommand::RecordAccepted { reply_id, attempt: 1, at, external_id: None };
    app.execute(anna.tenant, id, sent).await;
    let edit = anna.write(Method::PATCH, &reply(id), &json!({"text": BLOCKED}));
    expect_problem(edit, 422, "reply_blocked").await;
    let edit = anna.write(Method::PATCH, &reply(id), &json!({"text": "Благодарим!"}));
    let told = expect(edit, StatusCode::ACCEPTED).await;
    assert_eq!(told["warnings"][0]["type"], "length_short");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_reply_is_told_in_the_history_once_and_not_in_clear(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let text = "Вам ответил бот магазина.";
    for key in ["one", "two", "three"] {
        let refused = || anna.write_as(key, Method::POST, &path, &json!({"text": text}));
        expect_problem(refused(), 422, "reply_blocked").await;
        assert_eq!(refused().send().await.unwrap().status(), 422, "under the same key, too");
    }
    let why = anna.get(&format!("/interactions/{id}/why")).await;
    let lines = why["lines"].as_array().unwrap();
    let refusals: Vec<_> =
        lines.iter().filter(|line| line["title"] == "Ответ не прошёл проверку").collect();
    assert_eq!(refusals.len(), 1, "{why}");
    assert_eq!(refusals[0]["who"], "оператор anna@example.ru");
    let facts = refusals[0]["facts"].as_array().unwrap();
    let violation = facts.iter().find(|fact| fact["name"] == "violation").unwrap();
    assert!(violation["text"].as_str().unwrap().starts_with("«бот»"), "{violation}");
    let steps = anna.get(&format!("/interactions/{id}/steps")).await;
    assert_eq!(
        steps["items"].as_array().unwrap().last().unwrap()["title"],
        "Ответ не прошёл проверку"
    );
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!((&whole["status"], &whole["reply"]), (&json!("waiting"), &Value::Null));

    let payloads: Vec<String> =
        sqlx::query_scalar("select payload::text from es.event where event_type = 'ReplyRefused'")
            .fetch_all(app.db.pool())
            .await
            .unwrap();
    assert_eq!(payloads.len(), 1);
    assert!(!payloads[0].contains("ответил") && !payloads[0].contains("бот"), "{}", payloads[0]);

    // A program that tries words for ever.
    for n in 0..REFUSALS_MAX + 10 {
        let body = json!({"text": format!("{text} {n}")});
        expect_problem(anna.write(Method::POST, &path, &body), 422, "reply_blocked").await;
    }
    let steps = anna.get(&format!("/interactions/{id}/steps")).await;
    let refusals = steps["items"].as_array().unwrap().iter();
    let refusals = refusals.filter(|step| step["title"] == "Ответ не прошёл проверку").count();
    assert_eq!(refusals, REFUSALS_MAX);
}
