//! Which event gave the buyer's first words their answer, and which took it away again.

use chrono::{DateTime, Utc};
use domain::ReplyId;
use domain::interaction::{Answering, InteractionEvent};
use domain::value::MessageAuthor;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::{Asked, Row};
use crate::fold::time;

/// An answer to the buyer's first words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::metric) struct Answer {
    at: DateTime<Utc>,
    /// The version of ours; none of an answer that is not from here.
    reply_id: Option<ReplyId>,
    /// When the words were written; none where it is not known when the answer was.
    since: Option<DateTime<Utc>>,
}

impl Answer {
    /// Tells which answer an event is, as answering counts: one that stands, or in a chat one that answered what was
    /// said by then, though the buyer has written again.
    pub(super) fn by(
        before: &Answering,
        now: &Answering,
        event: &InteractionEvent,
    ) -> Option<Self> {
        let since = before.waits_since.or(now.waits_since)?;
        let is_next = before.waits_since.is_some() && now.waits_since != before.waits_since;
        let ours = |reply_id: &ReplyId, at: &DateTime<Utc>| Self {
            at: time::kept(*at),
            reply_id: Some(*reply_id),
            since: Some(since),
        };
        let answer = match event {
            InteractionEvent::ReplySent { reply_id, accepted_at, .. }
            | InteractionEvent::ReplyEdited { reply_id, accepted_at, .. } => {
                ours(reply_id, accepted_at)
            }
            InteractionEvent::ReplyPublished { reply_id, seen_at } => ours(reply_id, seen_at),
            InteractionEvent::ReplyMarkedSent { reply_id, at, .. } => ours(reply_id, at),
            // When it was given the marketplace does not tell.
            InteractionEvent::ReplyObserved { seen_at, .. } => {
                Self { at: time::kept(*seen_at), reply_id: None, since: None }
            }
            InteractionEvent::MessageReceived { message, reply_id, .. } => match message.author {
                MessageAuthor::Seller => Self {
                    at: time::kept(message.sent_at),
                    reply_id: *reply_id,
                    since: Some(since),
                },
                // The seller's message, which is the later one, was read before the buyer's.
                MessageAuthor::Buyer if now.observed_stands => {
                    Self { at: now.seller_wrote_at?, reply_id: None, since: Some(since) }
                }
                MessageAuthor::Buyer | MessageAuthor::Marketplace => return None,
            },
            InteractionEvent::Ingested { .. }
            | InteractionEvent::ContentRevised { .. }
            | InteractionEvent::Linked { .. }
            | InteractionEvent::Closed { .. }
            | InteractionEvent::Reopened
            | InteractionEvent::Viewed
            | InteractionEvent::DraftRequested { .. }
            | InteractionEvent::DraftProposed { .. }
            | InteractionEvent::DraftDismissed { .. }
            | InteractionEvent::ReplyRequested { .. }
            | InteractionEvent::ReplyEditRequested { .. }
            | InteractionEvent::RejectionRequested { .. }
            | InteractionEvent::ReplyRefused { .. }
            | InteractionEvent::ReplyReleased { .. }
            | InteractionEvent::ReplyCancelled { .. }
            | InteractionEvent::RejectionSent { .. }
            | InteractionEvent::ReplyOutcomeUnknown { .. }
            | InteractionEvent::ReplyConfirmedAbsent { .. }
            | InteractionEvent::ReplySendFailed { .. }
            | InteractionEvent::ReplyEditFailed { .. }
            | InteractionEvent::ReplyRetryRequested { .. }
            | InteractionEvent::RejectionConfirmed { .. }
            | InteractionEvent::ReplyModerationFailed { .. }
            | InteractionEvent::DeadlineSet { .. }
            | InteractionEvent::SlaEscalated { .. }
            | InteractionEvent::SlaBreached { .. }
            | InteractionEvent::BuyerErased { .. } => return None,
        };
        (answer.stands(now) || is_next).then_some(answer)
    }

    /// Tells whether it stands: under a review or a question one of ours and one from elsewhere do so apart.
    fn stands(&self, now: &Answering) -> bool {
        if now.is_chat { now.is_answered() } else { stands(self.reply_id.is_some(), now) }
    }
}

/// Tells whether an answer of ours, or one from elsewhere, stands under a review or a question.
fn stands(is_ours: bool, now: &Answering) -> bool {
    if is_ours { now.answer_stands } else { now.observed_stands }
}

impl Row {
    /// Tells whether the answer does not stand any more. In a chat later messages stand for themselves.
    pub(super) fn has_lost_answer(&self, now: &Answering, event: &InteractionEvent) -> bool {
        let is_given_up =
            if let InteractionEvent::ReplySendFailed { reply_id, retry_at: None, .. }
            | InteractionEvent::ReplyModerationFailed { reply_id, .. } = event
            {
                self.reply_id == Some(reply_id.0)
            } else {
                false
            };
        let stands = if now.is_chat { !is_given_up } else { stands(self.reply_id.is_some(), now) };
        self.answered_at.is_some() && !stands
    }

    /// Takes in an answer. The first that stands counts; under a review or a question another may stand beside it, which
    /// counts once the first is lost.
    pub(super) fn with_other(mut self, now: &Answering, answer: Option<Answer>) -> Self {
        let counted = self.answered_at.map(|_| self.reply_id.is_some());
        let other = self.other_answer.take().map(|Json(other)| other);
        let other = other.filter(|other| other.stands(now));
        let other = other.or(answer.filter(|answer| counted != Some(answer.reply_id.is_some())));
        match other {
            Some(answer) if self.answered_at.is_none() => self.answered(&answer),
            other => Self { other_answer: other.filter(|_| !now.is_chat).map(Json), ..self },
        }
    }

    pub(super) fn answered(self, answer: &Answer) -> Self {
        let asked = answer
            .reply_id
            .map(|reply_id| self.asked.get(&reply_id.0).cloned().unwrap_or_default());
        let by = match &asked {
            None => "elsewhere",
            Some(asked) if asked.is_automatic => "automatic",
            Some(_) => "operator",
        };
        let seconds =
            |since: DateTime<Utc>| answer.at.signed_duration_since(since).num_seconds().max(0);
        let Asked { operator, outcome, changed, .. } = asked.unwrap_or_default();
        Self {
            answered_at: Some(answer.at),
            answered_by: Some(by.to_owned()),
            reply_id: answer.reply_id.map(|reply_id| reply_id.0),
            operator,
            outcome,
            changed,
            waited_seconds: answer.since.map(seconds),
            handled_seconds: self.read_at.filter(|_| answer.reply_id.is_some()).map(seconds),
            ..self
        }
    }

    pub(super) fn unanswered(self) -> Self {
        Self {
            answered_at: None,
            answered_by: None,
            reply_id: None,
            operator: None,
            outcome: None,
            changed: None,
            waited_seconds: None,
            handled_seconds: None,
            ..self
        }
    }

    /// Forgets how a later message of a chat was asked for once it was taken: a row would grow with the chat.
    pub(super) fn forgetting(mut self, event: &InteractionEvent) -> Self {
        if self.answering.is_chat
            && let InteractionEvent::ReplySent { reply_id, .. }
            | InteractionEvent::ReplyPublished { reply_id, .. } = event
            && self.answered_at.is_some()
            && self.reply_id != Some(reply_id.0)
        {
            self.asked.remove(&reply_id.0);
        }
        self
    }
}
