//! Yandex.Market's specification as a judge of requests, answers and notifications.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

const API: &str = include_str!("../excerpt/yandex.yaml");
const NOTIFICATIONS: &str = include_str!("../excerpt/yandex-notifications.yaml");
const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/specs/yandex");

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_yaml_ng::from_str(API).unwrap());

/// Asserts that an answer is one the specification describes, without a field too many.
pub(super) fn check_answer(call: &str, status: u16, content_type: Option<&str>, body: &str) {
    let operation = operation(call);
    let response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{call} is not documented to answer {status}");
    let response = resolved(&DOCUMENT, response);
    assert_eq!(content_type, Some("application/json"), "{call} {status}");
    let schema = &response["content"]["application/json"]["schema"];
    let errors = errors(&DOCUMENT, schema, &serde_json::from_str(body).unwrap());
    assert!(errors.is_empty(), "{call} answered {status} against the specification: {errors:#?}");
}

/// What of a request is not documented.
pub(super) fn request_errors(call: &str, body: &Value) -> Vec<String> {
    let schema = &operation(call)["requestBody"]["content"]["application/json"]["schema"];
    errors(&DOCUMENT, schema, body)
}

/// Asserts that a notification is one the specification describes.
pub(super) fn check_notification(body: &Value) {
    let document: Value = serde_yaml_ng::from_str(NOTIFICATIONS).unwrap();
    let schema = &document["notifications"][body["notificationType"].as_str().unwrap()];
    assert!(schema.is_object(), "{body} is of no known type");
    let errors = errors(&document, schema, body);
    assert!(errors.is_empty(), "{body}: {errors:#?}");
}

/// Method, path and description of every operation.
pub(super) fn operations() -> Vec<(String, Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| {
            (format!("{} {path}", method.to_uppercase()), operation.clone())
        })
    });
    operations.collect()
}

fn operation(call: &str) -> &'static Value {
    let (method, path) = call.split_once(' ').unwrap();
    let operation = &DOCUMENT["paths"][path][method.to_lowercase()];
    assert!(operation.is_object(), "{call} is not in the specification");
    operation
}

fn errors(document: &Value, schema: &Value, instance: &Value) -> Vec<String> {
    let schema = to_json_schema(document, schema);
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors = validator.iter_errors(instance);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// What a reference stands for; anything else is itself.
fn resolved<'a>(document: &'a Value, described: &'a Value) -> &'a Value {
    match described["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => described,
    }
}

/// From OpenAPI 3.0 to JSON Schema: references filled in, `allOf` put together, `nullable` as a type, no fields beyond
/// those described but the one that captured answers have.
fn to_json_schema(document: &Value, schema: &Value) -> Value {
    let mut fields = together(document, schema);
    if let Some(properties) = fields.get_mut("properties") {
        if properties.get("offerId").is_some() && properties.get("orderId").is_some() {
            properties["modelId"] = json!({ "type": "integer" });
        }
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    if fields.remove("nullable") == Some(Value::Bool(true)) {
        let kind = fields["type"].take();
        fields.insert("type".to_owned(), json!([kind, "null"]));
    }
    // Java's word for printable characters is understood by nobody else.
    fields.remove("pattern");
    Value::Object(fields)
}

/// A schema with the parts of its `allOf`, and everything inside it converted.
fn together(document: &Value, schema: &Value) -> Map<String, Value> {
    let mut fields = resolved(document, schema).as_object().cloned().unwrap_or_default();
    if let Some(items) = fields.get_mut("items") {
        *items = to_json_schema(document, items);
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        for property in properties.values_mut() {
            *property = to_json_schema(document, property);
        }
    }
    for part in fields.remove("allOf").iter().flat_map(|parts| parts.as_array().unwrap()) {
        for (name, value) in together(document, part) {
            match (fields.get_mut(&name), value) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
                (_, value) => drop(fields.insert(name, value)),
            }
        }
    }
    fields
}

/// What of a description is a rule, in the words of the excerpt.
fn rules(described: &Value) -> Value {
    const WORDS: [&str; 5] = ["description", "title", "example", "default", "deprecated"];
    match described {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| {
                // A property may have any of these names.
                let is_word = WORDS.contains(&name.as_str()) && !value.is_object();
                let says_nothing = *name == "nullable" && **value == false;
                !(is_word || says_nothing || name.starts_with("x-"))
            });
            kept.map(|(name, value)| (name.clone(), rules(value))).collect()
        }
        Value::Array(items) => items.iter().map(rules).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => described.clone(),
    }
}

#[test]
fn the_excerpts_say_what_the_published_specifications_say() {
    let folder = Path::new(PUBLISHED);
    if !folder.is_dir() {
        return;
    }
    let published = |file| -> Value {
        serde_yaml_ng::from_str(&std::fs::read_to_string(folder.join(file)).unwrap()).unwrap()
    };
    let api = published("partner-api.communications.2026-07-17.yaml");
    for (call, excerpt) in operations() {
        let (method, path) = call.split_once(' ').unwrap();
        let whole = &api["paths"][path][method.to_lowercase()];
        for part in ["parameters", "responses"] {
            assert_eq!(rules(&excerpt[part]), rules(&whole[part]), "{call} {part}");
        }
        let content = |operation: &Value| rules(&operation["requestBody"]["content"]);
        assert_eq!(content(&excerpt), content(whole), "{call}");
        let amount =
            |operation: &Value| operation["x-resource-limit-config"]["none"]["amount"].clone();
        assert_eq!(amount(&excerpt), amount(whole), "{call}");
    }
    let notifications = published("notification-api.2026-04-20.yaml");
    let excerpt: Value = serde_yaml_ng::from_str(NOTIFICATIONS).unwrap();
    for (excerpt, whole) in [(&*DOCUMENT, &api), (&excerpt, &notifications)] {
        for (kind, named) in excerpt["components"].as_object().unwrap() {
            for (name, described) in named.as_object().unwrap() {
                let whole = &whole["components"][kind][name];
                assert_eq!(rules(described), rules(whole), "{kind} {name}");
            }
        }
    }
}

#[test]
fn an_answer_against_the_specification_is_noticed() {
    let notices = |status: u16, body: Value| {
        let check = move || {
            let call = "POST /v2/businesses/{businessId}/goods-feedback/comments/delete";
            check_answer(call, status, Some("application/json"), &body.to_string());
        };
        std::panic::catch_unwind(check).is_err()
    };
    let error = json!({ "status": "ERROR", "errors": [{ "code": "X", "message": "x" }] });
    assert!(!notices(200, json!({ "status": "OK" })));
    assert!(!notices(420, error.clone()));
    assert!(notices(429, error));
    assert!(notices(200, json!({ "status": "FINE" })));
    assert!(notices(200, json!({ "status": "OK", "result": {} })));
    assert!(notices(404, json!({ "status": "ERROR", "errors": [{ "message": "x" }] })));
    assert!(notices(404, json!({ "errors": [] })));
}
