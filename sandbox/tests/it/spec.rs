//! Wildberries' specification as a judge of answers: the published file where it is at hand, an excerpt otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

const EXCERPT: &str = include_str!("excerpt/wildberries.yaml");
const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/specs/wildberries");
/// Where the specification describes the host's own methods, and the check of the connection.
const FILES: [&str; 2] = ["09-communications.2026-07-23.ru.yaml", "01-general.2026-07-23.ru.yaml"];

/// The documents that together describe the host.
static DOCUMENTS: LazyLock<Vec<Value>> =
    LazyLock::new(|| published().unwrap_or_else(|| vec![excerpt()]));

/// Asserts that an answer is one the specification describes, without a field too many.
pub(crate) fn check(call: &str, status: u16, content_type: Option<&str>, body: &str) {
    let Some(schema) = schema(call, status, content_type) else {
        assert_eq!(body, "", "{call} is documented to answer {status} without a body");
        return;
    };
    if schema["format"] == "binary" {
        return;
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{call} answered {status} against the specification: {errors:#?}");
}

/// The JSON Schema of an answer; none when it is to be empty.
fn schema(call: &str, status: u16, content_type: Option<&str>) -> Option<Value> {
    let (document, operation) = described(call);
    let response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{call} is not documented to answer {status}");
    let contents = resolved(document, response).get("content")?.as_object().unwrap();
    let content = content_type.and_then(|content_type| contents.get(content_type));
    let content =
        content.unwrap_or_else(|| panic!("{call}, {status}: {content_type:?} is not documented"));
    Some(to_json_schema(document, &content["schema"]))
}

/// The operation of a call, with its document.
fn described(call: &str) -> (&'static Value, &'static Value) {
    let name = operation_of(call);
    let (method, path) = name.split_once(' ').unwrap();
    let document = DOCUMENTS.iter().find(|document| document["paths"].get(path).is_some()).unwrap();
    (document, &document["paths"][path][method.to_lowercase()])
}

/// The specification's name of a call: method and path, without the label of the host and with the names of what stands
/// in the path.
pub(crate) fn operation_of(call: &str) -> String {
    let (method, served) = call.split_once(' ').unwrap();
    let (host, path) = split_host(served);
    let of_document = |document: &'static Value| document["paths"].as_object().unwrap().iter();
    let mut paths = DOCUMENTS.iter().flat_map(of_document);
    let found = paths.find(|(template, item)| {
        let described = &item[method.to_lowercase()];
        let servers = item.get("servers").unwrap_or(&described["servers"]);
        let is_here = *template == "/ping" || servers[0]["url"] == format!("https://{host}");
        described.is_object() && is_here && fits(template, path)
    });
    let (template, _) = found.unwrap_or_else(|| panic!("{call} is not in the specification"));
    format!("{method} {template}")
}

/// The host that a path of the sandbox is played for, and the path there.
fn split_host(served: &str) -> (&'static str, &str) {
    const LABELLED: [(&str, &str); 3] = [
        ("/buyer-chat-api", "buyer-chat-api.wildberries.ru"),
        ("/returns-api", "returns-api.wildberries.ru"),
        ("/common-api", "common-api.wildberries.ru"),
    ];
    let labelled = |(label, host)| Some((host, served.strip_prefix(label)?));
    LABELLED.into_iter().find_map(labelled).unwrap_or(("feedbacks-api.wildberries.ru", served))
}

fn fits(template: &str, path: &str) -> bool {
    let (expected, found) = (template.split('/'), path.split('/'));
    let is_same_length = expected.clone().count() == found.clone().count();
    is_same_length && expected.zip(found).all(|(name, part)| name.starts_with('{') || name == part)
}

/// All operations of the excerpt: those that the sandbox plays.
pub(crate) fn operations() -> BTreeSet<String> {
    let excerpt = excerpt();
    let of_path = |(path, item): (&String, &Value)| {
        let methods = item.as_object().unwrap().iter();
        let operations = methods.filter(|(_, operation)| operation.get("responses").is_some());
        operations
            .map(|(method, _)| format!("{} {path}", method.to_uppercase()))
            .collect::<Vec<_>>()
    };
    excerpt["paths"].as_object().unwrap().iter().flat_map(of_path).collect()
}

/// All operations of the published file on communication, where it is at hand.
pub(crate) fn published_operations() -> Option<BTreeSet<String>> {
    let published = published()?;
    let mut operations = BTreeSet::new();
    for (path, item) in published[0]["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().iter();
        for (method, _) in methods.filter(|(_, operation)| operation.get("responses").is_some()) {
            operations.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    Some(operations)
}

/// The examples of answers in the excerpt, by operation, status and name.
pub(crate) fn examples() -> BTreeMap<String, Value> {
    examples_of(&excerpt())
}

fn examples_of(document: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation.get("responses").and_then(Value::as_object);
            for (status, response) in responses.into_iter().flatten() {
                let contents = resolved(document, response)["content"].as_object().cloned();
                for content in contents.unwrap_or_default().values() {
                    let name = format!("{} {path} {status}", method.to_uppercase());
                    // The published file keeps one example beside the schema's rules.
                    let alone = content.get("example").or_else(|| content["schema"].get("example"));
                    found.extend(alone.map(|example| (name.clone(), example.clone())));
                    let named = content.get("examples").and_then(Value::as_object);
                    for (example, value) in named.into_iter().flatten() {
                        let value = resolved(document, value)["value"].clone();
                        found.insert(format!("{name} {example}"), value);
                    }
                }
            }
        }
    }
    found
}

/// What a reference stands for; anything else is itself.
fn resolved<'a>(document: &'a Value, described: &'a Value) -> &'a Value {
    match described["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => described,
    }
}

/// From OpenAPI 3.0 to JSON Schema: references filled in, `nullable` as a type, no fields beyond those described.
fn to_json_schema(document: &Value, schema: &Value) -> Value {
    let mut schema = resolved(document, schema).clone();
    let Some(fields) = schema.as_object_mut() else { return schema };
    if fields.get("nullable") == Some(&Value::Bool(true)) {
        let kind = fields["type"].take();
        fields.insert("type".to_owned(), json!([kind, "null"]));
    }
    if let Some(items) = fields.get_mut("items") {
        *items = to_json_schema(document, items);
    }
    if let Some(Value::Array(all)) = fields.get_mut("allOf") {
        all.iter_mut().for_each(|one| *one = to_json_schema(document, one));
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        for property in properties.values_mut() {
            *property = to_json_schema(document, property);
        }
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    schema
}

fn excerpt() -> Value {
    serde_yaml_ng::from_str(EXCERPT).unwrap()
}

fn published() -> Option<Vec<Value>> {
    let folder = Path::new(PUBLISHED);
    folder.is_dir().then(|| {
        let read = |file| std::fs::read_to_string(folder.join(file)).unwrap();
        FILES.iter().map(|file| serde_yaml_ng::from_str(&read(file)).unwrap()).collect()
    })
}

/// What of a schema is a rule, without descriptions and examples.
fn rules(schema: &Value) -> Value {
    const RULES: [&str; 13] = [
        "type",
        "nullable",
        "properties",
        "items",
        "enum",
        "format",
        "$ref",
        "allOf",
        "required",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
    ];
    let Value::Object(fields) = schema else { return schema.clone() };
    let kept = fields.iter().filter(|(name, value)| {
        RULES.contains(&name.as_str()) && !(*name == "nullable" && **value == Value::Bool(false))
    });
    let rule = |(name, value): (&String, &Value)| {
        let value = match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                let of_each = properties.iter().map(|(name, schema)| (name.clone(), rules(schema)));
                Value::Object(of_each.collect())
            }
            ("items", items) => rules(items),
            ("allOf", Value::Array(all)) => all.iter().map(rules).collect(),
            _ => value.clone(),
        };
        (name.clone(), value)
    };
    Value::Object(kept.map(rule).collect())
}

/// Every answer of a document: operation, status and content type with its rules.
fn answers(document: &Value) -> Map<String, Value> {
    let mut answers = Map::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(responses) = operation.get("responses").and_then(Value::as_object) else {
                continue;
            };
            for (status, response) in responses {
                let response = resolved(document, response);
                let contents = response["content"].as_object().cloned().unwrap_or_default();
                let rules: Map<String, Value> = contents
                    .iter()
                    .map(|(name, content)| (name.clone(), rules(&content["schema"])))
                    .collect();
                answers.insert(format!("{method} {path} {status}"), Value::Object(rules));
            }
        }
    }
    answers
}

