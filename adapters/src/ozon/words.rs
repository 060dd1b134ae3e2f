//! Ozon's words, flags and numbers, in any of the forms in which they come.

use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;
use strum::EnumString;

use crate::http::Fields;

/// How far the seller has come with a review or a question.
#[derive(Debug, Clone, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum Status {
    /// Nobody has looked at it.
    New,
    /// Somebody has looked at it.
    Viewed,
    /// Done with.
    Processed,
    /// Not done with; questions only.
    Unprocessed,
    /// A word that this program does not know; empty when there was none.
    #[strum(disabled)]
    Other(String),
}

/// What the seller marks reviews or questions as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mark {
    /// Nobody has looked at it.
    New,
    /// Somebody has looked at it.
    Viewed,
    /// Done with.
    Processed,
}

/// By the time of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    Desc,
}

/// Takes one of the marketplace's words; `other` keeps one that is not known.
pub(super) fn word<T: FromStr>(fields: &mut Fields, name: &str, other: fn(String) -> T) -> T {
    read_word(fields.text(name).unwrap_or_default(), other)
}

pub(super) fn read_word<T: FromStr>(word: String, other: fn(String) -> T) -> T {
    latin(word.trim()).parse().unwrap_or_else(|_| other(word))
}

/// Takes a flag, which may be a text.
pub(super) fn flag(fields: &mut Fields, name: &str) -> Option<bool> {
    fields.take(name, |value| {
        let said = |text: &str| text.trim().to_ascii_lowercase().parse().ok();
        value.as_bool().or_else(|| value.as_str().and_then(said))
    })
}

/// Takes a count, which may be a text.
pub(super) fn count(fields: &mut Fields, name: &str) -> Option<u64> {
    fields.take(name, |value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()))
}

/// Writes an id where the specification wants a number; one that is none, or does not fit 64 bits, stays text.
pub(super) fn number(id: &str) -> Value {
    id.parse::<u64>().map_or_else(|_| Value::from(id), Value::from)
}

/// Replaces Cyrillic letters that look Latin: the specification writes `Сustomer` with a Cyrillic first letter.
fn latin(word: &str) -> String {
    const CYRILLIC: &str = "АВЕКМНОРСТХаеорсх";
    const LATIN: &[u8] = b"ABEKMHOPCTXaeopcx";
    let twin = |letter| CYRILLIC.chars().zip(LATIN).find(|(cyrillic, _)| *cyrillic == letter);
    word.chars()
        .map(|letter| twin(letter).map_or(letter, |(_, latin)| char::from(*latin)))
        .collect()
}
