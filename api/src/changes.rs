//! What differs between two states, field by field.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A field that an event changed.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Change {
    /// Its name; nested ones and places of a list, from 0, with dots.
    #[schema(example = "reply.state")]
    pub(crate) field: String,
    /// What it was before.
    pub(crate) before: Value,
    /// What it is since.
    pub(crate) after: Value,
}

/// Lists the fields in which two states differ; what only one of them has is `null` in the other.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(field: &str, before: &Value, after: &Value, found: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let nested =
        |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            let side = |map: &Map<String, Value>, name| map.get(name).cloned().unwrap_or_default();
            for name in old.keys().chain(added) {
                compare(&nested(name), &side(old, name), &side(new, name), found);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let side = |items: &[Value], index| items.get(index).cloned().unwrap_or_default();
            for index in 0..old.len().max(new.len()) {
                let name = nested(&index.to_string());
                compare(&name, &side(old, index), &side(new, index), found);
            }
        }
        _ => found.push(Change {
            field: field.to_owned(),
            before: before.clone(),
            after: after.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_name_the_innermost_field() {
        let before = json!({"a": 1, "b": {"c": [1], "d": null}, "e": null});
        let after = json!({"a": 1, "b": {"c": [1, 2], "d": null}, "e": {"f": 2}});
        let change = |field: &str, before, after| Change { field: field.into(), before, after };
        assert_eq!(
            changes(&before, &after),
            [change("b.c.1", Value::Null, json!(2)), change("e", Value::Null, json!({"f": 2})),]
        );
        assert_eq!(changes(&after, &after), []);
    }
}
