//! Wildberries: reviews, questions and answers to them, chats and claims for return, as published on 2026-07-23
//! (`09-communications.yaml`). Speaks the marketplace's language and returns ours.
//!
//! Nothing here is repeated: one method is one request, and a request whose fate is not known says so.

mod answer;
mod chat;
mod connector;
mod cursor;
mod decode;
mod page;
mod product;
mod question;
mod reading;
mod returns;
mod review;
mod rights;
mod round;
mod token;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use std::time::Duration;

use crate::http::{CallError, Receipt, SendOutcome, Transport, usable};
use crate::rate_limit::Limit;
use answer::{Answer, Body};

pub use chat::{Attachment, Chat, ChatClient, ChatList, Event, EventsPage, Message, Sender};
pub(crate) use connector::Wildberries;
pub use page::{Feedback, ListQuery, Order, Page, read};
pub use product::Product;
pub use question::{Question, QuestionAnswer, QuestionState};
pub(crate) use reading::read_item;
pub(crate) use returns::read_claim;
pub use returns::{ClaimsPage, ClaimsQuery, ReturnClaim, ReturnsClient};
pub use review::{Answer as ReviewAnswer, AnswerState, Photo, Review, Video};
pub(crate) use rights::{facts_of, opens_claims, right_of};
pub use token::seller_of;
pub(crate) use token::{chat_limit_of, claims_limit_of, limit_of};

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

/// Time in which one call grows of a chats method, each of which has a limit of its own, with a personal or service token
/// or a basic one with a secret: 10 requests in 10 s, one per 1 s, burst 10 (as above; with the same spare).
const CHAT_INTERVAL: Duration = Duration::from_millis(1_001);

/// Calls of such a method at once, less one to spare.
const CHAT_BURST: u32 = 9;

/// The same with a basic token: one request in 1 h.
const CHAT_INTERVAL_BASIC: Duration = Duration::from_secs(60 * 60 + 2);

/// Limit of reading claims for return, with a personal or service token or a basic one with a secret: 20 requests in 1 min,
/// one per 3 s, burst 10 (as above; with the same spare).
const CLAIMS_LIMIT: Limit =
    Limit { scope: "wildberries_claims", interval: Duration::from_millis(3_001), burst: 9 };

/// The same with a basic token: one request in 1 h.
const CLAIMS_LIMIT_BASIC: Limit =
    Limit { scope: "wildberries_claims", interval: Duration::from_secs(60 * 60 + 2), burst: 1 };

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

/// Body of an answer to a review and of its edit; 2…5000 characters, which the caller has checked.
#[derive(Serialize)]
struct AnswerBody<'a> {
    id: &'a str,
    text: &'a str,
}

/// Body of an answer to a question and of its edit.
#[derive(Serialize)]
struct QuestionAnswerBody<'a> {
    id: &'a str,
    answer: TextBody<'a>,
    state: &'static str,
}

/// Body of the mark that a question was viewed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QuestionViewedBody<'a> {
    id: &'a str,
    was_viewed: bool,
}

#[derive(Serialize)]
struct TextBody<'a> {
    text: &'a str,
}

