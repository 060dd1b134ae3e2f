//! A buyer's review, question or chat, and the reply it is given.

mod answering;
mod automatic;
mod bridge;
mod chat;
mod command;
mod conversation;
mod deadline;
mod doubt;
mod draft;
mod erase;
mod event;
mod hold;
mod lineage;
mod observe;
mod refusal;
mod reply;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use answering::{Answering, Promise, Status};
pub use chat::CLOCKS_DIFFER_MAX;
pub(crate) use erase::names_nobody;

pub use command::{
    ChatReading, Ingest, InteractionCommand, InteractionError, REFERENCE_CHARS_MAX, Timing,
};
pub use conversation::{Conversation, Offered, Turn};
pub use deadline::Deadline;
pub use draft::{
    Advice, Advised, DismissReason, DraftOrigin, Used, UsedKind, WhyTemplate, Written,
};
pub use event::{
    CancelReason, CloseReason, DraftSource, ErasureGround, InteractionEvent, Look, Saw,
    SendFailure, UnknownReason,
};
pub use lineage::{DraftOutcome, Lineage};
pub use refusal::REFUSALS_MAX;
pub use reply::{ReplyKind, ReplyState, ReplyVersion};

use self::draft::LastDraft;
use self::lineage::KnownDraft;
use self::refusal::RefusedText;
use crate::policy::capability::{Capabilities, EditRule};
use crate::policy::delivery;
use crate::value::{
    Content, Links, ObservedAnswer, ObservedState, OutgoingFile, Personal, ReplyId, Source,
};

/// What the rules below need to know, and nothing more.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    source: Option<Source>,
    content: Option<Content>,
    /// What it belongs with, as far as the marketplace told.
    links: Links,
    closed: bool,
    /// In the order they were asked for.
    replies: Vec<ReplyVersion>,
    /// The last answer seen at the marketplace that is not ours.
    observed: Option<ObservedAnswer>,
    /// Which one that is, from 0.
    observed_ordinal: u32,
    drafts: Vec<KnownDraft>,
    last_draft: Option<LastDraft>,
    /// How often a draft was asked for, and how many of these wishes were met.
    drafts_asked: u32,
    drafts_answered: u32,
    /// A person opened it, and the marketplace was to be told.
    viewed: bool,
    /// The marketplace's ids of the messages of a chat that are known.
    messages: BTreeSet<String>,
    /// When the buyer's last message of a chat was sent.
    buyer_wrote_at: Option<DateTime<Utc>>,
    /// Counts what whoever answers should have seen.
    basis: u32,
    /// The texts that the guardrails refused.
    refused: Vec<RefusedText>,
    /// The buyer's data was erased.
    erased: bool,
    /// Whether the buyer waits, since when, and what they were promised.
    answering: Answering,
}

/// A version that is due to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where the interaction is from.
    pub source: Source,
    /// The marketplace's article of the product that it is about.
    pub article: String,
    /// Answer or edit: two different calls.
    pub kind: ReplyKind,
    /// The marketplace's id of the answer that an edit changes, where it gave one.
    pub edits: Option<String>,
    /// The text to send; erased when the buyer's data was.
    pub text: Personal<String>,
    /// The files to send with it; erased in the same way.
    pub files: Vec<Personal<OutgoingFile>>,
}

