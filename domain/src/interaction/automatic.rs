//! Answers that nobody asks for but the seller's rules: the draft on offer as it is, held so that it can be taken back.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::event::{CancelReason, InteractionEvent};
use super::lineage::Lineage;
use super::reply::ReplyState;
use super::{Interaction, InteractionError};
use crate::guardrail::Grounds;
use crate::policy::edit::Changed;
use crate::value::{DraftId, ReplyId};

impl ReplyId {
    /// Derives the id of the reply that goes out of a draft without a person: asked for twice, it is one.
    #[must_use]
    pub fn automatic(draft: DraftId) -> Self {
        Self(Uuid::new_v5(&draft.0, b"automatic"))
    }
}

impl Interaction {
    /// Answers with the draft on offer, unless anything was said since it was made: what a person has done here by then
    /// is something, too.
    pub(super) fn send_draft(
        &self,
        draft_id: DraftId,
        automation: u32,
        held_until: DateTime<Utc>,
        grounds: &Grounds,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        let reply_id = ReplyId::automatic(draft_id);
        if self.version(reply_id).is_some() {
            return Ok(vec![]);
        }
        self.may_answer()?;
        if self.draft_on_offer() != Some(draft_id) {
            return Err(InteractionError::NoSuchDraft);
        }
        if !self.has_present_draft() {
            return Err(InteractionError::Changed);
        }
        let text = self.draft_text(draft_id).ok_or(InteractionError::NoSuchDraft)?;
        let parsed = self.parse(text)?;
        let guardrails = Some(self.guarded(text, &parsed, grounds)?);
        let lineage = Lineage { draft_id, changed: Changed::between(text, &parsed) };
        Ok(vec![InteractionEvent::ReplyRequested {
            reply_id,
            text: parsed.into(),
            draft_id: Some(draft_id),
            lineage: Some(lineage),
            automation: Some(automation),
            bulk_id: None,
            files: vec![],
            guardrails,
            held_until: Some(held_until),
        }])
    }

    /// Takes back what is held and nobody asked for.
    pub(super) fn stop_automatic(&self, reply_id: ReplyId) -> Vec<InteractionEvent> {
        let is_held = self.version(reply_id).is_some_and(|version| {
            version.state == ReplyState::Held && version.automation.is_some()
        });
        let reason = CancelReason::AutomationStopped;
        Vec::from_iter(is_held.then_some(InteractionEvent::ReplyCancelled { reply_id, reason }))
    }
}
