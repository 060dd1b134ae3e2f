//! The bodies of requests. As protobuf's JSON does, numbers are accepted as texts and texts of digits as numbers.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::problem::Refusal;

/// The fields of a body, or of an object in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body; an empty one has no fields.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) | Err(_) => Err(Refusal::invalid("invalid JSON in the request body")),
        }
    }

    /// A text; an empty one counts as absent, as protobuf has it.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(invalid(name, "value must be a string")),
        }
    }

    pub(super) fn required_text(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or_else(|| invalid(name, "value is required"))
    }

    /// A whole number, as a number or as a text.
    pub(super) fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>, Refusal> {
        let digits = match self.present(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(digits)) if digits.is_empty() => return Ok(None),
            Some(Value::String(digits)) => digits.clone(),
            Some(_) => return Err(invalid(name, "value must be an integer")),
        };
        digits.parse().map(Some).map_err(|_| invalid(name, "value must be an integer"))
    }

    pub(super) fn required_number<N: FromStr>(&self, name: &str) -> Result<N, Refusal> {
        self.number(name)?.ok_or_else(|| invalid(name, "value is required"))
    }

    /// A number of items within bounds; `default` when it may be left out.
    pub(super) fn limit(
        &self,
        bounds: std::ops::RangeInclusive<usize>,
        default: Option<usize>,
    ) -> Result<usize, Refusal> {
        let limit = match (self.number("limit")?, default) {
            (Some(limit), _) => limit,
            (None, Some(default)) => default,
            (None, None) => return Err(invalid("limit", "value is required")),
        };
        if bounds.contains(&limit) {
            return Ok(limit);
        }
        let inside = format!("value must be inside range [{}, {}]", bounds.start(), bounds.end());
        Err(invalid("limit", &inside))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.present(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(invalid(name, "value must be a boolean")),
        }
    }

    pub(super) fn moment(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let text = self.text(name)?;
        let moment =
            text.map(|text| text.parse().map_err(|_| invalid(name, "value must be a time")));
        moment.transpose()
    }

    /// Texts, or numbers as texts; absent is empty.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let Some(value) = self.present(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| invalid(name, "value must be an array"))?;
        let text = |item: &Value| match item {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(invalid(name, "items must be strings"))
            }
        };
        items.iter().map(text).collect()
    }

    /// One of some words, in whichever case, as it is spelt here; absent is the first.
    pub(super) fn word<'a>(&self, name: &str, words: &[&'a str]) -> Result<&'a str, Refusal> {
        let given = self.text(name)?;
        let found = match given {
            None => words.first(),
            Some(given) => words.iter().find(|word| word.eq_ignore_ascii_case(given)),
        };
        found.copied().ok_or_else(|| invalid(name, "value must be one of the defined enum values"))
    }

    /// An object in the body; absent is one without fields.
    pub(super) fn object(&self, name: &str) -> Result<Self, Refusal> {
        match self.present(name) {
            None => Ok(Self::default()),
            Some(Value::Object(fields)) => Ok(Self(fields.clone())),
            Some(_) => Err(invalid(name, "value must be an object")),
        }
    }

    fn present(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// The refusal of a field.
pub(super) fn invalid(name: &str, why: &str) -> Refusal {
    Refusal::invalid(format!("Request validation error: invalid {name}: {why}"))
}

/// Whether a text has a length that its field allows, in characters.
pub(super) fn check_length(
    name: &str,
    text: &str,
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<(), Refusal> {
    if allowed.contains(&text.chars().count()) {
        return Ok(());
    }
    let (least, most) = (allowed.start(), allowed.end());
    let why = format!("value length must be between {least} and {most} runes, inclusive");
    Err(invalid(name, &why))
}
