//! Alerts: raised and cleared by what failed within an hour and by what of cabinets cannot be used, once each, by a clock
//! that the test holds; and the counts beside them.

use std::collections::BTreeMap;

use adapters::alarm::{Alarms, SeenBehind};
use chrono::{DateTime, TimeDelta, Utc};
use commands::{Actor, Context};
use domain::account::{AccessLossReason, Account, AccountCommand};
use domain::guardrail::Grounds;
use domain::interaction::{InteractionCommand as Command, SendFailure, Timing, UnknownReason};
use domain::{AccountId, ReplyId, TenantId};
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

fn alarms(app: &TestApp) -> Alarms {
    Alarms::new(app.db.clone(), app.log.clone(), app.commands.clone())
}

/// Looks at what is a seller's own.
pub(crate) async fn look(app: &TestApp, now: DateTime<Utc>) {
    let alarms = alarms(app);
    alarms.look(now).await.unwrap();
    alarms.look_at_marketplaces(now).await.unwrap();
}

async fn look_at(app: &TestApp, now: DateTime<Utc>) {
    app.catch_up().await;
    look(app, now).await;
    // Another process that looks at the same time has nothing to add.
    look(app, now).await;
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

/// Runs statements that make what weeks of work leave.
async fn put(pool: &PgPool, tenant: TenantId, statements: &[&'static str]) {
    for statement in statements {
        sqlx::query(*statement).bind(tenant.0).execute(pool).await.unwrap();
    }
}

/// Has Ozon answered in a class of time so often, and moderated replies to reviews, so many days before a look. No chat is
/// moderated.
async fn answers(
    pool: &PgPool,
    tenant: TenantId,
    look: DateTime<Utc>,
    days_before: i64,
    (class, calls): (usize, i64),
    (answered, refused): (i64, i64),
) {
    let day = (look - TimeDelta::days(days_before)).date_naive();
    let mut pace = [0; 16];
    pace[class - 1] = calls;
    sqlx::query("insert into marketplace_pace values ($1, 'ozon', $2, $3)")
        .bind(tenant.0)
        .bind(day)
        .bind(pace)
        .execute(pool)
        .await
        .unwrap();
    sqlx::query(
        "insert into metric_counted_day (tenant_id, day, zone, until, of_table)
            values ($1, $2, 'UTC', now(), 'metric'::regclass::oid)",
    )
    .bind(tenant.0)
    .bind(day)
    .execute(pool)
    .await
    .unwrap();
    for (channel, answered, refused) in [("review", answered, refused), ("chat", 90_000, 0)] {
        let cell = json!({"counts": {"answered_here": answered, "refused": refused}});
        sqlx::query(
            "insert into metric_day (tenant_id, day, told_by, is_whole, account_id, marketplace, channel, cell)
                values ($1, $2, 'all', false, gen_random_uuid(), 'ozon', $3, $4)",
        )
        .bind(tenant.0)
        .bind(day)
        .bind(channel)
        .bind(cell)
        .execute(pool)
        .await
        .unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_marketplace_does_otherwise_alarms_and_is_told(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    put(
        &pool,
        anna.tenant,
        &[
            "insert into marketplace_refusal (tenant_id, marketplace, work, failure, status, code, times, request_id)
                values ($1, 'ozon', 'send', 'bad_request', 400, 'NEW_RULE', 3, 'o-1'),
                    ($1, 'ozon', 'send', 'bad_request', 400, 'SELDOM', 2, null),
                    ($1, 'ozon', 'read', 'not_found', 404, '', 9, null)",
            "insert into marketplace_refusal (tenant_id, marketplace, work, failure, status, code, times, first_at)
                select s, 'ozon', 'read', 'not_found', 404, '', 1, now() - interval '2 days'
                from (select $1::uuid) of (a), gen_random_uuid() s",
            "insert into marketplace_watched select 'ozon', now() - interval '6 days' where $1 is not null",
        ],
    )
    .await;
    let now = effects::now(&app.db).await.unwrap();
    look_at(&app, now).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new(), "after six days all is new");
    let watched = "update marketplace_watched set since = now() - interval '6 days 22 hours' where $1 is not null";
    put(&pool, anna.tenant, &[watched]).await;
    look_at(&app, now + TimeDelta::hours(3)).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new(), "what came while all was new is known");

    let known =
        "update marketplace_watched set since = now() - interval '8 days' where $1 is not null";
    put(&pool, anna.tenant, &[known]).await;
    look_at(&app, now).await;
    let changed = |count| ("warning".to_owned(), count, "Ozon.".to_owned());
    assert_eq!(lasting(&anna).await["marketplace_changed"], changed(1));
    let told = anna.get("/marketplaces").await["items"][0].clone();
    let refusals = told["new_refusals"].as_array().unwrap();
    assert_eq!(
        refusals.len(),
        1,
        "what another seller met before, and what came twice, is no news"
    );
    assert_eq!(
        (&refusals[0]["code"], &refusals[0]["times"], &refusals[0]["request_id"]),
        (&json!("NEW_RULE"), &json!(3), &json!("o-1"))
    );
    assert_eq!((&refusals[0]["doing"], &refusals[0]["status"]), (&json!("send"), &json!(400)));
    assert_eq!(boris.get("/marketplaces").await["items"], json!([]), "it is nobody else's");
    assert_eq!(lasting(&boris).await, BTreeMap::new());

    look_at(&app, now + TimeDelta::hours(25)).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new(), "it is not new any more");
    // By the day of the look and not by today: at the end of a day 25 hours later is two days later.
    let (look, much_later) = (now + TimeDelta::hours(25), now + TimeDelta::days(11));
    let [slow, usual] = [12, 9];
    answers(&pool, anna.tenant, look, 1, (slow, 20), (30, 12)).await;
    answers(&pool, anna.tenant, look, 12, (usual, 100), (980, 20)).await;
    answers(&pool, anna.tenant, much_later, 1, (slow, 200), (1_500, 600)).await;
    answers(&pool, anna.tenant, much_later, 5, (slow, 2_000), (15_000, 6_000)).await;
    look_at(&app, look).await;
    assert_eq!(lasting(&anna).await["marketplace_changed"], changed(2));
    let told = anna.get("/marketplaces").await["items"][0].clone();
    let shift = |has_changed, recent, usual| json!({"has_changed": has_changed, "recent": recent, "usual": usual});
    let moderated = |answered, refused, percent| json!({"answered": answered, "refused": refused, "refused_percent": percent});
    assert_eq!(told["moderation"], shift(true, moderated(30, 12, 28.6), moderated(980, 20, 2.0)));
    let calls = |count, below| json!({"count": count, "median_below_ms": below});
    assert_eq!(told["calls"], shift(true, calls(20, 4_096), calls(100, 512)));
    look_at(&app, much_later).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new(), "what lasts is what is usual");
}

