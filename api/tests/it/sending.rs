//! The kill switch over the API: thrown once, told with who and why, and no reply waits for an answer in vain.

use std::time::{Duration, Instant};

use api::ApiSettings;
use commands::sending::{
    QuarantineCause, StoppedBy, Thrown, history, quarantine, release, resume_installation,
    stop_installation,
};
use domain::InteractionId;
use eventlog::chain::RestoredBy;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Setup, Signed, TestApp, expect, expect_problem};

/// Less than somebody waits for an outcome.
const AT_ONCE: Duration = Duration::from_secs(10);

/// An API that waits for outcomes as long as it does for people.
async fn patient(pool: PgPool) -> TestApp {
    TestApp::with(pool, Setup { api: ApiSettings::default(), ..Setup::default() }).await
}

async fn throw(anna: &Signed, path: &str, body: &Value) -> Value {
    expect(anna.write(Method::POST, path, body), StatusCode::OK).await
}

async fn reply(anna: &Signed, id: InteractionId) -> Value {
    let body = json!({"text": "Спасибо за отзыв!", "hold_seconds": 0});
    let request = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &body);
    expect(request, StatusCode::ACCEPTED).await
}

async fn stops_of(app: &TestApp, anna: &Signed) -> Vec<String> {
    let events = app.log.load_stream(anna.tenant, anna.tenant.into(), 0).await.unwrap();
    let names = events.into_iter().map(|event| event.event_type);
    names.filter(|name| name.starts_with("Sending")).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stop_is_told_with_who_and_why_until_it_is_resumed(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.work();
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let going = anna.get("/sending").await;
    assert_eq!((&going["stop"], &going["installation_stop"]), (&Value::Null, &Value::Null));

    let stopped = throw(&anna, "/sending/stop", &json!({"reason": " Ошибка в шаблоне "})).await;
    assert_eq!(stopped["stop"]["reason"], "Ошибка в шаблоне");
    let by = stopped["stop"]["by"].as_str().unwrap();
    assert!(by.starts_with("user:"), "{by}");
    let again = throw(&anna, "/sending/stop", &json!({"reason": "Другое"})).await;
    assert_eq!(again["stop"], stopped["stop"], "a stop that lasts stays as it is");
    assert_eq!(anna.get("/sending").await, again);
    assert_eq!(boris.get("/sending").await["stop"], Value::Null, "it is nobody else's");

    assert_eq!(throw(&anna, "/sending/resume", &json!({})).await["stop"], Value::Null);
    throw(&anna, "/sending/resume", &json!({})).await;
    assert_eq!(stops_of(&app, &anna).await, ["SendingStopped", "SendingResumed"]);
    let metrics = app.call(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    for of in ["sellers", "installation"] {
        let line = format!("agentiq_sending_stopped{{of=\"{of}\"}} 0");
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reason_that_is_too_long_is_refused_by_its_field(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let body = json!({"reason": "о".repeat(201)});
    let request = anna.write(Method::POST, "/sending/stop", &body);
    let problem = expect_problem(request, 422, "invalid_body").await;
    assert_eq!(problem["errors"][0]["field"], "reason");
    assert_eq!(stops_of(&app, &anna).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn who_replies_while_sending_is_stopped_is_told_so_at_once(pool: PgPool) {
    let app = patient(pool).await;
    app.work();
    let anna = app.register("anna@example.ru").await;
    let [first, second] = [1, 2].map(|n| app.review(anna.tenant, n, 5));
    let (first, second) = (first.await, second.await);
    throw(&anna, "/sending/stop", &json!({})).await;
    let begun = Instant::now();
    let told = reply(&anna, first).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(told["reply"]["state"], "sending");
    assert_eq!(told["reply"]["stopped_by"], "seller");
    let cursor = told["cursor"].as_str().unwrap();
    let whole = anna.get(&format!("/interactions/{first}?at_least={cursor}")).await;
    assert_eq!(whole["reply"], told["reply"], "the item says the same");

    let db = &app.db;
    assert_eq!(stop_installation(db, "Дежурный", "Авария").await.unwrap(), Thrown::Now);
    assert_eq!(stop_installation(db, "Другой", "Ещё").await.unwrap(), Thrown::Before);
    let told = reply(&anna, second).await;
    assert_eq!(told["reply"]["stopped_by"], "installation");
    let cursor = told["cursor"].as_str().unwrap();
    let sending = anna.get(&format!("/sending?at_least={cursor}")).await;
    assert_eq!(sending["installation_stop"]["reason"], "Авария");
    assert_eq!(
        sending["installation_stop"]["by"],
        Value::Null,
        "whoever is on call is nobody here"
    );
    assert_eq!(sending["waiting"], 2);
    throw(&anna, "/sending/resume", &json!({})).await;
    assert_eq!(resume_installation(db, "Дежурный").await.unwrap(), Thrown::Now);
    assert_eq!(resume_installation(db, "Дежурный").await.unwrap(), Thrown::Before);
    assert_eq!(anna.get("/sending").await["installation_stop"], Value::Null);
}

/// A person's stop and the quarantine of a restored database last beside each other, and each ends by itself.
#[sqlx::test(migrations = "../migrations")]
async fn a_quarantine_is_told_apart_from_a_stop(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let db = &app.db;
    assert_eq!(stop_installation(db, "Дежурный", "Авария").await.unwrap(), Thrown::Now);
    let found = QuarantineCause::Found { by: RestoredBy::Behind, epoch_outside: None };
    let within = Duration::from_secs(600);
    assert_eq!(quarantine(db, found, within).await.unwrap(), Thrown::Now);
    assert_eq!(quarantine(db, found, within).await.unwrap(), Thrown::Before);

    let told = reply(&anna, id).await;
    assert_eq!(told["reply"]["stopped_by"], "quarantine");
    let sending = anna.get("/sending").await;
    assert_eq!(sending["installation_stop"]["reason"], "Авария");
    assert!(sending["quarantine"]["shown_by"].is_string(), "{sending}");
    assert!(sending["quarantine"]["reason"].as_str().unwrap().contains("журнале"), "{sending}");
    let ready = expect(app.call(Method::GET, "/health/ready"), StatusCode::OK).await;
    assert!(
        ready["degraded"].as_array().unwrap().contains(&json!("sending_quarantined")),
        "{ready}"
    );

    assert_eq!(resume_installation(db, "Дежурный").await.unwrap(), Thrown::Now);
    assert!(anna.get("/sending").await["quarantine"].is_object(), "a resume ends no quarantine");
    assert_eq!(release(db, "Дежурный", Some("Сверили сами")).await.unwrap(), Thrown::Now);
    assert_eq!(release(db, "Дежурный", None).await.unwrap(), Thrown::Before);
    assert_eq!(anna.get("/sending").await["quarantine"], Value::Null);
    let kept = history(db, 1).await.unwrap();
    assert_eq!(kept[0].resume_reason.as_deref(), Some("Сверили сами"));
}

/// Nobody looked when it was started, or it was restored under a running process.
#[sqlx::test(migrations = "../migrations")]
async fn a_database_that_went_elsewhere_is_quarantined_before_the_next_call(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let stopped = async || app.commands.sending_stopped_by(&app.db, anna.tenant).await.unwrap();
    assert_eq!(stopped().await, None);
    sqlx::raw_sql("update es.epoch set place = 'elsewhere'").execute(&pool).await.unwrap();
    assert_eq!(stopped().await, Some(StoppedBy::Quarantine));
    assert_eq!(history(&app.db, 9).await.unwrap()[0].found.as_deref(), Some("elsewhere"));
    release(&app.db, "Дежурный", None).await.unwrap();
    assert_eq!(stopped().await, None, "its new epoch began where it is");
}

/// Whoever asked before the stop need not wait the whole time either.
#[sqlx::test(migrations = "../migrations")]
async fn a_stop_ends_the_waiting_of_those_who_asked_before(pool: PgPool) {
    let app = patient(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let begun = Instant::now();
    let asking = async { reply(&anna, id).await };
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop_installation(&app.db, "Дежурный", "Авария").await.unwrap();
    };
    let (told, ()) = tokio::join!(asking, stopping);
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(told["reply"]["stopped_by"], "installation");
}
