//! A digest of rows in any order, so that two read models can be compared without sorting or keeping them.

use std::fmt;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The number of rows and the sum of their SHA-256 digests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    rows: u64,
    sum: [u8; 32],
}

impl Digest {
    /// Adds a row.
    pub fn add(&mut self, row: &Value) {
        let mut hash = Sha256::new();
        feed(row, &mut hash);
        let mut carry = 0;
        for (sum, byte) in self.sum.iter_mut().zip(hash.finalize()) {
            let [low, high] = (u16::from(*sum) + u16::from(byte) + carry).to_le_bytes();
            (*sum, carry) = (low, high.into());
        }
        self.rows += 1;
    }

    /// Returns how many rows were added.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl FromIterator<Value> for Digest {
    fn from_iter<I: IntoIterator<Item = Value>>(rows: I) -> Self {
        let mut digest = Self::default();
        rows.into_iter().for_each(|row| digest.add(&row));
        digest
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sum.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Feeds JSON with sorted keys: equal values are equal bytes, whoever wrote them.
fn feed(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            hash.update(value.to_string());
        }
        Value::Array(items) => {
            hash.update("[");
            for item in items {
                feed(item, hash);
                hash.update(",");
            }
            hash.update("]");
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            hash.update("{");
            for (key, item) in entries {
                hash.update(Value::from(key.as_str()).to_string());
                hash.update(":");
                feed(item, hash);
                hash.update(",");
            }
            hash.update("}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_rows_and_keys_does_not_matter_and_the_rows_do() {
        let digest = |rows: &[Value]| rows.iter().cloned().collect::<Digest>();
        let (one, two) = (json!({"a": 1, "b": [null, "x"]}), json!({"a": 2}));
        assert_eq!(digest(&[one.clone(), two.clone()]), digest(&[two.clone(), one.clone()]));
        assert_ne!(digest(&[one.clone(), two.clone()]), digest(&[one.clone(), one.clone()]));
        assert_ne!(digest(&[one.clone(), one.clone()]), digest(std::slice::from_ref(&one)));
        assert_ne!(digest(&[one]), digest(&[two]));
    }
}
