//! What belongs to another seller does not exist, and neither does what is something else: every address with an id in
//! it answers as for an id that nobody has, to the last byte but the request's id.

use std::collections::BTreeSet;

use domain::claim::ClaimState;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::accounts;
use crate::harness::{Signed, expect, expect_problem};

const INTERACTION: &str = "/interactions/{id}";
const BULK: &str = "/interactions/bulk/{id}";
const CLAIM: &str = "/claims/{id}";
const COMPARISON: &str = "/drafting/comparisons/{id}";
const BACKTEST: &str = "/automation/backtests/{id}";
const KNOWLEDGE: &str = "/knowledge/{id}";
const RECIPIENT: &str = "/seller/recipients/{id}";
const SESSION: &str = "/auth/sessions/{id}";
const TOKEN: &str = "/auth/tokens/{id}";
const INVITATION: &str = "/auth/invitations/{id}";
const PERSON: &str = "/people/{id}";
const ROLE: &str = "/roles/{id}";
const ACCOUNT: &str = "/accounts/{account_id}";

/// Every operation on something that has an id, with a body that would be carried out.
fn operations() -> Vec<(Method, String, Option<Value>)> {
    let text = json!({"text": "Спасибо за отзыв!"});
    let role = json!({"name": "Ревизор", "permissions": ["view_audit"]});
    let dismissal = json!({"draft_id": Uuid::nil(), "reason": "off_topic"});
    [
        (Method::GET, INTERACTION, "", None),
        (Method::GET, INTERACTION, "/history", None),
        (Method::GET, INTERACTION, "/events", None),
        (Method::GET, INTERACTION, "/steps", None),
        (Method::GET, INTERACTION, "/why", None),
        (Method::GET, INTERACTION, "/export", None),
        (Method::GET, INTERACTION, "/files/{message_id}/{n}", None),
        (Method::POST, INTERACTION, "/files", Some(json!({}))),
        (Method::GET, INTERACTION, "/erasure", None),
        (Method::POST, INTERACTION, "/erasure", Some(json!({"ground": "persons_request"}))),
        (Method::POST, INTERACTION, "/reply", Some(text.clone())),
        (Method::PATCH, INTERACTION, "/reply", Some(text.clone())),
        (Method::POST, INTERACTION, "/reject", Some(text.clone())),
        (Method::POST, INTERACTION, "/replies/{reply_id}/release", None),
        (Method::POST, INTERACTION, "/replies/{reply_id}/cancel", None),
        (Method::GET, INTERACTION, "/replies/{reply_id}/evidence", None),
        (Method::POST, INTERACTION, "/replies/{reply_id}/mark-sent", None),
        (Method::POST, INTERACTION, "/replies/{reply_id}/send-again", Some(json!({}))),
        (Method::POST, INTERACTION, "/draft", Some(text)),
        (Method::POST, INTERACTION, "/draft/dismiss", Some(dismissal)),
        (Method::POST, INTERACTION, "/ai-draft", Some(json!({"force_regenerate": true}))),
        (Method::POST, INTERACTION, "/reply/check", Some(json!({"text": "Спасибо!"}))),
        (Method::POST, INTERACTION, "/viewed", None),
        (Method::GET, BULK, "", None),
        (Method::POST, BULK, "/stop", None),
        (Method::GET, CLAIM, "", None),
        (Method::GET, CLAIM, "/erasure", None),
        (Method::POST, CLAIM, "/erasure", Some(json!({"ground": "persons_request"}))),
        (Method::GET, BACKTEST, "", None),
        (Method::GET, COMPARISON, "", None),
        (Method::POST, COMPARISON, "/stop", None),
        (Method::PUT, RECIPIENT, "", Some(json!({"least_severity": "warning"}))),
        (Method::DELETE, RECIPIENT, "", None),
        (Method::POST, RECIPIENT, "/test", None),
        (Method::GET, RECIPIENT, "/signing-key", None),
        (Method::DELETE, SESSION, "", None),
        (Method::DELETE, TOKEN, "", None),
        (Method::DELETE, INVITATION, "", None),
        (Method::PUT, PERSON, "", Some(json!({"role": "guest"}))),
        (Method::PUT, ROLE, "", Some(role.clone())),
        (Method::DELETE, ROLE, "", None),
        (Method::GET, KNOWLEDGE, "", None),
        (Method::PUT, KNOWLEDGE, "", Some(knowledge())),
        (Method::DELETE, KNOWLEDGE, "?replaces=1", None),
        (Method::POST, ACCOUNT, "/check", None),
        (Method::POST, ACCOUNT, "/sync", None),
        (Method::PUT, ACCOUNT, "/credential", Some(json!({"token": "good-token"}))),
        (Method::GET, ACCOUNT, "/notifications", None),
        (Method::POST, ACCOUNT, "/notifications", None),
        (Method::GET, ACCOUNT, "/unread-items", None),
        (Method::POST, ACCOUNT, "/unread-items/retry", None),
    ]
    .into_iter()
    .map(|(method, of, rest, body)| (method, format!("{of}{rest}"), body))
    .collect()
}

fn knowledge() -> Value {
    json!({"replaces": 1, "document": {"topic": "faq", "title": "Возврат", "text": "14 дней"}})
}

