//! A chat: its messages in time, who has read what, and whether the seller may write.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::posting::{Posting, REPLY_WITHIN};
use super::problem::{Code, Refusal};
use super::words::{Author, Moderation, Words};

/// Message ids begin here; microseconds since 1970 are added, so that later messages have larger ids.
const FIRST_ID: u128 = 3_000_000_000_000_000_000;
/// Where they begin in hostile mode: past 2^64, as the published example of the chat list has it.
const FIRST_HOSTILE_ID: u128 = 30_000_000_000_000_000_000;

/// What a chat is from its beginning on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChatCard {
    pub(super) id: String,
    pub(super) chat_type: ChatType,
    pub(super) created_at: DateTime<Utc>,
    /// The posting it is about, by number.
    pub(super) posting: Option<String>,
    pub(super) customer_id: u64,
}

/// The types of chats that the sandbox plays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ChatType {
    #[default]
    BuyerSeller,
    BuyerSellerSelect,
    SellerSupport,
    SellerNotificationLogistics,
}

/// A chat as it is now.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) card: ChatCard,
    /// By id, which is by time.
    pub(super) messages: BTreeMap<u128, Message>,
    pub(super) is_closed: bool,
    /// What the seller has marked as read.
    pub(super) read_to: u128,
    /// What the buyer has read.
    pub(super) buyer_read_to: u128,
}

/// One message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    #[serde(flatten)]
    pub(super) words: Words,
    /// A file's name, when the message is one; its `text` is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) updated_at: Option<DateTime<Utc>>,
}

impl ChatType {
    /// As answers of the API name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BuyerSeller => "BUYER_SELLER",
            Self::BuyerSellerSelect => "BUYER_SELLER_SELECT",
            Self::SellerSupport => "SELLER_SUPPORT",
            Self::SellerNotificationLogistics => "SELLER_NOTIFICATION_LOGISTICS",
        }
    }

    /// As pushes and prose name it.
    pub(super) fn mixed_case_name(self) -> &'static str {
        match self {
            Self::BuyerSeller => "Buyer_Seller",
            Self::BuyerSellerSelect => "Buyer_Seller_Select",
            Self::SellerSupport => "Seller_Support",
            Self::SellerNotificationLogistics => "Seller_Notification_Logistics",
        }
    }

    fn is_with_buyer(self) -> bool {
        matches!(self, Self::BuyerSeller | Self::BuyerSellerSelect)
    }
}

/// The id of a message of that moment, before it is made unique.
pub(super) fn message_id(at: DateTime<Utc>, is_hostile: bool) -> u128 {
    let first = if is_hostile { FIRST_HOSTILE_ID } else { FIRST_ID };
    first + u128::try_from(at.timestamp_micros()).unwrap_or_default()
}

impl Chat {
    pub(super) fn new(card: ChatCard) -> Self {
        Self { card, messages: BTreeMap::new(), is_closed: false, read_to: 0, buyer_read_to: 0 }
    }

    /// Messages that reads show, oldest first.
    pub(super) fn listed(
        &self,
        now: DateTime<Utc>,
    ) -> impl DoubleEndedIterator<Item = (u128, &Message)> {
        let listed = self.messages.iter().filter(move |(_, message)| message.words.is_listed(now));
        listed.map(|(id, message)| (*id, message))
    }

    /// Its place among the chats: the id of its last message, or where one of its first moment would be.
    pub(super) fn position(&self, now: DateTime<Utc>) -> u128 {
        let last = self.listed(now).next_back().map(|(id, _)| id);
        last.unwrap_or_else(|| message_id(self.card.created_at, false))
    }

    /// Messages of others that the seller has not marked as read, as if it had up to `read_to`.
    pub(super) fn unread(&self, now: DateTime<Utc>, read_to: u128) -> impl Iterator<Item = u128> {
        let incoming = self.listed(now).filter(|(_, message)| !message.is_of_seller());
        incoming.map(|(id, _)| id).filter(move |id| *id > read_to)
    }

