//! Ozon's specification as a judge of requests and answers: the published file where it is at hand, an excerpt otherwise.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

const EXCERPT: &str = include_str!("../excerpt/ozon.yaml");
const PUBLISHED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/specs/ozon/ozon-seller-2026-09-28.communications.json"
);

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| published().unwrap_or_else(excerpt));

/// The operations that the sandbox plays: those of the excerpt.
pub(super) fn operations() -> BTreeSet<String> {
    excerpt()["paths"].as_object().unwrap().keys().cloned().collect()
}

/// Asserts that a request is one the specification describes.
pub(super) fn check_request(path: &str, body: &Value) {
    let operation = &DOCUMENT["paths"][path]["post"];
    assert!(operation.is_object(), "{path} is not in the specification");
    let Some(request) = operation.get("requestBody") else {
        assert_eq!(body, &json!({}), "{path} takes nothing");
        return;
    };
    let problems = problems(&request["content"]["application/json"]["schema"], body);
    assert!(problems.is_empty(), "a request to {path} against the specification: {problems:#?}");
}

/// Asserts that an answer is one the specification describes, without a field too many.
pub(super) fn check_answer(path: &str, status: u16, content_type: Option<&str>, body: &str) {
    let problems = answer_problems(path, status, content_type, body);
    assert!(
        problems.is_empty(),
        "{path} answered {status} against the specification: {problems:#?}"
    );
}

/// Where an answer contradicts the specification. The statuses of gateways, which it leaves out for most methods, are
/// held against the shape of all its errors.
pub(super) fn answer_problems(
    path: &str,
    status: u16,
    content_type: Option<&str>,
    body: &str,
) -> Vec<String> {
    let responses = &DOCUMENT["paths"][path]["post"]["responses"];
    let is_of_gateway = matches!(status, 401 | 429 | 503);
    let known = responses.get(status.to_string());
    let fallback = json!({ "content": { "application/json": {
        "schema": { "$ref": "#/components/schemas/rpcStatus" },
    } } });
    let response = match known.or_else(|| responses.get("default")) {
        Some(response) => response,
        None if is_of_gateway => &fallback,
        None => return vec![format!("{status} is not documented")],
    };
    let Some(content) = response.get("content") else {
        // None is described. An empty message of gRPC comes through its gateways as an empty object.
        return if ["", "{}"].contains(&body) {
            vec![]
        } else {
            vec![format!("a body where none is: {body}")]
        };
    };
    if content_type != Some("application/json") {
        return vec![format!("the content type {content_type:?}")];
    }
    match serde_json::from_str(body) {
        Ok(body) => problems(&content["application/json"]["schema"], &body),
        Err(error) => vec![format!("{error}: {body}")],
    }
}

fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let schema = to_json_schema(schema);
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// From OpenAPI 3.0 to JSON Schema, with the slips of the published file put right: types that are none, and lists
/// that do not say they are lists, whose bounds contradict the limit of their method.
fn to_json_schema(schema: &Value) -> Value {
    let mut schema = match schema["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => schema.clone(),
    };
    let Some(fields) = schema.as_object_mut() else { return schema };
    // Its second branch accepts whatever the first one does, so "one of" could never hold.
    fields.remove("oneOf");
    fields.remove("example");
    match fields.get("type").cloned() {
        Some(Value::String(kind)) if kind == "timestamp" => {
            fields.insert("type".to_owned(), json!("string"));
            fields.insert("format".to_owned(), json!("date-time"));
        }
        Some(Value::String(kind)) if kind == "enum" => {
            fields.insert("type".to_owned(), json!("string"));
        }
        Some(Value::Null) => {
            fields.remove("type");
        }
        None if fields.contains_key("items") => {
            fields.insert("type".to_owned(), json!("array"));
            fields.remove("maxItems");
        }
        Some(_) | None => {}
    }
    if let Some(items) = fields.get_mut("items") {
        *items = to_json_schema(items);
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        for property in properties.values_mut() {
            *property = to_json_schema(property);
        }
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    schema
}

fn excerpt() -> Value {
    serde_yaml_ng::from_str(EXCERPT).unwrap()
}

fn published() -> Option<Value> {
    let file = Path::new(PUBLISHED);
    file.is_file().then(|| serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

/// What of a schema is a rule, without descriptions and examples.
fn rules(schema: &Value) -> Value {
    const RULES: [&str; 12] = [
        "type",
        "nullable",
        "properties",
        "items",
        "enum",
        "format",
        "$ref",
        "required",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
    ];
    let Value::Object(fields) = schema else { return schema.clone() };
    let kept = fields.iter().filter(|(name, _)| RULES.contains(&name.as_str()));
    let rule = |(name, value): (&String, &Value)| {
        let value = match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                let of_each = properties.iter().map(|(name, schema)| (name.clone(), rules(schema)));
                Value::Object(of_each.collect())
            }
            ("items", items) => rules(items),
            _ => value.clone(),
        };
        (name.clone(), value)
    };
    Value::Object(kept.map(rule).collect())
}

/// Every request and answer of a document with its rules.
fn shapes(document: &Value) -> Map<String, Value> {
    let schema = |content: &Value| rules(&content["content"]["application/json"]["schema"]);
    let mut shapes = Map::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let operation = &operations["post"];
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses {
            shapes.insert(format!("{path} {status}"), schema(response));
        }
        shapes.insert(format!("{path} request"), schema(&operation["requestBody"]));
    }
    shapes
}

#[test]
fn the_excerpt_says_what_the_published_specification_says() {
    let Some(published) = published() else { return };
    let (all, excerpt) = (shapes(&published), excerpt());
    for (name, rules) in shapes(&excerpt) {
        assert_eq!(Some(&rules), all.get(&name), "{name}");
    }
    for (name, schema) in excerpt["components"]["schemas"].as_object().unwrap() {
        assert_eq!(rules(schema), rules(&published["components"]["schemas"][name]), "{name}");
    }
}

#[test]
fn an_answer_against_the_specification_is_noticed() {
    let is_good = |status: u16, content_type: &str, body: Value| {
        let (path, body) = ("/v2/review/count", body.to_string());
        answer_problems(path, status, Some(content_type), &body).is_empty()
    };
    let good = json!({ "total": 3, "new": 1, "viewed": 1, "processed": 1 });
    assert!(is_good(200, "application/json", good.clone()));
    assert!(!is_good(200, "application/json", json!({ "total": "3" })));
    assert!(!is_good(200, "application/json", json!({ "surplus": 3 })));
    assert!(!is_good(200, "text/plain", good.clone()));
    assert!(!is_good(418, "application/json", good));
}
