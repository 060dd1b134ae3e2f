//! Yandex.Market: reviews, questions and chats, as published on 2026-07-17 (`partner-api`), and what it sends by itself
//! (`notification-api`, 2026-04-20). Speaks the marketplace's language and returns ours.
//!
//! Nothing here is repeated: one method is one request, and a request whose fate is not known says so.

mod answer;
mod chat;
mod connector;
mod in_flight;
mod key;
mod notification;
mod operation;
mod page;
mod question;
mod quota;
mod reading;
mod review;
mod standing;
mod walk;
mod word;

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::{CallError, Fields, Receipt, SendOutcome, Transport, usable};
use crate::rate_limit::Limit;
use answer::Answer as HttpAnswer;
use in_flight::{Places, Use};
use page::Item;
use quota::Quota;

pub use crate::http::File;
pub use chat::{Attachment, Chat, ChatContext, ChatsQuery, History, Message};
pub(crate) use connector::Yandex;
pub use in_flight::{IN_FLIGHT_MAX, InFlight, READING_MAX};
pub use key::{Access, KeyInfo};
pub use notification::{Hint, Notification};
pub use operation::Operation;
pub use page::{CHATS_PAGE_MAX, MESSAGES_PAGE_MAX, PAGE_MAX, Page, PageRequest};
pub use question::{Answer, AnswerComment, Entity, Question, QuestionOrder, QuestionsQuery};
pub use quota::Quotas;
pub(crate) use reading::read_item;
pub use review::{Author, Comment, Review, ReviewsQuery};
pub use word::{AuthorKind, ChatKind, ChatStatus, ContextKind, Moderation, Scope, Sender};

/// Header of the key. OAuth tokens, which the specification still knows, are obsolete and not used here.
const KEY_HEADER: &str = "Api-Key";

/// Calls of one cabinet. Cheap to make.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    /// None when the key must not be sent there.
    base: Option<Url>,
    business_id: String,
    /// None when no header can carry it. Marked sensitive, so that no layer below prints it.
    header: Option<HeaderValue>,
    key: SecretString,
    places: Places,
    quota: Quota,
}

impl Client {
    /// Makes calls for the cabinet `business_id` to `base_url`, such as `https://api.partner.market.yandex.ru`, never
    /// more than [`IN_FLIGHT_MAX`] at once with all other clients of the cabinet that share `in_flight`.
    ///
    /// The key goes to https addresses and to this machine only; elsewhere every call ends as
    /// [`Unreachable`](crate::http::Failure::Unreachable). A key that no header can carry ends every call as
    /// [`Unauthorized`](crate::http::Failure::Unauthorized).
    #[must_use]
    pub fn new(
        transport: &Transport,
        in_flight: &InFlight,
        base_url: &str,
        business_id: &str,
        key: SecretString,
    ) -> Self {
        let key = key::cleaned(&key);
        let is_sendable = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_graphic());
        let mut header = HeaderValue::from_str(key.expose_secret())
            .ok()
            .filter(|_| is_sendable(key.expose_secret()));
        if let Some(header) = &mut header {
            header.set_sensitive(true);
        }
        Self {
            transport: transport.clone(),
            base: usable(base_url),
            business_id: business_id.to_owned(),
            header,
            key,
            places: in_flight.of(business_id),
            quota: Quotas::default().of(business_id),
        }
    }

    /// The same client, which notes in `quotas` what it is told about them.
    #[must_use]
    pub fn noting(self, quotas: &Quotas) -> Self {
        Self { quota: quotas.of(&self.business_id), ..self }
    }

    /// Returns the limit of a method, as the marketplace told it or as it is published.
    pub(crate) fn limit(&self, operation: Operation) -> Limit {
        self.quota.limit(operation)
    }

    /// Returns how long to make no call of a method because the last one used up its quota.
    pub(crate) fn used_up(&self, operation: Operation) -> Option<Duration> {
        self.quota.used_up(operation)
    }

    /// Asks what the key opens. Works without a cabinet's id, and with a key that opens nothing of use here.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn key(&self) -> Result<KeyInfo, CallError> {
        let answer = self.call(Operation::Key, |request| request).await?;
        answer.read(&self.key, key::decode)
    }

    /// Asks whether the key opens this cabinet, by reading as little of it as can be read.
    ///
    /// # Errors
    /// [`CallError`]; another's cabinet is [`NoRight`](crate::http::Failure::NoRight).
    pub async fn try_reading(&self) -> Result<(), CallError> {
        let least = PageRequest { limit: Some(1), token: None };
        self.reviews(&ReviewsQuery::default(), &least).await.map(drop)
    }

    async fn page<T: Item>(
        &self,
        operation: Operation,
        body: Value,
        page: &PageRequest,
    ) -> Result<Page<T>, CallError> {
        let prepare = |request: RequestBuilder| request.query(&page.parameters()).json(&body);
        let answer = self.call(operation, prepare).await?;
        answer.read(&self.key, |result| page::decode(result, page))
    }

    async fn one<T: Item>(
        &self,
        operation: Operation,
        query: &[(&str, &str)],
    ) -> Result<Option<T>, CallError> {
        let answer = self.call(operation, |request| request.query(query)).await?;
        if answer.denies_item() {
            return Ok(None);
        }
        answer.read(&self.key, page::decode_one).map(Some)
    }

    /// Writes, and judges what came of it. `external_id` finds the id that the marketplace gives; that it cannot be
    /// found makes nothing undone.
    async fn send(
        &self,
        operation: Operation,
        prepare: impl FnOnce(RequestBuilder) -> RequestBuilder,
        external_id: impl FnOnce(&RawValue) -> Option<String>,
    ) -> SendOutcome {
        let accepted = match self.call(operation, prepare).await {
            Ok(answer) => answer.accept(&self.key, |result| external_id(result?)),
            Err(error) => Err(error),
        };
        SendOutcome::of(accepted.map(|external_id| Receipt { external_id }))
    }

    async fn call(
        &self,
        operation: Operation,
        prepare: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<HttpAnswer, CallError> {
        let url = self.url(operation)?;
        let header = self.header.clone().ok_or_else(CallError::unusable_token)?;
        let request = if operation.writes() {
            self.transport.write(operation.method(), url)
        } else {
            self.transport.read(operation.method(), url)
        };
        let what_for = if operation.writes() { Use::Writing } else { Use::Reading };
        let _place = self.places.enter(what_for).await?;
        let response = prepare(request).header(KEY_HEADER, header).send().await;
        let answer = HttpAnswer::receive(response.map_err(CallError::of_transport)?).await;
        self.quota.note(operation, answer.rate());
        Ok(answer)
    }

    /// The address of an operation. One of the marketplace with a path of its own keeps it.
    fn url(&self, operation: Operation) -> Result<Url, CallError> {
        let mut url = self.base.clone().ok_or_else(CallError::unusable_address)?;
        let filled = |segment| match segment {
            "{businessId}" => self.business_id.as_str(),
            segment => segment,
        };
        url.path_segments_mut()
            .map_err(|()| CallError::unusable_address())?
            .pop_if_empty()
            .extend(operation.path().split('/').map(filled));
        Ok(url)
    }
}

/// Returns the id at `path` of a result.
fn id_at(result: &RawValue, path: &[&str]) -> Option<String> {
    let (name, path) = path.split_last()?;
    let result: Value = serde_json::from_str(result.get()).ok()?;
    let inner = path.iter().try_fold(&result, |value, name| value.get(name))?;
    Fields::new(inner.as_object()?.clone()).id(name)
}
