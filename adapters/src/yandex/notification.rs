//! What Yandex.Market sends by itself, as its notification specification of 2026-04-20 has it: a hint that something
//! is to be read, never the thing itself.

use chrono::{DateTime, Utc};
use domain::Channel;

use crate::http::{Fields, ItemError, fields_of};
use crate::push::Notice;

/// A notification. May come several times for one event, in any order, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The cabinet it is about; none of a [`Hint::Ping`].
    pub business_id: Option<String>,
    /// When it happened, where that is told.
    pub at: Option<DateTime<Utc>>,
    /// What happened.
    pub hint: Hint,
}

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Nothing: the marketplace asks whether we are there.
    Ping,
    /// A new chat, of any kind.
    ChatCreated {
        /// The chat.
        chat_id: String,
    },
    /// A new message, perhaps our own; stickers are not told.
    MessageSent {
        /// Its chat.
        chat_id: String,
        /// The message.
        message_id: String,
    },
    /// A dispute began.
    ArbitrageStarted {
        /// Its chat.
        chat_id: String,
    },
    /// A dispute ended.
    ArbitrageFinished {
        /// Its chat.
        chat_id: String,
    },
    /// A review has passed moderation.
    ReviewCreated {
        /// The review.
        review_id: String,
    },
    /// A comment on a review.
    CommentCreated {
        /// The comment; its review is not told.
        comment_id: String,
    },
    /// A question.
    QuestionCreated {
        /// The question.
        question_id: String,
    },
    /// An answer to a question.
    AnswerCreated {
        /// The answer; its question is not told.
        answer_id: String,
    },
    /// A comment on an answer.
    AnswerCommentCreated {
        /// The answer.
        answer_id: String,
        /// The comment.
        comment_id: String,
    },
    /// Something of which nothing is used here, such as an order; its word.
    Other(String),
}

impl Notification {
    /// Reads the body of a notification.
    ///
    /// # Errors
    /// [`ItemError`]: it is none, or lacks an id without which nothing can be read. The marketplace should be told
    /// that it is malformed.
    pub fn read(body: &str) -> Result<Self, ItemError> {
        let fields = &mut Fields::new(fields_of(body)?);
        let kind = fields.text("notificationType").ok_or(ItemError::NoText("notificationType"))?;
        let hint = Hint::of(kind, fields)?;
        let is_used = !matches!(hint, Hint::Ping | Hint::Other(_));
        let business_id = fields.id("businessId");
        if is_used && business_id.is_none() {
            return Err(ItemError::NoId("businessId"));
        }
        let at = ["createdAt", "sentAt", "startedAt", "finishedAt", "time"];
        Ok(Self { business_id, at: at.iter().find_map(|name| fields.time(name)), hint })
    }
}

impl Hint {
    fn of(kind: String, fields: &mut Fields) -> Result<Self, ItemError> {
        let mut id = |name| fields.id(name).ok_or(ItemError::NoId(name));
        Ok(match kind.trim().to_ascii_uppercase().as_str() {
            "PING" => Self::Ping,
            "CHAT_CREATED" => Self::ChatCreated { chat_id: id("chatId")? },
            "CHAT_MESSAGE_SENT" => {
                Self::MessageSent { chat_id: id("chatId")?, message_id: id("messageId")? }
            }
            "CHAT_ARBITRAGE_STARTED" => Self::ArbitrageStarted { chat_id: id("chatId")? },
            "CHAT_ARBITRAGE_FINISHED" => Self::ArbitrageFinished { chat_id: id("chatId")? },
            "GOODS_FEEDBACK_CREATED" => Self::ReviewCreated { review_id: id("feedbackId")? },
            "GOODS_FEEDBACK_COMMENT_CREATED" => {
                Self::CommentCreated { comment_id: id("commentId")? }
            }
            "QUESTION_CREATED" => Self::QuestionCreated { question_id: id("questionId")? },
            "QUESTION_ANSWER_CREATED" => Self::AnswerCreated { answer_id: id("answerId")? },
            "QUESTION_COMMENT_CREATED" => Self::AnswerCommentCreated {
                answer_id: id("answerId")?,
                comment_id: id("commentId")?,
            },
            _ => Self::Other(kind),
        })
    }
}

impl From<Notification> for Notice {
    fn from(Notification { business_id, hint, .. }: Notification) -> Self {
        let channel = match hint {
            Hint::Ping => return Self::Ping,
            Hint::Other(_) => return Self::Other,
            Hint::ChatCreated { .. }
            | Hint::MessageSent { .. }
            | Hint::ArbitrageStarted { .. }
            | Hint::ArbitrageFinished { .. } => Channel::Chat,
            Hint::ReviewCreated { .. } | Hint::CommentCreated { .. } => Channel::Review,
            Hint::QuestionCreated { .. }
            | Hint::AnswerCreated { .. }
            | Hint::AnswerCommentCreated { .. } => Channel::Question,
        };
        Self::News { channel, cabinet: business_id }
    }
}
