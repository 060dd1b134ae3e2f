//! Replies that go out without a person, by rules that were held against history.

use domain::InteractionId;
use domain::interaction::InteractionCommand;
use domain::value::{BuyerWords, Links};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::automation::{PATH, backtested, change, resting_on};
use crate::drafts::until;
use crate::harness::{Setup, Signed, TestApp, expect, expect_problem, review};

const STATUS: &str = "/automation/status";

/// A seller who has judged a draft and begun a pilot with these limits.
async fn pilot(pool: PgPool, limits: Value) -> (TestApp, Signed) {
    let mut setup = Setup::default();
    setup.api.automatic_replies = true;
    let app = TestApp::with(pool, setup).await;
    let anna = app.register("anna@example.ru").await;
    app.work();
    let (id, draft) = app.drafted(&anna, 1, 5).await;
    let same = json!({"text": draft["text"], "draft_id": draft["draft_id"]});
    let reply = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &same);
    expect(reply, StatusCode::ACCEPTED).await;
    let rules = anna.get(PATH).await["automation"]["rules"].clone();
    let made = backtested(&anna, &rules).await;
    let mut wish = resting_on(&made, &rules);
    wish["automation"]["stage"] = json!("pilot");
    for (limit, value) in limits.as_object().unwrap() {
        wish["automation"][limit] = value.clone();
    }
    let begun = expect(anna.write(Method::PUT, PATH, &wish), StatusCode::OK).await;
    assert_eq!((&begun["offered"], &begun["automation"]["stage"]), (&json!(true), &json!("pilot")));
    (app, anna)
}

impl TestApp {
    /// Takes in a review with five stars and waits until it is answered by itself.
    async fn answered_by_itself(&self, anna: &Signed, n: u32) -> (InteractionId, Value) {
        let id = self.ingest(anna.tenant, n, 5).await;
        let whole = until(anna, id, |whole| whole["status"] == "held").await;
        (id, whole)
    }
}

