//! A message of a chat, as its marketplace shows it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr};

use super::{OutgoingFile, Personal, known_files, same_words};

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

/// How much of a reply is in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// All of it and nothing else.
    Whole,
    /// Its words without its files or with others, or some of its files without its words: a marketplace may show one
    /// message as several, or leave a file out.
    Part,
    /// None of it.
    Nothing,
}

impl MessageWords {
    /// Tells how much of a reply of this text, which may be empty, and these files is in the message.
    #[must_use]
    pub fn say(&self, text: &str, files: &[Personal<OutgoingFile>]) -> Said {
        let has_words = same_words(text, &self.text);
        let has_text = !text.trim().is_empty();
        if has_words && (has_text || !files.is_empty()) && self.shows_all(files) {
            return Said::Whole;
        }
        // Ozon shows a document as words that link to it.
        let is_named = |file: &OutgoingFile| self.files.iter().any(|seen| seen.name == file.name);
        let is_link = !has_text && !files.is_empty() && known_files(files).all(is_named);
        if is_link && self.shows_all(files) {
            return Said::Whole;
        }
        let is_ours = |seen: &MessageFile| known_files(files).any(|file| file.may_be(seen));
        let is_only_files = self.text.trim().is_empty() && !self.files.is_empty();
        let is_part = (has_text && has_words) || (is_only_files && self.files.iter().all(is_ours));
        if is_part { Said::Part } else { Said::Nothing }
    }

    /// Tells whether the message has as many files as these, and each may be one of them.
    fn shows_all(&self, files: &[Personal<OutgoingFile>]) -> bool {
        let mut left: Vec<_> = known_files(files).collect();
        let mut seen: Vec<_> = self.files.iter().collect();
        // What nothing is told of may be any that is left.
        seen.sort_by_key(|seen| seen.name.is_empty() && seen.size_bytes.is_none());
        left.len() == files.len()
            && seen.len() == left.len()
            && seen.into_iter().all(|seen| {
                let place = left.iter().position(|file| file.may_be(seen));
                place.map(|place| left.swap_remove(place)).is_some()
            })
    }
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
