//! What a line of the ledger can say about Ozon.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chat::{ChatCard, Message};
use super::posting::Posting;
use super::push::{Attempt, Push};
use super::question::Question;
use super::review::{Comment, Review};
use super::shop::{Key, Plans};
use super::words::{Verdict, Words};
use super::writes::WriteEntry;

/// A change of what Ozon knows, as the ledger tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Entry {
    SellerAdded {
        seller: String,
        client_id: u64,
    },
    /// Also changes a known key.
    KeySet {
        seller: String,
        sha256: String,
        #[serde(flatten)]
        key: Key,
    },
    PlansSet {
        seller: String,
        #[serde(flatten)]
        plans: Plans,
    },
    HostileSet {
        seller: String,
        on: bool,
    },
    /// Where pushes go from now on; none ends them.
    ReceiverSet {
        seller: String,
        url: Option<String>,
        at: DateTime<Utc>,
    },
    /// Also changes a known posting.
    PostingSet {
        seller: String,
        posting: Posting,
    },
    ChatOpened {
        seller: String,
        chat: ChatCard,
    },
    ChatClosed {
        seller: String,
        target: String,
    },
    /// By the buyer, by support, or by the seller in the cabinet.
    MessageWritten {
        seller: String,
        target: String,
        message: Message,
    },
    MessageRevised {
        seller: String,
        target: String,
        message: String,
        text: String,
        at: DateTime<Utc>,
    },
    ReadByBuyer {
        seller: String,
        target: String,
        up_to: String,
    },
    ReviewAdded {
        seller: String,
        review: Review,
    },
    ReviewRevised {
        seller: String,
        target: String,
        text: Option<String>,
        rating: Option<u8>,
    },
    ReviewDeleted {
        seller: String,
        target: String,
    },
    /// By a buyer, or by the seller in the cabinet.
    CommentWritten {
        seller: String,
        target: String,
        comment: Comment,
    },
    QuestionAdded {
        seller: String,
        question: Question,
    },
    QuestionDeleted {
        seller: String,
        target: String,
    },
    /// By the seller in the cabinet.
    AnswerWritten {
        seller: String,
        target: String,
        answer: Words,
    },
    /// What moderation says about a message, a comment or an answer.
    Moderated {
        seller: String,
        target: String,
        #[serde(flatten)]
        verdict: Verdict,
    },
    /// Reads give this in the item's place; none restores it.
    ItemSpoiled {
        seller: String,
        target: String,
        served: Option<Value>,
    },
    /// The API was asked to change something.
    Write(Box<WriteEntry>),
    PushQueued {
        seller: String,
        #[serde(flatten)]
        push: Push,
    },
    PushAttempted {
        seller: String,
        #[serde(flatten)]
        attempt: Attempt,
    },
    /// Pushes are sent no more until a receiver is connected again.
    PushesSuspended {
        seller: String,
        reason: String,
    },
}

impl Entry {
    pub(super) fn seller(&self) -> &str {
        match self {
            Self::SellerAdded { seller, .. }
            | Self::KeySet { seller, .. }
            | Self::PlansSet { seller, .. }
            | Self::HostileSet { seller, .. }
            | Self::ReceiverSet { seller, .. }
            | Self::PostingSet { seller, .. }
            | Self::ChatOpened { seller, .. }
            | Self::ChatClosed { seller, .. }
            | Self::MessageWritten { seller, .. }
            | Self::MessageRevised { seller, .. }
            | Self::ReadByBuyer { seller, .. }
            | Self::ReviewAdded { seller, .. }
            | Self::ReviewRevised { seller, .. }
            | Self::ReviewDeleted { seller, .. }
            | Self::CommentWritten { seller, .. }
            | Self::QuestionAdded { seller, .. }
            | Self::QuestionDeleted { seller, .. }
            | Self::AnswerWritten { seller, .. }
            | Self::Moderated { seller, .. }
            | Self::ItemSpoiled { seller, .. }
            | Self::PushQueued { seller, .. }
            | Self::PushAttempted { seller, .. }
            | Self::PushesSuspended { seller, .. } => seller,
            Self::Write(write) => &write.seller,
        }
    }
}
