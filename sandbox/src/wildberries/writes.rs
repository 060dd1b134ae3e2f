//! Writing calls: which there are, and what they have in common. Each is in the ledger before it is answered.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::answers::{self, AnswerRequest};
use super::chat_writes::{self, MessageRequest};
use super::claim_writes::{self, ClaimRequest};
use super::entry::Entry;
use super::gate::Passage;
use super::question_writes::{self, QuestionPatch};
use super::{Call, Endpoint};
use crate::exchange::Outcome;
use crate::faults::Fault;

/// A writing request as it was read, or why it could not be.
pub(super) enum Write {
    Answer(Result<AnswerRequest, String>),
    Question(Result<QuestionPatch, &'static str>),
    Message(Result<MessageRequest, String>),
    Claim(Result<ClaimRequest, String>),
}

/// The moments of an accepted write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) applies_at: DateTime<Utc>,
    /// From when on reads show it.
    pub(super) visible_at: DateTime<Utc>,
    /// Until when it is `reviewRequired`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) moderated_at: Option<DateTime<Utc>>,
    /// How moderation ends.
    #[serde(default)]
    pub(super) rejected: bool,
}

/// How moderation of something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moderation {
    pub(super) lasts: Duration,
    pub(super) rejects: bool,
}

impl Write {
    /// Reads the call; none when it does not write.
    pub(super) fn parse(call: &Call) -> Option<Self> {
        match call.endpoint {
            Endpoint::Answer | Endpoint::EditAnswer => {
                Some(Self::Answer(AnswerRequest::parse(call)))
            }
            Endpoint::PatchQuestion => Some(Self::Question(QuestionPatch::parse(call))),
            Endpoint::Message => Some(Self::Message(MessageRequest::parse(call))),
            Endpoint::Claim => Some(Self::Claim(ClaimRequest::parse(call))),
            Endpoint::Ping(_)
            | Endpoint::NewFeedbacksQuestions
            | Endpoint::CountUnanswered
            | Endpoint::Count
            | Endpoint::Feedbacks
            | Endpoint::Feedback
            | Endpoint::Archive
            | Endpoint::QuestionsCountUnanswered
            | Endpoint::QuestionsCount
            | Endpoint::Questions
            | Endpoint::Question
            | Endpoint::Chats
            | Endpoint::Events
            | Endpoint::Download
            | Endpoint::Claims
            | Endpoint::SellerInfo => None,
        }
    }

    /// What the request is about; nothing when it could not be read.
    pub(super) fn target(&self) -> &str {
        let target = match self {
            Self::Answer(request) => request.as_ref().ok().map(|request| &request.id),
            Self::Question(request) => request.as_ref().ok().map(|request| &request.id),
            Self::Message(request) => request.as_ref().ok().map(|request| &request.reply_sign),
            Self::Claim(request) => request.as_ref().ok().map(|request| &request.id),
        };
        target.map_or("", String::as_str)
    }

    /// Carries the request out, unless it is refused.
    pub(super) fn handle(
        self,
        passage: &mut Passage<'_>,
        seller: &str,
        refusal: Option<Outcome>,
    ) -> Outcome {
        match self {
            Self::Answer(request) => answers::handle(passage, seller, request, refusal),
            Self::Question(request) => question_writes::handle(passage, seller, request, refusal),
            Self::Message(request) => chat_writes::handle(passage, seller, request, refusal),
            Self::Claim(request) => claim_writes::handle(passage, seller, request, refusal),
        }
    }
}

impl Schedule {
    /// At once and in public.
    pub(super) fn at_once(now: DateTime<Utc>) -> Self {
        Self { applies_at: now, visible_at: now, moderated_at: None, rejected: false }
    }

    /// From when on the buyer sees it, unless it is rejected.
    pub(super) fn public_from(&self) -> DateTime<Utc> {
        self.shown_from().max(self.moderated_at.unwrap_or(self.applies_at))
    }

    /// From when on reads show it.
    pub(super) fn shown_from(&self) -> DateTime<Utc> {
        self.applies_at.max(self.visible_at)
    }
}

impl Passage<'_> {
    /// When an accepted write takes effect and is seen, after the faults that delay it.
    pub(super) fn schedule(&mut self) -> Schedule {
        let mut delay =
            |fault| self.world.faults.fires(fault, &self.key).map(|firing| firing.drawn());
        let (applies_in, visible_in) = (delay(Fault::ApplyLate), delay(Fault::VisibleLate));
        let applies_at = after(self.now, applies_in);
        let visible_at = after(applies_at, visible_in);
        Schedule { applies_at, visible_at, moderated_at: None, rejected: false }
    }

    /// How moderation goes, when there is any.
    pub(super) fn moderation(&mut self) -> Option<Moderation> {
        let mut lasts =
            |fault| self.world.faults.fires(fault, &self.key).map(|firing| firing.exactly());
        let rejects = lasts(Fault::Rejected).map(|lasts| Moderation { lasts, rejects: true });
        rejects.or_else(|| {
            lasts(Fault::ReviewRequired).map(|lasts| Moderation { lasts, rejects: false })
        })
    }

    /// Puts a write and its outcome in the ledger; one that cannot be written did not happen.
    pub(super) fn record(&mut self, entry: Entry, outcome: Outcome) -> Outcome {
        match self.world.record(vec![entry.into()]) {
            Ok(()) => outcome,
            Err(_) => self.internal_error("the ledger cannot be written, nothing was applied"),
        }
    }
}

/// A moment later by a delay, if there is one.
pub(super) fn after(moment: DateTime<Utc>, delay: Option<Duration>) -> DateTime<Utc> {
    let delay = TimeDelta::from_std(delay.unwrap_or_default()).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
