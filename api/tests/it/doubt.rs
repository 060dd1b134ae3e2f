//! A reply of which reading cannot tell whether it stands: what is known is shown, and a person's word decides, once.

use chrono::{DateTime, TimeDelta, Utc};
use domain::interaction::{InteractionCommand as Command, Look, Saw, UnknownReason};
use domain::value::{ObservedAnswer, ObservedState};
use domain::{InteractionId, ReplyId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect, expect_problem};

const TEXT: &str = "Спасибо за отзыв, рады, что понравилось!";

async fn send(anna: &Signed, id: InteractionId) -> ReplyId {
    let request =
        anna.write(Method::POST, &format!("/interactions/{id}/reply"), &json!({"text": TEXT}));
    let told = expect(request, StatusCode::ACCEPTED).await;
    told["reply"]["reply_id"].as_str().unwrap().parse().unwrap()
}

/// Sends a reply that vanishes three times, each time looked for twice.
async fn vanished(app: &TestApp, anna: &Signed, n: u32) -> (InteractionId, ReplyId) {
    let id = app.review(anna.tenant, n, 5).await;
    let reply_id = send(anna, id).await;
    for attempt in 1..=3 {
        let at = tried_at(attempt);
        let reason = UnknownReason::Timeout;
        app.execute(anna.tenant, id, Command::RecordUnknown { reply_id, attempt, reason, at })
            .await;
        let read_at = vec![at + TimeDelta::minutes(2), at + TimeDelta::minutes(10)];
        let absent = Command::ConfirmAbsent { reply_id, attempt, read_at };
        app.execute(anna.tenant, id, absent).await;
    }
    app.catch_up().await;
    (id, reply_id)
}

fn tried_at(attempt: u32) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(attempt.into())
}

fn path(id: InteractionId, reply_id: ReplyId, what: &str) -> String {
    format!("/interactions/{id}/replies/{reply_id}/{what}")
}

fn seen(text: &str) -> Command {
    let answer = ObservedAnswer {
        text: text.to_owned().into(),
        state: ObservedState::Published,
        editable: None,
        external_id: None,
        refusal: None,
    };
    Command::Observe { answer, seen_at: Utc::now() }
}

