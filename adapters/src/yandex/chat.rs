//! Chats and their messages.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::Personal;
use domain::value::{ObservedAnswer, ObservedState};
use reqwest::RequestBuilder;
use reqwest::multipart::Form;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::page::{self, Item, Page, PageRequest};
use super::word::{self, ChatKind, ChatStatus, ContextKind, Sender};
use super::{Client, Operation, id_at};
use crate::http::{CallError, Fields, File, ItemError, SendOutcome, part};

/// Which chats to read; what is empty does not narrow them down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatsQuery {
    /// About these orders and returns.
    pub contexts: Vec<(ContextKind, String)>,
    /// Of these kinds of context.
    pub context_kinds: Vec<ContextKind>,
    /// Of these kinds.
    pub kinds: Vec<ChatKind>,
    /// In these states.
    pub statuses: Vec<ChatStatus>,
}

/// A chat. `Debug` shows nothing of the buyer.
#[derive(Clone, PartialEq)]
pub struct Chat {
    /// `chatId`.
    pub id: String,
    /// With a buyer, or a dispute.
    pub kind: ChatKind,
    /// Whose turn it is.
    pub status: ChatStatus,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// `updatedAt`: time of the last message.
    pub updated_at: Option<DateTime<Utc>>,
    /// What it is about.
    pub context: ChatContext,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

/// What a chat is about, and with whom it is.
#[derive(Clone, PartialEq, Eq)]
pub struct ChatContext {
    /// An order, a return, or neither.
    pub kind: ContextKind,
    /// Name of the buyer in public.
    pub buyer_name: Option<String>,
    /// The buyer's public id.
    pub buyer_id: Option<String>,
    /// The shop of the cabinet.
    pub campaign_id: Option<String>,
    /// The order, of a return too; none in chats that a buyer began without one.
    pub order_id: Option<String>,
    /// The return.
    pub return_id: Option<String>,
}

/// A message. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// `messageId`.
    pub id: String,
    /// `createdAt`.
    pub created_at: DateTime<Utc>,
    /// Who wrote it.
    pub sender: Sender,
    /// Its text; empty when it is only files, or a sticker.
    pub text: String,
    /// What is attached to it.
    pub files: Vec<Attachment>,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

/// A file of a message. Whether an Api-Key opens its address is not known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Its size in bytes.
    pub size_bytes: Option<u64>,
}

/// A part of a chat's messages.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// What the chat is about, where the marketplace says so.
    pub context: Option<ChatContext>,
    /// The messages.
    pub messages: Page<Message>,
}

impl Client {
    /// Reads a page of chats, at most [`CHATS_PAGE_MAX`](super::CHATS_PAGE_MAX). An item that cannot be read is handed
    /// over raw and costs none of the others; so it is with all pages.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn chats(
        &self,
        query: &ChatsQuery,
        page: &PageRequest,
    ) -> Result<Page<Chat>, CallError> {
        self.page(Operation::Chats, query.body(), page).await
    }

    /// Reads one chat. None when the marketplace itself says that it does not know it; that is no proof that nothing
    /// was written there.
    ///
    /// # Errors
    /// [`CallError`]; an item that cannot be read is [`MalformedAnswer`](crate::http::Failure::MalformedAnswer).
    pub async fn chat(&self, id: &str) -> Result<Option<Chat>, CallError> {
        self.one(Operation::Chat, &[("chatId", id)]).await
    }

    /// Reads a page of a chat's messages, at most [`MESSAGES_PAGE_MAX`](super::MESSAGES_PAGE_MAX): those after the
    /// message `after`, which is left out, or all of them.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn history(
        &self,
        chat_id: &str,
        after: Option<&str>,
        page: &PageRequest,
    ) -> Result<History, CallError> {
        let body = after.map_or_else(|| json!({}), |id| json!({"messageIdFrom": word::id(id)}));
        let prepare = |request: RequestBuilder| {
            request.query(&[("chatId", chat_id)]).query(&page.parameters()).json(&body)
        };
        let answer = self.call(Operation::History, prepare).await?;
        let history = answer.read(&self.key, |result| History::decode(result, page))?;
        Ok(history.without(after))
    }

    /// Reads one message; none as with [`Client::chat`].
    ///
    /// # Errors
    /// [`CallError`]; an item that cannot be read is [`MalformedAnswer`](crate::http::Failure::MalformedAnswer).
    pub async fn message(&self, chat_id: &str, id: &str) -> Result<Option<Message>, CallError> {
        self.one(Operation::Message, &[("chatId", chat_id), ("messageId", id)]).await
    }

    /// Writes into a chat; 1…4096 characters, which the caller has checked. The marketplace gives no id in return.
    pub async fn send_message(&self, chat_id: &str, text: &str) -> SendOutcome {
        let body = json!({"message": text});
        let prepare = |request: RequestBuilder| request.query(&[("chatId", chat_id)]).json(&body);
        self.send(Operation::SendMessage, prepare, |_| None).await
    }

    /// Sends a file of at most 5 MB into a chat. The marketplace gives no id in return.
    pub async fn send_file(&self, chat_id: &str, file: File) -> SendOutcome {
        let form = Form::new().part("file", part(file));
        let prepare =
            |request: RequestBuilder| request.query(&[("chatId", chat_id)]).multipart(form);
        self.send(Operation::SendFile, prepare, |_| None).await
    }

    /// Opens a chat about an order or a return and returns its id. One that is open already is found, so this may be
    /// repeated.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn open_chat(&self, kind: &ContextKind, id: &str) -> Result<String, CallError> {
        let body = json!({"context": context_body(kind, id)});
        let answer = self.call(Operation::OpenChat, |request| request.json(&body)).await?;
        let chat_id = answer.accept(&self.key, |result| id_at(result?, &["chatId"]))?;
        chat_id.ok_or_else(|| CallError::malformed("expected an id in result.chatId"))
    }
}

