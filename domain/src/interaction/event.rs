//! What happens to an interaction. Events come first because they are the storage format.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray, VariantNames};

use super::deadline::Deadline;
use super::draft::{DismissReason, DraftOrigin};
use super::lineage::Lineage;
use super::reply::ReplyKind;
use crate::guardrail::{Passed, Refused};
use crate::value::{
    BulkId, ChatMessage, Content, DraftId, Links, ObservedAnswer, OutgoingFile, Personal, ReplyId,
    Source,
};

/// Stored as JSON: a name or field here may be added to, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "type")]
pub enum InteractionEvent {
    /// The interaction was read from its marketplace for the first time.
    Ingested {
        /// Where it is from.
        source: Source,
        /// What the buyer left.
        content: Content,
    },
    /// The buyer changed what they had left, or the marketplace told more.
    ContentRevised {
        /// What stands there now.
        content: Content,
    },
    /// The marketplace told what it belongs with, or told more of that.
    Linked {
        /// All that is known by now.
        links: Links,
    },
    /// The marketplace counts it as dealt with although it has no answer, or closed the chat.
    Closed {
        /// Why it needs no answer any more.
        reason: CloseReason,
    },
    /// A person opened it here for the first time, and the marketplace is to be told.
    Viewed,
    /// Somebody wants a draft, or another one.
    DraftRequested {
        /// The interaction's basis when they asked.
        basis: u32,
        /// How often a draft was asked for by now.
        asked: u32,
    },
    /// A reply text was laid before the operator.
    DraftProposed {
        /// The draft's id.
        draft_id: DraftId,
        /// The proposed text.
        text: Personal<String>,
        /// Who or what wrote it.
        source: DraftSource,
        /// How it came about; none where that was not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Box<DraftOrigin>>,
    },
    /// An operator did not want a draft.
    DraftDismissed {
        /// The draft.
        draft_id: DraftId,
        /// Why.
        reason: DismissReason,
    },
    /// Somebody decided to answer: the intent, before anything is sent.
    ReplyRequested {
        /// This version's id.
        reply_id: ReplyId,
        /// The text to send, exactly; empty when there are only files.
        text: Personal<String>,
        /// The draft that whoever asked says it grew from.
        draft_id: Option<DraftId>,
        /// Which draft it was measured against and how far it is from it; none where there was none to measure it
        /// against, and before that was kept. Kept here, since nobody can measure it once the words are erased.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lineage: Option<Lineage>,
        /// The version of what the seller has settled about automatic replies, by which it goes out; none where a
        /// person asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        automation: Option<u32>,
        /// The bulk that it is a part of; none where it was asked for alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bulk_id: Option<BulkId>,
        /// The files to send with it; chats only.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Personal<OutgoingFile>>,
        /// What the guardrails had to say of it; none where it was asked for before there were any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guardrails: Option<Passed>,
        /// Until when it can be taken back and nothing is sent; none when it goes out at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held_until: Option<DateTime<Utc>>,
    },
    /// Somebody decided to change the answer that stands.
    ReplyEditRequested {
        /// This version's id.
        reply_id: ReplyId,
        /// The version it replaces.
        replaces: ReplyId,
        /// The text to send, exactly.
        text: Personal<String>,
        /// What the guardrails had to say of it; none where it was asked for before there were any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guardrails: Option<Passed>,
        /// Until when it can be taken back and nothing is sent; none when it goes out at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held_until: Option<DateTime<Utc>>,
    },
    /// Somebody decided not to answer the question but to have the marketplace take it down.
    RejectionRequested {
        /// This version's id.
        reply_id: ReplyId,
        /// The words that go with it, exactly; buyers do not see them.
        text: Personal<String>,
        /// Until when it can be taken back and nothing is sent; none when it goes out at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held_until: Option<DateTime<Utc>>,
    },
    /// The guardrails refused a text that somebody wanted to send, and nothing was asked for. Once for a text and a
    /// version of the guardrails, however often it is tried.
    ReplyRefused {
        /// What it would have become.
        kind: ReplyKind,
        /// The text, exactly.
        text: Personal<String>,
        /// What the guardrails had against it.
        guardrails: Refused,
    },
    /// What was held goes out: its time has come, or a person would not wait. From here on it cannot be taken back.
    ReplyReleased {
        /// The version.
        reply_id: ReplyId,
    },
    /// What was held was taken back, and nothing of it was sent.
    ReplyCancelled {
        /// The version.
        reply_id: ReplyId,
        /// Why.
        reason: CancelReason,
    },
    /// The marketplace accepted the answer. That is no proof that buyers see it.
    ReplySent {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// When the marketplace answered.
        accepted_at: DateTime<Utc>,
        /// The marketplace's id of it, where it gives one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
    },
    /// The marketplace accepted the edit.
    ReplyEdited {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// When the marketplace answered.
        accepted_at: DateTime<Utc>,
        /// The marketplace's id of it, where it gives one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
    },
    /// The marketplace accepted the rejection. That is no proof that the question is taken down.
    RejectionSent {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// When the marketplace answered.
        accepted_at: DateTime<Utc>,
    },
    /// An attempt ended without anybody knowing whether it took effect. Settled by reading, never by repeating.
    ReplyOutcomeUnknown {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// What is known about it.
        reason: UnknownReason,
        /// When the last byte may have left.
        at: DateTime<Utc>,
    },
    /// Reading showed twice, long enough after the attempt, that it had no effect: it may be sent again.
    ReplyConfirmedAbsent {
        /// The version.
        reply_id: ReplyId,
        /// The attempt that had no effect.
        attempt: u32,
        /// When the marketplace was read, each time without finding it.
        read_at: Vec<DateTime<Utc>>,
    },
    /// An attempt to answer definitely had no effect.
    ReplySendFailed {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// Why.
        failure: SendFailure,
        /// The marketplace's own words, which may quote what was written.
        marketplace_text: Option<Personal<String>>,
        /// When the next attempt is due; none when a person must act.
        retry_at: Option<DateTime<Utc>>,
        /// What was seen at the marketplace before it was left to a person, oldest first; empty where nothing had to be
        /// looked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        looks: Vec<Look>,
    },
    /// An attempt to edit definitely had no effect.
    ReplyEditFailed {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// Why.
        failure: SendFailure,
        /// The marketplace's own words, which may quote what was written.
        marketplace_text: Option<Personal<String>>,
        /// When the next attempt is due; none when a person must act.
        retry_at: Option<DateTime<Utc>>,
        /// What was seen at the marketplace before it was left to a person, oldest first; empty where nothing had to be
        /// looked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        looks: Vec<Look>,
    },
    /// The text was seen at the marketplace, published.
    ReplyPublished {
        /// The version.
        reply_id: ReplyId,
        /// When it was seen there.
        seen_at: DateTime<Utc>,
    },
    /// A person looked at the marketplace and says that it stands there, where reading could not tell.
    ReplyMarkedSent {
        /// The version.
        reply_id: ReplyId,
        /// What it is.
        kind: ReplyKind,
        /// When the person said so.
        at: DateTime<Utc>,
    },
    /// A person looked at the marketplace and says that it does not stand there, where reading could not tell: it is
    /// sent again.
    ReplyRetryRequested {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt is to be made.
        attempt: u32,
        /// What the guardrails had to say of it; none of what they do not check.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guardrails: Option<Passed>,
    },
    /// The question was seen at the marketplace, taken down as we had asked.
    RejectionConfirmed {
        /// The version.
        reply_id: ReplyId,
        /// When it was seen there.
        seen_at: DateTime<Utc>,
    },
    /// The marketplace's moderation refused the text. Final: the same text is not sent again.
    ReplyModerationFailed {
        /// The version.
        reply_id: ReplyId,
        /// The marketplace's code, or ours where it gives none.
        code: String,
        /// The marketplace's own words, which may quote what was written.
        marketplace_text: Option<Personal<String>>,
    },
    /// An answer stands at the marketplace that did not come from here.
    ReplyObserved {
        /// What stands there.
        answer: ObservedAnswer,
        /// When it was seen there.
        seen_at: DateTime<Utc>,
        /// Which of the answers that did not come from here it is, from 0: one keeps its number while its moderation
        /// goes on, so that it is known without its text.
        #[serde(default)]
        ordinal: u32,
    },
    /// A message was read in the chat for the first time, whoever wrote it.
    MessageReceived {
        /// What stands there.
        message: ChatMessage,
        /// The version of ours that it is.
        reply_id: Option<ReplyId>,
        /// When it was seen there.
        seen_at: DateTime<Utc>,
    },
    /// What the marketplace had closed can be written in again.
    Reopened,
    /// A buyer who waits was promised an answer, by the seller's policy; or by when they were is different, since they
    /// said more or the policy changed.
    DeadlineSet {
        /// How much had been said, as [`Answering::said`](super::Answering::said) counts.
        said: u32,
        /// By when.
        deadline: Deadline,
        /// It was past when the words came in, which are history, or when a policy that is new came to hold for them. So
        /// nobody is alarmed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        was_past: bool,
    },
    /// The time to answer is running out. Once for a deadline, and not of what is most urgent anyway.
    SlaEscalated {
        /// By when an answer was promised.
        answer_by: DateTime<Utc>,
    },
    /// The time to answer has passed, and nobody has answered. Once for a deadline.
    SlaBreached {
        /// By when an answer was promised.
        answer_by: DateTime<Utc>,
    },
    /// The buyer's data was erased: its key no longer exists, so whatever was sealed under it reads as erased.
    BuyerErased {
        /// On what ground.
        ground: ErasureGround,
        /// Number of the request or order that it rests on; never says who it was.
        reference: Option<String>,
    },
}

