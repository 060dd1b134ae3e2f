//! Every write that takes a key, as the API's own description lists them: a new one is held to the same promises.

use futures::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use crate::harness::{Signed, TestApp, expect_problem};
use crate::idempotency_model::check_then_insert;

/// Nothing has this id: the handlers answer, and that is an answer like any other.
const NOBODY: &str = "00000000-0000-0000-0000-00000000dead";

/// A write that takes a key.
struct Write {
    method: Method,
    path: String,
    body: Value,
}

/// What came back.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    replayed: bool,
    text: String,
}

impl Answer {
    async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let replayed = response.headers().contains_key("idempotency-replayed");
        let status = response.status().as_u16();
        Self { status, replayed, text: response.text().await.unwrap() }
    }

    fn code(&self) -> String {
        let problem: Value = serde_json::from_str(&self.text).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Lists all writes that take a key, with a body as their schema describes it.
fn writes() -> Vec<Write> {
    let document = api::document();
    let mut writes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            if !parameters.any(|parameter| parameter["name"] == "Idempotency-Key") {
                continue;
            }
            let schema = "/requestBody/content/application~1json/schema";
            let schema = operation.pointer(schema).unwrap_or(&Value::Null);
            let mut path = path.strip_prefix("/api/v1").unwrap().to_owned();
            while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
                path.replace_range(from..=to, NOBODY);
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            writes.push(Write { method, path, body: sample(&document, schema) });
        }
    }
    writes
}

/// Makes a value of a schema.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    if let Some(first) = ["oneOf", "anyOf"].iter().find_map(|of| schema[of].as_array()?.last()) {
        return sample(document, first);
    }
    let kind = schema["type"].as_array().and_then(|kinds| kinds.first()).unwrap_or(&schema["type"]);
    match kind.as_str() {
        Some("string") if schema["format"] == "uuid" => json!(NOBODY),
        Some("string") => json!("Спасибо!"),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        _ => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            let fields = fields.map(|(name, it)| (name.clone(), sample(document, it)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

impl Write {
    fn send(&self, by: &Signed, key: &str) -> RequestBuilder {
        by.write_as(key, self.method.clone(), &self.path, &self.body)
    }

    fn place(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Changes what is kept, as time or a crash would.
async fn keep(pool: &PgPool, set: &'static str) {
    let change = AssertSqlSafe(format!("update idempotency_key set {set}"));
    sqlx::query(change).execute(pool).await.unwrap();
}

/// As a process leaves it that was killed before it could keep the answer.
const DIED: &str = "status = null, headers = null, body = null, lease_until = now()";

#[sqlx::test(migrations = "../migrations")]
async fn every_write_keeps_the_promises_of_its_key(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let (anna, boris) =
        (app.register("anna@example.ru").await, app.register("boris@example.ru").await);
    let writes = writes();
    assert!(writes.len() >= 8, "only {} writes take a key", writes.len());
    let mut kept = 0;
    for write in &writes {
        let place = write.place();
        let bare = anna.call(write.method.clone(), &write.path).json(&write.body);
        expect_problem(bare, 400, "idempotency_key_missing").await;
        let long = write.send(&anna, &"k".repeat(256));
        expect_problem(long, 400, "idempotency_key_malformed").await;

        let first = Answer::to(write.send(&anna, "one")).await;
        assert!(!first.replayed, "{place}");
        let again = Answer::to(write.send(&anna, "one")).await;
        if first.status < 500 {
            assert_eq!((again.status, &again.text), (first.status, &first.text), "{place}");
            assert!(again.replayed, "{place}");
            kept += 1;
        } else {
            // The marketplace is out of reach: nothing is kept, a repetition is tried anew.
            assert!(!again.replayed && again.status >= 500, "{place}: {again:?}");
        }
        let mut other = write.body.clone();
        other["other"] = json!("payload");
        let other = anna.write_as("one", write.method.clone(), &write.path, &other);
        expect_problem(other, 422, "idempotency_key_reused").await;
        let strangers = Answer::to(write.send(&boris, "one")).await;
        assert!(!strangers.replayed, "{place}: another seller's");

        keep(&pool, DIED).await;
        let after_crash = Answer::to(write.send(&anna, "one")).await;
        assert_eq!((after_crash.replayed, after_crash.status), (false, first.status), "{place}");
        keep(&pool, "claimed_at = claimed_at - interval '23 hours'").await;
        let same_day = Answer::to(write.send(&anna, "one")).await;
        assert_eq!(same_day.replayed, first.status < 500, "{place}: kept for a day");
        keep(&pool, "claimed_at = claimed_at - interval '3 hours'").await;
        let next_day = Answer::to(write.send(&anna, "one")).await;
        assert!(!next_day.replayed, "{place}: fresh after a day");
    }
    assert!(kept > writes.len() / 2, "too few answers were kept to show anything");
}

/// What a failure of ours answers is not kept: with the fault mended, the repetition goes through.
#[sqlx::test(migrations = "../migrations")]
async fn no_write_keeps_a_failure_inside(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let mut failed = 0;
    for write in &writes() {
        let place = write.place();
        for rename in [
            "alter table es.event rename to event_gone",
            "alter table account rename to account_gone",
        ] {
            sqlx::query(rename).execute(&pool).await.unwrap();
        }
        let inside = Answer::to(write.send(&anna, "one")).await;
        for rename in [
            "alter table es.event_gone rename to event",
            "alter table account_gone rename to account",
        ] {
            sqlx::query(rename).execute(&pool).await.unwrap();
        }
        let after = Answer::to(write.send(&anna, "one")).await;
        if inside.status >= 500 {
            assert!(!after.replayed, "{place}: {inside:?}");
            failed += 1;
        } else {
            assert!(after.replayed, "{place}: {inside:?}");
        }
    }
    assert!(failed >= 5, "only {failed} failed inside: void");
}

/// Sends the same write a hundred times at once; returns how often it was carried out.
async fn carried_out(pool: &PgPool, write: &Write, by: &Signed) -> usize {
    let key = uuid::Uuid::new_v4().to_string();
    let answers = join_all((0..100).map(|_| Answer::to(write.send(by, &key)))).await;
    let (in_flight, answered): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|it| it.code() == "idempotency_key_in_flight");
    assert!(in_flight.iter().all(|it| it.status == 409));
    let answered: Vec<_> = answered.into_iter().filter(|it| !it.replayed).collect();
    let claims: i64 = sqlx::query_scalar("select count(*) from idempotency_key where key = $1")
        .bind(&key)
        .fetch_one(pool)
        .await
        .unwrap();
    assert!(claims > 0);
    answered.len()
}

/// Those whose answer is final; a failure of the marketplace may be tried by each in turn.
fn final_writes() -> impl Iterator<Item = Write> {
    writes().into_iter().filter(|write| !write.path.starts_with("/accounts"))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hundred_at_once_are_carried_out_once(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    for write in final_writes() {
        assert_eq!(carried_out(&pool, &write, &anna).await, 1, "{}", write.place());
    }
}

/// The control: a claim that looks first and writes then.
#[sqlx::test(migrations = "../migrations")]
async fn a_hundred_at_once_catch_a_claim_that_checks_and_then_inserts(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    check_then_insert(&pool).await;
    let mut most = 0;
    // Whether two meet is chance; in so many rounds some do.
    for _ in 0..10 {
        for write in final_writes() {
            most = most.max(carried_out(&pool, &write, &anna).await);
        }
        if most > 1 {
            break;
        }
    }
    assert!(most > 1, "a hundred at once would show nothing");
}
