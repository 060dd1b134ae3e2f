//! Chats: which there are, what was said in them, and saying something.

mod message;

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use strum::EnumString;

use super::Client;
use super::item::{self, Item, Page};
use super::words::{self, number};
use crate::http::{CallError, Fields, ItemError, SendOutcome};

pub use message::{Author, AuthorKind, ImageModeration, Message};

pub(super) const LIST: &str = "/v3/chat/list";
pub(super) const SEND: &str = "/v1/chat/send/message";

/// Most chats that may be asked for at once (`limit`).
pub const CHATS_PAGE_MAX: u32 = 100;

/// Most messages that may be asked for at once (`limit`).
pub const MESSAGES_PAGE_MAX: u32 = 1_000;

/// Which chats to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatsQuery {
    /// All when none.
    pub filter: Option<ChatFilter>,
    /// Only those with messages that were not marked as read.
    pub unread_only: bool,
    /// How many, 1…[`CHATS_PAGE_MAX`].
    pub limit: u32,
    /// Where to go on, from the page before.
    pub cursor: Option<String>,
}

/// Chats by whether they can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChatFilter {
    /// Open ones.
    Opened,
    /// Closed ones.
    Closed,
}

/// Which messages of a chat to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The chat.
    pub chat_id: String,
    /// From where, and in which direction.
    pub span: Span,
    /// Only these; all when empty.
    pub message_ids: Vec<String>,
    /// How many, 1…[`MESSAGES_PAGE_MAX`].
    pub limit: u32,
}

/// A direction in time. The specification does not say whether the message that is named comes too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// From new to old.
    Backward {
        /// The newest one to read; the last one of the chat when none.
        from: Option<String>,
    },
    /// From old to new.
    Forward {
        /// The oldest one to read.
        from: String,
    },
}

/// A chat. `Debug` shows nothing that the program does not know.
#[derive(Clone, PartialEq)]
pub struct Chat {
    /// `chat_id`.
    pub id: String,
    /// `chat_type`: with whom.
    pub kind: ChatKind,
    /// `chat_status`.
    pub status: ChatStatus,
    /// `created_at`.
    pub created_at: Option<DateTime<Utc>>,
    /// `first_unread_message_id`.
    pub first_unread_message_id: Option<String>,
    /// `last_message_id`.
    pub last_message_id: Option<String>,
    /// `unread_count`.
    pub unread_count: Option<u64>,
    /// Everything else, as it came.
    pub facts: Map<String, Value>,
}

/// With whom a chat is (values of 2026-08-18).
#[derive(Debug, Clone, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum ChatKind {
    /// Not said.
    Unspecified,
    /// Support of the marketplace.
    SellerSupport,
    /// A buyer.
    BuyerSeller,
    /// A buyer, about an order of Ozon Select.
    BuyerSellerSelect,
    /// News about the API.
    SellerApiUpdates,
    /// Notifications of the API.
    SellerApiNotifications,
    /// Notifications, as pushes still name them.
    SellerNotification,
    /// Notifications about delivery.
    SellerNotificationLogistics,
    /// Notifications about attributes and categories.
    SellerNotificationUpdateContent,
    /// The seller's manager at the marketplace.
    SellerPersonalManagerUnityCrm,
    /// The marketplace's group for business development.
    SellerBusinessDevelopmentGroup,
    /// A word that this program does not know; empty when there was none.
    #[strum(disabled)]
    Other(String),
}

/// Whether a chat can be written in.
#[derive(Debug, Clone, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum ChatStatus {
    /// Not said.
    Unspecified,
    /// It can.
    Opened,
    /// It cannot.
    Closed,
    /// A word that this program does not know; empty when there was none.
    #[strum(disabled)]
    Other(String),
}

#[derive(Serialize)]
struct ListBody<'a> {
    /// Without the object, public clients say, reads are refused.
    filter: ListFilter,
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

#[derive(Serialize)]
struct ListFilter {
    /// In upper case as in the example; the text beside it has `Opened`.
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_status: Option<ChatFilter>,
    unread_only: bool,
}

#[derive(Serialize)]
struct HistoryBody<'a> {
    chat_id: &'a str,
    direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<HistoryFilter<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_message_id: Option<Value>,
    limit: u32,
}

#[derive(Serialize)]
struct HistoryFilter<'a> {
    message_ids: &'a [String],
}

#[derive(Serialize)]
struct MessageBody<'a> {
    chat_id: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct FileBody<'a> {
    chat_id: &'a str,
    name: &'a str,
    base64_content: String,
}

