//! The sessions of a person, and another password.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::USER_AGENT;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{PASSWORD, Signed, TestApp, expect, expect_problem};

const OTHER_PASSWORD: &str = "совсем другой пароль";

/// Signs in once more, as a program that says what it is.
async fn sign_in(app: &TestApp, anna: &Signed, password: &str, program: &str) -> Signed {
    let body = json!({"email": "anna@example.ru", "password": password});
    let request = app.call(Method::POST, "/api/v1/auth/login").header(USER_AGENT, program);
    let session = expect(request.json(&body), StatusCode::OK).await;
    anna.with_token(session["access_token"].as_str().unwrap())
}

async fn sessions(of: &Signed) -> Vec<Value> {
    of.get("/auth/sessions").await["items"].as_array().unwrap().clone()
}

fn changed(current: &str, new: &str) -> Value {
    json!({"current": current, "new": new})
}

#[sqlx::test(migrations = "../migrations")]
async fn one_sees_where_one_is_signed_in_and_ends_it_from_afar(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let phone = sign_in(&app, &anna, PASSWORD, "phone").await;
    let tablet = sign_in(&app, &anna, PASSWORD, &"t".repeat(1_000)).await;
    let listed = sessions(&anna).await;
    assert_eq!(listed.len(), 3, "nobody else's");
    assert_eq!((&listed[0]["is_current"], &listed[1]["is_current"]), (&json!(true), &json!(false)));
    assert_eq!(listed[0]["kind"], "token");
    assert_eq!(listed[0]["address"], "127.0.0.1");
    assert!(!listed.iter().any(|it| it.to_string().contains("aiq_")), "tokens stay where they are");
    let of_tablet = &sessions(&tablet).await[0];
    assert_eq!(of_tablet["program"].as_str().unwrap().len(), 300);

    let used = "update app_session set last_used_at = last_used_at - interval '1 hour' returning last_used_at";
    let an_hour_ago: DateTime<Utc> = sqlx::query_scalar(used).fetch_one(&pool).await.unwrap();
    let last_used =
        |listed: &Value| listed["last_used_at"].as_str().unwrap().parse::<DateTime<Utc>>();
    let phones = sessions(&phone).await;
    assert!(last_used(&phones[0]).unwrap() > an_hour_ago + TimeDelta::minutes(50), "used just now");
    assert!(last_used(&phones[2]).unwrap() < an_hour_ago + TimeDelta::minutes(10));

    let id = |session: &Value| session["session_id"].as_str().unwrap().to_owned();
    let end = |by: &Signed, id: &str| by.call(Method::DELETE, &format!("/auth/sessions/{id}"));
    expect_problem(end(&boris, &id(of_tablet)), 404, "not_found").await;
    expect(end(&phone, &id(of_tablet)), StatusCode::NO_CONTENT).await;
    expect_problem(end(&phone, &id(of_tablet)), 404, "not_found").await;
    expect_problem(tablet.call(Method::GET, "/auth/me"), 401, "session_ended").await;

    let others = phone.call(Method::POST, "/auth/sessions/end-others");
    assert_eq!(expect(others, StatusCode::OK).await, json!({"ended": 1}));
    expect_problem(anna.call(Method::GET, "/auth/me"), 401, "session_ended").await;
    assert_eq!(sessions(&phone).await.len(), 1);
    boris.get("/auth/me").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn another_password_ends_every_other_session(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let thief = sign_in(&app, &anna, PASSWORD, "thief").await;
    let change = |by: &Signed, body: &Value| by.call(Method::POST, "/auth/password").json(body);
    let refused = |field: &str, message: &str| json!([{"field": field, "message": message}]);
    for (body, code, errors) in [
        (
            changed("не тот пароль", OTHER_PASSWORD),
            "wrong_password",
            refused("current", "пароль не подходит"),
        ),
        (changed(PASSWORD, PASSWORD), "weak_password", refused("new", "это прежний пароль")),
        (
            changed(PASSWORD, "короткий"),
            "weak_password",
            refused("new", "нужно не меньше 10 знаков"),
        ),
    ] {
        let problem = expect_problem(change(&anna, &body), 422, code).await;
        assert_eq!(problem["errors"], errors);
        thief.get("/auth/me").await;
    }
    let body = changed(PASSWORD, OTHER_PASSWORD);
    assert_eq!(expect(change(&anna, &body), StatusCode::OK).await, json!({"ended": 1}));
    anna.get("/auth/me").await;
    boris.get("/auth/me").await;
    expect_problem(thief.call(Method::GET, "/auth/me"), 401, "session_ended").await;
    let login = |password: &str| {
        let body = json!({"email": "anna@example.ru", "password": password});
        app.call(Method::POST, "/api/v1/auth/login").json(&body)
    };
    expect_problem(login(PASSWORD), 401, "bad_credentials").await;
    expect(login(OTHER_PASSWORD), StatusCode::OK).await;
    let repeated = expect(change(&anna, &body), StatusCode::OK).await;
    assert_eq!(repeated, json!({"ended": 0}), "the first answer may have been lost");
    let again = changed(PASSWORD, "третий пароль 3");
    expect_problem(change(&anna, &again), 422, "wrong_password").await;
    let kept = "select count(*) from idempotency_key where route like '%password%'";
    let kept: i64 = sqlx::query_scalar(kept).fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 0, "nothing is kept that digests a password");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_finds_a_console_open_cannot_guess_the_password(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let change = |body: Value| anna.call(Method::POST, "/auth/password").json(&body);
    // One attempt was the registration.
    for n in 0..9 {
        let body = changed(&format!("догадка номер {n}"), OTHER_PASSWORD);
        expect_problem(change(body), 422, "wrong_password").await;
    }
    expect_problem(change(changed(PASSWORD, OTHER_PASSWORD)), 429, "too_many_attempts").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_who_change_it_at_once_one_does(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let phone = sign_in(&app, &anna, PASSWORD, "phone").await;
    let change = |by: &Signed, new: &str| {
        by.call(Method::POST, "/auth/password").json(&changed(PASSWORD, new)).send()
    };
    let (one, two) = tokio::join!(change(&anna, OTHER_PASSWORD), change(&phone, "третий пароль 3"));
    let mut statuses = [one.unwrap().status().as_u16(), two.unwrap().status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!([401, 422].contains(&statuses[1]), "{statuses:?}");
    let in_force = [&anna, &phone].map(|it| it.call(Method::GET, "/auth/me").send());
    let [one, two] = in_force;
    let (one, two) = tokio::join!(one, two);
    let mut statuses = [one.unwrap().status().as_u16(), two.unwrap().status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "the one who came second is out");
}