/// Ids of what somebody has given access by.
struct Access {
    token: String,
    invitation: String,
    person: String,
    role: String,
}

impl Access {
    async fn given_by(anna: &Signed) -> Self {
        let made = async |request: RequestBuilder, id: &str| {
            expect(request, StatusCode::CREATED).await[id].as_str().unwrap().to_owned()
        };
        let token = json!({"name": "1С", "permissions": ["view_audit"], "days": 1});
        let token = anna.call(Method::POST, "/auth/tokens").json(&token);
        let invitation = json!({"email": "oleg@example.ru", "role": "guest"});
        let invitation = anna.call(Method::POST, "/auth/invitations").json(&invitation);
        let role = json!({"name": "Контролёр", "permissions": ["view_audit"]});
        let role = anna.write(Method::POST, "/roles", &role);
        Self {
            token: made(token, "token_id").await,
            invitation: made(invitation, "invitation_id").await,
            person: anna.user_id().await,
            role: made(role, "role_id").await,
        }
    }
}

fn call(by: &Signed, method: &Method, path: &str, body: Option<&Value>) -> RequestBuilder {
    let key = Uuid::new_v4().to_string();
    let request = by.call(method.clone(), path).header("idempotency-key", key);
    match body {
        Some(body) => request.json(body),
        None => request,
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_anothers_or_something_else_does_not_exist(pool: PgPool) {
    let (_marketplace, app, anna) = accounts::start(pool).await;
    let account = accounts::connect(&app, &anna).await["account_id"].as_str().unwrap().to_owned();
    let interaction = app.review(anna.tenant, 1, 5).await.to_string();
    let claim = app.claim(anna.tenant, 1, ClaimState::UnderReview).await.to_string();
    let known = json!({"document": knowledge()["document"]});
    let known = anna.write(Method::POST, "/knowledge", &known);
    let known =
        expect(known, StatusCode::CREATED).await["knowledge_id"].as_str().unwrap().to_owned();
    let recipient = json!({
        "medium": "webhook", "address": "https://hooks.example.ru/a", "least_severity": "warning"
    });
    let recipient = anna.write(Method::POST, "/seller/recipients", &recipient);
    let recipient = expect(recipient, StatusCode::CREATED).await["recipient_id"].clone();
    let recipient = recipient.as_str().unwrap().to_owned();
    let session = anna.get("/auth/sessions").await["items"][0]["session_id"].clone();
    let session = session.as_str().unwrap().to_owned();
    let access = Access::given_by(&anna).await;
    let boris = app.register("boris@example.ru").await;
    let (seller, absent) = (anna.tenant.to_string(), Uuid::new_v4().to_string());
    for (method, path, body) in operations() {
        let (same, other) = match path.as_str() {
            path if path.starts_with(ACCOUNT) => (&account, &interaction),
            path if path.starts_with(CLAIM) => (&claim, &interaction),
            path if path.starts_with(RECIPIENT) => (&recipient, &interaction),
            path if path.starts_with(KNOWLEDGE) => (&known, &interaction),
            path if path.starts_with(SESSION) => (&session, &interaction),
            path if path.starts_with(TOKEN) => (&access.token, &interaction),
            path if path.starts_with(INVITATION) => (&access.invitation, &interaction),
            path if path.starts_with(PERSON) => (&access.person, &interaction),
            path if path.starts_with(ROLE) => (&access.role, &interaction),
            _ => (&interaction, &claim),
        };
        let mut answers = Vec::new();
        for (by, id) in [(&boris, &absent), (&boris, same), (&anna, other), (&anna, &seller)] {
            let address = path.replace("{id}", id).replace("{account_id}", id);
            let address = address.replace("{message_id}", "1").replace("{n}", "0");
            let address = address.replace("{reply_id}", &absent);
            let request = call(by, &method, &address, body.as_ref());
            let mut problem = expect_problem(request, 404, "not_found").await;
            problem.as_object_mut().unwrap().remove("request_id");
            answers.push(problem);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{method} {path}: {answers:?}");
    }
    assert_eq!(boris.get("/interactions").await["items"], json!([]));
    assert_eq!(boris.get("/claims").await["items"], json!([]));
    assert_eq!(boris.get("/knowledge").await["items"], json!([]));
    assert_eq!(boris.get("/interactions/counts").await["total"], 0);
    let number = anna.get("/events").await["events"].as_array().unwrap().len();
    let proof = boris.call(Method::GET, &format!("/events/{number}/proof"));
    expect_problem(proof, 404, "not_found").await;
}

#[test]
fn no_address_with_an_id_is_left_out() {
    let asked: BTreeSet<(String, String)> = operations()
        .into_iter()
        .map(|(method, path, _)| {
            let path = path.split_once('?').map_or(&*path, |(path, _)| path);
            (method.as_str().to_lowercase(), format!("/api/v1{path}"))
        })
        .collect();
    let document = api::document();
    let paths = document["paths"].as_object().unwrap().iter();
    let described: BTreeSet<(String, String)> = paths
        .filter(|(path, _)| path.contains("id}"))
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (method.clone(), path.clone()))
        })
        .collect();
    assert_eq!(asked, described);
}
