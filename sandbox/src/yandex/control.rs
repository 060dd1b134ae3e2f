//! What only the sandbox can do to Yandex.Market: keys come and go, buyers write, moderators decide, chats close.

mod chats;
mod notes;
mod words;

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cabinet::Cabinet;
use super::entry::{Action, Change, Entry};
use super::notify::{self, Receiver};
use super::sender;
use crate::chance::sha256_hex;
use crate::config::{YandexKeyConfig, YandexScope};
use crate::control::{Body, ControlError};
use crate::world::{self, App, World};

/// A business to add.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCabinet {
    business_id: u64,
}

/// A key to accept, or to accept with another name and other scopes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    key: String,
    name: Option<String>,
    scopes: Option<BTreeSet<YandexScope>>,
}

/// A key to accept no longer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OldKey {
    key: String,
}

/// Everything under `/control/yandex`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/{seller}", put(add_cabinet))
        .route("/{seller}/keys", post(set_key))
        .route("/{seller}/keys/revoke", post(revoke_key))
        .route("/{seller}/notifications", get(notifications).put(connect).delete(disconnect))
        .route("/{seller}/served/{id}", put(spoil))
        .route("/{seller}/reviews", post(words::add_review))
        .route(
            "/{seller}/reviews/{id}",
            get(words::review).patch(words::revise_review).delete(words::delete_review),
        )
        .route("/{seller}/reviews/{id}/read", put(words::read_review))
        .route("/{seller}/reviews/{id}/comments", post(notes::comment))
        .route("/{seller}/questions", post(words::add_question))
        .route("/{seller}/questions/{id}", get(words::question).delete(words::delete_question))
        .route("/{seller}/questions/{id}/answers", post(notes::answer))
        .route("/{seller}/answers/{id}/comments", post(notes::answer_comment))
        .route("/{seller}/notes/{id}", get(notes::note).delete(notes::delete))
        .route("/{seller}/notes/{id}/status", put(notes::moderate))
        .route("/{seller}/chats", post(chats::open))
        .route("/{seller}/chats/{id}", get(chats::chat))
        .route("/{seller}/chats/{id}/messages", post(chats::write))
        .route("/{seller}/chats/{id}/status", put(chats::turn))
}

/// The sellers, for `/control/state`.
pub(crate) fn state(world: &World) -> Value {
    let now = world.now();
    let of = |cabinet: &Cabinet| {
        let count = |action, is_more: fn(u64) -> bool| cabinet.delivered(action, is_more);
        let all: fn(u64) -> bool = |_| true;
        let twice: fn(u64) -> bool = |times| times > 1;
        let keys: Vec<Value> = cabinet
            .keys
            .iter()
            .map(|(sha256, key)| json!({ "sha256": sha256, "key": key }))
            .collect();
        json!({
            "business_id": cabinet.business_id,
            "chats": cabinet.chats.len(),
            "reviews": cabinet.feedbacks.len(),
            "reviews_that_need_reaction":
                cabinet.feedbacks.values().filter(|one| one.needs_reaction(now)).count(),
            "questions": cabinet.questions.len(),
            "messages_delivered": count(Action::Message, all),
            "messages_delivered_more_than_once": count(Action::Message, twice),
            "comments_delivered": count(Action::Comment, all),
            "reviews_commented_more_than_once": count(Action::Comment, twice),
            "answers_delivered": count(Action::Answer, all),
            "questions_answered_more_than_once": count(Action::Answer, twice),
            "notifications": {
                "receiver": cabinet.notices.receiver,
                "sent_or_waiting": cabinet.notices.sendings.len(),
                "waiting": cabinet.notices.waiting().count(),
            },
            "keys": keys,
        })
    };
    world.yandex.cabinets.iter().map(|(seller, known)| (seller.clone(), of(known))).collect()
}

