//! Holding a reply back: it goes out when its time has come, unless it is taken back before.

use super::command::Timing;
use super::event::{CancelReason, InteractionEvent};
use super::reply::{ReplyState, ReplyVersion};
use super::{Interaction, InteractionError};
use crate::value::ReplyId;

impl Interaction {
    /// Counts what whoever answers should have seen: what the buyer wrote, or what changed of that or its product, what
    /// was answered elsewhere, and each reply that was asked for here.
    #[must_use]
    pub fn basis(&self) -> u32 {
        self.basis
    }

    /// Lets out what is held; what is out already stays out.
    pub(super) fn release(
        &self,
        reply_id: ReplyId,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        match self.version(reply_id).ok_or(InteractionError::NoSuchReply)?.state {
            ReplyState::Held => Ok(vec![InteractionEvent::ReplyReleased { reply_id }]),
            ReplyState::Cancelled => Err(InteractionError::ReplyCancelled),
            ReplyState::Sending
            | ReplyState::Sent
            | ReplyState::Published
            | ReplyState::Failed
            | ReplyState::Rejected
            | ReplyState::Unknown => Ok(vec![]),
        }
    }

    /// Takes back what is held, at a person's wish.
    pub(super) fn cancel(
        &self,
        reply_id: ReplyId,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        match self.version(reply_id).ok_or(InteractionError::NoSuchReply)?.state {
            ReplyState::Held => {
                let reason = CancelReason::ByPerson;
                Ok(vec![InteractionEvent::ReplyCancelled { reply_id, reason }])
            }
            ReplyState::Cancelled => Ok(vec![]),
            ReplyState::Sending
            | ReplyState::Sent
            | ReplyState::Published
            | ReplyState::Failed
            | ReplyState::Rejected
            | ReplyState::Unknown => Err(InteractionError::TooLate),
        }
    }

    /// The end of what is held, if anything is: there is never more than one.
    pub(super) fn taken_back(&self, reason: CancelReason) -> Option<InteractionEvent> {
        let reply_id = self.held()?.reply_id;
        Some(InteractionEvent::ReplyCancelled { reply_id, reason })
    }

    /// Returns the version that is in the way of another one: held, on its way, or standing there.
    #[must_use]
    pub fn in_the_way(&self) -> Option<&ReplyVersion> {
        let is_in_the_way = |v: &&ReplyVersion| v.state.is_open() || v.state.stands();
        self.replies.iter().rev().find(is_in_the_way)
    }

    /// Tells whether another version may be asked for.
    pub(super) fn nothing_open(&self) -> Result<(), InteractionError> {
        if self.held().is_some() {
            return Err(InteractionError::ReplyHeld);
        }
        if self.replies.iter().any(|version| version.state.is_in_flight()) {
            return Err(InteractionError::ReplyInFlight);
        }
        Ok(())
    }

    /// Tells whether the writer saw all that an answer should know of.
    pub(super) fn knows(&self, timing: Timing) -> Result<(), InteractionError> {
        self.saw(timing.basis)
    }

    /// Tells whether whoever saw `basis` saw all that an answer should know of.
    pub(super) fn saw(&self, basis: Option<u32>) -> Result<(), InteractionError> {
        if basis.is_some_and(|basis| basis != self.basis) {
            return Err(InteractionError::Changed);
        }
        Ok(())
    }

    /// Nothing was asked for but what was taken back.
    pub(super) fn nothing_let_out(&self) -> bool {
        self.replies.iter().all(|version| version.state == ReplyState::Cancelled)
    }

    fn held(&self) -> Option<&ReplyVersion> {
        self.replies.iter().find(|version| version.state == ReplyState::Held)
    }
}
