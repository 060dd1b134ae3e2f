//! By when buyers are answered, over HTTP: in the list, at an item, and why.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use domain::InteractionId;
use domain::interaction::InteractionCommand;
use domain::value::Links;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::drafts::until;
use crate::harness::{Signed, TestApp, expect, expect_problem, review};

impl TestApp {
    /// Takes in a review that was written so many minutes ago.
    async fn written(&self, anna: &Signed, n: u32, rating: u8, minutes_ago: i64) -> InteractionId {
        let mut reading = review(n, rating, Links::default());
        reading.source.occurred_at = Utc::now() - TimeDelta::minutes(minutes_ago);
        let source = &reading.source;
        let (account, external_id) = (source.account_id, &source.external_id);
        let id = InteractionId::of_external(anna.tenant, account, source.channel, external_id);
        self.execute(anna.tenant, id, InteractionCommand::Ingest(Box::new(reading))).await;
        id
    }
}

fn time(value: &Value) -> DateTime<Utc> {
    serde_json::from_value(value.clone()).unwrap()
}

fn is_promised(whole: &Value) -> bool {
    whole["deadline"].is_object()
}

async fn listed(anna: &Signed, query: &str) -> Vec<Value> {
    let page = anna.get(&format!("/interactions?{query}")).await;
    page["items"].as_array().unwrap().iter().map(|item| item["interaction_id"].clone()).collect()
}

async fn titles(anna: &Signed, id: InteractionId) -> Vec<String> {
    let why = anna.get(&format!("/interactions/{id}/why")).await;
    let lines = why["lines"].as_array().unwrap().iter();
    lines.map(|line| line["title"].as_str().unwrap().to_owned()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn who_waits_is_told_by_when_and_why_and_the_soonest_is_first(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    // An hour for few stars, four hours for three, a day for five.
    let calm = app.written(&anna, 1, 1, 10).await;
    let soon = app.written(&anna, 2, 3, 235).await;
    let late = app.written(&anna, 3, 5, 3_000).await;
    app.work();
    let whole = until(&anna, calm, is_promised).await;
    let deadline = &whole["deadline"];
    assert_eq!(time(&deadline["waits_since"]), time(&whole["occurred_at"]).trunc_subsecs(6));
    let whole_time = time(&deadline["answer_by"]) - time(&deadline["waits_since"]);
    assert_eq!(whole_time, TimeDelta::minutes(60));
    let told = json!({
        "priority": "high", "policy": 0, "rule": null, "escalated": false, "breached": false,
    });
    for (name, value) in told.as_object().unwrap() {
        assert_eq!(&deadline[name], value, "{name} of {deadline}");
    }
    let whole = until(&anna, calm, |whole| whole["deadline_reasons"].is_object()).await;
    let reasons = &whole["deadline_reasons"];
    assert_eq!((&reasons["minutes"], &reasons["zone"]), (&json!(60), &json!("Europe/Moscow")));
    assert_eq!((&reasons["clock"], &reasons["pauses"]), (&json!("working_time"), &json!([])));

    let whole = until(&anna, soon, |whole| whole["deadline"]["escalated"] == true).await;
    assert_eq!(
        (&whole["priority"], &whole["deadline"]["priority"]),
        (&json!("urgent"), &json!("normal"))
    );
    let told = titles(&anna, soon).await;
    assert!(told.iter().any(|title| title.starts_with("Срок ответа подходит")), "{told:?}");

    let whole = until(&anna, late, is_promised).await;
    assert_eq!(whole["deadline"]["breached"], true);
    assert_ne!(whole["priority"], "urgent", "nobody is alarmed of history");
    let told = titles(&anna, late).await;
    assert!(!told.iter().any(|title| title.starts_with("Срок ответа прошёл")), "{told:?}");

    let [calm, soon, late] = [calm, soon, late].map(|id| json!(id));
    assert_eq!(listed(&anna, "order=deadline").await, [late.clone(), soon.clone(), calm]);
    assert_eq!(listed(&anna, "order=deadline&breached=true").await, std::slice::from_ref(&late));
    assert_eq!(listed(&anna, "order=deadline&due_within_minutes=10").await, [late, soon]);
    let counts = anna.get("/interactions/counts?breached=true").await;
    assert_eq!(counts["total"], 1);
    let first = anna.get("/interactions?order=deadline&limit=2").await;
    let after = first["next"].as_str().unwrap();
    assert_eq!(listed(&anna, &format!("order=deadline&limit=2&after={after}")).await.len(), 1);
    let turned = anna.call(Method::GET, &format!("/interactions?order=newest&after={after}"));
    expect_problem(turned, 400, "bad_cursor").await;
    let far = anna.call(Method::GET, "/interactions?due_within_minutes=525601");
    expect_problem(far, 400, "bad_query").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_changed_policy_promises_anew_and_an_answer_ends_it(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.written(&anna, 1, 1, 10).await;
    app.work();
    until(&anna, id, is_promised).await;
    let mut now = anna.get("/seller/sla").await;
    now["sla"]["rules"] = json!([{"phrases": ["отзыв"], "priority": "urgent", "minutes": 300}]);
    let body = json!({"replaces": now["version"], "sla": now["sla"]});
    expect(anna.write(Method::PUT, "/seller/sla", &body), StatusCode::OK).await;
    let whole = until(&anna, id, |whole| whole["deadline"]["policy"] == 1).await;
    let deadline = &whole["deadline"];
    assert_eq!((&deadline["rule"], &deadline["priority"]), (&json!(1), &json!("urgent")));
    let whole_time = time(&deadline["answer_by"]) - time(&deadline["waits_since"]);
    assert_eq!(whole_time, TimeDelta::minutes(300));
    let whole = until(&anna, id, |whole| whole["deadline_reasons"].is_object()).await;
    assert_eq!(whole["deadline_reasons"]["rule_phrases"], json!(["отзыв"]));

    // Held, it is not answered yet.
    let later = (Utc::now() + TimeDelta::hours(1)).to_rfc3339();
    let body = json!({"text": "Здравствуйте! Спасибо за отзыв.", "send_at": later});
    let reply = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &body);
    let told: Value = reply.send().await.unwrap().json().await.unwrap();
    let reply_id = told["reply"]["reply_id"].as_str().unwrap().parse().unwrap();
    let whole = until(&anna, id, |whole| whole["status"] == "held").await;
    assert!(is_promised(&whole), "{whole}");
    app.execute(anna.tenant, id, InteractionCommand::Release { reply_id }).await;
    let accepted = InteractionCommand::RecordAccepted {
        reply_id,
        attempt: 1,
        at: Utc::now(),
        external_id: None,
    };
    app.execute(anna.tenant, id, accepted).await;
    let whole = until(&anna, id, |whole| whole["status"] == "responded").await;
    assert_eq!((&whole["deadline"], &whole["deadline_reasons"]), (&Value::Null, &Value::Null));
}
