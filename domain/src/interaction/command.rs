//! What one may ask of an interaction, and why it may refuse.

use chrono::{DateTime, Utc};

use super::deadline::Deadline;
use super::draft::{DismissReason, DraftOrigin};
use super::event::{DraftSource, ErasureGround, Look, SendFailure, UnknownReason};
use super::reply::ReplyKind;
use crate::guardrail::{Finding, Grounds};
use crate::value::{
    BulkId, ChatMessage, Content, DraftId, FileError, Links, ObservedAnswer, OutgoingFile, ReplyId,
    Source, TextError,
};

/// An intent. A decision that needs the clock, an id or a remote answer receives it here.
#[derive(Clone)]
pub enum InteractionCommand {
    /// Take in what was read from the marketplace; repeating it is harmless.
    Ingest(Box<Ingest>),
    /// Have a draft made, whatever was made before.
    RequestDraft,
    /// Lay a reply text before the operator.
    ProposeDraft {
        /// The draft's id.
        draft_id: DraftId,
        /// The proposed text.
        text: String,
        /// Who or what wrote it.
        source: DraftSource,
        /// How it came about; none to lay it before the operator whatever was said since.
        origin: Option<Box<DraftOrigin>>,
    },
    /// Take a draft away that is not wanted.
    DismissDraft {
        /// The draft.
        draft_id: DraftId,
        /// Why.
        reason: DismissReason,
    },
    /// Answer with the draft on offer as it is, since the seller's rules let it out without a person.
    SendDraft {
        /// The draft.
        draft_id: DraftId,
        /// The version of what the seller has settled about that.
        automation: u32,
        /// Until when it can be taken back.
        held_until: DateTime<Utc>,
        /// What the guardrails need to know.
        grounds: Grounds,
    },
    /// Answer the buyer.
    RequestReply {
        /// This version's id; asking again with it is harmless.
        reply_id: ReplyId,
        /// The text to send; may be empty where there are files.
        text: String,
        /// The draft it grew from.
        draft_id: Option<DraftId>,
        /// The bulk that it is a part of; none where it is asked for alone.
        bulk_id: Option<BulkId>,
        /// The files to send with it, in their order.
        files: Vec<OutgoingFile>,
        /// When it goes out.
        timing: Timing,
        /// What the guardrails need to know.
        grounds: Grounds,
    },
    /// Change the answer that stands.
    RequestEdit {
        /// This version's id; asking again with it is harmless.
        reply_id: ReplyId,
        /// The text to send.
        text: String,
        /// Now: the edit window is measured from the first answer.
        at: DateTime<Utc>,
        /// When it goes out.
        timing: Timing,
        /// What the guardrails need to know.
        grounds: Grounds,
    },
    /// Have the marketplace take the question down instead of answering it.
    RequestRejection {
        /// The version's id.
        reply_id: ReplyId,
        /// The words that the marketplace wants with it.
        text: String,
        /// When it goes out.
        timing: Timing,
    },
    /// Let out what was held.
    Release {
        /// The version.
        reply_id: ReplyId,
    },
    /// Take back what was held.
    Cancel {
        /// The version.
        reply_id: ReplyId,
    },
    /// Take back what was held and nobody asked for but the seller's rules; anything else stays as it is.
    StopAutomatic {
        /// The version.
        reply_id: ReplyId,
    },
    /// Note that the guardrails refuse a text that somebody wanted to send; repeating it is harmless.
    RecordRefused {
        /// What it would have become.
        kind: ReplyKind,
        /// The text as it was given.
        text: String,
        /// What the guardrails needed to know.
        grounds: Grounds,
    },
    /// Say that a reply stands at the marketplace, where reading could not tell.
    MarkSent {
        /// The version.
        reply_id: ReplyId,
        /// Now.
        at: DateTime<Utc>,
    },
    /// Send once more what does not stand at the marketplace, where reading could not tell.
    SendAgain {
        /// The version.
        reply_id: ReplyId,
        /// Now: the edit window is measured from the first answer.
        at: DateTime<Utc>,
        /// The interaction's [`basis`](super::Interaction::basis) as whoever decides saw it; none to send it whatever
        /// came in since.
        basis: Option<u32>,
        /// What the guardrails need to know.
        grounds: Grounds,
    },
    /// Promise a buyer who waits an answer, as the seller's policy has it; repeating it is harmless, and what does not
    /// follow from all that was said by now is not promised.
    SetDeadline {
        /// How much had been said, as [`Answering::said`](super::Answering::said) counts.
        said: u32,
        /// By when.
        deadline: Deadline,
        /// Since when somebody could have kept it: when the words came in, or now where another policy had promised
        /// something else. What was past by then is nobody's alarm.
        known_at: DateTime<Utc>,
    },
    /// Say what has become of what was promised; what was said before is not said again.
    CheckDeadline {
        /// Now.
        at: DateTime<Utc>,
    },
    /// Note that a person opened it, where the marketplace wants to know; repeating it is harmless.
    MarkViewed,
    /// Report that the marketplace accepted an attempt.
    RecordAccepted {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt, from 1.
        attempt: u32,
        /// When the marketplace answered.
        at: DateTime<Utc>,
        /// The marketplace's id of it, where it gives one.
        external_id: Option<String>,
    },
    /// Report that an attempt ended in the dark.
    RecordUnknown {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt, from 1.
        attempt: u32,
        /// What is known.
        reason: UnknownReason,
        /// When the last byte may have left.
        at: DateTime<Utc>,
    },
    /// Report that an attempt definitely had no effect.
    RecordFailed {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt, from 1.
        attempt: u32,
        /// Why.
        failure: SendFailure,
        /// The marketplace's own words.
        marketplace_text: Option<String>,
        /// When it failed: the next attempt is scheduled from here.
        at: DateTime<Utc>,
    },
    /// Report that reading could not tell what became of an attempt.
    RecordUnprovable {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt, from 1.
        attempt: u32,
        /// What was seen instead, oldest first.
        looks: Vec<Look>,
    },
    /// Report that moderation refused the text.
    RecordModerationFailed {
        /// The version.
        reply_id: ReplyId,
        /// The marketplace's code, or ours where it gives none.
        code: String,
        /// The marketplace's own words.
        marketplace_text: Option<String>,
    },
    /// Report an answer seen at the marketplace, ours or not.
    Observe {
        /// What stands there.
        answer: ObservedAnswer,
        /// When it was seen.
        seen_at: DateTime<Utc>,
    },
    /// Report messages of the chat seen at the marketplace, ours or not; those that are known already are no news.
    ReceiveMessages {
        /// What stands there, oldest first.
        messages: Vec<ChatMessage>,
        /// When they were seen.
        seen_at: DateTime<Utc>,
    },
    /// Report that reading twice, long enough after an unknown attempt, did not find it.
    ConfirmAbsent {
        /// The version.
        reply_id: ReplyId,
        /// The attempt in question.
        attempt: u32,
        /// When the marketplace was read.
        read_at: Vec<DateTime<Utc>>,
    },
    /// Note that the buyer's data was erased; whoever asks has destroyed its key.
    EraseBuyer {
        /// On what ground.
        ground: ErasureGround,
        /// Number of the request or order that it rests on.
        reference: Option<String>,
    },
    /// Report that an accepted reply was not to be seen when the reply pending window had passed.
    RecordNotPublished {
        /// The version.
        reply_id: ReplyId,
    },
}

