//! The calls: one request each, never repeated here. Whoever calls holds a turn under the account's limit.

use std::time::Duration;

use domain::interaction::UnknownReason;
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::{CallError, Failure};
use super::review::{MalformedReview, Review};

/// Longest wait for a connection (`reliability.md` 9).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest wait for a whole answer (F28).
const TOTAL_TIMEOUT: Duration = Duration::from_secs(20);

/// The connections, shared by all cabinets.
#[derive(Debug, Clone)]
pub struct Transport {
    reads: reqwest::Client,
    /// Without kept connections: on a connection that the marketplace has just closed a request may or may not have
    /// been read, and hyper repeats what it believes unread. A write goes over a connection of its own, once.
    writes: reqwest::Client,
}

impl Transport {
    /// Prepares the connections.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        let common = || {
            reqwest::Client::builder()
                .user_agent(concat!("agentiq/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TOTAL_TIMEOUT)
                .redirect(redirect::Policy::none())
                .retry(retry::never())
        };
        Ok(Self {
            reads: common().build()?,
            writes: common().pool_max_idle_per_host(0).build()?,
        })
    }
}

/// A cabinet's calls.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    base_url: String,
    token: SecretString,
}

/// Which reviews are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewsQuery {
    /// Whether processed ones, answered or not, or those that wait.
    pub is_answered: bool,
    /// How many, at most [`super::PAGE_MAX`].
    pub take: u32,
    /// How many to step over, at most 199 990.
    pub skip: u32,
    /// In which order.
    pub order: Option<ReviewOrder>,
    /// Written from this time on, in Unix seconds.
    pub date_from: Option<i64>,
    /// Written up to this time, in Unix seconds.
    pub date_to: Option<i64>,
}

/// The order of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewOrder {
    /// The earliest first.
    DateAsc,
    /// The latest first.
    DateDesc,
}

/// A page of reviews.
#[derive(Debug)]
pub struct ReviewsPage {
    /// Those that could be read, in order.
    pub reviews: Vec<Review>,
    /// Those that could not.
    pub malformed: Vec<MalformedReview>,
}

impl ReviewsPage {
    /// Tells whether there may be more after this page.
    #[must_use]
    pub fn is_full(&self, query: &ReviewsQuery) -> bool {
        self.reviews.len() + self.malformed.len() >= query.take as usize
    }
}

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The marketplace took it. It does not check the id, so this is no proof that anybody sees it.
    Accepted,
    /// It certainly had no effect.
    NotSent(CallError),
    /// Nobody knows.
    Unknown(UnknownReason),
}

