//! One effect per key.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, expect, expect_problem};

const SETTINGS: &str = "/seller/settings";

fn settings(minutes: u16) -> serde_json::Value {
    json!({"reply_pending_window_minutes": minutes})
}

async fn versions(anna: &Signed) -> u64 {
    anna.get(SETTINGS).await["version"].as_u64().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_write_without_a_key_is_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let bare = anna.call(Method::PUT, SETTINGS).json(&settings(60));
    expect_problem(bare, 400, "idempotency_key_missing").await;
    for key in ["", "a\tb", &"k".repeat(256)] {
        let request = anna.write_as(key, Method::PUT, SETTINGS, &settings(60));
        expect_problem(request, 400, "idempotency_key_malformed").await;
    }
    let longest = anna.write_as(&"k".repeat(255), Method::PUT, SETTINGS, &settings(60));
    expect(longest, StatusCode::OK).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_not_signed_in_hears_that_first(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let request = app.call(Method::PUT, "/api/v1/seller/settings").json(&settings(60));
    expect_problem(request, 401, "unauthenticated").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_repetition_is_given_the_first_answer(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let first = anna.write_as("one", Method::PUT, SETTINGS, &settings(60)).send().await.unwrap();
    let first = (first.status(), first.bytes().await.unwrap());
    expect(anna.write(Method::PUT, SETTINGS, &settings(90)), StatusCode::OK).await;

    let again = anna.write_as("one", Method::PUT, SETTINGS, &settings(60)).send().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.headers()["content-type"], "application/json");
    assert_eq!((again.status(), again.bytes().await.unwrap()), first);
    assert_eq!(versions(&anna).await, 2, "the repetition changed nothing");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_is_repeated_too(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let send = || anna.write_as("one", Method::PUT, SETTINGS, &settings(0));
    let first = send().send().await.unwrap().bytes().await.unwrap();
    let again = send().send().await.unwrap();
    assert_eq!(again.headers()["content-type"], "application/problem+json");
    assert_eq!(again.bytes().await.unwrap(), first);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_belongs_to_one_request(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    expect(anna.write_as("one", Method::PUT, SETTINGS, &settings(60)), StatusCode::OK).await;
    let other = anna.write_as("one", Method::PUT, SETTINGS, &settings(90));
    expect_problem(other, 422, "idempotency_key_reused").await;
    // White space is no difference.
    let same = anna.call(Method::PUT, SETTINGS).header("idempotency-key", "one");
    let same = same.header("content-type", "application/json");
    expect(same.body(r#"{ "reply_pending_window_minutes" : 60 }"#), StatusCode::OK).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn sellers_do_not_share_keys(pool: PgPool) {
    let app = TestApp::start(pool).await;
    for email in ["anna@example.ru", "boris@example.ru"] {
        let person = app.register(email).await;
        expect(person.write_as("one", Method::PUT, SETTINGS, &settings(60)), StatusCode::OK).await;
        assert_eq!(versions(&person).await, 1);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn many_at_once_have_one_effect(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let body = json!({"text": "Спасибо за отзыв!"});
    let sent = (0..20).map(|_| anna.write_as("one", Method::POST, &path, &body).send());
    let answers = futures::future::join_all(sent).await;
    let statuses: Vec<u16> =
        answers.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    assert!(statuses.contains(&202), "{statuses:?}");
    assert!(statuses.iter().all(|status| [202, 409].contains(status)), "{statuses:?}");
    app.catch_up().await;
    let history = anna.get(&format!("/interactions/{id}/history")).await;
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
    expect(anna.write_as("one", Method::POST, &path, &body), StatusCode::ACCEPTED).await;
}

/// As left by a process that was killed between storing the events and keeping the answer.
#[sqlx::test(migrations = "../migrations")]
async fn a_write_whose_process_died_goes_through_once(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let body = json!({"text": "Спасибо за отзыв!"});
    let send = || anna.write_as("one", Method::POST, &path, &body);
    let first = expect(send(), StatusCode::ACCEPTED).await;

    let forget =
        "update idempotency_key set status = null, headers = null, body = null, lease_until = ";
    let under_way = sqlx::AssertSqlSafe(format!("{forget} now() + interval '1 minute'"));
    sqlx::query(under_way).execute(&pool).await.unwrap();
    expect_problem(send(), 409, "idempotency_key_in_flight").await;

    let died = sqlx::AssertSqlSafe(format!("{forget} now() - interval '1 second'"));
    sqlx::query(died).execute(&pool).await.unwrap();
    let again = expect(send(), StatusCode::ACCEPTED).await;
    assert_eq!(again["reply"]["reply_id"], first["reply"]["reply_id"]);
    let journal = anna.get(&format!("/interactions/{id}/events")).await;
    let requested = journal["items"].as_array().unwrap().iter();
    assert_eq!(
        requested.filter(|event| event["type"] == "agentiq.interaction.ReplyRequested").count(),
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_failed_for_reasons_of_ours_may_be_tried_again(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let body = json!({"marketplace": "wildberries", "name": "Основной", "token": "token"});
    for _ in 0..2 {
        let connect = anna.write_as("one", Method::POST, "/accounts", &body);
        let problem = expect_problem(connect, 502, "marketplace_unavailable").await;
        assert!(Uuid::parse_str(problem["request_id"].as_str().unwrap()).is_ok());
    }
    let ids: i64 = sqlx::query_scalar("select count(*) from idempotency_key where status is null")
        .fetch_one(app.db.pool())
        .await
        .unwrap();
    assert_eq!(ids, 1, "the claim is open, no answer is kept");
}
