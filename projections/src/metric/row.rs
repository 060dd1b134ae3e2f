//! The row of an interaction, and how its events change it.

mod answer;
mod counted;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::interaction::{
    Answering, DraftOrigin, DraftOutcome, InteractionEvent, Lineage, SendFailure,
};
use domain::value::{Content, Source};
use domain::{DraftId, Recorded, ReplyId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

pub(super) use self::answer::Answer;
use super::fact::Metric;
use crate::fold::time;
use crate::lineage;

/// The metrics that count an interaction, each with the time at which it does.
pub(super) type Facts = BTreeMap<String, DateTime<Utc>>;

/// A row of `metric`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) interaction_id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) marketplace: String,
    pub(super) channel: String,
    pub(super) product_article: String,
    pub(super) rating: Option<i16>,
    pub(super) intent: Option<String>,
    #[serde(with = "time::option")]
    pub(super) read_at: Option<DateTime<Utc>>,
    #[serde(with = "time::option")]
    pub(super) answered_at: Option<DateTime<Utc>>,
    pub(super) answered_by: Option<String>,
    pub(super) reply_id: Option<Uuid>,
    pub(super) operator: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) changed: Option<i16>,
    pub(super) waited_seconds: Option<i64>,
    pub(super) handled_seconds: Option<i64>,
    pub(super) other_answer: Option<Json<Answer>>,
    #[serde(with = "time::option")]
    pub(super) answer_by: Option<DateTime<Utc>>,
    pub(super) was_past: bool,
    pub(super) breached: bool,
    pub(super) facts: Json<Facts>,
    #[serde(with = "time::option")]
    pub(super) first_at: Option<DateTime<Utc>>,
    #[serde(with = "time::option")]
    pub(super) last_at: Option<DateTime<Utc>>,
    pub(super) asked: Json<BTreeMap<Uuid, Asked>>,
    pub(super) answering: Json<Answering>,
    pub(super) version: i32,
}

/// How a reply was asked for.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Asked {
    /// Who asked for it, where that was a person and for this interaction alone.
    operator: Option<String>,
    /// Nobody asked for it but the seller's rules.
    is_automatic: bool,
    /// What it is to its draft; none of one that nobody saw asked for.
    outcome: Option<String>,
    /// The share of characters that it changed, in thousandths.
    changed: Option<i16>,
}

/// Tells what an interaction's row is after `recorded`. It reads no words: an erased buyer's log says the same.
pub(super) fn fold(row: Option<Row>, recorded: &Recorded) -> Option<Row> {
    if row.as_ref().is_some_and(|row| row.version >= recorded.version) {
        return row;
    }
    let next = recorded.of_interaction().fold(row.clone(), |row, event| {
        if let InteractionEvent::Ingested { source, content } = event {
            let row = Row::new(recorded, source, content);
            Some(row.answered_as(&Answering::default(), event, recorded))
        } else {
            row.map(|row| row.next(event, recorded))
        }
    });
    if next == row { row } else { next.map(|row| Row { version: recorded.version, ..row }) }
}

impl Row {
    fn new(recorded: &Recorded, source: &Source, content: &Content) -> Self {
        let row = Self {
            tenant_id: recorded.tenant.0,
            interaction_id: recorded.stream.0,
            account_id: source.account_id.0,
            marketplace: source.marketplace.as_str().to_owned(),
            channel: source.channel.as_str().to_owned(),
            product_article: String::new(),
            rating: None,
            intent: None,
            read_at: None,
            answered_at: None,
            answered_by: None,
            reply_id: None,
            operator: None,
            outcome: None,
            changed: None,
            waited_seconds: None,
            handled_seconds: None,
            other_answer: None,
            answer_by: None,
            was_past: false,
            breached: false,
            facts: Json::default(),
            first_at: None,
            last_at: None,
            asked: Json::default(),
            answering: Json::default(),
            version: recorded.version,
        };
        row.about(content)
    }

    fn next(self, event: &InteractionEvent, recorded: &Recorded) -> Self {
        let before = self.answering.0.clone();
        self.after(event, recorded).answered_as(&before, event, recorded)
    }

