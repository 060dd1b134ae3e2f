//! The published OpenAPI description, or the excerpt of it that lies beside this file, as a judge of messages.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wiremock::Request;

use super::shared;

/// What lies in the repository: the paths that are used, nothing else.
const EXCERPT: &str = include_str!("excerpt.yaml");

/// A description of the Seller API, and where it is from.
pub(super) struct Specification {
    pub(super) name: &'static str,
    document: Value,
}

impl Specification {
    pub(super) fn excerpt() -> Self {
        Self { name: "the excerpt", document: serde_yaml_ng::from_str(EXCERPT).unwrap() }
    }

    /// What was published, where that is at hand.
    pub(super) fn published() -> Option<Self> {
        let file = shared("specs/ozon/ozon-seller-2026-09-28.communications.json")?;
        let document = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        Some(Self { name: "2026-09-28", document })
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::excerpt()).chain(Self::published())
    }

    pub(super) fn paths(&self) -> BTreeSet<&str> {
        self.document["paths"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// Returns what an operation says, without its prose and examples and with references in place.
    pub(super) fn rules(&self, path: &str) -> Value {
        let operation = self.operation(path);
        let mut rules = Map::new();
        for part in ["parameters", "requestBody", "responses"] {
            rules.insert(part.to_owned(), self.as_json_schema(&operation[part]));
        }
        Value::Object(rules)
    }

    /// Checks a request against its operation: path, method, headers, and a body without anything unknown.
    pub(super) fn check_request(&self, request: &Request) {
        assert_eq!((request.method.as_str(), request.url.query()), ("POST", None));
        let path = request.url.path();
        let operation = self.operation(path);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolved(parameter);
            assert_eq!(parameter["in"], "header", "{path}");
            let name = parameter["name"].as_str().unwrap();
            assert!(request.headers.contains_key(name), "{}, {path}: no {name}", self.name);
        }
        let body = request.body_json().unwrap();
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_object() {
            self.check(&closed(self.as_json_schema(schema)), &body, path);
        } else {
            assert_eq!(body, json!({}), "{}, {path}: nothing is expected", self.name);
        }
        assert_eq!(request.headers["content-type"], "application/json");
    }

    /// Checks the body of a success. None of the examples that contradict their schema passes.
    pub(super) fn check_answer(&self, path: &str, body: &Value) {
        let schema = &self.success(path)["schema"];
        self.check(&closed(self.as_json_schema(schema)), body, path);
    }

    /// Returns the example of a success, where there is one.
    pub(super) fn example(&self, path: &str) -> Option<&Value> {
        self.success(path).get("example")
    }

    /// Returns the statuses of errors that an operation names; `default` stands for those that gateways of gRPC have.
    pub(super) fn error_statuses(&self, path: &str) -> Vec<u16> {
        let responses = self.operation(path)["responses"].as_object().unwrap();
        let errors = responses.keys().filter(|status| *status != "200");
        errors
            .flat_map(|status| match status.as_str() {
                "default" => vec![400, 401, 403, 404, 409, 429, 500, 503],
                status => vec![status.parse().unwrap()],
            })
            .collect()
    }

    /// Tells whether the details of an operation's errors are a text instead of a list.
    pub(super) fn has_text_details(&self, path: &str) -> bool {
        let response = &self.operation(path)["responses"]["default"];
        let schema = &response["content"]["application/json"]["schema"];
        schema.is_object() && self.resolved(schema)["properties"]["details"]["type"] == "string"
    }

    fn success(&self, path: &str) -> &Value {
        &self.operation(path)["responses"]["200"]["content"]["application/json"]
    }

    fn operation(&self, path: &str) -> &Value {
        let operation = &self.document["paths"][path]["post"];
        assert!(operation.is_object(), "{}: {path} is unknown", self.name);
        operation
    }

    fn check(&self, schema: &Value, value: &Value, what: &str) {
        let validator = jsonschema::validator_for(schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}, {what}: {errors:?} in {value}", self.name);
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(path) => self.document.pointer(path.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    /// From OpenAPI as Ozon writes it to JSON Schema: references in place, prose left out, types that no schema knows
    /// (`timestamp`, `enum`, `null`) as text.
    fn as_json_schema(&self, schema: &Value) -> Value {
        match self.resolved(schema) {
            Value::Object(fields) => {
                let mut converted = Map::new();
                for (name, value) in fields {
                    let is_prose =
                        ["description", "title", "example", "summary"].contains(&name.as_str());
                    if is_prose && !value.is_object() || name == "example" {
                        continue;
                    }
                    let is_odd = name == "type"
                        && (value.is_null() || value == "timestamp" || value == "enum");
                    let value = if is_odd { json!("string") } else { self.as_json_schema(value) };
                    converted.insert(name.clone(), value);
                }
                Value::Object(converted)
            }
            Value::Array(items) => items.iter().map(|item| self.as_json_schema(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
        }
    }
}

/// Forbids what a schema does not name: a misspelt field is accepted by it otherwise.
fn closed(mut schema: Value) -> Value {
    if let Value::Object(fields) = &mut schema {
        fields.values_mut().for_each(|value| *value = closed(value.take()));
        if fields.get("type") == Some(&json!("object")) && fields.contains_key("properties") {
            fields.insert("additionalProperties".to_owned(), json!(false));
        }
    }
    schema
}
