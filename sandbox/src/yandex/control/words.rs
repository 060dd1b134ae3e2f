//! Buyers write reviews and questions.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::cabinet::Cabinet;
use super::super::entry::Change;
use super::super::feedback::Words;
use super::super::seeds::{self, WrittenQuestion};
use super::{cabinet, happen};
use crate::control::{Body, ControlError};
use crate::corpus::{self, Item};
use crate::world::App;

/// What the buyer writes anew; a part that is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revision {
    text: Option<String>,
    pros: Option<String>,
    cons: Option<String>,
    rating: Option<u8>,
}

/// A buyer writes: `{"text"?, "rating", "pros"?, "cons"?, "product"?, "user"?, "photos"?}`, with `published_in_seconds`
/// the time that moderation takes. Answers with its id.
pub(super) async fn add_review(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(mut body): Body<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let waits = body.remove("published_in_seconds").and_then(|wait| wait.as_i64()).unwrap_or(0);
    let item = corpus::item(Value::Object(body))
        .map_err(|error| ControlError::unprocessable(&format!("{error:#}")))?;
    let Item::Written(review) = item else {
        return Err(ControlError::unprocessable(
            "a review of Wildberries is none of Yandex.Market",
        ));
    };
    app.with(move |world| {
        let (now, chance) = (world.now(), world.chance);
        let published = now + TimeDelta::try_seconds(waits).unwrap_or_default();
        let cabinet = cabinet(world, &seller)?;
        let draws = seeds::draws(chance, &seller, cabinet);
        let feedback = seeds::feedback(cabinet, &review, now, published, &draws);
        let (id, order_id, return_id) = (feedback.id, feedback.order_id, feedback.return_id);
        happen(world, &seller, vec![Change::FeedbackWritten(feedback)])?;
        let answer = json!({ "id": id, "order_id": order_id, "return_id": return_id });
        Ok((StatusCode::CREATED, Json(answer)))
    })
    .await
}

/// A review as the API serves it, and everything under it.
pub(super) async fn review(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let (now, cabinet) = (world.now(), known_review(cabinet(world, &seller)?, id)?);
        let own = cabinet.comments(id).filter(|note| note.is_of_seller());
        Ok(Json(json!({
            "feedback": cabinet.feedbacks[&id].served(now, cabinet.comments(id).count()),
            "buyer_sees": own.filter_map(|note| note.will_be_public()).collect::<Vec<_>>(),
            "comments": cabinet.comments(id).collect::<Vec<_>>(),
        })))
    })
    .await
}

/// The buyer rewrites the review under the same id: it needs a reaction again.
pub(super) async fn revise_review(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
    Body(body): Body<Revision>,
) -> Result<StatusCode, ControlError> {
    if body.rating.is_some_and(|rating| !(1..=5).contains(&rating)) {
        return Err(ControlError::unprocessable("rating must be a whole number from 1 to 5"));
    }
    app.with(move |world| {
        let at = world.now();
        let old = known_review(cabinet(world, &seller)?, id)?.feedbacks[&id].words.clone();
        let words = Words {
            advantages: body.pros.or(old.advantages),
            disadvantages: body.cons.or(old.disadvantages),
            comment: body.text.or(old.comment),
        };
        let revised = Change::FeedbackRevised { feedback: id, at, words, rating: body.rating };
        happen(world, &seller, vec![revised])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The buyer or the Market deletes the review with everything under it.
pub(super) async fn delete_review(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known_review(cabinet(world, &seller)?, id)?;
        happen(world, &seller, vec![Change::FeedbackRemoved { feedback: id }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Somebody opens the review in the cabinet: it needs no reaction any more.
pub(super) async fn read_review(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let at = world.now();
        known_review(cabinet(world, &seller)?, id)?;
        happen(world, &seller, vec![Change::FeedbacksHandled { feedbacks: vec![id], at }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// A buyer asks: `{"text", "product"?, "user"?}`. Answers with its id.
pub(super) async fn add_question(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<WrittenQuestion>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    if body.answer.is_some() || body.comment.is_some() {
        return Err(ControlError::unprocessable("answers and comments are written by themselves"));
    }
    app.with(move |world| {
        let (now, chance) = (world.now(), world.chance);
        let cabinet = cabinet(world, &seller)?;
        let draws = seeds::draws(chance, &seller, cabinet);
        let question = seeds::question_of(cabinet, &body, now, &draws);
        let id = question.id;
        happen(world, &seller, vec![Change::QuestionWritten(question)])?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    })
    .await
}

/// A question as the API serves it, and everything under it.
pub(super) async fn question(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let cabinet = known_question(cabinet(world, &seller)?, id)?;
        let notes = || {
            cabinet
                .answers(id)
                .flat_map(|note| std::iter::once(note).chain(cabinet.comments_on(note.id)))
        };
        let own = notes().filter(|note| note.is_of_seller());
        Ok(Json(json!({
            "question": cabinet.questions[&id].served(cabinet.business_id),
            "buyer_sees": own.filter_map(|note| note.will_be_public()).collect::<Vec<_>>(),
            "notes": notes().collect::<Vec<_>>(),
        })))
    })
    .await
}

/// The buyer or the Market deletes the question with everything under it.
pub(super) async fn delete_question(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known_question(cabinet(world, &seller)?, id)?;
        happen(world, &seller, vec![Change::QuestionRemoved { question: id }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

pub(super) fn known_review(cabinet: &Cabinet, id: u64) -> Result<&Cabinet, ControlError> {
    let is_known = cabinet.feedbacks.contains_key(&id);
    is_known
        .then_some(cabinet)
        .ok_or_else(|| ControlError::not_found("the seller has no such review"))
}

pub(super) fn known_question(cabinet: &Cabinet, id: u64) -> Result<&Cabinet, ControlError> {
    let is_known = cabinet.questions.contains_key(&id);
    let unknown = || ControlError::not_found("the seller has no such question");
    is_known.then_some(cabinet).ok_or_else(unknown)
}
