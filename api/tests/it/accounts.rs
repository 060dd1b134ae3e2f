//! Cabinets, against the sandbox in Wildberries' place.

use reqwest::{Method, StatusCode};
use sandbox::{
    OzonAccount, RateHeaders, ReviewSource, Rights, RunningSandbox, Sandbox, SandboxConfig,
    SellerConfig, TokenConfig,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;

use crate::harness::{Setup, Signed, TestApp, expect, expect_problem};

const GOOD: &str = "good-token";
const OTHER: &str = "other-good-token";
const NO_RIGHT: &str = "token-without-reviews";
const OZON_NUMBER: u64 = 100_001;
const OZON_KEY: &str = "good-ozon-key";

pub(crate) struct Marketplace {
    sandbox: RunningSandbox,
    _folder: TempDir,
}

impl Marketplace {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let no_right = TokenConfig::new(NO_RIGHT)
            .with_rights(Rights { feedbacks: false, ..Rights::default() });
        let tokens = [TokenConfig::new(GOOD), TokenConfig::new(OTHER), no_right];
        let sandbox = Sandbox::start(SandboxConfig {
            ledger: folder.path().join("ledger.jsonl"),
            sellers: vec![
                SellerConfig::new("demo", tokens)
                    .with_ozon(OzonAccount::new(OZON_NUMBER, OZON_KEY)),
            ],
            reviews: ReviewSource::nothing(),
            // The tests ask more often than the published limits allow.
            rate_scale: 1000.0,
            rate_headers: RateHeaders::Documented,
            ..SandboxConfig::default()
        });
        Self { sandbox: sandbox.await.unwrap(), _folder: folder }
    }
}

pub(crate) async fn start(pool: PgPool) -> (Marketplace, TestApp, Signed) {
    let marketplace = Marketplace::start().await;
    let wildberries_url = marketplace.sandbox.url();
    let app = TestApp::with(pool, Setup { wildberries_url, ..Setup::default() }).await;
    let anna = app.register("anna@example.ru").await;
    (marketplace, app, anna)
}

fn connection(token: &str) -> Value {
    json!({"marketplace": "wildberries", "name": "Основной", "token": token})
}

/// Writes while the read models follow.
pub(crate) async fn follow(
    app: &TestApp,
    request: reqwest::RequestBuilder,
    status: StatusCode,
) -> Value {
    let answer = tokio::spawn(expect(request, status));
    while !answer.is_finished() {
        app.catch_up().await;
        tokio::task::yield_now().await;
    }
    answer.await.unwrap()
}

