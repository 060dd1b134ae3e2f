//! Bad requests: a clear answer, always of one shape.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, expect_problem};

fn put(anna: &Signed, body: &str) -> RequestBuilder {
    put_as("application/json", anna, body)
}

fn put_as(kind: &str, anna: &Signed, body: &str) -> RequestBuilder {
    anna.call(Method::PUT, "/seller/settings")
        .header("idempotency-key", Uuid::new_v4().to_string())
        .header("content-type", kind)
        .body(body.to_owned())
}

#[sqlx::test(migrations = "../migrations")]
async fn bodies_that_cannot_be_read_are_refused_by_the_field(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    expect_problem(put(&anna, "{"), 422, "malformed_json").await;
    expect_problem(put(&anna, "{} {}"), 422, "malformed_json").await;
    expect_problem(put(&anna, ""), 422, "malformed_json").await;
    for (body, field) in [
        (r#"{"reply_pending_window_minutes": "60"}"#, "reply_pending_window_minutes"),
        (r#"{"reply_pending_window_minutes": 70000}"#, "reply_pending_window_minutes"),
        (r#"{"reply_pending_window_minutes": 0}"#, "reply_pending_window_minutes"),
        (r#"{"reply_pending_window_minutes": 60, "other": 1}"#, "other"),
    ] {
        let problem = expect_problem(put(&anna, body), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], field, "{body}");
        assert!(problem["errors"][0]["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    let edit = format!("/interactions/{}/reply", Uuid::new_v4());
    let nothing = anna.write(Method::PATCH, &edit, &json!({}));
    let problem = expect_problem(nothing, 422, "invalid_body").await;
    assert_eq!(problem["errors"][0]["field"], "text");
    for body in ["[60]", "60", "null", &"[".repeat(100_000)] {
        let problem = expect_problem(put(&anna, body), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["message"], "ожидается объект", "{body:.10}");
    }
    let deep = format!("{}{}", r#"{"x":"#.repeat(10_000), "}".repeat(10_000));
    expect_problem(put(&anna, &deep), 422, "invalid_body").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn bodies_of_another_kind_are_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let form = put_as("application/x-www-form-urlencoded", &anna, "a=b");
    expect_problem(form, 415, "unsupported_media_type").await;
    let brotli = put(&anna, "{}").header("content-encoding", "br");
    expect_problem(brotli, 415, "unsupported_media_type").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn bodies_over_a_mebibyte_are_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let large =
        format!(r#"{{"reply_pending_window_minutes": 60, "x": "{}"}}"#, "x".repeat(1 << 20));
    expect_problem(put(&anna, &large), 413, "body_too_large").await;
    let body = json!({"email": "x".repeat(1 << 20), "password": "x"});
    let login = app.call(Method::POST, "/api/v1/auth/login").json(&body);
    expect_problem(login, 413, "body_too_large").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_unpacks_to_more_than_a_mebibyte_is_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let packed = gzip(&vec![b' '; 256 << 20]);
    assert!(packed.len() < 1 << 20);
    let request = put(&anna, "").header("content-encoding", "gzip").body(packed);
    expect_problem(request, 413, "body_too_large").await;
    let request = put(&anna, "").header("content-encoding", "gzip");
    let good = request.body(gzip(br#"{"reply_pending_window_minutes": 60}"#));
    assert_eq!(good.send().await.unwrap().status(), StatusCode::OK);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn addresses_that_are_not_there_are_told_apart_from_methods(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    for path in ["/nothing", "/interactions/1/2/3", ""] {
        expect_problem(anna.call(Method::GET, path), 404, "route_not_found").await;
    }
    for (method, path) in [(Method::DELETE, "/accounts"), (Method::POST, "/interactions")] {
        expect_problem(anna.call(method.clone(), path), 405, "method_not_allowed").await;
        let refused = anna.call(method, path).send().await.unwrap();
        assert!(refused.headers().contains_key("allow"), "{path}");
    }
    expect_problem(anna.call(Method::GET, "/interactions/17"), 400, "bad_path").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn parameters_are_refused_by_their_name(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    for (query, field) in [
        ("status=new", None),
        ("rating=6", Some("rating")),
        ("rating=1,,2", Some("rating")),
        ("limit=0", Some("limit")),
        ("limit=201", Some("limit")),
        ("limit=x", None),
        ("stauts=waiting", Some("stauts")),
        ("account_id=1", None),
    ] {
        let request = anna.call(Method::GET, &format!("/interactions?{query}"));
        let problem = expect_problem(request, 400, "bad_query").await;
        if let Some(field) = field {
            assert_eq!(problem["errors"][0]["field"], field, "{query}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_callers_id_of_a_request_is_kept_where_it_is_harmless(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let call = |id: &'static str| {
        app.call(Method::GET, "/api/v1/auth/me").header("x-request-id", id).send()
    };
    assert_eq!(call("order-17").await.unwrap().headers()["x-request-id"], "order-17");
    let made = call("<script>").await.unwrap();
    assert!(Uuid::parse_str(made.headers()["x-request-id"].to_str().unwrap()).is_ok());
}

#[sqlx::test(migrations = "../migrations")]
async fn answers_of_the_api_are_not_kept_and_pages_run_nothing_foreign(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let answer = app.call(Method::GET, "/api/v1/auth/me").send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let page = app.call(Method::GET, "/").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_database_that_is_away_is_said_so(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    pool.close().await;
    let request = anna.call(Method::GET, "/interactions");
    expect_problem(request, 503, "database_unavailable").await;
    let response = anna.call(Method::GET, "/interactions").send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    let live = app.call(Method::GET, "/health/live").send().await.unwrap();
    assert_eq!(live.status(), StatusCode::OK, "the process itself is well");
    let ready = app.call(Method::GET, "/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
}