impl Client {
    /// Makes calls to `base_url` with `token`.
    #[must_use]
    pub fn new(transport: &Transport, base_url: &str, token: SecretString) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self { transport: transport.clone(), base_url, token }
    }

    /// Asks whether the key is accepted and opens this service. At most 3 times in 30 s, and not as a health check.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ping(&self) -> Result<(), CallError> {
        let request = self.request(&self.transport.reads, Method::GET, "/ping");
        answer(request).await.map(|_| ())
    }

    /// Reads a page of reviews.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn reviews(&self, query: &ReviewsQuery) -> Result<ReviewsPage, CallError> {
        let order = query.order.map(|order| match order {
            ReviewOrder::DateAsc => "dateAsc",
            ReviewOrder::DateDesc => "dateDesc",
        });
        let request = self
            .request(&self.transport.reads, Method::GET, "/api/v1/feedbacks")
            .query(&[("isAnswered", query.is_answered)])
            .query(&[("take", query.take), ("skip", query.skip)])
            .query(&[("order", order)])
            .query(&[("dateFrom", query.date_from), ("dateTo", query.date_to)]);
        let data: Page = data(answer(request).await?).await?;
        let mut page = ReviewsPage { reviews: Vec::new(), malformed: Vec::new() };
        for item in data.feedbacks {
            match Review::read(item) {
                Ok(review) => page.reviews.push(review),
                Err(malformed) => page.malformed.push(malformed),
            }
        }
        Ok(page)
    }

    /// Reads one review; none when the marketplace does not know it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn review(&self, id: &str) -> Result<Option<Review>, CallError> {
        let request = self
            .request(&self.transport.reads, Method::GET, "/api/v1/feedback")
            .query(&[("id", id)]);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(CallError::of_transport(&error)),
        };
        // «Не найден отзыв» comes as 422, the only documented answer of its kind on this call.
        if [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::NOT_FOUND].contains(&response.status()) {
            return Ok(None);
        }
        let item: Value = data(success(response).await?).await?;
        let malformed = |_| CallError::without_words(Failure::MalformedAnswer);
        Review::read(item).map(Some).map_err(malformed)
    }

    /// Answers a review.
    pub async fn answer(&self, id: &str, text: &str) -> SendOutcome {
        self.write(Method::POST, id, text).await
    }

    /// Changes the answer to a review; possible once, within 60 days.
    pub async fn edit_answer(&self, id: &str, text: &str) -> SendOutcome {
        self.write(Method::PATCH, id, text).await
    }

    async fn write(&self, method: Method, id: &str, text: &str) -> SendOutcome {
        let request = self
            .request(&self.transport.writes, method, "/api/v1/feedbacks/answer")
            .json(&json!({"id": id, "text": text}));
        match answer(request).await {
            Ok(_) => SendOutcome::Accepted,
            Err(error) => sort(error),
        }
    }

    fn request(&self, client: &reqwest::Client, method: Method, path: &str) -> RequestBuilder {
        client
            .request(method, format!("{}{path}", self.base_url))
            .header("Authorization", self.token.expose_secret())
    }
}

/// Tells a write that certainly had no effect from one that may have had.
fn sort(error: CallError) -> SendOutcome {
    match error.failure {
        Failure::NoAnswer { timed_out: true } => SendOutcome::Unknown(UnknownReason::Timeout),
        Failure::NoAnswer { timed_out: false } => {
            SendOutcome::Unknown(UnknownReason::ConnectionLost)
        }
        // An error of theirs may come after the effect.
        Failure::ServerError => SendOutcome::Unknown(UnknownReason::MarketplaceError),
        Failure::MalformedAnswer => SendOutcome::Unknown(UnknownReason::MalformedAnswer),
        Failure::Unauthorized
        | Failure::PaymentRequired
        | Failure::NoRight
        | Failure::NotFound
        | Failure::RateLimited { .. }
        | Failure::BadRequest
        | Failure::Unreachable => SendOutcome::NotSent(error),
    }
}

/// The list's `data`.
#[derive(Deserialize)]
struct Page {
    feedbacks: Vec<Value>,
}

/// The envelope of every successful reading; `error: true` in it is possible by the schema.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<T> {
    data: Option<T>,
    #[serde(default)]
    error: bool,
    error_text: Option<String>,
}

async fn answer(request: RequestBuilder) -> Result<Response, CallError> {
    match request.send().await {
        Ok(response) => success(response).await,
        Err(error) => Err(CallError::of_transport(&error)),
    }
}

async fn success(response: Response) -> Result<Response, CallError> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(CallError::of_response(response).await)
    }
}

async fn data<T: for<'de> Deserialize<'de>>(response: Response) -> Result<T, CallError> {
    let body = response.bytes().await.map_err(|error| CallError::of_transport(&error))?;
    let malformed = || CallError::without_words(Failure::MalformedAnswer);
    let envelope: Envelope<T> = serde_json::from_slice(&body).map_err(|_| malformed())?;
    match envelope {
        Envelope { error: true, error_text, .. } => {
            Err(CallError::of_error_text(error_text.as_deref()))
        }
        Envelope { data, .. } => data.ok_or_else(malformed),
    }
}
