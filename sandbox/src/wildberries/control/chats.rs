//! Buyers write in chats, the seller in the cabinet, Wildberries in between; a chat gets another signature.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::chat::{Chats, Words};
use super::super::entry::Entry;
use super::super::files::{self, FileKind, StoredFile};
use super::super::seeds::Maker;
use super::{fresh, record, shop, unusable};
use crate::control::{Body, ControlError};
use crate::world::{App, World};

/// Words in a chat; all that is left out is as usual.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NewMessage {
    text: Option<String>,
    files: Vec<NewFile>,
    from: Sender,
    /// Where it was written. Default `rusite` of a buyer, `seller-portal` of the seller.
    source: Option<String>,
    /// The buyer's name, of a new chat.
    client: Option<String>,
    /// What a new chat is about, by name or article; null for nothing.
    product: Option<String>,
    /// What reads give in its place.
    served: Option<Value>,
}

/// Who writes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sender {
    #[default]
    Client,
    /// In the cabinet.
    Seller,
    Wb,
}

/// A file of a message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFile {
    kind: FileKind,
    name: Option<String>,
    /// In base64. Default the smallest file of its kind.
    content: Option<String>,
    /// How long it is moderated.
    moderation_ms: Option<u32>,
    /// Whether moderation refuses it.
    #[serde(default)]
    rejected: bool,
}

/// Everything about chats under `/control/wildberries`.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{seller}/chats", post(begin))
        .route("/{seller}/chats/{id}", get(one))
        .route("/{seller}/chats/{id}/messages", post(add))
        .route("/{seller}/chats/{id}/sign", put(sign))
        .route("/{seller}/chat-events", post(add_event))
}

/// Somebody begins a chat. Answers with its id and signature, and the event's id.
async fn begin(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewMessage>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        let chat = format!("1:{}", fresh(world, "added chat").uuid());
        write(world, seller, &chat, body)
    })
    .await
}

/// Somebody writes in a chat that there is.
async fn add(
    State(app): State<App>,
    Path((seller, chat)): Path<(String, String)>,
    Body(body): Body<NewMessage>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        known(world, &seller, &chat)?;
        write(world, seller, &chat, body)
    })
    .await
}

/// A whole Wildberries event object happens; with an unknown chat it begins one.
async fn add_event(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(mut event): Body<Map<String, Value>>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        let served = event.remove("served");
        let is_whole = event.get("chatID").is_some_and(Value::is_string)
            && event.get("addTimestamp").is_some_and(Value::is_i64);
        if !is_whole {
            return Err(ControlError::unprocessable(
                "an event needs a text chatID and a number addTimestamp",
            ));
        }
        let chat = event.get("chatID").and_then(Value::as_str).unwrap_or_default();
        let reply_sign = new_sign(world, chat);
        let files = files::named_in(&event);
        record(world, [Entry::ChatEventAdded { seller, event, reply_sign, files, served }])?;
        Ok(StatusCode::CREATED)
    })
    .await
}

/// A chat with all that was written in it, and its signature.
async fn one(
    State(app): State<App>,
    Path((seller, id)): Path<(String, String)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let now = world.now();
        let reply_sign = known(world, &seller, &id)?;
        let events = shop(world, &seller)?.chats.history(&id, now);
        Ok(Json(json!({ "reply_sign": reply_sign, "events": events })))
    })
    .await
}

/// The chat gets another signature; the old one is no good any more. Answers with the new one.
async fn sign(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        known(world, &seller, &target)?;
        let reply_sign = new_sign(world, &target);
        let answer = json!({ "reply_sign": reply_sign });
        record(world, [Entry::ChatSigned { seller, target, reply_sign }])?;
        Ok(Json(answer))
    })
    .await
}

fn write(
    world: &mut World,
    seller: String,
    chat: &str,
    body: NewMessage,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let chats = &shop(world, &seller)?.chats;
    let known = chats.get(chat);
    let reply_sign = known.map_or_else(|| new_sign(world, chat), |chat| chat.reply_sign.clone());
    let client = match known {
        Some(chat) => chat.client_name.clone(),
        None => body.client.unwrap_or_else(|| "Покупатель".to_owned()),
    };
    let maker = Maker::new(world.chance).map_err(unusable)?;
    let product = body.product.as_deref();
    let files = stored(world, body.files)?;
    let usual = match body.from {
        Sender::Client => Some("rusite"),
        Sender::Seller => Some("seller-portal"),
        Sender::Wb => None,
    };
    let event = fresh(world, "added event").uuid().to_string();
    let words = Words {
        chat,
        id: event.clone(),
        sender: match body.from {
            Sender::Client => "client",
            Sender::Seller => "seller",
            Sender::Wb => "wb",
        },
        source: body.source.as_deref().or(usual),
        text: body.text.as_deref(),
        files: &files,
        good_card: product.map(|_| maker.purchase(product, &seller, chat).good_card()),
        client_name: (body.from == Sender::Client).then_some(client.as_str()),
        reply_sign: known.is_none().then_some(reply_sign.as_str()),
    };
    let object = words.event(chats.free_moment(world.now()));
    let answer = json!({ "chat": chat, "reply_sign": reply_sign, "event": event });
    let served = body.served;
    let added = Entry::ChatEventAdded { seller, event: object, reply_sign, files, served };
    record(world, [added])?;
    Ok((StatusCode::CREATED, Json(answer)))
}

fn stored(world: &World, files: Vec<NewFile>) -> Result<Vec<StoredFile>, ControlError> {
    let stored = |(place, file): (usize, NewFile)| {
        let content = file.content.unwrap_or_else(|| file.kind.sample());
        if STANDARD.decode(&content).is_err() {
            return Err(ControlError::unprocessable("the content of a file is not base64"));
        }
        let lasts = file.moderation_ms.map(|ms| TimeDelta::milliseconds(i64::from(ms)));
        Ok(StoredFile {
            id: fresh(world, &format!("added file {place}")).uuid().to_string(),
            name: file.name.unwrap_or_else(|| format!("file.{}", file.kind)),
            kind: file.kind,
            content,
            moderated_at: lasts.map(|lasts| world.now() + lasts),
            rejected: file.rejected,
        })
    };
    files.into_iter().enumerate().map(stored).collect()
}

fn new_sign(world: &World, chat: &str) -> String {
    Chats::new_sign(chat, &world.chance.draw(&["user", chat]), &fresh(world, "sign"))
}

fn known<'a>(world: &'a World, seller: &str, id: &str) -> Result<&'a str, ControlError> {
    let chat = shop(world, seller)?.chats.get(id);
    let sign = chat.map(|chat| chat.reply_sign.as_str());
    sign.ok_or_else(|| ControlError::not_found("the seller has no such chat"))
}
