//! Every event of the system under one type, its envelope, and how stored JSON becomes an event again.

mod upcast;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use strum::VariantNames as _;
use uuid::Uuid;

use crate::account::AccountEvent;
use crate::bulk::BulkEvent;
use crate::claim::ClaimEvent;
use crate::interaction::InteractionEvent;
use crate::knowledge::KnowledgeEvent;
use crate::seller::SellerEvent;
use crate::value::{StreamId, TenantId};

/// An event of any aggregate.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Of a review, question or chat.
    Interaction(InteractionEvent),
    /// Of a connected marketplace cabinet.
    Account(AccountEvent),
    /// Of a claim for return.
    Claim(ClaimEvent),
    /// Of replies to many interactions.
    Bulk(BulkEvent),
    /// Of a document or product.
    Knowledge(KnowledgeEvent),
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
    /// What happened: one event, unless a later version of its type says it as none or as several.
    pub events: Vec<Event>,
}

impl Recorded {
    /// Returns what happened to an interaction.
    pub fn of_interaction(&self) -> impl Iterator<Item = &InteractionEvent> {
        self.events.iter().filter_map(|event| match event {
            Event::Interaction(event) => Some(event),
            Event::Account(_)
            | Event::Bulk(_)
            | Event::Claim(_)
            | Event::Knowledge(_)
            | Event::Seller(_) => None,
        })
    }

    /// Returns what happened to a cabinet.
    pub fn of_account(&self) -> impl Iterator<Item = &AccountEvent> {
        self.events.iter().filter_map(|event| match event {
            Event::Account(event) => Some(event),
            Event::Interaction(_)
            | Event::Bulk(_)
            | Event::Claim(_)
            | Event::Knowledge(_)
            | Event::Seller(_) => None,
        })
    }

    /// Returns what happened to a claim.
    pub fn of_claim(&self) -> impl Iterator<Item = &ClaimEvent> {
        self.events.iter().filter_map(|event| match event {
            Event::Claim(event) => Some(event),
            Event::Interaction(_)
            | Event::Account(_)
            | Event::Bulk(_)
            | Event::Knowledge(_)
            | Event::Seller(_) => None,
        })
    }

    /// Returns what happened to a bulk.
    pub fn of_bulk(&self) -> impl Iterator<Item = &BulkEvent> {
        self.events.iter().filter_map(|event| match event {
            Event::Bulk(event) => Some(event),
            Event::Interaction(_)
            | Event::Account(_)
            | Event::Claim(_)
            | Event::Knowledge(_)
            | Event::Seller(_) => None,
        })
    }

    /// Returns what happened to a document or product.
    pub fn of_knowledge(&self) -> impl Iterator<Item = &KnowledgeEvent> {
        self.events.iter().filter_map(|event| match event {
            Event::Knowledge(event) => Some(event),
            Event::Interaction(_)
            | Event::Account(_)
            | Event::Bulk(_)
            | Event::Claim(_)
            | Event::Seller(_) => None,
        })
    }

    /// Returns what happened to the seller.
    pub fn of_seller(&self) -> impl Iterator<Item = &SellerEvent> {
        self.events.iter().filter_map(|event| match event {
            Event::Seller(event) => Some(event),
            Event::Interaction(_)
            | Event::Account(_)
            | Event::Bulk(_)
            | Event::Claim(_)
            | Event::Knowledge(_) => None,
        })
    }
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
    /// Reads a stored event in its present form.
    ///
    /// # Errors
    /// [`DecodeError`] when this program does not know the type or version, or the JSON has another shape.
    pub fn decode(
        stream_type: &str,
        event_type: &str,
        schema_version: i32,
        payload: Value,
    ) -> Result<Vec<Self>, DecodeError> {
        fn each<E>(events: Vec<E>, wrap: fn(E) -> Event) -> Vec<Event> {
            events.into_iter().map(wrap).collect()
        }
        let stored = (stream_type, event_type, schema_version);
        match stream_type {
            "interaction" => Ok(each(decode(stored, payload)?, Self::Interaction)),
            "account" => Ok(each(decode(stored, payload)?, Self::Account)),
            "bulk" => Ok(each(decode(stored, payload)?, Self::Bulk)),
            "claim" => Ok(each(decode(stored, payload)?, Self::Claim)),
            "knowledge" => Ok(each(decode(stored, payload)?, Self::Knowledge)),
            "seller" => Ok(each(decode(stored, payload)?, Self::Seller)),
            other => Err(DecodeError::UnknownStreamType(other.to_owned())),
        }
    }
}

/// Reads a stored event of one aggregate, named by stream type, event type and schema version, in its present form: as
/// one event, or as none or several where a later version says it so.
///
/// # Errors
/// [`DecodeError`] when this program does not know the type or version, or the JSON has another shape.
pub fn decode<E: DeserializeOwned>(
    (stream_type, event_type, schema_version): (&str, &str, i32),
    payload: Value,
) -> Result<Vec<E>, DecodeError> {
    let present = upcast::to_present(stream_type, event_type, schema_version, payload)?;
    let parse = |payload| {
        serde_json::from_value(payload).map_err(|error| DecodeError::Malformed {
            event_type: event_type.to_owned(),
            category: error.classify(),
        })
    };
    present.into_iter().map(parse).collect()
}

/// Returns the schema version in which this program writes a type of event.
#[must_use]
pub fn present_version(stream_type: &str, event_type: &str) -> i32 {
    upcast::present_version(stream_type, event_type)
}

/// Tells whether this program reads what is stored under these names.
#[must_use]
pub fn is_readable(stream_type: &str, event_type: &str, schema_version: i32) -> bool {
    let names = match stream_type {
        "interaction" => InteractionEvent::VARIANTS,
        "account" => AccountEvent::VARIANTS,
        "bulk" => BulkEvent::VARIANTS,
        "claim" => ClaimEvent::VARIANTS,
        "knowledge" => KnowledgeEvent::VARIANTS,
        "seller" => SellerEvent::VARIANTS,
        _ => return false,
    };
    let is_known = names.contains(&event_type) || upcast::is_retired(stream_type, event_type);
    is_known && (1..=present_version(stream_type, event_type)).contains(&schema_version)
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
mod tests;
