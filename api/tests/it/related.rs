//! A review and its buyer's later addition to it: two interactions that show each other.

use domain::TenantId;
use domain::value::Links;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect, written_at};

/// The review and what was added to it.
const HALVES: [u32; 2] = [1, 2];

fn parent(n: u32) -> Links {
    Links { parent: Some(format!("review-{n}")), supplement: None }
}

fn supplement(n: u32) -> Links {
    Links { parent: None, supplement: Some(format!("review-{n}")) }
}

/// Takes in one half, which names the other or does not, and tells its id.
async fn half(app: &TestApp, tenant: TenantId, n: u32, names_other: bool) -> String {
    let links = match (n, names_other) {
        (1, true) => supplement(2),
        (2, true) => parent(1),
        _ => Links::default(),
    };
    let id = app.ingest_linked(tenant, n, 3, links).await;
    app.catch_up().await;
    id.to_string()
}

async fn related(caller: &Signed, id: &str) -> Value {
    caller.get(&format!("/interactions/{id}")).await["related"].clone()
}

fn shown(id: &str, kind: &str, n: u32) -> Value {
    json!([{
        "interaction_id": id,
        "kind": kind,
        "preview": format!("Отзыв номер {n}"),
        "occurred_at": written_at(n),
    }])
}

#[sqlx::test(migrations = "../migrations")]
async fn both_halves_show_each_other_whichever_came_first_and_whichever_names_the_other(
    pool: PgPool,
) {
    let app = TestApp::start(pool).await;
    for (case, names) in [[true, true], [true, false], [false, true]].into_iter().enumerate() {
        for backwards in [false, true] {
            let anna = app.register(&format!("anna{case}{backwards}@example.ru")).await;
            let mut ids = [String::new(), String::new()];
            let mut order = HALVES;
            if backwards {
                order.reverse();
            }
            for (place, n) in order.into_iter().enumerate() {
                let at = n as usize - 1;
                ids[at] = half(&app, anna.tenant, n, names[at]).await;
                if place == 0 {
                    let alone = related(&anna, &ids[at]).await;
                    assert_eq!(alone, json!([]), "the other half may come later or never");
                }
            }
            let [first, second] = &ids;
            assert_eq!(related(&anna, first).await, shown(second, "supplement", 2));
            assert_eq!(related(&anna, second).await, shown(first, "parent", 1));
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_says_which_review_is_a_supplement_and_others_see_none_of_it(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let first = half(&app, anna.tenant, 1, true).await;
    let second = half(&app, anna.tenant, 2, true).await;
    let page = anna.get("/interactions?order=oldest").await;
    let rows = page["items"].as_array().unwrap().iter();
    let told: Vec<_> =
        rows.map(|row| (row["interaction_id"].clone(), row["is_supplement"].clone())).collect();
    assert_eq!(told, [(json!(first), json!(false)), (json!(second), json!(true))]);

    // The same ids at another seller's are others.
    let others = half(&app, boris.tenant, 2, true).await;
    assert_eq!(related(&boris, &others).await, json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_past_shows_the_pair_since_it_was_one(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let first = half(&app, anna.tenant, 1, false).await;
    let alone = anna.get(&format!("/interactions/{first}/events")).await;
    let then = alone["items"][0]["aiqcursor"].as_str().unwrap().to_owned();
    let second = half(&app, anna.tenant, 2, true).await;
    half(&app, anna.tenant, 1, true).await;

    let past = anna.get(&format!("/interactions/{first}?as_of={then}")).await;
    assert_eq!(past["related"], json!([]));
    let steps = anna.get(&format!("/interactions/{first}/steps")).await;
    let told: Vec<_> = steps["items"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["state"]["related"], json!([]));
    assert_eq!(told[1]["state"]["related"], shown(&second, "supplement", 2));
    assert_eq!(told[1]["title"], "Покупатель дополнил отзыв");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_erased_half_is_quoted_by_no_answer_that_is_kept(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let first = half(&app, anna.tenant, 1, true).await;
    let second = half(&app, anna.tenant, 2, true).await;
    let path = format!("/interactions/{first}/draft");
    let body = json!({"text": "Спасибо за отзыв!"});
    let draft = || expect(anna.write_as("draft-1", Method::POST, &path, &body), StatusCode::OK);
    assert_eq!(draft().await["related"], shown(&second, "supplement", 2));

    let erasure = json!({"ground": "persons_request"});
    let path = format!("/interactions/{second}/erasure");
    expect(anna.write(Method::POST, &path, &erasure), StatusCode::OK).await;
    let behind = related(&anna, &first).await;
    assert_eq!(behind[0]["preview"], "", "though no read model has heard of it");
    app.catch_up().await;
    assert_eq!(draft().await["related"][0]["preview"], "");
}
