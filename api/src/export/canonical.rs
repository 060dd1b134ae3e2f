//! JSON that is equal to the last byte wherever it is equal at all, and digests of it.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Returns the SHA-256 of a value, as hexadecimal digits.
pub(super) fn digest(value: &Value) -> String {
    hex::encode(Sha256::digest(canonical(value)))
}

/// Returns the SHA-256 of a value that comes after another one.
pub(super) fn chained(before: &str, value: &Value) -> String {
    hex::encode(Sha256::digest([before, &canonical(value)].concat()))
}

/// Writes JSON with sorted keys and without white space.
fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            let fields = fields.into_iter().map(|(name, value)| (name.clone(), sorted(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_and_white_space_do_not_matter() {
        let one: Value =
            serde_json::from_str(r#"{"b": [1, {"d": null, "c": "я"}], "a": 2}"#).unwrap();
        let other = serde_json::from_str(r#"{"a":2,"b":[1,{"c":"я","d":null}]}"#).unwrap();
        assert_eq!(canonical(&one), r#"{"a":2,"b":[1,{"c":"я","d":null}]}"#);
        assert_eq!(digest(&one), digest(&other));
        assert_ne!(chained("a", &one), chained("b", &one));
    }
}
