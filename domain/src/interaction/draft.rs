//! Drafts: texts laid before the operator, how each came about, and when another is due.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use super::event::{DraftSource, InteractionEvent};
use super::{Interaction, InteractionError};
use crate::guardrail::{self, Finding, Listed, Place, Severity};
use crate::policy::decision::Decision;
use crate::value::{Analysis, DraftId, InteractionId, Priority};

/// How a draft came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftOrigin {
    /// The interaction's [`basis`](Interaction::basis) as its writer had read it.
    pub basis: u32,
    /// How often a draft had been asked for by then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked: u32,
    /// What the buyer's words were read as; none of a text that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    /// How urgent our own rules found them, where a model read them: it may find less than there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_priority: Option<Priority>,
    /// The version of our own rules, where they read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<u32>,
    /// The version of the seller's wishes about drafts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drafting: u32,
    /// Why it is a template; none of what is no template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<WhyTemplate>,
    /// What the model did for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// What its writer was given to read beside the buyer's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Used>,
    /// What the guardrails had to say of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
    /// Whether the buyer's words seem to be meant for a machine: such a draft is a person's to send.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_attacked: bool,
    /// The draft whose text it goes on with, since the buyer has said nothing else since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<DraftId>,
    /// Whether it could have gone out by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// Why a draft is a template though a model might have written it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum WhyTemplate {
    /// The installation has no model.
    NoModel,
    /// The seller wants none.
    ModelOff,
    /// The buyer left stars and no words: there is nothing to go into (F122).
    NoWords,
    /// The model did not answer, or not in time.
    ModelUnavailable,
    /// What it answered could not be used.
    ModelUnusable,
    /// What it wrote may not go out.
    ModelStopped,
    /// As many drafts were written today as the seller wants.
    DailyLimit,
    /// They have cost today what the seller allows.
    DailyBudget,
    /// The process that asked the model died before it had the answer: what was paid for is not paid for again.
    Interrupted,
}

/// What a model did for a draft, and for how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Who runs it.
    pub provider: String,
    /// The model, as it calls itself.
    pub model: String,
    /// The version of the words it was asked with.
    pub prompt_version: u32,
    /// Tokens that it read.
    pub prompt_tokens: u32,
    /// Tokens among them that it knew already.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u32,
    /// Tokens that it wrote.
    pub completion_tokens: u32,
    /// What that cost, in millionths of a US dollar.
    pub cost_micro_usd: u64,
    /// The version of the price list.
    pub price_version: String,
    /// How long it took.
    pub duration_ms: u32,
    /// Requests: 2 where the first answer was none.
    pub attempts: u32,
}

/// Something that a writer was given to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// What it is.
    pub kind: UsedKind,
    /// Its id.
    pub id: Uuid,
    /// Which version of it.
    pub version: u32,
}

/// What a writer can be given to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UsedKind {
    /// A passage of a document.
    Passage,
    /// What is known of a product.
    Product,
    /// What was answered to another buyer.
    Example,
}

/// What the guardrails had to say of a draft: advice, since nothing goes out yet (ruling C-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// The version of the rules.
    pub version: u32,
    /// The version of what the seller adds to them; 0 where that was nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub own_version: u32,
    /// What they found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Advised>,
}

/// One thing that the guardrails found. Its words are in the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advised {
    /// The rule.
    pub rule: String,
    /// Whether it would stop a reply.
    pub severity: Severity,
    /// Where; none where it is about the whole text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The entry of the seller's list, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Listed>,
}

/// Why an operator does not want a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DismissReason {
    /// It says what is not so.
    WrongFact,
    /// It sounds wrong.
    WrongTone,
    /// It promises too much.
    TooMuchPromised,
    /// It is about something else.
    OffTopic,
}

/// The last draft, as far as rules ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastDraft {
    id: DraftId,
    basis: u32,
    is_dismissed: bool,
}

impl LastDraft {
    pub(super) fn new(id: DraftId, basis: u32) -> Self {
        Self { id, basis, is_dismissed: false }
    }

