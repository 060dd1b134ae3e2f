//! Wildberries: reviews and answers to them, as published on 2026-07-23 (`09-communications.yaml`). Speaks the
//! marketplace's language and returns ours.
//!
//! Nothing here is repeated: one method is one request, and a request whose fate is not known says so.

mod answer;
mod connections;
mod decode;
mod failure;
mod fields;
mod outcome;
mod page;
mod review;
mod token;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use std::time::Duration;

use crate::rate_limit::Limit;
use answer::{Answer, Envelope};

pub use connections::{Connections, SetupError, Timeouts};
pub use failure::{CallError, Evidence, Failure, RateHeaders};
pub use outcome::SendOutcome;
pub use page::{MalformedItem, PAGE_MAX, ReviewOrder, ReviewsPage, ReviewsQuery, SKIP_MAX};
pub use review::{Answer as ReviewAnswer, AnswerState, Photo, Product, Review, Video};
pub(crate) use token::limit_of;
pub use token::seller_of;

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

/// Calls of one cabinet. Cheap to make from shared [`Connections`].
#[derive(Debug, Clone)]
pub struct Client {
    connections: Connections,
    /// Marked sensitive, so that no layer below prints it.
    authorization: HeaderValue,
    token: SecretString,
}

/// Body of an answer and of its edit; 2…5000 characters, which the caller has checked.
#[derive(Serialize)]
struct AnswerBody<'a> {
    id: &'a str,
    text: &'a str,
}

impl Client {
    /// Makes a client with connections of its own. For more than a few calls share [`Connections`] instead: reading
    /// the root certificates takes tens of milliseconds, and a new client has no open connection.
    ///
    /// # Errors
    /// [`SetupError`], for an unusable address or token.
    pub fn new(base_url: &str, token: SecretString) -> Result<Self, SetupError> {
        Self::over(&Connections::new(base_url)?, token)
    }

    /// Makes a client over shared connections.
    ///
    /// # Errors
    /// [`SetupError::Token`], when the token is empty or holds what a header cannot carry.
    pub fn over(connections: &Connections, token: SecretString) -> Result<Self, SetupError> {
        let token = token::cleaned(&token);
        if token.expose_secret().is_empty() {
            return Err(SetupError::Token);
        }
        let bearer = SecretString::from(format!("Bearer {}", token.expose_secret()));
        let mut authorization =
            HeaderValue::from_str(bearer.expose_secret()).map_err(|_| SetupError::Token)?;
        authorization.set_sensitive(true);
        Ok(Self { connections: connections.clone(), authorization, token })
    }

    /// Asks whether the token is valid and opens questions and reviews.
    ///
    /// For connecting a cabinet only: at most 3 requests in 30 s, and a program that uses it to watch the marketplace
    /// is blocked (`01-general.yaml`, `/ping`). It does not count against [`LIMIT`].
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ping(&self) -> Result<(), CallError> {
        let body = self.call(self.read("ping")).await?.into_body(&self.token)?;
        answer::parse_pong(&body)
    }

    /// Reads a page of reviews. An item that cannot be read is handed over raw and costs none of the others.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn reviews(&self, query: &ReviewsQuery) -> Result<ReviewsPage, CallError> {
        let request = self.read("api/v1/feedbacks").query(&query.parameters());
        let body = self.call(request).await?.into_body(&self.token)?;
        page::decode(Envelope::parse(&body, &self.token)?.data)
    }

    /// Reads one review. None when the marketplace says that it cannot give it (422, 404): deleted or hidden there, or
    /// never known. That is no proof that nothing was answered.
    ///
    /// # Errors
    /// [`CallError`]; an item that cannot be read is [`Failure::Malformed`].
    pub async fn review(&self, id: &str) -> Result<Option<Review>, CallError> {
        let request = self.read("api/v1/feedback").query(&[("id", id)]);
        let answer = self.call(request).await?;
        if matches!(answer.status.as_u16(), 404 | 422) {
            return Ok(None);
        }
        let body = answer.into_body(&self.token)?;
        page::decode_one(Envelope::parse(&body, &self.token)?.data)
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
        let request = self.connections.write(method, "api/v1/feedbacks/answer");
        let sent = self.call(request.json(&AnswerBody { id, text })).await;
        SendOutcome::of(sent.and_then(|answer| answer.into_acceptance(&self.token)))
    }

    fn read(&self, path: &str) -> RequestBuilder {
        self.connections.read(path)
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, CallError> {
        let request = request.header(AUTHORIZATION, self.authorization.clone());
        let response = request.send().await.map_err(CallError::from_transport)?;
        Ok(Answer::receive(response).await)
    }
}
