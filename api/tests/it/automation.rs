//! What a seller wants answered without a person, over HTTP.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use domain::automation::Automation;
use domain::event::decode;
use domain::interaction::InteractionEvent;
use domain::policy::decision::{Decision, Facts, Standing, decide};
use domain::seller::SellerEvent;
use domain::{InteractionId, TenantId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::drafts::{is_ready, until};
use crate::harness::{Signed, TestApp, expect, expect_problem};

pub(crate) const PATH: &str = "/seller/automation";
const BACKTESTS: &str = "/automation/backtests";

fn body(now: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut automation = now["automation"].clone();
    change(&mut automation);
    json!({"replaces": now["version"], "automation": automation})
}

pub(crate) async fn change(anna: &Signed, change: impl FnOnce(&mut Value)) -> Value {
    let body = body(&anna.get(PATH).await, change);
    expect(anna.write(Method::PUT, PATH, &body), StatusCode::OK).await
}

#[sqlx::test(migrations = "../migrations")]
async fn every_change_is_a_version_and_nobodys_is_lost(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let before = anna.get(PATH).await;
    assert_eq!(
        (&before["version"], &before["automation"]["stage"]),
        (&json!(0), &json!("observation"))
    );
    let changed = change(&anna, |automation| {
        automation["rules"]["channels"] = json!(["question", "review", "review"]);
        automation["rules"]["rating_min"] = json!(5);
        automation["per_hour"] = json!(3);
    })
    .await;
    assert_eq!(changed["version"], 1);
    assert_eq!(changed["automation"]["rules"]["channels"], json!(["review", "question"]));
    let late = body(&before, |automation| automation["per_day"] = json!(7));
    expect_problem(anna.write(Method::PUT, PATH, &late), 409, "automation_changed").await;
    let history = anna.get("/seller/automation/history").await;
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
    assert_eq!(history["items"][0]["automation"], changed["automation"]);
    let boris = app.register("boris@example.ru").await;
    assert_eq!(boris.get(PATH).await["version"], 0);
    assert_eq!(boris.get("/seller/automation/history").await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_is_named(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let now = anna.get(PATH).await;
    for (field, value) in [
        ("rules.rating_min", json!(6)),
        ("rules.auto_from", json!(101)),
        ("rules.escalate_below", json!(99)),
        ("rules.handoff", json!(["thanks"])),
        ("per_hour", json!(0)),
        ("per_day", json!(10_001)),
        ("hold_seconds", json!(9)),
    ] {
        let pointer = format!("/{}", field.replace('.', "/"));
        let body = body(&now, |automation| *automation.pointer_mut(&pointer).unwrap() = value);
        let problem =
            expect_problem(anna.write(Method::PUT, PATH, &body), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], format!("automation.{field}"), "{problem}");
    }
    for (stage, code) in [
        ("backtested", "backtest_needed"),
        ("pilot", "automatic_replies_not_offered"),
        ("on", "automatic_replies_not_offered"),
    ] {
        let body = body(&now, |automation| automation["stage"] = json!(stage));
        expect_problem(anna.write(Method::PUT, PATH, &body), 409, code).await;
    }
    assert_eq!(anna.get(PATH).await["version"], 0);
}

impl TestApp {
    /// Has the draft of a new review made, and says what it is.
    pub(crate) async fn drafted(
        &self,
        anna: &Signed,
        n: u32,
        rating: u8,
    ) -> (InteractionId, Value) {
        let id = self.ingest(anna.tenant, n, rating).await;
        (id, until(anna, id, is_ready).await["draft"].clone())
    }

    /// What was decided of the drafts of an interaction, beside what is decided of them again.
    async fn decisions(&self, tenant: TenantId, id: InteractionId) -> Vec<(Decision, Decision)> {
        let mut settled = BTreeMap::from([(0, Automation::default())]);
        for stored in self.log.load_stream(tenant, tenant.into(), 0).await.unwrap() {
            for event in decode(stored.names(), stored.payload.clone()).unwrap() {
                if let SellerEvent::AutomationChanged { version, automation } = event {
                    settled.insert(version, automation);
                }
            }
        }
        let (mut standing, mut decisions) = (Standing::default(), Vec::new());
        for stored in self.log.load_stream(tenant, id.into(), 0).await.unwrap() {
            for event in decode(stored.names(), stored.payload.clone()).unwrap() {
                if let InteractionEvent::DraftProposed { source, origin: Some(origin), .. } = &event
                    && let Some(made) = &origin.decision
                {
                    let facts = Facts::of(&standing, *source, origin).unwrap();
                    let rules = &settled[&made.automation].rules;
                    decisions.push((made.clone(), decide(&facts, rules, made.automation)));
                }
                standing = standing.after(&event);
            }
        }
        decisions
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn history_decides_again_as_it_was_decided(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    app.work();
    let mut all = Vec::new();
    for n in 1..=5 {
        all.push(app.drafted(&anna, n, u8::try_from(n).unwrap()).await.0);
    }
    change(&anna, |automation| automation["rules"]["rating_min"] = json!(5)).await;
    for n in 6..=10 {
        all.push(app.drafted(&anna, n, u8::try_from(n - 5).unwrap()).await.0);
    }
    let erasure = json!({"ground": "persons_request"});
    let erased = format!("/interactions/{}/erasure", all[3]);
    for turn in ["as it was", "one is erased"] {
        let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
        for id in &all {
            let decisions = app.decisions(anna.tenant, *id).await;
            assert_eq!(decisions.len(), 1, "{turn}");
            for (made, again) in decisions {
                assert_eq!(made, again, "{turn}");
                let verdict: &str = made.verdict.into();
                *verdicts.entry(format!("{} {verdict}", made.automation)).or_default() += 1;
            }
        }
        let told: Vec<_> = verdicts.iter().map(|(name, count)| (&**name, *count)).collect();
        assert_eq!(
            told,
            [
                ("0 auto_send", 2),
                ("0 need_approval", 3),
                ("1 auto_send", 1),
                ("1 need_approval", 4)
            ]
        );
        expect(anna.write(Method::POST, &erased, &erasure), StatusCode::OK).await;
    }
}

/// Has a backtest made of all drafts of this hour.
pub(crate) async fn backtested(anna: &Signed, rules: &Value) -> Value {
    let body = json!({
        "rules": rules,
        "since": Utc::now() - TimeDelta::hours(1),
        "until": Utc::now() + TimeDelta::hours(1),
        "seconds_per_reply": 120,
    });
    expect(anna.write(Method::POST, BACKTESTS, &body), StatusCode::OK).await
}

/// The wish to rest rules on a backtest.
pub(crate) fn resting_on(backtest: &Value, rules: &Value) -> Value {
    let automation = json!({
        "stage": "backtested",
        "rules": rules,
        "per_hour": 20,
        "per_day": 100,
        "hold_seconds": 60,
        "backtest_id": backtest["backtest_id"],
    });
    json!({"replaces": 0, "automation": automation})
}

#[sqlx::test(migrations = "../migrations")]
async fn rules_are_held_against_what_people_did_and_rest_on_that(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    app.work();
    let rules = anna.get(PATH).await["automation"]["rules"].clone();
    let empty = backtested(&anna, &rules).await;
    assert_eq!((&empty["drafts"], &empty["agreement_percent"]), (&json!(0), &Value::Null));
    let refused = anna.write(Method::PUT, PATH, &resting_on(&empty, &rules));
    expect_problem(refused, 409, "backtest_proves_nothing").await;

    let (sent, draft) = app.drafted(&anna, 1, 5).await;
    let same = json!({"text": draft["text"], "draft_id": draft["draft_id"]});
    let reply = anna.write(Method::POST, &format!("/interactions/{sent}/reply"), &same);
    expect(reply, StatusCode::ACCEPTED).await;
    let (rewritten, _) = app.drafted(&anna, 2, 5).await;
    let other = json!({"text": "Нам очень жаль, напишите нам в чат магазина."});
    let reply = anna.write(Method::POST, &format!("/interactions/{rewritten}/reply"), &other);
    expect(reply, StatusCode::ACCEPTED).await;
    let (unwanted, draft) = app.drafted(&anna, 3, 5).await;
    let away = json!({"draft_id": draft["draft_id"], "reason": "wrong_tone"});
    let path = format!("/interactions/{unwanted}/draft/dismiss");
    expect(anna.write(Method::POST, &path, &away), StatusCode::OK).await;
    app.drafted(&anna, 4, 5).await;
    app.drafted(&anna, 5, 2).await;

    let made = backtested(&anna, &rules).await;
    let sent = &made["auto_send"];
    assert_eq!(
        (&made["drafts"], &sent["all"], &sent["as_it_was"], &sent["other_text"]),
        (&json!(5), &json!(4), &json!(1), &json!(1)),
        "{made}"
    );
    assert_eq!((&sent["dismissed"], &sent["unanswered"]), (&json!(1), &json!(1)));
    assert_eq!(made["need_approval"]["unanswered"], 1);
    assert_eq!((&made["agreement_percent"], &made["minutes_saved"]), (&json!(33), &json!(2)));
    let worst: Vec<_> = made["worst"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["interaction_id"].clone())
        .collect();
    assert_eq!(worst, [json!(unwanted), json!(rewritten)]);
    assert!(!made.to_string().contains("жаль"), "nothing that was said");
    let id = made["backtest_id"].as_str().unwrap();
    assert_eq!(anna.get(&format!("{BACKTESTS}/{id}")).await, made);
    assert_eq!(anna.get(BACKTESTS).await["items"], json!([made, empty]));
    let change = sqlx::query("update backtest set policy = 7").execute(app.db.pool()).await;
    assert!(change.is_err(), "what was found stays");

    // Only these rules of this seller rest on it.
    let mut others = rules.clone();
    others["rating_min"] = json!(5);
    let refused = anna.write(Method::PUT, PATH, &resting_on(&made, &others));
    expect_problem(refused, 409, "backtest_needed").await;
    let boris = app.register("boris@example.ru").await;
    let refused = boris.write(Method::PUT, PATH, &resting_on(&made, &rules));
    expect_problem(refused, 409, "backtest_needed").await;
    let wish = resting_on(&made, &rules);
    let settled = expect(anna.write(Method::PUT, PATH, &wish), StatusCode::OK).await;
    assert_eq!((&settled["version"], &settled["automation"]), (&json!(1), &wish["automation"]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_held_against_history_is_named(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let good = json!({
        "rules": anna.get(PATH).await["automation"]["rules"],
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-02-01T00:00:00Z",
        "seconds_per_reply": 60,
    });
    for (pointer, value, field) in [
        ("/until", json!("2026-01-01T00:00:00Z"), "until"),
        ("/since", json!("2024-01-01T00:00:00Z"), "since"),
        ("/since", json!("0001-01-01T00:00:00Z"), "since"),
        ("/since", json!("-4800-01-01T00:00:00Z"), "since"),
        ("/until", json!("9999-12-31T00:00:00Z"), "until"),
        ("/until", json!("+262142-12-31T00:00:00Z"), "until"),
        ("/rules/rating_min", json!(0), "rules.rating_min"),
        ("/rules/auto_from", json!(101), "rules.auto_from"),
        ("/seconds_per_reply", json!(0), "seconds_per_reply"),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        let problem =
            expect_problem(anna.write(Method::POST, BACKTESTS, &body), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    for (name, value) in [("since", "yesterday"), ("until", "2026-02-31T00:00:00Z")] {
        let mut body = good.clone();
        body[name] = json!(value);
        expect_problem(anna.write(Method::POST, BACKTESTS, &body), 422, "invalid_body").await;
    }
    assert_eq!(anna.get(BACKTESTS).await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_interaction_that_somebody_changed_is_left_out_and_counted(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    app.work();
    let rules = anna.get(PATH).await["automation"]["rules"].clone();
    let (damaged, _) = app.drafted(&anna, 1, 5).await;
    let (whole, _) = app.drafted(&anna, 2, 5).await;
    let before = backtested(&anna, &rules).await;
    assert_eq!((&before["drafts"], &before["left_out"]), (&json!(2), &json!(0)));
    // Somebody with the rights of the owner changes what is stored.
    let mut owner = pool.acquire().await.unwrap();
    sqlx::query("set session_replication_role = replica").execute(&mut *owner).await.unwrap();
    let changed = sqlx::query(
        "update es.event e set payload = o.payload from es.event o
            where e.stream_id = $1 and o.stream_id = $2 and e.version = 1 and o.version = 1",
    )
    .bind(damaged.0)
    .bind(whole.0)
    .execute(&mut *owner)
    .await
    .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    drop(owner);
    let after = backtested(&anna, &rules).await;
    assert_eq!((&after["drafts"], &after["left_out"]), (&json!(1), &json!(1)), "{after}");
}