/// On what ground a buyer's data is erased (152-ФЗ, article 21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ErasureGround {
    /// The person asked for it.
    PersonsRequest,
    /// The person withdrew a consent.
    ConsentWithdrawn,
    /// An authority or a court ordered it.
    Order,
    /// What the data was kept for has ended.
    PurposeEnded,
    /// The key was found destroyed: this log was restored to a time before the erasure.
    KeyFoundDestroyed,
}

/// Why an interaction needs no answer any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The marketplace lists it as processed (Wildberries: archived after 30 days, or without text and picture).
    ProcessedByMarketplace,
    /// The marketplace closed the chat.
    ChatClosed,
    /// The question was rejected at the marketplace, not from here.
    RejectedElsewhere,
    /// The buyer was erased, so nothing can be written to them from here any more.
    BuyerErased,
}

/// Why a reply that was held was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CancelReason {
    /// A person wanted it back.
    ByPerson,
    /// The buyer wrote again, or changed what they had left: the reply was written without knowing that.
    BuyerWrote,
    /// An answer stands at the marketplace that did not come from here, or the question was taken down there.
    AnsweredElsewhere,
    /// The marketplace closed the chat.
    ChatClosed,
    /// The buyer's data was erased, and the text with it.
    BuyerErased,
    /// Nobody had asked for it but the seller's rules, and the seller wants nothing answered without a person any more.
    AutomationStopped,
}