/// Looks at what is everybody's.
async fn look_around(app: &TestApp, now: DateTime<Utc>) {
    app.catch_up().await;
    alarms(app).look_at_installation(now, &mut SeenBehind::default()).await.unwrap();
    app.catch_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_end_of_a_model_and_read_models_that_are_behind_alarm(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool.clone()).await;
    connect(&app, &anna).await;
    let boris = app.register("boris@example.ru").await;
    let now = effects::now(&app.db).await.unwrap();
    look_around(&app, now).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new());

    let ends = "insert into model_standing (model, is_known, ends_at)
        select 'deepseek-chat', true, now() + interval '30 days' where $1 is not null";
    put(&pool, anna.tenant, &[ends]).await;
    let alarm = |severity: &str, count, cause: &str| (severity.to_owned(), count, cause.to_owned());
    for (days, severity) in [(0, "warning"), (17, "critical")] {
        look_around(&app, now + TimeDelta::days(days)).await;
        let asked =
            "update model_standing set asked_at = now() + interval '17 days' where $1 is not null";
        put(&pool, anna.tenant, &[asked]).await;
        let ending =
            alarm(severity, 1, "Поставщик отключит языковую модель, которая пишет черновики.");
        assert_eq!(lasting(&anna).await, BTreeMap::from([("model_ending".to_owned(), ending)]));
    }
    look_around(&app, now + TimeDelta::days(19)).await;
    assert!(
        lasting(&anna).await.contains_key("model_ending"),
        "two days without an answer end nothing"
    );
    look_around(&app, now + TimeDelta::days(21)).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new(), "nobody asks about it any more");

    put(&pool, anna.tenant, &["delete from model_standing where $1 is not null"]).await;
    let parked = "insert into parked_stream (projection, generation, log_id, tenant_id, stream_id, first_pos, error)
        select m, 'live', 1, $1, '00000000-0000-0000-0000-000000000001', 1, 'test' from unnest(array['inbox', 'metric']) m";
    put(&pool, anna.tenant, &[parked]).await;
    look_around(&app, now).await;
    let behind = alarm("warning", 1, "Есть обращения, события которых не удалось учесть.");
    assert_eq!(lasting(&anna).await, BTreeMap::from([("read_models_behind".to_owned(), behind)]));
    put(&pool, anna.tenant, &["delete from parked_stream where tenant_id = $1"]).await;
    look_around(&app, now).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new());

    app.ingest(anna.tenant, 1, 5).await;
    let since = effects::now(&app.db).await.unwrap();
    let mut seen = SeenBehind::default();
    for minutes in [600, 604] {
        let at = since + TimeDelta::minutes(minutes);
        alarms(&app).look_at_installation(at, &mut seen).await.unwrap();
        let told = events(&app, &anna).await;
        assert!(!told.ends_with(&["AlertRaised".to_owned()]), "it may be there in a moment");
    }
    for minutes in [606, 631] {
        let at = since + TimeDelta::minutes(minutes);
        alarms(&app).look_at_installation(at, &mut seen).await.unwrap();
    }
    app.catch_up().await;
    let lasting_now = lasting(&anna).await;
    let (severity, late, cause) = &lasting_now["read_models_behind"];
    assert_eq!((&**severity, &**cause), ("critical", "Разделы консоли отстают от событий."));
    assert!(*late > 1, "most read models follow reviews: {late}");
    look_around(&app, since).await;
    assert_eq!(lasting(&anna).await, BTreeMap::new());
    assert_eq!(
        events(&app, &boris).await,
        Vec::<String>::new(),
        "whoever has no cabinet needs nobody"
    );
}
