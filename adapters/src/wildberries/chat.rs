//! Chats with buyers: which there are, what happened in them, saying something, and files. They are on a host of their own.

mod event;
mod file;
mod reading;

use reqwest::multipart::Form;
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tracing::warn;

use super::Client;
use super::answer::Body;
use crate::http::{
    CallError, Download, Fields, File, ItemError, MalformedItem, Receipt, SendOutcome, Transport,
    fields_of, part,
};

pub use event::{Attachment, Chat, Event, Message, Sender};
pub(super) use reading::{ingest, messages_of, product_in, read_item};

const CHATS: &str = "api/v1/seller/chats";
const EVENTS: &str = "api/v1/seller/events";
const MESSAGE: &str = "api/v1/seller/message";
const DOWNLOAD: &str = "api/v1/seller/download";

/// Calls about the chats of one cabinet. Cheap to make.
#[derive(Debug, Clone)]
pub struct ChatClient(Client);

/// All chats of a cabinet.
#[derive(Debug, Clone, Default)]
pub struct ChatList {
    /// What could be read, in the marketplace's order.
    pub chats: Vec<Chat>,
    /// What could not.
    pub malformed: Vec<MalformedItem>,
}

/// A part of what happened in all chats, the oldest first.
#[derive(Debug, Clone)]
pub struct EventsPage {
    /// What could be read.
    pub events: Vec<Event>,
    /// What could not. Their ids are those of the chats.
    pub malformed: Vec<MalformedItem>,
    /// Where to go on, in Unix milliseconds; where the marketplace does not say it, the newest event's time. None when
    /// it gave no event either.
    pub next: Option<i64>,
    /// `totalEvents`: how many events the page holds, as the marketplace counts them.
    pub total: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EventsData<'a> {
    next: Value,
    total_events: Value,
    /// May be null, as Go writes an empty list.
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
}

impl ChatClient {
    /// Makes calls to `base_url`, such as `https://buyer-chat-api.wildberries.ru`; for the rest as [`Client::new`].
    #[must_use]
    pub fn new(transport: &Transport, base_url: &str, token: SecretString) -> Self {
        Self(Client::new(transport, base_url, token))
    }

    /// Asks whether the token is valid and opens chats; as [`Client::ping`].
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ping(&self) -> Result<(), CallError> {
        self.0.ping().await
    }

