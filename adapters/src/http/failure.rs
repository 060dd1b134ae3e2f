//! How a call fails, in our words, and what the marketplace said about it.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// 401: the token is malformed, withdrawn or expired.
    #[error("the marketplace does not accept the token")]
    Unauthorized,
    /// 402: a service of the Solutions Catalog is out of money.
    #[error("the marketplace wants to be paid first")]
    PaymentRequired,
    /// 403: the token does not open this channel.
    #[error("the token does not open this channel")]
    NoRight,
    /// 403 as Ozon has it: the seller's plan does not include this channel.
    #[error("the seller's plan does not include this channel")]
    ClosedByPlan,
    /// 404.
    #[error("the marketplace does not know the method or the item")]
    NotFound,
    /// 429, or 420: no call of this account may be made before `retry_after` has passed.
    #[error("the marketplace asks to wait {} s", retry_after.as_secs_f64())]
    RateLimited {
        /// At least a second.
        retry_after: Duration,
    },
    /// 400, 422, another 4xx, or a 200 whose body says that it failed: refused for what it is.
    #[error("the marketplace refused the request")]
    BadRequest,
    /// 5xx or 408: an error of its own.
    #[error("the marketplace has an error of its own")]
    ServerError,
    /// No connection could be made: the request has not left.
    #[error("the marketplace cannot be reached")]
    Unreachable,
    /// The connection broke or kept silent, after the request may have left.
    #[error("the marketplace did not answer")]
    NoAnswer {
        /// Whether it was silence.
        timed_out: bool,
    },
    /// The answer is none that the specification knows, or breaks off.
    #[error("the answer of the marketplace cannot be read")]
    MalformedAnswer,
}

/// Shortest pause after a 429; also taken where the marketplace names none.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// Longest pause that is believed: a basic token waits 12 minutes.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A failed call, with what is known about it. Holds no token and no buyer's words.
#[derive(Debug, thiserror::Error)]
#[error("{failure}")]
pub struct CallError {
    /// How it failed.
    pub failure: Failure,
    /// What the marketplace said about it for people, in one line.
    pub words: Option<String>,
    /// What else it said, for its support.
    pub evidence: Box<Evidence>,
    /// What the connection said, or what is wrong with the answer.
    #[source]
    source: Option<Cause>,
}

/// Where a failure came from, when not from an error answer.
#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Transport(reqwest::Error),
    /// Says what was expected, and never quotes the answer, which may hold a buyer's words.
    #[error("{0}")]
    Answer(String),
    #[error("this program makes no such call")]
    Call,
    #[error("the turn under the limit has not come")]
    Turn,
    #[error("there is no signature for the chat")]
    Signature,
    #[error("the address is neither https nor on this machine")]
    Address,
    #[error("the token is empty or holds characters that a header cannot carry")]
    Token,
}

/// What the marketplace said about a failed call, for machines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Its id of the request.
    pub request_id: Option<String>,
    /// Its internal code.
    pub code: Option<String>,
    /// Its service that refused.
    pub origin: Option<String>,
    /// What it told about the limit.
    pub rate: RateHeaders,
}

/// What an answer told about the limit; each marketplace has headers of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateHeaders {
    /// The burst, or the quota.
    pub limit: Option<u64>,
    /// Requests left.
    pub remaining: Option<u64>,
    /// Until the bucket is full, or the quota begins anew.
    pub reset: Option<Duration>,
    /// Until the next request is granted.
    pub retry: Option<Duration>,
}

/// Reads a header that holds a number.
pub(crate) fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Reads a header that holds a count.
pub(crate) fn count(headers: &HeaderMap, name: &str) -> Option<u64> {
    number(headers, name).filter(|n| *n >= 0.0).map(|n| n as u64)
}

/// Reads a header that holds seconds.
pub(crate) fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(number(headers, name)?).ok()
}

impl RateHeaders {
    /// How long to make no call after a refusal for the limit.
    pub(crate) fn retry_after(&self) -> Duration {
        self.retry.unwrap_or_default().clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
    }
}