#[test]
fn the_excerpt_says_what_the_published_specification_says() {
    let Some(published) = published() else { return };
    let all: Map<String, Value> = published.iter().flat_map(answers).collect();
    let excerpt = excerpt();
    for (answer, rules) in answers(&excerpt) {
        assert_eq!(Some(&rules), all.get(&answer), "{answer}");
    }
    for (name, schema) in excerpt["components"]["schemas"].as_object().unwrap() {
        assert_eq!(rules(schema), rules(&published[0]["components"]["schemas"][name]), "{name}");
    }
    let published: BTreeMap<String, Value> = published.iter().flat_map(examples_of).collect();
    for (name, example) in examples() {
        assert_eq!(Some(&example), published.get(&name), "{name}");
    }
}

#[test]
fn an_answer_against_the_specification_is_noticed() {
    let notices = |status: u16, content_type: &'static str, body: Value| {
        let check = move || {
            check("GET /api/v1/feedbacks/count", status, Some(content_type), &body.to_string())
        };
        std::panic::catch_unwind(check).is_err()
    };
    let good = json!({"data": 5, "error": false, "errorText": "", "additionalErrors": null});
    let with = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    assert!(!notices(200, "application/json", good.clone()));
    assert!(notices(200, "application/json", with("data", json!("5"))));
    assert!(notices(200, "application/json", with("errorText", Value::Null)));
    assert!(notices(200, "application/json", with("surplus", json!(1))));
    assert!(notices(200, "text/plain", good.clone()));
    assert!(notices(418, "application/json", good.clone()));
}
