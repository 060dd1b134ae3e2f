//! An HTTP answer, and what its body says in any of the shapes it may have.

use std::borrow::Cow;

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::body::{self, is_page};
use crate::http::{CallError, Evidence, Failure, RateHeaders, Receipt, count, seconds};

/// An answer whose status is known. Its body may have been lost on the way.
pub(super) struct Answer {
    status: StatusCode,
    rate: RateHeaders,
    body: Result<Vec<u8>, CallError>,
}

/// A JSON body, with its data still unread. Holds every field of the success shape and of the five error shapes
/// (`marketplaces.md` 2.4), whatever type they have.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    /// What the chats' methods have instead.
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    /// What of a message was left out, with its sending.
    pub(super) errors: Value,
    /// What the list of claims has instead, and how many there are.
    #[serde(borrow)]
    pub(super) claims: Option<&'a RawValue>,
    pub(super) total: Value,
    /// `true` on failure; in one shape the text of the failure.
    error: Value,
    error_text: Value,
    additional_errors: Value,
    title: Value,
    detail: Value,
    code: Value,
    request_id: Value,
    origin: Value,
    /// Of `/ping`, `OK`.
    #[serde(rename = "Status")]
    ping_status: Value,
}

impl Answer {
    pub(super) async fn receive(response: Response) -> Self {
        let (status, rate) = (response.status(), rate(response.headers()));
        Self { status, rate, body: body::receive(response).await }
    }

    /// Returns the body of a success as text. A broken character must not cost a page, so it is replaced.
    pub(super) fn into_text(self, token: &SecretString) -> Result<String, CallError> {
        if !self.status.is_success() {
            return Err(self.into_error(token));
        }
        Ok(String::from_utf8_lossy(&self.body?).into_owned())
    }

    /// Judges the answer to a write. 204 is what the specification knows; another 2xx is taken for it, unless its body
    /// says otherwise or is no JSON, because then something else than the marketplace may have answered.
    pub(super) fn into_acceptance(self, token: &SecretString) -> Result<Receipt, CallError> {
        if self.status != StatusCode::NO_CONTENT {
            let text = self.into_text(token)?;
            if !text.trim().is_empty() {
                Body::parse(&text, token)?;
            }
        }
        Ok(Receipt::default())
    }

    /// Tells whether the service says that it cannot give the item; a gateway's page does not say that.
    pub(super) fn denies_item(&self) -> bool {
        let is_denial = matches!(self.status.as_u16(), 404 | 422);
        is_denial && Body::of_error(&self.error_text()).tells_failure()
    }

    fn into_error(self, token: &SecretString) -> CallError {
        let text = self.error_text();
        let said = Body::of_error(&text);
        let failure = match self.status.as_u16() {
            // A gateway's page about our address says nothing about the account's key, and nothing got past it.
            401..=403 if is_page(&text) => Failure::Unreachable,
            // A key of another category; seen on the live gateway, which has no 403 for it.
            401 if said.detail.as_str().is_some_and(|text| text.contains("scope not allowed")) => {
                Failure::NoRight
            }
            401 => Failure::Unauthorized,
            402 => Failure::PaymentRequired,
            403 => Failure::NoRight,
            404 => Failure::NotFound,
            // 408: a gateway that gave up waiting may have passed on what it had.
            408 | 500.. => Failure::ServerError,
            429 => Failure::RateLimited { retry_after: self.rate.retry_after() },
            400..=499 => Failure::BadRequest,
            _ => Failure::MalformedAnswer,
        };
        let mut evidence = said.evidence(self.status, token);
        evidence.rate = self.rate;
        CallError::new(failure, said.words(token), evidence)
    }

    /// The status alone is a definite answer: an error's body that was lost on the way is an empty one.
    fn error_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body.as_deref().unwrap_or_default())
    }
}

impl<'a> Body<'a> {
    /// Parses the body of a 200, which may still say that the call failed.
    pub(super) fn parse(text: &'a str, token: &SecretString) -> Result<Self, CallError> {
        let body: Self = serde_json::from_str(text).map_err(|error| {
            // Only the place: serde quotes what it found, which may be a buyer's words.
            let (line, column) = (error.line(), error.column());
            CallError::malformed(format!("expected a JSON object, line {line} column {column}"))
        })?;
        if !body.tells_failure() {
            return Ok(body);
        }
        let evidence = body.evidence(StatusCode::OK, token);
        Err(CallError::new(Failure::BadRequest, body.words(token), evidence))
    }

    /// Reads the body of an error, which may be anything.
    fn of_error(text: &'a str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Takes the body of `/ping`.
    pub(super) fn into_pong(self) -> Result<(), CallError> {
        match self.ping_status.as_str() {
            Some("OK") => Ok(()),
            Some(_) | None => Err(CallError::malformed("expected the status OK")),
        }
    }

    fn tells_failure(&self) -> bool {
        match &self.error {
            Value::Bool(failed) => *failed,
            Value::String(text) => !text.is_empty(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
        }
    }

    fn words(&self, token: &SecretString) -> Option<String> {
        let kept = |field: &Value| field.as_str().and_then(|text| kept(text, token));
        let main = [&self.error_text, &self.detail, &self.error, &self.title];
        let more = self.additional_errors.as_array().into_iter().flatten();
        let texts: Vec<_> =
            main.into_iter().find_map(kept).into_iter().chain(more.filter_map(kept)).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }

    fn evidence(&self, status: StatusCode, token: &SecretString) -> Evidence {
        let kept = |field: &Value| field.as_str().and_then(|text| kept(text, token));
        Evidence {
            status: Some(status.as_u16()),
            request_id: kept(&self.request_id),
            code: kept(&self.code),
            origin: kept(&self.origin),
            rate: RateHeaders::default(),
        }
    }
}

fn kept(text: &str, token: &SecretString) -> Option<String> {
    body::kept(text, token.expose_secret().split('.'))
}

/// The rate-limit headers, which are described outside the specification only.
fn rate(headers: &HeaderMap) -> RateHeaders {
    RateHeaders {
        limit: count(headers, "x-ratelimit-limit"),
        remaining: count(headers, "x-ratelimit-remaining"),
        reset: seconds(headers, "x-ratelimit-reset"),
        retry: seconds(headers, "x-ratelimit-retry").or_else(|| seconds(headers, "retry-after")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::HeaderName;

    use super::*;

    fn retry_after(headers: &[(&'static str, &str)]) -> Duration {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        rate(&headers.collect()).retry_after()
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
            assert_eq!(
                retry_after(&[("x-ratelimit-retry", endless)]),
                Duration::from_secs(24 * 60 * 60),
                "{endless}"
            );
        }
    }
}
