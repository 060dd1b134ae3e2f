//! From a draft to what was sent: which draft a reply is measured against, how far it is from it, and what became of
//! the draft.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::Interaction;
use crate::policy::edit::Changed;
use crate::value::{DraftId, Personal, ReplyId};

/// What a reply was measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The draft.
    pub draft_id: DraftId,
    /// How far the reply is from it.
    pub changed: Changed,
}

/// What became of a draft, or how a reply came about that had none.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DraftOutcome {
    /// Nothing yet: it is on offer.
    Open,
    /// It went out as it was.
    Accepted,
    /// It went out with an edit.
    Edited,
    /// Another text went out, or there was no draft.
    Manual,
    /// It went out by itself, so nobody judged it.
    Automatic,
    /// One text went out to many, and it was another: nobody judged the draft, or there was none.
    InBulk,
    /// An operator did not want it.
    Dismissed,
    /// Another draft came before anybody decided.
    Superseded,
    /// Its text went on as that of another draft, of which the rest is told.
    Carried,
    /// It needed no reply of ours any more, or the reply was made of another draft.
    Unused,
    /// A reply went out before it was kept how far it was from its draft.
    Unmeasured,
    /// The reply, which had no draft, never went out.
    TakenBack,
}

impl DraftOutcome {
    /// Returns the word used in JSON, SQL and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl From<Changed> for DraftOutcome {
    fn from(changed: Changed) -> Self {
        if changed.is_none() {
            Self::Accepted
        } else if changed.is_another_text() {
            Self::Manual
        } else {
            Self::Edited
        }
    }
}

/// A draft as far as a reply can be measured against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownDraft {
    id: DraftId,
    text: Personal<String>,
    /// The reply that was measured against it, the last of them.
    answered_with: Option<ReplyId>,
}

impl KnownDraft {
    pub(super) fn new(id: DraftId, text: Personal<String>) -> Self {
        Self { id, text, answered_with: None }
    }

    pub(super) fn answer(&mut self, reply_id: ReplyId, lineage: Option<Lineage>) {
        if lineage.is_some_and(|lineage| lineage.draft_id == self.id) {
            self.answered_with = Some(reply_id);
        }
    }

    pub(super) fn forget(&mut self) {
        self.text = Personal::Erased;
    }
}

impl Interaction {
    pub(super) fn knows_draft(&self, draft_id: DraftId) -> bool {
        self.drafts.iter().any(|draft| draft.id == draft_id)
    }

    /// Returns the words of a draft; none of one that is not known, or of an erased buyer.
    pub(super) fn draft_text(&self, draft_id: DraftId) -> Option<&str> {
        let draft = self.drafts.iter().find(|draft| draft.id == draft_id)?;
        draft.text.known().map(String::as_str)
    }

    /// Measures a reply against the draft that it is said to be made of, or else the one on offer: whoever wrote the
    /// reply had that before them, whether their program names it or not. A draft is one reply's: what is written after
    /// it, without another draft, had none, unless that reply never went out.
    pub(super) fn lineage_of(&self, sent: &str, named: Option<DraftId>) -> Option<Lineage> {
        let unanswered =
            |id: DraftId| self.drafts.iter().find(|draft| draft.id == id && !self.has_reply(draft));
        let draft =
            named.and_then(unanswered).or_else(|| self.draft_on_offer().and_then(unanswered))?;
        let changed = Changed::between(draft.text.known()?, sent);
        Some(Lineage { draft_id: draft.id, changed })
    }

    /// Tells whether the reply that was measured against a draft is to come, stands, or may stand.
    fn has_reply(&self, draft: &KnownDraft) -> bool {
        let reply = draft.answered_with.and_then(|reply_id| self.version(reply_id));
        reply.is_some_and(|reply| !reply.state.is_given_up())
    }
}
