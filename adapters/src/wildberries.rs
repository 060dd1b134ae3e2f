//! Wildberries: reviews and answers to them, as published on 2026-07-23 (`09-communications.yaml`). Speaks the
//! marketplace's language and returns ours.
//!
//! Nothing here is repeated: one method is one request, and a request whose fate is not known says so.

mod answer;
mod decode;
mod failure;
mod fields;
mod outcome;
mod page;
mod review;
mod token;
mod transport;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use std::time::Duration;

use crate::rate_limit::Limit;
use answer::{Answer, Body};

pub use decode::ItemError;
pub use failure::{CallError, Evidence, Failure, RateHeaders};
pub use outcome::SendOutcome;
pub use page::{
    ITEM_BYTES_MAX, MalformedItem, PAGE_MAX, ReviewOrder, ReviewsPage, ReviewsQuery, SKIP_MAX, read,
};
pub use review::{Answer as ReviewAnswer, AnswerState, Photo, Product, Review, Video};
pub(crate) use token::limit_of;
pub use token::seller_of;
pub use transport::{Timeouts, Transport};

/// Limit of all questions and reviews methods together, per seller account, with a personal or service token or a basic
/// one with a secret: 3 requests in 1 s, one per 333 ms, burst 6 (`09-communications.yaml`, table of every operation).
///
/// One millisecond slower and one token less than published: the marketplace counts arrivals, which travel time moves
/// together, and may count in thirds of a second. Without that spare a saturated bucket meets a 429 now and then.
pub const LIMIT: Limit =
    Limit { scope: "wildberries_feedbacks", interval: Duration::from_millis(334), burst: 5 };

/// The same with a basic token: 5 requests in 1 h, one per 12 min, burst 1 (as above; in force since 16 April 2026).
/// With a burst of 1 there is no token to spare, only time.
pub const LIMIT_BASIC: Limit =
    Limit { scope: "wildberries_feedbacks", interval: Duration::from_secs(12 * 60 + 2), burst: 1 };

/// Calls of one cabinet. Cheap to make.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    /// None when the token must not be sent there.
    base: Option<Url>,
    /// None when no header can carry it. Marked sensitive, so that no layer below prints it.
    authorization: Option<HeaderValue>,
    token: SecretString,
}

/// Body of an answer and of its edit; 2…5000 characters, which the caller has checked.
#[derive(Serialize)]
struct AnswerBody<'a> {
    id: &'a str,
    text: &'a str,
}

impl Client {
    /// Makes calls to `base_url`, such as `https://feedbacks-api.wildberries.ru`.
    ///
    /// The token goes to https addresses and to this machine only; elsewhere every call ends as
    /// [`Failure::Unreachable`]. A token that no header can carry ends every call as [`Failure::Unauthorized`].
    #[must_use]
    pub fn new(transport: &Transport, base_url: &str, token: SecretString) -> Self {
        let token = token::cleaned(&token);
        let bearer = SecretString::from(format!("Bearer {}", token.expose_secret()));
        let is_sendable =
            |token: &str| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        let mut authorization = HeaderValue::from_str(bearer.expose_secret())
            .ok()
            .filter(|_| is_sendable(token.expose_secret()));
        if let Some(header) = &mut authorization {
            header.set_sensitive(true);
        }
        let base = transport::usable(base_url);
        Self { transport: transport.clone(), base, authorization, token }
    }

    /// Asks whether the token is valid and opens questions and reviews.
    ///
    /// For connecting a cabinet only: at most 3 requests in 30 s, and a program that uses it to watch the marketplace
    /// is blocked (`01-general.yaml`, `/ping`). It does not count against [`LIMIT`].
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ping(&self) -> Result<(), CallError> {
        let request = self.transport.read(self.url("ping")?);
        let text = self.call(request).await?.into_text(&self.token)?;
        Body::parse(&text, &self.token)?.into_pong()
    }

    /// Reads a page of reviews. An item that cannot be read is handed over raw and costs none of the others.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn reviews(&self, query: &ReviewsQuery) -> Result<ReviewsPage, CallError> {
        let url = self.url("api/v1/feedbacks")?;
        let request = self.transport.read(url).query(&query.parameters());
        let text = self.call(request).await?.into_text(&self.token)?;
        page::decode(Body::parse(&text, &self.token)?.data)
    }

    /// Reads one review. None when the feedback service itself says that it cannot give it (422, as documented, or
    /// 404): deleted or hidden there, or never known. That is no proof that nothing was answered.
    ///
    /// # Errors
    /// [`CallError`]; an item that cannot be read is [`Failure::MalformedAnswer`].
    pub async fn review(&self, id: &str) -> Result<Option<Review>, CallError> {
        let request = self.transport.read(self.url("api/v1/feedback")?).query(&[("id", id)]);
        let answer = self.call(request).await?;
        if answer.denies_item() {
            return Ok(None);
        }
        let text = answer.into_text(&self.token)?;
        page::decode_one(Body::parse(&text, &self.token)?.data).map(Some)
    }

    /// Answers a review. An unknown id is not refused: it is accepted and nothing happens ("ID отзыва не валидируется").
    pub async fn answer(&self, id: &str, text: &str) -> SendOutcome {
        self.send(Method::POST, id, text).await
    }

    /// Edits the answer to a review, which is possible once, within 60 days. Neither is checked by the marketplace in
    /// its answer, nor is the id.
    pub async fn edit_answer(&self, id: &str, text: &str) -> SendOutcome {
        self.send(Method::PATCH, id, text).await
    }

    async fn send(&self, method: Method, id: &str, text: &str) -> SendOutcome {
        SendOutcome::of(self.try_send(method, &AnswerBody { id, text }).await)
    }

    async fn try_send(&self, method: Method, body: &AnswerBody<'_>) -> Result<(), CallError> {
        let url = self.url("api/v1/feedbacks/answer")?;
        let request = self.transport.write(method, url).json(body);
        self.call(request).await?.into_acceptance(&self.token)
    }

    /// `path` is relative, so that an address with a path of its own keeps it.
    fn url(&self, path: &str) -> Result<Url, CallError> {
        let mut url = self.base.clone().ok_or_else(CallError::unusable_address)?;
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        Ok(url)
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, CallError> {
        let authorization = self.authorization.clone().ok_or_else(CallError::unusable_token)?;
        let response = request.header(AUTHORIZATION, authorization).send().await;
        Ok(Answer::receive(response.map_err(CallError::of_transport)?).await)
    }
}
