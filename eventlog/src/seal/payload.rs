//! Exchanges the marks of personal data in an event's JSON for ciphertext, and back.
//!
//! `{"$personal": value}` in the process, `{"$enc": {"k", "n", "c"}}` in the log, `{"$erased": true}` once the key is
//! destroyed. The three names are reserved: outside these forms no payload may use them.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::value::{StreamId, TenantId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::SubjectKey;
use crate::cipher::NONCE_BYTES;
use crate::master_key::KeyError;

pub(crate) const PERSONAL: &str = "$personal";
const SEALED: &str = "$enc";
const ERASED: &str = "$erased";

/// The event that a payload belongs to. Ciphertext moved to another one does not open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) tenant: TenantId,
    pub(super) stream: StreamId,
    pub(super) event_id: Uuid,
}

impl Place {
    /// The fixed lengths come first, so that no two fields have the same context.
    fn context(self, subject: Uuid, path: &str) -> Vec<u8> {
        [
            b"event.1".as_slice(),
            self.tenant.0.as_bytes(),
            self.stream.0.as_bytes(),
            self.event_id.as_bytes(),
            subject.as_bytes(),
            path.as_bytes(),
        ]
        .concat()
    }
}

/// What stands in the log for personal data.
struct Sealed<'a> {
    /// The subject under whose key.
    k: Uuid,
    /// Nonce, base64.
    n: &'a str,
    /// Ciphertext, base64.
    c: &'a str,
}

impl<'a> Sealed<'a> {
    /// Reads it in place: a rebuild opens hundreds of thousands.
    fn of(value: &'a Value) -> Option<Self> {
        let text = |name| value.get(name)?.as_str();
        Some(Self { k: text("k")?.parse().ok()?, n: text("n")?, c: text("c")? })
    }

    /// Returns nonce and ciphertext as the cipher wants them.
    fn bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(NONCE_BYTES + self.c.len());
        STANDARD_NO_PAD.decode_vec(self.n, &mut bytes).ok()?;
        STANDARD_NO_PAD.decode_vec(self.c, &mut bytes).ok()?;
        Some(bytes)
    }
}

/// What an append needs to know of its payloads before they are sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Measure {
    /// About as many bytes as their JSON has.
    pub(crate) bytes: usize,
    /// Whether there is personal data in them.
    pub(crate) personal: bool,
}

impl Measure {
    /// Measures payloads without writing them out.
    pub(crate) fn of<'a>(payloads: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut measure = Self::default();
        payloads.into_iter().for_each(|payload| measure.add(payload));
        measure
    }

    fn add(&mut self, value: &Value) {
        const NUMBER_BYTES: usize = 8;
        const PUNCTUATION_BYTES: usize = 4;
        self.bytes += PUNCTUATION_BYTES;
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => self.bytes += NUMBER_BYTES,
            Value::String(text) => self.bytes += text.len(),
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(map) => {
                for (key, value) in map {
                    self.bytes += key.len();
                    self.personal |= key == PERSONAL;
                    self.add(value);
                }
            }
        }
    }
}

/// Replaces marked data by ciphertext under `key`, or by the mark of erasure if the key is destroyed: nothing new is
/// stored about an erased person.
pub(super) fn seal(
    payload: &mut Value,
    place: Place,
    subject: Uuid,
    key: &SubjectKey,
) -> Result<(), KeyError> {
    replace(payload, &mut String::new(), &mut |object, path| {
        if object.contains_key(SEALED) {
            return Err(KeyError::Malformed { path: path.to_owned() });
        }
        let Some(value) = only(object, PERSONAL, path)? else { return Ok(None) };
        Ok(Some(match key {
            SubjectKey::Destroyed => json!({ERASED: true}),
            SubjectKey::Alive(cipher) => {
                let plaintext = serde_json::to_vec(value).expect("a JSON value can be written");
                let sealed = cipher.seal(&place.context(subject, path), &plaintext);
                let (nonce, ciphertext) = sealed.split_at(NONCE_BYTES);
                let text = |bytes| STANDARD_NO_PAD.encode(bytes);
                json!({SEALED: {"k": subject, "n": text(nonce), "c": text(ciphertext)}})
            }
        }))
    })
}

/// Replaces ciphertext by marked data, or by the mark of erasure where the key is destroyed.
pub(super) fn open<'k>(
    payload: &mut Value,
    place: Place,
    key_of: impl Fn(Uuid) -> Result<&'k SubjectKey, KeyError>,
) -> Result<(), KeyError> {
    replace(payload, &mut String::new(), &mut |object, path| {
        if object.contains_key(PERSONAL) {
            return Err(KeyError::Malformed { path: path.to_owned() });
        }
        let Some(sealed) = only(object, SEALED, path)? else { return Ok(None) };
        let sealed =
            Sealed::of(sealed).ok_or_else(|| KeyError::Malformed { path: path.to_owned() })?;
        let subject = sealed.k;
        match key_of(subject)? {
            SubjectKey::Destroyed => Ok(Some(json!({ERASED: true}))),
            SubjectKey::Alive(cipher) => {
                let opened = (|| {
                    let plaintext = cipher.open(&place.context(subject, path), &sealed.bytes()?)?;
                    serde_json::from_slice::<Value>(&plaintext).ok()
                })();
                let value = opened.ok_or_else(|| KeyError::Tampered {
                    what: format!("{path} of event {}", place.event_id),
                })?;
                Ok(Some(json!({PERSONAL: value})))
            }
        }
    })
}

/// Replaces ciphertext by the mark of erasure, whoever's it is.
pub(super) fn take_away(payload: &mut Value) -> Result<(), KeyError> {
    replace(payload, &mut String::new(), &mut |object, path| {
        Ok(only(object, SEALED, path)?.map(|_| json!({ERASED: true})))
    })
}

/// Collects the subjects whose keys open a stored payload.
pub(super) fn subjects(payload: &Value, found: &mut HashSet<Uuid>) {
    match payload {
        Value::Object(map) => {
            found.extend(map.get(SEALED).and_then(Sealed::of).map(|sealed| sealed.k));
            map.values().for_each(|value| subjects(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| subjects(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns what stands under a reserved `name`, which then must stand alone.
fn only<'a>(
    object: &'a Map<String, Value>,
    name: &str,
    path: &str,
) -> Result<Option<&'a Value>, KeyError> {
    match object.get(name) {
        Some(_) if object.len() > 1 => Err(KeyError::Malformed { path: path.to_owned() }),
        value => Ok(value),
    }
}

/// Exchanges objects for what `exchange` returns, outermost first; what was exchanged is not looked into.
fn replace(
    value: &mut Value,
    path: &mut String,
    exchange: &mut impl FnMut(&Map<String, Value>, &str) -> Result<Option<Value>, KeyError>,
) -> Result<(), KeyError> {
    let length = path.len();
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push('/');
                path.push_str(&index.to_string());
                replace(item, path, exchange)?;
                path.truncate(length);
            }
        }
        Value::Object(map) => {
            if let Some(exchanged) = exchange(map, path)? {
                *value = exchanged;
                return Ok(());
            }
            for (key, item) in map {
                path.push('/');
                path.push_str(&key.replace('~', "~0").replace('/', "~1"));
                replace(item, path, exchange)?;
                path.truncate(length);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
