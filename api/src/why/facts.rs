//! What was decided or learned with an event, fact by fact.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::DraftId;
use domain::guardrail::{Passed, Refused, Severity};
use domain::interaction::{DraftSource, InteractionEvent, Look, Saw, SendFailure};
use domain::policy::delivery::RETRY_SECONDS;
use domain::value::Personal;
use serde::Serialize;
use utoipa::ToSchema;

use super::{deadlines, drafts};
use crate::guardrail::{Violation, violations};
use crate::reply::message;

/// On what a person's word about a reply rests.
const LOOKED: &str = "посмотрел на площадке: чтением выяснить не удалось";

/// One thing that an event says, by a name that stays and in words.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Fact {
    /// Its name, which stays.
    #[schema(example = "attempt")]
    name: &'static str,
    /// The name in the user's words.
    #[schema(example = "Попытка")]
    label: &'static str,
    /// What it is; none where it is a time.
    text: Option<String>,
    /// When it was or will be; none where it is no time.
    at: Option<DateTime<Utc>>,
}

impl Fact {
    pub(super) fn text(name: &'static str, label: &'static str, text: impl Into<String>) -> Self {
        Self { name, label, text: Some(text.into()), at: None }
    }

    pub(super) fn time(name: &'static str, label: &'static str, at: DateTime<Utc>) -> Self {
        Self { name, label, text: None, at: Some(at) }
    }
}

/// The drafts that were proposed, by which it is known what a reply grew from.
#[derive(Debug, Default)]
pub(super) struct Drafts(HashMap<DraftId, Personal<String>>);

impl Drafts {
    /// Returns what the next event says.
    pub(super) fn facts(&mut self, event: &InteractionEvent) -> Vec<Fact> {
        use InteractionEvent as Event;

        match event {
            Event::Ingested { content, .. } => {
                let stars =
                    content.rating.map(|stars| Fact::text("rating", "Оценка", stars.to_string()));
                stars.into_iter().collect()
            }
            Event::DraftProposed { draft_id, text, source, origin } => {
                self.0.insert(*draft_id, text.clone());
                let source = Fact::text("draft_source", "Откуда", written_by(*source));
                let id = Fact::text("draft_id", "Черновик", draft_id.to_string());
                let text = text.known().map_or("", String::as_str);
                let origin = origin.as_deref().map(|origin| drafts::of_origin(origin, text));
                let origin = origin.unwrap_or_default();
                std::iter::once(source).chain(origin).chain([id]).collect()
            }
            Event::DraftDismissed { draft_id, reason } => vec![
                Fact::text("dismiss_reason", "Почему", drafts::why_dismissed(*reason)),
                Fact::text("draft_id", "Черновик", draft_id.to_string()),
            ],
            Event::ReplyRequested {
                text,
                draft_id,
                bulk_id,
                automation,
                guardrails,
                held_until,
                ..
            } => {
                let mut facts = vec![self.lineage(*draft_id, text)];
                facts.extend(automation.map(|version| {
                    Fact::text("automation", "Версия правил автоматики", version.to_string())
                }));
                facts.extend(
                    bulk_id.map(|id| Fact::text("bulk_id", "Массовая отправка", id.to_string())),
                );
                facts.extend(checked(guardrails.as_ref(), text));
                facts.extend(hold(*held_until));
                facts
            }
            Event::ReplyEditRequested { text, guardrails, held_until, .. } => {
                let checked = checked(guardrails.as_ref(), text).into_iter();
                checked.chain(hold(*held_until)).collect()
            }
            Event::RejectionRequested { held_until, .. } => hold(*held_until).into_iter().collect(),
            Event::ReplySent { attempt, accepted_at, external_id, .. }
            | Event::ReplyEdited { attempt, accepted_at, external_id, .. } => {
                let mut facts = accepted(*attempt, *accepted_at);
                let id = external_id.as_ref();
                facts.extend(id.map(|id| Fact::text("external_id", "Номер на площадке", id)));
                facts
            }
            Event::RejectionSent { attempt, accepted_at, .. } => accepted(*attempt, *accepted_at),
            Event::ReplyOutcomeUnknown { attempt, reason, at, .. } => vec![
                attempt_of(*attempt),
                Fact::text("failure", "Что известно", message(reason.into())),
                Fact::time("tried_at", "Могло уйти", *at),
            ],
            Event::ReplyConfirmedAbsent { attempt, read_at, .. } => {
                let reads = read_at.iter().map(|at| Fact::time("read_at", "Проверено", *at));
                std::iter::once(attempt_of(*attempt)).chain(reads).collect()
            }
            Event::ReplyRefused { text, guardrails, .. } => refused(guardrails, text),
            Event::ReplyMarkedSent { .. } => vec![Fact::text("ground", "Основание", LOOKED)],
            Event::ReplyRetryRequested { attempt, .. } => {
                vec![attempt_of(*attempt), Fact::text("ground", "Основание", LOOKED)]
            }
            Event::ReplySendFailed {
                attempt, failure, marketplace_text, retry_at, looks, ..
            }
            | Event::ReplyEditFailed {
                attempt, failure, marketplace_text, retry_at, looks, ..
            } => {
                let mut facts = vec![attempt_of(*attempt), why(*failure)];
                facts.extend(words(marketplace_text.as_ref()));
                facts.extend(looks.iter().map(look));
                facts.push(match retry_at {
                    Some(at) => Fact::time("retry_at", "Следующая попытка", *at),
                    None => {
                        Fact::text("retry", "Следующая попытка", "сама не начнётся, нужен человек")
                    }
                });
                facts
            }
            Event::ReplyPublished { seen_at, .. }
            | Event::RejectionConfirmed { seen_at, .. }
            | Event::ReplyObserved { seen_at, .. }
            | Event::MessageReceived { seen_at, .. } => {
                vec![Fact::time("seen_at", "Увидели на площадке", *seen_at)]
            }
            Event::ReplyModerationFailed { code, marketplace_text, .. } => {
                let code = Fact::text("code", "Код", code);
                words(marketplace_text.as_ref()).into_iter().chain([code]).collect()
            }
            Event::DeadlineSet { deadline, was_past, .. } => deadlines::facts(deadline, *was_past),
            Event::SlaEscalated { answer_by } => {
                vec![Fact::time("answer_by", "Ответить до", *answer_by)]
            }
            Event::SlaBreached { answer_by } => {
                vec![Fact::time("answer_by", "Надо было до", *answer_by)]
            }
            Event::ContentRevised { .. }
            | Event::Linked { .. }
            | Event::Closed { .. }
            | Event::Viewed
            | Event::DraftRequested { .. }
            | Event::ReplyReleased { .. }
            | Event::ReplyCancelled { .. }
            | Event::Reopened
            | Event::BuyerErased { .. } => vec![],
        }
    }

