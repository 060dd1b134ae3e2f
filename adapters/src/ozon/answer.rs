//! An HTTP answer of Ozon, and what its body says.

use std::borrow::Cow;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::item;
use crate::http::{
    CallError, Evidence, Failure, Fields, RateHeaders, Receipt, body, count, seconds,
};

/// How long a method stays blocked after "Circle is open": "within several minutes" (common errors).
const CIRCLE_PAUSE: Duration = Duration::from_secs(60);

/// Most texts kept of one error.
const TEXTS_MAX: usize = 4;

/// `PERMISSION_DENIED` of gRPC: what Ozon answers where the plan does not include a method (News of 2026-06-11).
const PERMISSION_DENIED: &str = "7";

/// What a key is refused with, whatever the method (common errors).
const KEY_REFUSED: [&str; 3] =
    ["invalid api-key", "api-key is deactivated", "api-key is restricted to specific ip addresses"];

/// What a method is refused with for the roles of the key (common errors; News of 2026-06-11).
const NO_ROLE: [&str; 2] = ["missing a required role", "method is not allowed"];

/// An answer whose status is known. Its body may have been lost on the way.
pub(super) struct Answer {
    status: StatusCode,
    rate: RateHeaders,
    body: Result<Vec<u8>, CallError>,
}

/// The body of an error: `rpcStatus`, whose details are a list, or that of the question methods, where they are text.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    code: Value,
    message: Value,
    details: Value,
}

impl Answer {
    pub(super) async fn receive(response: Response) -> Self {
        let headers = response.headers();
        let (status, rate) = (response.status(), rate_of(headers));
        Self { status, rate, body: body::receive(response).await }
    }

    /// Returns the body of a success as text. A broken character must not cost a page, so it is replaced.
    pub(super) fn into_text(self, key: &SecretString) -> Result<String, CallError> {
        if !self.status.is_success() {
            return Err(self.into_error(key));
        }
        let (status, rate) = (self.status, self.rate);
        let text = String::from_utf8_lossy(&self.body?).into_owned();
        let said = Said::of(&text);
        if said.tells_failure() {
            let evidence = said.evidence(status, rate, key);
            return Err(CallError::new(Failure::MalformedAnswer, said.words(key), evidence));
        }
        Ok(text)
    }

    /// Judges the answer to a write, whose body may be empty, say `success`, or hold the id of what was made. Without
    /// the id it was made all the same.
    pub(super) fn into_receipt(
        self,
        key: &SecretString,
        id: Option<&str>,
    ) -> Result<Receipt, CallError> {
        let text = self.into_text(key)?;
        if text.trim().is_empty() {
            return Ok(Receipt::default());
        }
        let mut body = item::decode_object(&text)?;
        let external_id = id.and_then(|id| {
            body.id(id).or_else(|| body.object("result", |result| result.id(id)).flatten())
        });
        if denies_success(&mut body) {
            return Err(CallError::malformed("expected success in result"));
        }
        Ok(Receipt { external_id })
    }

    /// Tells whether Ozon itself says that it does not know the item; a gateway's page does not say that, nor does a
    /// refusal of the key, with which clients have met the same status.
    pub(super) fn denies_item(&self) -> bool {
        let said = Said::of(&self.error_text());
        let is_about_item = said.tells_failure() && said.by_words(&self.rate).is_none();
        self.status == StatusCode::NOT_FOUND && is_about_item
    }

    fn into_error(self, key: &SecretString) -> CallError {
        let text = self.error_text();
        let said = Said::of(&text);
        let failure = match self.status.as_u16() {
            // A gateway's page about our address says nothing about the account's key, and nothing got past it.
            401..=403 if body::is_page(&text) => Failure::Unreachable,
            // 408 and 499: a gateway that gave up waiting may have passed on what it had.
            408 | 499.. => Failure::ServerError,
            status @ 400..=498 => {
                said.by_words(&self.rate).unwrap_or_else(|| said.by_status(status, &self.rate))
            }
            _ => Failure::MalformedAnswer,
        };
        let evidence = said.evidence(self.status, self.rate, key);
        CallError::new(failure, said.words(key), evidence)
    }

    /// The status alone is a definite answer: an error's body that was lost on the way is an empty one.
    fn error_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body.as_deref().unwrap_or_default())
    }
}

impl Said {
    /// Reads the body of an error, which may be anything.
    fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Tells whether a body is an error's; those of successes have none of these fields.
    fn tells_failure(&self) -> bool {
        self.code().is_some_and(|code| code != "0") && self.message.is_string()
    }

    /// Reads what the words say. Which status each of them comes with is not documented, so they go before it.
    fn by_words(&self, rate: &RateHeaders) -> Option<Failure> {
        let words = self.message.as_str()?.to_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| words.contains(phrase));
        if says(&["request rate limit"]) {
            Some(Failure::RateLimited { retry_after: rate.retry_after() })
        } else if says(&["circle is open"]) {
            let retry_after = rate.retry.map_or(CIRCLE_PAUSE, |_| rate.retry_after());
            Some(Failure::RateLimited { retry_after })
        } else if says(&KEY_REFUSED) {
            Some(Failure::Unauthorized)
        } else if says(&NO_ROLE) {
            Some(Failure::NoRight)
        } else if says(&["existing subscription"]) {
            Some(Failure::ClosedByPlan)
        } else {
            None
        }
    }

    fn by_status(&self, status: u16, rate: &RateHeaders) -> Failure {
        match status {
            401 => Failure::Unauthorized,
            402 => Failure::PaymentRequired,
            403 if self.code().as_deref() == Some(PERMISSION_DENIED) => Failure::ClosedByPlan,
            403 => Failure::NoRight,
            404 => Failure::NotFound,
            429 => Failure::RateLimited { retry_after: rate.retry_after() },
            _ => Failure::BadRequest,
        }
    }

    fn code(&self) -> Option<String> {
        let text = self.code.as_str().map(str::to_owned);
        self.code.as_i64().map(|code| code.to_string()).or(text)
    }

    fn words(&self, key: &SecretString) -> Option<String> {
        let details = self.details.as_array().into_iter().flatten();
        let texts = [&self.message, &self.details].into_iter().chain(details);
        let kept = texts.filter_map(|text| kept(text.as_str()?, key)).take(TEXTS_MAX);
        Some(kept.collect::<Vec<_>>().join("; ")).filter(|words| !words.is_empty())
    }

    fn evidence(&self, status: StatusCode, rate: RateHeaders, key: &SecretString) -> Evidence {
        let code = self.code().and_then(|code| kept(&code, key));
        Evidence { status: Some(status.as_u16()), code, rate, ..Evidence::default() }
    }
}

/// Tells whether a write's `result` is a text or a flag other than success.
fn denies_success(body: &mut Fields) -> bool {
    body.take("result", |result| {
        let denied = |text: &str| !text.eq_ignore_ascii_case("success");
        result.as_str().map(denied).or_else(|| Some(!result.as_bool()?))
    })
    .unwrap_or(false)
}

/// The headers that Ozon's chapter on limits names (2026-09-25).
fn rate_of(headers: &HeaderMap) -> RateHeaders {
    RateHeaders {
        remaining: count(headers, "ratelimit-remaining"),
        retry: seconds(headers, "retry-after"),
        ..RateHeaders::default()
    }
}

/// Keeps a text without the key or a part of it.
fn kept(text: &str, key: &SecretString) -> Option<String> {
    let key = key.expose_secret();
    body::kept(text, std::iter::once(key).chain(key.split('-')))
}
