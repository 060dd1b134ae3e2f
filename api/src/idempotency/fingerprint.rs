//! Whether two requests under one key are the same request.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Digests a request: its route, and its body in a form that does not depend on white space or the order of fields.
pub(super) fn fingerprint(route: &str, body: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(body.len());
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => write(&value, &mut canonical),
        Err(_) => canonical.extend_from_slice(body),
    }
    let mut digest = Sha256::new();
    digest.update(route.as_bytes());
    // No route contains a line break, so that route and body cannot be shifted against each other.
    digest.update(b"\n");
    digest.update(&canonical);
    digest.finalize().to_vec()
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            out.push(b'{');
            for (name, value) in fields {
                out.extend_from_slice(Value::from(name.as_str()).to_string().as_bytes());
                out.push(b':');
                write(value, out);
                out.push(b',');
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.extend_from_slice(value.to_string().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "POST /api/v1/accounts";

    #[test]
    fn white_space_and_order_of_fields_do_not_matter() {
        let one = fingerprint(ROUTE, r#"{"a": 1, "b": [true, "ё"]}"#.as_bytes());
        let other = fingerprint(ROUTE, r#"{"b":[true,"ё"],"a":1}"#.as_bytes());
        assert_eq!(one, other);
    }

    #[test]
    fn what_is_asked_for_matters() {
        let one = fingerprint(ROUTE, br#"{"a": 1}"#);
        for (route, body) in [
            (ROUTE, r#"{"a": 2}"#),
            (ROUTE, r#"{"a": "1"}"#),
            (ROUTE, r#"{"a": 1, "b": null}"#),
            (ROUTE, "{"),
            ("PUT /api/v1/accounts", r#"{"a": 1}"#),
        ] {
            assert_ne!(one, fingerprint(route, body.as_bytes()), "{route} {body}");
        }
    }
}
