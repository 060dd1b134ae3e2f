//! Answering and editing: what the caller is told, whatever becomes of the reply.

use std::time::Duration;

use api::ApiSettings;
use chrono::{TimeDelta, Utc};
use domain::interaction::{InteractionCommand as Command, SendFailure, UnknownReason};
use domain::{InteractionId, ReplyId};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinHandle;

use crate::harness::{Setup, Signed, TestApp, check_problem, expect_problem};

const PATIENT: Duration = Duration::from_secs(15);

async fn patient(pool: PgPool) -> TestApp {
    let api = ApiSettings { reply_wait: PATIENT, ..ApiSettings::default() };
    TestApp::with(pool, Setup { api, ..Setup::default() }).await
}

/// Sends a reply and waits until it was asked for; the answer is awaited elsewhere.
async fn send(
    app: &TestApp,
    anna: &Signed,
    id: InteractionId,
    method: Method,
    text: &str,
) -> (ReplyId, JoinHandle<Response>) {
    let known = versions(app, anna, id).await;
    let request = anna.write(method, &format!("/interactions/{id}/reply"), &json!({"text": text}));
    let answer = tokio::spawn(async { request.send().await.unwrap() });
    let deadline = tokio::time::Instant::now() + PATIENT;
    loop {
        let now = versions(app, anna, id).await;
        if let Some(new) = now.into_iter().find(|version| !known.contains(version)) {
            return (new, answer);
        }
        assert!(tokio::time::Instant::now() < deadline, "the reply was never asked for");
        tokio::task::yield_now().await;
    }
}

async fn versions(app: &TestApp, anna: &Signed, id: InteractionId) -> Vec<ReplyId> {
    app.catch_up().await;
    let history = anna.get(&format!("/interactions/{id}/history")).await;
    let items = history["items"].as_array().unwrap().iter();
    items.map(|reply| reply["reply_id"].as_str().unwrap().parse().unwrap()).collect()
}

