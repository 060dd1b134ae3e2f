//! Words of the marketplace, and small values that it may write in more than one way.

use serde_json::Value;
use strum::{Display, EnumString};

use crate::http::Fields;

/// Why there is a chat.
#[derive(Debug, Clone, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum ContextKind {
    /// An order.
    Order,
    /// A return.
    Return,
    /// The buyer began it, without an order.
    Direct,
    /// A word that this program does not know; empty when there was none.
    #[strum(default)]
    Other(String),
}

/// What kind of chat it is.
#[derive(Debug, Clone, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum ChatKind {
    /// With a buyer.
    Chat,
    /// A dispute.
    Arbitrage,
    /// A word that this program does not know; empty when there was none.
    #[strum(default)]
    Other(String),
}

/// Whose turn it is in a chat.
#[derive(Debug, Clone, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum ChatStatus {
    /// Nobody's yet.
    New,
    /// The buyer's.
    WaitingForCustomer,
    /// The seller's.
    WaitingForPartner,
    /// The arbiter's.
    WaitingForArbiter,
    /// The marketplace's.
    WaitingForMarket,
    /// Nobody's: it is over.
    Finished,
    /// A word that this program does not know; empty when there was none.
    #[strum(default)]
    Other(String),
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum Sender {
    /// The seller, by whatever program.
    Partner,
    /// The buyer.
    Customer,
    /// The marketplace, by itself.
    Market,
    /// A person of the marketplace's support.
    Support,
    /// A word that this program does not know; empty when there was none.
    #[strum(default)]
    Other(String),
}

/// Who wrote in public.
#[derive(Debug, Clone, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum AuthorKind {
    /// A buyer, or somebody who may become one.
    User,
    /// A seller: this one or another of the same product.
    Business,
    /// The manufacturer.
    Vendor,
    /// The brand.
    Brand,
    /// A word that this program does not know; empty when there was none.
    #[strum(default)]
    Other(String),
}

/// How a comment or an answer stands in moderation.
#[derive(Debug, Clone, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum Moderation {
    /// Everybody sees it.
    Published,
    /// Not checked yet.
    Unmoderated,
    /// Refused.
    Banned,
    /// Taken away.
    Deleted,
    /// A word that this program does not know; empty when there was none.
    #[strum(default)]
    Other(String),
}

/// What a key opens.
#[derive(Debug, Clone, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum Scope {
    /// Everything.
    AllMethods,
    /// Everything, for reading.
    AllMethodsReadOnly,
    /// Talking to buyers.
    Communication,
    /// Another, of which nothing is used here.
    #[strum(default)]
    Other(String),
}

/// Takes a word, known or not, in any letter case; an empty one where there is none.
pub(super) fn word<T: From<String>>(fields: &mut Fields, name: &str) -> T {
    fields.take(name, |value| value.as_str().map(str::to_owned)).unwrap_or_default().into()
}

/// Every text is a word: one that is not known is kept as it is.
macro_rules! open_words {
    ($($words:ty),*) => {
        $(impl From<String> for $words {
            fn from(word: String) -> Self {
                word.trim().parse().unwrap_or(Self::Other(word))
            }
        })*
    };
}

open_words!(ContextKind, ChatKind, ChatStatus, Sender, AuthorKind, Moderation, Scope);

/// Takes a flag, which may be a text.
pub(super) fn flag(fields: &mut Fields, name: &str) -> Option<bool> {
    fields.take(name, |value| match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// Takes a count, which may be a text.
pub(super) fn count(fields: &mut Fields, name: &str) -> Option<u64> {
    fields.take(name, number)
}

/// Reads a count, which may be a text.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Writes an id as the marketplace does: as a number, where it is one.
pub(super) fn id(id: &str) -> Value {
    match id.parse::<i64>() {
        Ok(number) if number.to_string() == id => number.into(),
        Ok(_) | Err(_) => id.into(),
    }
}

/// Writes ids as the marketplace does.
pub(super) fn ids(ids: &[String]) -> Value {
    ids.iter().map(|given| id(given)).collect()
}
