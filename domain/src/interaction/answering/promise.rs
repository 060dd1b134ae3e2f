//! What was promised a buyer who waits, and when it is to be held against the time. The seller's policy is another
//! stream's, so a deadline is an event here: what it was is known whatever becomes of the policy.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Answering, kept};
use crate::interaction::deadline::Deadline;
use crate::interaction::event::InteractionEvent;
use crate::value::Priority;

/// What was promised for a wait, and what became of it so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// How much had been said by then, as [`Answering::said`] counts.
    pub said: u32,
    /// By when an answer was promised.
    pub deadline: Deadline,
    /// It was said that the time is running out.
    pub escalated: bool,
    /// It was said that the time has passed, or it had when it was set.
    pub breached: bool,
}

impl Promise {
    /// Tells whether somebody answers before all others: the time is running out, or it has while somebody could still
    /// have answered.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.escalated || self.deadline.priority == Priority::Urgent
    }
}

impl Answering {
    /// Returns what was promised a buyer who waits; none where nobody does, or nothing was promised yet.
    #[must_use]
    pub fn running(&self) -> Option<&Promise> {
        self.promised.as_ref().filter(|_| self.awaits_answer())
    }

    /// Tells whether the deadline that runs follows from all that was said.
    #[must_use]
    pub fn is_promised(&self) -> bool {
        self.running().is_some_and(|promise| promise.said == self.said)
    }

    /// Returns when what was promised is next to be held against the time; none when nothing is to come of that.
    #[must_use]
    pub fn timer_at(&self) -> Option<DateTime<Utc>> {
        let promise = self.running().filter(|promise| !promise.breached)?;
        let Deadline { warn_at, answer_by, .. } = promise.deadline;
        Some(if promise.is_urgent() { answer_by } else { warn_at.min(answer_by) })
    }

    /// Tells whether a deadline that runs was read from the words as less or more urgent than that, or one that somebody
    /// is about to set may be: they read the words before. What a rule of the seller decided, only a reading that is more
    /// urgent may change.
    pub(super) fn is_promised_otherwise(&self, read: Priority) -> bool {
        match self.running() {
            Some(Promise { deadline: Deadline { priority, rule: Some(_), .. }, .. }) => {
                read < *priority
            }
            Some(Promise { deadline, .. }) => deadline.priority != read,
            None => self.awaits_answer(),
        }
    }

    /// Promises an answer to a buyer who waits, where that follows from all that was said and from the newest policy.
    /// Repeating it is harmless.
    pub(in crate::interaction) fn promise(
        &self,
        said: u32,
        deadline: Deadline,
        known_at: DateTime<Utc>,
    ) -> Option<InteractionEvent> {
        let deadline = Deadline {
            since: kept(deadline.since),
            warn_at: kept(deadline.warn_at),
            answer_by: kept(deadline.answer_by),
            ..deadline
        };
        let is_of_this_wait = self.waits_since == Some(deadline.since) && self.said == said;
        if !self.awaits_answer() || !is_of_this_wait {
            return None;
        }
        let known = self.promised.as_ref();
        let is_known = |known: &Promise| {
            let is_older = known.deadline.policy > deadline.policy;
            known.said == said && (is_older || known.deadline == deadline)
        };
        if known.is_some_and(is_known) {
            return None;
        }
        // What the buyer said since may have shortened a time that ran; that is nobody's history.
        let is_first = known.is_none_or(|known| known.deadline.policy != deadline.policy);
        let is_moved = known.is_none_or(|known| known.deadline.answer_by != deadline.answer_by);
        let was_past = is_first && is_moved && deadline.answer_by <= known_at;
        Some(InteractionEvent::DeadlineSet { said, deadline, was_past })
    }

    /// Says what has become of the promise by `at`, each once. What was slept through is said in its order.
    pub(in crate::interaction) fn due(&self, at: DateTime<Utc>) -> Vec<InteractionEvent> {
        let Some(promise) = self.running().filter(|promise| !promise.breached) else {
            return vec![];
        };
        let Deadline { warn_at, answer_by, .. } = promise.deadline;
        let escalated = (!promise.is_urgent() && warn_at.min(answer_by) <= at)
            .then_some(InteractionEvent::SlaEscalated { answer_by });
        let breached = (answer_by <= at).then_some(InteractionEvent::SlaBreached { answer_by });
        escalated.into_iter().chain(breached).collect()
    }

    /// Takes in a deadline. Where it stayed the same, so did what was said of it.
    pub(super) fn promising(self, said: u32, deadline: &Deadline, was_past: bool) -> Self {
        let same = self.promised.filter(|known| known.deadline.answer_by == deadline.answer_by);
        let (escalated, breached) =
            same.map_or((false, false), |same| (same.escalated, same.breached));
        let waits_since = Some(deadline.since);
        let deadline = deadline.clone();
        let promise = Promise { said, deadline, escalated, breached: breached || was_past };
        // What was kept of an interaction before there were deadlines learns here what it did not count.
        Self { said, waits_since, promised: Some(promise), ..self }
    }

    pub(super) fn noting_escalation(self, answer_by: DateTime<Utc>) -> Self {
        let promised = self.promised.map(|promise| Promise {
            escalated: promise.escalated || promise.deadline.answer_by == answer_by,
            ..promise
        });
        Self { promised, ..self }
    }

    pub(super) fn noting_breach(self, answer_by: DateTime<Utc>) -> Self {
        let promised = self.promised.map(|promise| Promise {
            breached: promise.breached || promise.deadline.answer_by == answer_by,
            ..promise
        });
        Self { promised, ..self }
    }
}
