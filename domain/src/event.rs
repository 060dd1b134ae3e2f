//! Every event of the system under one type, its envelope, and how stored JSON becomes an event again.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::account::AccountEvent;
use crate::interaction::InteractionEvent;
use crate::seller::SellerEvent;
use crate::value::{StreamId, TenantId};

/// An event of any aggregate.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every event is of the largest variant")]
pub enum Event {
    /// Of a review, question or chat.
    Interaction(InteractionEvent),
    /// Of a connected marketplace cabinet.
    Account(AccountEvent),
    /// Of the tenant.
    Seller(SellerEvent),
}

/// A committed event with its place in the log.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The seller it belongs to.
    pub tenant: TenantId,
    /// Its aggregate.
    pub stream: StreamId,
    /// Its place in the stream, from 1.
    pub version: i32,
    /// The log that holds it.
    pub log: i32,
    /// Its place in that log, from 1, without gaps.
    pub position: i64,
    /// Its id, unique everywhere.
    pub event_id: Uuid,
    /// When it was committed, by the database's clock.
    pub recorded_at: DateTime<Utc>,
    /// Shared by everything that one request led to.
    pub correlation_id: Option<Uuid>,
    /// Who caused it: `user:<id>` or `system:<part>`.
    pub actor: Option<String>,
    /// What happened.
    pub event: Event,
}

/// Stored JSON that no event of this program reads.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No aggregate of this program has that type.
    #[error("unknown stream type {0}")]
    UnknownStreamType(String),
    /// The type has no such schema version here.
    #[error("unknown schema version {version} of {event_type}")]
    UnknownSchemaVersion {
        /// The event's type.
        event_type: String,
        /// The stored version.
        version: i32,
    },
    /// The JSON does not have the event's shape. Serde's own message is not kept: it quotes what it found, which may be
    /// a buyer's words.
    #[error("malformed {event_type}: {category:?}")]
    Malformed {
        /// The event's type.
        event_type: String,
        /// What kind of fault serde found.
        category: serde_json::error::Category,
    },
}

impl Event {
    /// Reads a stored event.
    ///
    /// # Errors
    /// [`DecodeError`] when this program does not know the type or version, or the JSON has another shape.
    pub fn decode(
        stream_type: &str,
        event_type: &str,
        schema_version: i32,
        payload: Value,
    ) -> Result<Self, DecodeError> {
        if schema_version != 1 {
            return Err(DecodeError::UnknownSchemaVersion {
                event_type: event_type.to_owned(),
                version: schema_version,
            });
        }
        match stream_type {
            "interaction" => parse(event_type, payload).map(Self::Interaction),
            "account" => parse(event_type, payload).map(Self::Account),
            "seller" => parse(event_type, payload).map(Self::Seller),
            other => Err(DecodeError::UnknownStreamType(other.to_owned())),
        }
    }
}

fn parse<E: DeserializeOwned>(event_type: &str, payload: Value) -> Result<E, DecodeError> {
    serde_json::from_value(payload).map_err(|error| DecodeError::Malformed {
        event_type: event_type.to_owned(),
        category: error.classify(),
    })
}

/// Replaces marks of personal data by the data itself, and erased data by `null`: the form that the seller's own
/// programs read.
#[must_use]
pub fn in_clear(payload: Value) -> Value {
    match payload {
        Value::Object(mut map) if map.len() == 1 && map.contains_key("$personal") => {
            map.remove("$personal").map_or(Value::Null, in_clear)
        }
        Value::Object(map) if map.len() == 1 && map.contains_key("$erased") => Value::Null,
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, in_clear(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(in_clear).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn personal_data_is_read_in_clear_and_erased_data_as_null() {
        let payload = json!({"a": {"$personal": {"name": "Анна"}}, "b": [{"$erased": true}]});
        assert_eq!(in_clear(payload), json!({"a": {"name": "Анна"}, "b": [null]}));
    }

    #[test]
    fn an_event_of_a_later_program_is_refused_by_name() {
        let outcome = Event::decode("interaction", "Ingested", 2, json!({}));
        assert!(matches!(outcome, Err(DecodeError::UnknownSchemaVersion { version: 2, .. })));
    }
}
