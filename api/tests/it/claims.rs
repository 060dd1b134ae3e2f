//! Claims for return: listed by pages, filtered, shown whole, and their buyers erased.

use domain::claim::ClaimState;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::accounts;
use crate::harness::{Signed, TestApp, expect, expect_problem};

async fn claims(app: &TestApp, of: &Signed) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 1..=5 {
        let state = if n == 2 { ClaimState::Approved } else { ClaimState::UnderReview };
        ids.push(app.claim(of.tenant, n, state).await.to_string());
    }
    ids
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["claim_id"].as_str().unwrap().to_owned()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn claims_come_page_by_page_the_latest_first(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let mut expected = claims(&app, &anna).await;
    expected.reverse();
    let (mut found, mut path) = (Vec::new(), "/claims?limit=2".to_owned());
    let mut pages = 0;
    loop {
        let page = anna.get(&path).await;
        found.extend(ids(&page));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/claims?limit=2&after={next}");
    }
    assert_eq!((found, pages), (expected, 3));
}

/// As the reader of claims notes it.
async fn seen(app: &TestApp, of: &Signed, n: u32, days_ago: i32) {
    sqlx::query(
        "insert into reading_digest (tenant_id, account_id, channel, external_id, digest, seen_at)
            values ($1, $2, 'claim', $3, '', now() - make_interval(days => $4))",
    )
    .bind(of.tenant.0)
    .bind(Uuid::from_u128(1))
    .bind(format!("claim-{n}"))
    .bind(days_ago)
    .execute(app.db.pool())
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_tells_when_it_was_seen_and_whether_it_is_listed_still(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let [anna, boris] = [app.register("anna@example.ru").await, app.register("b@example.ru").await];
    claims(&app, &anna).await;
    seen(&app, &anna, 1, 3).await;
    seen(&app, &anna, 2, 0).await;
    // Another seller's claim of the same name says nothing of hers.
    seen(&app, &boris, 3, 3).await;
    let listed = async || {
        let page = anna.get("/claims").await;
        let items = page["items"].as_array().unwrap().iter().rev().take(3);
        let known =
            items.map(|item| (item["listed"].as_bool().unwrap(), item["last_seen_at"].is_string()));
        known.collect::<Vec<_>>()
    };
    // Before both lists were read to their end once, nothing is missing.
    assert_eq!(listed().await, [(true, true), (true, true), (true, false)]);
    for of in [&anna, &boris] {
        sqlx::query(
            "insert into channel_sync (tenant_id, account_id, marketplace, channel, last_synced_at)
                values ($1, $2, 'wildberries', 'claim', now())",
        )
        .bind(of.tenant.0)
        .bind(Uuid::from_u128(1))
        .execute(app.db.pool())
        .await
        .unwrap();
    }
    assert_eq!(listed().await, [(false, true), (true, true), (true, false)]);
    let gone = &anna.get("/claims").await["items"][4];
    let whole = anna.get(&format!("/claims/{}", gone["claim_id"].as_str().unwrap())).await;
    assert_eq!((&whole["listed"], &whole["state"]), (&json!(false), &json!("under_review")));
}

#[sqlx::test(migrations = "../migrations")]
async fn claims_are_filtered_by_state_and_account(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let made = claims(&app, &anna).await;
    assert_eq!(ids(&anna.get("/claims?state=approved").await), [made[1].clone()]);
    assert_eq!(ids(&anna.get("/claims?state=declined").await), Vec::<String>::new());
    let account = Uuid::from_u128(1);
    assert_eq!(ids(&anna.get(&format!("/claims?account_id={account}")).await).len(), 5);
    let other = Uuid::from_u128(2);
    assert_eq!(ids(&anna.get(&format!("/claims?account_id={other}")).await).len(), 0);
    assert_eq!(ids(&anna.get("/claims?order_id=v5o_1.0.0").await).len(), 5);
    assert_eq!(ids(&anna.get("/claims?order_id=v5o_1.0").await).len(), 0);
    for query in [
        "state=lost",
        "order_id=",
        "order_id=%00",
        "account_id=7",
        "limit=0",
        "limit=201",
        "colour=red",
    ] {
        let call = anna.call(Method::GET, &format!("/claims?{query}"));
        expect_problem(call, 400, "bad_query").await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cursor_of_another_list_is_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    claims(&app, &anna).await;
    let cursor = anna.get("/claims?limit=1").await["next"].as_str().unwrap().to_owned();
    let call = anna.call(Method::GET, &format!("/interactions?after={cursor}"));
    expect_problem(call, 400, "bad_cursor").await;
    let boris = app.register("boris@example.ru").await;
    let call = boris.call(Method::GET, &format!("/claims?after={cursor}"));
    expect_problem(call, 404, "not_found").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_is_shown_whole(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.claim(anna.tenant, 1, ClaimState::UnderReview).await;
    let claim = anna.get(&format!("/claims/{id}")).await;
    assert_eq!(claim["state"], "under_review");
    assert_eq!(claim["price"], json!({"amount_minor": 159_990, "currency": "643"}));
    assert_eq!(claim["order"]["external_id"], "v5o_1.0.0");
    assert_eq!(claim["words"]["comment"], "Нитка торчит 1");
    assert_eq!(claim["words"]["photos"], json!(["https://photos.example/1.webp"]));
    assert_eq!((&claim["actions"], &claim["erased"]), (&json!(["approve1"]), &json!(false)));
}

/// Everything that the database holds, as text.
async fn everything(pool: &PgPool) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables
            where schemaname in ('public', 'es', 'archive')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut text = String::new();
    for table in tables {
        let statement = format!("select t::text from {table} t");
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_all(pool).await.unwrap();
        text.extend(rows);
    }
    text
}

#[sqlx::test(migrations = "../migrations")]
async fn of_an_erased_buyer_nothing_is_left_and_nothing_comes_back(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.claim(anna.tenant, 1, ClaimState::UnderReview).await;
    let other = app.claim(anna.tenant, 2, ClaimState::UnderReview).await;
    assert!(everything(&pool).await.contains("Нитка торчит 1"), "the search finds what is there");

    let path = format!("/claims/{id}/erasure");
    let body = json!({"ground": "persons_request", "reference": "12/7"});
    let request = anna.write(Method::POST, &path, &body);
    let (answer, ()) = tokio::join!(expect(request, StatusCode::OK), app.catch_up());
    assert_eq!(answer["claim_id"], id.to_string());
    app.catch_up().await;
    let claim = anna.get(&format!("/claims/{id}")).await;
    assert_eq!((&claim["erased"], &claim["words"]["comment"]), (&json!(true), &json!("")));
    assert_eq!(claim["words"]["photos"], json!([]));
    assert!(!everything(&pool).await.contains("Нитка торчит 1"));
    // The marketplace shows it again, and another claim is as it was.
    app.claim(anna.tenant, 1, ClaimState::Approved).await;
    assert!(!everything(&pool).await.contains("Нитка торчит 1"));
    let kept = anna.get(&format!("/claims/{other}")).await;
    assert_eq!(kept["words"]["comment"], "Нитка торчит 2");

    let act = anna.get(&path).await;
    assert_eq!((&act["claim_id"], &act["interaction_id"]), (&json!(id.to_string()), &Value::Null));
    assert_eq!((&act["ground"], &act["reference"]), (&json!("persons_request"), &json!("12/7")));
    let call = anna.call(Method::GET, &format!("/claims/{other}/erasure"));
    expect_problem(call, 404, "not_found").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cabinet_tells_whether_its_claims_are_read(pool: PgPool) {
    let (_marketplace, app, anna) = accounts::start(pool).await;
    let account = accounts::connect(&app, &anna).await;
    assert_eq!(account["claims"]["open"], true);
    assert_eq!(account["claims"]["sync"]["state"], "waiting");
    sqlx::query("update channel_sync set next_at = 'infinity' where channel = 'claim'")
        .execute(app.db.pool())
        .await
        .unwrap();
    let accounts = anna.get("/accounts").await;
    let claims = &accounts["items"][0]["claims"];
    assert_eq!(claims["open"], false);
    assert!(claims["reason"].as_str().unwrap().contains("Возвраты"), "{claims}");
}