pub(crate) async fn connect(app: &TestApp, anna: &Signed) -> Value {
    let request = anna.write(Method::POST, "/accounts", &connection(GOOD));
    follow(app, request, StatusCode::CREATED).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cabinet_is_connected_once_its_key_is_accepted(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool).await;
    let account = connect(&app, &anna).await;
    assert_eq!(account["status"], "connected");
    assert_eq!(account["name"], "Основной");
    assert_eq!(account["access"], Value::Null);
    let review = &account["channels"][0];
    assert_eq!((&review["channel"], &review["open"]), (&json!("review"), &json!(true)));
    assert_eq!((&review["reason"], &review["sync"]), (&Value::Null, &account["sync"]));
    let chat = &account["channels"][2];
    assert_eq!((&chat["channel"], &chat["open"]), (&json!("chat"), &json!(true)));
    assert_eq!(account["sync"]["state"], "waiting");
    assert_eq!(account["sync"]["backfill_done"], false);
    let listed = anna.get("/accounts").await;
    assert_eq!(listed["items"], json!([account]));

    let boris = app.register("boris@example.ru").await;
    assert_eq!(boris.get("/accounts").await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn connecting_the_same_cabinet_again_makes_no_second_one(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool).await;
    let first = connect(&app, &anna).await;
    let again = connect(&app, &anna).await;
    assert_eq!(first["account_id"], again["account_id"]);
    assert_eq!(anna.get("/accounts").await["items"].as_array().unwrap().len(), 1);
}

/// As where nobody works on the read models for a while.
#[sqlx::test(migrations = "../migrations")]
async fn a_cabinet_that_is_not_shown_yet_is_not_said_to_be_unknown(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool).await;
    let request = || anna.write_as("one", Method::POST, "/accounts", &connection(GOOD));
    expect_problem(request(), 503, "timed_out").await;
    app.catch_up().await;
    let again = expect(request(), StatusCode::CREATED).await;
    assert_eq!(anna.get("/accounts").await["items"], json!([again]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_that_opens_nothing_is_not_kept(pool: PgPool) {
    let (_marketplace, _app, anna) = start(pool.clone()).await;
    for (token, code) in [
        ("wrong-token", "credential_rejected"),
        ("ключ с буквами", "credential_rejected"),
        ("", "credential_rejected"),
        (NO_RIGHT, "credential_no_right"),
    ] {
        let request = anna.write(Method::POST, "/accounts", &connection(token));
        expect_problem(request, 422, code).await;
    }
    let kept: i64 =
        sqlx::query_scalar("select count(*) from account_secret").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 0);
    assert_eq!(anna.get("/accounts").await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_a_cabinet_is_refused_by_the_field(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("и".repeat(101))),
        ("name", json!("Основ\0ной")),
        ("name", json!("Основной\nи не только")),
        ("marketplace", json!("amazon")),
        ("client_id", json!("100001")),
        ("business_id", json!("1000001")),
    ] {
        let mut body = connection(GOOD);
        body[field] = value;
        let request = anna.write(Method::POST, "/accounts", &body);
        let problem = expect_problem(request, 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], field);
    }
    // A cabinet of these has a number.
    for (marketplace, field) in [("ozon", "client_id"), ("yandex_market", "business_id")] {
        for number in [Value::Null, json!(""), json!("магазин"), json!("1".repeat(21))] {
            let mut body = connection(GOOD);
            (body["marketplace"], body[field]) = (json!(marketplace), number);
            let request = anna.write(Method::POST, "/accounts", &body);
            let problem = expect_problem(request, 422, "invalid_body").await;
            assert_eq!(problem["errors"][0]["field"], field);
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_marketplace_that_does_not_answer_is_said_so(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let request = anna.write(Method::POST, "/accounts", &connection(GOOD));
    expect_problem(request, 502, "marketplace_unavailable").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_revoked_key_is_found_by_checking_and_mended_by_another(pool: PgPool) {
    let (marketplace, app, anna) = start(pool).await;
    let id = connect(&app, &anna).await["account_id"].as_str().unwrap().to_owned();
    let check = format!("/accounts/{id}/check");
    let sync = format!("/accounts/{id}/sync");
    let sound = follow(&app, anna.write(Method::POST, &check, &Value::Null), StatusCode::OK).await;
    assert_eq!(sound["status"], "connected");
    let asked =
        follow(&app, anna.write(Method::POST, &sync, &Value::Null), StatusCode::ACCEPTED).await;
    assert_eq!(asked["account_id"], id);

    revoke(&app, &marketplace, true).await;
    let lost = follow(&app, anna.write(Method::POST, &check, &Value::Null), StatusCode::OK).await;
    assert_eq!(lost["status"], "access_lost");
    assert_eq!(lost["access"]["reason"], "unauthorized");
    assert_eq!(lost["channels"][0]["open"], false);
    assert_eq!(lost["sync"]["next_sync_at"], Value::Null);
    expect_problem(anna.write(Method::POST, &sync, &Value::Null), 409, "access_lost").await;

    let credential = format!("/accounts/{id}/credential");
    let other = anna.write(Method::PUT, &credential, &json!({"token": OTHER}));
    expect_problem(other, 422, "credential_rejected").await;
    revoke(&app, &marketplace, false).await;
    let other = anna.write(Method::PUT, &credential, &json!({"token": OTHER}));
    let mended = follow(&app, other, StatusCode::OK).await;
    assert_eq!(mended["status"], "connected");
    assert_eq!(mended["access"], Value::Null);
}

/// The marketplace answers a few in a row, and counts.
#[sqlx::test(migrations = "../migrations")]
async fn a_key_is_checked_three_times_in_a_row_and_then_after_a_pause(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool).await;
    let id = connect(&app, &anna).await["account_id"].as_str().unwrap().to_owned();
    let check = || anna.write(Method::POST, &format!("/accounts/{id}/check"), &Value::Null);
    for _ in 0..3 {
        follow(&app, check(), StatusCode::OK).await;
    }
    expect_problem(check(), 503, "marketplace_rate_limited").await;
}

/// Has the marketplace refuse every key, or no longer.
async fn revoke(app: &TestApp, marketplace: &Marketplace, revoked: bool) {
    let faults = if revoked { json!({"unauthorized": 1}) } else { json!({}) };
    let url = format!("{}/control/faults", marketplace.sandbox.url());
    let response = app.client.put(url).json(&faults).send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.text().await.unwrap());
}

/// What Ozon gives anew is the key; the cabinet's number stays what it was.
#[sqlx::test(migrations = "../migrations")]
async fn a_new_key_of_ozon_needs_no_number(pool: PgPool) {
    let (marketplace, app, anna) = start(pool).await;
    let number = OZON_NUMBER.to_string();
    let connection = json!({
        "marketplace": "ozon", "name": "Второй", "token": OZON_KEY, "client_id": number,
    });
    let request = anna.write(Method::POST, "/accounts", &connection);
    let account = follow(&app, request, StatusCode::CREATED).await;
    let credential = format!("/accounts/{}/credential", account["account_id"].as_str().unwrap());
    let replace = |body: Value| anna.write(Method::PUT, &credential, &body);

    let unknown = json!({"token": "new-ozon-key"});
    expect_problem(replace(unknown), 422, "credential_rejected").await;
    let keys = format!("{}/control/ozon/demo/keys", marketplace.sandbox.url());
    let added = app.client.post(keys).json(&json!({"api_key": "new-ozon-key"})).send().await;
    assert!(added.unwrap().status().is_success());
    let replaced = follow(&app, replace(json!({"token": "new-ozon-key"})), StatusCode::OK).await;
    assert_eq!(replaced["status"], "connected");
    let named = json!({"token": "new-ozon-key", "client_id": number});
    follow(&app, replace(named), StatusCode::OK).await;

    let foreign = json!({"token": "new-ozon-key", "client_id": "100002"});
    expect_problem(replace(foreign), 422, "credential_of_other_cabinet").await;
    let malformed = json!({"token": "new-ozon-key", "client_id": "магазин"});
    expect_problem(replace(malformed), 422, "invalid_body").await;
}

/// The feed is told before the read model follows, and whoever hears of a cabinet there asks for the list at once.
#[sqlx::test(migrations = "../migrations")]
async fn the_list_waits_for_what_the_feed_has_told(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool).await;
    let connect = anna.write(Method::POST, "/accounts", &connection(GOOD));
    expect_problem(connect, 503, "timed_out").await;
    let told = anna.get("/events").await;
    let path = format!("/accounts?at_least={}", told["next"].as_str().unwrap());
    let stale = anna.call(Method::GET, &path).send().await.unwrap();
    assert_eq!(stale.headers()["x-agentiq-stale"], "true", "no runner has moved the read models");
    let waiting = tokio::spawn(anna.call(Method::GET, &path).send());
    app.catch_up().await;
    let fresh = waiting.await.unwrap().unwrap();
    assert!(!fresh.headers().contains_key("x-agentiq-stale"));
    let fresh: Value = fresh.json().await.unwrap();
    assert_eq!(fresh["items"].as_array().unwrap().len(), 1);
    expect_problem(anna.call(Method::GET, "/accounts?at_least=x"), 400, "bad_cursor").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn keys_are_never_told(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool.clone()).await;
    let account = connect(&app, &anna).await;
    let everything = [
        account.to_string(),
        anna.get("/accounts").await.to_string(),
        anna.get("/events").await.to_string(),
    ];
    assert!(everything.iter().all(|text| !text.contains(GOOD)));
    let rows: Vec<String> =
        sqlx::query_scalar("select k::text from idempotency_key k").fetch_all(&pool).await.unwrap();
    let in_hex = hex::encode(GOOD);
    assert!(rows.iter().all(|row| !row.contains(GOOD) && !row.contains(&in_hex)));
}
