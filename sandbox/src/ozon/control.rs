//! What only the sandbox can do to Ozon: keys and plans change, receivers are connected, moderation decides, and test
//! buyers write (`chats`, `feedback`).

mod chats;
mod feedback;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, patch, post, put};
use axum::{Json, Router};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};

use super::entry::Entry;
use super::push::Push;
use super::seeds::{self, KEY_LIFE};
use super::shop::{Key, KeyState, Role, Shop};
use super::words::{Author, Moderation, Verdict};
use crate::chance::{Draw, sha256_hex};
use crate::control::{Body, ControlError};
use crate::corpus;
use crate::world::{App, World};

/// A seller to add.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSeller {
    client_id: u64,
}

/// A key to accept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    api_key: String,
    expires_in_days: Option<i64>,
    /// Default: one role that opens everything.
    roles: Option<Vec<Role>>,
}

/// What happens to a key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyChange {
    api_key: String,
    state: KeyFate,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeyFate {
    Active,
    Revoked,
    Restricted,
    Expired,
}

/// Which channels the plan includes; what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanChange {
    chats: Option<bool>,
    reviews: Option<bool>,
    questions: Option<bool>,
}

/// Whether answers contradict the specification.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hostility {
    on: bool,
}

/// Where pushes go.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReceiver {
    url: Option<String>,
}

/// What moderation decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    state: Moderation,
    #[serde(default)]
    reason: String,
}

/// Everything under `/control/ozon`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/{seller}", put(add_seller))
        .route("/{seller}/keys", post(add_key).patch(change_key))
        .route("/{seller}/plans", patch(change_plans))
        .route("/{seller}/hostile", put(set_hostile))
        .route("/{seller}/receiver", put(connect))
        .route("/{seller}/pushes", get(pushes))
        .route("/{seller}/pushes/repeat", post(repeat_pushes))
        .route("/{seller}/moderation/{id}", put(moderate))
        .route("/{seller}/served/{id}", put(spoil))
        .route("/{seller}/postings", post(chats::add_posting))
        .route("/{seller}/postings/{number}", patch(chats::move_posting))
        .route("/{seller}/chats", post(chats::open_chat))
        .route("/{seller}/chats/{id}", get(chats::chat))
        .route("/{seller}/chats/{id}/messages", post(chats::write_message))
        .route("/{seller}/chats/{id}/messages/{message}", patch(chats::revise_message))
        .route("/{seller}/chats/{id}/read", put(chats::read_chat))
        .route("/{seller}/chats/{id}/closed", put(chats::close_chat))
        .route("/{seller}/reviews", post(feedback::add_review))
        .route(
            "/{seller}/reviews/{id}",
            get(feedback::review).patch(feedback::revise_review).delete(feedback::delete_review),
        )
        .route("/{seller}/reviews/{id}/comments", post(feedback::add_comment))
        .route("/{seller}/questions", post(feedback::add_question))
        .route("/{seller}/questions/{id}", get(feedback::question))
        .route("/{seller}/questions/{id}", delete(feedback::delete_question))
        .route("/{seller}/questions/{id}/answers", post(feedback::add_answer))
}

/// The sellers, for `/control/state`.
pub(crate) fn state(world: &World) -> Value {
    let shop = |shop: &Shop| {
        let (reviews, questions) = (shop.reviews.values(), shop.questions.values());
        let texts: Vec<u64> = reviews
            .map(|review| review.deliveries())
            .chain(questions.map(|question| question.deliveries()))
            .collect();
        let keys: Vec<Value> = shop
            .keys
            .iter()
            .map(|(sha256, key)| json!({ "sha256": sha256, "state": key.state, "expires_at": key.expires_at }))
            .collect();
        json!({
            "client_id": shop.client_id,
            "hostile": shop.is_hostile,
            "plans": shop.plans,
            "keys": keys,
            "chats": shop.chats.len(),
            "messages": shop.chats.values().map(|chat| chat.messages.len()).sum::<usize>(),
            "reviews": shop.reviews.len(),
            "questions": shop.questions.len(),
            "deliveries": texts.iter().sum::<u64>(),
            "delivered_more_than_once": texts.iter().filter(|count| **count > 1).count(),
            "pushes": shop.pushes.state(),
        })
    };
    world.ozon.shops.iter().map(|(seller, known)| (seller.clone(), shop(known))).collect()
}

/// Adds a seller without keys and without anything to answer; one that exists stays as it is.
async fn add_seller(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewSeller>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        if let Some(shop) = world.ozon.shops.get(&seller) {
            let is_same = shop.client_id == body.client_id;
            let other = || ControlError::conflict("the seller has another Client-Id");
            return is_same.then_some(StatusCode::OK).ok_or_else(other);
        }
        if world.ozon.shops.values().any(|shop| shop.client_id == body.client_id) {
            return Err(ControlError::conflict("the Client-Id belongs to another seller"));
        }
        record(world, [Entry::SellerAdded { seller, client_id: body.client_id }])?;
        Ok(StatusCode::CREATED)
    })
    .await
}