impl Interaction {
    /// Decides what follows from `command`; one already carried out yields no events.
    ///
    /// # Errors
    /// [`InteractionError`] names the rule that `command` would break.
    pub fn decide(
        &self,
        command: InteractionCommand,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        use InteractionCommand as Command;

        if self.source.is_none() && !matches!(command, Command::Ingest(_)) {
            return Err(InteractionError::Unknown);
        }
        match command {
            Command::Ingest(reading) => Ok(self.ingest(*reading)),
            Command::EraseBuyer { ground, reference } => self.erase(ground, reference),
            Command::RequestDraft => self.request_draft(),
            Command::ProposeDraft { draft_id, text, source, mut origin } => {
                if self.knows_draft(draft_id) {
                    return Ok(vec![]);
                }
                self.may_propose(source, origin.as_deref())?;
                // Whoever lays down a text of their own waits for no other.
                if let Some(origin) = origin.as_mut().filter(|_| source == DraftSource::Operator) {
                    origin.asked = self.drafts_asked;
                }
                let text = self.parse(&text)?.into();
                Ok(vec![InteractionEvent::DraftProposed { draft_id, text, source, origin }])
            }
            Command::DismissDraft { draft_id, reason } => self.dismiss_draft(draft_id, reason),
            Command::SendDraft { draft_id, automation, held_until, grounds } => {
                self.send_draft(draft_id, automation, held_until, &grounds)
            }
            Command::RequestReply { reply_id, text, draft_id, bulk_id, files, timing, grounds } => {
                if self.version(reply_id).is_some() {
                    return Ok(vec![]);
                }
                self.may_answer()?;
                self.knows(timing)?;
                let (parsed, files) = self.parse_with(&text, files)?;
                let guardrails = Some(self.guarded(&text, &parsed, &grounds)?);
                let lineage = self.lineage_of(&parsed, draft_id);
                Ok(vec![InteractionEvent::ReplyRequested {
                    reply_id,
                    text: parsed.into(),
                    draft_id,
                    lineage,
                    automation: None,
                    bulk_id,
                    files,
                    guardrails,
                    held_until: timing.held_until,
                }])
            }
            Command::RequestEdit { reply_id, text, at, timing, grounds } => {
                if self.version(reply_id).is_some() {
                    return Ok(vec![]);
                }
                let replaces = self.may_edit(at)?;
                self.knows(timing)?;
                let parsed = self.parse(&text)?;
                let guardrails = Some(self.guarded(&text, &parsed, &grounds)?);
                Ok(vec![InteractionEvent::ReplyEditRequested {
                    reply_id,
                    replaces,
                    text: parsed.into(),
                    guardrails,
                    held_until: timing.held_until,
                }])
            }
            Command::RequestRejection { reply_id, text, timing } => {
                if self.version(reply_id).is_some() {
                    return Ok(vec![]);
                }
                self.may_reject()?;
                self.knows(timing)?;
                // Only the marketplace reads it, so no guardrail is about it.
                let text = self.parse(&text)?.into();
                let held_until = timing.held_until;
                Ok(vec![InteractionEvent::RejectionRequested { reply_id, text, held_until }])
            }
            Command::RecordRefused { kind, text, grounds } => self.refuse(kind, &text, &grounds),
            Command::MarkSent { reply_id, at } => self.mark_sent(reply_id, at),
            Command::SendAgain { reply_id, at, basis, grounds } => {
                self.send_again(reply_id, at, basis, &grounds)
            }
            Command::Release { reply_id } => self.release(reply_id),
            Command::Cancel { reply_id } => self.cancel(reply_id),
            Command::StopAutomatic { reply_id } => Ok(self.stop_automatic(reply_id)),
            Command::SetDeadline { said, deadline, known_at } => {
                Ok(Vec::from_iter(self.answering.promise(said, deadline, known_at)))
            }
            Command::CheckDeadline { at } => Ok(self.answering.due(at)),
            Command::MarkViewed => {
                Ok(Vec::from_iter(self.is_unviewed().then_some(InteractionEvent::Viewed)))
            }
            Command::RecordAccepted { reply_id, attempt, at, external_id } => {
                Ok(self.accepted(reply_id, attempt, at, external_id))
            }
            Command::RecordUnknown { reply_id, attempt, reason, at } => {
                let awaited = self.version(reply_id).is_some_and(|v| v.awaits(attempt));
                Ok(Vec::from_iter(awaited.then_some(InteractionEvent::ReplyOutcomeUnknown {
                    reply_id,
                    attempt,
                    reason,
                    at,
                })))
            }
            Command::RecordFailed { reply_id, attempt, failure, marketplace_text, at } => {
                let ended = |v: &&ReplyVersion| {
                    // An outcome that reading cannot settle is given to a person as a definite failure.
                    let unsettled = v.state == ReplyState::Unknown && v.attempts == attempt;
                    v.awaits(attempt) || (unsettled && !failure.is_transient())
                };
                let Some(version) = self.version(reply_id).filter(ended) else {
                    return Ok(vec![]);
                };
                let retry_at =
                    failure.is_transient().then(|| delivery::retry_at(attempt, at)).flatten();
                let told = Circumstances { marketplace_text, retry_at, ..Circumstances::default() };
                Ok(vec![failed(version, attempt, failure, told)])
            }
            Command::RecordUnprovable { reply_id, attempt, looks } => {
                Ok(self.unprovable(reply_id, attempt, looks))
            }
            Command::RecordModerationFailed { reply_id, code, marketplace_text } => {
                let open = self.version(reply_id).is_some_and(|v| v.state != ReplyState::Rejected);
                Ok(Vec::from_iter(open.then_some(InteractionEvent::ReplyModerationFailed {
                    reply_id,
                    code,
                    // What quotes an erased buyer is not kept, whoever still has the key.
                    marketplace_text: marketplace_text.filter(|_| !self.erased).map(Personal::from),
                })))
            }
            Command::Observe { answer, seen_at } => Ok(self.observe(answer, seen_at)),
            Command::ReceiveMessages { messages, seen_at } => Ok(self.receive(messages, seen_at)),
            Command::ConfirmAbsent { reply_id, attempt, read_at } => {
                Ok(self.confirm_absent(reply_id, attempt, read_at))
            }
            Command::RecordNotPublished { reply_id } => {
                let sent = self.version(reply_id).filter(|_| self.awaits_publication(reply_id));
                let told = Circumstances::default();
                Ok(Vec::from_iter(
                    sent.map(|v| failed(v, v.attempts, SendFailure::NotPublished, told)),
                ))
            }
        }
    }

