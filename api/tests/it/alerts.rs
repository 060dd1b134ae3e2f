//! Alerts: raised and cleared by what failed within an hour, once each, by a clock that the test holds; and the counts
//! beside them.

use adapters::alarm::look;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ReplyId;
use domain::guardrail::Grounds;
use domain::interaction::{InteractionCommand as Command, SendFailure, Timing, UnknownReason};
use projections::effects;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, expect};

/// Asks for a reply to a review of its own and has it fail for `failure`; refused by moderation where there is none.
async fn fail(app: &TestApp, anna: &Signed, n: u32, failure: Option<SendFailure>) {
    let id = app.review(anna.tenant, n, 5).await;
    let reply_id = ReplyId(Uuid::new_v4());
    let request = Command::RequestReply {
        reply_id,
        text: format!("Спасибо за отзыв номер {n}!"),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: Grounds::default(),
    };
    app.execute(anna.tenant, id, request).await;
    let ended = match failure {
        Some(failure) => Command::RecordFailed {
            reply_id,
            attempt: 1,
            failure,
            marketplace_text: None,
            at: Utc::now(),
        },
        None => Command::RecordModerationFailed {
            reply_id,
            code: "prohibited_content".into(),
            marketplace_text: None,
        },
    };
    app.execute(anna.tenant, id, ended).await;
}

async fn look_at(app: &TestApp, now: DateTime<Utc>) {
    app.catch_up().await;
    look(&app.db, &app.commands, now).await.unwrap();
    // Another process that looks at the same time has nothing to add.
    look(&app.db, &app.commands, now).await.unwrap();
    app.catch_up().await;
}

async fn alerts(anna: &Signed) -> Vec<Value> {
    anna.get("/alerts").await["items"].as_array().unwrap().clone()
}

async fn events(app: &TestApp, anna: &Signed) -> Vec<String> {
    let stored = app.log.load_stream(anna.tenant, anna.tenant.into(), 0).await.unwrap();
    let names = stored.into_iter().map(|event| event.event_type);
    names.filter(|name| name.starts_with("Alert")).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn failures_within_an_hour_warn_alarm_and_pass(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    for n in 1..=3 {
        fail(&app, &anna, n, Some(SendFailure::BadRequest)).await;
    }
    // What is tried again by itself has not failed.
    fail(&app, &anna, 4, Some(SendFailure::Unavailable)).await;
    let now = effects::now(&app.db).await.unwrap();
    look_at(&app, now).await;
    assert_eq!(alerts(&anna).await, Vec::<Value>::new());

    fail(&app, &anna, 5, None).await;
    let now = effects::now(&app.db).await.unwrap();
    look_at(&app, now).await;
    let raised = alerts(&anna).await;
    assert_eq!(raised.len(), 1);
    assert_eq!(
        (&raised[0]["kind"], &raised[0]["severity"]),
        (&json!("failed_replies"), &json!("warning"))
    );
    assert_eq!((&raised[0]["count"], &raised[0]["ended_at"]), (&json!(4), &Value::Null));
    let causes = raised[0]["causes"].as_array().unwrap();
    let named: Vec<_> = causes
        .iter()
        .map(|it| (it["code"].as_str().unwrap(), it["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(named, [("bad_request", 3), ("prohibited_content", 1)]);
    assert_eq!(causes[0]["message"], "Площадка отказалась принять ответ.");

    for n in 6..=7 {
        fail(&app, &anna, n, Some(SendFailure::NoRight)).await;
    }
    let now = effects::now(&app.db).await.unwrap();
    look_at(&app, now).await;
    let raised = alerts(&anna).await;
    assert_eq!((raised.len(), &raised[0]["severity"]), (2, &json!("critical")));
    assert_eq!(raised[1]["ended_at"], raised[0]["raised_at"], "the warning ended with it");

    look_at(&app, now + TimeDelta::minutes(61)).await;
    assert_eq!(events(&app, &anna).await, ["AlertRaised", "AlertRaised", "AlertCleared"]);
    assert_ne!(alerts(&anna).await[0]["ended_at"], Value::Null);
    assert_eq!(alerts(&boris).await, Vec::<Value>::new(), "they are nobody else's");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_counts_are_those_of_the_lists_behind_them(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    fail(&app, &anna, 1, Some(SendFailure::BadRequest)).await;
    fail(&app, &anna, 2, Some(SendFailure::Unavailable)).await;
    fail(&app, &anna, 3, None).await;
    app.review(anna.tenant, 4, 5).await;
    let text = |n: u32| json!({"text": format!("Спасибо за отзыв номер {n}!"), "hold_seconds": 0});
    let unknown = |reply_id| Command::RecordUnknown {
        reply_id,
        attempt: 1,
        reason: UnknownReason::Timeout,
        at: Utc::now(),
    };
    for n in 5..=8 {
        let id = app.review(anna.tenant, n, 5).await;
        let body = if n == 8 {
            json!({"text": "Спасибо за отзыв!", "hold_seconds": 30})
        } else {
            text(n)
        };
        let request = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &body);
        let told = expect(request, StatusCode::ACCEPTED).await;
        let reply_id: ReplyId = told["reply"]["reply_id"].as_str().unwrap().parse().unwrap();
        let accepted =
            Command::RecordAccepted { reply_id, attempt: 1, at: Utc::now(), external_id: None };
        match n {
            5 | 6 => app.execute(anna.tenant, id, unknown(reply_id)).await,
            7 => app.execute(anna.tenant, id, accepted).await,
            _ => (),
        }
    }
    app.catch_up().await;
    let status = anna.get("/sending/status").await;
    assert_eq!(
        status["now"],
        json!({"waiting": 1, "held": 1, "checking": 2, "unconfirmed": 1, "failed": 1, "rejected": 1})
    );
    let lately = json!({"asked": 7, "open": 4, "sent": 1, "published": 0, "failed": 1, "rejected": 1, "cancelled": 0});
    assert_eq!(status["last_24_hours"], lately);
    let causes = status["failed_last_hour"].as_array().unwrap();
    assert_eq!(causes.len(), 2);
    let feed = anna.get("/events?limit=200").await;
    let moment = feed["next"].as_str().unwrap();
    for (number, search) in [
        ("waiting", "status=replying&reply_state=sending"),
        ("held", "status=held"),
        ("checking", "status=replying&reply_state=unknown"),
        ("unconfirmed", "reply_state=sent"),
        ("failed", "status=failed&reply_state=failed"),
        ("rejected", "status=failed&reply_state=rejected"),
    ] {
        let count = &status["now"][number];
        for search in [search.to_owned(), format!("{search}&as_of={moment}")] {
            let list = anna.get(&format!("/interactions?{search}")).await;
            let length = list["items"].as_array().unwrap().len();
            assert_eq!(*count, json!(length), "{number}: {search}");
            let counts = anna.get(&format!("/interactions/counts?{search}")).await;
            assert_eq!(*count, counts["total"], "{number}: {search}");
        }
    }
}