impl Client {
    /// Makes calls to `base_url`, such as `https://feedbacks-api.wildberries.ru`.
    ///
    /// The token goes to https addresses and to this machine only; elsewhere every call ends as
    /// [`Unreachable`](crate::http::Failure::Unreachable). A token that no header can carry ends every call as [`Unauthorized`](crate::http::Failure::Unauthorized).
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
        let base = usable(base_url);
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
        let request = self.transport.read(Method::GET, self.url("ping")?);
        let text = self.call(request).await?.into_text(&self.token)?;
        Body::parse(&text, &self.token)?.into_pong()
    }

    /// Reads a page of reviews or questions. An item that cannot be read is handed over raw and costs none of the others.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn list<T: Feedback>(&self, query: &ListQuery) -> Result<Page<T>, CallError> {
        let request = self.transport.read(Method::GET, self.url(T::LIST_PATH)?);
        let text = self.call(request.query(&query.parameters())).await?.into_text(&self.token)?;
        page::decode(Body::parse(&text, &self.token)?.data)
    }

    /// Reads one review or question. None when the service itself says that it cannot give it (422, as documented, or
    /// 404): deleted or hidden there, or never known. That is no proof that nothing was answered.
    ///
    /// # Errors
    /// [`CallError`]; an item that cannot be read is [`MalformedAnswer`](crate::http::Failure::MalformedAnswer).
    pub async fn item<T: Feedback>(&self, id: &str) -> Result<Option<T>, CallError> {
        let request = self.transport.read(Method::GET, self.url(T::ITEM_PATH)?);
        let answer = self.call(request.query(&[("id", id)])).await?;
        if answer.denies_item() {
            return Ok(None);
        }
        let text = answer.into_text(&self.token)?;
        page::decode_one(Body::parse(&text, &self.token)?.data).map(Some)
    }

    /// Answers a review. An unknown id is not refused: it is accepted and nothing happens ("ID отзыва не валидируется").
    pub async fn answer(&self, id: &str, text: &str) -> SendOutcome {
        self.send(Method::POST, "api/v1/feedbacks/answer", &AnswerBody { id, text }).await
    }

    /// Edits the answer to a review, which is possible once, within 60 days. Neither is checked by the marketplace in
    /// its answer, nor is the id.
    pub async fn edit_answer(&self, id: &str, text: &str) -> SendOutcome {
        self.send(Method::PATCH, "api/v1/feedbacks/answer", &AnswerBody { id, text }).await
    }

    /// Answers a question, or edits its answer, which is possible once, within 60 days. Both are the same request. Its
    /// state is always `wbRu`: with `none` the same request rejects the question.
    pub async fn answer_question(&self, id: &str, text: &str) -> SendOutcome {
        let body = QuestionAnswerBody { id, answer: TextBody { text }, state: "wbRu" };
        self.send(Method::PATCH, Question::LIST_PATH, &body).await
    }

    /// Marks a question as viewed, as opening it in the seller's portal does. There is no such call for reviews.
    pub async fn mark_question_viewed(&self, id: &str) -> SendOutcome {
        let body = QuestionViewedBody { id, was_viewed: true };
        self.send(Method::PATCH, Question::LIST_PATH, &body).await
    }

    /// Rejects a question: buyers see neither it nor `text`, which the marketplace wants all the same.
    pub async fn reject_question(&self, id: &str, text: &str) -> SendOutcome {
        let body = QuestionAnswerBody { id, answer: TextBody { text }, state: "none" };
        self.send(Method::PATCH, Question::LIST_PATH, &body).await
    }

    /// Returns the bare token.
    pub(crate) fn token(&self) -> &SecretString {
        &self.token
    }

    async fn send(&self, method: Method, path: &str, body: &impl Serialize) -> SendOutcome {
        SendOutcome::of(self.try_send(method, path, body).await)
    }

    async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Receipt, CallError> {
        let request = self.transport.write(method, self.url(path)?).json(body);
        self.call(request).await?.into_acceptance(&self.token)
    }

    /// `path` is relative, so that an address with a path of its own keeps it.
    fn url(&self, path: &str) -> Result<Url, CallError> {
        let mut url = self.base.clone().ok_or_else(CallError::unusable_address)?;
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        Ok(url)
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, CallError> {
        Ok(Answer::receive(self.request(request).await?).await)
    }

    async fn request(&self, request: RequestBuilder) -> Result<Response, CallError> {
        let authorization = self.authorization.clone().ok_or_else(CallError::unusable_token)?;
        let response = request.header(AUTHORIZATION, authorization).send().await;
        response.map_err(CallError::of_transport)
    }
}