impl ChatsQuery {
    pub(super) fn body(&self) -> Value {
        let contexts = self.contexts.iter().map(|(kind, id)| context_body(kind, id)).collect();
        let lists: [(&str, Vec<Value>); 4] = [
            ("contexts", contexts),
            ("contextTypes", words(&self.context_kinds)),
            ("types", words(&self.kinds)),
            ("statuses", words(&self.statuses)),
        ];
        let given = lists.into_iter().filter(|(_, list)| !list.is_empty());
        Value::Object(given.map(|(name, list)| (name.to_owned(), list.into())).collect())
    }
}

/// Names an order or a return.
pub(super) fn context_body(kind: &ContextKind, id: &str) -> Value {
    json!({"type": kind.to_string(), "id": word::id(id)})
}

fn words(words: &[impl ToString]) -> Vec<Value> {
    words.iter().map(|word| word.to_string().into()).collect()
}

impl Chat {
    /// Tells whether the marketplace waits for the seller. A new chat counts: its first message is the buyer's,
    /// unless the seller opened it.
    #[must_use]
    pub fn awaits_seller(&self) -> bool {
        matches!(self.status, ChatStatus::WaitingForPartner | ChatStatus::New)
    }
}

impl Message {
    /// Tells whether the buyer wrote it. The marketplace and its support write here too.
    #[must_use]
    pub fn is_buyers(&self) -> bool {
        self.sender == Sender::Customer
    }

    /// Returns a message of ours as an answer that stands; none of anybody else's. There is no moderation in chats, and
    /// nothing can be edited.
    #[must_use]
    pub fn observed(&self) -> Option<ObservedAnswer> {
        (self.sender == Sender::Partner).then(|| ObservedAnswer {
            text: Personal::Known(self.text.clone()),
            state: ObservedState::Published,
            editable: Some(false),
            external_id: Some(self.id.clone()),
            refusal: None,
        })
    }
}

impl History {
    pub(super) fn decode(result: &RawValue, asked: &PageRequest) -> Result<Self, CallError> {
        let messages = page::decode(result, asked)?;
        let context = page::object(result)?.remove("context");
        let context = context.and_then(|context| serde_json::from_str(context.get()).ok());
        let context = context.map(|context| ChatContext::of(&mut Fields::new(context)));
        Ok(Self { context, messages })
    }

    /// Leaves out the message that was asked from: `messageIdFrom` is included in what comes back.
    pub(super) fn without(mut self, known: Option<&str>) -> Self {
        let is_new = |id: Option<&str>| id.is_none() || id != known;
        self.messages.items.retain(|message| is_new(Some(&message.id)));
        self.messages.malformed.retain(|item| is_new(item.id.as_deref()));
        self
    }
}

impl Item for Chat {
    const LIST: &'static str = "chats";

    fn id(fields: &mut Fields) -> Option<String> {
        fields.id("chatId")
    }

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: Self::id(fields).ok_or(ItemError::NoId("chatId"))?,
            kind: word::word(fields, "type"),
            status: word::word(fields, "status"),
            created_at: fields.time("createdAt").ok_or(ItemError::NoTime("createdAt"))?,
            updated_at: fields.time("updatedAt"),
            context: fields.object("context", ChatContext::of).unwrap_or_default(),
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl Item for Message {
    const LIST: &'static str = "messages";

    fn id(fields: &mut Fields) -> Option<String> {
        fields.id("messageId")
    }

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: Self::id(fields).ok_or(ItemError::NoId("messageId"))?,
            created_at: fields.time("createdAt").ok_or(ItemError::NoTime("createdAt"))?,
            sender: word::word(fields, "sender"),
            text: fields.words("message")?,
            files: fields.objects("payload", Attachment::of).unwrap_or_default(),
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl ChatContext {
    pub(super) fn of(fields: &mut Fields) -> Self {
        let buyer = |fields: &mut Fields| (fields.text("name"), fields.id("publicId"));
        let (buyer_name, buyer_id) = fields.object("customer", buyer).unwrap_or_default();
        Self {
            kind: word::word(fields, "type"),
            buyer_name,
            buyer_id,
            campaign_id: fields.id("campaignId"),
            order_id: fields.id("orderId"),
            return_id: fields.id("returnId"),
        }
    }
}

impl Default for ChatContext {
    fn default() -> Self {
        Self::of(&mut Fields::default())
    }
}

impl Attachment {
    fn of(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name").unwrap_or_default(),
            url: fields.text("url").unwrap_or_default(),
            size_bytes: word::count(fields, "size"),
        }
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ChatContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatContext").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}
