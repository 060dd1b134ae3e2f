//! What only the sandbox can do to Wildberries: tokens come and go, buyers write and rewrite, sellers answer in the
//! cabinet.

mod chats;
mod claims;
mod questions;

use std::borrow::Cow;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answers;
use super::entry::Entry;
use super::feedback::Review;
use super::seeds::{Circumstances, Maker};
use super::shop::Shop;
use super::token::{TokenClaims, sid_of};
use crate::chance::{Draw, sha256_hex};
use crate::config::{Rights, TokenConfig, TokenKind};
use crate::control::{Body, ControlError};
use crate::corpus::{self, Item, WrittenReview};
use crate::world::{App, World};

/// A token to accept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    token: String,
    /// Default what the token says.
    kind: Option<TokenKind>,
    /// Default what the token says.
    rights: Option<Rights>,
}

/// A token to make up.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IssuedToken {
    kind: TokenKind,
    rights: Rights,
    days: u16,
}

/// A token to accept no longer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OldToken {
    token: String,
}

/// What the buyer writes anew; what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revision {
    text: Option<String>,
    pros: Option<String>,
    cons: Option<String>,
    rating: Option<u8>,
}

/// The seller's own answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CabinetAnswer {
    text: String,
}

impl Default for IssuedToken {
    fn default() -> Self {
        // As long as Wildberries' own are good.
        Self { kind: TokenKind::default(), rights: Rights::default(), days: 180 }
    }
}

/// Everything under `/control/wildberries`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/{seller}", put(add_seller))
        .route("/{seller}/tokens", post(add_token))
        .route("/{seller}/tokens/issue", post(issue_token))
        .route("/{seller}/tokens/revoke", post(revoke_token))
        .route("/{seller}/info", put(name_seller))
        .route("/{seller}/reviews", post(add_review))
        .route("/{seller}/reviews/{id}", get(review).patch(revise_review).delete(delete_review))
        .route("/{seller}/reviews/{id}/answer", put(answer_in_cabinet))
        .route("/{seller}/reviews/{id}/handled", put(handle_review))
        .route("/{seller}/reviews/{id}/served", put(spoil_review))
        .merge(questions::router())
        .merge(chats::router())
        .merge(claims::router())
}

/// The sellers, for `/control/state`.
pub(crate) fn state(world: &World) -> Value {
    let now = world.now();
    let shop = |shop: &Shop| {
        let tokens: Vec<Value> = shop
            .tokens
            .iter()
            .map(|(sha256, grant)| json!({ "sha256": sha256, "grant": grant }))
            .collect();
        let (messages, repeated) = shop.chats.sent();
        json!({
            "reviews": shop.count(now, |_| true),
            "unanswered": shop.count(now, |listed| !listed.is_processed),
            "deliveries": shop.reviews.values().map(Review::deliveries).sum::<u64>(),
            "reviews_delivered_more_than_once":
                shop.reviews.values().filter(|review| review.deliveries() > 1).count(),
            "questions": shop.questions.len(),
            "unanswered_questions":
                shop.questions.values().filter(|question| !question.is_answered(now)).count(),
            "questions_answered_more_than_once":
                shop.questions.values().filter(|question| question.is_repeated()).count(),
            "chats": shop.chats.iter().count(),
            "messages": messages,
            "messages_delivered_more_than_once": repeated,
            "claims": shop.claims.len(),
            "tokens": tokens,
        })
    };
    world.wildberries.shops.iter().map(|(seller, known)| (seller.clone(), shop(known))).collect()
}

/// Adds a seller without tokens and reviews; one that exists stays as it is.
async fn add_seller(
    State(app): State<App>,
    Path(seller): Path<String>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        if world.wildberries.shops.contains_key(&seller) {
            return Ok(StatusCode::OK);
        }
        record(world, [Entry::SellerAdded { seller }])?;
        Ok(StatusCode::CREATED)
    })
    .await
}

