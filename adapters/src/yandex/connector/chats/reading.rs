//! What a chat and its messages are in our words.

use chrono::{DateTime, Utc};
use domain::interaction::{ChatReading, Ingest};
use domain::value::{
    BuyerWords, ChatMessage, Content, Links, MessageAuthor, MessageFile, MessageWords, Product,
    Source,
};
use domain::{AccountId, Channel, Marketplace};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::http::{ItemError, MalformedItem};
use crate::yandex::page;
use crate::yandex::{Attachment, Chat, ChatContext, ChatKind, ChatStatus, Message, Sender};

/// Endings of names of pictures; the marketplace tells no kind of a file.
const PICTURES: [&str; 7] = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".bmp"];

/// A message that could not be read, with what it does not tell: where it stands.
#[derive(Serialize, Deserialize)]
struct KeptMessage {
    chat_id: String,
    chat_created_at: DateTime<Utc>,
    /// As it came.
    message: String,
}

/// Returns what was read of a chat. It names an order, a return, or neither, and no product.
pub(super) fn reading_of_chat(
    account: AccountId,
    chat: Chat,
    messages: Vec<Message>,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let open = open(&chat.status);
    let mut facts = chat.facts;
    facts.extend(facts_of(&chat.kind, &chat.context));
    let words = BuyerWords { buyer_name: chat.context.buyer_name, facts, ..BuyerWords::default() };
    reading(account, (chat.id, chat.created_at), words, messages, open, seen_at)
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
pub(in crate::yandex) fn read_kept(
    account: AccountId,
    raw: &str,
    seen_at: DateTime<Utc>,
) -> Result<Ingest, ItemError> {
    if let Ok(kept) = serde_json::from_str::<KeptMessage>(raw) {
        let message: Message = page::read(&kept.message)?;
        let chat = (kept.chat_id, kept.chat_created_at);
        return Ok(reading(account, chat, BuyerWords::default(), vec![message], None, seen_at));
    }
    // Its messages come with the next round.
    page::read(raw).map(|chat| reading_of_chat(account, chat, vec![], seen_at))
}

/// Returns a message in our words.
pub(super) fn chat_message(message: Message) -> ChatMessage {
    let author = author(&message);
    let mut facts = message.facts;
    if author == MessageAuthor::Marketplace {
        facts.insert("sender".to_owned(), message.sender.to_string().into());
    }
    let files = message.files.into_iter().map(file).collect();
    ChatMessage {
        external_id: message.id,
        author,
        sent_at: message.created_at,
        words: MessageWords { text: message.text, files, facts }.into(),
    }
}

/// Who wrote a message. One whom the specification does not know is no buyer: a buyer is said to be one.
pub(super) fn author(message: &Message) -> MessageAuthor {
    match message.sender {
        Sender::Customer => MessageAuthor::Buyer,
        Sender::Partner => MessageAuthor::Seller,
        Sender::Market | Sender::Support | Sender::Other(_) => MessageAuthor::Marketplace,
    }
}

/// Tells whether it is clear who wrote a message.
pub(super) fn author_is_known(message: &Message) -> bool {
    !matches!(message.sender, Sender::Other(_))
}

/// Tells whether a chat can be written in, where that is said.
fn open(status: &ChatStatus) -> Option<bool> {
    match status {
        ChatStatus::New
        | ChatStatus::WaitingForPartner
        | ChatStatus::WaitingForCustomer
        | ChatStatus::WaitingForArbiter
        | ChatStatus::WaitingForMarket => Some(true),
        ChatStatus::Finished => Some(false),
        ChatStatus::Other(_) => None,
    }
}

fn facts_of(kind: &ChatKind, context: &ChatContext) -> Map<String, Value> {
    let ids = [
        ("orderId", &context.order_id),
        ("returnId", &context.return_id),
        ("campaignId", &context.campaign_id),
        ("publicId", &context.buyer_id),
    ];
    let words = [("type", kind.to_string()), ("contextType", context.kind.to_string())];
    let ids = ids.into_iter().filter_map(|(name, id)| Some((name, id.clone()?)));
    let words = words.into_iter().filter(|(_, word)| !word.is_empty());
    ids.chain(words).map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn file(file: Attachment) -> MessageFile {
    let name = file.name.to_lowercase();
    MessageFile {
        is_image: PICTURES.iter().any(|ending| name.ends_with(ending)),
        name: file.name,
        address: file.url,
        size_bytes: file.size_bytes,
    }
}

fn reading(
    account_id: AccountId,
    (external_id, occurred_at): (String, DateTime<Utc>),
    words: BuyerWords,
    messages: Vec<Message>,
    open: Option<bool>,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let (marketplace, channel) = (Marketplace::YandexMarket, Channel::Chat);
    let messages = messages.into_iter().map(chat_message).collect();
    Ingest {
        source: Source { account_id, marketplace, channel, external_id, occurred_at },
        content: Content { rating: None, product: Product::default(), words: words.into() },
        answer: None,
        chat: ChatReading { messages, open },
        links: Links::default(),
        processed: false,
        seen_at,
    }
}