#[derive(Serialize)]
struct ReadBody<'a> {
    chat_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_message_id: Option<Value>,
}

#[derive(Serialize)]
struct StartBody<'a> {
    posting_number: &'a str,
}

impl Client {
    /// Reads a page of chats, with buyers and with others. There is no filter by time, and no buyer, order or text.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn chats(&self, query: &ChatsQuery) -> Result<Page<Chat>, CallError> {
        let body = ListBody {
            filter: ListFilter { chat_status: query.filter, unread_only: query.unread_only },
            limit: query.limit.clamp(1, CHATS_PAGE_MAX),
            cursor: query.cursor.as_deref(),
        };
        item::decode(&self.read(LIST, &body).await?)
    }

    /// Reads messages of a chat, the seller's own among them. The next page begins at the last message, which may come
    /// again.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn history(&self, query: &HistoryQuery) -> Result<Page<Message>, CallError> {
        let (direction, from) = match &query.span {
            Span::Backward { from } => ("Backward", from.as_deref()),
            Span::Forward { from } => ("Forward", Some(from.as_str())),
        };
        let body = HistoryBody {
            chat_id: &query.chat_id,
            direction,
            filter: (!query.message_ids.is_empty())
                .then_some(HistoryFilter { message_ids: &query.message_ids }),
            from_message_id: from.map(number),
            limit: query.limit.clamp(1, MESSAGES_PAGE_MAX),
        };
        item::decode(&self.read("/v3/chat/history", &body).await?)
    }

    /// Sends a text of 1…1000 characters to a chat. Its id is not told: the message is known again by reading.
    ///
    /// FBO: within 48 h of the buyer's last message. FBS and rFBS: from payment until 72 h after delivery, afterwards
    /// within 48 h of the buyer's last message.
    pub async fn send_message(&self, chat_id: &str, text: &str) -> SendOutcome {
        self.write(SEND, &MessageBody { chat_id, text }, None).await
    }

    /// Sends a file to a chat, with the same rules. `name` has an extension; sizes and types that are taken are not
    /// documented.
    pub async fn send_file(&self, chat_id: &str, name: &str, content: &[u8]) -> SendOutcome {
        let base64_content = BASE64_STANDARD.encode(content);
        self.write("/v1/chat/send/file", &FileBody { chat_id, name, base64_content }, None).await
    }

    /// Opens a chat with the buyer of a posting; the id in the receipt is the chat's. FBS and rFBS only, within 72 h of
    /// payment or delivery.
    pub async fn start_chat(&self, posting_number: &str) -> SendOutcome {
        self.write("/v1/chat/start", &StartBody { posting_number }, Some("chat_id")).await
    }

    /// Marks a message and all before it as read; all of the chat when none is named. Doing so twice is harmless.
    pub async fn mark_read(&self, chat_id: &str, message_id: Option<&str>) -> SendOutcome {
        let body = ReadBody { chat_id, from_message_id: message_id.map(number) };
        self.write("/v2/chat/read", &body, None).await
    }
}

impl Chat {
    /// Reads one item of a page as it came.
    ///
    /// # Errors
    /// [`ItemError`]: it is no chat.
    pub fn read(item: &str) -> Result<Self, ItemError> {
        item::read(item)
    }
}

impl ChatKind {
    /// Tells whether the chat is with a buyer.
    #[must_use]
    pub fn is_customer(&self) -> bool {
        matches!(self, Self::BuyerSeller | Self::BuyerSellerSelect)
    }
}

impl Item for Chat {
    const LIST: &'static str = "chats";
    const ID: &'static str = "chat_id";
    const NEXT: Option<&'static str> = Some("cursor");

    /// Documented is an object `chat` inside; public clients met answers without it.
    fn flat(mut fields: Map<String, Value>) -> Map<String, Value> {
        if let Some(Value::Object(inner)) = fields.get_mut("chat") {
            let inner = std::mem::take(inner);
            fields.remove("chat");
            fields.extend(inner);
        }
        fields
    }

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: fields.id(Self::ID).ok_or(ItemError::NoId(Self::ID))?,
            kind: words::word(fields, "chat_type", ChatKind::Other),
            status: words::word(fields, "chat_status", ChatStatus::Other),
            created_at: fields.time("created_at"),
            first_unread_message_id: fields.id("first_unread_message_id"),
            last_message_id: fields.id("last_message_id"),
            unread_count: words::count(fields, "unread_count"),
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("last_message_id", &self.last_message_id)
            .finish_non_exhaustive()
    }
}