    /// Tells whether a new answer may be asked for.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn may_answer(&self) -> Result<(), InteractionError> {
        self.may_keep_texts()?;
        self.nothing_open()?;
        if self.is_chat() {
            return self.may_write_in_chat();
        }
        let rejects = |v: &ReplyVersion| v.kind == ReplyKind::Rejection && v.state.stands();
        if self.replies.iter().any(rejects) {
            return Err(InteractionError::QuestionRejected);
        }
        if self.is_answered() {
            return Err(InteractionError::AlreadyAnswered);
        }
        Ok(())
    }

    /// Tells whether the marketplace may be asked to take it down instead of answering it.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn may_reject(&self) -> Result<(), InteractionError> {
        if !self.capabilities()?.rejection {
            return Err(InteractionError::RejectionNotOffered);
        }
        match self.may_answer() {
            Ok(()) if self.closed => Err(InteractionError::NothingToReject),
            Err(InteractionError::AlreadyAnswered) => Err(InteractionError::NothingToReject),
            other => other,
        }
    }

    /// Tells which version may be edited at `at`.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn may_edit(&self, at: DateTime<Utc>) -> Result<ReplyId, InteractionError> {
        self.may_keep_texts()?;
        self.nothing_open()?;
        let standing = self.standing_answer().ok_or(InteractionError::NothingToEdit)?;
        match self.capabilities()?.edit {
            EditRule::Never => return Err(InteractionError::EditNotOffered),
            EditRule::OnceWithin(_) if self.is_edited() => return Err(InteractionError::EditSpent),
            EditRule::OnceWithin(_) if self.editable_until().is_none_or(|until| at > until) => {
                return Err(InteractionError::EditWindowClosed);
            }
            EditRule::OnceWithin(_) | EditRule::Always => (),
        }
        Ok(standing.reply_id)
    }

    /// Returns until when our answer may be edited; none when no answer of ours stands, or no time ends it.
    #[must_use]
    pub fn editable_until(&self) -> Option<DateTime<Utc>> {
        let rule = self.capabilities().ok()?.edit;
        self.standing_answer()?.standing_since.and_then(|since| rule.until(since))
    }

    /// Returns what the marketplace lets a seller do here.
    ///
    /// # Errors
    /// [`InteractionError::Unknown`] before it was ingested.
    pub fn capabilities(&self) -> Result<Capabilities, InteractionError> {
        let source = self.source.as_ref().ok_or(InteractionError::Unknown)?;
        Ok(Capabilities::of(source.marketplace, source.channel))
    }

    /// Tells whether the marketplace is to be told when a person opens it. What is answered or dealt with otherwise
    /// counts as viewed there.
    #[must_use]
    pub fn is_unviewed(&self) -> bool {
        let is_open = !self.closed && self.nothing_let_out() && self.observed.is_none();
        let wants_to_know = self.capabilities().is_ok_and(|may| may.viewed_mark);
        wants_to_know && is_open && !self.viewed && !self.erased
    }

    fn is_edited(&self) -> bool {
        let edited = |v: &ReplyVersion| v.kind == ReplyKind::Edit && v.standing_since.is_some();
        self.replies.iter().any(edited)
    }

    /// Returns what is to be sent as `attempt` of `reply_id`; none when that attempt is not due (any more).
    #[must_use]
    pub fn delivery_due(&self, reply_id: ReplyId, attempt: u32) -> Option<Delivery> {
        let version = self.version(reply_id).filter(|v| v.awaits(attempt))?;
        Some(Delivery {
            source: self.source.clone()?,
            article: self.content.as_ref()?.product.article.clone(),
            kind: version.kind,
            edits: self.standing_answer().and_then(|answer| answer.external_id.clone()),
            text: version.text.clone(),
            files: version.files.clone(),
        })
    }

    /// Tells whether an accepted version is still to be seen at the marketplace. Once an edit of it is asked for, its
    /// own text may never be seen again; a message of a chat stays.
    #[must_use]
    pub fn awaits_publication(&self, reply_id: ReplyId) -> bool {
        // What is read there can no longer be told from another's answer.
        if self.erased {
            return false;
        }
        if self.is_chat() {
            return self.version(reply_id).is_some_and(|v| v.state == ReplyState::Sent);
        }
        let mut from_here = self.replies.iter().skip_while(|v| v.reply_id != reply_id);
        let sent = from_here.next().is_some_and(|v| v.state == ReplyState::Sent);
        sent && !from_here.any(|v| v.state.is_in_flight() || v.state.stands())
    }

    /// Returns a version of the reply.
    #[must_use]
    pub fn version(&self, reply_id: ReplyId) -> Option<&ReplyVersion> {
        self.replies.iter().find(|v| v.reply_id == reply_id)
    }

    /// Tells whether the buyer's data was erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.erased
    }

    /// Returns where the interaction is from; none before it was ingested.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// Returns what the buyer left; none before it was ingested.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    /// Returns how far answering has come.
    #[must_use]
    pub fn answering(&self) -> &Answering {
        &self.answering
    }

    /// Returns what it belongs with, as far as the marketplace told.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Texts are sealed under the buyer's key.
    fn may_keep_texts(&self) -> Result<(), InteractionError> {
        if self.erased { Err(InteractionError::BuyerErased) } else { Ok(()) }
    }

    /// An answer stands, whoever gave it.
    fn is_answered(&self) -> bool {
        self.is_answered_elsewhere() || self.replies.iter().any(|v| v.state.stands())
    }

    /// An answer stands that did not come from here.
    fn is_answered_elsewhere(&self) -> bool {
        self.observed.as_ref().is_some_and(|answer| answer.state != ObservedState::Rejected)
    }

    /// The first answer of ours that the marketplace took.
    fn standing_answer(&self) -> Option<&ReplyVersion> {
        self.replies.iter().find(|v| v.kind == ReplyKind::Answer && v.state.stands())
    }

    fn accepted(
        &self,
        reply_id: ReplyId,
        attempt: u32,
        at: DateTime<Utc>,
        external_id: Option<String>,
    ) -> Vec<InteractionEvent> {
        let Some(version) = self.version(reply_id) else { return vec![] };
        // A late acceptance is a fact whatever was assumed meanwhile; one that is known already is not news.
        if version.state.stands() || version.state == ReplyState::Rejected {
            return vec![];
        }
        vec![taken(version, attempt, at, external_id)]
    }
}