/// Adds a business without keys and items; one that exists stays as it is.
async fn add_cabinet(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewCabinet>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let business_id = body.business_id;
        if let Some(known) = world.yandex.cabinets.get(&seller) {
            return match known.business_id == business_id {
                true => Ok(StatusCode::OK),
                false => Err(ControlError::conflict("the seller has another business")),
            };
        }
        if world.yandex.cabinets.values().any(|other| other.business_id == business_id) {
            return Err(ControlError::conflict("the business belongs to another seller"));
        }
        record(world, vec![Entry::CabinetAdded { seller, business_id }])?;
        Ok(StatusCode::CREATED)
    })
    .await
}

/// Accepts a key from now on; one that is known gets this name and these scopes.
async fn set_key(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewKey>,
) -> Result<StatusCode, ControlError> {
    let usual = YandexKeyConfig::new(&body.key);
    let key = YandexKeyConfig {
        name: body.name.unwrap_or_else(|| usual.name.clone()),
        scopes: body.scopes.unwrap_or_else(|| usual.scopes.clone()),
        ..usual
    };
    app.with(move |world| {
        cabinet(world, &seller)?;
        if world.yandex.find_key(&body.key).is_some_and(|(owner, _)| owner != seller) {
            return Err(ControlError::conflict("the key belongs to another seller"));
        }
        record(world, vec![Entry::key_set(&seller, &key)])?;
        Ok(StatusCode::CREATED)
    })
    .await
}

/// Refuses a key from now on, with 401.
async fn revoke_key(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<OldKey>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let sha256 = sha256_hex(&body.key);
        if !cabinet(world, &seller)?.keys.contains_key(&sha256) {
            return Err(ControlError::not_found("the seller has no such key"));
        }
        record(world, vec![Entry::KeyRevoked { seller, sha256 }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Every notification with its attempts.
async fn notifications(
    State(app): State<App>,
    Path(seller): Path<String>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let notices = &cabinet(world, &seller)?.notices;
        let sendings: Vec<_> = notices.sendings.values().collect();
        Ok(Json(json!({ "receiver": notices.receiver, "notifications": sendings })))
    })
    .await
}

/// Sends a PING and, if it is answered as documented, everything that happens from now on.
async fn connect(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(receiver): Body<Receiver>,
) -> Result<StatusCode, ControlError> {
    sender::check_url(&receiver.url).map_err(|reason| ControlError::unprocessable(&reason))?;
    let known = seller.clone();
    let ping = app.with(move |world| {
        cabinet(world, &known)?;
        Ok::<Value, ControlError>(notify::ping(world.now()))
    });
    let ping = ping.await?;
    sender::check(&receiver.url, &ping)
        .await
        .map_err(|reason| ControlError::conflict(&format!("the PING got {reason}")))?;
    app.with(move |world| {
        record(world, vec![Entry::ReceiverSet { seller, receiver: Some(receiver) }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Sends nothing from now on, and forgets what was waiting.
async fn disconnect(
    State(app): State<App>,
    Path(seller): Path<String>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        cabinet(world, &seller)?;
        record(world, vec![Entry::ReceiverSet { seller, receiver: None }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Gives this in the place of the item with this id from now on, whatever it is; null restores it.
async fn spoil(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
    Body(served): Body<Option<Value>>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        cabinet(world, &seller)?;
        happen(world, &seller, vec![Change::Spoiled { id, served }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn cabinet<'a>(world: &'a World, seller: &str) -> Result<&'a Cabinet, ControlError> {
    let cabinet = world.yandex.cabinets.get(seller);
    cabinet.ok_or_else(|| ControlError::not_found("there is no such seller"))
}

/// Carries changes out and tells the seller's receiver of them.
fn happen(world: &mut World, seller: &str, changes: Vec<Change>) -> Result<(), ControlError> {
    let told = notify::entries(seller, cabinet(world, seller)?, &changes);
    let happened = changes.into_iter().map(|change| Entry::happened(seller, change));
    record(world, happened.chain(told).collect())
}

fn record(world: &mut World, entries: Vec<Entry>) -> Result<(), ControlError> {
    Ok(world.record(entries.into_iter().map(world::Entry::from).collect())?)
}
