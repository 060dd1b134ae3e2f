//! Buyers write in chats, disputes begin and end, chats close.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::cabinet::Cabinet;
use super::super::chat::{Chat, ChatKind, ChatStatus, Turn};
use super::super::entry::Change;
use super::super::seeds::{self, WrittenChat, WrittenMessage};
use super::{cabinet, happen};
use crate::control::{Body, ControlError};
use crate::world::App;

/// What becomes of a chat.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTurn {
    status: ChatStatus,
    /// `ARBITRAGE` when a dispute begins, `CHAT` when it ends.
    #[serde(rename = "type")]
    kind: Option<ChatKind>,
}

/// A chat begins: `{"about": "ORDER" | "RETURN" | "DIRECT", "user"?, "order_id"?, "messages"?: [{"text"?, "files"?,
/// "by"?}]}`. Answers with its id and those of its messages.
pub(super) async fn open(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<WrittenChat>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        let (now, chance) = (world.now(), world.chance);
        let cabinet = cabinet(world, &seller)?;
        let draws = seeds::draws(chance, &seller, cabinet);
        let chat = seeds::begun_now(seeds::chat_of(cabinet, &body, now, &draws));
        let messages: Vec<u64> = chat.messages.iter().map(|message| message.id).collect();
        let answer = json!({
            "id": chat.id,
            "order_id": chat.context.order_id,
            "return_id": chat.context.return_id,
            "messages": messages,
        });
        happen(world, &seller, vec![Change::ChatOpened(chat)])?;
        Ok((StatusCode::CREATED, Json(answer)))
    })
    .await
}

/// A chat as the API serves it, and everything in it.
pub(super) async fn chat(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let (now, chat) = (world.now(), known_chat(cabinet(world, &seller)?, id)?);
        Ok(Json(json!({
            "chat": chat.served(now),
            "buyer_sees": chat.partner_texts(),
            "messages": chat.messages,
        })))
    })
    .await
}

/// A message from outside the API: `{"text"?, "files"?: [names], "by"?}`, by the CUSTOMER if not the PARTNER, the MARKET
/// or SUPPORT; without text and files it is a sticker. Answers with its id.
pub(super) async fn write(
    State(app): State<App>,
    Path((seller, chat)): Path<(String, u64)>,
    Body(body): Body<WrittenMessage>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        let (now, chance) = (world.now(), world.chance);
        let cabinet = cabinet(world, &seller)?;
        known_chat(cabinet, chat)?;
        let id = cabinet.next_id(&seeds::draws(chance, &seller, cabinet)("message"));
        let message = seeds::message_of(id, &body, now);
        happen(world, &seller, vec![Change::MessageWritten { chat, message }])?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    })
    .await
}

/// The chat closes (`{"status": "FINISHED"}`), becomes a dispute, or ends being one.
pub(super) async fn turn(
    State(app): State<App>,
    Path((seller, chat)): Path<(String, u64)>,
    Body(body): Body<NewTurn>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let turn = Turn { status: body.status, at: world.now() };
        known_chat(cabinet(world, &seller)?, chat)?;
        happen(world, &seller, vec![Change::ChatTurned { chat, chat_kind: body.kind, turn }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn known_chat(cabinet: &Cabinet, id: u64) -> Result<&Chat, ControlError> {
    let chat = cabinet.chats.get(&id);
    chat.ok_or_else(|| ControlError::not_found("the seller has no such chat"))
}
