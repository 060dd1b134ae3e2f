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

/// A part of a form.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) content: Vec<u8>,
}

/// Takes a form apart.
pub(super) fn parts(request: &Request) -> Vec<Part> {
    let kind = request.headers["content-type"].to_str().unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    // One character for each byte, so that nothing of a file is lost.
    let body: String = request.body.iter().map(|byte| char::from(*byte)).collect();
    let line = format!("--{boundary}");
    let parts = body.split(&line).skip(1);
    let parts = parts.take_while(|part| !part.starts_with("--"));
    parts.map(|part| part_of(part.strip_prefix("\r\n").unwrap())).collect()
}

fn part_of(part: &str) -> Part {
    let bytes =
        |text: &str| -> Vec<u8> { text.chars().map(|c| u8::try_from(c).unwrap()).collect() };
    let text = |text: &str| String::from_utf8(bytes(text)).unwrap();
    let (head, content) = part.split_once("\r\n\r\n").unwrap();
    let value = |name: &str| {
        let (_, rest) = head.split_once(&format!("; {name}=\""))?;
        Some(text(rest.split_once('"')?.0))
    };
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let mut kinds = headers.filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let content_type = kinds.next().map(|(_, kind)| kind);
    Part {
        name: value("name").unwrap(),
        filename: value("filename"),
        content_type: content_type.map(text),
        content: bytes(content.strip_suffix("\r\n").unwrap()),
    }
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
        self.check_request_to(request, request.url.path());
    }

    /// Checks a request against the operation of a path that may hold parameters.
    pub(super) fn check_request_to(&self, request: &Request, path: &str) {
        let operation = self.operation(request.method.as_str(), path);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let parameters: Vec<_> = parameters.iter().map(|p| self.0.resolved(p).clone()).collect();
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
        for required in parameters.iter().filter(|p| p["required"] == true && p["in"] == "query") {
            let name = required["name"].as_str().unwrap();
            assert!(given.iter().any(|(given, _)| given == name), "{}: no {name}", self.0.name);
        }
        let content = &operation["requestBody"]["content"];
        let (body, form) =
            (&content["application/json"]["schema"], &content["multipart/form-data"]["schema"]);
        if form.is_object() {
            self.check_form(form, request);
        } else if body.is_object() {
            self.0.check(body, &request.body_json().unwrap(), "the request's body");
            assert_eq!(request.headers["content-type"], "application/json");
        } else {
            assert!(request.body.is_empty(), "{}: a body is not expected", self.0.name);
        }
        let scheme = &self.0.document["components"]["securitySchemes"]["HeaderApiKey"];
        assert_eq!((&scheme["in"], &scheme["name"]), (&"header".into(), &"Authorization".into()));
        assert!(request.headers.contains_key("authorization"));
    }

    fn check_form(&self, schema: &Value, request: &Request) {
        let mut fields = Map::new();
        for Part { name, filename, content_type, content } in parts(request) {
            let is_list = schema["properties"][&name]["type"] == "array";
            assert_eq!((filename.is_some(), content_type.is_some()), (is_list, is_list), "{name}");
            let value = Value::String(String::from_utf8_lossy(&content).into_owned());
            if is_list {
                let list = fields.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut().unwrap().push(value);
            } else {
                assert!(fields.insert(name, value).is_none());
            }
        }
        let known = schema["properties"].as_object().unwrap();
        assert!(fields.keys().all(|name| known.contains_key(name)), "{fields:?}");
        self.0.check(schema, &Value::Object(fields), "the form");
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