/// The event for a version that the marketplace took.
fn taken(
    version: &ReplyVersion,
    attempt: u32,
    accepted_at: DateTime<Utc>,
    external_id: Option<String>,
) -> InteractionEvent {
    let reply_id = version.reply_id;
    match version.kind {
        ReplyKind::Answer => {
            InteractionEvent::ReplySent { reply_id, attempt, accepted_at, external_id }
        }
        ReplyKind::Rejection => InteractionEvent::RejectionSent { reply_id, attempt, accepted_at },
        ReplyKind::Edit => {
            InteractionEvent::ReplyEdited { reply_id, attempt, accepted_at, external_id }
        }
    }
}

/// What there is to say of a failure beside its reason.
#[derive(Default)]
struct Circumstances {
    /// The marketplace's own words.
    marketplace_text: Option<String>,
    /// When the next attempt is due; none when a person must act.
    retry_at: Option<DateTime<Utc>>,
    /// What was seen at the marketplace before it was left to a person.
    looks: Vec<Look>,
}

/// The event for a version that failed: it is not at the marketplace, or nobody can tell.
fn failed(
    version: &ReplyVersion,
    attempt: u32,
    failure: SendFailure,
    circumstances: Circumstances,
) -> InteractionEvent {
    let reply_id = version.reply_id;
    let Circumstances { marketplace_text, retry_at, looks } = circumstances;
    let marketplace_text = marketplace_text.map(Personal::from);
    match version.kind {
        ReplyKind::Answer | ReplyKind::Rejection => InteractionEvent::ReplySendFailed {
            reply_id,
            attempt,
            failure,
            marketplace_text,
            retry_at,
            looks,
        },
        ReplyKind::Edit => InteractionEvent::ReplyEditFailed {
            reply_id,
            attempt,
            failure,
            marketplace_text,
            retry_at,
            looks,
        },
    }
}
