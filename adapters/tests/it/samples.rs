//! How captured items are compared with what was read of them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// Takes away what says nothing (null, blank, empty) and the manner in which a time is written.
pub(crate) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), plain(value)));
            let fields: Map<_, _> = fields.filter(|(_, value)| !value.is_null()).collect();
            if fields.is_empty() { Value::Null } else { fields.into() }
        }
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::String(text) if text.trim().is_empty() => Value::Null,
        Value::String(text) => match text.parse::<DateTime<Utc>>() {
            Ok(time) => json!(time),
            Err(_) => value.clone(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Returns a pointer to everything in a value that has no parts.
pub(crate) fn leaves_of(value: &Value, at: String) -> Vec<String> {
    let of = |(name, value): (String, &Value)| leaves_of(value, format!("{at}/{name}"));
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), value)).flat_map(of).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).flat_map(of).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![at],
    }
}
