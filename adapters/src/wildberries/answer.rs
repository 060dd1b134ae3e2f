//! An HTTP answer, and what its body says in any of the shapes it may have.

use std::borrow::Cow;

use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::failure::{CallError, Evidence, Failure, RateHeaders};

/// Largest body read, after decompression: eight times a page of 5000 reviews as captured (1.7 kB each).
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Longest text of the marketplace that is kept, in characters.
const TEXT_CHARS_MAX: usize = 500;

/// Shortest part of a token that is struck out of the marketplace's texts; shorter ones occur by chance.
const SECRET_CHARS_MIN: usize = 8;

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
        let (status, rate) = (response.status(), RateHeaders::of(response.headers()));
        Self { status, rate, body: body_of(response).await }
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
    pub(super) fn into_acceptance(self, token: &SecretString) -> Result<(), CallError> {
        if self.status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        let text = self.into_text(token)?;
        if text.trim().is_empty() { Ok(()) } else { Body::parse(&text, token).map(drop) }
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

/// Tells whether an error's body is a page for people: the marketplace's own errors are JSON, or empty.
fn is_page(text: &str) -> bool {
    !text.trim().is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
}

/// Makes a text of the marketplace fit to be kept and shown: one line, not endless, without the token or a part of it.
fn kept(text: &str, token: &SecretString) -> Option<String> {
    let mut text = text.to_owned();
    for secret in token.expose_secret().split('.').filter(|part| part.len() >= SECRET_CHARS_MIN) {
        text = text.replace(secret, "…");
    }
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_CHARS_MAX).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

async fn body_of(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(CallError::of_transport)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            let bound = format!("expected at most {BODY_BYTES_MAX} bytes");
            return Err(CallError::malformed(bound));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