/// Waits until the history, a read model of its own, has the reply that the inbox shows.
async fn reply_of(anna: &Signed, id: InteractionId) -> Value {
    loop {
        let reply = anna.get(&format!("/interactions/{id}/history")).await["items"][0].clone();
        if reply.is_object() {
            return reply;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Waits until what was decided last is so; what is held is known to the outbox, too, which tells until when.
async fn decided(anna: &Signed, outcome: &str) -> Value {
    loop {
        let status = anna.get(STATUS).await;
        let last = &status["items"][0];
        if last["outcome"] == outcome && (outcome != "held" || last["held_until"].is_string()) {
            return status;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn thanks_are_answered_by_themselves_and_can_be_taken_back(pool: PgPool) {
    let (app, anna) = pilot(pool, json!({})).await;
    let (id, whole) = app.answered_by_itself(&anna, 2).await;
    let reply = reply_of(&anna, id).await;
    assert_eq!((&reply["automatic"], &reply["state"]), (&json!(true), &json!("held")), "{reply}");
    assert_eq!(reply["text"], whole["draft"]["text"]);
    let status = decided(&anna, "held").await;
    let item = &status["items"][0];
    assert_eq!((&item["interaction_id"], &item["reply_id"]), (&json!(id), &reply["reply_id"]));
    assert_eq!((&status["sent_last_hour"], &status["stage"]), (&json!(1), &json!("pilot")));
    let back = format!("/interactions/{id}/replies/{}/cancel", reply["reply_id"].as_str().unwrap());
    expect(anna.write(Method::POST, &back, &json!({})), StatusCode::OK).await;
    decided(&anna, "taken_back").await;
    // Another draft comes, and nobody but a person sends it.
    let whole = until(&anna, id, |whole| {
        whole["draft_state"] == "ready" && whole["draft"]["decision"]["verdict"] != "auto_send"
    })
    .await;
    let reasons = whole["draft"]["decision"]["reasons"].to_string();
    assert!(reasons.contains("tried") && reasons.contains("person_wrote"), "{reasons}");
    assert_eq!(anna.get(STATUS).await["items"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_beyond_the_limits_or_the_rules_is_a_persons_task(pool: PgPool) {
    let (app, anna) = pilot(pool, json!({"per_hour": 2})).await;
    app.answered_by_itself(&anna, 2).await;
    app.answered_by_itself(&anna, 3).await;
    let third = app.ingest(anna.tenant, 4, 5).await;
    let status = decided(&anna, "refused").await;
    assert_eq!(status["items"][0]["interaction_id"], json!(third));
    assert!(status["items"][0]["message"].as_str().unwrap().contains("в час"), "{status}");
    assert_eq!(status["sent_last_hour"], 2);
    let whole = until(&anna, third, |whole| whole["draft_state"] == "ready").await;
    assert_eq!(whole["needs_response"], true, "{whole}");
    // One star is nobody's but a person's, limits or not.
    let angry = app.ingest(anna.tenant, 5, 1).await;
    until(&anna, angry, |whole| whole["draft_state"] == "ready").await;
    assert_eq!(anna.get(STATUS).await["items"].as_array().unwrap().len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stop_takes_back_what_is_held_and_begins_anew(pool: PgPool) {
    let (app, anna) = pilot(pool, json!({})).await;
    let (id, _) = app.answered_by_itself(&anna, 2).await;
    decided(&anna, "held").await;
    let stop = anna.write(Method::POST, "/seller/automation/stop", &json!({}));
    let stopped = expect(stop, StatusCode::OK).await;
    assert_eq!(stopped["automation"]["stage"], "observation");
    let status = decided(&anna, "taken_back").await;
    assert!(status["items"][0]["message"].as_str().unwrap().contains("остановлены"), "{status}");
    let whole = until(&anna, id, |whole| whole["draft_state"] == "ready").await;
    assert_eq!((&whole["needs_response"], &whole["status"]), (&json!(true), &json!("waiting")));
    // What comes now is decided, and not sent.
    let next = app.ingest(anna.tenant, 3, 5).await;
    let whole = until(&anna, next, |whole| whole["draft_state"] == "ready").await;
    assert_eq!(whole["draft"]["decision"]["verdict"], "auto_send");
    let stop = anna.write(Method::POST, "/seller/automation/stop", &json!({}));
    assert_eq!(expect(stop, StatusCode::OK).await["version"], stopped["version"], "it is stopped");
    assert_eq!(anna.get(STATUS).await["items"].as_array().unwrap().len(), 1);
    // Whoever begins anew begins with the evidence again.
    let now = anna.get(PATH).await;
    let mut wish = json!({"replaces": now["version"], "automation": now["automation"]});
    wish["automation"]["stage"] = json!("on");
    let refused = anna.write(Method::PUT, PATH, &wish);
    expect_problem(refused, 409, "backtest_needed").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_buyer_who_writes_again_is_not_answered_by_what_was_held(pool: PgPool) {
    let (app, anna) = pilot(pool, json!({})).await;
    let (id, _) = app.answered_by_itself(&anna, 2).await;
    let mut again = review(2, 5, Links::default());
    let text = "Пришёл с дырой, верните деньги".to_owned();
    again.content.words = BuyerWords { text, ..BuyerWords::default() }.into();
    app.execute(anna.tenant, id, InteractionCommand::Ingest(Box::new(again))).await;
    let status = decided(&anna, "taken_back").await;
    assert!(status["items"][0]["message"].as_str().unwrap().contains("написал ещё"), "{status}");
    let whole = until(&anna, id, |whole| whole["draft_state"] == "ready").await;
    assert_ne!(whole["draft"]["decision"]["verdict"], "auto_send", "{whole}");
    assert_eq!(whole["needs_response"], true);
}

#[sqlx::test(migrations = "../migrations")]
async fn many_are_sent_only_after_few_were(pool: PgPool) {
    let (app, anna) = pilot(pool, json!({})).await;
    let now = anna.get(PATH).await;
    let mut wish = json!({"replaces": now["version"], "automation": now["automation"]});
    wish["automation"]["per_hour"] = json!(21);
    let problem = expect_problem(anna.write(Method::PUT, PATH, &wish), 422, "invalid_body").await;
    assert_eq!(problem["errors"][0]["field"], "automation.stage");
    let on = change(&anna, |automation| {
        automation["stage"] = json!("on");
        automation["per_hour"] = json!(500);
        automation["hold_seconds"] = json!(10);
    })
    .await;
    assert_eq!(on["automation"]["stage"], "on");
    // After its seconds it goes out, to where nobody listens.
    let (id, _) = app.answered_by_itself(&anna, 2).await;
    until(&anna, id, |whole| whole["status"] != "held").await;
    decided(&anna, "out").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_installation_that_does_not_offer_it_sends_nothing(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let now = anna.get(PATH).await;
    assert_eq!(now["offered"], false);
    for stage in ["pilot", "on"] {
        let mut wish = json!({"replaces": now["version"], "automation": now["automation"]});
        wish["automation"]["stage"] = json!(stage);
        let refused = anna.write(Method::PUT, PATH, &wish);
        expect_problem(refused, 409, "automatic_replies_not_offered").await;
    }
}
