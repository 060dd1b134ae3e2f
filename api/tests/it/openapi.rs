//! The API's description: kept in the repository, served, and true.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;
use sqlx::PgPool;

use crate::harness::{TestApp, expect_problem};

fn kept() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn the_description_in_the_repository_is_fresh() {
    let made = serde_json::to_string_pretty(&api::document()).unwrap() + "\n";
    assert!(kept() == made, "run: cargo run -p api -- openapi > docs/openapi.json");
}

#[test]
fn every_operation_says_what_it_answers_and_every_write_takes_a_key() {
    let document = api::document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            let place = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place}");
            assert!(operation["responses"]["default"].is_object(), "{place}");
            let parameters = operation["parameters"].as_array();
            let takes_key = parameters.is_some_and(|parameters| {
                parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key")
            });
            let asks = method == "get"
                || [
                    "/reply/check",
                    "/what-if",
                    "/bulk/preflight",
                    "/knowledge/search",
                    "/knowledge/import/preview",
                ]
                .iter()
                .any(|question| path.ends_with(question));
            let writes = !asks && !path.starts_with("/api/v1/auth/");
            assert_eq!(takes_key, writes, "{place}");
        }
    }
    assert!(operations >= 20, "{operations}");
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    found.push(reference.clone());
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
        }
    }
    let document = api::document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_description_and_the_page_to_try_it_are_served(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let served = app.call(Method::GET, "/api/openapi.json").send().await.unwrap();
    let served: Value = served.json().await.unwrap();
    assert_eq!(served, serde_json::from_str::<Value>(&kept()).unwrap());

    let page = app.call(Method::GET, "/api/docs/").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let text = page.text().await.unwrap();
    assert!(text.contains("swagger-ui"), "{text}");
    assert!(!text.contains("https://"), "the page loads nothing from elsewhere: {text}");
    assert!(!text.contains("<script>"), "the policy forbids scripts inside the page: {text}");
}

/// The description and the service are held together: a route that is not guarded as it says is found here.
#[sqlx::test(migrations = "../migrations")]
async fn every_operation_is_guarded_as_it_says(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let document = api::document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let address = path.replace("{id}", NOBODY).replace("{account_id}", NOBODY);
        for (name, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(name.to_uppercase().as_bytes()).unwrap();
            let open = operation["security"].as_array().is_some_and(Vec::is_empty);
            if !open {
                let request = app.call(method.clone(), &address);
                expect_problem(request, 401, "unauthenticated").await;
            }
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let mut headers = parameters.filter(|parameter| parameter["in"] == "header");
            if headers.any(|header| header["name"] == "Idempotency-Key") {
                let request = app.call(method, &address).bearer_auth(&anna.token);
                expect_problem(request, 400, "idempotency_key_missing").await;
            }
        }
    }
}

const NOBODY: &str = "00000000-0000-0000-0000-00000000dead";
