//! People of a seller: invited, given roles, shut out, and let back in when they forgot the password.

use std::time::Duration;

use adapters::notice::{Networks, PostOptions, Smtp};
use futures::StreamExt as _;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{PASSWORD, Setup, Signed, TestApp, expect, expect_problem};
use crate::peers::{Letter, MailServer, Postman};

const OTHER_PASSWORD: &str = "совсем другой пароль";

/// An API that sends letters.
async fn with_mail(pool: PgPool) -> (TestApp, MailServer) {
    let mail = MailServer::start().await;
    let post = PostOptions {
        smtp: Some(Smtp { url: mail.url.clone().into(), from: "a@example.ru".to_owned() }),
        telegram: None,
        webhooks: Networks::Internet,
        console: Some("https://agentiq.example.ru".to_owned()),
    };
    (TestApp::with(pool, Setup { post, ..Setup::default() }).await, mail)
}

fn invite(by: &Signed, email: &str, role: &str) -> RequestBuilder {
    by.call(Method::POST, "/auth/invitations").json(&json!({"email": email, "role": role}))
}

fn accept(app: &TestApp, token: &str) -> RequestBuilder {
    let body = json!({"token": token, "password": PASSWORD});
    app.call(Method::POST, "/api/v1/auth/invitations/accept").json(&body)
}

fn login(app: &TestApp, email: &str, password: &str) -> RequestBuilder {
    let body = json!({"email": email, "password": password});
    app.call(Method::POST, "/api/v1/auth/login").json(&body)
}

async fn change(by: &Signed, who: &Signed, body: &Value) -> RequestBuilder {
    by.write(Method::PUT, &format!("/people/{}", who.user_id().await), body)
}

/// Returns what stands behind `#` in the one link of a letter.
fn token_in(letter: &Letter) -> String {
    let (_, link) = letter.text.split_once("https://agentiq.example.ru/").unwrap();
    let (_, token) = link.lines().next().unwrap().split_once('#').unwrap();
    token.to_owned()
}

