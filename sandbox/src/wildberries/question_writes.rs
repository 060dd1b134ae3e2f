//! Writing to questions: looked at, answered or the answer edited, rejected; all by one PATCH.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::{Action, Entry};
use super::feedback::Version;
use super::gate::Passage;
use super::receipt::{Asked, Effect, Receipt};
use super::writes::Schedule;
use super::{Call, problem};
use crate::exchange::{Outcome, Reply};
use crate::faults::Fault;
use crate::world::World;

/// The text of the 400, the only one the specification has.
const BAD_REQUEST: &str = "Something went wrong";
/// The text of the 422.
const NOT_CHANGED: &str = "Не удалось отредактировать вопрос";
/// The text of the 404, which speaks of reviews in the specification, too.
const NOT_FOUND: &str = "Не найден отзыв";

/// A request to change a question.
#[derive(Debug, Clone)]
pub(super) struct QuestionPatch {
    pub(super) id: String,
    wanted: Wanted,
}

/// What is to be done.
#[derive(Debug, Clone)]
enum Wanted {
    View(bool),
    Answer(String),
    Reject(String),
}

/// The body as the specification has it: either half, not both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    id: String,
    was_viewed: Option<bool>,
    answer: Option<AnswerBody>,
    state: Option<String>,
}

#[derive(Deserialize)]
struct AnswerBody {
    text: String,
}

/// A request to change a question and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct QuestionEntry {
    #[serde(flatten)]
    pub(super) receipt: Receipt,
    pub(super) action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) was_viewed: Option<bool>,
    /// When it takes effect; only of an applied answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schedule: Option<Schedule>,
}

impl QuestionPatch {
    /// Reads the body; the error is the text of the 400.
    pub(super) fn parse(call: &Call) -> Result<Self, &'static str> {
        let body: Body = serde_json::from_slice(&call.body).map_err(|_| BAD_REQUEST)?;
        let wanted = match (body.was_viewed, body.answer, body.state.as_deref()) {
            (Some(was_viewed), None, None) => Wanted::View(was_viewed),
            // No length is published; no words are no answer.
            (None, Some(answer), Some("wbRu")) if !answer.text.trim().is_empty() => {
                Wanted::Answer(answer.text)
            }
            (None, Some(answer), Some("none")) => Wanted::Reject(answer.text),
            _ => return Err(BAD_REQUEST),
        };
        Ok(Self { id: body.id, wanted })
    }
}

/// Carries a change out, unless it is refused; either way it is in the ledger before it is answered.
pub(super) fn handle(
    passage: &mut Passage<'_>,
    seller: &str,
    request: Result<QuestionPatch, &'static str>,
    refusal: Option<Outcome>,
) -> Outcome {
    let QuestionPatch { id, wanted } = match request {
        Ok(request) => request,
        // Without an id there is nothing to keep in the ledger.
        Err(text) => {
            return refusal.unwrap_or_else(|| {
                let reply = problem::envelope(StatusCode::BAD_REQUEST, text, &passage.id());
                Outcome::given(reply)
            });
        }
    };
    let (action, mut effect) = decide(passage, seller, &id, &wanted);
    let outcome = match refusal {
        Some(refusal) => {
            effect = Effect::Refused;
            refusal
        }
        None if effect == Effect::Applied => {
            if passage.fires(Fault::NoEffect) {
                effect = Effect::Swallowed;
            }
            passage.deliver(problem::success(&Value::Null))
        }
        None => Outcome::given(refused(passage, effect)),
    };
    let is_applied = effect == Effect::Applied;
    let (text, was_viewed) = match wanted {
        Wanted::View(was_viewed) => (String::new(), Some(was_viewed)),
        Wanted::Answer(text) | Wanted::Reject(text) => (text, None),
    };
    let schedule = (is_applied && action != Action::View).then(|| passage.schedule());
    let endpoint = passage.call.endpoint.name();
    let asked = Asked { seller: seller.to_owned(), endpoint, target: id, text };
    let entry = QuestionEntry {
        receipt: receipt(passage.world, asked, action, effect, schedule, &outcome),
        action,
        was_viewed: was_viewed.filter(|_| is_applied),
        schedule,
    };
    passage.record(Entry::Question(Box::new(entry)), outcome)
}

/// The seller answers in the cabinet: at once, past all limits and faults.
pub(super) fn answer_in_cabinet(
    world: &mut World,
    seller: &str,
    target: String,
    text: String,
) -> std::io::Result<()> {
    let (action, schedule) = (Action::CabinetAnswer, Some(Schedule::at_once(world.now())));
    let asked = Asked { seller: seller.to_owned(), endpoint: "cabinet", target, text };
    let outcome = Outcome::given(Reply::empty(StatusCode::NO_CONTENT));
    let receipt = receipt(world, asked, action, Effect::Applied, schedule, &outcome);
    let entry = QuestionEntry { receipt, action, was_viewed: None, schedule };
    world.record(vec![Entry::Question(Box::new(entry)).into()])
}

fn decide(passage: &Passage<'_>, seller: &str, id: &str, wanted: &Wanted) -> (Action, Effect) {
    let shop = passage.world.wildberries.shops.get(seller);
    match (wanted, shop.and_then(|shop| shop.questions.get(id))) {
        (Wanted::View(_), None) => (Action::View, Effect::UnknownId),
        (Wanted::Answer(_), None) => (Action::Answer, Effect::UnknownId),
        (Wanted::Reject(_), None) => (Action::Reject, Effect::UnknownId),
        (Wanted::View(_), Some(_)) => (Action::View, Effect::Applied),
        (Wanted::Answer(_), Some(question)) => question.answering(passage.now),
        (Wanted::Reject(_), Some(question)) => (Action::Reject, question.rejecting(passage.now)),
    }
}

fn refused(passage: &Passage<'_>, effect: Effect) -> Reply {
    let (status, text) = match effect {
        Effect::UnknownId => (StatusCode::NOT_FOUND, NOT_FOUND),
        Effect::Refused
        | Effect::NothingToEdit
        | Effect::EditSpent
        | Effect::EditWindowClosed
        | Effect::Applied
        | Effect::Swallowed => (StatusCode::UNPROCESSABLE_ENTITY, NOT_CHANGED),
    };
    problem::envelope(status, text, &passage.id())
}

fn receipt(
    world: &World,
    asked: Asked,
    action: Action,
    effect: Effect,
    schedule: Option<Schedule>,
    outcome: &Outcome,
) -> Receipt {
    let shop = world.wildberries.shops.get(&asked.seller);
    let question = shop.and_then(|shop| shop.questions.get(&asked.target));
    let version = schedule.map(|schedule| Version { action, text: asked.text.clone(), schedule });
    let is_delivery = version.is_some() && action != Action::CabinetAnswer;
    let so_far = question.map_or(0, |question| question.deliveries(&asked.text));
    let buyer_sees = question.and_then(|question| question.buyer_will_see(version.as_ref()));
    Receipt::new(asked, effect, outcome, so_far + u64::from(is_delivery), buyer_sees)
}
