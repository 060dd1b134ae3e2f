//! Reads the fields of a JSON object one by one and keeps what was not read.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::item::{ID_CHARS_MAX, ItemError};

/// The fields not read yet. A field of an unexpected type counts as absent and stays: nothing is lost, and one odd
/// field costs no other.
#[derive(Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Takes an object. Null is left out, since it says as much as absence, and so is U+0000, which PostgreSQL cannot
    /// hold.
    pub(crate) fn new(mut fields: Map<String, Value>) -> Self {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(strike_nul);
        Self(fields)
    }

    /// Tells whether a field was given and not read.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes a field that `read` understands.
    pub(crate) fn take<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let read = read(self.0.get(name)?)?;
        self.0.remove(name);
        Some(read)
    }

    /// Takes a text; a blank one is none.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let text = self.take(name, |value| value.as_str().map(str::to_owned))?;
        (!text.trim().is_empty()).then_some(text)
    }

    /// Takes an id, which may be a text or a whole number; an endless one stays.
    pub(crate) fn id(&mut self, name: &str) -> Option<String> {
        if let Some(number) = self.take(name, whole) {
            return Some(number);
        }
        let is_id = |text: &str| !text.trim().is_empty() && text.chars().count() <= ID_CHARS_MAX;
        self.take(name, |value| value.as_str().filter(|text| is_id(text)).map(str::to_owned))
    }

    /// Takes a time with 0…9 digits after the second, in any zone.
    pub(crate) fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        self.take(name, |value| {
            let text = value.as_str()?;
            // Blank for none, which `take` must still remove.
            if text.trim().is_empty() {
                return Some(None);
            }
            DateTime::parse_from_rfc3339(text).ok().map(|time| Some(time.to_utc()))
        })?
    }

    /// Takes somebody's words; none where there are none.
    ///
    /// # Errors
    /// [`ItemError::NoText`]: it is something else than text. What only seems to have no words might be answered as such.
    pub(crate) fn words(&mut self, name: &'static str) -> Result<String, ItemError> {
        let text = self.text(name).unwrap_or_default();
        if self.has(name) { Err(ItemError::NoText(name)) } else { Ok(text) }
    }

    /// Takes an object; what `read` leaves of it stays under its name.
    pub(crate) fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let mut inner = Self::new(self.take(name, |value| value.as_object().cloned())?);
        let object = read(&mut inner);
        if !inner.0.is_empty() {
            self.0.insert(name.to_owned(), Value::Object(inner.0));
        }
        Some(object)
    }

    /// Takes a list of objects; if `read` leaves anything of any, the whole list stays too.
    pub(crate) fn objects<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Option<Vec<T>> {
        let items = self.0.get(name)?.as_array()?.clone();
        let mut is_all_read = true;
        let mut objects = Vec::new();
        for item in items {
            let Value::Object(item) = item else {
                is_all_read = false;
                continue;
            };
            let mut inner = Self::new(item);
            objects.push(read(&mut inner));
            is_all_read &= inner.0.is_empty();
        }
        if is_all_read {
            self.0.remove(name);
        }
        Some(objects)
    }

    /// Returns what was not read.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.0
    }
}

fn whole(value: &Value) -> Option<String> {
    let number = value.as_number()?;
    (number.is_i64() || number.is_u64()).then(|| number.to_string())
}

fn strike_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', ""),
        Value::Array(items) => items.iter_mut().for_each(strike_nul),
        Value::Object(fields) => fields.values_mut().for_each(strike_nul),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}
