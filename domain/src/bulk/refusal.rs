//! Why an item of a bulk gets no reply.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

use crate::interaction::InteractionError;
use crate::value::TextError;

/// Why an item of a bulk gets no reply: what a single reply would be refused for, and what a person who answers one by
/// one would see before.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumIter,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Refusal {
    /// The guardrails stop its text.
    Blocked,
    /// The text is shorter than its channel takes.
    TextTooShort,
    /// The text is longer than its channel takes.
    TextTooLong,
    /// It has no draft.
    NoDraft,
    /// Its draft is another than the person saw.
    DraftChanged,
    /// Something happened since its draft was made.
    DraftOutdated,
    /// Something came in since the person looked.
    Changed,
    /// An answer stands already.
    AlreadyAnswered,
    /// A reply is on its way, or nobody knows its outcome.
    ReplyInFlight,
    /// Reading could not tell if the last reply stands, and no person has said so yet.
    InDoubt,
    /// A reply waits for its time.
    ReplyHeld,
    /// The question was rejected.
    QuestionRejected,
    /// The marketplace has closed the chat.
    ChatClosed,
    /// The time in which the marketplace surely takes a message is over: no bulk tries what may be refused.
    WindowClosed,
    /// The buyer's data was erased.
    BuyerErased,
    /// The marketplace does not accept the cabinet's key.
    AccessLost,
    /// The cabinet's key does not let anybody answer in the channel.
    NoRight,
    /// The seller's plan at the marketplace does not include answering in the channel.
    ClosedByPlan,
    /// The bulk was stopped before its reply was asked for.
    Stopped,
    /// It cannot be read here.
    Unreadable,
}

impl From<&InteractionError> for Refusal {
    fn from(rule: &InteractionError) -> Self {
        match rule {
            InteractionError::Guardrails(_) => Self::Blocked,
            InteractionError::Text(TextError::TooShort { .. }) => Self::TextTooShort,
            InteractionError::Text(TextError::TooLong { .. }) => Self::TextTooLong,
            InteractionError::Changed => Self::Changed,
            InteractionError::AlreadyAnswered => Self::AlreadyAnswered,
            InteractionError::ReplyInFlight => Self::ReplyInFlight,
            InteractionError::ReplyHeld => Self::ReplyHeld,
            InteractionError::QuestionRejected => Self::QuestionRejected,
            InteractionError::ChatClosed => Self::ChatClosed,
            InteractionError::BuyerErased => Self::BuyerErased,
            // None of these is about an answer without files.
            InteractionError::Unknown
            | InteractionError::File(_)
            | InteractionError::NoSuchReply
            | InteractionError::NoSuchDraft
            | InteractionError::ReplyCancelled
            | InteractionError::TooLate
            | InteractionError::RejectionNotOffered
            | InteractionError::NothingToReject
            | InteractionError::NothingToEdit
            | InteractionError::EditNotOffered
            | InteractionError::EditSpent
            | InteractionError::EditWindowClosed
            | InteractionError::NotInDoubt
            | InteractionError::Reference => Self::Unreadable,
        }
    }
}
