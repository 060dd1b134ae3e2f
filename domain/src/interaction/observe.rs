//! What follows from reading an interaction at its marketplace: its content, and the answer that stands there.

use chrono::{DateTime, Utc};

use super::command::Ingest;
use super::event::{CancelReason, CloseReason, InteractionEvent, SendFailure};
use super::reply::{ReplyKind, ReplyState, ReplyVersion};
use super::{Circumstances, Interaction, failed, taken};
use crate::value::{Channel, ObservedAnswer, ObservedState, same_words};

impl Interaction {
    pub(super) fn ingest(&self, reading: Ingest) -> Vec<InteractionEvent> {
        if self.erased {
            // The marketplace shows the buyer's words again and again; nothing of them is kept.
            return vec![];
        }
        let Ingest { source, content, answer, chat, links, processed, seen_at } = reading;
        let mut events = Vec::new();
        let content = match &self.content {
            Some(known) if source.channel == Channel::Chat => content.kept_from(known),
            Some(_) | None => content,
        };
        match &self.content {
            None => events.push(InteractionEvent::Ingested { source, content }),
            Some(known) if known.differs_from(&content) => {
                let is_news = known.says_other_than(&content);
                events.push(InteractionEvent::ContentRevised { content });
                events.extend(self.taken_back(CancelReason::BuyerWrote).filter(|_| is_news));
            }
            Some(_) => (),
        }
        let links = links.kept_from(&self.links);
        if links != self.links {
            events.push(InteractionEvent::Linked { links });
        }
        match answer {
            Some(answer) => events.extend(self.observe(answer, seen_at)),
            None if processed && !self.closed && self.is_untouched() => events
                .push(InteractionEvent::Closed { reason: CloseReason::ProcessedByMarketplace }),
            None => (),
        }
        events.extend(self.read_chat(chat, seen_at));
        taken_back_once(events)
    }

    /// Matches an answer seen at the marketplace with the versions of ours.
    pub(super) fn observe(
        &self,
        answer: ObservedAnswer,
        seen_at: DateTime<Utc>,
    ) -> Vec<InteractionEvent> {
        let Some(text) = answer.text.known().filter(|_| !self.erased) else { return vec![] };
        if answer.state == ObservedState::RejectsQuestion {
            return self.observe_rejection(seen_at);
        }
        let is_answer = |v: &&ReplyVersion| v.kind != ReplyKind::Rejection && v.state.was_let_out();
        let mut answers = self.replies.iter().rev().filter(is_answer);
        if let Some(version) = answers.find(|v| v.is_seen_in(&answer, text)) {
            let stands = answer.state != ObservedState::Rejected;
            let overtaken = stands.then(|| self.overtaken_by(version)).into_iter().flatten();
            return seen_own(version, &answer, seen_at).into_iter().chain(overtaken).collect();
        }
        let says_the_same =
            |seen: &ObservedAnswer| seen.text.known().is_some_and(|known| same_words(known, text));
        let ordinal = match &self.observed {
            Some(seen) if says_the_same(seen) && seen.state == answer.state => return vec![],
            Some(seen) if says_the_same(seen) => self.observed_ordinal,
            Some(_) => self.observed_ordinal + 1,
            None => 0,
        };
        // Somebody answered in the cabinet: a version of ours that is not there must not follow.
        let overtaken: Vec<_> =
            self.replies.iter().filter(|v| v.state.is_open()).map(overtaken).collect();
        [InteractionEvent::ReplyObserved { answer, seen_at, ordinal }]
            .into_iter()
            .chain(overtaken)
            .collect()
    }

    /// A question that is taken down at the marketplace, by us or by somebody else. One rejection is as good as
    /// another, so the words that came with it do not matter.
    fn observe_rejection(&self, seen_at: DateTime<Utc>) -> Vec<InteractionEvent> {
        let is_own = |v: &&ReplyVersion| v.kind == ReplyKind::Rejection && v.state.was_let_out();
        let own = self.replies.iter().rfind(is_own);
        let end = match own {
            Some(own) if own.state == ReplyState::Published => return vec![],
            Some(own) => {
                Some(InteractionEvent::RejectionConfirmed { reply_id: own.reply_id, seen_at })
            }
            None if self.closed => None,
            None => Some(InteractionEvent::Closed { reason: CloseReason::RejectedElsewhere }),
        };
        // Of rejections only one that is held is as good as gone; one on its way has the same end.
        let is_overtaken = |v: &&ReplyVersion| {
            v.state == ReplyState::Held
                || (v.state.is_in_flight() && v.kind != ReplyKind::Rejection)
        };
        let others = self.replies.iter().filter(is_overtaken).map(overtaken);
        end.into_iter().chain(others).collect()
    }

    /// An earlier answer of ours that was believed lost and stands after all: no second answer may follow, and no
    /// rejection of what is answered.
    fn overtaken_by(&self, seen: &ReplyVersion) -> Option<InteractionEvent> {
        let is_other = |v: &&ReplyVersion| {
            v.kind != ReplyKind::Edit && v.state.is_open() && v.reply_id != seen.reply_id
        };
        let other = self.replies.iter().find(is_other)?;
        (seen.kind == ReplyKind::Answer).then(|| overtaken(other))
    }

    /// Nothing of ours or anybody's stands, is under way or is to come.
    fn is_untouched(&self) -> bool {
        self.nothing_let_out() && self.observed.is_none()
    }
}

/// Leaves only the first reason why what was held was taken back.
fn taken_back_once(mut events: Vec<InteractionEvent>) -> Vec<InteractionEvent> {
    let mut is_back = false;
    events.retain(|event| {
        let takes_back = matches!(event, InteractionEvent::ReplyCancelled { .. });
        !takes_back || !std::mem::replace(&mut is_back, true)
    });
    events
}

/// The end of a version that was overtaken by another answer.
fn overtaken(version: &ReplyVersion) -> InteractionEvent {
    if version.state == ReplyState::Held {
        let reason = CancelReason::AnsweredElsewhere;
        return InteractionEvent::ReplyCancelled { reply_id: version.reply_id, reason };
    }
    let attempt = version.attempts.max(1);
    failed(version, attempt, SendFailure::AnsweredElsewhere, Circumstances::default())
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
        // Told apart before anything is compared.
        (ObservedState::RejectsQuestion, _) => vec![],
        (ObservedState::Rejected, _) => vec![InteractionEvent::ReplyModerationFailed {
            reply_id,
            code: "rejected".into(),
            marketplace_text: answer.refusal.clone(),
        }],
        (ObservedState::Published, _) => {
            let published = InteractionEvent::ReplyPublished { reply_id, seen_at };
            Vec::from_iter(learned(version, answer, seen_at).into_iter().chain([published]))
        }
        (ObservedState::InModeration, _) => vec![now_taken(version, answer, seen_at)],
    }
}

/// That the marketplace took a version whose outcome was not known, where that tells the marketplace's id of it:
/// without it an edit could not name what it changes.
fn learned(
    version: &ReplyVersion,
    answer: &ObservedAnswer,
    seen_at: DateTime<Utc>,
) -> Option<InteractionEvent> {
    let is_news = !version.state.stands() && version.external_id.is_none();
    (is_news && answer.external_id.is_some()).then(|| now_taken(version, answer, seen_at))
}

fn now_taken(
    version: &ReplyVersion,
    answer: &ObservedAnswer,
    seen_at: DateTime<Utc>,
) -> InteractionEvent {
    taken(version, version.attempts.max(1), seen_at, answer.external_id.clone())
}
