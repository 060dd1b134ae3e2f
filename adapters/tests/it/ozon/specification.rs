//! The published OpenAPI description, or the excerpt of it that lies beside this file, as a judge of messages.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wiremock::Request;

use crate::description::Description;

/// What lies in the repository: the paths that are used, nothing else.
const EXCERPT: &str = include_str!("excerpt.yaml");

/// A description of the Seller API.
pub(super) struct Specification(pub(super) Description);

impl Specification {
    pub(super) fn excerpt() -> Self {
        Self(Description::parse("the excerpt", EXCERPT))
    }

    /// What was published, where that is at hand.
    pub(super) fn published() -> Option<Self> {
        let path = "specs/ozon/ozon-seller-2026-09-28.communications.json";
        Description::published("2026-09-28", path).map(Self)
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::excerpt()).chain(Self::published())
    }

    pub(super) fn paths(&self) -> BTreeSet<&str> {
        self.0.document["paths"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// Returns what an operation says, without its prose and examples and with references in place.
    pub(super) fn rules(&self, path: &str) -> Value {
        let operation = self.operation(path);
        let mut rules = Map::new();
        for part in ["parameters", "requestBody", "responses"] {
            rules.insert(part.to_owned(), self.0.as_json_schema(&operation[part]));
        }
        Value::Object(rules)
    }

    /// Checks a request against its operation: path, method, headers, and a body without anything unknown.
    pub(super) fn check_request(&self, request: &Request) {
        assert_eq!((request.method.as_str(), request.url.query()), ("POST", None));
        let path = request.url.path();
        let operation = self.operation(path);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.0.resolved(parameter);
            assert_eq!(parameter["in"], "header", "{path}");
            let name = parameter["name"].as_str().unwrap();
            assert!(request.headers.contains_key(name), "{}, {path}: no {name}", self.0.name);
        }
        let body = request.body_json().unwrap();
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_object() {
            self.0.check_against(&closed(self.0.as_json_schema(schema)), &body, path);
        } else {
            assert_eq!(body, json!({}), "{}, {path}: nothing is expected", self.0.name);
        }
        assert_eq!(request.headers["content-type"], "application/json");
    }

    /// Checks the body of a success. None of the examples that contradict their schema passes.
    pub(super) fn check_answer(&self, path: &str, body: &Value) {
        let schema = &self.success(path)["schema"];
        self.0.check_against(&closed(self.0.as_json_schema(schema)), body, path);
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
        schema.is_object() && self.0.resolved(schema)["properties"]["details"]["type"] == "string"
    }

    fn success(&self, path: &str) -> &Value {
        &self.operation(path)["responses"]["200"]["content"]["application/json"]
    }

    fn operation(&self, path: &str) -> &Value {
        let operation = &self.0.document["paths"][path]["post"];
        assert!(operation.is_object(), "{}: {path} is unknown", self.0.name);
        operation
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