impl Failure {
    /// Tells whether a call may have failed for the one item that it asked about, so that others may succeed.
    pub(crate) fn may_be_about_item(self) -> bool {
        match self {
            Self::NotFound | Self::BadRequest | Self::ServerError | Self::MalformedAnswer => true,
            Self::Unauthorized
            | Self::PaymentRequired
            | Self::NoRight
            | Self::ClosedByPlan
            | Self::RateLimited { .. }
            | Self::Unreachable
            | Self::NoAnswer { .. } => false,
        }
    }

    /// Returns the word used in SQL and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::PaymentRequired => "payment_required",
            Self::NoRight => "no_right",
            Self::ClosedByPlan => "closed_by_plan",
            Self::NotFound => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::BadRequest => "bad_request",
            Self::ServerError => "server_error",
            Self::Unreachable => "unreachable",
            Self::NoAnswer { .. } => "no_answer",
            Self::MalformedAnswer => "malformed_answer",
        }
    }
}

impl CallError {
    pub(crate) fn new(failure: Failure, words: Option<String>, evidence: Evidence) -> Self {
        Self { failure, words, evidence: Box::new(evidence), source: None }
    }

    /// An answer that is not what was `expected`.
    pub(crate) fn malformed(expected: impl Into<String>) -> Self {
        Self::of(Failure::MalformedAnswer, Cause::Answer(expected.into()))
    }

    /// An address to which the token must not be sent.
    pub(crate) fn unusable_address() -> Self {
        Self::of(Failure::Unreachable, Cause::Address)
    }

    /// A token that cannot be sent: no marketplace can accept it.
    pub(crate) fn unusable_token() -> Self {
        Self::of(Failure::Unauthorized, Cause::Token)
    }

    /// A call that this program does not make: nothing has left.
    pub(crate) fn no_such_call() -> Self {
        Self::of(Failure::NotFound, Cause::Call)
    }

    /// A call that would go beyond the marketplace's limit, and was not made.
    pub(crate) fn not_before(retry_after: Duration) -> Self {
        Self::of(Failure::RateLimited { retry_after }, Cause::Turn)
    }

    /// Tells whether it was not made because its turn had not come: the marketplace asked for no pause.
    pub(crate) fn is_before_turn(&self) -> bool {
        matches!(self.source, Some(Cause::Turn))
    }

    /// Tells whether anything was asked of the marketplace.
    pub(crate) fn was_made(&self) -> bool {
        match self.source {
            None | Some(Cause::Transport(_) | Cause::Answer(_)) => true,
            Some(Cause::Call | Cause::Turn | Cause::Signature | Cause::Address | Cause::Token) => {
                false
            }
        }
    }

    /// A message that cannot be signed, since the marketplace gave nothing to sign it with: nothing has left.
    pub(crate) fn no_signature() -> Self {
        Self::of(Failure::ServerError, Cause::Signature)
    }

    /// Tells apart what never left from what may have.
    ///
    /// `is_connect` holds for errors of the connector alone, that is of name resolution, TCP and TLS, time limit of
    /// connecting included; the request is written only to a connection that the connector has handed over, and rustls
    /// sends no early data unless told to. A request that could not be built (`is_builder`) has not left either. Every
    /// other error may have come after the request, or a part of it, had left, and a marketplace may act on it.
    pub(crate) fn of_transport(error: reqwest::Error) -> Self {
        let failure = if error.is_connect() || error.is_builder() {
            Failure::Unreachable
        } else if error.is_decode() && !error.is_timeout() {
            Failure::MalformedAnswer
        } else {
            Failure::NoAnswer { timed_out: error.is_timeout() }
        };
        // The address holds ids and tells the caller nothing new.
        Self::of(failure, Cause::Transport(error.without_url()))
    }

    fn of(failure: Failure, cause: Cause) -> Self {
        Self { failure, words: None, evidence: Box::default(), source: Some(cause) }
    }

    /// Returns how long no call of this account may be made, after a 429.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if let Failure::RateLimited { retry_after } = self.failure {
            Some(retry_after)
        } else {
            None
        }
    }

    /// Returns the word for the failure that is used in SQL and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.failure.code()
    }
}
