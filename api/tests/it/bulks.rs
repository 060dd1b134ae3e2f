//! Replies to many interactions at once: what is told before, what is refused, and what is told while nobody works.

use std::collections::BTreeMap;

use domain::InteractionId;
use domain::interaction::{InteractionCommand as Command, UnknownReason};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, expect, expect_problem};

const TEXT: &str = "Спасибо за отзыв, рады, что понравилось!";
const PREFLIGHT: &str = "/interactions/bulk/preflight";
const BULK: &str = "/interactions/bulk";

async fn draft(anna: &Signed, id: InteractionId, text: &str) {
    let path = format!("/interactions/{id}/draft");
    expect(anna.write(Method::POST, &path, &json!({"text": text})), StatusCode::OK).await;
}

fn ids(ids: &[InteractionId]) -> Value {
    ids.iter().map(|id| json!({"interaction_id": id})).collect()
}

async fn preflight(anna: &Signed, question: Value) -> Value {
    expect(anna.call(Method::POST, PREFLIGHT).json(&question), StatusCode::OK).await
}

/// The code of each item's reason, or `ok`.
fn reasons(told: &Value) -> Vec<String> {
    let of = |item: &Value| item["reason"]["code"].as_str().unwrap_or("ok").to_owned();
    told["items"].as_array().unwrap().iter().map(of).collect()
}