impl InteractionCommand {
    /// Returns what notes that the guardrails refuse this; none where they do not check it, or its text is noted
    /// already.
    #[must_use]
    pub fn refused(&self) -> Option<Self> {
        let (kind, text, grounds) = match self {
            Self::RequestReply { text, grounds, .. } => (ReplyKind::Answer, text, grounds),
            Self::RequestEdit { text, grounds, .. } => (ReplyKind::Edit, text, grounds),
            // The words of a draft were judged when it was made, and stand with it.
            Self::SendDraft { .. }
            | Self::StopAutomatic { .. }
            | Self::Ingest(_)
            | Self::RequestDraft
            | Self::ProposeDraft { .. }
            | Self::DismissDraft { .. }
            | Self::RequestRejection { .. }
            | Self::Release { .. }
            | Self::Cancel { .. }
            | Self::RecordRefused { .. }
            | Self::MarkSent { .. }
            | Self::SendAgain { .. }
            | Self::SetDeadline { .. }
            | Self::CheckDeadline { .. }
            | Self::MarkViewed
            | Self::RecordAccepted { .. }
            | Self::RecordUnknown { .. }
            | Self::RecordFailed { .. }
            | Self::RecordUnprovable { .. }
            | Self::RecordModerationFailed { .. }
            | Self::Observe { .. }
            | Self::ReceiveMessages { .. }
            | Self::ConfirmAbsent { .. }
            | Self::EraseBuyer { .. }
            | Self::RecordNotPublished { .. } => return None,
        };
        Some(Self::RecordRefused { kind, text: text.clone(), grounds: grounds.clone() })
    }
}

