//! Which text an item of a bulk gets.

use super::Refusal;
use crate::interaction::InteractionEvent;
use crate::value::{DraftId, MessageAuthor, Personal};

/// The draft on offer of an interaction, as its events tell: what the aggregate does not keep, since no rule of its own
/// needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The draft.
    pub draft_id: DraftId,
    /// What it says.
    pub text: Personal<String>,
    /// Something happened since it was made that its writer did not know of, or it was sent already.
    pub outdated: bool,
}

impl Words {
    /// Tells what is on offer after an event.
    #[must_use]
    pub fn after(offered: Option<Self>, event: &InteractionEvent) -> Option<Self> {
        match event {
            InteractionEvent::DraftProposed { draft_id, text, .. } => {
                Some(Self { draft_id: *draft_id, text: text.clone(), outdated: false })
            }
            InteractionEvent::DraftDismissed { draft_id, .. } => {
                offered.filter(|words| words.draft_id != *draft_id)
            }
            InteractionEvent::ContentRevised { .. }
            | InteractionEvent::ReplyObserved { .. }
            | InteractionEvent::ReplySent { .. }
            | InteractionEvent::ReplyMarkedSent { .. }
            | InteractionEvent::ReplyPublished { .. } => offered.map(Self::outdated),
            InteractionEvent::MessageReceived { message, .. }
                if message.author != MessageAuthor::Marketplace =>
            {
                offered.map(Self::outdated)
            }
            InteractionEvent::BuyerErased { .. } => {
                offered.map(|words| Self { text: Personal::Erased, ..words })
            }
            InteractionEvent::Ingested { .. }
            | InteractionEvent::Linked { .. }
            | InteractionEvent::Closed { .. }
            | InteractionEvent::DeadlineSet { .. }
            | InteractionEvent::SlaEscalated { .. }
            | InteractionEvent::SlaBreached { .. }
            | InteractionEvent::Viewed
            | InteractionEvent::DraftRequested { .. }
            | InteractionEvent::ReplyRequested { .. }
            | InteractionEvent::ReplyEditRequested { .. }
            | InteractionEvent::RejectionRequested { .. }
            | InteractionEvent::ReplyReleased { .. }
            | InteractionEvent::ReplyRefused { .. }
            | InteractionEvent::ReplyRetryRequested { .. }
            | InteractionEvent::ReplyCancelled { .. }
            | InteractionEvent::ReplyEdited { .. }
            | InteractionEvent::RejectionSent { .. }
            | InteractionEvent::ReplyOutcomeUnknown { .. }
            | InteractionEvent::ReplyConfirmedAbsent { .. }
            | InteractionEvent::ReplySendFailed { .. }
            | InteractionEvent::ReplyEditFailed { .. }
            | InteractionEvent::RejectionConfirmed { .. }
            | InteractionEvent::ReplyModerationFailed { .. }
            | InteractionEvent::MessageReceived { .. }
            | InteractionEvent::Reopened => offered,
        }
    }

    fn outdated(self) -> Self {
        Self { outdated: true, ..self }
    }
}

/// Chooses the text of an item: the one that was given for all, or the draft on offer, if it is the one that was seen.
///
/// # Errors
/// Why there is none.
pub fn words_for(
    given: Option<&str>,
    seen: Option<DraftId>,
    offered: Option<&Words>,
) -> Result<(String, Option<DraftId>), Refusal> {
    if let Some(text) = given {
        return Ok((text.to_owned(), None));
    }
    let offered = offered.ok_or(Refusal::NoDraft)?;
    if seen.is_some_and(|seen| seen != offered.draft_id) {
        return Err(Refusal::DraftChanged);
    }
    let text = offered.text.known().ok_or(Refusal::BuyerErased)?;
    if offered.outdated {
        return Err(Refusal::DraftOutdated);
    }
    Ok((text.clone(), Some(offered.draft_id)))
}
