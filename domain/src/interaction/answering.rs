//! How far answering has come: whether a buyer waits, since when, and what was promised them. It rests on nothing that
//! can be erased, so that the rules and the read models say the same of it for ever.

mod promise;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

pub use self::promise::Promise;
use super::event::{InteractionEvent, SendFailure};
use super::reply::{ReplyKind, ReplyState};
use crate::value::{Channel, ChatMessage, MessageAuthor, ObservedState, ReplyId};

/// Where an interaction stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// Nobody has answered.
    Waiting,
    /// A reply waits for its time.
    Held,
    /// A reply is on its way, or nobody knows yet what became of it.
    Replying,
    /// An answer stands.
    Responded,
    /// A reply did not reach the buyer, and a person must act.
    Failed,
    /// It needs no answer any more.
    Closed,
}

/// How far answering has come. Times are those that a database keeps: in microseconds. Read models keep it as JSON: a
/// name here may be added to, never changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answering {
    /// Many replies one after another instead of one answer.
    pub is_chat: bool,
    /// The marketplace counts it as dealt with, or has closed the chat.
    pub closed: bool,
    /// The first version of ours, whose refusal leaves the buyer without an answer; an edit's refusal does not.
    pub answer_id: Option<ReplyId>,
    /// The newest version of ours that was let out.
    pub reply_id: Option<ReplyId>,
    /// How far the newest version has come.
    pub reply_state: Option<ReplyState>,
    /// Until when a version that is held can be taken back; none where none is.
    pub held_until: Option<DateTime<Utc>>,
    /// The marketplace took an answer of ours, though it may not be visible yet.
    pub answer_stands: bool,
    /// An answer stands at the marketplace that did not come from here.
    pub observed_stands: bool,
    /// When the buyer's last message of a chat was sent.
    pub buyer_wrote_at: Option<DateTime<Utc>>,
    /// A message of the buyer came in after the newest reply was asked for, which therefore does not answer it.
    pub buyer_wrote_since: bool,
    /// When the seller's last message of a chat that is not from here was sent.
    pub seller_wrote_at: Option<DateTime<Utc>>,
    /// Since when the buyer waits, or last waited: when the first of their words was written that nobody had answered.
    /// A reply that fails lets them wait on; one that was sent to somebody who did not wait makes it none.
    pub waits_since: Option<DateTime<Utc>>,
    /// When the first message was sent that came in after the newest reply was asked for: since then the buyer waits once
    /// that reply is taken.
    pub waits_next: Option<DateTime<Utc>>,
    /// Counts what a deadline follows from: the buyer's words, and what a model read in them otherwise than the deadline.
    pub said: u32,
    /// What was promised for this wait.
    pub promised: Option<Promise>,
}

impl Answering {
    /// Takes in the next event.
    #[must_use]
    pub fn after(self, event: &InteractionEvent) -> Self {
        let mut next = self.taking(event);
        // What was promised for another wait is kept by nobody.
        let since = next.waits_since;
        next.promised = next.promised.filter(|promise| Some(promise.deadline.since) == since);
        next
    }

