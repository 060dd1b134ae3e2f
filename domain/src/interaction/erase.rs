//! What follows from erasing the buyer: everything sealed under the key is gone, and what was on its way ends.

use super::command::REFERENCE_CHARS_MAX;
use super::event::{CancelReason, CloseReason, ErasureGround, InteractionEvent, SendFailure};
use super::{Circumstances, Interaction, InteractionError, failed};
use crate::value::Personal;

impl Interaction {
    pub(super) fn erase(
        &self,
        ground: ErasureGround,
        reference: Option<String>,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        if self.erased {
            return Ok(vec![]);
        }
        if !reference.as_deref().is_none_or(names_nobody) {
            return Err(InteractionError::Reference);
        }
        // A text that nobody can read any more cannot be sent, nor be found by reading.
        let ended = self.replies.iter().filter(|version| version.state.is_in_flight());
        let ended = ended
            .map(|v| failed(v, v.attempts.max(1), SendFailure::Erased, Circumstances::default()));
        let held = self.taken_back(CancelReason::BuyerErased);
        let reason = CloseReason::BuyerErased;
        let closed = (!self.closed).then_some(InteractionEvent::Closed { reason });
        let erased = InteractionEvent::BuyerErased { ground, reference };
        Ok(held.into_iter().chain(ended).chain(closed).chain([erased]).collect())
    }

    /// Forgets what a later reading of the log would find erased.
    pub(super) fn forget_buyer(&mut self) {
        self.erased = true;
        if let Some(content) = &mut self.content {
            content.words = Personal::Erased;
        }
        if let Some(observed) = &mut self.observed {
            observed.text = Personal::Erased;
            observed.refusal = observed.refusal.take().map(|_| Personal::Erased);
        }
        for draft in &mut self.drafts {
            draft.forget();
        }
        for refused in &mut self.refused {
            refused.text = Personal::Erased;
        }
        for version in &mut self.replies {
            version.text = Personal::Erased;
            version.files.fill(Personal::Erased);
        }
    }
}

/// Tells whether a reference is the number of a document and no name.
pub(crate) fn names_nobody(reference: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.' | '№');
    (1..=REFERENCE_CHARS_MAX).contains(&reference.chars().count()) && reference.chars().all(allowed)
}