/// Who or what wrote a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DraftSource {
    /// An operator, or a program that acts for one.
    Operator,
    /// Nobody: it is a template.
    Template,
    /// A language model.
    Model,
}

/// What is known about an attempt whose outcome is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UnknownReason {
    /// No answer within the time limit, after the request may have left.
    Timeout,
    /// The connection broke after the request may have left.
    ConnectionLost,
    /// The marketplace answered with an error of its own (5xx), which may come after the effect.
    MarketplaceError,
    /// The answer could not be read.
    MalformedAnswer,
    /// The process that was sending died.
    SenderLost,
}

/// Why an attempt definitely had no effect.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SendFailure {
    /// The marketplace could not be reached.
    Unavailable,
    /// The account's key is not accepted (401).
    Unauthorized,
    /// The account's key does not open this channel (403).
    NoRight,
    /// The seller's plan at the marketplace does not include this channel (403).
    ClosedByPlan,
    /// The marketplace wants to be paid first (402).
    PaymentRequired,
    /// The marketplace refused the request (400).
    BadRequest,
    /// The marketplace does not know the interaction any more.
    NotFound,
    /// Somebody answered at the marketplace meanwhile.
    AnsweredElsewhere,
    /// Accepted, but not to be seen when the reply pending window had passed.
    NotPublished,
    /// Sent as often as allowed and each time found absent.
    NeverArrived,
    /// Its outcome was not known, and a day of reading could not tell it.
    Unprovable,
    /// The buyer's data was erased, and the text with it.
    Erased,
    /// A file that it carries is not kept here any more.
    FileGone,
}

impl SendFailure {
    /// Tells whether trying again by itself can help.
    #[must_use]
    pub fn is_transient(self) -> bool {
        match self {
            Self::Unavailable => true,
            Self::Unauthorized
            | Self::NoRight
            | Self::ClosedByPlan
            | Self::PaymentRequired
            | Self::BadRequest
            | Self::NotFound
            | Self::AnsweredElsewhere
            | Self::NotPublished
            | Self::NeverArrived
            | Self::Unprovable
            | Self::Erased
            | Self::FileGone => false,
        }
    }

    /// Tells whether reading could not tell if it stands there: a person who looks says what it is.
    #[must_use]
    pub fn leaves_doubt(self) -> bool {
        matches!(self, Self::NotPublished | Self::NeverArrived | Self::Unprovable)
    }
}

/// One look for a reply at the marketplace that did not find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When.
    pub at: DateTime<Utc>,
    /// What was there instead.
    pub saw: Saw,
}

/// What a look saw instead of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Saw {
    /// The interaction, without the reply.
    Absent,
    /// The marketplace does not give the interaction.
    ItemGone,
    /// The marketplace gives what the reply may be in, and it cannot be read.
    Unreadable,
}
