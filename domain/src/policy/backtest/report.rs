//! What was found when rules were held against history.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::super::decision::Verdict;
use crate::value::{DraftId, InteractionId};

/// Most disagreements that are told.
pub const WORST_MAX: usize = 50;

/// What people did with a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Deed {
    /// Its words went out.
    AsItWas,
    /// They went out with less than [`SLIGHT_BELOW`](super::SLIGHT_BELOW) changed.
    Slight,
    /// They went out with more changed than that.
    Edited,
    /// Other words went out.
    OtherText,
    /// It was taken away.
    Dismissed,
    /// Nothing went out before the buyer said more, or by now.
    Unanswered,
    /// Something went out, and cannot be read any more.
    Unmeasured,
    /// It went out by itself, and nobody took it back.
    Automatic,
    /// Another draft came in its place before anybody decided.
    Superseded,
}

/// How many drafts people did what with.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deeds {
    /// As they were.
    pub as_it_was: u32,
    /// With less than [`SLIGHT_BELOW`](super::SLIGHT_BELOW) changed.
    pub slight: u32,
    /// With more changed.
    pub edited: u32,
    /// Not at all: other words went out.
    pub other_text: u32,
    /// Taken away.
    pub dismissed: u32,
    /// Not answered.
    pub unanswered: u32,
    /// Answered, and not to be read any more.
    pub unmeasured: u32,
    /// Gone out by themselves: nobody has judged them.
    pub automatic: u32,
    /// Replaced by another draft: nobody has judged them.
    pub superseded: u32,
}

/// A draft that would have gone out, and that people did not send so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Where.
    pub interaction_id: InteractionId,
    /// Which.
    pub draft_id: DraftId,
    /// When it was there.
    pub proposed_at: DateTime<Utc>,
    /// What people did.
    pub deed: Deed,
    /// Share of changed characters, in per cent, rounded up; none of a draft that was taken away.
    pub changed_percent: Option<u8>,
}

/// What the rules would have done.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Drafts that would have gone out by themselves.
    pub auto_send: Deeds,
    /// Drafts that a person would have sent.
    pub need_approval: Deeds,
    /// Drafts that a person would have dealt with.
    pub escalate: Deeds,
    /// Of those that would have gone out, what people did not send so: the furthest first, up to [`WORST_MAX`].
    pub worst: Vec<Disagreement>,
    /// Interactions that are not among these, since an event of theirs cannot be read.
    pub left_out: u32,
}

/// A draft of the period that nobody will do anything with any more.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) draft_id: DraftId,
    pub(super) proposed_at: DateTime<Utc>,
    pub(super) verdict: Verdict,
    pub(super) deed: Deed,
    pub(super) changed_percent: Option<u8>,
}

impl Deeds {
    /// Returns how many drafts these are.
    #[must_use]
    pub fn all(&self) -> u32 {
        let unjudged = self.unanswered + self.unmeasured + self.automatic + self.superseded;
        self.judged() + unjudged
    }

    /// Returns how many of them people have judged, so that it can be read how.
    #[must_use]
    pub fn judged(&self) -> u32 {
        self.agreed() + self.edited + self.other_text + self.dismissed
    }

    /// Returns how many people sent as they were, or nearly so.
    #[must_use]
    pub fn agreed(&self) -> u32 {
        self.as_it_was + self.slight
    }

    fn count(&mut self, deed: Deed) {
        let number = match deed {
            Deed::AsItWas => &mut self.as_it_was,
            Deed::Slight => &mut self.slight,
            Deed::Edited => &mut self.edited,
            Deed::OtherText => &mut self.other_text,
            Deed::Dismissed => &mut self.dismissed,
            Deed::Unanswered => &mut self.unanswered,
            Deed::Unmeasured => &mut self.unmeasured,
            Deed::Automatic => &mut self.automatic,
            Deed::Superseded => &mut self.superseded,
        };
        *number += 1;
    }
}

impl Report {
    /// Returns how many drafts were looked at.
    #[must_use]
    pub fn drafts(&self) -> u32 {
        self.auto_send.all() + self.need_approval.all() + self.escalate.all()
    }

    /// Returns the share of drafts that would have gone out and that people sent as they were, or nearly so, in per
    /// cent, rounded down, of those they have judged; none where they have judged none.
    #[must_use]
    pub fn agreement_percent(&self) -> Option<u8> {
        let percent = (self.auto_send.agreed() * 100).checked_div(self.auto_send.judged())?;
        u8::try_from(percent).ok()
    }

    /// Returns the time that people spent on what would have gone out and they sent so, in minutes, where one reply
    /// takes so many seconds. What they changed would have cost time, so it counts as none saved.
    #[must_use]
    pub fn minutes_saved(&self, seconds_per_reply: u32) -> u32 {
        self.auto_send.agreed().saturating_mul(seconds_per_reply) / 60
    }
}

impl Report {
    pub(super) fn count(&mut self, interaction_id: InteractionId, ended: Ended) {
        let Ended { draft_id, proposed_at, verdict, deed, changed_percent } = ended;
        let deeds = match verdict {
            Verdict::AutoSend => &mut self.auto_send,
            Verdict::NeedApproval => &mut self.need_approval,
            Verdict::Escalate => &mut self.escalate,
        };
        deeds.count(deed);
        let is_other = matches!(deed, Deed::Edited | Deed::OtherText | Deed::Dismissed);
        if verdict == Verdict::AutoSend && is_other {
            let case =
                Disagreement { interaction_id, draft_id, proposed_at, deed, changed_percent };
            self.worst.push(case);
        }
    }
}