/// Accepts a token from now on.
async fn add_token(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewToken>,
) -> Result<StatusCode, ControlError> {
    let said = TokenConfig::new(&body.token);
    let kind = body.kind.unwrap_or(said.kind);
    let rights = body.rights.unwrap_or(said.rights);
    let token = said.of_kind(kind).with_rights(rights);
    app.with(move |world| {
        shop(world, &seller)?;
        if world.wildberries.find_token(&body.token).is_some_and(|(owner, _)| owner != seller) {
            return Err(ControlError::conflict("the token belongs to another seller"));
        }
        record(world, [Entry::token_added(&seller, &token)])?;
        Ok(StatusCode::CREATED)
    })
    .await
}

/// Makes up a JWT-shaped token with these claims and accepts it from now on.
async fn issue_token(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<IssuedToken>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        let info = &shop(world, &seller)?.info;
        let sid = info.get("sid").and_then(|sid| sid.as_str()?.parse().ok());
        let claims = TokenClaims {
            kind: body.kind,
            rights: body.rights,
            sid: sid.unwrap_or_else(|| sid_of(&seller)),
            expires: world.now() + TimeDelta::days(i64::from(body.days)),
        };
        let token = claims.token();
        // A basic token does not say whether it has a secret.
        let accepted = TokenConfig::new(&token).of_kind(body.kind);
        record(world, [Entry::token_added(&seller, &accepted)])?;
        Ok((StatusCode::CREATED, Json(json!({ "token": token }))))
    })
    .await
}

