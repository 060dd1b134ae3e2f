//! Buyers ask, and take their questions back; the seller answers in the cabinet.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::entry::Entry;
use super::super::question::Question;
use super::super::question_writes;
use super::super::seeds::Maker;
use super::{CabinetAnswer, fresh, happens, record, shop, unusable};
use crate::control::{Body, ControlError};
use crate::world::{App, World};

/// What a buyer asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewQuestion {
    text: String,
    product: Option<String>,
    #[serde(default)]
    warned: bool,
}

/// Everything about questions under `/control/wildberries`.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{seller}/questions", post(add))
        .route("/{seller}/questions/{id}", get(one).delete(delete))
        .route("/{seller}/questions/{id}/answer", put(answer_in_cabinet))
}

/// A buyer asks: `{text, product?, warned?}`, or a whole Wildberries object; beside it `served`, what reads give in its
/// place. Answers with its id.
async fn add(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(mut body): Body<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        let served = body.remove("served");
        let question =
            if body.contains_key("createdDate") { body } else { made(world, &seller, body)? };
        let Some(known) = Question::new(question.clone(), None) else {
            return Err(ControlError::unprocessable(
                "a question needs a text id and a createdDate",
            ));
        };
        record(world, [Entry::QuestionAdded { seller, question, served }])?;
        Ok((StatusCode::CREATED, Json(json!({ "id": known.id() }))))
    })
    .await
}

fn made(
    world: &World,
    seller: &str,
    body: Map<String, Value>,
) -> Result<Map<String, Value>, ControlError> {
    let asked: NewQuestion = serde_json::from_value(Value::Object(body))
        .map_err(|error| ControlError::unprocessable(&error.to_string()))?;
    let id = fresh(world, "added question").id();
    let maker = Maker::new(world.chance).map_err(unusable)?;
    let product = asked.product.as_deref();
    let mut question = maker.question(&id, &asked.text, product, seller, world.now());
    question.insert("isWarned".to_owned(), Value::Bool(asked.warned));
    Ok(question)
}

/// A question as the API serves it now, what the buyer sees, and every version of the answer.
async fn one(
    State(app): State<App>,
    Path((seller, id)): Path<(String, String)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let now = world.now();
        let question = known(world, &seller, &id)?;
        Ok(Json(json!({
            "question": question.served(now),
            "buyer_sees": question.buyer_sees(now),
            "versions": question.versions,
        })))
    })
    .await
}

/// The question disappears.
async fn delete(
    State(app): State<App>,
    Path(place): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    let is_known = |world: &World, seller: &str, id: &str| known(world, seller, id).map(drop);
    happens(app, place, is_known, |seller, target| Entry::QuestionDeleted { seller, target }).await
}

/// The seller answers in the cabinet.
async fn answer_in_cabinet(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
    Body(body): Body<CabinetAnswer>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known(world, &seller, &target)?;
        question_writes::answer_in_cabinet(world, &seller, target, body.text)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn known<'a>(world: &'a World, seller: &str, id: &str) -> Result<&'a Question, ControlError> {
    let question = shop(world, seller)?.questions.get(id);
    question.ok_or_else(|| ControlError::not_found("the seller has no such question"))
}
