//! Chats in our words.

use chrono::{DateTime, Utc};
use domain::interaction::{ChatReading, Ingest};
use domain::value::{
    BuyerWords, ChatMessage, Content, Links, MessageAuthor, MessageFile, MessageWords,
    Product as ProductValue, Source,
};
use domain::{AccountId, Channel, Marketplace};
use serde_json::json;

use super::event::{Attachment, Chat, Event, Message, Sender};
use crate::http::{ItemError, fields_of};

/// Turns what is known of one chat into a reading: its events, the oldest first, and how the list shows it.
///
/// `product` is what the chat is about, where that is known already: a buyer may show another product later.
pub(in super::super) fn ingest(
    account_id: AccountId,
    chat_id: String,
    events: Vec<Event>,
    listed: Option<&Chat>,
    product: ProductValue,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let named = events.iter().rev().find_map(|event| event.buyer_name.clone());
    let buyer_name = listed.and_then(|chat| chat.buyer_name.clone()).or(named);
    let last = listed.and_then(|chat| chat.last_message_at);
    let occurred_at = events.iter().map(|event| event.at).min().or(last).unwrap_or(seen_at);
    let words = BuyerWords { buyer_name, ..BuyerWords::default() };
    Ingest {
        source: Source {
            account_id,
            marketplace: Marketplace::Wildberries,
            channel: Channel::Chat,
            external_id: chat_id,
            occurred_at,
        },
        content: Content { rating: None, product, words: words.into() },
        answer: None,
        // The marketplace tells of no chat whether it can be written in.
        chat: ChatReading { messages: messages_of(events), open: None },
        links: Links::default(),
        processed: false,
        seen_at,
    }
}

/// Returns the product that a chat is about, as far as these say it: the one that it began with.
pub(in super::super) fn product_in(
    events: &[Event],
    listed: Option<&Chat>,
) -> Option<ProductValue> {
    let shown = events.iter().find_map(|event| event.message.as_ref()?.product.clone());
    let product = shown.or_else(|| listed?.product.clone())?;
    Some(product.split().0).filter(|product| !product.article.is_empty())
}

/// Returns the messages among events, the oldest first. An event that shows no message is none: what it was about may
/// come later under the same id.
pub(in super::super) fn messages_of(mut events: Vec<Event>) -> Vec<ChatMessage> {
    events.sort_by_key(|event| event.at);
    events.into_iter().filter_map(message_of).collect()
}

/// Reads an event that was kept as it came, or a chat of the list.
pub(in super::super) fn read_item(
    account: AccountId,
    raw: &str,
    seen_at: DateTime<Utc>,
) -> Result<Ingest, ItemError> {
    let fields = fields_of(raw)?;
    if fields.contains_key("eventID") {
        let event = Event::of_fields(fields)?;
        let (chat_id, events) = (event.chat_id.clone(), vec![event]);
        let product = product_in(&events, None).unwrap_or_default();
        return Ok(ingest(account, chat_id, events, None, product, seen_at));
    }
    let chat = Chat::of_fields(fields)?;
    let product = product_in(&[], Some(&chat)).unwrap_or_default();
    Ok(ingest(account, chat.id.clone(), vec![], Some(&chat), product, seen_at))
}

fn message_of(event: Event) -> Option<ChatMessage> {
    let Message { text, product, files } = event.message?;
    let mut facts = event.facts;
    if let Some(source) = event.source {
        facts.insert("source".into(), source.into());
    }
    if let Some(product) = product {
        facts.insert("goodCard".into(), json!(product));
    }
    let files = files.into_iter().map(file_of).collect();
    Some(ChatMessage {
        external_id: event.id,
        author: match event.sender {
            Sender::Buyer => MessageAuthor::Buyer,
            Sender::Seller => MessageAuthor::Seller,
            // No buyer waits for an answer to it.
            Sender::Marketplace | Sender::Unknown => MessageAuthor::Marketplace,
        },
        sent_at: event.at,
        words: MessageWords { text, files, facts }.into(),
    })
}

/// By the id that it is downloaded by; its address is none that a person could open.
fn file_of(attachment: Attachment) -> MessageFile {
    let Attachment { download_id, name, url, size_bytes, is_image } = attachment;
    MessageFile {
        name: name.unwrap_or_default(),
        address: download_id.or(url).unwrap_or_default(),
        is_image,
        size_bytes,
    }
}
