//! The published OpenAPI description, or the excerpt of it that lies beside this file, as a judge of messages.

use serde_json::{Map, Value};
use wiremock::Request;

use crate::description::Description;

/// What lies in the repository, made by hand after the published one: the paths that are used, nothing else.
const EXCERPT: &str = include_str!("excerpt.yaml");

/// A description of the feedbacks API.
pub(super) struct Specification(pub(super) Description);

/// An answer that a description gives as an example.
pub(super) struct Example {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Value,
}

impl Specification {
    /// The excerpt, and what was published, where that is at hand.
    pub(super) fn all() -> Vec<Self> {
        let published = [
            "09-communications.2026-07-23.ru.yaml",
            "09-communications.2026-07-04.en.yaml",
            "09-communications.2026-02-17.ru.yaml",
        ];
        let published = published
            .into_iter()
            .filter_map(|name| Description::published(name, &format!("specs/wildberries/{name}")));
        let excerpt = Description::parse("the excerpt", EXCERPT);
        std::iter::once(excerpt).chain(published).map(Self).collect()
    }

    /// Checks a request against its operation: path, method, parameters and body.
    pub(super) fn check_request(&self, request: &Request) {
        let operation = self.operation(request.method.as_str(), request.url.path());
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let given: Vec<(String, String)> =
            request.url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        for (name, value) in &given {
            let known = parameters.iter().find(|p| p["name"] == **name && p["in"] == "query");
            let known =
                known.unwrap_or_else(|| panic!("{}: unknown parameter {name}", self.0.name));
            let value = match known["schema"]["type"].as_str() {
                Some("string") => Value::String(value.clone()),
                Some(_) | None => serde_json::from_str(value).unwrap(),
            };
            self.0.check(&known["schema"], &value, name);
        }
        for required in parameters.iter().filter(|p| p["required"] == true) {
            let name = required["name"].as_str().unwrap();
            assert!(given.iter().any(|(given, _)| given == name), "{}: no {name}", self.0.name);
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if body.is_object() {
            self.0.check(body, &request.body_json().unwrap(), "the request's body");
            assert_eq!(request.headers["content-type"], "application/json");
        } else {
            assert!(request.body.is_empty(), "{}: a body is not expected", self.0.name);
        }
        let scheme = &self.0.document["components"]["securitySchemes"]["HeaderApiKey"];
        assert_eq!((&scheme["in"], &scheme["name"]), (&"header".into(), &"Authorization".into()));
        assert!(request.headers.contains_key("authorization"));
    }

    /// Returns the answers that an operation gives as examples, each found to fit its own description.
    pub(super) fn examples(&self, method: &str, path: &str) -> Vec<Example> {
        let operation = self.operation(method, path);
        let mut examples = Vec::new();
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = self.0.resolved(response);
            let status: u16 = status.parse().unwrap();
            let content = response.get("content").and_then(Value::as_object);
            let Some(content) = content else {
                examples.push(Example { status, content_type: String::new(), body: Value::Null });
                continue;
            };
            for (content_type, media) in content {
                let named = media["examples"].as_object().into_iter().flat_map(Map::values);
                let named = named.map(|example| self.0.resolved(example)["value"].clone());
                let single = media.get("example").cloned();
                for body in named.chain(single) {
                    self.0.check(&media["schema"], &body, path);
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
        self.0.check(&content["schema"], body, path);
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.0.document["paths"][path][method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{}: {method} {path} is unknown", self.0.name);
        operation
    }
}
