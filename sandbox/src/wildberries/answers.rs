//! Answering and editing: checked as documented, written to the ledger, then carried out.
//!
//! The review id is not validated: an unknown one is accepted with 204 and changes nothing. So is an edit that is not
//! allowed (none was sent, the one edit is spent, 60 days are over), since no refusal is documented for it.

use axum::http::StatusCode;
use serde::Deserialize;

use super::entry::{Action, AnswerEntry, Entry};
use super::feedback::Version;
use super::gate::Passage;
use super::receipt::{Asked, Effect, Receipt};
use super::writes::{Moderation, Schedule, after};
use super::{Call, Endpoint, problem};
use crate::exchange::{Outcome, Reply};
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
    let asked =
        Asked { seller: seller.to_owned(), endpoint, target: request.id, text: request.text };
    let entry = entry(passage.world, asked, action, effect, schedule, &outcome);
    passage.record(Entry::Answer(Box::new(entry)), outcome)
}

/// The seller answers in the cabinet: at once, in public, past all limits and faults.
pub(super) fn answer_in_cabinet(
    world: &mut World,
    seller: &str,
    target: String,
    text: String,
) -> std::io::Result<()> {
    let schedule = Schedule::at_once(world.now());
    let asked = Asked { seller: seller.to_owned(), endpoint: "cabinet", target, text };
    let outcome = Outcome::given(Reply::empty(StatusCode::NO_CONTENT));
    let (action, effect) = (Action::CabinetAnswer, Effect::Applied);
    let entry = entry(world, asked, action, effect, Some(schedule), &outcome);
    world.record(vec![Entry::Answer(Box::new(entry)).into()])
}

/// Decides what an accepted request does, when, and how it is answered.
fn accept(
    passage: &mut Passage<'_>,
    seller: &str,
    action: Action,
    target: &str,
) -> (Effect, Option<Schedule>, Outcome) {
    let mut effect = match (passage.world.wildberries.review(seller, target), action) {
        (None, _) => Effect::UnknownId,
        (Some(review), Action::Edit) => review.edit_effect(passage.now),
        (Some(_), Action::Answer | Action::CabinetAnswer | Action::Reject | Action::View) => {
            Effect::Applied
        }
    };
    if effect == Effect::Applied && passage.fires(Fault::NoEffect) {
        effect = Effect::Swallowed;
    }
    let schedule = (effect == Effect::Applied).then(|| moderated(passage));
    let outcome = passage.deliver(Reply::empty(StatusCode::NO_CONTENT));
    (effect, schedule, outcome)
}

fn moderated(passage: &mut Passage<'_>) -> Schedule {
    let schedule = passage.schedule();
    match passage.moderation() {
        Some(Moderation { lasts, rejects }) => Schedule {
            moderated_at: Some(after(schedule.visible_at, Some(lasts))),
            rejected: rejects,
            ..schedule
        },
        None => schedule,
    }
}

fn entry(
    world: &World,
    asked: Asked,
    action: Action,
    effect: Effect,
    schedule: Option<Schedule>,
    outcome: &Outcome,
) -> AnswerEntry {
    let review = world.wildberries.review(&asked.seller, &asked.target);
    let version = schedule.map(|schedule| Version { action, text: asked.text.clone(), schedule });
    let is_delivery = version.is_some() && action == Action::Answer;
    let deliveries =
        review.as_ref().map_or(0, |review| review.deliveries()) + u64::from(is_delivery);
    let buyer_sees = review.and_then(|review| review.buyer_will_see(version.as_ref()));
    let receipt = Receipt::new(asked, effect, outcome, deliveries, buyer_sees);
    AnswerEntry { receipt, action, schedule }
}
