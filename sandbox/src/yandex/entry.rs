//! The lines of the ledger that are about Yandex.Market.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chat::{Chat, ChatKind, Message, Turn};
use super::feedback::{Feedback, Words};
use super::note::{Note, Schedule, Status, Version};
use super::notify::{Notice, Receiver, Try};
use super::question::Question;
use crate::config::{YandexKeyConfig, YandexScope};
use crate::exchange::Delivery;

/// A change of what Yandex.Market knows, as the ledger tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Entry {
    CabinetAdded {
        seller: String,
        business_id: u64,
    },
    /// Also changes and restores a known key.
    KeySet {
        seller: String,
        sha256: String,
        name: String,
        scopes: BTreeSet<YandexScope>,
    },
    KeyRevoked {
        seller: String,
        sha256: String,
    },
    /// Something happened in the cabinet without the API: buyers, moderators, the seller at the Market's own pages.
    Happened {
        seller: String,
        change: Box<Change>,
    },
    /// The API was asked to change something.
    Write(Box<WriteEntry>),
    /// Where notifications go from now on; none ends them.
    ReceiverSet {
        seller: String,
        receiver: Option<Receiver>,
    },
    NoticeQueued {
        seller: String,
        #[serde(flatten)]
        notice: Notice,
    },
    NoticeTried {
        seller: String,
        notice: u64,
        #[serde(flatten)]
        attempt: Try,
    },
}

/// What changes in a cabinet.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    ChatOpened(Chat),
    /// The chat closes, becomes a dispute, or is nobody's turn but that of another.
    ChatTurned {
        chat: u64,
        chat_kind: Option<ChatKind>,
        turn: Turn,
    },
    MessageWritten {
        chat: u64,
        message: Message,
    },
    FeedbackWritten(Feedback),
    FeedbackRevised {
        feedback: u64,
        at: DateTime<Utc>,
        words: Words,
        rating: Option<u8>,
    },
    FeedbackRemoved {
        feedback: u64,
    },
    /// The seller reacted, or need not.
    FeedbacksHandled {
        feedbacks: Vec<u64>,
        at: DateTime<Utc>,
    },
    QuestionWritten(Question),
    QuestionRemoved {
        question: u64,
    },
    NoteWritten(Note),
    NoteRevised {
        note: u64,
        version: Version,
    },
    /// By the seller that wrote it: DELETED from then on.
    NoteDeleted {
        note: u64,
        at: DateTime<Utc>,
    },
    /// By the buyer that wrote it, or by the Market: gone.
    NoteRemoved {
        note: u64,
    },
    NoteModerated {
        note: u64,
        status: Status,
    },
    /// Reads give this in the place of the item with this id; none restores it.
    Spoiled {
        id: u64,
        served: Option<Value>,
    },
}

/// A request to change something and what became of it: the judge of "exactly once".
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WriteEntry {
    pub(super) seller: String,
    pub(super) action: Action,
    /// Method and path.
    pub(super) endpoint: String,
    /// The id of what the request is about, whether there is such a thing or not; ids of several are joined by commas.
    pub(super) target: String,
    /// The words, or the name of the file.
    pub(super) text: String,
    pub(super) text_sha256: String,
    pub(super) applied: bool,
    pub(super) effect: Effect,
    /// The id of what was created, also when a fault swallowed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<u64>,
    /// When it takes effect and how it is moderated; only of words that were accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) schedule: Option<Schedule>,
    /// What changes, of an applied one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<Change>,
    /// Whether the client was answered; a lost or reset one never learned the status.
    pub(super) answer: Delivery,
    pub(super) status: Option<u16>,
    /// Between carrying out and answering.
    pub(super) delay_ms: u64,
    /// How often this was applied so far, this time included: messages and files with the same content in the same
    /// chat; for everything else, the same action on the same target. More than one message or comment is a duplicate.
    pub(super) deliveries: u64,
    /// What the buyer sees of the seller's words in this chat or under this review or question once all that was
    /// accepted so far has taken effect.
    pub(super) buyer_sees: Vec<String>,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Message,
    File,
    NewChat,
    /// A comment to a review, or to a comment under it.
    Comment,
    EditComment,
    DeleteComment,
    SkipReaction,
    Answer,
    EditAnswer,
    DeleteAnswer,
    /// A comment on an answer.
    AnswerComment,
    EditAnswerComment,
    DeleteAnswerComment,
}

/// What a request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Applied,
    /// The answer says why.
    Refused,
    /// Accepted; there was nothing to do.
    NothingToDo,
    /// Accepted and forgotten, by a fault.
    Swallowed,
}

impl Entry {
    pub(super) fn key_set(seller: &str, key: &YandexKeyConfig) -> Self {
        Self::KeySet {
            seller: seller.to_owned(),
            sha256: key.sha256.clone(),
            name: key.name.clone(),
            scopes: key.scopes.clone(),
        }
    }

    pub(super) fn happened(seller: &str, change: Change) -> Self {
        Self::Happened { seller: seller.to_owned(), change: Box::new(change) }
    }
}
