//! Test buyers that review and ask, moderation aside; and the seller answers in the cabinet.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{buyer, draw, of_people, record, shop, sku};
use crate::control::{Body, ControlError};
use crate::ozon::entry::Entry;
use crate::ozon::question::Question;
use crate::ozon::review::{Comment, Review, Status};
use crate::ozon::shop::Shop;
use crate::ozon::words::{Author, Schedule, Words};
use crate::world::{App, World};

/// Words that take the place of others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revision {
    text: Option<String>,
    rating: Option<u8>,
}

/// A review.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReview {
    #[serde(default)]
    text: String,
    rating: u8,
    product: Option<String>,
    #[serde(default)]
    photos: u8,
    #[serde(default)]
    cancelled: bool,
}

/// A question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewQuestion {
    text: String,
    product: Option<String>,
    user: Option<String>,
}

/// Words under a review or a question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWords {
    text: String,
    parent: Option<String>,
    #[serde(default = "buyer")]
    by: Author,
}

/// A buyer writes a review: answers with its id.
pub(super) async fn add_review(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewReview>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    check_rating(Some(body.rating))?;
    app.with(move |world| {
        shop(world, &seller)?;
        let review = Review {
            id: draw(world, &seller, "review").uuid_v7(world.now()).to_string(),
            sku: sku(world, body.product.as_deref())?,
            text: body.text,
            rating: body.rating,
            published_at: world.now(),
            status: Status::New,
            photos: body.photos,
            videos: 0,
            is_cancelled: body.cancelled,
            comments: Vec::new(),
        };
        let answer = json!({ "id": review.id, "sku": review.sku });
        record(world, [Entry::ReviewAdded { seller, review }])?;
        Ok((StatusCode::CREATED, Json(answer)))
    })
    .await
}

/// A review as the API tells it, its comments as they are kept, and what the buyer sees.
pub(super) async fn review(
    State(app): State<App>,
    Path((seller, id)): Path<(String, String)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let (now, review) = (world.now(), known_review(shop(world, &seller)?, &id)?);
        Ok(Json(json!({
            "review": review.details(now),
            "buyer_sees": review.buyer_sees(now),
            "deliveries": review.deliveries(),
            "comments": review.comments,
        })))
    })
    .await
}

/// The buyer rewrites the review under the same id.
pub(super) async fn revise_review(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
    Body(body): Body<Revision>,
) -> Result<StatusCode, ControlError> {
    check_rating(body.rating)?;
    app.with(move |world| {
        known_review(shop(world, &seller)?, &target)?;
        let Revision { text, rating } = body;
        record(world, [Entry::ReviewRevised { seller, target, text, rating }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The review disappears.
pub(super) async fn delete_review(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known_review(shop(world, &seller)?, &target)?;
        record(world, [Entry::ReviewDeleted { seller, target }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// A buyer comments on a review, or the seller does so in the cabinet: answers with the comment's id.
pub(super) async fn add_comment(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
    Body(body): Body<NewWords>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        known_review(shop(world, &seller)?, &target)?;
        let words = new_words(world, &seller, "comment", &body);
        let answer = json!({ "id": words.id });
        let comment = Comment { words, parent: body.parent };
        record(world, [Entry::CommentWritten { seller, target, comment }])?;
        Ok((StatusCode::CREATED, Json(answer)))
    })
    .await
}

/// A buyer asks: answers with the question's id.
pub(super) async fn add_question(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewQuestion>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        let question = Question {
            id: draw(world, &seller, "question").uuid_v7(world.now()).to_string(),
            sku: sku(world, body.product.as_deref())?,
            text: body.text,
            author_name: body.user.unwrap_or_else(|| "Пользователь OZON".to_owned()),
            published_at: world.now(),
            status: Status::New,
            answers: Vec::new(),
        };
        let answer = json!({ "id": question.id, "sku": question.sku });
        record(world, [Entry::QuestionAdded { seller, question }])?;
        Ok((StatusCode::CREATED, Json(answer)))
    })
    .await
}

/// A question as the API tells it, its answers as they are kept, and what the buyer sees.
pub(super) async fn question(
    State(app): State<App>,
    Path((seller, id)): Path<(String, String)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let (now, question) = (world.now(), known_question(shop(world, &seller)?, &id)?);
        Ok(Json(json!({
            "question": question.listing(now),
            "buyer_sees": question.buyer_sees(now),
            "deliveries": question.deliveries(),
            "answers": question.answers,
        })))
    })
    .await
}

/// The question disappears.
pub(super) async fn delete_question(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known_question(shop(world, &seller)?, &target)?;
        record(world, [Entry::QuestionDeleted { seller, target }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Another buyer answers a question, or the seller does so in the cabinet: answers with the answer's id.
pub(super) async fn add_answer(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
    Body(body): Body<NewWords>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        known_question(shop(world, &seller)?, &target)?;
        let words = new_words(world, &seller, "answer", &body);
        let answer = json!({ "id": words.id });
        record(world, [Entry::AnswerWritten { seller, target, answer: words }])?;
        Ok((StatusCode::CREATED, Json(answer)))
    })
    .await
}

fn new_words(world: &World, seller: &str, what: &str, new: &NewWords) -> Words {
    let (now, by) = (world.now(), of_people(new.by));
    let id = draw(world, seller, what).uuid_v7(now).to_string();
    Words::new(id, &new.text, by, Schedule::at(now))
}

fn check_rating(rating: Option<u8>) -> Result<(), ControlError> {
    match rating {
        Some(0 | 6..) => {
            Err(ControlError::unprocessable("rating must be a whole number from 1 to 5"))
        }
        Some(1..=5) | None => Ok(()),
    }
}

fn known_review<'a>(shop: &'a Shop, id: &str) -> Result<&'a Review, ControlError> {
    shop.reviews.get(id).ok_or_else(|| ControlError::not_found("the seller has no such review"))
}

fn known_question<'a>(shop: &'a Shop, id: &str) -> Result<&'a Question, ControlError> {
    let question = shop.questions.get(id);
    question.ok_or_else(|| ControlError::not_found("the seller has no such question"))
}