    /// Reads which chats there are: all of them at once. An item that cannot be read is handed over raw and costs none of
    /// the others; so it is with events.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn chats(&self) -> Result<ChatList, CallError> {
        let request = self.0.transport.read(Method::GET, self.0.url(CHATS)?);
        let text = self.0.call(request).await?.into_text(&self.0.token)?;
        ChatList::decode(Body::parse(&text, &self.0.token)?.result)
    }

    /// Reads the events after the moment `next`, which the page before gave; without it, the first ones that the
    /// marketplace still has. There are no more when a page is empty.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn events(&self, next: Option<i64>) -> Result<EventsPage, CallError> {
        let request = self.0.transport.read(Method::GET, self.0.url(EVENTS)?);
        let request = request.query(&Vec::from_iter(next.map(|next| ("next", next))));
        let text = self.0.call(request).await?.into_text(&self.0.token)?;
        EventsPage::decode(Body::parse(&text, &self.0.token)?.result)
    }

    /// Writes into the chat that `reply_sign` belongs to: at most 1000 characters, and files of JPEG, PDF or PNG, at most
    /// 5 MB each and 30 MB together, which the caller has checked. The marketplace gives no id in return.
    pub async fn send(
        &self,
        reply_sign: &SecretString,
        text: &str,
        files: Vec<File>,
    ) -> SendOutcome {
        SendOutcome::of(self.try_send(reply_sign, text, files).await)
    }

    /// Reads a file of a message by its [`Attachment::download_id`].
    ///
    /// # Errors
    /// [`CallError`]; an id that the marketplace does not know is [`BadRequest`](crate::http::Failure::BadRequest).
    pub async fn download(&self, id: &str) -> Result<Download, CallError> {
        let mut url: Url = self.0.url(DOWNLOAD)?;
        let mut segments = url.path_segments_mut().map_err(|()| CallError::unusable_address())?;
        segments.push(id);
        drop(segments);
        let response = self.0.request(self.0.transport.read(Method::GET, url)).await?;
        file::download(response, &self.0.token).await
    }

    async fn try_send(
        &self,
        reply_sign: &SecretString,
        text: &str,
        files: Vec<File>,
    ) -> Result<Receipt, CallError> {
        let form = Form::new().text("replySign", reply_sign.expose_secret().to_owned());
        let form = if text.is_empty() { form } else { form.text("message", text.to_owned()) };
        let form = files.into_iter().fold(form, |form, file| form.part("file", part(file)));
        let request = self.0.transport.write(Method::POST, self.0.url(MESSAGE)?).multipart(form);
        let text = self.0.call(request).await?.into_text(&self.0.token)?;
        let body = Body::parse(&text, &self.0.token)?;
        let left_out = body.errors.as_array().map_or(0, Vec::len);
        if left_out > 0 {
            // The words name the files, which may name the buyer.
            warn!(files = left_out, "the marketplace left files out of a message");
            metrics::counter!("agentiq_chat_files_left_out_total").increment(left_out as u64);
        }
        // Something else than the marketplace may say 200.
        if body.result.is_some_and(is_object) {
            Ok(Receipt::default())
        } else {
            Err(CallError::malformed("no result"))
        }
    }
}

impl ChatList {
    fn decode(result: Option<&RawValue>) -> Result<Self, CallError> {
        let result = result.ok_or_else(|| CallError::malformed("expected a list in result"))?;
        let items: Option<Vec<&RawValue>> = serde_json::from_str(result.get())
            .map_err(|_| CallError::malformed("expected a list in result"))?;
        let mut list = Self { chats: Vec::new(), malformed: Vec::new() };
        for item in items.unwrap_or_default() {
            match fields_of(item.get()).and_then(Chat::of_fields) {
                Ok(chat) => list.chats.push(chat),
                Err(error) => list.malformed.push(malformed(item.get(), error)),
            }
        }
        Ok(list)
    }
}

impl EventsPage {
    fn decode(result: Option<&RawValue>) -> Result<Self, CallError> {
        let data: EventsData<'_> = result
            .filter(|result| is_object(result))
            .and_then(|result| serde_json::from_str(result.get()).ok())
            .filter(EventsData::tells_events)
            .ok_or_else(|| CallError::malformed("expected events in result"))?;
        let mut page = Self {
            events: Vec::new(),
            malformed: Vec::new(),
            next: None,
            total: data.total_events.as_u64(),
        };
        for item in data.events.unwrap_or_default() {
            match fields_of(item.get()).and_then(Event::of_fields) {
                Ok(event) => page.events.push(event),
                Err(error) => page.malformed.push(malformed(item.get(), error)),
            }
        }
        let newest = page.events.iter().map(|event| event.at.timestamp_millis()).max();
        page.next = event::whole(&data.next).filter(|next| *next > 0).or(newest);
        Ok(page)
    }

    /// Returns how many events the marketplace gave, readable or not.
    #[must_use]
    pub fn given(&self) -> usize {
        self.events.len() + self.malformed.len()
    }
}

impl EventsData<'_> {
    /// What says neither how many events there are nor which is no page, least of all an empty one.
    fn tells_events(&self) -> bool {
        self.events.is_some() || !self.total_events.is_null()
    }
}

fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

fn malformed(raw: &str, error: ItemError) -> MalformedItem {
    let id = fields_of(raw).ok().and_then(|fields| Fields::new(fields).id("chatID"));
    MalformedItem { raw: raw.to_owned(), id, error }
}
