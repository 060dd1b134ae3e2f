//! Tokens that people make for programs.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect, expect_problem};

fn make(by: &Signed, permissions: &[&str]) -> RequestBuilder {
    let body = json!({"name": "Выгрузка", "permissions": permissions, "days": 30});
    by.call(Method::POST, "/auth/tokens").json(&body)
}

async fn made(by: &Signed, permissions: &[&str]) -> (Signed, String) {
    let made = expect(make(by, permissions), StatusCode::CREATED).await;
    let id = made["token_id"].as_str().unwrap().to_owned();
    (by.with_token(made["access_token"].as_str().unwrap()), id)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_does_what_was_chosen_for_it_and_is_shown_once(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let (program, id) = made(&anna, &["view_interactions"]).await;
    program.get("/interactions").await;
    assert_eq!(program.get("/auth/me").await["permissions"], json!(["view_interactions"]));
    expect_problem(program.call(Method::GET, "/log"), 403, "permission_missing").await;
    for (method, path) in [
        (Method::GET, "/auth/sessions"),
        (Method::POST, "/auth/logout"),
        (Method::POST, "/auth/tokens"),
        (Method::POST, "/auth/password"),
    ] {
        let call = program.call(method, path).json(&json!({}));
        expect_problem(call, 403, "person_needed").await;
    }
    let listed = anna.get("/auth/tokens").await;
    assert_eq!(listed["items"][0]["name"], "Выгрузка");
    assert_ne!(listed["items"][0]["last_used_at"], Value::Null);
    assert!(!listed.to_string().contains("aiq_"), "{listed}");
    let rows: String = sqlx::query_scalar("select string_agg(t::text, ' ') from app_token t")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(!rows.contains("aiq_"), "{rows}");
    assert_eq!(anna.get("/auth/sessions").await["items"].as_array().unwrap().len(), 1);

    assert_eq!(boris.get("/auth/tokens").await["items"], json!([]));
    let revoke = |by: &Signed| by.call(Method::DELETE, &format!("/auth/tokens/{id}"));
    expect_problem(revoke(&boris), 404, "not_found").await;
    expect(revoke(&anna), StatusCode::NO_CONTENT).await;
    expect_problem(program.call(Method::GET, "/auth/me"), 401, "session_ended").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_may_never_do_more_than_its_owner(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let oleg = app.member(&anna, "oleg@example.ru", ("role", "admin")).await;
    let (program, _) = made(&oleg, &["view_audit", "view_interactions", "manage_people"]).await;
    program.get("/log").await;
    let owner = json!({"email": "new@example.ru", "role": "owner"});
    let invite = program.call(Method::POST, "/auth/invitations").json(&owner);
    expect_problem(invite, 403, "person_needed").await;
    let of_oleg = format!("/people/{}", oleg.user_id().await);
    let change = |body: Value| anna.write(Method::PUT, &of_oleg, &body);
    expect(change(json!({"role": "guest"})), StatusCode::OK).await;
    expect_problem(program.call(Method::GET, "/log"), 403, "permission_missing").await;
    program.get("/interactions").await;
    expect_problem(make(&oleg, &["view_audit"]), 403, "beyond_own_permissions").await;
    expect(change(json!({"role": "guest", "disabled": true})), StatusCode::OK).await;
    expect_problem(program.call(Method::GET, "/auth/me"), 401, "session_ended").await;
    expect(change(json!({"role": "admin"})), StatusCode::OK).await;
    expect_problem(program.call(Method::GET, "/auth/me"), 401, "session_ended").await;

    let (late, _) = made(&anna, &["view_interactions"]).await;
    sqlx::query("update app_token set expires_at = now()").execute(&pool).await.unwrap();
    expect_problem(late.call(Method::GET, "/auth/me"), 401, "session_ended").await;
    assert_eq!(anna.get("/auth/tokens").await["items"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_makes_no_sense_is_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    for (body, field) in [
        (json!({"name": "", "permissions": ["view_audit"], "days": 1}), "name"),
        (json!({"name": "a", "permissions": [], "days": 1}), "permissions"),
        (json!({"name": "a", "permissions": ["view_audit"], "days": 0}), "days"),
        (json!({"name": "a", "permissions": ["view_audit"], "days": 367}), "days"),
        (json!({"name": "a", "permissions": ["rule_the_world"], "days": 1}), "permissions[0]"),
    ] {
        let problem = expect_problem(
            anna.call(Method::POST, "/auth/tokens").json(&body),
            422,
            "invalid_body",
        )
        .await;
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    for _ in 0..50 {
        made(&anna, &["view_audit"]).await;
    }
    expect_problem(make(&anna, &["view_audit"]), 409, "too_many_of_them").await;
}