    /// Says in one word where the interaction stands.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.reply_state {
            _ if self.held_until.is_some() => Status::Held,
            Some(state) if state.is_in_flight() => Status::Replying,
            // Nobody can write in it any more.
            _ if self.closed && self.is_chat => Status::Closed,
            _ if self.is_answered() => Status::Responded,
            _ if self.has_failed() => Status::Failed,
            _ if self.closed => Status::Closed,
            _ => Status::Waiting,
        }
    }

    /// Tells whether a person must act.
    #[must_use]
    pub fn needs_response(&self) -> bool {
        let status = self.status();
        // A chat that the seller began waits for the buyer.
        let waits = !self.is_chat || self.buyer_wrote_at.is_some() || status == Status::Failed;
        waits && matches!(status, Status::Failed | Status::Waiting)
    }

    /// Tells whether the buyer waits: no answer stands, whether or not one is asked for. Of one whose outcome is not
    /// known nobody can say that the buyer has not got it.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        let is_open = !self.closed || (self.has_failed() && !self.is_chat);
        let is_unknown = self.reply_state == Some(ReplyState::Unknown);
        self.waits_since.is_some() && is_open && !is_unknown && !self.is_answered()
    }

    /// Tells whether an answer stands, whoever gave it.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answer_stands || self.observed_stands
    }

    fn has_failed(&self) -> bool {
        matches!(self.reply_state, Some(ReplyState::Failed | ReplyState::Rejected))
    }

    fn taking(self, event: &InteractionEvent) -> Self {
        use InteractionEvent as Event;

        match event {
            Event::Ingested { source, .. } => {
                let is_chat = source.channel == Channel::Chat;
                // What is said in a chat comes message by message.
                let waits_since = (!is_chat).then(|| kept(source.occurred_at));
                Self { is_chat, waits_since, ..Self::default() }
            }
            Event::ContentRevised { .. } if !self.is_chat => self.saying(),
            Event::Closed { .. } => Self { closed: true, ..self },
            Event::Reopened => Self { closed: false, ..self },
            Event::DraftProposed { origin, .. } => {
                // Words that talk to a model are read by our own rules.
                let origin = origin.as_deref().filter(|origin| !origin.is_attacked);
                let read = origin.and_then(|origin| origin.analysis.as_ref());
                let is_other = read.is_some_and(|read| self.is_promised_otherwise(read.priority));
                if is_other { self.saying() } else { self }
            }
            Event::ReplyRequested { reply_id, held_until, .. } => {
                Self { answer_id: Some(*reply_id), ..self.asking(*reply_id, *held_until) }
            }
            Event::ReplyEditRequested { reply_id, held_until, .. }
            | Event::RejectionRequested { reply_id, held_until, .. } => {
                self.asking(*reply_id, *held_until)
            }
            Event::ReplyReleased { reply_id } | Event::ReplyRetryRequested { reply_id, .. } => {
                self.asking(*reply_id, None)
            }
            Event::ReplyCancelled { .. } => Self { held_until: None, ..self },
            Event::RejectionSent { reply_id, .. }
            | Event::ReplyMarkedSent { reply_id, kind: ReplyKind::Rejection, .. } => {
                Self { closed: true, ..self.noting(*reply_id, ReplyState::Sent) }
            }
            Event::RejectionConfirmed { reply_id, .. } => {
                Self { closed: true, ..self.noting(*reply_id, ReplyState::Published) }
            }
            Event::ReplyConfirmedAbsent { reply_id, .. }
            | Event::ReplySendFailed { reply_id, retry_at: Some(_), .. }
            | Event::ReplyEditFailed { reply_id, retry_at: Some(_), .. } => {
                self.noting(*reply_id, ReplyState::Sending)
            }
            Event::ReplySent { reply_id, .. }
            | Event::ReplyMarkedSent { reply_id, .. }
            | Event::ReplyEdited { reply_id, .. } => {
                self.answered_by(*reply_id).noting(*reply_id, ReplyState::Sent)
            }
            Event::ReplyPublished { reply_id, .. } => {
                self.answered_by(*reply_id).noting(*reply_id, ReplyState::Published)
            }
            Event::ReplyOutcomeUnknown { reply_id, .. } => {
                self.noting(*reply_id, ReplyState::Unknown)
            }
            // What was said before does not make up for a message that did not reach the buyer.
            Event::ReplySendFailed { reply_id, .. } if self.is_chat => {
                self.unanswered().noting(*reply_id, ReplyState::Failed)
            }
            Event::ReplyModerationFailed { reply_id, .. } if self.is_chat => {
                self.unanswered().noting(*reply_id, ReplyState::Rejected)
            }
            Event::ReplySendFailed { reply_id, failure: SendFailure::NotPublished, .. } => {
                Self { answer_stands: false, ..self.noting(*reply_id, ReplyState::Failed) }
            }
            Event::ReplySendFailed { reply_id, .. } | Event::ReplyEditFailed { reply_id, .. } => {
                self.noting(*reply_id, ReplyState::Failed)
            }
            // A refused edit leaves the answer standing; a refused answer leaves the buyer without one.
            Event::ReplyModerationFailed { reply_id, .. } => Self {
                answer_stands: self.answer_stands && self.answer_id != Some(*reply_id),
                ..self.noting(*reply_id, ReplyState::Rejected)
            },
            Event::ReplyObserved { answer, .. } => {
                Self { observed_stands: answer.state != ObservedState::Rejected, ..self }
            }
            Event::MessageReceived { message, reply_id, .. } => self.hearing(message, *reply_id),
            Event::DeadlineSet { said, deadline, was_past } => {
                self.promising(*said, deadline, *was_past)
            }
            Event::SlaEscalated { answer_by } => self.noting_escalation(*answer_by),
            Event::SlaBreached { answer_by } => self.noting_breach(*answer_by),
            Event::BuyerErased { .. } => {
                // A reply that failed waits for nobody: it cannot be sent again.
                let reply_state = self.reply_state.filter(|_| !self.has_failed());
                Self { reply_state, ..self }
            }
            Event::ContentRevised { .. }
            | Event::Linked { .. }
            | Event::Viewed
            | Event::DraftRequested { .. }
            | Event::DraftDismissed { .. }
            | Event::ReplyRefused { .. } => self,
        }
    }

    fn saying(self) -> Self {
        Self { said: self.said.saturating_add(1), ..self }
    }

    /// Takes a new version for the newest. One that is held becomes that when it is let out: until then, and for good
    /// if it is taken back, what matters is what became of the one before.
    fn asking(self, reply_id: ReplyId, held_until: Option<DateTime<Utc>>) -> Self {
        if let Some(until) = held_until {
            return Self { held_until: Some(kept(until)), ..self };
        }
        // Whoever has their answer does not wait for what follows it.
        let waits_since = self.waits_since.filter(|_| !self.is_chat || !self.is_answered());
        Self {
            reply_id: Some(reply_id),
            reply_state: Some(ReplyState::Sending),
            held_until: None,
            buyer_wrote_since: false,
            waits_since,
            waits_next: None,
            ..self
        }
    }

    /// Notes how far a version has come; only the newest counts.
    fn noting(self, reply_id: ReplyId, state: ReplyState) -> Self {
        let is_newest = self.reply_id == Some(reply_id);
        Self { reply_state: if is_newest { Some(state) } else { self.reply_state }, ..self }
    }

    /// Notes that the marketplace took a version. In a chat the newest one answers what was known when it was asked
    /// for: what the buyer wrote meanwhile was not read by whoever wrote the reply, whatever the clocks say.
    fn answered_by(self, reply_id: ReplyId) -> Self {
        let is_newest = self.reply_id == Some(reply_id);
        let answers = !self.is_chat || (is_newest && !self.buyer_wrote_since);
        // What was said before it has its answer.
        let next = self.waits_next.filter(|_| is_newest);
        Self {
            answer_stands: self.answer_stands || answers,
            waits_since: next.or(self.waits_since),
            waits_next: self.waits_next.filter(|_| !is_newest),
            ..self
        }
    }

    fn unanswered(self) -> Self {
        Self { answer_stands: false, observed_stands: false, ..self }
    }

    /// Takes in a message of a chat.
    fn hearing(self, message: &ChatMessage, reply_id: Option<ReplyId>) -> Self {
        let sent_at = kept(message.sent_at);
        let is_followed_by_buyer = self.buyer_wrote_at.is_some_and(|wrote| wrote > sent_at);
        match (message.author, reply_id) {
            (MessageAuthor::Buyer, _) if is_followed_by_buyer => self.hearing_of_earlier(sent_at),
            (MessageAuthor::Buyer, _) => self.hearing_of_latest(sent_at),
            (MessageAuthor::Seller, Some(reply_id)) => self.answered_by(reply_id),
            (MessageAuthor::Seller, None) => {
                let has_answer = |since: &DateTime<Utc>| *since <= sent_at && is_followed_by_buyer;
                // Of what the buyer wrote between the two only the last is known for certain.
                let later = |since: Option<DateTime<Utc>>| {
                    if since.as_ref().is_some_and(has_answer) { self.buyer_wrote_at } else { since }
                };
                Self {
                    observed_stands: self.observed_stands || !is_followed_by_buyer,
                    seller_wrote_at: self.seller_wrote_at.max(Some(sent_at)),
                    waits_since: later(self.waits_since),
                    waits_next: later(self.waits_next),
                    ..self
                }
            }
            (MessageAuthor::Marketplace, _) => self,
        }
    }

    fn hearing_of_latest(self, sent_at: DateTime<Utc>) -> Self {
        let waits = self.buyer_wrote_at.is_some() && !self.is_answered();
        let is_in_flight = self.reply_state.is_some_and(ReplyState::is_in_flight);
        Self {
            waits_since: self.waits_since.filter(|_| waits).or(Some(sent_at)),
            waits_next: self.waits_next.or(is_in_flight.then_some(sent_at)),
            buyer_wrote_at: Some(sent_at),
            buyer_wrote_since: true,
            answer_stands: false,
            observed_stands: self.seller_wrote_at.is_some_and(|wrote| wrote >= sent_at),
            ..self.saying()
        }
    }

    /// A page may bring an older message later. It is what the buyer waits with, if nobody has written since; after a
    /// reply of ours nobody can say that.
    fn hearing_of_earlier(self, sent_at: DateTime<Utc>) -> Self {
        let is_unanswered = self.reply_id.is_none()
            && self.seller_wrote_at.is_none_or(|wrote| wrote < sent_at)
            && self.waits_since.is_some_and(|since| sent_at < since);
        if !is_unanswered {
            return self;
        }
        Self { waits_since: Some(sent_at), ..self.saying() }
    }
}

/// Cuts a time to what a database keeps of it.
pub(super) fn kept(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}
