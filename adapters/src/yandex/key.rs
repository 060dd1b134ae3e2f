//! What an Api-Key opens, as the marketplace tells it.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use super::page;
use super::word::Scope;
use crate::http::CallError;

/// A key as the marketplace knows it. It has no end: it is good until somebody takes it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// The name that the seller gave it.
    pub name: String,
    /// What it opens.
    pub scopes: Vec<Scope>,
}

/// What a key lets a program do with buyers' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing.
    None,
    /// Reading.
    Read,
    /// Reading and answering.
    Full,
}

impl KeyInfo {
    /// Returns what the key lets a program do in chats, reviews and questions: the specification opens all three by the
    /// same scopes.
    #[must_use]
    pub fn access(&self) -> Access {
        let of = |scope: &Scope| match scope {
            Scope::AllMethods | Scope::Communication => Access::Full,
            Scope::AllMethodsReadOnly => Access::Read,
            Scope::Other(_) => Access::None,
        };
        self.scopes.iter().map(of).max().unwrap_or(Access::None)
    }
}

/// Reads the result of the call about a key.
pub(super) fn decode(result: &RawValue) -> Result<KeyInfo, CallError> {
    let wrong = || CallError::malformed("expected scopes in result.apiKey");
    let result = page::object(result)?;
    let key: Value = result
        .get("apiKey")
        .and_then(|key| serde_json::from_str(key.get()).ok())
        .ok_or_else(wrong)?;
    let scopes = key["authScopes"].as_array().ok_or_else(wrong)?;
    let scopes = scopes.iter().filter_map(Value::as_str).map(|word| word.to_owned().into());
    Ok(KeyInfo {
        name: key["name"].as_str().unwrap_or_default().to_owned(),
        scopes: scopes.collect(),
    })
}

/// Returns the bare key of one that a person has pasted, perhaps with the name of its header before it and blanks
/// around it.
pub(super) fn cleaned(key: &SecretString) -> SecretString {
    let key = key.expose_secret().trim();
    let bare = match key.split_once(char::is_whitespace) {
        Some((header, bare)) if header.eq_ignore_ascii_case("api-key:") => bare.trim_start(),
        Some(_) | None => key,
    };
    SecretString::from(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(scopes: &[&str]) -> Access {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned().into()).collect();
        KeyInfo { name: String::new(), scopes }.access()
    }

    #[test]
    fn the_widest_scope_counts() {
        assert_eq!(access(&["ALL_METHODS_READ_ONLY", "COMMUNICATION"]), Access::Full);
        assert_eq!(access(&["all_methods"]), Access::Full);
        assert_eq!(access(&["PRICING", "ALL_METHODS_READ_ONLY"]), Access::Read);
        assert_eq!(access(&["PRICING", "COMMUNICATION_READ_ONLY"]), Access::None);
        assert_eq!(access(&[]), Access::None);
    }

    #[test]
    fn a_pasted_key_is_freed_of_what_is_around_it() {
        for pasted in ["ACMA:a:b", " ACMA:a:b\n", "Api-Key: ACMA:a:b", "api-key:\tACMA:a:b "] {
            assert_eq!(cleaned(&pasted.into()).expose_secret(), "ACMA:a:b", "{pasted}");
        }
    }
}
