//! The API's description (OpenAPI 3.1): collected from the handlers, completed with what holds for all of them.

use axum::http::Method;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use crate::access::{Need, need};
use crate::error::{FieldError, PROBLEM_JSON, Problem};
use crate::guardrail::Violation;
use crate::router::{BASE, api};

/// Methods that may change something.
const UNSAFE: [&str; 4] = ["post", "put", "patch", "delete"];

/// What is posted because it is too long or too private for an address, and changes nothing.
const QUESTIONS: [&str; 5] = [
    "/reply/check",
    "/bulk/preflight",
    "/what-if",
    "/knowledge/search",
    "/knowledge/import/preview",
];

const ABOUT: &str = "One inbox for marketplace sellers: reviews in, replies out, every step an event.\n\n\
Errors are `application/problem+json` with a stable `code`, and what happened, what the system does and what one can \
do in the user's words. Calls that change something take an `Idempotency-Key`: repeating a call with its key is safe \
and gives the first answer. What belongs to another seller does not exist (404).";

/// Returns the description as it is served and kept in `docs/openapi.json`.
#[must_use]
pub fn document() -> Value {
    finished(api(|route| route).into_openapi())
}

/// Adds what holds for every route, so that no route has to repeat it.
pub(crate) fn finished(collected: OpenApi) -> Value {
    let mut document = serde_json::to_value(collected).expect("a description is always JSON");
    document["info"] = json!({
        "title": "AgentIQ",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    document["servers"] = json!([{"url": "/"}]);
    document["security"] = json!([{"bearer": []}, {"cookie": []}]);
    document["components"]["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-agentiq"},
    });
    add_problem(&mut document);
    require_nullable(&mut document);
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete(path, method, operation);
        }
    }
    document
}

fn complete(path: &str, method: &str, operation: &mut Value) {
    operation["responses"]["default"] = json!({
        "description": "What happened, what the system does, what one can do.",
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    let signing_in = path.starts_with(&format!("{BASE}/auth/"));
    let method_name = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap_or_default();
    let below = path.strip_prefix(BASE).unwrap_or(path);
    match need(&method_name, below) {
        Some(Need::Nothing) => operation["security"] = json!([]),
        Some(Need::May(permission)) => operation["x-permission"] = permission.as_str().into(),
        Some(Need::Caller | Need::Person) | None => (),
    }
    let asks = QUESTIONS.iter().any(|question| path.ends_with(question));
    if UNSAFE.contains(&method) && !signing_in && !asks {
        let key = json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "A new random value for every intent, repeated with it until an answer has come.",
            "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
        });
        match operation.get_mut("parameters").and_then(Value::as_array_mut) {
            Some(parameters) => parameters.push(key),
            None => operation["parameters"] = json!([key]),
        }
    }
}

fn add_problem(document: &mut Value) {
    use utoipa::PartialSchema as _;

    let schema = |schema| serde_json::to_value(schema).expect("a schema is always JSON");
    document["components"]["schemas"]["Problem"] = schema(Problem::schema());
    document["components"]["schemas"]["FieldError"] = schema(FieldError::schema());
    document["components"]["schemas"]["Violation"] = schema(Violation::schema());
}

/// Answers carry every field, `null` where there is nothing; in requests such fields may be left out.
fn require_nullable(document: &mut Value) {
    let asked: Vec<String> = requests(document);
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        if asked.contains(name) {
            continue;
        }
        require_in(schema);
        let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
        for part in parts.into_iter().flatten() {
            require_in(part);
        }
    }
}

fn require_in(schema: &mut Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let nullable: Vec<Value> = properties
        .iter()
        .filter(|(_, property)| is_nullable(property))
        .map(|(name, _)| Value::from(name.as_str()))
        .collect();
    if nullable.is_empty() {
        return;
    }
    let Some(fields) = schema.as_object_mut() else { return };
    if let Value::Array(required) = fields.entry("required").or_insert_with(|| json!([])) {
        required.extend(nullable);
    }
}

fn is_nullable(property: &Value) -> bool {
    let null = Value::from("null");
    let among = |types: &Value| types.as_array().is_some_and(|types| types.contains(&null));
    let alternatives = property.get("oneOf").and_then(Value::as_array);
    property.get("type").is_some_and(among)
        || alternatives.is_some_and(|some| some.iter().any(|one| one.get("type") == Some(&null)))
}

/// Names of the schemas that requests have.
fn requests(document: &Value) -> Vec<String> {
    let items = document["paths"].as_object().into_iter().flat_map(Map::values);
    let operations = items.filter_map(Value::as_object).flat_map(Map::values);
    operations
        .filter_map(|operation| {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            Some(find_reference(body)?.rsplit('/').next()?.to_owned())
        })
        .collect()
}

fn find_reference(schema: &Value) -> Option<&str> {
    let direct = schema["$ref"].as_str();
    direct.or_else(|| schema["oneOf"].as_array()?.iter().find_map(|one| one["$ref"].as_str()))
}
