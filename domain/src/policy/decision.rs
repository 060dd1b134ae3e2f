//! Whether a draft could go out without a person, decided for every draft whether or not anything is sent by itself:
//! what was decided can be held against what people did (N19). Only what is in the events counts, and nothing of it
//! that can be erased, so that the same is decided again whenever the history is read.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::automation::Rules;
use crate::interaction::{CancelReason, DraftOrigin, DraftSource, InteractionEvent};
use crate::value::{Analysis, Channel, MessageAuthor, Priority, Sentiment};

/// The version of what is decided here; it grows with every change of it.
pub const VERSION: u32 = 2;

/// What was decided of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What is to become of it.
    pub verdict: Verdict,
    /// Everything that keeps it from going out by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The [`VERSION`] of whoever decided.
    pub policy: u32,
    /// The version of what the seller has settled; 0 are the defaults.
    pub automation: u32,
}

/// What is to become of a draft (F192).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Verdict {
    /// Nobody has to look at it.
    AutoSend,
    /// A person sends it.
    NeedApproval,
    /// A person has to deal with it, whatever the draft says.
    Escalate,
}

/// What keeps a draft from going out by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Reason {
    /// The seller does not want it in this channel.
    Channel,
    /// The review has too few stars, or none that could be read.
    Rating,
    /// It is more urgent than what a machine may answer (F189).
    Priority,
    /// The buyer does not sound content (F189).
    Sentiment,
    /// The seller has not allowed what the buyer wants.
    Intent,
    /// What the buyer wants is for a person.
    Handoff,
    /// It is not known what the buyer wants.
    Unread,
    /// That is not sure enough.
    Unsure,
    /// It is hardly more than a guess.
    Guess,
    /// The guardrails would stop it, or were not asked.
    Guardrails,
    /// The buyer's words seem to be meant for a machine.
    Attacked,
    /// A person has written here, and the machine is silent from then on.
    PersonWrote,
    /// A person wrote the draft.
    PersonsDraft,
    /// The machine has answered this before, and that came to nothing: it is a person's turn.
    Tried,
}

/// What of an interaction a decision rests on: nothing that can be erased.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Standing {
    channel: Option<Channel>,
    rating: Option<u8>,
    a_person_wrote: bool,
    was_tried: bool,
}

impl Standing {
    /// Takes in the next event.
    #[must_use]
    pub fn after(mut self, event: &InteractionEvent) -> Self {
        match event {
            InteractionEvent::Ingested { source, content } => {
                self.channel = Some(source.channel);
                self.rating = content.rating;
            }
            InteractionEvent::ContentRevised { content } => {
                self.rating = content.rating;
                self.was_tried = false;
            }
            InteractionEvent::ReplyRequested { automation: Some(_), .. } => self.was_tried = true,
            // Whoever wanted to write, and took it back or failed, has seen to it no less.
            InteractionEvent::ReplyRequested { automation: None, .. }
            | InteractionEvent::ReplyEditRequested { .. }
            | InteractionEvent::RejectionRequested { .. }
            | InteractionEvent::ReplyCancelled { reason: CancelReason::ByPerson, .. }
            | InteractionEvent::ReplyObserved { .. } => self.a_person_wrote = true,
            // What was sent from here was asked for from here.
            InteractionEvent::MessageReceived { message, reply_id: None, .. } => {
                self.a_person_wrote |= message.author == MessageAuthor::Seller;
                self.was_tried &= message.author != MessageAuthor::Buyer;
            }
            InteractionEvent::MessageReceived { reply_id: Some(_), .. }
            | InteractionEvent::Linked { .. }
            | InteractionEvent::Closed { .. }
            | InteractionEvent::Reopened
            | InteractionEvent::DeadlineSet { .. }
            | InteractionEvent::SlaEscalated { .. }
            | InteractionEvent::SlaBreached { .. }
            | InteractionEvent::Viewed
            | InteractionEvent::DraftRequested { .. }
            | InteractionEvent::DraftProposed { .. }
            | InteractionEvent::DraftDismissed { .. }
            | InteractionEvent::ReplyReleased { .. }
            | InteractionEvent::ReplyRefused { .. }
            | InteractionEvent::ReplyMarkedSent { .. }
            | InteractionEvent::ReplyRetryRequested { .. }
            | InteractionEvent::ReplyCancelled { .. }
            | InteractionEvent::ReplySent { .. }
            | InteractionEvent::ReplyEdited { .. }
            | InteractionEvent::RejectionSent { .. }
            | InteractionEvent::ReplyOutcomeUnknown { .. }
            | InteractionEvent::ReplyConfirmedAbsent { .. }
            | InteractionEvent::ReplySendFailed { .. }
            | InteractionEvent::ReplyEditFailed { .. }
            | InteractionEvent::ReplyPublished { .. }
            | InteractionEvent::RejectionConfirmed { .. }
            | InteractionEvent::ReplyModerationFailed { .. }
            | InteractionEvent::BuyerErased { .. } => (),
        }
        self
    }
}