    /// Says what a reply grew from (F113).
    fn lineage(&self, draft_id: Option<DraftId>, text: &Personal<String>) -> Fact {
        let draft = draft_id.and_then(|id| self.0.get(&id)).and_then(Personal::known);
        let words = match (draft_id, draft, text.known()) {
            (None, _, _) => "написан без черновика",
            (Some(_), Some(draft), Some(text)) if draft.trim() == text.trim() => {
                "черновик принят без правок"
            }
            (Some(_), Some(_), Some(_)) => "черновик изменён",
            (Some(_), _, _) => "по черновику",
        };
        Fact::text("draft", "Текст", words)
    }
}

fn written_by(source: DraftSource) -> &'static str {
    match source {
        DraftSource::Operator => "написан оператором",
        DraftSource::Template => "шаблон",
        DraftSource::Model => "написан языковой моделью",
    }
}

/// Says which rules let a reply through and what they had to say of it.
fn checked(passed: Option<&Passed>, text: &Personal<String>) -> Vec<Fact> {
    let Some(passed) = passed else { return vec![] };
    let rules = format!("пройдена, {}", rules_of(passed.version, passed.own_version));
    let text = text.known().map_or("", String::as_str);
    let warned = violations(&passed.warnings, Severity::Warning, text);
    let warned = warned.iter().map(|found| Fact::text("warning", "Замечание", said(found)));
    std::iter::once(Fact::text("guardrails", "Проверка ответа", rules)).chain(warned).collect()
}

/// Says which rules stopped a text, and for what.
fn refused(refused: &Refused, text: &Personal<String>) -> Vec<Fact> {
    let text = text.known().map_or("", String::as_str);
    let rules = format!("не пройдена, {}", rules_of(refused.version, refused.own_version));
    let stopped = violations(&refused.errors, Severity::Error, text);
    let stopped = stopped.iter().map(|found| Fact::text("violation", "Нарушение", said(found)));
    std::iter::once(Fact::text("guardrails", "Проверка ответа", rules)).chain(stopped).collect()
}

pub(super) fn rules_of(version: u32, own_version: u32) -> String {
    match own_version {
        0 => format!("правила версии {version}"),
        own => format!("правила версии {version}, правила магазина версии {own}"),
    }
}

pub(super) fn said(found: &Violation) -> String {
    match &found.phrase {
        Some(phrase) => format!("«{phrase}»: {} ({})", found.message, found.r#type),
        None => format!("{} ({})", found.message, found.r#type),
    }
}

/// Says what one look for a reply saw instead.
fn look(look: &Look) -> Fact {
    let label = match look.saw {
        Saw::Absent => "Проверено, ответа нет",
        Saw::ItemGone => "Проверено, площадка не даёт обращение",
        Saw::Unreadable => "Проверено, прочесть не удалось",
    };
    Fact::time("looked_at", label, look.at)
}

fn hold(until: Option<DateTime<Utc>>) -> Option<Fact> {
    until.map(|until| Fact::time("held_until", "Уйдёт не раньше", until))
}

fn accepted(attempt: u32, at: DateTime<Utc>) -> Vec<Fact> {
    vec![attempt_of(attempt), Fact::time("accepted_at", "Принято площадкой", at)]
}

fn attempt_of(attempt: u32) -> Fact {
    let planned = u32::try_from(RETRY_SECONDS.len() + 1).unwrap_or(u32::MAX);
    // What a person sends once more comes on top of the plan.
    let said =
        if attempt > planned { attempt.to_string() } else { format!("{attempt} из {planned}") };
    Fact::text("attempt", "Попытка", said)
}

fn why(failure: SendFailure) -> Fact {
    Fact::text("failure", "Причина", message(failure.into()))
}

fn words(words: Option<&Personal<String>>) -> Option<Fact> {
    let words = words.and_then(Personal::known)?;
    Some(Fact::text("marketplace_text", "Слова площадки", words))
}
