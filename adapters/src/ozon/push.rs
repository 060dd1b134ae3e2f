//! What Ozon pushes: that something happened in a chat. Nothing signs a push, so it only says where to look; what was
//! written is read from the marketplace. There are no pushes about reviews and questions.

use chrono::{DateTime, Utc};
use domain::Channel;
use strum::EnumString;

use super::chats::{Author, ChatKind};
use super::exact::exact;
use super::words;
use crate::http::{Fields, fields_of};
use crate::push::Notice;

/// A push (Ozon's chapter on types of notifications, 2026-09-28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// `TYPE_PING`: the address is being checked, when it is connected and from time to time.
    Ping,
    /// Something happened in a chat.
    Chat(ChatPush),
    /// Another type of notification, by its name.
    Other(String),
}

/// A chat in which something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPush {
    /// What happened.
    pub event: ChatEvent,
    /// The chat.
    pub chat_id: String,
    /// With whom it is.
    pub kind: ChatKind,
    /// The seller.
    pub seller_id: Option<String>,
    /// The message that it is about; none where the chat was closed.
    pub message_id: Option<String>,
    /// The last message that was read.
    pub last_read_message_id: Option<String>,
    /// Who did it.
    pub author: Author,
    /// When the message was written.
    pub created_at: Option<DateTime<Utc>>,
    /// When the message was changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// What happened in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString)]
#[strum(ascii_case_insensitive)]
pub enum ChatEvent {
    /// A message was written.
    #[strum(serialize = "TYPE_NEW_MESSAGE")]
    NewMessage,
    /// A message was changed.
    #[strum(serialize = "TYPE_UPDATE_MESSAGE")]
    MessageChanged,
    /// Messages were read.
    #[strum(serialize = "TYPE_MESSAGE_READ")]
    MessageRead,
    /// The chat was closed.
    #[strum(serialize = "TYPE_CHAT_CLOSED")]
    ChatClosed,
}

/// Why a body is no push. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// It is no JSON object.
    #[error("expected a JSON object")]
    Unreadable,
    /// It lacks what its type must have.
    #[error("expected a value in {0}")]
    Missing(&'static str),
}

impl Push {
    /// Reads the body of a push.
    ///
    /// # Errors
    /// [`PushError`].
    pub fn read(body: &[u8]) -> Result<Self, PushError> {
        let text = String::from_utf8_lossy(body);
        let fields = fields_of(&exact(&text)).map_err(|_| PushError::Unreadable)?;
        let fields = &mut Fields::new(fields);
        let name = fields.text("message_type").ok_or(PushError::Missing("message_type"))?;
        if name.eq_ignore_ascii_case("TYPE_PING") {
            return Ok(Self::Ping);
        }
        match name.parse() {
            Ok(event) => ChatPush::of(event, fields).map(Self::Chat),
            Err(_) => Ok(Self::Other(name)),
        }
    }
}

impl ChatPush {
    fn of(event: ChatEvent, fields: &mut Fields) -> Result<Self, PushError> {
        Ok(Self {
            event,
            chat_id: fields.id("chat_id").ok_or(PushError::Missing("chat_id"))?,
            kind: words::word(fields, "chat_type", ChatKind::Other),
            seller_id: fields.id("seller_id"),
            message_id: fields.id("message_id"),
            last_read_message_id: fields.id("last_read_message_id"),
            author: Author::of(fields),
            created_at: fields.time("created_at"),
            updated_at: fields.time("updated_at"),
        })
    }
}

impl From<Push> for Notice {
    /// A chat with the marketplace itself is not read; a kind of chat that is not known may be a buyer's.
    fn from(push: Push) -> Self {
        match push {
            Push::Ping => Self::Ping,
            Push::Chat(ChatPush { kind, seller_id, .. })
                if kind.is_customer() || matches!(kind, ChatKind::Other(_)) =>
            {
                Self::News { channel: Channel::Chat, cabinet: seller_id }
            }
            Push::Chat(_) | Push::Other(_) => Self::Other,
        }
    }
}

impl PushError {
    /// Returns Ozon's code for the error, which belongs into the answer (chapter on answers of the service).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "ERROR_UNKNOWN",
            Self::Missing(_) => "ERROR_PARAMETER_VALUE_MISSED",
        }
    }
}