async fn letters(mail: &MailServer, count: usize) -> Vec<Letter> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while mail.letters().len() < count {
        assert!(tokio::time::Instant::now() < deadline, "{:?}", mail.letters());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    mail.letters()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_by_mail_lets_one_address_in_once(pool: PgPool) {
    let (app, mail) = with_mail(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let invited = expect(invite(&anna, "Oleg@Example.ru", "operator"), StatusCode::CREATED).await;
    assert_eq!(invited["link"], Value::Null, "it went by mail, and is nobody else's business");
    let letter = &letters(&mail, 1).await[0];
    assert!(letter.to.contains("<oleg@example.ru>"), "{}", letter.to);
    assert!(letter.text.contains("Ромашка"), "{}", letter.text);
    let token = token_in(letter);
    let kept =
        "select count(*) from app_invitation where encode(token_hash, 'escape') like '%aiq_%'";
    assert_eq!(sqlx::query_scalar::<_, i64>(kept).fetch_one(&pool).await.unwrap(), 0);

    let look = |token: &str| {
        let body = json!({"token": token});
        app.call(Method::POST, "/api/v1/auth/invitations/look").json(&body)
    };
    let seen = expect(look(&token), StatusCode::OK).await;
    assert_eq!((&seen["email"], &seen["seller"]), (&json!("oleg@example.ru"), &json!("Ромашка")));
    expect_problem(look("aiq_join_other"), 410, "link_void").await;
    let session = expect(accept(&app, &token), StatusCode::CREATED).await;
    assert_eq!(session["user"]["role"], "operator");
    assert_eq!(session["seller"]["seller_id"], json!(anna.tenant.to_string()));
    expect_problem(accept(&app, &token), 410, "link_void").await;
    assert_eq!(anna.get("/auth/invitations").await["items"], json!([]));
    let people = anna.get("/people").await;
    let emails: Vec<&Value> =
        people["items"].as_array().unwrap().iter().map(|it| &it["email"]).collect();
    assert_eq!(emails, ["anna@example.ru", "oleg@example.ru"]);
    expect_problem(invite(&anna, "oleg@example.ru", "guest"), 409, "already_in").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_that_does_not_arrive_is_handed_over(pool: PgPool) {
    let (app, mail) = with_mail(pool).await;
    let anna = app.register("anna@example.ru").await;
    mail.plan(Postman::Says("550 no such user"));
    let invited = expect(invite(&anna, "oleg@example.ru", "guest"), StatusCode::CREATED).await;
    let link = invited["link"].as_str().unwrap();
    let token = link.strip_prefix("/join#").unwrap();
    expect(accept(&app, token), StatusCode::CREATED).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_that_was_replaced_taken_back_or_has_run_out_lets_nobody_in(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let token = |made: &Value| made["link"].as_str().unwrap()["/join#".len()..].to_owned();
    let first = expect(invite(&anna, "oleg@example.ru", "operator"), StatusCode::CREATED).await;
    let second = expect(invite(&anna, "oleg@example.ru", "guest"), StatusCode::CREATED).await;
    assert_eq!(first["invitation_id"], second["invitation_id"], "one address, one invitation");
    expect_problem(accept(&app, &token(&first)), 410, "link_void").await;

    let of_second = format!("/auth/invitations/{}", second["invitation_id"].as_str().unwrap());
    expect_problem(boris.call(Method::DELETE, &of_second), 404, "not_found").await;
    expect(anna.call(Method::DELETE, &of_second), StatusCode::NO_CONTENT).await;
    expect_problem(accept(&app, &token(&second)), 410, "link_void").await;

    let third = expect(invite(&anna, "oleg@example.ru", "guest"), StatusCode::CREATED).await;
    sqlx::query("update app_invitation set expires_at = now()").execute(&pool).await.unwrap();
    expect_problem(accept(&app, &token(&third)), 410, "link_void").await;

    // The address is somebody's of another seller: whoever invites is not told, whoever comes is.
    let other = expect(invite(&anna, "boris@example.ru", "guest"), StatusCode::CREATED).await;
    expect_problem(accept(&app, &token(&other)), 409, "email_taken").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_is_worth_what_its_maker_may_give_when_it_is_accepted(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let admin = app.member(&anna, "admin@example.ru", ("role", "admin")).await;
    let token = |made: &Value| made["link"].as_str().unwrap()["/join#".len()..].to_owned();
    let made = expect(invite(&admin, "friend@example.ru", "admin"), StatusCode::CREATED).await;
    expect_problem(invite(&admin, "friend@example.ru", "owner"), 403, "owners_only").await;
    let demoted = change(&anna, &admin, &json!({"role": "operator"})).await;
    expect(demoted, StatusCode::OK).await;
    expect_problem(accept(&app, &token(&made)), 410, "link_void").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_role_counts_at_the_next_call_and_whoever_is_shut_out_is_out(pool: PgPool) {
    let mut setup = Setup::default();
    setup.api.session_checked_every = Duration::from_millis(200);
    let app = TestApp::with(pool, setup).await;
    let anna = app.register("anna@example.ru").await;
    let oleg = app.member(&anna, "oleg@example.ru", ("role", "operator")).await;
    let settings = json!({"reply_pending_window_minutes": 60});
    let write = |by: &Signed| by.write(Method::PUT, "/seller/settings", &settings);
    let refused = expect_problem(write(&oleg), 403, "permission_missing").await;
    assert!(refused["detail"].as_str().unwrap().contains("Менять настройки"), "{refused}");
    let body = json!({"role": "admin"});
    assert_eq!(expect(change(&anna, &oleg, &body).await, StatusCode::OK).await["role"], "admin");
    expect(write(&oleg), StatusCode::OK).await;

    let feed = oleg.call(Method::GET, "/events/stream").send().await.unwrap();
    assert_eq!(feed.status(), StatusCode::OK);
    let of_oleg = format!("/people/{}", oleg.user_id().await);
    let out = json!({"role": "admin", "disabled": true});
    expect(anna.write(Method::PUT, &of_oleg, &out), StatusCode::OK).await;
    expect_problem(oleg.call(Method::GET, "/auth/me"), 401, "session_ended").await;
    expect_problem(login(&app, "oleg@example.ru", PASSWORD), 401, "bad_credentials").await;
    let rest = feed.bytes_stream().collect::<Vec<_>>();
    tokio::time::timeout(Duration::from_secs(30), rest).await.expect("the open feed ends");
    let back = json!({"role": "guest"});
    expect(anna.write(Method::PUT, &of_oleg, &back), StatusCode::OK).await;
    let session = expect(login(&app, "oleg@example.ru", PASSWORD), StatusCode::OK).await;
    assert_eq!(session["permissions"], json!(["view_interactions"]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_stays_and_nobody_gives_more_than_they_have(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let admin = app.member(&anna, "admin@example.ru", ("role", "admin")).await;
    let put = async |by: &Signed, who: &Signed, body: Value| change(by, who, &body).await;
    let guest = json!({"role": "guest"});
    expect_problem(put(&anna, &anna, guest.clone()).await, 409, "last_owner").await;
    let out = json!({"role": "owner", "disabled": true});
    expect_problem(put(&anna, &anna, out).await, 409, "last_owner").await;
    expect_problem(put(&admin, &anna, guest.clone()).await, 403, "owners_only").await;
    expect_problem(put(&admin, &admin, json!({"role": "owner"})).await, 403, "owners_only").await;
    expect_problem(put(&boris, &admin, guest.clone()).await, 404, "not_found").await;
    for body in [json!({}), json!({"role": "guest", "role_id": Uuid::nil()})] {
        expect_problem(put(&anna, &admin, body).await, 422, "invalid_body").await;
    }
    let unknown = json!({"role_id": Uuid::new_v4()});
    expect_problem(put(&anna, &admin, unknown).await, 422, "invalid_body").await;

    let role = json!({"name": "Кадры", "permissions": ["manage_people", "view_interactions"]});
    let role = expect(anna.write(Method::POST, "/roles", &role), StatusCode::CREATED).await;
    let of_role = format!("/roles/{}", role["role_id"].as_str().unwrap());
    let staff =
        app.member(&anna, "kadry@example.ru", ("role_id", &of_role["/roles/".len()..])).await;
    expect_problem(invite(&staff, "new@example.ru", "viewer"), 403, "beyond_own_permissions").await;
    expect_problem(put(&staff, &admin, guest).await, 403, "beyond_own_permissions").await;
    let more = json!({"name": "Кадры", "permissions": ["manage_people", "view_audit"]});
    let grow = |by: &Signed| by.write(Method::PUT, &of_role, &more);
    expect_problem(grow(&staff), 403, "beyond_own_permissions").await;
    expect(staff.call(Method::GET, "/people"), StatusCode::OK).await;
    expect_problem(staff.call(Method::GET, "/log"), 403, "permission_missing").await;
    expect(grow(&anna), StatusCode::OK).await;
    expect(staff.call(Method::GET, "/log"), StatusCode::OK).await;

    let again = json!({"name": "Кадры", "permissions": ["view_audit"]});
    expect_problem(anna.write(Method::POST, "/roles", &again), 409, "role_name_taken").await;
    let remove = |by: &Signed| by.write(Method::DELETE, &of_role, &json!({}));
    expect_problem(remove(&anna), 409, "role_in_use").await;
    expect_problem(remove(&boris), 404, "not_found").await;
    expect(put(&anna, &staff, json!({"role": "guest"})).await, StatusCode::OK).await;
    expect(remove(&anna), StatusCode::NO_CONTENT).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_owners_who_unmake_each_other_at_once_one_stays(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let olga = app.member(&anna, "olga@example.ru", ("role", "owner")).await;
    let guest = json!({"role": "guest"});
    let [one, other] = [change(&anna, &olga, &guest).await, change(&olga, &anna, &guest).await];
    let (one, other) = tokio::join!(one.send(), other.send());
    let statuses = [one.unwrap().status().as_u16(), other.unwrap().status().as_u16()];
    assert!(statuses.contains(&200), "{statuses:?}");
    assert!(statuses.contains(&409) || statuses.contains(&403), "{statuses:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_forgot_the_password_comes_back_by_a_link(pool: PgPool) {
    let (app, mail) = with_mail(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let forgot = |email: &str| {
        let body = json!({"email": email});
        app.call(Method::POST, "/api/v1/auth/password/forgotten").json(&body)
    };
    let reset = |token: &str, password: &str| {
        let body = json!({"token": token, "password": password});
        app.call(Method::POST, "/api/v1/auth/password/reset").json(&body)
    };
    expect(forgot("nobody@example.ru"), StatusCode::ACCEPTED).await;
    expect(forgot("Anna@example.ru"), StatusCode::ACCEPTED).await;
    let first = token_in(&letters(&mail, 1).await[0]);
    expect(forgot("anna@example.ru"), StatusCode::ACCEPTED).await;
    let second = token_in(&letters(&mail, 2).await[1]);
    assert_eq!(mail.letters().len(), 2, "nobody else was written to");
    expect_problem(reset(&first, OTHER_PASSWORD), 410, "link_void").await;
    expect_problem(reset(&second, "1234567890"), 422, "weak_password").await;
    assert_eq!(expect(reset(&second, OTHER_PASSWORD), StatusCode::OK).await, json!({"ended": 1}));
    expect_problem(reset(&second, PASSWORD), 410, "link_void").await;
    expect_problem(anna.call(Method::GET, "/auth/me"), 401, "session_ended").await;
    expect_problem(login(&app, "anna@example.ru", PASSWORD), 401, "bad_credentials").await;
    expect(login(&app, "anna@example.ru", OTHER_PASSWORD), StatusCode::OK).await;

    expect(forgot("anna@example.ru"), StatusCode::ACCEPTED).await;
    let third = token_in(&letters(&mail, 3).await[2]);
    sqlx::query("update app_password_reset set expires_at = now()").execute(&pool).await.unwrap();
    expect_problem(reset(&third, PASSWORD), 410, "link_void").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn without_mail_whoever_forgot_the_password_is_told(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let body = json!({"email": "anna@example.ru"});
    let forgot = app.call(Method::POST, "/api/v1/auth/password/forgotten").json(&body);
    expect_problem(forgot, 409, "mail_not_offered").await;
}