async fn titles(anna: &Signed, id: InteractionId) -> Vec<Value> {
    let why = anna.get(&format!("/interactions/{id}/why")).await;
    why["lines"].as_array().unwrap().iter().map(|line| line["title"].clone()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_known_of_each_attempt_is_shown(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let (id, reply_id) = vanished(&app, &anna, 1).await;
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!((&whole["status"], &whole["reply"]["state"]), (&json!("failed"), &json!("failed")));
    assert_eq!(whole["reply"]["failure"]["code"], "never_arrived");
    assert_eq!(whole["reply"]["in_doubt"], true);

    let evidence = anna.get(&path(id, reply_id, "evidence")).await;
    assert_eq!(evidence["in_doubt"], true);
    let attempts = evidence["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 3);
    for (number, attempt) in (1..).zip(attempts) {
        let at = tried_at(number);
        assert_eq!((&attempt["number"], &attempt["code"]), (&json!(number), &json!("timeout")));
        assert_eq!(attempt["tried_at"], json!(at));
        let looks = [2, 10].map(|minutes| json!(at + TimeDelta::minutes(minutes)));
        let told: Vec<_> =
            attempt["looks"].as_array().unwrap().iter().map(|look| look["at"].clone()).collect();
        assert_eq!(told, looks, "attempt {number}");
        assert_eq!(attempt["looks"][0]["saw"], "absent");
    }

    let id = app.review(anna.tenant, 2, 5).await;
    let reply_id = send(&anna, id).await;
    let (at, reason) = (tried_at(1), UnknownReason::ConnectionLost);
    app.execute(anna.tenant, id, Command::RecordUnknown { reply_id, attempt: 1, reason, at }).await;
    let looks = vec![Look { at: tried_at(30), saw: Saw::ItemGone }];
    app.execute(anna.tenant, id, Command::RecordUnprovable { reply_id, attempt: 1, looks }).await;
    let evidence = anna.get(&path(id, reply_id, "evidence")).await;
    let attempt = &evidence["attempts"][0];
    assert_eq!(attempt["code"], "connection_lost", "that it is left to a person says no more");
    assert_eq!(attempt["looks"][0]["saw"], "item_gone");

    let id = app.review(anna.tenant, 3, 5).await;
    let reply_id = send(&anna, id).await;
    assert_eq!(
        anna.get(&path(id, reply_id, "evidence")).await,
        json!({"in_doubt": false, "attempts": []})
    );
    for what in ["mark-sent", "send-again"] {
        let early = anna.write(Method::POST, &path(id, reply_id, what), &json!({}));
        expect_problem(early, 409, "reply_decided").await;
        let unknown = ReplyId(uuid::Uuid::now_v7());
        let request = anna.write(Method::POST, &path(id, unknown, what), &json!({}));
        expect_problem(request, 404, "not_found").await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn who_says_that_it_arrived_is_kept_and_it_counts_as_sent(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let (id, reply_id) = vanished(&app, &anna, 1).await;
    let request = anna.write(Method::POST, &path(id, reply_id, "mark-sent"), &json!({}));
    let told = expect(request, StatusCode::OK).await;
    assert_eq!(
        (&told["reply"]["state"], &told["reply"]["in_doubt"]),
        (&json!("sent"), &json!(false))
    );
    app.catch_up().await;
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!(whole["reply"], told["reply"], "the read model tells the same");
    assert_eq!(
        (&whole["status"], &whole["can_answer"]["code"]),
        (&json!("responded"), &json!("already_answered"))
    );
    let why = anna.get(&format!("/interactions/{id}/why")).await;
    let last = why["lines"].as_array().unwrap().last().unwrap();
    assert_eq!(last["title"], "Человек отметил: ответ дошёл");
    assert_eq!(last["who"], "оператор anna@example.ru");
    assert_eq!(last["facts"][0]["name"], "ground");

    let again = anna.write(Method::POST, &path(id, reply_id, "mark-sent"), &json!({}));
    expect(again, StatusCode::OK).await;
    assert_eq!(
        titles(&anna, id).await.len(),
        why["lines"].as_array().unwrap().len(),
        "it is said once"
    );
    let other = anna.write(Method::POST, &path(id, reply_id, "send-again"), &json!({}));
    let problem = expect_problem(other, 409, "reply_decided").await;
    assert_eq!(problem["stands"]["state"], "sent", "whoever comes too late sees what stands");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_says_that_it_did_not_arrive_has_it_sent_again_once(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let (id, reply_id) = vanished(&app, &anna, 1).await;
    let basis = anna.get(&format!("/interactions/{id}")).await["basis"].clone();
    let body = json!({"basis": basis});
    let again = |key: &'static str| {
        anna.write_as(key, Method::POST, &path(id, reply_id, "send-again"), &body)
    };
    let told = expect(again("one"), StatusCode::ACCEPTED).await;
    assert_eq!(told["reply"]["state"], "sending");
    assert_eq!(told["reply"]["reply_id"], json!(reply_id), "it stays the same version");
    assert_eq!(expect(again("one"), StatusCode::ACCEPTED).await, told, "a repeated key asks once");
    expect_problem(again("two"), 409, "reply_decided").await;
    let marked = anna.write(Method::POST, &path(id, reply_id, "mark-sent"), &json!({}));
    expect_problem(marked, 409, "reply_decided").await;
    app.catch_up().await;
    let owed: Vec<Value> = sqlx::query_scalar(
        "select payload from effect where kind = 'deliver_reply' and stream_id = $1 order by cause_pos",
    )
    .bind(id.0)
    .fetch_all(app.db.pool())
    .await
    .unwrap();
    let attempts: Vec<_> = owed.iter().map(|payload| payload["attempt"].clone()).collect();
    assert_eq!(attempts, [1, 2, 3, 4], "one more is owed");
    let titles = titles(&anna, id).await;
    assert_eq!(titles.last().unwrap(), "Человек решил: ответ не дошёл, отправить снова");
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!((&whole["status"], &whole["reply_state"]), (&json!("replying"), &json!("sending")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reading_that_finds_something_comes_before_a_persons_word(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    // Ours after all.
    let (id, reply_id) = vanished(&app, &anna, 1).await;
    app.execute(anna.tenant, id, seen(TEXT)).await;
    let again = anna.write(Method::POST, &path(id, reply_id, "send-again"), &json!({}));
    let problem = expect_problem(again, 409, "reply_decided").await;
    assert_eq!(problem["stands"]["state"], "published");
    let marked = anna.write(Method::POST, &path(id, reply_id, "mark-sent"), &json!({}));
    let told = expect(marked, StatusCode::OK).await;
    assert_eq!(told["reply"]["state"], "published", "it stands as was said");
    // Somebody else's.
    let (id, reply_id) = vanished(&app, &anna, 2).await;
    app.execute(anna.tenant, id, seen("Благодарим!")).await;
    for what in ["mark-sent", "send-again"] {
        let request = anna.write(Method::POST, &path(id, reply_id, what), &json!({}));
        expect_problem(request, 409, "already_answered").await;
    }
    // The buyer's new words.
    let (id, reply_id) = vanished(&app, &anna, 3).await;
    let old = json!({"basis": 0});
    let request = anna.write(Method::POST, &path(id, reply_id, "send-again"), &old);
    expect_problem(request, 409, "interaction_changed").await;
    // Two people at once: one word counts.
    let (id, reply_id) = vanished(&app, &anna, 4).await;
    let place = path(id, reply_id, "send-again");
    let tries = (0..8).map(|_| anna.write(Method::POST, &place, &json!({})).send());
    let answers = futures::future::join_all(tries).await;
    let taken = answers.iter().filter(|answer| answer.as_ref().unwrap().status() == 202).count();
    assert_eq!(taken, 1);
}
