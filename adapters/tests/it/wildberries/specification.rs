//! The published OpenAPI description, or the excerpt of it that lies beside this file, as a judge of messages.

use serde_json::{Map, Value};
use wiremock::Request;

use super::shared;

/// What lies in the repository, made by hand after the published one: the paths that are used, nothing else.
const EXCERPT: &str = include_str!("excerpt.yaml");

/// Descriptions of the feedbacks API, and where they are from.
pub(super) struct Specification {
    pub(super) name: String,
    document: Value,
}

/// An answer that a description gives as an example.
pub(super) struct Example {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Value,
}

impl Specification {
    /// The excerpt, and what was published, where that is at hand.
    pub(super) fn all() -> Vec<Self> {
        let mut all = vec![Self::parse("the excerpt".to_owned(), EXCERPT)];
        for name in [
            "09-communications.2026-07-23.ru.yaml",
            "09-communications.2026-07-04.en.yaml",
            "09-communications.2026-02-17.ru.yaml",
        ] {
            if let Some(file) = shared(&format!("specs/wildberries/{name}")) {
                all.push(Self::parse(name.to_owned(), &std::fs::read_to_string(file).unwrap()));
            }
        }
        all
    }

    fn parse(name: String, text: &str) -> Self {
        Self { name, document: serde_yaml_ng::from_str(text).unwrap() }
    }

    /// Checks a request against its operation: path, method, parameters and body.
    pub(super) fn check_request(&self, request: &Request) {
        let operation = self.operation(request.method.as_str(), request.url.path());
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let given: Vec<(String, String)> =
            request.url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        for (name, value) in &given {
            let known = parameters.iter().find(|p| p["name"] == **name && p["in"] == "query");
            let known = known.unwrap_or_else(|| panic!("{}: unknown parameter {name}", self.name));
            let value = match known["schema"]["type"].as_str() {
                Some("string") => Value::String(value.clone()),
                Some(_) | None => serde_json::from_str(value).unwrap(),
            };
            self.check(&known["schema"], &value, name);
        }
        for required in parameters.iter().filter(|p| p["required"] == true) {
            let name = required["name"].as_str().unwrap();
            assert!(given.iter().any(|(given, _)| given == name), "{}: no {name}", self.name);
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if body.is_object() {
            self.check(body, &request.body_json().unwrap(), "the request's body");
            assert_eq!(request.headers["content-type"], "application/json");
        } else {
            assert!(request.body.is_empty(), "{}: a body is not expected", self.name);
        }
        let scheme = &self.document["components"]["securitySchemes"]["HeaderApiKey"];
        assert_eq!((&scheme["in"], &scheme["name"]), (&"header".into(), &"Authorization".into()));
        assert!(request.headers.contains_key("authorization"));
    }

    /// Returns the answers that an operation gives as examples, each found to fit its own description.
    pub(super) fn examples(&self, method: &str, path: &str) -> Vec<Example> {
        let operation = self.operation(method, path);
        let mut examples = Vec::new();
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = self.resolved(response);
            let status: u16 = status.parse().unwrap();
            let content = response.get("content").and_then(Value::as_object);
            let Some(content) = content else {
                examples.push(Example { status, content_type: String::new(), body: Value::Null });
                continue;
            };
            for (content_type, media) in content {
                let named = media["examples"].as_object().into_iter().flat_map(Map::values);
                let named = named.map(|example| self.resolved(example)["value"].clone());
                let single = media.get("example").cloned();
                for body in named.chain(single) {
                    self.check(&media["schema"], &body, path);
                    examples.push(Example { status, content_type: content_type.clone(), body });
                }
            }
        }
        examples
    }

    /// Checks the body of an operation's success.
    pub(super) fn check_answer(&self, method: &str, path: &str, body: &Value) {
        let operation = self.operation(method, path);
        let content = &operation["responses"]["200"]["content"]["application/json"];
        self.check(&content["schema"], body, path);
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.document["paths"][path][method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{}: {method} {path} is unknown", self.name);
        operation
    }

    fn check(&self, schema: &Value, value: &Value, what: &str) {
        let schema = self.as_json_schema(schema);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}, {what}: {errors:?}", self.name);
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(path) => self.document.pointer(path.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    /// From OpenAPI 3.0 to JSON Schema: references in place, `nullable` as a type.
    fn as_json_schema(&self, schema: &Value) -> Value {
        match self.resolved(schema) {
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, _)| name.as_str() != "example");
                let mut converted: Map<_, _> =
                    fields.map(|(k, v)| (k.clone(), self.as_json_schema(v))).collect();
                if converted.get("nullable") == Some(&Value::Bool(true)) {
                    let types = converted.get("type").cloned().into_iter();
                    let types = types.chain([Value::String("null".to_owned())]).collect();
                    converted.insert("type".to_owned(), types);
                }
                Value::Object(converted)
            }
            Value::Array(items) => items.iter().map(|item| self.as_json_schema(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
        }
    }
}