/// Accepts a key from now on.
async fn add_key(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewKey>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        let life = body.expires_in_days.map_or(KEY_LIFE, TimeDelta::days);
        let mut key = Key::admin(world.now() + life);
        if let Some(roles) = body.roles {
            key.roles = roles;
        }
        record(world, [Entry::KeySet { seller, sha256: sha256_hex(&body.api_key), key }])?;
        Ok(StatusCode::CREATED)
    })
    .await
}

/// Revokes, restricts or restores a key, or lets it expire now.
async fn change_key(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<KeyChange>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let (sha256, now) = (sha256_hex(&body.api_key), world.now());
        let key = shop(world, &seller)?.keys.get(&sha256).cloned();
        let mut key = key.ok_or_else(|| ControlError::not_found("the seller has no such key"))?;
        match body.state {
            KeyFate::Active => key.state = KeyState::Active,
            KeyFate::Revoked => key.state = KeyState::Revoked,
            KeyFate::Restricted => key.state = KeyState::Restricted,
            KeyFate::Expired => key.expires_at = now,
        }
        record(world, [Entry::KeySet { seller, sha256, key }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Opens and closes channels.
async fn change_plans(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<PlanChange>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let mut plans = shop(world, &seller)?.plans;
        plans.chats = body.chats.unwrap_or(plans.chats);
        plans.reviews = body.reviews.unwrap_or(plans.reviews);
        plans.questions = body.questions.unwrap_or(plans.questions);
        record(world, [Entry::PlansSet { seller, plans }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Turns the contradictions of the published examples on or off.
async fn set_hostile(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<Hostility>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        record(world, [Entry::HostileSet { seller, on: body.on }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Connects a receiver of pushes, which is pinged at once; null disconnects it.
async fn connect(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewReceiver>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        let at = world.now();
        record(world, [Entry::ReceiverSet { seller, url: body.url, at }])?;
        Ok(StatusCode::ACCEPTED)
    })
    .await
}

/// The receiver, and how many pushes wait and were delivered.
async fn pushes(
    State(app): State<App>,
    Path(seller): Path<String>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| Ok(Json(shop(world, &seller)?.pushes.state()))).await
}

/// Sends every delivered push once more, as a sender that never learned of its success does.
async fn repeat_pushes(
    State(app): State<App>,
    Path(seller): Path<String>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let repeats = shop(world, &seller)?.pushes.repeats(world.now());
        let count = repeats.len();
        let queued = |push| Entry::PushQueued { seller: seller.clone(), push };
        record(world, repeats.into_iter().map(queued).collect::<Vec<_>>())?;
        Ok(Json(json!({ "repeated": count })))
    })
    .await
}

/// Moderation decides about a message, a comment or an answer.
async fn moderate(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
    Body(body): Body<Decision>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let shop = shop(world, &seller)?;
        let is_message = target
            .parse::<u128>()
            .is_ok_and(|id| shop.chats.values().any(|chat| chat.messages.contains_key(&id)));
        let is_known =
            is_message || shop.review_of(&target).is_some() || shop.question_of(&target).is_some();
        if !is_known {
            return Err(ControlError::not_found("nobody wrote that"));
        }
        let verdict = Verdict { state: body.state, reason: body.reason };
        record(world, [Entry::Moderated { seller, target, verdict }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Gives this in the place of a chat, message, review, comment, question or answer, whatever it is; null restores it.
async fn spoil(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
    Body(served): Body<Option<Value>>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        record(world, [Entry::ItemSpoiled { seller, target, served }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn record(world: &mut World, entries: impl IntoIterator<Item = Entry>) -> Result<(), ControlError> {
    Ok(world.record(entries.into_iter().map(Into::into).collect())?)
}

/// Records what happened in a chat, and the push about it if there is anybody to hear it.
fn record_pushing(
    world: &mut World,
    seller: String,
    entry: Entry,
    push: Option<Push>,
) -> Result<(), ControlError> {
    let push = push.map(|push| Entry::PushQueued { seller, push });
    record(world, std::iter::once(entry).chain(push))
}

fn shop<'a>(world: &'a World, seller: &str) -> Result<&'a Shop, ControlError> {
    let shop = world.ozon.shops.get(seller);
    shop.ok_or_else(|| ControlError::not_found("Ozon has no such seller"))
}

fn buyer() -> Author {
    Author::Buyer
}

/// Here the seller has no API: what it writes, it writes in the cabinet.
fn of_people(by: Author) -> Author {
    if by == Author::Seller { Author::Cabinet } else { by }
}

fn draw(world: &World, seller: &str, what: &str) -> Draw {
    let n = (world.ledger.lines() + 1).to_string();
    world.chance.draw(&["ozon control", what, seller, &n])
}

fn sku(world: &World, product: Option<&str>) -> Result<u64, ControlError> {
    Ok(seeds::sku(&corpus::products()?, world.chance, product))
}
