//! The published OpenAPI descriptions, or the excerpts of them that lie beside this file, as judges of messages and as
//! makers of examples, of which they hold none.

use adapters::yandex::Operation;
use serde_json::{Map, Value, json};
use strum::VariantArray as _;
use wiremock::Request;

use super::{BUSINESS, KEY};
use crate::description::Description;

const PARTNER: &str = include_str!("partner-api.yaml");
const NOTIFICATION: &str = include_str!("notification-api.yaml");

/// A description of calls or of notifications.
pub(super) struct Specification(pub(super) Description);

/// How much of what may be there an example holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Everything that is described.
    Full,
    /// Only what must be there.
    Bare,
}

impl Specification {
    /// The excerpt about calls, and what was published, where that is at hand.
    pub(super) fn of_calls() -> Vec<Self> {
        Self::all(PARTNER, "partner-api.communications.2026-07-17.yaml")
    }

    /// The same about notifications.
    pub(super) fn of_notifications() -> Vec<Self> {
        Self::all(NOTIFICATION, "notification-api.2026-04-20.yaml")
    }

    fn all(excerpt: &str, published: &str) -> Vec<Self> {
        let path = format!("specs/yandex/{published}");
        let excerpt = Description::parse("the excerpt", excerpt);
        let all = std::iter::once(excerpt).chain(Description::published(published, &path));
        all.map(Self).collect()
    }

    /// Checks a request against its operation, which it returns: path, method, parameters, header and body.
    pub(super) fn check_request(&self, request: &Request) -> Operation {
        let path = request.url.path().replacen(BUSINESS, "{businessId}", 1);
        let is_meant = |o: &&Operation| {
            o.method() == request.method.as_str() && format!("/{}", o.path()) == path
        };
        let operation = Operation::VARIANTS.iter().find(is_meant);
        let operation = *operation.unwrap_or_else(|| panic!("{path} is no operation of ours"));
        let described = self.operation(operation);
        self.check_query(described, request);
        let content = &described["requestBody"]["content"];
        if content["application/json"].is_object() {
            let body: Value = request.body_json().unwrap();
            self.0.check(&content["application/json"]["schema"], &body, &path);
            assert_eq!(request.headers["content-type"], "application/json");
        } else if content["multipart/form-data"].is_object() {
            let kind = request.headers["content-type"].to_str().unwrap();
            assert!(kind.starts_with("multipart/form-data; boundary="), "{kind}");
        } else {
            assert!(request.body.is_empty(), "{}: a body is not expected", self.0.name);
        }
        let scheme = &self.0.document["components"]["securitySchemes"]["ApiKey"];
        assert_eq!((&scheme["in"], &scheme["name"]), (&"header".into(), &"Api-Key".into()));
        assert_eq!(request.headers["api-key"], KEY);
        operation
    }

    fn check_query(&self, described: &Value, request: &Request) {
        let parameters = described["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<_> = parameters.map(|p| self.0.resolved(p)).collect();
        for (name, value) in request.url.query_pairs() {
            let known = parameters.iter().find(|p| p["name"] == *name && p["in"] == "query");
            let known =
                known.unwrap_or_else(|| panic!("{}: unknown parameter {name}", self.0.name));
            let value = match known["schema"]["type"].as_str() {
                Some("string") => Value::String(value.into_owned()),
                Some(_) | None => serde_json::from_str(&value).unwrap(),
            };
            self.0.check(&known["schema"], &value, &name);
        }
        for required in parameters.iter().filter(|p| p["required"] == true && p["in"] == "query") {
            let is_given = request.url.query_pairs().any(|(name, _)| required["name"] == *name);
            assert!(is_given, "{}: no {}", self.0.name, required["name"]);
        }
    }

    /// Returns every answer that an operation may give, made after its schema: a full and a bare one for each status.
    pub(super) fn answers(&self, operation: Operation) -> Vec<(u16, Made, Value)> {
        let mut answers = Vec::new();
        for (status, response) in self.operation(operation)["responses"].as_object().unwrap() {
            let schema = &self.0.resolved(response)["content"]["application/json"]["schema"];
            for made in [Made::Full, Made::Bare] {
                let mut body = self.example(schema, made);
                if status != "200" {
                    body["status"] = json!("ERROR");
                }
                self.0.check(schema, &body, status);
                answers.push((status.parse().unwrap(), made, body));
            }
        }
        answers
    }

    /// Checks the body of an operation's success.
    pub(super) fn check_answer(&self, operation: Operation, body: &Value) {
        let content = &self.operation(operation)["responses"]["200"]["content"];
        self.0.check(&content["application/json"]["schema"], body, operation.path());
    }

    /// Returns calls in an hour of a cabinet without a paid plan.
    pub(super) fn hourly(&self, operation: Operation) -> u64 {
        let quota = &self.operation(operation)["x-resource-limit-config"]["none"];
        assert_eq!((&quota["period"], &quota["period-duration"]), (&json!("hours"), &json!(1)));
        quota["amount"].as_u64().unwrap()
    }

    /// Returns the scopes of keys that open an operation.
    pub(super) fn scopes(&self, operation: Operation) -> Vec<&str> {
        let scopes = self.operation(operation)["x-auth-scopes"].as_array().unwrap();
        scopes.iter().filter_map(Value::as_str).collect()
    }

    /// Returns a notification of every type that is described, made after its schema.
    pub(super) fn notifications(&self) -> Vec<(String, Value)> {
        let schemas = &self.0.document["components"]["schemas"];
        let types = &schemas["SendNotificationRequest"]["discriminator"]["mapping"];
        let types = types.as_object().unwrap().iter();
        let made = types.map(|(name, path)| {
            let schema = json!({"$ref": path});
            let mut body = self.example(&schema, Made::Full);
            body["notificationType"] = json!(name);
            self.0.check(&schema, &body, name);
            (name.clone(), body)
        });
        made.collect()
    }

    fn operation(&self, operation: Operation) -> &Value {
        let method = operation.method().as_str().to_ascii_lowercase();
        let described = &self.0.document["paths"][format!("/{}", operation.path())][method];
        assert!(described.is_object(), "{}: {operation:?} is unknown", self.0.name);
        described
    }

    /// Makes a value that a schema describes.
    fn example(&self, schema: &Value, made: Made) -> Value {
        let schema = self.0.resolved(schema);
        if let Some(word) = schema["enum"].get(0) {
            return word.clone();
        }
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("array"), _) => json!([self.example(&schema["items"], made)]),
            (Some("boolean"), _) => json!(true),
            (Some("integer"), _) if schema["maximum"].is_u64() => schema["maximum"].clone(),
            // More than a floating-point number can tell apart.
            (Some("integer"), Some("int64")) => json!(9_007_199_254_740_993_i64),
            (Some("integer"), _) => json!(7),
            (Some("string"), Some("date-time")) => json!("2026-02-08T19:45:14.014+03:00"),
            (Some("string"), _) => json!("слово"),
            (_, _) => self.object_example(schema, made),
        }
    }

    fn object_example(&self, schema: &Value, made: Made) -> Value {
        let mut object = Map::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let part = self.example(part, made);
            object.extend(part.as_object().unwrap().clone());
        }
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            // Nowhere required, and yet what the answer is for.
            let is_wanted =
                made == Made::Full || name == "result" || required.contains(&json!(name));
            if is_wanted {
                object.insert(name.clone(), self.example(property, made));
            }
        }
        object.into()
    }
}