async fn ended(answer: JoinHandle<Response>, status: u16) -> Value {
    let response = answer.await.unwrap();
    let (found, text) = (response.status().as_u16(), response.text().await.unwrap());
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

async fn refused(answer: JoinHandle<Response>, status: u16, code: &str) -> Value {
    let caller = std::panic::Location::caller();
    check_problem(answer.await.unwrap(), status, code, caller).await
}

fn accepted(reply_id: ReplyId) -> Command {
    Command::RecordAccepted { reply_id, attempt: 1, at: Utc::now(), external_id: None }
}

fn failed(reply_id: ReplyId, failure: SendFailure) -> Command {
    let marketplace_text = Some("Слова площадки".to_owned());
    Command::RecordFailed { reply_id, attempt: 1, failure, marketplace_text, at: Utc::now() }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_answer_waits_for_the_marketplace(pool: PgPool) {
    let app = patient(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let (reply_id, answer) = send(&app, &anna, id, Method::POST, " Спасибо за отзыв! ").await;
    assert!(!answer.is_finished());
    app.execute(anna.tenant, id, accepted(reply_id)).await;
    let told = ended(answer, 200).await;
    assert_eq!(told["reply"]["state"], "sent");
    assert_eq!(told["reply"]["text"], "Спасибо за отзыв!");
    assert_eq!(told["reply"]["kind"], "answer");
    assert!(told["reply"]["requested_by"].as_str().unwrap().starts_with("user:"));

    // The read model tells the same as the answer did.
    app.catch_up().await;
    let mut history = anna.get(&format!("/interactions/{id}/history")).await;
    // How it came about is told there alone.
    assert_eq!(history["items"][0]["lineage"].take()["outcome"], "manual");
    assert_eq!(history["items"], json!([told["reply"]]));
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!(whole["reply"], told["reply"]);
    assert_eq!(whole["can_answer"]["code"], "already_answered");
    assert_eq!(whole["can_edit"]["allowed"], true);
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_waits_is_told_what_became_of_the_reply(pool: PgPool) {
    let app = patient(pool).await;
    let anna = app.register("anna@example.ru").await;
    let unknown = |reply_id| Command::RecordUnknown {
        reply_id,
        attempt: 1,
        reason: UnknownReason::Timeout,
        at: Utc::now(),
    };
    let rejected = |reply_id| Command::RecordModerationFailed {
        reply_id,
        code: "rejected".to_owned(),
        marketplace_text: Some("Реклама".to_owned()),
    };

    let id = app.review(anna.tenant, 1, 5).await;
    let (reply_id, answer) = send(&app, &anna, id, Method::POST, "Спасибо!").await;
    app.execute(anna.tenant, id, unknown(reply_id)).await;
    let told = ended(answer, 202).await;
    assert_eq!(told["reply"]["state"], "unknown");
    assert_eq!(told["reply"]["failure"]["code"], "timeout");

    let id = app.review(anna.tenant, 2, 5).await;
    let (reply_id, answer) = send(&app, &anna, id, Method::POST, "Спасибо!").await;
    app.execute(anna.tenant, id, rejected(reply_id)).await;
    let told = refused(answer, 422, "moderation_refused").await;
    assert!(told["detail"].as_str().unwrap().contains("«Реклама»"), "{told}");

    let id = app.review(anna.tenant, 3, 5).await;
    let (reply_id, answer) = send(&app, &anna, id, Method::POST, "Спасибо!").await;
    app.execute(anna.tenant, id, failed(reply_id, SendFailure::Unavailable)).await;
    let told = ended(answer, 202).await;
    assert_eq!(told["reply"]["state"], "sending", "the next attempt is due");
    assert_eq!(told["reply"]["failure"]["code"], "unavailable");
    assert!(told["reply"]["failure"]["retry_at"].is_string());

    for (n, failure, status, code) in [
        (4, SendFailure::BadRequest, 502, "marketplace_refused"),
        (5, SendFailure::NotFound, 502, "marketplace_refused"),
        (6, SendFailure::Unauthorized, 502, "marketplace_unauthorized"),
        (7, SendFailure::PaymentRequired, 502, "marketplace_unpaid"),
        (8, SendFailure::NoRight, 502, "marketplace_no_right"),
        (9, SendFailure::ClosedByPlan, 502, "marketplace_closed_by_plan"),
        (10, SendFailure::AnsweredElsewhere, 409, "already_answered"),
    ] {
        let id = app.review(anna.tenant, n, 5).await;
        let (reply_id, answer) = send(&app, &anna, id, Method::POST, "Спасибо!").await;
        app.execute(anna.tenant, id, failed(reply_id, failure)).await;
        let told = refused(answer, status, code).await;
        assert!(told["detail"].as_str().unwrap().contains("«Слова площадки»"), "{told}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_outcome_is_repeated_with_its_key_though_it_is_a_failure(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let body = json!({"text": "Спасибо!"});
    let asked = anna.write_as("one", Method::POST, &path, &body).send().await.unwrap();
    let asked: Value = asked.json().await.unwrap();
    let reply_id = asked["reply"]["reply_id"].as_str().unwrap().parse().unwrap();
    app.execute(anna.tenant, id, failed(reply_id, SendFailure::BadRequest)).await;
    // Another key asks anew, since the first one failed.
    let other = anna.write_as("two", Method::POST, &path, &body).send().await.unwrap();
    assert_eq!(other.status().as_u16(), 202);
    let again = anna.write_as("one", Method::POST, &path, &body).send().await.unwrap();
    assert_eq!(again.json::<Value>().await.unwrap(), asked);
}

#[sqlx::test(migrations = "../migrations")]
async fn texts_are_held_against_the_channels_limits(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    for (text, code) in [
        (String::new(), "text_too_short"),
        (" \n ".to_owned(), "text_too_short"),
        ("ё".repeat(5001), "text_too_long"),
    ] {
        let request = anna.write(Method::POST, &path, &json!({"text": text}));
        let problem = expect_problem(request, 422, code).await;
        assert_eq!(problem["errors"][0]["field"], "text");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_second_answer_and_a_second_edit_are_refused(pool: PgPool) {
    let app = patient(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let text = |text: &str| json!({"text": text});
    let edit = |words: &str| anna.write(Method::PATCH, &path, &text(words));
    expect_problem(edit("Рано"), 409, "nothing_to_edit").await;

    let (first, answer) = send(&app, &anna, id, Method::POST, "Спасибо!").await;
    let other = anna.write(Method::POST, &path, &text("Ещё раз спасибо!"));
    expect_problem(other, 409, "reply_in_flight").await;
    expect_problem(edit("Правка"), 409, "reply_in_flight").await;
    app.execute(anna.tenant, id, accepted(first)).await;
    ended(answer, 200).await;
    let other = anna.write(Method::POST, &path, &text("Ещё раз спасибо!"));
    expect_problem(other, 409, "already_answered").await;

    let (second, answer) = send(&app, &anna, id, Method::PATCH, "Большое спасибо!").await;
    app.execute(anna.tenant, id, accepted(second)).await;
    let told = ended(answer, 200).await;
    assert_eq!(told["reply"]["kind"], "edit");
    expect_problem(edit("Третий текст"), 409, "edit_spent").await;

    app.catch_up().await;
    let history = anna.get(&format!("/interactions/{id}/history")).await;
    let texts: Vec<&Value> =
        history["items"].as_array().unwrap().iter().map(|reply| &reply["text"]).collect();
    assert_eq!(texts, ["Спасибо!", "Большое спасибо!"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_older_than_sixty_days_stays_as_it_is(pool: PgPool) {
    let app = patient(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let (reply_id, answer) = send(&app, &anna, id, Method::POST, "Спасибо!").await;
    let at = Utc::now() - TimeDelta::days(61);
    app.execute(
        anna.tenant,
        id,
        Command::RecordAccepted { reply_id, attempt: 1, at, external_id: None },
    )
    .await;
    ended(answer, 200).await;
    let path = format!("/interactions/{id}/reply");
    let edit = anna.write(Method::PATCH, &path, &json!({"text": "Поздно"}));
    expect_problem(edit, 409, "edit_window_closed").await;
}

/// A client that hangs up neither stops the reply nor loses the answer.
#[sqlx::test(migrations = "../migrations")]
async fn hanging_up_does_not_lose_the_answer(pool: PgPool) {
    let app = patient(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let body = json!({"text": "Спасибо!"});
    let request = anna.write_as("one", Method::POST, &path, &body);
    let hung_up = tokio::spawn(request.send());
    let deadline = tokio::time::Instant::now() + PATIENT;
    let reply_id = loop {
        if let Some(reply_id) = versions(&app, &anna, id).await.first().copied() {
            break reply_id;
        }
        assert!(tokio::time::Instant::now() < deadline);
    };
    hung_up.abort();
    app.execute(anna.tenant, id, accepted(reply_id)).await;
    loop {
        let again = anna.write_as("one", Method::POST, &path, &body).send().await.unwrap();
        if again.status().as_u16() == 200 {
            assert_eq!(again.headers()["idempotency-replayed"], "true");
            return;
        }
        assert_eq!(again.status().as_u16(), 409, "still being written down");
        assert!(tokio::time::Instant::now() < deadline);
    }
}
