//! Signing up, in and out, and who may call.

use api::ApiSettings;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{PASSWORD, Setup, TestApp, expect, expect_problem};

const LOGIN: &str = "/api/v1/auth/login";
const REGISTER: &str = "/api/v1/auth/register";

fn cookie_of(response: &Response) -> String {
    let header = response.headers()[SET_COOKIE].to_str().unwrap();
    header.split(';').next().unwrap().to_owned()
}

async fn sign_in_with_cookie(app: &TestApp, email: &str) -> String {
    let body = json!({"email": email, "password": PASSWORD, "session": "cookie"});
    let response = app.call(Method::POST, LOGIN).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let header = response.headers()[SET_COOKIE].to_str().unwrap();
    assert!(header.starts_with("__Host-agentiq=aiq_"), "{header}");
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(header.contains(part), "{header}");
    }
    let cookie = cookie_of(&response);
    let session: Value = response.json().await.unwrap();
    assert_eq!(session["access_token"], Value::Null, "a script has no business with the token");
    cookie
}

#[sqlx::test(migrations = "../migrations")]
async fn who_signs_up_is_signed_in(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register(" Anna@Example.RU").await;
    let me = anna.get("/auth/me").await;
    assert_eq!(me["user"]["email"], "anna@example.ru");
    assert_eq!(me["seller"]["name"], "Ромашка");
    assert_eq!(me["seller"]["seller_id"], anna.tenant.to_string());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_password_and_an_unknown_address_are_told_alike(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.register("anna@example.ru").await;
    let mut answers = Vec::new();
    for email in ["anna@example.ru", "nobody@example.ru", "не адрес"] {
        let body = json!({"email": email, "password": "неверный пароль"});
        let request = app.call(Method::POST, LOGIN).json(&body);
        let mut problem = expect_problem(request, 401, "bad_credentials").await;
        problem.as_object_mut().unwrap().remove("request_id");
        answers.push(problem);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let body = json!({"email": "ANNA@example.ru", "password": PASSWORD});
    expect(app.call(Method::POST, LOGIN).json(&body), StatusCode::OK).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_signed_up_with_is_named(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.register("anna@example.ru").await;
    let good = json!({"email": "boris@example.ru", "password": PASSWORD, "company": "Ромашка"});
    for (field, value, status, code) in [
        ("email", "anna@example.ru", 409, "email_taken"),
        ("email", "не адрес", 422, "invalid_body"),
        ("password", "короткий", 422, "weak_password"),
        ("password", "пароль123456", 422, "weak_password"),
        ("password", "boris@example.ru", 422, "weak_password"),
        ("company", "  ", 422, "invalid_body"),
        ("company", "Ромаш\0ка", 422, "invalid_body"),
    ] {
        let mut body = good.clone();
        body[field] = json!(value);
        let request = app.call(Method::POST, REGISTER).json(&body);
        let problem = expect_problem(request, status, code).await;
        if status == 422 {
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_signs_up_where_registration_is_closed(pool: PgPool) {
    let api = ApiSettings { registration_open: false, ..ApiSettings::default() };
    let setup = Setup { api, ..Setup::default() };
    let app = TestApp::with(pool, setup).await;
    let body = json!({"email": "anna@example.ru", "password": PASSWORD, "company": "Ромашка"});
    let request = app.call(Method::POST, REGISTER).json(&body);
    expect_problem(request, 403, "registration_closed").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_was_given_back_opens_nothing(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    expect(anna.call(Method::POST, "/auth/logout"), StatusCode::NO_CONTENT).await;
    expect_problem(anna.call(Method::GET, "/auth/me"), 401, "session_ended").await;
    expect_problem(app.call(Method::GET, "/api/v1/auth/me"), 401, "unauthenticated").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_that_has_run_out_opens_nothing(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    sqlx::query("update app_session set expires_at = now()").execute(&pool).await.unwrap();
    expect_problem(anna.call(Method::GET, "/auth/me"), 401, "session_ended").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn tokens_are_not_stored(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let stored: Vec<String> =
        sqlx::query_scalar("select s::text from app_session s").fetch_all(&pool).await.unwrap();
    let in_hex = hex::encode(anna.token.as_bytes());
    assert_eq!(stored.len(), 1);
    assert!(!stored[0].contains(&anna.token) && !stored[0].contains(&in_hex), "{stored:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_cookie_serves_pages_of_this_site_only(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.register("anna@example.ru").await;
    let cookie = sign_in_with_cookie(&app, "anna@example.ru").await;
    let read = app.call(Method::GET, "/api/v1/auth/me").header(COOKIE, &cookie);
    expect(read, StatusCode::OK).await;

    let host = app.address.to_string();
    let change = |headers: &[(&str, &str)]| {
        let request = app
            .call(Method::PUT, "/api/v1/seller/settings")
            .header(COOKIE, &cookie)
            .header("idempotency-key", "one")
            .json(&json!({"reply_pending_window_minutes": 60}));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ] {
        expect_problem(change(headers), 403, "cross_origin").await;
    }
    expect(change(&[("origin", &format!("http://{host}"))]), StatusCode::OK).await;
    expect(change(&[("sec-fetch-site", "same-origin")]), StatusCode::OK).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn another_site_cannot_sign_a_browser_in(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.register("anna@example.ru").await;
    let body = json!({"email": "anna@example.ru", "password": PASSWORD, "session": "cookie"});
    let request = app.call(Method::POST, LOGIN).header("sec-fetch-site", "cross-site").json(&body);
    expect_problem(request, 403, "cross_origin").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_of_the_console_lasts_while_it_is_used(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    app.register("anna@example.ru").await;
    let cookie = sign_in_with_cookie(&app, "anna@example.ru").await;
    let read = || app.call(Method::GET, "/api/v1/auth/me").header(COOKIE, &cookie);
    let fresh = read().send().await.unwrap();
    assert!(!fresh.headers().contains_key(SET_COOKIE), "a fresh session needs no prolonging");

    sqlx::query(
        "update app_session set expires_at = now() + interval '1 day' where kind = 'cookie'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let prolonged = read().send().await.unwrap();
    assert_eq!(cookie_of(&prolonged), cookie);
    let days: f64 = sqlx::query_scalar(
        "select extract(epoch from expires_at - now())::float8 / 86400 from app_session where kind = 'cookie'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(days > 6.9, "{days}");

    let out = app
        .call(Method::POST, "/api/v1/auth/logout")
        .header(COOKIE, &cookie)
        .header("sec-fetch-site", "same-origin");
    let out = out.send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert!(out.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    expect_problem(read(), 401, "session_ended").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_is_slowed_down_for_the_guesser_only(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    app.register("boris@example.ru").await;
    let login = |email: &str, password: &str| {
        app.call(Method::POST, LOGIN).json(&json!({"email": email, "password": password}))
    };
    // One attempt was the registration.
    for _ in 0..9 {
        expect_problem(login("anna@example.ru", "неверный пароль"), 401, "bad_credentials").await;
    }
    let refused = login("anna@example.ru", PASSWORD).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    expect(login("boris@example.ru", PASSWORD), StatusCode::OK).await;
    anna.get("/auth/me").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn who_remembers_the_password_is_not_slowed_down(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.register("anna@example.ru").await;
    for _ in 0..12 {
        let body = json!({"email": "anna@example.ru", "password": PASSWORD});
        expect(app.call(Method::POST, LOGIN).json(&body), StatusCode::OK).await;
    }
}
