//! OpenAPI descriptions as judges of messages: what those of all marketplaces have in common.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// An OpenAPI description, and where it is from.
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) document: Value,
}

impl Description {
    /// Reads a description in YAML, of which JSON is a part.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), document: serde_yaml_ng::from_str(text).unwrap() }
    }

    /// What was published under `path`, where that is at hand.
    pub(crate) fn published(name: &str, path: &str) -> Option<Self> {
        let file = shared(path)?;
        Some(Self::parse(name, &std::fs::read_to_string(file).unwrap()))
    }

    /// Checks that `value` is what a schema of this description says.
    pub(crate) fn check(&self, schema: &Value, value: &Value, what: &str) {
        self.check_against(&self.as_json_schema(schema), value, what);
    }

    /// The same with a schema that has been converted already.
    pub(crate) fn check_against(&self, schema: &Value, value: &Value, what: &str) {
        let validator = jsonschema::validator_for(schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}, {what}: {errors:?} in {value}", self.name);
    }

    pub(crate) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(path) => self.document.pointer(path.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    /// From OpenAPI 3.0 to JSON Schema: references in place, `nullable` as a type, prose left out, and types that no
    /// schema knows (`timestamp`, `enum`, `null`) as text.
    pub(crate) fn as_json_schema(&self, schema: &Value) -> Value {
        match self.resolved(schema) {
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, value)| !is_prose(name, value));
                let mut converted: Map<_, _> =
                    fields.map(|(k, v)| (k.clone(), self.as_json_schema(v))).collect();
                if let Some(kind) = converted.get_mut("type")
                    && (kind.is_null() || *kind == "timestamp" || *kind == "enum")
                {
                    *kind = json!("string");
                }
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

/// Tells prose from a property that has the same name, which is an object.
fn is_prose(name: &str, value: &Value) -> bool {
    name == "example" || ["description", "title", "summary"].contains(&name) && !value.is_object()
}

/// What lies beside the repository where the project is worked on; absent elsewhere, which is said.
#[expect(clippy::print_stdout, reason = "a test that was skipped must not look as if it had run")]
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    if !file.exists() {
        println!("skipped: {path} does not lie beside the repository");
        return None;
    }
    Some(file)
}