/// Names the seller: any of `name`, `sid`, `tin`, `tradeMark`.
async fn name_seller(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(info): Body<Map<String, Value>>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        record(world, [Entry::SellerNamed { seller, info }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Refuses a token from now on, with 401.
async fn revoke_token(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<OldToken>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let sha256 = sha256_hex(&body.token);
        if !shop(world, &seller)?.tokens.contains_key(&sha256) {
            return Err(ControlError::not_found("the seller has no such token"));
        }
        record(world, [Entry::TokenRevoked { seller, sha256 }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// A buyer writes a review: `{text, rating, pros?, cons?, product?, …}`, with `adds_to` the id of the review it is a
/// supplement to, or a whole Wildberries object; beside it `served`, what reads give in its place. Answers with its id.
async fn add_review(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(mut body): Body<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        // Spoiled from the beginning, so that nobody reads it before.
        let served = body.remove("served");
        let feedback = match corpus::item(Value::Object(body)).map_err(unusable)? {
            Item::Wildberries(object) => object,
            Item::Written(review) => dressed(world, &seller, &review)?,
        };
        let id = feedback.get("id").cloned().unwrap_or_default();
        let mut entries = Vec::new();
        if let Some(Value::String(parent)) = feedback.get("parentFeedbackId")
            && world.wildberries.review(&seller, parent).is_some()
        {
            let changes = Map::from_iter([("childFeedbackId".to_owned(), id.clone())]);
            entries.push(Entry::ReviewRevised {
                seller: seller.clone(),
                target: parent.clone(),
                changes,
            });
        }
        entries.push(Entry::ReviewAdded { seller: seller.clone(), feedback });
        if let (Some(_), Value::String(target)) = (&served, id.clone()) {
            entries.push(Entry::ReviewSpoiled { seller, target, served });
        }
        record(world, entries)?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    })
    .await
}

/// A review as the API serves it now, what the buyer sees, and every version of the answer.
async fn review(
    State(app): State<App>,
    Path((seller, id)): Path<(String, String)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let now = world.now();
        let review = known_review(world, &seller, &id)?;
        Ok(Json(json!({
            "feedback": review.served(now),
            "buyer_sees": review.buyer_sees(now),
            "deliveries": review.deliveries(),
            "versions": review.versions,
        })))
    })
    .await
}

/// The buyer rewrites the review under the same id.
async fn revise_review(
    State(app): State<App>,
    Path(place): Path<(String, String)>,
    Body(body): Body<Revision>,
) -> Result<StatusCode, ControlError> {
    if body.rating.is_some_and(|rating| !(1..=5).contains(&rating)) {
        return Err(ControlError::unprocessable("rating must be a whole number from 1 to 5"));
    }
    let fields = [
        ("text", body.text.map(Value::from)),
        ("pros", body.pros.map(Value::from)),
        ("cons", body.cons.map(Value::from)),
        ("productValuation", body.rating.map(Value::from)),
    ];
    let changes: Map<String, Value> =
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let revised = |seller, target| Entry::ReviewRevised { seller, target, changes };
    happens(app, place, is_review, revised).await
}

/// The review disappears, as deleted and hidden ones do.
async fn delete_review(
    State(app): State<App>,
    Path(place): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    happens(app, place, is_review, |seller, target| Entry::ReviewDeleted { seller, target }).await
}

/// The seller answers in the cabinet.
async fn answer_in_cabinet(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
    Body(body): Body<CabinetAnswer>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known_review(world, &seller, &target)?;
        answers::answer_in_cabinet(world, &seller, target, body.text)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Gives this in the review's place from now on, whatever it is; null restores it.
async fn spoil_review(
    State(app): State<App>,
    Path(place): Path<(String, String)>,
    Body(served): Body<Option<Value>>,
) -> Result<StatusCode, ControlError> {
    let spoiled = |seller, target| Entry::ReviewSpoiled { seller, target, served };
    happens(app, place, is_review, spoiled).await
}

/// The seller puts the review aside: processed, without an answer.
async fn handle_review(
    State(app): State<App>,
    Path(place): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    happens(app, place, is_review, |seller, target| Entry::ReviewHandled { seller, target }).await
}

fn dressed(
    world: &World,
    seller: &str,
    review: &WrittenReview,
) -> Result<Map<String, Value>, ControlError> {
    if let Some(parent) = &review.adds_to {
        known_review(world, seller, parent)?;
    }
    let n = (world.ledger.lines() + 1).to_string();
    let circumstances = Circumstances {
        seller,
        id: world.chance.draw(&["added review", seller, &n]).id(),
        created: world.now(),
        parent: review.adds_to.clone(),
        child: None,
    };
    Ok(Maker::new(world.chance)?.dressed(review, circumstances))
}

fn unusable(error: anyhow::Error) -> ControlError {
    ControlError::unprocessable(&format!("{error:#}"))
}

fn record(world: &mut World, entries: impl IntoIterator<Item = Entry>) -> Result<(), ControlError> {
    Ok(world.record(entries.into_iter().map(Into::into).collect())?)
}

/// Records what becomes of something that the seller has, which `known` finds out.
async fn happens(
    app: App,
    (seller, target): (String, String),
    known: fn(&World, &str, &str) -> Result<(), ControlError>,
    entry: impl FnOnce(String, String) -> Entry + Send + 'static,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known(world, &seller, &target)?;
        record(world, [entry(seller, target)])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn shop<'a>(world: &'a World, seller: &str) -> Result<&'a Shop, ControlError> {
    let shop = world.wildberries.shops.get(seller);
    shop.ok_or_else(|| ControlError::not_found("there is no such seller"))
}

fn known_review<'a>(
    world: &'a World,
    seller: &str,
    id: &str,
) -> Result<Cow<'a, Review>, ControlError> {
    let review = shop(world, seller)?.review(id);
    review.ok_or_else(|| ControlError::not_found("the seller has no such review"))
}

fn is_review(world: &World, seller: &str, id: &str) -> Result<(), ControlError> {
    known_review(world, seller, id).map(drop)
}

/// An id that is never used again: the ledger's lines only grow.
fn fresh(world: &World, what: &str) -> Draw {
    world.chance.draw(&[what, &(world.ledger.lines() + 1).to_string()])
}