/// When a reply goes out, and what its writer knew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// Until when it can be taken back; none to send it at once.
    pub held_until: Option<DateTime<Utc>>,
    /// The interaction's [`basis`](super::Interaction::basis) as the writer saw it; none to send it whatever came in
    /// since.
    pub basis: Option<u32>,
}

/// One reading of an interaction at its marketplace.
#[derive(Clone)]
pub struct Ingest {
    /// Where it is from.
    pub source: Source,
    /// What the buyer left.
    pub content: Content,
    /// The answer that stands there; reviews and questions only.
    pub answer: Option<ObservedAnswer>,
    /// What was read of the chat; chats only.
    pub chat: ChatReading,
    /// What it belongs with.
    pub links: Links,
    /// Whether the marketplace lists it as processed.
    pub processed: bool,
    /// When it was read.
    pub seen_at: DateTime<Utc>,
}

/// What one reading tells about a chat.
#[derive(Clone, Default)]
pub struct ChatReading {
    /// Messages that stand there, oldest first: all of them, or those that are new.
    pub messages: Vec<ChatMessage>,
    /// Whether it can be written in, where the marketplace says so.
    pub open: Option<bool>,
}

/// The rule that a command would break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InteractionError {
    /// Nothing with this id was ever ingested.
    #[error("the interaction does not exist")]
    Unknown,
    /// The text does not fit the channel.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The channel does not take the files.
    #[error(transparent)]
    File(#[from] FileError),
    /// The guardrails stop the text; all that they found in it.
    #[error("the guardrails stop the text")]
    Guardrails(Vec<Finding>),
    /// A reply is on its way or its outcome is not known yet.
    #[error("a reply is already on its way")]
    ReplyInFlight,
    /// A reply waits for its time: it can be let out or taken back.
    #[error("a reply waits for its time")]
    ReplyHeld,
    /// Nothing is held under this id: it was taken back.
    #[error("the reply was taken back")]
    ReplyCancelled,
    /// It is on its way or there already.
    #[error("the reply has gone out and cannot be taken back")]
    TooLate,
    /// It is known what became of it, so nobody has to say.
    #[error("it is known what became of the reply")]
    NotInDoubt,
    /// The interaction has no such version.
    #[error("the interaction has no such reply")]
    NoSuchReply,
    /// No such draft was ever proposed.
    #[error("the interaction has no such draft")]
    NoSuchDraft,
    /// The buyer wrote again, or somebody answered, after the writer had looked.
    #[error("something came in since the writer looked")]
    Changed,
    /// An answer already stands; it can only be edited.
    #[error("the interaction is already answered")]
    AlreadyAnswered,
    /// The marketplace has closed the chat.
    #[error("the marketplace has closed the chat")]
    ChatClosed,
    /// The marketplace cannot take it down at the seller's wish.
    #[error("the marketplace does not let it be rejected")]
    RejectionNotOffered,
    /// It is answered or closed, so there is nothing to reject.
    #[error("it needs no answer, so there is nothing to reject")]
    NothingToReject,
    /// The question was rejected from here.
    #[error("the question was rejected")]
    QuestionRejected,
    /// There is no answer of ours to edit.
    #[error("there is no answer of ours to edit")]
    NothingToEdit,
    /// The marketplace has no call that edits an answer.
    #[error("the marketplace does not let an answer be edited")]
    EditNotOffered,
    /// The one edit was used.
    #[error("the answer was already edited once")]
    EditSpent,
    /// More than 60 days have passed since the answer.
    #[error("the time for editing has passed")]
    EditWindowClosed,
    /// What is written to an erased buyer could not be kept, so it cannot be sent either.
    #[error("the buyer's data was erased")]
    BuyerErased,
    /// The reference of an erasure is kept for ever and in clear, so it must not be able to name anybody.
    #[error("a reference has at most {REFERENCE_CHARS_MAX} digits, Latin letters, and -/.№")]
    Reference,
}

/// Longest reference of an erasure, in characters: a UUID or a number with a date.
pub const REFERENCE_CHARS_MAX: usize = 40;
