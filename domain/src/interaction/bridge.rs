//! The framework's view of an interaction: how commands reach `decide` and events change the state.

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};

use super::draft::LastDraft;
use super::event::InteractionEvent;
use super::lineage::KnownDraft;
use super::refusal::RefusedText;
use super::reply::{ReplyKind, ReplyState, ReplyVersion};
use super::{Interaction, InteractionCommand, InteractionError};
use crate::event::present_version;
use crate::value::{MessageAuthor, ReplyId};

impl DomainEvent for InteractionEvent {
    fn event_type(&self) -> String {
        <&'static str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        present_version(Interaction::TYPE, self.into()).to_string()
    }
}

impl Aggregate for Interaction {
    const TYPE: &'static str = "interaction";
    type Command = InteractionCommand;
    type Event = InteractionEvent;
    type Error = InteractionError;
    type Services = ();

    async fn handle(
        &mut self,
        command: InteractionCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), InteractionError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: InteractionEvent) {
        use InteractionEvent as Event;

        self.answering = std::mem::take(&mut self.answering).after(&event);
        match event {
            Event::Ingested { source, content } => {
                self.source = Some(source);
                self.content = Some(content);
            }
            Event::ContentRevised { content } => {
                self.content = Some(content);
                // Whatever changed: the words may be erased one day, and the state must not depend on them.
                self.basis += 1;
            }
            Event::Linked { links } => self.links = links,
            Event::Closed { .. } => self.closed = true,
            Event::Viewed => self.viewed = true,
            Event::DraftRequested { asked, .. } => self.drafts_asked = asked,
            Event::DraftProposed { draft_id, text, origin, .. } => {
                let made_of = origin.as_deref();
                let basis = made_of.map_or(self.basis, |origin| origin.basis);
                let answered = made_of.map_or(self.drafts_asked, |origin| origin.asked);
                self.drafts_answered = self.drafts_answered.max(answered);
                self.drafts.push(KnownDraft::new(draft_id, text));
                self.last_draft = Some(LastDraft::new(draft_id, basis));
            }
            Event::DraftDismissed { draft_id, .. } => {
                self.last_draft.iter_mut().for_each(|draft| draft.dismiss(draft_id));
            }
            Event::ReplyRequested {
                reply_id,
                text,
                lineage,
                automation,
                files,
                held_until,
                ..
            } => {
                self.drafts.iter_mut().for_each(|draft| draft.answer(reply_id, lineage));
                let version =
                    ReplyVersion::requested(reply_id, ReplyKind::Answer, text, held_until);
                self.ask_for(ReplyVersion { files, automation, ..version });
            }
            Event::ReplyEditRequested { reply_id, text, held_until, .. } => {
                self.ask_for(ReplyVersion::requested(reply_id, ReplyKind::Edit, text, held_until));
            }
            Event::RejectionRequested { reply_id, text, held_until } => {
                let kind = ReplyKind::Rejection;
                self.ask_for(ReplyVersion::requested(reply_id, kind, text, held_until));
            }
            Event::ReplyReleased { reply_id } => {
                self.change(reply_id, ReplyState::Sending, |_| ());
            }
            Event::ReplyCancelled { reply_id, .. } => {
                self.change(reply_id, ReplyState::Cancelled, |_| ());
            }
            Event::ReplyRefused { text, guardrails, .. } => {
                let rules = (guardrails.version, guardrails.own_version);
                self.refused.push(RefusedText { text, rules });
            }
            Event::ReplyMarkedSent { reply_id, at, .. } => {
                self.change(reply_id, ReplyState::Sent, |version| {
                    version.standing_since.get_or_insert(at);
                });
            }
            Event::ReplyRetryRequested { reply_id, .. } => {
                self.change(reply_id, ReplyState::Sending, |_| ());
                self.basis += 1;
            }
            Event::RejectionSent { reply_id, attempt, accepted_at } => {
                self.taken_over(reply_id, attempt, accepted_at, None);
            }
            Event::ReplySent { reply_id, attempt, accepted_at, external_id }
            | Event::ReplyEdited { reply_id, attempt, accepted_at, external_id } => {
                self.taken_over(reply_id, attempt, accepted_at, external_id);
            }
            Event::ReplyOutcomeUnknown { reply_id, attempt, at, .. } => {
                self.change(reply_id, ReplyState::Unknown, |version| {
                    version.attempts = attempt;
                    version.tried_at = Some(at);
                });
            }
            Event::ReplyConfirmedAbsent { reply_id, .. } => {
                self.change(reply_id, ReplyState::Sending, |_| ());
            }
            Event::ReplySendFailed { reply_id, attempt, failure, retry_at, .. }
            | Event::ReplyEditFailed { reply_id, attempt, failure, retry_at, .. } => {
                let state =
                    if retry_at.is_some() { ReplyState::Sending } else { ReplyState::Failed };
                self.change(reply_id, state, |version| {
                    version.attempts = attempt;
                    version.failure = Some(failure);
                });
            }
            Event::ReplyPublished { reply_id, seen_at }
            | Event::RejectionConfirmed { reply_id, seen_at } => {
                self.change(reply_id, ReplyState::Published, |version| {
                    version.standing_since.get_or_insert(seen_at);
                });
            }
            Event::ReplyModerationFailed { reply_id, .. } => {
                self.change(reply_id, ReplyState::Rejected, |_| ());
            }
            Event::ReplyObserved { answer, ordinal, .. } => {
                self.observed = Some(answer);
                self.observed_ordinal = ordinal;
                self.basis += 1;
            }
            Event::MessageReceived { message, reply_id, .. } => {
                if message.author != MessageAuthor::Marketplace && reply_id.is_none() {
                    self.basis += 1;
                }
                if message.author == MessageAuthor::Buyer {
                    self.buyer_wrote_at = self.buyer_wrote_at.max(Some(message.sent_at));
                }
                self.messages.insert(message.external_id);
            }
            Event::Reopened => self.closed = false,
            // Told above: a promise changes nothing but itself.
            Event::DeadlineSet { .. } | Event::SlaEscalated { .. } | Event::SlaBreached { .. } => {}
            Event::BuyerErased { .. } => self.forget_buyer(),
        }
    }
}

impl Interaction {
    /// A version was asked for.
    fn ask_for(&mut self, version: ReplyVersion) {
        self.replies.push(version);
        self.basis += 1;
    }

    /// The marketplace took a version.
    fn taken_over(
        &mut self,
        reply_id: ReplyId,
        attempt: u32,
        accepted_at: DateTime<Utc>,
        external_id: Option<String>,
    ) {
        self.change(reply_id, ReplyState::Sent, |version| {
            version.external_id = external_id.or(version.external_id.take());
            version.attempts = version.attempts.max(attempt);
            version.standing_since.get_or_insert(accepted_at);
            version.tried_at = Some(accepted_at);
        });
    }

    fn change(
        &mut self,
        reply_id: ReplyId,
        state: ReplyState,
        more: impl FnOnce(&mut ReplyVersion),
    ) {
        if let Some(version) = self.replies.iter_mut().find(|v| v.reply_id == reply_id) {
            version.state = state;
            version.failure = None;
            more(version);
        }
    }
}