fn wishes(told: &Value) -> Value {
    let items = told["items"].as_array().unwrap().iter();
    let wish = |item: &Value| {
        json!({
            "interaction_id": item["interaction"]["interaction_id"],
            "basis": item["basis"],
            "draft_id": item["draft_id"],
        })
    };
    items.filter(|item| item["sendable"] == true).map(wish).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pre_flight_tells_what_would_go_and_why_the_rest_would_not(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let mut all = Vec::new();
    for n in 0..5 {
        all.push(app.review(anna.tenant, n, 5).await);
    }
    draft(&anna, all[0], TEXT).await;
    draft(&anna, all[1], "Позвоните нам: 8 (912) 345-67-89.").await;
    draft(&anna, all[3], TEXT).await;
    draft(&anna, all[4], "Благодарим вас за такой тёплый отзыв.").await;
    let held = json!({"text": "Спасибо большое за отзыв!", "hold_seconds": 30});
    let path = format!("/interactions/{}/reply", all[3]);
    expect(anna.write(Method::POST, &path, &held), StatusCode::ACCEPTED).await;
    app.catch_up().await;

    let told = preflight(&anna, json!({"items": ids(&all)})).await;
    assert_eq!(reasons(&told), ["ok", "blocked", "no_draft", "reply_held", "ok"]);
    assert_eq!(told["sendable"], 2);
    let (first, blocked) = (&told["items"][0], &told["items"][1]);
    assert_eq!((&first["text"], &first["basis"]), (&json!(TEXT), &json!(0)));
    assert!(first["draft_id"].is_string());
    assert_eq!(blocked["violations"][0]["type"], "contact_phone");
    let counted: BTreeMap<&str, u64> = told["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| (reason["code"].as_str().unwrap(), reason["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(counted, [("blocked", 1), ("no_draft", 1), ("reply_held", 1)].into());
    assert!(told["estimated_seconds"].is_u64());

    // One text for all needs no drafts, and is the same to each.
    let told = preflight(&anna, json!({"filter": {"status": "waiting"}, "text": TEXT})).await;
    assert_eq!(reasons(&told), ["ok"; 4], "the one that is held does not wait");
    for item in told["items"].as_array().unwrap() {
        assert_eq!(item["draft_id"], Value::Null);
        assert_eq!(item["warnings"][0]["type"], "duplicate", "{item}");
    }
    // What was seen is not what stands there now.
    let seen = json!([{"interaction_id": all[0], "basis": 7}]);
    assert_eq!(reasons(&preflight(&anna, json!({"items": seen})).await), ["changed"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_came_in_since_an_item_was_chosen_leaves_it_out_until_it_is_chosen_again(
    pool: PgPool,
) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let ids = [app.review(anna.tenant, 1, 5).await, app.review(anna.tenant, 2, 5).await];
    let listed = anna.get("/interactions?order=oldest").await;
    let chosen: Vec<Value> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!({"interaction_id": row["interaction_id"], "version": row["version"]}))
        .collect();
    // A draft is nothing that came in; another number of stars is.
    draft(&anna, ids[0], TEXT).await;
    app.review(anna.tenant, 2, 2).await;
    let told = preflight(&anna, json!({"items": chosen, "text": TEXT})).await;
    let of = |id: InteractionId| {
        let items = told["items"].as_array().unwrap();
        let id = id.to_string();
        items.iter().find(|item| item["interaction"]["interaction_id"] == *id).unwrap().clone()
    };
    let (same, changed) = (of(ids[0]), of(ids[1]));
    assert_eq!((&same["sendable"], &same["changed"]), (&json!(true), &json!(false)));
    assert_eq!((&changed["sendable"], &changed["changed"]), (&json!(false), &json!(true)));
    assert_eq!(changed["reason"]["code"], "changed");
    assert_eq!((&told["sendable"], &changed["text"]), (&json!(1), &json!(TEXT)));

    let both: Vec<Value> = [&same, &changed]
        .iter()
        .map(|item| {
            let id = &item["interaction"]["interaction_id"];
            json!({"interaction_id": id, "basis": item["basis"]})
        })
        .collect();
    let again = preflight(&anna, json!({"items": both, "text": TEXT})).await;
    assert_eq!(reasons(&again), ["ok", "ok"], "with what stands there now it is chosen anew");
    // What cannot go anyway is not worth choosing.
    let blocked = json!({"items": chosen, "text": "Позвоните нам: 8 (912) 345-67-89."});
    let told = preflight(&anna, blocked).await;
    assert_eq!(reasons(&told), ["blocked", "blocked"]);
    assert!(told["items"].as_array().unwrap().iter().all(|item| item["changed"] == false));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bulk_does_not_answer_where_it_is_in_doubt_whether_an_answer_stands(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let asked = anna.write(Method::POST, &path, &json!({"text": TEXT, "hold_seconds": 0}));
    let asked = expect(asked, StatusCode::ACCEPTED).await;
    let reply_id = asked["reply"]["reply_id"].as_str().unwrap().parse().unwrap();
    let (at, reason) = (chrono::Utc::now(), UnknownReason::Timeout);
    app.execute(anna.tenant, id, Command::RecordUnknown { reply_id, attempt: 1, reason, at }).await;
    let looks = vec![];
    app.execute(anna.tenant, id, Command::RecordUnprovable { reply_id, attempt: 1, looks }).await;
    app.catch_up().await;
    let told = preflight(&anna, json!({"items": ids(&[id]), "text": TEXT})).await;
    assert_eq!(reasons(&told), ["in_doubt"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bulk_is_asked_for_once_and_told_and_stopped(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let mut all = Vec::new();
    for n in 0..3 {
        all.push(app.review(anna.tenant, n, 5).await);
    }
    let told = preflight(&anna, json!({"items": ids(&all), "text": TEXT})).await;
    let (key, body) = (Uuid::new_v4().to_string(), json!({"items": wishes(&told), "text": TEXT}));
    let ask = || anna.write_as(&key, Method::POST, BULK, &body);
    let first = expect(ask(), StatusCode::ACCEPTED).await;
    assert_eq!(expect(ask(), StatusCode::ACCEPTED).await, first, "a repetition is told the same");

    let path = format!("{BULK}/{}", first["bulk_id"].as_str().unwrap());
    let bulk = anna.get(&path).await;
    assert_eq!((&bulk["state"], &bulk["drafts"]), (&json!("running"), &json!(false)));
    let counts = json!({"total": 3, "sent": 0, "by_state": {"waiting": 3}});
    assert_eq!(bulk["counts"], counts);
    assert_eq!(bulk["items"][0]["interaction_id"], all[0].to_string());
    assert_eq!(bulk["items"][0]["interaction"]["preview"], "Отзыв номер 0");
    app.catch_up().await;
    let list = anna.get(BULK).await;
    assert_eq!(list["items"][0]["bulk_id"], first["bulk_id"]);
    assert_eq!((&list["items"][0]["total"], &list["items"][0]["sent"]), (&json!(3), &json!(0)));

    let stop = || anna.write(Method::POST, &format!("{path}/stop"), &json!({}));
    let stopped = expect(stop(), StatusCode::OK).await;
    assert_eq!(stopped["state"], "stopping");
    assert_eq!(stopped["counts"]["by_state"], json!({"not_sent": 3}));
    assert_eq!(expect(stop(), StatusCode::OK).await["state"], "stopping", "it is stopped once");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_no_bulk_can_be_is_refused_whole(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let foreign = app.review(boris.tenant, 2, 5).await;
    let item = |id: InteractionId| json!({"interaction_id": id, "basis": 0});
    let many: Value =
        (0..1001).map(|n| json!({"interaction_id": Uuid::from_u128(n), "basis": 0})).collect();
    for (body, status, code) in [
        (json!({"items": [], "text": TEXT}), 422, "invalid_body"),
        (json!({"items": [item(id)]}), 422, "invalid_body"),
        (json!({"items": [item(id), item(id)], "text": TEXT}), 422, "invalid_body"),
        (json!({"items": [item(id)], "text": "  "}), 422, "invalid_body"),
        (json!({"items": many, "text": TEXT}), 422, "bulk_too_large"),
        (json!({"items": [item(id), item(foreign)], "text": TEXT}), 404, "not_found"),
    ] {
        expect_problem(anna.write(Method::POST, BULK, &body), status, code).await;
    }
    app.catch_up().await;
    assert_eq!(anna.get(BULK).await["items"], json!([]), "nothing was begun");
    for (question, status, code) in [
        (json!({}), 422, "invalid_body"),
        (json!({"items": ids(&[id]), "filter": {}}), 422, "invalid_body"),
        (json!({"items": many}), 422, "bulk_too_large"),
        (json!({"items": ids(&[id, foreign])}), 404, "not_found"),
    ] {
        let asked = anna.call(Method::POST, PREFLIGHT).json(&question);
        expect_problem(asked, status, code).await;
    }
}
