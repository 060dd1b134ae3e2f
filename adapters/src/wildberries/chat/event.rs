//! A chat and what happened in it as Wildberries gives it to the seller: what matters in our names, the rest as it came.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::super::product::Product;
use crate::http::{Fields, ItemError};

/// Below this a time is in seconds: in milliseconds it would be in 1973.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// A chat as the list shows it. `Debug` shows nothing of the buyer.
#[derive(Clone)]
pub struct Chat {
    /// `chatID`.
    pub id: String,
    /// `replySign`: what a message must bring to be sent there.
    pub reply_sign: Option<SecretString>,
    /// `clientName`.
    pub buyer_name: Option<String>,
    /// `goodCard`: what it is about.
    pub product: Option<Product>,
    /// Time of `lastMessage`.
    pub last_message_at: Option<DateTime<Utc>>,
}

/// What happened in a chat. `Debug` shows no words of people.
#[derive(Clone)]
pub struct Event {
    /// `eventID`.
    pub id: String,
    /// `chatID`.
    pub chat_id: String,
    /// `addTimestamp`: when it came to be on the marketplace's server.
    pub at: DateTime<Utc>,
    /// Who caused it.
    pub sender: Sender,
    /// `source`: where it was written, such as `rusite` or `seller-public-api`.
    pub source: Option<String>,
    /// What was said; the marketplace also shows events without that, of which nothing more is known.
    pub message: Option<Message>,
    /// `replySign`, of the first event of a chat.
    pub reply_sign: Option<SecretString>,
    /// `clientName`.
    pub buyer_name: Option<String>,
    /// Everything else, as it came and under the marketplace's names; never the signature.
    pub facts: Map<String, Value>,
}

/// What was said. `Debug` shows nothing of it.
#[derive(Clone, Default)]
pub struct Message {
    /// Its text; empty when it is only files.
    pub text: String,
    /// `goodCard`: the product that it is about.
    pub product: Option<Product>,
    /// `files` and `images`.
    pub files: Vec<Attachment>,
}

/// A file of a message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attachment {
    /// `downloadID`, which [`ChatClient::download`](super::ChatClient::download) takes.
    pub download_id: Option<String>,
    /// Its name; pictures have none.
    pub name: Option<String>,
    /// Its address at the marketplace.
    pub url: Option<String>,
    /// Its size in bytes.
    pub size_bytes: Option<u64>,
    /// Whether it is one of the `images`.
    pub is_image: bool,
}

/// Who caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// `client`.
    Buyer,
    /// `seller`, by a program or in the cabinet.
    Seller,
    /// `wb`.
    Marketplace,
    /// A word that this program does not know, or none, where nothing else tells.
    Unknown,
}

impl Chat {
    pub(in super::super) fn of_fields(fields: Map<String, Value>) -> Result<Self, ItemError> {
        let fields = &mut Fields::new(fields);
        let last = fields.object("lastMessage", |last| last.take("addTimestamp", moment));
        Ok(Self {
            id: fields.id("chatID").ok_or(ItemError::NoId("chatID"))?,
            reply_sign: sign(fields),
            buyer_name: fields.text("clientName"),
            product: fields.object("goodCard", card),
            last_message_at: last.flatten(),
        })
    }
}

impl Event {
    pub(in super::super) fn of_fields(fields: Map<String, Value>) -> Result<Self, ItemError> {
        let fields = &mut Fields::new(fields);
        let at = fields.take("addTimestamp", moment).or_else(|| fields.time("addTime"));
        let reply_sign = sign(fields);
        let buyer_name = fields.text("clientName");
        let source = fields.text("source");
        let message = match fields.object("message", Message::of) {
            // Words that cannot be read must not pass for an event without any.
            None if fields.has("message") => Err(ItemError::NoText("message")),
            message => message.transpose(),
        };
        Ok(Self {
            id: fields.id("eventID").ok_or(ItemError::NoId("eventID"))?,
            chat_id: fields.id("chatID").ok_or(ItemError::NoId("chatID"))?,
            at: at.ok_or(ItemError::NoTime("addTimestamp"))?,
            sender: Sender::of(fields, source.as_deref(), buyer_name.is_some()),
            source,
            message: message?,
            reply_sign,
            buyer_name,
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl Message {
    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        let text = fields.words("text")?;
        let attached = fields.object("attachments", |attached| {
            let product = attached.object("goodCard", card);
            let mut files = attached.objects("files", Attachment::of).unwrap_or_default();
            let images = attached.objects("images", Attachment::of).unwrap_or_default();
            files.extend(images.into_iter().map(|image| Attachment { is_image: true, ..image }));
            (product, files)
        });
        let (product, files) = attached.unwrap_or_default();
        Ok(Self { text, product, files })
    }
}

impl Attachment {
    fn of(fields: &mut Fields) -> Self {
        Self {
            download_id: fields.id("downloadID"),
            name: fields.text("name"),
            url: fields.text("url"),
            size_bytes: fields.take("size", whole).and_then(|size| u64::try_from(size).ok()),
            is_image: fields.text("contentType").is_some_and(|kind| kind.starts_with("image/")),
        }
    }
}

impl Sender {
    /// By its word; by where it was written where that word is not known, and at last by whether a buyer is named.
    fn of(fields: &mut Fields, source: Option<&str>, names_buyer: bool) -> Self {
        let word = fields.text("sender").unwrap_or_default().to_lowercase();
        match (word.as_str(), source) {
            ("client", _) => Self::Buyer,
            ("seller", _) => Self::Seller,
            ("wb", _) => Self::Marketplace,
            (_, Some("seller-portal" | "seller-public-api")) => Self::Seller,
            (_, Some("rusite" | "global" | "ios" | "android")) => Self::Buyer,
            ("", _) if names_buyer => Self::Buyer,
            (_, _) => Self::Unknown,
        }
    }
}

/// Takes the signature out whatever it is: nothing of it may stay among what is kept in clear.
fn sign(fields: &mut Fields) -> Option<SecretString> {
    let sign = fields.text("replySign");
    fields.take("replySign", |_| Some(()));
    sign.map(SecretString::from)
}

fn card(fields: &mut Fields) -> Product {
    Product {
        nm_id: fields.id("nmID").unwrap_or_default(),
        size: fields.text("size"),
        order_id: fields.id("rid"),
        facts: std::mem::take(fields).rest(),
        ..Product::default()
    }
}

/// Reads a time in Unix milliseconds.
fn moment(value: &Value) -> Option<DateTime<Utc>> {
    let number = whole(value).filter(|number| *number > 0)?;
    let milliseconds = if number < MILLISECONDS_FROM { number * 1_000 } else { number };
    DateTime::from_timestamp_millis(milliseconds)
}

/// Reads a whole number, or a text that is one.
pub(super) fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id)
            .field("chat_id", &self.chat_id)
            .field("at", &self.at)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("is_image", &self.is_image)
            .field("size_bytes", &self.size_bytes)
            .finish_non_exhaustive()
    }
}
