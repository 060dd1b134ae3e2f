//! What a chat and its messages are in our words.

use chrono::{DateTime, Utc};
use domain::interaction::{ChatReading, Ingest};
use domain::value::{
    BuyerWords, ChatMessage, Content, Links, MessageAuthor, MessageFile, MessageWords,
};
use domain::{AccountId, Channel};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::history::History;
use super::is_with_buyer;
use super::note::open;
use crate::http::{ItemError, MalformedItem};
use crate::ozon::connector::{product, source};
use crate::ozon::{AuthorKind, Chat, ImageModeration, Message};

/// A message that could not be read, with what it does not tell: where it stands.
#[derive(Serialize, Deserialize)]
struct KeptMessage {
    chat_id: String,
    chat_created_at: Option<DateTime<Utc>>,
    /// As it came.
    message: String,
}

/// Returns what was read of a chat. It names a product and an order where its messages do; which buyer it is, nothing
/// tells.
pub(super) fn reading_of_chat(
    account: AccountId,
    chat: &Chat,
    history: History,
    open: Option<bool>,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let mut facts = Map::new();
    if history.misses_older() {
        facts.insert("older_messages_not_read".to_owned(), json!(true));
    }
    reading(account, (&chat.id, chat.created_at), facts, history.messages, open, seen_at)
}

fn reading(
    account: AccountId,
    (chat_id, created_at): (&str, Option<DateTime<Utc>>),
    mut facts: Map<String, serde_json::Value>,
    messages: Vec<Message>,
    open: Option<bool>,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let newest_first = || messages.iter().rev();
    let sku = newest_first().find_map(|message| message.sku.clone());
    if let Some(order) = newest_first().find_map(|message| message.order_number.clone()) {
        facts.insert("order_number".to_owned(), json!(order));
    }
    let first_written = messages.first().map(|message| message.created_at);
    let created_at = created_at.or(first_written).unwrap_or(seen_at);
    let words = BuyerWords { facts, ..BuyerWords::default() };
    Ingest {
        source: source(account, Channel::Chat, chat_id.to_owned(), created_at),
        content: Content { rating: None, product: product(sku), words: words.into() },
        answer: None,
        chat: ChatReading { messages: messages.into_iter().map(message).collect(), open },
        links: Links::default(),
        processed: false,
        seen_at,
    }
}

/// Returns a message that could not be read as it is kept: under its chat's id, and so that it can be read again.
pub(super) fn kept_message(chat: &Chat, item: &MalformedItem) -> MalformedItem {
    let kept = KeptMessage {
        chat_id: chat.id.clone(),
        chat_created_at: chat.created_at,
        message: item.raw.clone(),
    };
    MalformedItem { raw: json!(kept).to_string(), id: Some(chat.id.clone()), error: item.error }
}

/// Reads a chat or a message that was kept.
pub(in crate::ozon::connector) fn read_kept(
    account: AccountId,
    raw: &str,
    seen_at: DateTime<Utc>,
) -> Result<Ingest, ItemError> {
    if let Ok(kept) = serde_json::from_str::<KeptMessage>(raw) {
        let message = Message::read(&kept.message)?;
        let chat = (kept.chat_id.as_str(), kept.chat_created_at);
        return Ok(reading(account, chat, Map::new(), vec![message], None, seen_at));
    }
    let chat = Chat::read(raw)?;
    // Its messages come with the next round.
    let is_with_buyer = is_with_buyer(&chat.kind);
    let reading = || reading_of_chat(account, &chat, History::default(), open(&chat), seen_at);
    is_with_buyer.then(reading).ok_or(ItemError::NotAnObject)
}

/// Returns a message in our words.
pub(super) fn message(message: Message) -> ChatMessage {
    let (author, id, sent_at) = (author(&message), message.id.clone(), message.created_at);
    ChatMessage { external_id: id, author, sent_at, words: words(message).into() }
}

/// Who wrote a message. One whom the specification does not know is no buyer: a buyer is said to be one.
pub(super) fn author(message: &Message) -> MessageAuthor {
    match message.author.kind {
        AuthorKind::Customer => MessageAuthor::Buyer,
        AuthorKind::Seller => MessageAuthor::Seller,
        AuthorKind::Crm
        | AuthorKind::Courier
        | AuthorKind::Support
        | AuthorKind::NotificationUser
        | AuthorKind::Other(_) => MessageAuthor::Marketplace,
    }
}

/// Tells whether the specification knows who wrote a message.
pub(super) fn author_is_known(message: &Message) -> bool {
    !matches!(message.author.kind, AuthorKind::Other(_))
}

/// A part that is nothing but a file is none of the text. What the seller wrote stays as it is, unless it is said to be
/// a picture: a reply from here must be known again by its text.
pub(super) fn words(message: Message) -> MessageWords {
    let is_text_of_seller =
        author(&message) == MessageAuthor::Seller && message.is_image != Some(true);
    let mut words = MessageWords::default();
    let mut text: Vec<&str> = Vec::new();
    for part in &message.parts {
        let file = whole_file(part);
        if file.is_none() || is_text_of_seller {
            text.push(part);
        }
        match file {
            Some(file) => words.files.push(file),
            None => words.files.extend(files_within(part)),
        }
    }
    words.text = text.join("\n");
    words.facts = facts(&message);
    words
}

fn facts(message: &Message) -> Map<String, serde_json::Value> {
    let mut facts = message.facts.clone();
    let author = match &message.author.kind {
        AuthorKind::Customer | AuthorKind::Seller => None,
        AuthorKind::Crm => Some("crm"),
        AuthorKind::Courier => Some("courier"),
        AuthorKind::Support => Some("support"),
        AuthorKind::NotificationUser => Some("notification"),
        AuthorKind::Other(word) => Some(word.as_str()),
    };
    let image = message.image_moderation.as_ref().map(|state| match state {
        ImageModeration::Success => "success",
        ImageModeration::Moderation => "moderation",
        ImageModeration::Failed => "failed",
        ImageModeration::Other(word) => word.as_str(),
    });
    let told = [
        ("author", author),
        ("image_moderation", image),
        ("order_number", message.order_number.as_deref()),
        ("product_article", message.sku.as_deref()),
    ];
    facts.extend(told.into_iter().filter_map(|(name, told)| Some((name.to_owned(), told?.into()))));
    facts
}

/// Reads a part that is one file: `[name.pdf](address)`, or a picture, `![name](address)`.
fn whole_file(part: &str) -> Option<MessageFile> {
    let part = part.trim();
    let (is_image, link) = match part.strip_prefix('!') {
        Some(link) => (true, link),
        None => (false, part),
    };
    let (name, address) = link.strip_prefix('[')?.strip_suffix(')')?.split_once("](")?;
    let is_address = address.starts_with("http") && !address.contains([' ', ')', '\n']);
    // Without an extension it is a link in somebody's words.
    let is_file = is_image || name.contains('.');
    (is_address && is_file).then(|| file(name, address, is_image))
}

/// Finds the pictures in a part that says more.
fn files_within(part: &str) -> impl Iterator<Item = MessageFile> {
    part.split("![").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("](")?;
        let address = rest.split_once(')')?.0.trim();
        (!address.is_empty()).then(|| file(name, address, true))
    })
}

fn file(name: &str, address: &str, is_image: bool) -> MessageFile {
    let (name, address) = (name.to_owned(), address.to_owned());
    MessageFile { name, address, is_image, size_bytes: None }
}
