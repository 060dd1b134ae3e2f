//! Alerts: raised and cleared by what failed within an hour and by what of cabinets cannot be used, once each, by a clock
//! that the test holds; and the counts beside them.

use std::collections::BTreeMap;

use adapters::alarm::look;
use chrono::{DateTime, TimeDelta, Utc};
use commands::{Actor, Context};
use domain::account::{AccessLossReason, Account, AccountCommand};
use domain::guardrail::Grounds;
use domain::interaction::{InteractionCommand as Command, SendFailure, Timing, UnknownReason};
use domain::{AccountId, ReplyId};
use projections::effects;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::accounts::{connect, start};
use crate::harness::{Signed, TestApp, expect};
use crate::unread_items::keep;

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
    let kind = json!({"kind": "failed_replies"});
    let acknowledge = || anna.write(Method::POST, "/alerts/acknowledge", &kind);
    let taken = expect(acknowledge(), StatusCode::OK).await["items"][0].clone();
    assert_eq!(taken["acknowledged_by"], "оператор anna@example.ru");
    assert_ne!(taken["acknowledged_at"], Value::Null);
    expect(acknowledge(), StatusCode::OK).await;
    let now = effects::now(&app.db).await.unwrap();
    look_at(&app, now).await;
    let raised = alerts(&anna).await;
    assert_eq!((raised.len(), &raised[0]["severity"]), (2, &json!("critical")));
    assert_eq!(raised[0]["acknowledged_at"], Value::Null, "another urgency calls anew");
    assert_eq!(raised[1]["ended_at"], raised[0]["raised_at"], "the warning ended with it");
    assert_eq!(raised[1]["acknowledged_at"], taken["acknowledged_at"]);

    look_at(&app, now + TimeDelta::minutes(61)).await;
    let told = ["AlertRaised", "AlertAcknowledged", "AlertRaised", "AlertCleared"];
    assert_eq!(events(&app, &anna).await, told);
    expect(acknowledge(), StatusCode::OK).await;
    assert_eq!(events(&app, &anna).await, told, "what has ended needs nobody");
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

/// Reads the alerts that last, by kind, with their urgency, how many it is, and why.
async fn lasting(anna: &Signed) -> BTreeMap<String, (String, i64, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |alert: &Value| {
        let cause = text(&alert["causes"][0]["message"]);
        (text(&alert["severity"]), alert["count"].as_i64().unwrap(), cause)
    };
    let alerts = alerts(anna).await;
    let lasting = alerts.iter().filter(|alert| alert["ended_at"].is_null());
    lasting.map(|alert| (text(&alert["kind"]), of(alert))).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_of_cabinets_cannot_be_used_alarms_until_it_can(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool.clone()).await;
    let account = connect(&app, &anna).await;
    let id = account["account_id"].as_str().unwrap();
    let boris = app.register("boris@example.ru").await;
    let now = effects::now(&app.db).await.unwrap();
    look_at(&app, now).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new());

    keep(&pool, id, Some("wb-1"), "no_text", Some("pros")).await;
    let failing = "update channel_sync set error_code = 'server_error', error_since = $1
        where channel in ('review', 'question')";
    sqlx::query(failing).bind(now).execute(&pool).await.unwrap();
    look_at(&app, now + TimeDelta::minutes(59)).await;
    let unread = ("warning".to_owned(), 1, "Wildberries.".to_owned());
    let unread = BTreeMap::from([("items_unread".to_owned(), unread)]);
    assert_eq!(lasting(&anna).await, unread, "an outage is no alarm yet");
    for (hours, severity) in [(1, "warning"), (6, "critical")] {
        look_at(&app, now + TimeDelta::hours(hours)).await;
        let behind = (severity.to_owned(), 2, "Wildberries.".to_owned());
        assert_eq!(lasting(&anna).await["reading_behind"], behind);
    }
    let shut = "update channel_sync set error_code = 'no_right' where channel = 'question'";
    sqlx::query(shut).execute(&pool).await.unwrap();
    let read =
        "update channel_sync set error_code = null, error_since = null where channel = 'review'";
    sqlx::query(read).execute(&pool).await.unwrap();
    look_at(&app, now + TimeDelta::hours(7)).await;
    assert_eq!(lasting(&anna).await, unread, "what the key does not open is no outage");

    let lose = AccountCommand::LoseAccess { reason: AccessLossReason::Expired, at: now };
    let account = AccountId(id.parse().unwrap());
    let context = || Context::new(anna.tenant, Actor::System("test"));
    app.commands.execute::<Account>(&context(), account, lose).await.unwrap();
    sqlx::query("delete from unread_item").execute(&pool).await.unwrap();
    look_at(&app, now + TimeDelta::hours(7)).await;
    let lost = ("critical".to_owned(), 1, "Срок ключа кабинета закончился.".to_owned());
    assert_eq!(lasting(&anna).await, BTreeMap::from([("access_lost".to_owned(), lost)]));
    assert_eq!(alerts(&boris).await, Vec::<Value>::new(), "they are nobody else's");

    app.commands
        .execute::<Account>(&context(), account, AccountCommand::RestoreAccess)
        .await
        .unwrap();
    look_at(&app, now + TimeDelta::hours(7)).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new());
}
