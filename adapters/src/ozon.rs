//! Ozon: a seller's chats, reviews and questions, as in Ozon's specification of 2026-09-28. Speaks the marketplace's
//! language and returns ours.
//!
//! Nothing here is repeated: one method is one request, and a request whose fate is not known says so.
//!
//! The specification contradicts itself in many places, so what comes back is read forgivingly: ids as text or number
//! of any size, flags and counts as text too, words in any case and even in Cyrillic letters that look Latin.

mod answer;
mod chats;
mod comments;
mod connector;
mod exact;
mod item;
mod key;
mod push;
mod questions;
mod reviews;
mod words;

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::http::{CallError, SendOutcome, Transport, usable};
use crate::rate_limit::Limit;
use answer::Answer;

pub use chats::{
    Author, AuthorKind, CHATS_PAGE_MAX, Chat, ChatFilter, ChatKind, ChatStatus, ChatsQuery,
    HistoryQuery, ImageModeration, MESSAGES_PAGE_MAX, Message, Span,
};
pub use comments::{Comment, CommentsOf, CommentsQuery, NewComment};
pub(crate) use connector::{Ozon, read_item};
pub use item::{PAGE_MAX, PAGE_MIN, Page};
pub use key::{KeyFacts, Right, Role};
pub use push::{ChatEvent, ChatPush, Push, PushError};
pub use questions::{
    Answer as QuestionAnswer, Publication, Question, QuestionFilter, QuestionsQuery,
};
pub use reviews::{Photo, Review, ReviewCounts, ReviewFilter, ReviewsQuery, Video};
pub use words::{Mark, Order, Status};

/// Limit of all methods together, per Client-Id: 50 requests in a second (common errors of Ozon's specification; News
/// of 2025-05-22). Single methods have limits of their own that are not listed.
///
/// How the marketplace counts is not said. A full bucket and what grows in a second together are 48, so that no second,
/// wherever it begins, holds more than that, and two are to spare for what travel time moves together.
pub const LIMIT: Limit = Limit { scope: "ozon", interval: Duration::from_millis(25), burst: 8 };

/// Calls of one cabinet. Cheap to make.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    /// None when the key must not be sent there.
    base: Option<Url>,
    /// None when no header can carry them.
    headers: Option<Headers>,
    key: SecretString,
}

/// Who asks. The key is marked sensitive, so that no layer below prints it.
#[derive(Debug, Clone)]
struct Headers {
    client_id: HeaderValue,
    api_key: HeaderValue,
}

/// The body of a request that asks for nothing in particular: every method takes JSON.
#[derive(Serialize)]
struct Nothing {}

impl Client {
    /// Makes calls to `base_url`, such as `https://api-seller.ozon.ru`.
    ///
    /// The key goes to https addresses and to this machine only; elsewhere every call ends as
    /// [`Unreachable`](crate::http::Failure::Unreachable). A key or a Client-Id that no header can carry ends every
    /// call as [`Unauthorized`](crate::http::Failure::Unauthorized).
    #[must_use]
    pub fn new(transport: &Transport, base_url: &str, client_id: &str, key: SecretString) -> Self {
        let key = SecretString::from(key.expose_secret().trim());
        let headers = Headers::of(client_id.trim(), key.expose_secret());
        Self { transport: transport.clone(), base: usable(base_url), headers, key }
    }

    /// Asks what the key opens and until when: the way to check a key, since every key may ask it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn key_facts(&self) -> Result<KeyFacts, CallError> {
        key::decode(&self.read(key::ROLES, &Nothing {}).await?)
    }

    /// Makes a call that changes nothing, and returns the body of its success.
    async fn read(&self, path: &str, body: &impl Serialize) -> Result<String, CallError> {
        self.ask(path, body).await?.into_text(&self.key)
    }

    async fn ask(&self, path: &str, body: &impl Serialize) -> Result<Answer, CallError> {
        self.call(self.transport.read(Method::POST, self.url(path)?).json(body)).await
    }

    /// Makes a call that must not be made twice. `id` names the id that its success holds, where it holds one.
    async fn write(&self, path: &str, body: &impl Serialize, id: Option<&str>) -> SendOutcome {
        let written = async {
            let request = self.transport.write(Method::POST, self.url(path)?).json(body);
            self.call(request).await?.into_receipt(&self.key, id)
        };
        SendOutcome::of(written.await)
    }

    /// An address with a path of its own keeps it.
    fn url(&self, path: &str) -> Result<Url, CallError> {
        let mut url = self.base.clone().ok_or_else(CallError::unusable_address)?;
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        Ok(url)
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, CallError> {
        let Headers { client_id, api_key } =
            self.headers.clone().ok_or_else(CallError::unusable_token)?;
        let request = request.header("Client-Id", client_id).header("Api-Key", api_key);
        Ok(Answer::receive(request.send().await.map_err(CallError::of_transport)?).await)
    }
}

impl Headers {
    fn of(client_id: &str, key: &str) -> Option<Self> {
        let header = |text: &str| {
            let is_sendable = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
            HeaderValue::from_str(text).ok().filter(|_| is_sendable)
        };
        let mut api_key = header(key)?;
        api_key.set_sensitive(true);
        Some(Self { client_id: header(client_id)?, api_key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_holds_more_calls_than_are_allowed() {
        let grown = Duration::from_secs(1).as_millis() / LIMIT.interval.as_millis();
        assert!(u128::from(LIMIT.burst) + grown < 50);
    }
}
