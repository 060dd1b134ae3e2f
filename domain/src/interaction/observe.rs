//! What follows from reading an interaction at its marketplace: its content, and the answer that stands there.

use chrono::{DateTime, Utc};

use super::command::Ingest;
use super::event::{CloseReason, InteractionEvent, SendFailure};
use super::reply::{ReplyState, ReplyVersion};
use super::{Interaction, failed, taken};
use crate::value::{ObservedAnswer, ObservedState, same_words};

impl Interaction {
    pub(super) fn ingest(&self, reading: Ingest) -> Vec<InteractionEvent> {
        let Ingest { source, content, answer, processed, seen_at } = reading;
        let mut events = Vec::new();
        match &self.content {
            None => events.push(InteractionEvent::Ingested { source, content }),
            Some(known) if *known != content => {
                events.push(InteractionEvent::ContentRevised { content });
            }
            Some(_) => (),
        }
        match answer {
            Some(answer) => events.extend(self.observe(answer, seen_at)),
            None if processed && !self.closed && self.is_untouched() => events
                .push(InteractionEvent::Closed { reason: CloseReason::ProcessedByMarketplace }),
            None => (),
        }
        events
    }

    /// Matches an answer seen at the marketplace with the versions of ours.
    pub(super) fn observe(
        &self,
        answer: ObservedAnswer,
        seen_at: DateTime<Utc>,
    ) -> Vec<InteractionEvent> {
        let Some(text) = answer.text.known() else { return vec![] };
        if let Some(version) = self.replies.iter().rev().find(|v| v.says(text)) {
            return seen_own(version, &answer, seen_at);
        }
        let known = self.observed.as_ref().is_some_and(|seen| {
            seen.text.known().is_some_and(|known| same_words(known, text))
                && seen.state == answer.state
        });
        if known {
            return vec![];
        }
        // Somebody answered in the cabinet: a version of ours that is not there must not follow.
        let overtaken = self
            .replies
            .iter()
            .filter(|v| v.state.is_in_flight())
            .map(|v| failed(v, v.attempts.max(1), SendFailure::AnsweredElsewhere, None, None));
        let overtaken: Vec<_> = overtaken.collect();
        [InteractionEvent::ReplyObserved { answer, seen_at }].into_iter().chain(overtaken).collect()
    }

    /// Nothing of ours or anybody's stands or is under way.
    fn is_untouched(&self) -> bool {
        self.replies.is_empty() && self.observed.is_none()
    }
}

/// What follows from seeing `version` at the marketplace.
fn seen_own(
    version: &ReplyVersion,
    answer: &ObservedAnswer,
    seen_at: DateTime<Utc>,
) -> Vec<InteractionEvent> {
    let reply_id = version.reply_id;
    match (answer.state, version.state) {
        (ObservedState::Rejected, ReplyState::Rejected)
        | (ObservedState::Published, ReplyState::Published)
        | (
            ObservedState::InModeration,
            ReplyState::Sent | ReplyState::Published | ReplyState::Rejected,
        ) => vec![],
        (ObservedState::Rejected, _) => vec![InteractionEvent::ReplyModerationFailed {
            reply_id,
            code: "rejected".into(),
            marketplace_text: None,
        }],
        (ObservedState::Published, _) => {
            vec![InteractionEvent::ReplyPublished { reply_id, seen_at }]
        }
        (ObservedState::InModeration, _) => vec![taken(version, version.attempts.max(1), seen_at)],
    }
}