    /// Why the seller may not write now, if it may not.
    pub(super) fn check_writable(
        &self,
        posting: Option<&Posting>,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let refusal = |message| Err(Refusal::new(Code::FailedPrecondition, message));
        if self.is_closed {
            return refusal("chat is closed");
        }
        if !self.card.chat_type.is_with_buyer() {
            return Ok(());
        }
        let from_buyer = |(_, message): &(u128, &Message)| message.words.by == Author::Buyer;
        let last = self.listed(now).rev().find(from_buyer);
        let is_reply =
            last.is_some_and(|(_, last)| now <= last.words.schedule.applies_at + REPLY_WITHIN);
        if is_reply || posting.is_some_and(|posting| posting.is_writable(now)) {
            return Ok(());
        }
        refusal("sending is not allowed: the window for messages to this customer is over")
    }

    pub(super) fn status(&self) -> &'static str {
        if self.is_closed { "CLOSED" } else { "OPENED" }
    }

    /// As the chat list tells it.
    pub(super) fn listing(&self, now: DateTime<Utc>) -> Value {
        let last = self.listed(now).next_back().map_or(0, |(id, _)| id);
        json!({
            "chat": {
                "created_at": moment(self.card.created_at),
                "chat_id": self.card.id,
                "chat_status": self.status(),
                "chat_type": self.card.chat_type.name(),
            },
            "first_unread_message_id": id_value(self.unread(now, self.read_to).next().unwrap_or(0)),
            "last_message_id": id_value(last),
            "unread_count": self.unread(now, self.read_to).count(),
        })
    }

    /// A message as the history tells it; `posting` is what the chat is about.
    pub(super) fn message_listing(
        &self,
        (id, message): (u128, &Message),
        posting: Option<&Posting>,
        client_id: u64,
        now: DateTime<Utc>,
    ) -> Value {
        let of_seller = message.is_of_seller();
        let mut listing = json!({
            "created_at": moment(message.words.schedule.applies_at),
            "data": message.data(),
            "is_image": message.is_image(),
            "is_read": id <= if of_seller { self.buyer_read_to } else { self.read_to },
            "message_id": id_value(id),
            "user": self.user(message.words.by, client_id),
        });
        if message.is_image() {
            listing["moderate_image_status"] = match message.words.state(now) {
                Moderation::Waiting => "MODERATION",
                Moderation::Published => "SUCCESS",
                Moderation::Refused | Moderation::Duplicate => "FAILED",
            }
            .into();
        }
        if let Some(posting) = posting {
            listing["context"] = json!({
                "order_number": posting.order_number,
                "sku": posting.sku.to_string(),
            });
        }
        listing
    }

    pub(super) fn user(&self, by: Author, client_id: u64) -> Value {
        let (id, kind) = match by {
            Author::Buyer => (self.card.customer_id, "Customer"),
            Author::Seller | Author::Cabinet => (client_id, "Seller"),
            Author::Support => (1, "Support"),
        };
        json!({ "id": id.to_string(), "type": kind })
    }
}

impl Message {
    pub(super) fn is_of_seller(&self) -> bool {
        matches!(self.words.by, Author::Seller | Author::Cabinet)
    }

    pub(super) fn is_image(&self) -> bool {
        self.file.as_deref().is_some_and(is_image)
    }

    /// Its content as Markdown.
    pub(super) fn data(&self) -> Vec<String> {
        match &self.file {
            None => vec![self.words.text.clone()],
            // A reserved name: nothing is fetched from anybody's host.
            Some(name) => {
                let mark = if is_image(name) { "!" } else { "" };
                vec![format!("{mark}[{name}](https://chat-files.example/{}/{name})", self.words.id)]
            }
        }
    }
}

fn is_image(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    extension
        .is_some_and(|it| matches!(it.as_str(), "jpg" | "jpeg" | "png" | "webp" | "gif" | "heic"))
}

/// A number where JSON can hold it, text beyond.
pub(super) fn id_value(id: u128) -> Value {
    u64::try_from(id).map_or_else(|_| json!(id.to_string()), Value::from)
}

pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