    pub(super) fn dismiss(&mut self, id: DraftId) {
        self.is_dismissed |= self.id == id;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl DraftId {
    /// Derives the id of the draft that is made of what was said by `basis`, at the wish of so many: made twice, it is
    /// one.
    #[must_use]
    pub fn made_for(interaction: InteractionId, basis: u32, asked: u32) -> Self {
        Self(Uuid::new_v5(&interaction.0, format!("draft|{basis}|{asked}").as_bytes()))
    }
}

impl DraftOrigin {
    /// Returns that of a text that was given by somebody who had read as much.
    #[must_use]
    pub fn given(basis: u32) -> Self {
        Self {
            basis,
            asked: 0,
            analysis: None,
            own_priority: None,
            assessment: None,
            drafting: 0,
            template: None,
            written: None,
            context: Vec::new(),
            advice: None,
            is_attacked: false,
            carried_from: None,
            decision: None,
        }
    }
}

impl Advice {
    /// Takes down what was found in a draft, beside the seller's guardrails of version `own_version`.
    #[must_use]
    pub fn of(own_version: u32, findings: Vec<Finding>) -> Self {
        let advised = |Finding { rule, severity, place, listed, .. }: Finding| Advised {
            rule: rule.id.to_owned(),
            severity,
            place,
            listed,
        };
        let found = findings.into_iter().map(advised).collect();
        Self { version: guardrail::VERSION, own_version, found }
    }

    /// Tells whether the draft could go out as it is.
    #[must_use]
    pub fn lets_through(&self) -> bool {
        self.found.iter().all(|advised| advised.severity != Severity::Error)
    }
}

impl Interaction {
    /// Tells how often a draft was asked for.
    #[must_use]
    pub fn drafts_asked(&self) -> u32 {
        self.drafts_asked
    }

    /// Returns the draft on offer, if there is one; none of one that was dismissed.
    #[must_use]
    pub fn draft_on_offer(&self) -> Option<DraftId> {
        self.last_draft.as_ref().filter(|draft| !draft.is_dismissed).map(|draft| draft.id)
    }

    /// Tells whether the draft on offer was made of all that was said.
    #[must_use]
    pub fn has_present_draft(&self) -> bool {
        self.last_draft
            .as_ref()
            .is_some_and(|draft| !draft.is_dismissed && draft.basis == self.basis)
    }

    /// Tells whether a draft was asked for that has not been made.
    #[must_use]
    pub fn awaits_draft(&self) -> bool {
        self.drafts_asked > self.drafts_answered
    }

    /// Asks for a draft; while one is awaited, it is the one that is asked for.
    pub(super) fn request_draft(&self) -> Result<Vec<InteractionEvent>, InteractionError> {
        self.may_answer()?;
        if self.awaits_draft() {
            return Ok(vec![]);
        }
        Ok(vec![InteractionEvent::DraftRequested {
            basis: self.basis,
            asked: self.drafts_asked + 1,
        }])
    }

    /// Takes the draft away that is on offer; one that is not any more is gone already.
    pub(super) fn dismiss_draft(
        &self,
        draft_id: DraftId,
        reason: DismissReason,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        if !self.knows_draft(draft_id) {
            return Err(InteractionError::NoSuchDraft);
        }
        let is_on_offer = self.draft_on_offer() == Some(draft_id);
        let dismissed = InteractionEvent::DraftDismissed { draft_id, reason };
        Ok(Vec::from_iter(is_on_offer.then_some(dismissed)))
    }

    /// A draft that was made of what was said by then is none any more once more was said. One that is made ahead
    /// replaces none that is there: while it was written, an operator may have laid down a text of their own.
    pub(super) fn may_propose(
        &self,
        source: DraftSource,
        origin: Option<&DraftOrigin>,
    ) -> Result<(), InteractionError> {
        self.may_keep_texts()?;
        let is_carried = origin.is_some_and(|origin| origin.carried_from.is_some());
        let is_made = is_carried || source != DraftSource::Operator;
        if is_made && self.has_present_draft() && !self.awaits_draft() {
            return Err(InteractionError::Changed);
        }
        match origin {
            Some(origin) if origin.basis != self.basis => Err(InteractionError::Changed),
            Some(_) | None => Ok(()),
        }
    }
}
