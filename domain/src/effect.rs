//! Process manager: the effect that each event leaves owing to the outside world.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::interaction::InteractionEvent;
use crate::policy::decision::Verdict;
use crate::value::{DraftId, ReplyId};

/// A remote call that somebody must make, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Send a version of a reply to the marketplace.
    DeliverReply {
        /// The version.
        reply_id: ReplyId,
        /// Which attempt, from 1.
        attempt: u32,
        /// Not earlier than this.
        not_before: Option<DateTime<Utc>>,
    },
    /// Let out a version that was held. No call by itself: it leads to the first attempt.
    ReleaseReply {
        /// The version.
        reply_id: ReplyId,
        /// Not earlier than this.
        held_until: DateTime<Utc>,
    },
    /// Find out by reading whether an attempt took effect.
    SettleReply {
        /// The version.
        reply_id: ReplyId,
        /// The attempt in question.
        attempt: u32,
        /// When its last byte may have left.
        unknown_since: DateTime<Utc>,
    },
    /// Answer with a draft that needs nobody, if the seller wants that. No call by itself.
    SendDraft {
        /// The draft.
        draft_id: DraftId,
        /// The version of what the seller had settled about that when it was decided.
        automation: u32,
    },
    /// Tell the marketplace that a person has viewed it. No reply waits for that.
    MarkViewed,
    /// See by reading that an accepted version is published.
    ConfirmReply {
        /// The version.
        reply_id: ReplyId,
        /// When the marketplace accepted it.
        accepted_at: DateTime<Utc>,
    },
}

impl Effect {
    /// Returns the word used in SQL.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DeliverReply { .. } => "deliver_reply",
            Self::ReleaseReply { .. } => "release_reply",
            Self::SettleReply { .. } => "settle_reply",
            Self::ConfirmReply { .. } => "confirm_reply",
            Self::MarkViewed => "mark_viewed",
            Self::SendDraft { .. } => "send_draft",
        }
    }
}

impl Effect {
    /// Returns the time before which it must wait; none when it is due at once, whatever the clock says.
    #[must_use]
    pub fn not_before(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::DeliverReply { not_before, .. } => *not_before,
            Self::ReleaseReply { held_until, .. } => Some(*held_until),
            Self::SettleReply { .. }
            | Self::ConfirmReply { .. }
            | Self::SendDraft { .. }
            | Self::MarkViewed => None,
        }
    }
}

/// Returns what `event` leaves owing.
#[must_use]
pub fn owed(event: &Event) -> Option<Effect> {
    match event {
        Event::Interaction(event) => owed_by_interaction(event),
        Event::Account(_)
        | Event::Bulk(_)
        | Event::Claim(_)
        | Event::Knowledge(_)
        | Event::Seller(_) => None,
    }
}

fn owed_by_interaction(event: &InteractionEvent) -> Option<Effect> {
    match *event {
        InteractionEvent::ReplyRequested { reply_id, held_until: Some(held_until), .. }
        | InteractionEvent::ReplyEditRequested { reply_id, held_until: Some(held_until), .. }
        | InteractionEvent::RejectionRequested { reply_id, held_until: Some(held_until), .. } => {
            Some(Effect::ReleaseReply { reply_id, held_until })
        }
        InteractionEvent::ReplyRequested { reply_id, held_until: None, .. }
        | InteractionEvent::ReplyEditRequested { reply_id, held_until: None, .. }
        | InteractionEvent::RejectionRequested { reply_id, held_until: None, .. }
        | InteractionEvent::ReplyReleased { reply_id } => {
            Some(Effect::DeliverReply { reply_id, attempt: 1, not_before: None })
        }
        InteractionEvent::ReplyRetryRequested { reply_id, attempt, .. } => {
            Some(Effect::DeliverReply { reply_id, attempt, not_before: None })
        }
        InteractionEvent::ReplyConfirmedAbsent { reply_id, attempt, .. } => {
            Some(Effect::DeliverReply { reply_id, attempt: attempt + 1, not_before: None })
        }
        InteractionEvent::ReplySendFailed { reply_id, attempt, retry_at, .. }
        | InteractionEvent::ReplyEditFailed { reply_id, attempt, retry_at, .. } => {
            retry_at.map(|due| Effect::DeliverReply {
                reply_id,
                attempt: attempt + 1,
                not_before: Some(due),
            })
        }
        InteractionEvent::ReplyOutcomeUnknown { reply_id, attempt, at, .. } => {
            Some(Effect::SettleReply { reply_id, attempt, unknown_since: at })
        }
        InteractionEvent::ReplySent { reply_id, accepted_at, .. }
        | InteractionEvent::ReplyEdited { reply_id, accepted_at, .. }
        | InteractionEvent::RejectionSent { reply_id, accepted_at, .. } => {
            Some(Effect::ConfirmReply { reply_id, accepted_at })
        }
        InteractionEvent::Viewed => Some(Effect::MarkViewed),
        InteractionEvent::DraftProposed { draft_id, ref origin, .. } => {
            let origin = origin.as_ref()?;
            let decision = origin.decision.as_ref()?;
            let automation = decision.automation;
            // Somebody waits for one that was asked for.
            let needs_nobody = decision.verdict == Verdict::AutoSend && origin.asked == 0;
            needs_nobody.then_some(Effect::SendDraft { draft_id, automation })
        }
        InteractionEvent::Ingested { .. }
        | InteractionEvent::ContentRevised { .. }
        | InteractionEvent::Linked { .. }
        | InteractionEvent::Closed { .. }
        // Which drafts are due is seen in the inbox, where what is answered or said anew takes care of itself.
        | InteractionEvent::DraftRequested { .. }
        | InteractionEvent::DraftDismissed { .. }
        | InteractionEvent::ReplyCancelled { .. }
        | InteractionEvent::ReplyRefused { .. }
        | InteractionEvent::ReplyMarkedSent { .. }
        | InteractionEvent::ReplyPublished { .. }
        | InteractionEvent::RejectionConfirmed { .. }
        | InteractionEvent::ReplyModerationFailed { .. }
        | InteractionEvent::ReplyObserved { .. }
        | InteractionEvent::MessageReceived { .. }
        // As is by when they are, and whom nobody has answered in time.
        | InteractionEvent::DeadlineSet { .. }
        | InteractionEvent::SlaEscalated { .. }
        | InteractionEvent::SlaBreached { .. }
        | InteractionEvent::Reopened
        | InteractionEvent::BuyerErased { .. } => None,
    }
}
