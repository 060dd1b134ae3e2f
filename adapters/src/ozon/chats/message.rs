//! A message of a chat.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::Personal;
use domain::value::{ObservedAnswer, ObservedState};
use serde_json::{Map, Value};
use strum::EnumString;

use crate::http::{Fields, ItemError};
use crate::ozon::item::{self, Item};
use crate::ozon::words::{self, read_word};

/// A message, by whomever. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// `message_id`.
    pub id: String,
    /// `created_at`.
    pub created_at: DateTime<Utc>,
    /// `user`: who wrote.
    pub author: Author,
    /// `data`: what was written, in Markdown.
    pub parts: Vec<String>,
    /// Whether it shows a picture.
    pub is_image: Option<bool>,
    /// Whether it was read.
    pub is_read: Option<bool>,
    /// `moderate_image_status`, where there is one.
    pub image_moderation: Option<ImageModeration>,
    /// `context.order_number`: the order that it is about.
    pub order_number: Option<String>,
    /// `context.sku`: the product that it is about.
    pub sku: Option<String>,
    /// Everything else, as it came.
    pub facts: Map<String, Value>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The marketplace's id of the person.
    pub id: Option<String>,
    /// What the person is in the chat.
    pub kind: AuthorKind,
}

/// What somebody is in a chat.
#[derive(Debug, Clone, PartialEq, Eq, EnumString)]
#[strum(ascii_case_insensitive)]
pub enum AuthorKind {
    /// The buyer.
    Customer,
    /// The seller, through the cabinet or through the API.
    Seller,
    /// The system.
    Crm,
    /// Who brings the order.
    Courier,
    /// Support of the marketplace.
    Support,
    /// Notifications.
    NotificationUser,
    /// A word that this program does not know; empty when there was none.
    #[strum(disabled)]
    Other(String),
}

/// How a picture stands in moderation.
#[derive(Debug, Clone, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum ImageModeration {
    /// It is shown.
    Success,
    /// It is being moderated.
    Moderation,
    /// Moderation refused it.
    Failed,
    /// A word that this program does not know.
    #[strum(disabled)]
    Other(String),
}

impl Message {
    /// Reads one item of a page as it came.
    ///
    /// # Errors
    /// [`ItemError`]: it is no message.
    pub fn read(item: &str) -> Result<Self, ItemError> {
        item::read(item)
    }

    /// Returns what was written, a part a line.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.join("\n")
    }

    /// Returns the addresses of the pictures in the Markdown.
    #[must_use]
    pub fn images(&self) -> Vec<&str> {
        self.parts.iter().flat_map(|part| part.split("![").skip(1)).filter_map(address).collect()
    }

    /// Returns how the message stands, where the seller wrote it: only pictures are moderated, texts stand at once.
    #[must_use]
    pub fn observed_answer(&self) -> Option<ObservedAnswer> {
        if self.author.kind != AuthorKind::Seller {
            return None;
        }
        let state = match self.image_moderation {
            None | Some(ImageModeration::Success) => ObservedState::Published,
            Some(ImageModeration::Moderation | ImageModeration::Other(_)) => {
                ObservedState::InModeration
            }
            Some(ImageModeration::Failed) => ObservedState::Rejected,
        };
        Some(ObservedAnswer {
            text: Personal::Known(self.text()),
            state,
            editable: None,
            external_id: Some(self.id.clone()),
            refusal: None,
        })
    }
}

/// Returns the address in what follows the `![` of a picture.
fn address(rest: &str) -> Option<&str> {
    let (_, rest) = rest.split_once("](")?;
    let address = rest.split_once(')')?.0.trim();
    (!address.is_empty()).then_some(address)
}

impl Item for Message {
    const LIST: &'static str = "messages";
    const ID: &'static str = "message_id";
    const NEXT: Option<&'static str> = None;

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        let context =
            fields.object("context", |context| (context.id("order_number"), context.id("sku")));
        let (order_number, sku) = context.unwrap_or_default();
        Ok(Self {
            id: fields.id(Self::ID).ok_or(ItemError::NoId(Self::ID))?,
            created_at: fields.time("created_at").ok_or(ItemError::NoTime("created_at"))?,
            author: Author::of(fields),
            parts: parts(fields)?,
            is_image: words::flag(fields, "is_image"),
            is_read: words::flag(fields, "is_read"),
            image_moderation: fields
                .text("moderate_image_status")
                .map(|word| read_word(word, ImageModeration::Other)),
            order_number,
            sku,
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl Author {
    pub(in crate::ozon) fn of(fields: &mut Fields) -> Self {
        let user = fields.object("user", |user| Self {
            id: user.id("id"),
            kind: words::word(user, "type", AuthorKind::Other),
        });
        user.unwrap_or(Self { id: None, kind: AuthorKind::Other(String::new()) })
    }
}

/// What only seems to have no words might be answered as such, so words that are no text are an error.
fn parts(fields: &mut Fields) -> Result<Vec<String>, ItemError> {
    let parts = fields.take("data", |data| {
        if let Some(text) = data.as_str() {
            return Some(vec![text.to_owned()]);
        }
        data.as_array()?.iter().map(|part| Some(part.as_str()?.to_owned())).collect()
    });
    match parts {
        None if fields.has("data") => Err(ItemError::NoText("data")),
        parts => Ok(parts.unwrap_or_default()),
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .field("author", &self.author.kind)
            .field("image_moderation", &self.image_moderation)
            .finish_non_exhaustive()
    }
}