/// What a decision rests on beside the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// How the buyer wrote.
    pub channel: Channel,
    /// Stars, as the review stood.
    pub rating: Option<u8>,
    /// Who or what wrote the draft.
    pub source: DraftSource,
    /// What the buyer's words were read as.
    pub analysis: Option<Analysis>,
    /// How urgent our own rules found them, where a model read them: of the two the more urgent counts.
    pub own_priority: Option<Priority>,
    /// Whether the guardrails let it through.
    pub passes: bool,
    /// Whether the buyer's words seem to be meant for a machine.
    pub is_attacked: bool,
    /// Whether a person of the seller has written here, from here or at the marketplace.
    pub a_person_wrote: bool,
    /// Whether what the buyer said was answered by itself before.
    pub was_tried: bool,
}

impl Facts {
    /// Gathers what is known of a draft in an interaction as it stands; none of what never came in.
    #[must_use]
    pub fn of(standing: &Standing, source: DraftSource, origin: &DraftOrigin) -> Option<Self> {
        Some(Self {
            channel: standing.channel?,
            rating: standing.rating,
            source,
            analysis: origin.analysis.clone(),
            own_priority: origin.own_priority,
            passes: origin.advice.as_ref().is_some_and(|advice| advice.lets_through()),
            is_attacked: origin.is_attacked,
            a_person_wrote: standing.a_person_wrote,
            was_tried: standing.was_tried,
        })
    }
}

/// Decides by the seller's rules, which are of version `automation`.
#[must_use]
pub fn decide(facts: &Facts, rules: &Rules, automation: u32) -> Decision {
    let reasons = reasons(facts, rules);
    let verdict = if reasons.is_empty() {
        Verdict::AutoSend
    } else if reasons.iter().any(|reason| reason.escalates()) {
        Verdict::Escalate
    } else {
        Verdict::NeedApproval
    };
    Decision { verdict, reasons, policy: VERSION, automation }
}

fn reasons(facts: &Facts, rules: &Rules) -> Vec<Reason> {
    let has_stars = facts.rating.is_some_and(|rating| rating >= rules.rating_min);
    let mut reasons = vec![
        (!rules.channels.contains(&facts.channel), Reason::Channel),
        (facts.channel == Channel::Review && !has_stars, Reason::Rating),
    ];
    match &facts.analysis {
        Some(Analysis { intent, sentiment, priority, confidence }) => reasons.extend([
            (most_urgent(*priority, facts.own_priority) != Priority::Low, Reason::Priority),
            (*sentiment != Sentiment::Positive, Reason::Sentiment),
            (rules.handoff.contains(intent), Reason::Handoff),
            (!rules.intents.contains(intent), Reason::Intent),
            (*confidence < rules.escalate_below, Reason::Guess),
            (*confidence < rules.auto_from, Reason::Unsure),
        ]),
        None => reasons.push((true, Reason::Unread)),
    }
    reasons.extend([
        (!facts.passes, Reason::Guardrails),
        (facts.is_attacked, Reason::Attacked),
        (facts.a_person_wrote, Reason::PersonWrote),
        (facts.source == DraftSource::Operator, Reason::PersonsDraft),
        (facts.was_tried, Reason::Tried),
    ]);
    reasons.into_iter().filter_map(|(keeps, reason)| keeps.then_some(reason)).collect()
}

/// What talks a model into finding nothing urgent does not talk our own rules into it, and they miss what a model sees.
fn most_urgent(read: Priority, own: Option<Priority>) -> Priority {
    own.map_or(read, |own| own.min(read))
}

impl Reason {
    /// Tells whether a look at the draft is not enough.
    fn escalates(self) -> bool {
        matches!(self, Self::Handoff | Self::Guess | Self::Attacked)
    }
}
