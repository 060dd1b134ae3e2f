//! How a call fails, in our words, and what the marketplace said about it.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// How a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// 429: no call of this account may be made before `retry_after` has passed.
    #[error("the marketplace asks to wait {} s", retry_after.as_secs_f64())]
    RateLimited {
        /// At least [`RETRY_AFTER_MIN`].
        retry_after: Duration,
    },
    /// 400, 422 or another 4xx: the request was refused for what it is.
    #[error("the marketplace refused the request")]
    BadRequest {
        /// The marketplace's words; may be empty.
        detail: String,
    },
    /// 200 whose body says that it failed.
    #[error("the marketplace answered with an error in the body")]
    ErrorInBody {
        /// The marketplace's words; may be empty.
        text: String,
    },
    /// 404.
    #[error("the marketplace does not know the method or the item")]
    NotFound,
    /// No connection could be made, or the marketplace answered with an error of its own (5xx, 408); the evidence has
    /// a status in the second case only.
    #[error("the marketplace cannot be reached")]
    Unavailable,
    /// The connection broke after the request may have left.
    #[error("the connection to the marketplace broke")]
    ConnectionLost,
    /// No whole answer in time, after the request may have left.
    #[error("the marketplace did not answer in time")]
    Timeout,
    /// The answer is none that the specification knows.
    #[error("the answer of the marketplace cannot be read: {reason}")]
    Malformed {
        /// What was expected. Never quotes the answer, which may hold a buyer's words.
        reason: String,
    },
}

/// Shortest pause after a 429; also taken where the marketplace names none.
pub const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// Longest pause that is believed: a basic token waits 12 minutes.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A failed call, with what is known about it.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct CallError {
    /// How it failed.
    pub kind: Failure,
    /// What the marketplace said. Holds no token and no buyer's words.
    pub evidence: Box<Evidence>,
    /// What the connection said.
    #[source]
    source: Option<reqwest::Error>,
}

/// What the marketplace said about a failed call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The marketplace's words for people, in one line.
    pub marketplace_text: Option<String>,
    /// Its id of the request, for its support.
    pub request_id: Option<String>,
    /// Its internal code.
    pub code: Option<String>,
    /// Its service that refused.
    pub origin: Option<String>,
    /// What it told about the limit.
    pub rate: RateHeaders,
}

/// The rate-limit headers of an answer (described outside the specification; `marketplaces.md` 2.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateHeaders {
    /// `X-Ratelimit-Limit`: the burst.
    pub limit: Option<u64>,
    /// `X-Ratelimit-Remaining`: requests left.
    pub remaining: Option<u64>,
    /// `X-Ratelimit-Reset`: until the bucket is full.
    pub reset: Option<Duration>,
    /// `X-Ratelimit-Retry`, otherwise `Retry-After`: until the next request is granted.
    pub retry: Option<Duration>,
}

impl RateHeaders {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
        let count = |name| number(name).filter(|n| *n >= 0.0).map(|n| n as u64);
        let seconds = |name| Duration::try_from_secs_f64(number(name)?).ok();
        Self {
            limit: count("x-ratelimit-limit"),
            remaining: count("x-ratelimit-remaining"),
            reset: seconds("x-ratelimit-reset"),
            retry: seconds("x-ratelimit-retry").or_else(|| seconds("retry-after")),
        }
    }

    /// How long to make no call after a 429.
    pub(super) fn retry_after(&self) -> Duration {
        self.retry.unwrap_or_default().clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
    }
}

impl CallError {
    pub(super) fn new(kind: Failure, evidence: Evidence) -> Self {
        Self { kind, evidence: Box::new(evidence), source: None }
    }

    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self::new(Failure::Malformed { reason: reason.into() }, Evidence::default())
    }

    /// Tells apart what never left from what may have.
    ///
    /// `is_connect` holds for errors of the connector alone, that is of name resolution, TCP and TLS, time limit of
    /// connecting included; the request is written only to a connection that the connector has handed over, and rustls
    /// sends no early data unless told to. Every other error may have come after the request had left, or part of it,
    /// and a marketplace may act on it.
    pub(super) fn from_transport(error: reqwest::Error) -> Self {
        let kind = if error.is_connect() || error.is_builder() {
            Failure::Unavailable
        } else if error.is_timeout() {
            Failure::Timeout
        } else if error.is_decode() {
            Failure::Malformed { reason: "its compression is broken".to_owned() }
        } else {
            Failure::ConnectionLost
        };
        // The address holds ids and says nothing that the caller does not know.
        Self { kind, evidence: Box::default(), source: Some(error.without_url()) }
    }

    /// Returns how long no call of this account may be made, after a 429.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            Failure::RateLimited { retry_after } => Some(retry_after),
            Failure::Unauthorized
            | Failure::PaymentRequired
            | Failure::NoRight
            | Failure::BadRequest { .. }
            | Failure::ErrorInBody { .. }
            | Failure::NotFound
            | Failure::Unavailable
            | Failure::ConnectionLost
            | Failure::Timeout
            | Failure::Malformed { .. } => None,
        }
    }

    /// Returns the marketplace's words about it, in one line.
    #[must_use]
    pub fn marketplace_text(&self) -> Option<String> {
        self.evidence.marketplace_text.clone()
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn retry_after(headers: &[(&'static str, &str)]) -> Duration {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        RateHeaders::of(&headers.collect()).retry_after()
    }

    #[test]
    fn the_pause_comes_from_the_own_header_then_the_standard_one_then_is_a_second() {
        let own = ("x-ratelimit-retry", "7");
        let standard = ("retry-after", "3");
        assert_eq!(retry_after(&[standard, own]), Duration::from_secs(7));
        assert_eq!(retry_after(&[standard]), Duration::from_secs(3));
        assert_eq!(retry_after(&[]), Duration::from_secs(1));
    }

    #[test]
    fn an_absurd_pause_is_brought_back_into_bounds() {
        for odd in ["0", "-5", "NaN", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(retry_after(&[("x-ratelimit-retry", odd)]), Duration::from_secs(1), "{odd}");
        }
        assert_eq!(retry_after(&[("x-ratelimit-retry", "1.5")]), Duration::from_millis(1500));
        for endless in ["1e18", "999999999999"] {
            assert_eq!(retry_after(&[("x-ratelimit-retry", endless)]), RETRY_AFTER_MAX, "{endless}");
        }
    }
}
