//! Who may do what: every operation of the description, called by every role, and by nobody.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, expect, expect_problem};

/// Every permission there is.
const ALL: [&str; 16] = [
    "view_interactions",
    "answer_interactions",
    "view_buyers",
    "manage_buyers",
    "erase_buyers",
    "view_quality",
    "manage_products",
    "manage_knowledge",
    "manage_automation",
    "manage_policies",
    "manage_learning",
    "export_learning",
    "manage_accounts",
    "manage_seller",
    "manage_people",
    "view_audit",
];

/// What each role holds, written down once more: the program's own table must be this one.
const ROLES: [(&str, &[&str]); 5] = [
    ("owner", &ALL),
    ("admin", &ALL),
    (
        "operator",
        &[
            "view_interactions",
            "answer_interactions",
            "view_buyers",
            "manage_buyers",
            "view_quality",
        ],
    ),
    ("viewer", &["view_interactions", "view_buyers", "view_quality"]),
    ("guest", &["view_interactions"]),
];

/// A role of the seller's own.
const OWN: &[&str] = &["view_audit", "manage_knowledge"];

/// An operation of the description.
struct Operation {
    method: Method,
    path: String,
    /// None where it takes a session and no permission.
    permission: Option<String>,
    is_open: bool,
}

fn operations() -> Vec<Operation> {
    let document = api::document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.strip_prefix("/api/v1").unwrap().to_owned(),
                permission: operation["x-permission"].as_str().map(str::to_owned),
                is_open: operation["security"] == json!([]),
            });
        }
    }
    operations
}

impl Operation {
    /// Its address, with ids that nobody has.
    fn address(&self) -> String {
        let mut address = String::new();
        for part in self.path.split('/').filter(|part| !part.is_empty()) {
            let id = Uuid::new_v4().to_string();
            let part = match part {
                "{n}" | "{version}" | "{sequence}" => "1",
                part if part.starts_with('{') => &id,
                part => part,
            };
            address = format!("{address}/{part}");
        }
        address
    }

    async fn call(&self, by: &Signed) -> (StatusCode, Value) {
        let key = Uuid::new_v4().to_string();
        let mut request =
            by.call(self.method.clone(), &self.address()).header("idempotency-key", key);
        if self.method != Method::GET && self.method != Method::DELETE {
            request = request.json(&json!({}));
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        // A live feed has no end.
        let is_problem = !status.is_success();
        let body = if is_problem { response.json().await.unwrap() } else { Value::Null };
        (status, body)
    }
}

/// Calls everything by every role. Returns how many calls were made, and those that went otherwise than they should.
async fn misjudged(pool: PgPool) -> (usize, BTreeSet<String>) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let own = json!({"name": "Ревизор", "permissions": OWN});
    let own = expect(anna.write(Method::POST, "/roles", &own), StatusCode::CREATED).await;
    let own = own["role_id"].as_str().unwrap();
    let mut people = BTreeMap::from([("owner", anna.clone())]);
    for (role, _) in &ROLES[1..] {
        let email = format!("{role}@example.ru");
        people.insert(role, app.member(&anna, &email, ("role", role)).await);
    }
    let inspector = app.member(&anna, "inspector@example.ru", ("role_id", own)).await;
    people.insert("own", inspector);
    let held: BTreeMap<&str, &[&str]> = ROLES.into_iter().chain([("own", OWN)]).collect();
    let (mut calls, mut misjudged) = (0, BTreeSet::new());
    // Whoever signs out cannot call anything else.
    for operation in operations().iter().filter(|it| it.path != "/auth/logout") {
        for (role, person) in &people {
            let (status, problem) = operation.call(person).await;
            let is_refused =
                status == StatusCode::FORBIDDEN && problem["code"] == "permission_missing";
            let permission = operation.permission.as_deref();
            let may = permission.is_none_or(|permission| held[role].contains(&permission));
            calls += 1;
            if is_refused == may || status.is_server_error() {
                let Operation { method, path, .. } = operation;
                misjudged.insert(format!("{role}: {method} {path} {status} {problem}"));
            }
        }
    }
    (calls, misjudged)
}

#[cfg(not(feature = "sabotage-open-doors"))]
#[sqlx::test(migrations = "../migrations")]
async fn every_role_may_call_what_its_permissions_let_it_and_nothing_else(pool: PgPool) {
    let (calls, misjudged) = misjudged(pool).await;
    assert!(misjudged.is_empty(), "{misjudged:#?}");
    assert_eq!(calls, (operations().len() - 1) * 6);
}

#[cfg(feature = "sabotage-open-doors")]
#[sqlx::test(migrations = "../migrations")]
async fn a_permission_that_nobody_asks_for_is_noticed(pool: PgPool) {
    let (_, misjudged) = misjudged(pool).await;
    assert!(
        misjudged.iter().any(|it| it.starts_with("guest: PUT /seller/settings")),
        "{misjudged:#?}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_gets_in_but_by_the_ways_in(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let stranger = anna.with_token("aiq_no-such-token");
    let program = anna.with_token("aiq_api_no-such-token");
    let mut open = Vec::new();
    for operation in operations() {
        let Operation { method, path, .. } = &operation;
        if operation.is_open {
            open.push(path.clone());
            continue;
        }
        for (caller, code) in [(&stranger, "session_ended"), (&program, "session_ended")] {
            let (status, problem) = operation.call(caller).await;
            assert_eq!((status.as_u16(), &problem["code"]), (401, &json!(code)), "{method} {path}");
        }
        let address = format!("/api/v1{}", operation.address());
        expect_problem(app.call(method.clone(), &address), 401, "unauthenticated").await;
    }
    open.sort();
    let ways_in = [
        "/auth/invitations/accept",
        "/auth/invitations/look",
        "/auth/login",
        "/auth/password/forgotten",
        "/auth/password/reset",
        "/auth/register",
    ];
    assert_eq!(open, ways_in);
}

#[sqlx::test(migrations = "../migrations")]
async fn roles_are_told_as_they_are_enforced(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let roles = anna.get("/roles").await;
    let told: Vec<(&str, BTreeSet<&str>)> = roles["built_in"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let permissions = it["permissions"].as_array().unwrap().iter();
            (it["role"].as_str().unwrap(), permissions.map(|it| it.as_str().unwrap()).collect())
        })
        .collect();
    let expected = ROLES.map(|(role, permissions)| (role, permissions.iter().copied().collect()));
    assert_eq!(told, expected);
    let listed = roles["permissions"].as_array().unwrap().iter().map(|it| &it["permission"]);
    assert!(listed.eq(ALL.map(Value::from).iter()));
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/access.md");
    let kept = std::fs::read_to_string(kept).unwrap();
    for permission in ALL {
        let held = ROLES.map(|(_, held)| if held.contains(&permission) { " yes |" } else { " |" });
        assert!(kept.contains(&format!("\n| `{permission}` |{}\n", held.concat())), "{permission}");
    }
}
