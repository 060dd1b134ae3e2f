//! What follows from a row's own fields: where the interaction stands, by when it is to be answered, and whether a draft
//! is due.

use chrono::{DateTime, Utc};

use super::{Row, count};

/// The policy by which nothing was promised: older than any.
pub(super) const NO_DEADLINE: i32 = -1;

/// Seconds of the last day of the year 9999: later than any deadline, and written as others are.
const NEVER: i64 = 253_402_214_400;

/// By when what has no deadline is to be answered.
pub(in crate::inbox) fn never() -> DateTime<Utc> {
    DateTime::from_timestamp(NEVER, 0).expect("the year 9999 is a time")
}

impl Row {
    /// Says in one word where the interaction stands, whether somebody must act, and by when.
    pub(super) fn judge(&mut self) {
        let answering = self.answering();
        <&str>::from(answering.status()).clone_into(&mut self.status);
        self.needs_response = answering.needs_response();
        let running = answering.running();
        self.due_by = running.map_or_else(never, |promise| promise.deadline.answer_by);
        self.timer_at = answering.timer_at();
        let policy = running.filter(|_| answering.is_promised());
        let policy = policy.map_or(NO_DEADLINE, |promise| count(promise.deadline.policy));
        self.deadline_of = answering.awaits_answer().then_some(policy);
        if let Some(promise) = running {
            // What was promised is more than a guess, and what runs out is the most urgent (F184). What the buyer said
            // since waits for no worker to be urgent.
            let rank = if promise.escalated { 0 } else { promise.deadline.priority.rank() };
            let rank = i16::from(rank);
            self.priority = if answering.is_promised() { rank } else { rank.min(self.priority) };
        }
        self.draft_rank = self.rank();
    }

    /// Says in which order a draft is to be made; none where none is. What it would be made of must be known.
    fn rank(&self) -> Option<i16> {
        self.basis?;
        let is_awaited = self.drafts_asked > self.drafts_answered && self.may_be_answered();
        let is_missing = self.needs_response && self.draft_basis != self.basis;
        match (is_awaited, is_missing) {
            (true, _) => Some(0),
            (false, true) => Some(self.priority + 1),
            (false, false) => None,
        }
    }

    /// Tells whether another answer may be asked for, as the rules say it: a wish that cannot be met any more would
    /// stay ahead of all others for ever.
    fn may_be_answered(&self) -> bool {
        // What the marketplace took and is no answer, it was asked to take down.
        let is_rejected = matches!(self.reply_state.as_deref(), Some("sent" | "published"));
        match &*self.status {
            "waiting" | "failed" => true,
            "responded" => self.is_chat(),
            "closed" => !self.is_chat() && !is_rejected,
            _ => false,
        }
    }
}
