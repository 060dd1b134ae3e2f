//! A message of a chat, as its marketplace shows it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr};

use super::Personal;

/// A message of a chat, whoever wrote it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// The marketplace's own id, always as text (Ozon's do not fit 64 bits).
    pub external_id: String,
    /// Who wrote it.
    pub author: MessageAuthor,
    /// When, by the marketplace's clock.
    pub sent_at: DateTime<Utc>,
    /// What was said.
    pub words: Personal<MessageWords>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MessageAuthor {
    /// The buyer.
    Buyer,
    /// The seller, from here or in the cabinet.
    Seller,
    /// The marketplace: its support, its courier, a notification.
    Marketplace,
}

/// What a message says and carries.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageWords {
    /// Its text; empty when it is only files.
    pub text: String,
    /// What is attached to it.
    pub files: Vec<MessageFile>,
    /// Whatever else the marketplace said about it, in the adapter's words.
    pub facts: Map<String, Value>,
}

/// A file of a message.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageFile {
    /// Its name; empty where the marketplace gives none.
    pub name: String,
    /// Its address, or the marketplace's id that it is downloaded by.
    pub address: String,
    /// Whether it is a picture.
    pub is_image: bool,
    /// Its size, where the marketplace tells it.
    pub size_bytes: Option<u64>,
}
