//! Test buyers that buy and chat: they write, rewrite and read; and the seller writes in the cabinet.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{buyer, draw, of_people, record, record_pushing, shop, sku};
use crate::control::{Body, ControlError};
use crate::ozon::chat::{Chat, ChatCard, ChatType, Message};
use crate::ozon::entry::Entry;
use crate::ozon::posting::{Posting, Scheme};
use crate::ozon::push::MessageType;
use crate::ozon::shop::Shop;
use crate::ozon::words::{Author, Schedule, Words};
use crate::world::{App, World};

/// Something bought.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPosting {
    posting_number: Option<String>,
    #[serde(default)]
    scheme: Scheme,
    product: Option<String>,
    /// Default: now.
    paid_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
}

/// A buyer's first words, or a chat of Ozon's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChat {
    text: String,
    posting_number: Option<String>,
    #[serde(default)]
    chat_type: ChatType,
    #[serde(default = "buyer")]
    by: Author,
}

/// Words in a chat, or a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMessage {
    #[serde(default)]
    text: String,
    file: Option<String>,
    #[serde(default = "buyer")]
    by: Author,
}

/// Words that take the place of others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revision {
    text: Option<String>,
}

/// Somebody buys: answers with the number of the posting.
pub(super) async fn add_posting(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewPosting>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        let draw = draw(world, &seller, "posting");
        let order = format!("{}-{:04}", 10_000_000 + draw.below(80_000_000), draw.below(10_000));
        let posting = Posting {
            number: body.posting_number.unwrap_or_else(|| format!("{order}-1")),
            order_number: order,
            sku: sku(world, body.product.as_deref())?,
            scheme: body.scheme,
            paid_at: Some(body.paid_at.unwrap_or_else(|| world.now())),
            delivered_at: body.delivered_at,
        };
        let number = posting.number.clone();
        record(world, [Entry::PostingSet { seller, posting }])?;
        Ok((StatusCode::CREATED, Json(json!({ "posting_number": number }))))
    })
    .await
}

/// The posting is delivered now.
pub(super) async fn move_posting(
    State(app): State<App>,
    Path((seller, number)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let known = shop(world, &seller)?.postings.get(&number).cloned();
        let mut posting =
            known.ok_or_else(|| ControlError::not_found("there is no such posting"))?;
        posting.delivered_at = Some(world.now());
        record(world, [Entry::PostingSet { seller, posting }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// A buyer opens a chat with its first message: answers with both ids.
pub(super) async fn open_chat(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(body): Body<NewChat>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        let known = shop(world, &seller)?;
        if body.posting_number.as_ref().is_some_and(|it| !known.postings.contains_key(it)) {
            return Err(ControlError::not_found("there is no such posting"));
        }
        let card = ChatCard {
            id: draw(world, &seller, "chat").uuid().to_string(),
            chat_type: body.chat_type,
            created_at: world.now(),
            posting: body.posting_number,
            customer_id: 100_000 + draw(world, &seller, "customer").below(900_000),
        };
        let id = card.id.clone();
        record(world, [Entry::ChatOpened { seller: seller.clone(), chat: card }])?;
        let first = NewMessage { text: body.text, file: None, by: body.by };
        let message = write(world, seller, id.clone(), first)?;
        Ok((StatusCode::CREATED, Json(json!({ "chat_id": id, "message_id": message }))))
    })
    .await
}

/// Somebody writes in a chat: answers with the id of the message.
pub(super) async fn write_message(
    State(app): State<App>,
    Path((seller, id)): Path<(String, String)>,
    Body(body): Body<NewMessage>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        known_chat(shop(world, &seller)?, &id)?;
        let message = write(world, seller, id, body)?;
        Ok((StatusCode::CREATED, Json(json!({ "message_id": message }))))
    })
    .await
}

fn write(
    world: &mut World,
    seller: String,
    target: String,
    new: NewMessage,
) -> Result<String, ControlError> {
    let (now, shop) = (world.now(), shop(world, &seller)?);
    let chat = known_chat(shop, &target)?;
    let by = of_people(new.by);
    let id = shop.next_message(now).to_string();
    let words = Words::new(id.clone(), &new.text, by, Schedule::at(now));
    let message = Message { words, file: new.file, updated_at: None };
    let is_pushed = !message.is_of_seller();
    let push = shop.push(MessageType::NewMessage, chat, Some(&message), now);
    let entry = Entry::MessageWritten { seller: seller.clone(), target, message };
    record_pushing(world, seller, entry, push.filter(|_| is_pushed))?;
    Ok(id)
}

/// The author rewrites a message.
pub(super) async fn revise_message(
    State(app): State<App>,
    Path((seller, target, id)): Path<(String, String, String)>,
    Body(body): Body<Revision>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let (now, shop) = (world.now(), shop(world, &seller)?);
        let chat = known_chat(shop, &target)?;
        let text = body.text.ok_or_else(|| ControlError::unprocessable("text is missing"))?;
        let known = id.parse().ok().and_then(|id: u128| chat.messages.get(&id)).cloned();
        let no_message = || ControlError::not_found("the chat has no such message");
        let mut message = known.ok_or_else(no_message)?;
        message.words.text.clone_from(&text);
        let push = shop.push(MessageType::UpdateMessage, chat, Some(&message), now);
        let (message, at) = (id, now);
        let entry = Entry::MessageRevised { seller: seller.clone(), target, message, text, at };
        record_pushing(world, seller, entry, push)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The buyer reads all there is.
pub(super) async fn read_chat(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let (now, shop) = (world.now(), shop(world, &seller)?);
        let chat = known_chat(shop, &target)?;
        let own = |(_, message): &(u128, &Message)| message.is_of_seller();
        let last = chat.listed(now).rev().find(own).map(|(_, message)| message);
        let push = last.and_then(|last| shop.push(MessageType::MessageRead, chat, Some(last), now));
        let up_to = chat.position(now).to_string();
        let entry = Entry::ReadByBuyer { seller: seller.clone(), target, up_to };
        record_pushing(world, seller, entry, push)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The chat ends.
pub(super) async fn close_chat(
    State(app): State<App>,
    Path((seller, target)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        let (now, shop) = (world.now(), shop(world, &seller)?);
        let chat = known_chat(shop, &target)?;
        let push = shop.push(MessageType::ChatClosed, chat, None, now);
        let entry = Entry::ChatClosed { seller: seller.clone(), target };
        record_pushing(world, seller, entry, push)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// A chat as the API lists it, and every message as it is kept.
pub(super) async fn chat(
    State(app): State<App>,
    Path((seller, id)): Path<(String, String)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let chat = known_chat(shop(world, &seller)?, &id)?;
        let now = world.now();
        let message = |message: &Message| {
            json!({ "message": message, "buyer_sees": message.words.seen(now) })
        };
        let messages: Vec<Value> = chat.messages.values().map(message).collect();
        Ok(Json(json!({ "chat": chat.listing(now), "messages": messages })))
    })
    .await
}

fn known_chat<'a>(shop: &'a Shop, id: &str) -> Result<&'a Chat, ControlError> {
    shop.chats.get(id).ok_or_else(|| ControlError::not_found("the seller has no such chat"))
}
