//! Answering and editing: checked as documented, written to the ledger, then carried out.
//!
//! The review id is not validated: an unknown one is accepted with 204 and changes nothing. So is an edit that is not
//! allowed (none was sent, the one edit is spent, 60 days are over), since no refusal is documented for it.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::feedback::Version;
use super::gate::Passage;
use super::shop::{Action, AnswerEntry, Effect, Entry, Schedule};
use super::{Call, Endpoint, problem};
use crate::chance::sha256_hex;
use crate::exchange::{Delivery, Outcome, Reply};
use crate::faults::Fault;
use crate::world::World;

/// Shortest and longest answer, in characters.
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 2..=5_000;

/// The body of both methods.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct AnswerRequest {
    pub(super) id: String,
    text: String,
}

impl AnswerRequest {
    /// Reads the body; the error is the `detail` of the 400.
    pub(super) fn parse(call: &Call) -> Result<Self, String> {
        let content_type = call.content_type.as_deref().unwrap_or_default();
        if content_type.is_empty() {
            return Err("content-type header not specified".to_owned());
        }
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.contains('/') {
            return Err(format!("content-type is not a valid mime-type: {essence}"));
        }
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(format!("not a json content-type: {essence}"));
        }
        serde_json::from_slice(&call.body).map_err(|_| "Неверный синтаксис JSON".to_owned())
    }

    /// The detail of the 400, when the text is too short or too long; its wording is ours.
    fn length_problem(&self) -> Option<String> {
        let length = self.text.chars().count();
        let allowed = format!("от {} до {}", TEXT_CHARS.start(), TEXT_CHARS.end());
        (!TEXT_CHARS.contains(&length)).then(|| {
            format!("Длина текста ответа должна быть {allowed} символов, получено {length}")
        })
    }
}

/// Carries out an answer or an edit, unless it is refused; either way it is in the ledger before it is answered.
pub(super) fn handle(
    passage: &mut Passage<'_>,
    seller: &str,
    request: Result<AnswerRequest, String>,
    refusal: Option<Outcome>,
) -> Outcome {
    let request = match request {
        Ok(request) => request,
        // Without an id and a text there is nothing to keep in the ledger.
        Err(detail) => {
            return refusal.unwrap_or_else(|| {
                Outcome::given(problem::feedback_service(&detail, &passage.id()))
            });
        }
    };
    let refusal = refusal.or_else(|| {
        let detail = request.length_problem()?;
        Some(Outcome::given(problem::feedback_service(&detail, &passage.id())))
    });
    let action =
        if passage.call.endpoint == Endpoint::EditAnswer { Action::Edit } else { Action::Answer };
    let (effect, schedule, outcome) = match refusal {
        Some(refusal) => (Effect::Refused, None, refusal),
        None => accept(passage, seller, action, &request.id),
    };
    let endpoint = passage.call.endpoint.name();
    let entry = entry(passage.world, endpoint, seller, action, request, effect, schedule, &outcome);
    match passage.world.record(vec![Entry::Answer(Box::new(entry)).into()]) {
        Ok(()) => outcome,
        Err(_) => passage.internal_error("the ledger cannot be written, nothing was applied"),
    }
}

/// The seller answers in the cabinet: at once, in public, past all limits and faults.
pub(super) fn answer_in_cabinet(
    world: &mut World,
    seller: &str,
    target: String,
    text: String,
) -> std::io::Result<()> {
    let now = world.now();
    let schedule =
        Schedule { applies_at: now, visible_at: now, moderated_at: None, rejected: false };
    let action = Action::CabinetAnswer;
    let request = AnswerRequest { id: target, text };
    let outcome = Outcome::given(Reply::empty(StatusCode::NO_CONTENT));
    let entry =
        entry(world, "cabinet", seller, action, request, Effect::Applied, Some(schedule), &outcome);
    world.record(vec![Entry::Answer(Box::new(entry)).into()])
}

/// Decides what an accepted request does, when, and how it is answered.
fn accept(
    passage: &mut Passage<'_>,
    seller: &str,
    action: Action,
    target: &str,
) -> (Effect, Option<Schedule>, Outcome) {
    let now = passage.now;
    let mut effect = match (passage.world.wildberries.review(seller, target), action) {
        (None, _) => Effect::UnknownId,
        (Some(review), Action::Edit) => review.edit_effect(now),
        (Some(_), Action::Answer | Action::CabinetAnswer) => Effect::Applied,
    };
    if effect == Effect::Applied && passage.fires(Fault::NoEffect) {
        effect = Effect::Swallowed;
    }
    let schedule = (effect == Effect::Applied).then(|| schedule(passage, now));
    let outcome = passage.deliver(Reply::empty(StatusCode::NO_CONTENT));
    (effect, schedule, outcome)
}

fn schedule(passage: &mut Passage<'_>, now: DateTime<Utc>) -> Schedule {
    let Passage { world, key, .. } = passage;
    let applies_in = world.faults.fires(Fault::ApplyLate, key).map(|firing| firing.at_most());
    let visible_in = world.faults.fires(Fault::VisibleLate, key).map(|firing| firing.at_most());
    let rejected_in = world.faults.fires(Fault::Rejected, key).map(|firing| firing.exactly());
    let reviewed_in = match rejected_in {
        Some(_) => rejected_in,
        None => world.faults.fires(Fault::ReviewRequired, key).map(|firing| firing.exactly()),
    };
    let applies_at = after(now, applies_in);
    let visible_at = after(applies_at, visible_in);
    Schedule {
        applies_at,
        visible_at,
        moderated_at: reviewed_in.map(|reviewed_in| after(visible_at, Some(reviewed_in))),
        rejected: rejected_in.is_some(),
    }
}

fn after(moment: DateTime<Utc>, delay: Option<Duration>) -> DateTime<Utc> {
    let delay = TimeDelta::from_std(delay.unwrap_or_default()).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[expect(clippy::too_many_arguments, reason = "the line of the ledger is made of just these")]
fn entry(
    world: &World,
    endpoint: &str,
    seller: &str,
    action: Action,
    request: AnswerRequest,
    effect: Effect,
    schedule: Option<Schedule>,
    outcome: &Outcome,
) -> AnswerEntry {
    let review = world.wildberries.review(seller, &request.id);
    let version = schedule.map(|schedule| Version { action, text: request.text.clone(), schedule });
    let is_delivery = version.is_some() && action == Action::Answer;
    AnswerEntry {
        seller: seller.to_owned(),
        action,
        endpoint: endpoint.to_owned(),
        text_sha256: sha256_hex(&request.text),
        applied: effect == Effect::Applied,
        effect,
        schedule,
        answer: outcome.delivery,
        status: (outcome.delivery == Delivery::Given).then(|| outcome.reply.status.as_u16()),
        delay_ms: u64::try_from(outcome.delay.as_millis()).unwrap_or(u64::MAX),
        deliveries: review.as_ref().map_or(0, |review| review.deliveries())
            + u64::from(is_delivery),
        buyer_sees: review.and_then(|review| review.buyer_will_see(version.as_ref())),
        target: request.id,
        text: request.text,
    }
}