    /// Takes in what an event says but how far answering has come.
    fn after(self, event: &InteractionEvent, recorded: &Recorded) -> Self {
        match event {
            InteractionEvent::ContentRevised { content } => self.about(content),
            InteractionEvent::DraftProposed { origin, .. } => self.reading(origin.as_deref()),
            InteractionEvent::ReplyRequested {
                reply_id,
                draft_id,
                lineage,
                automation,
                bulk_id,
                ..
            } => {
                let by = lineage::Asked::of(*automation, *bulk_id);
                self.asking(*reply_id, Asked::new(by, *draft_id, *lineage, recorded))
            }
            // What buyers see first is what it changes.
            InteractionEvent::ReplyEditRequested { reply_id, replaces, .. } => {
                match self.asked.get(&replaces.0).cloned() {
                    Some(asked) => self.asking(*reply_id, asked),
                    None => self,
                }
            }
            InteractionEvent::ReplySendFailed { failure, .. }
            | InteractionEvent::ReplyEditFailed { failure, .. } => self.failing(*failure, recorded),
            InteractionEvent::ReplyModerationFailed { .. } => {
                self.noting(Metric::Refused.as_str(), recorded)
            }
            InteractionEvent::ReplyOutcomeUnknown { .. } => {
                self.noting(Metric::Unknown.as_str(), recorded)
            }
            InteractionEvent::DeadlineSet { deadline, was_past, .. } => {
                self.promising(time::kept(deadline.answer_by), *was_past)
            }
            InteractionEvent::SlaBreached { answer_by } => self.breaking(time::kept(*answer_by)),
            InteractionEvent::Ingested { .. }
            | InteractionEvent::Linked { .. }
            | InteractionEvent::Closed { .. }
            | InteractionEvent::Reopened
            | InteractionEvent::Viewed
            | InteractionEvent::DraftRequested { .. }
            | InteractionEvent::DraftDismissed { .. }
            | InteractionEvent::RejectionRequested { .. }
            | InteractionEvent::ReplyRefused { .. }
            | InteractionEvent::ReplyReleased { .. }
            | InteractionEvent::ReplyCancelled { .. }
            | InteractionEvent::ReplySent { .. }
            | InteractionEvent::ReplyEdited { .. }
            | InteractionEvent::RejectionSent { .. }
            | InteractionEvent::ReplyConfirmedAbsent { .. }
            | InteractionEvent::ReplyPublished { .. }
            | InteractionEvent::ReplyMarkedSent { .. }
            | InteractionEvent::ReplyRetryRequested { .. }
            | InteractionEvent::RejectionConfirmed { .. }
            | InteractionEvent::ReplyObserved { .. }
            | InteractionEvent::MessageReceived { .. }
            | InteractionEvent::SlaEscalated { .. }
            | InteractionEvent::BuyerErased { .. } => self,
        }
    }

    fn about(self, content: &Content) -> Self {
        Self {
            product_article: content.product.article.clone(),
            rating: content.rating.map(i16::from),
            ..self
        }
    }

    /// Takes in what a draft's writer read, unless the words talked to it. What follows the answer is about something
    /// else.
    fn reading(self, origin: Option<&DraftOrigin>) -> Self {
        let origin = origin.filter(|origin| !origin.is_attacked && self.answered_at.is_none());
        match origin.and_then(|origin| origin.analysis.as_ref()) {
            Some(read) => Self { intent: Some(read.intent.as_str().to_owned()), ..self },
            None => self,
        }
    }

    fn asking(mut self, reply_id: ReplyId, asked: Asked) -> Self {
        self.asked.entry(reply_id.0).or_insert(asked);
        self
    }

    /// Notes what went wrong, and when it did first: another day's numbers stay as they are.
    fn noting(mut self, fact: &str, recorded: &Recorded) -> Self {
        let at = time::kept(recorded.recorded_at);
        self.facts.entry(fact.to_owned()).or_insert(at);
        self
    }

    fn failing(self, failure: SendFailure, recorded: &Recorded) -> Self {
        let row = self
            .noting(Metric::Failed.as_str(), recorded)
            .noting(&super::failed_by(failure), recorded);
        if failure.leaves_doubt() { row.noting(Metric::InDoubt.as_str(), recorded) } else { row }
    }

    /// Takes in by when an answer is promised, while there is none. What was past from the beginning stays so as long
    /// as the time is the same.
    fn promising(self, answer_by: DateTime<Utc>, was_past: bool) -> Self {
        if self.answered_at.is_some() {
            return self;
        }
        let is_same = self.answer_by == Some(answer_by);
        Self {
            answer_by: Some(answer_by),
            was_past: was_past || (is_same && self.was_past),
            breached: is_same && self.breached,
            ..self
        }
    }

    fn breaking(self, answer_by: DateTime<Utc>) -> Self {
        let is_broken = self.answered_at.is_none() && self.answer_by == Some(answer_by);
        Self { breached: self.breached || is_broken, ..self }
    }

    /// Takes in how far answering has come by an event, and what follows from that.
    fn answered_as(
        self,
        before: &Answering,
        event: &InteractionEvent,
        recorded: &Recorded,
    ) -> Self {
        let now = before.clone().after(event);
        let heard_at = now.waits_since.map(|_| time::kept(recorded.recorded_at));
        let row = Self { read_at: self.read_at.or(heard_at), ..self };
        let row = if row.has_lost_answer(&now, event) { row.unanswered() } else { row };
        let row = row.with_other(&now, Answer::by(before, &now, event));
        Self { answering: Json(now), ..row.forgetting(event) }.counted()
    }
}

impl Asked {
    fn new(
        by: lineage::Asked,
        draft_id: Option<DraftId>,
        lineage: Option<Lineage>,
        recorded: &Recorded,
    ) -> Self {
        let of_draft = match (lineage, draft_id) {
            (Some(lineage), _) => lineage.changed.into(),
            // Named, and from before it was kept how far replies are from their drafts.
            (None, Some(_)) => DraftOutcome::Unmeasured,
            (None, None) => DraftOutcome::Manual,
        };
        let is_alone = by == lineage::Asked::Alone;
        let person = recorded.actor.as_ref().filter(|actor| actor.starts_with("user:"));
        Self {
            operator: person.filter(|_| is_alone).cloned(),
            is_automatic: by == lineage::Asked::ByNobody,
            outcome: Some(lineage::replying(of_draft, by).as_str().to_owned()),
            changed: lineage.map(|lineage| lineage::kept(lineage.changed)),
        }
    }
}
