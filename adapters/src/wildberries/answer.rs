//! An HTTP answer, and the shapes its body may have: one for success and five for errors, on three hosts.

use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::failure::{CallError, Evidence, Failure, RateHeaders};

/// Largest body read, after decompression: eight times the largest page of captured reviews (5000 of 1.7 kB).
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Longest text of the marketplace that is kept, in characters.
const TEXT_CHARS_MAX: usize = 500;

/// An answer whose status is known. The body may have been lost on the way.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    rate: RateHeaders,
    body: Result<Vec<u8>, CallError>,
}

/// The body of a successful reading, `{data, error, errorText, additionalErrors}`, with `data` still unread.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
}

impl Answer {
    pub(super) async fn receive(response: Response) -> Self {
        let (status, rate) = (response.status(), RateHeaders::of(response.headers()));
        Self { status, rate, body: body_of(response).await }
    }

    /// Returns the body of a success, as text: a broken character must not cost a page.
    pub(super) fn into_body(self, token: &SecretString) -> Result<String, CallError> {
        if !self.status.is_success() {
            return Err(self.into_error(token));
        }
        let (evidence, body) = (Evidence { rate: self.rate, ..self.evidence() }, self.body);
        let body = body.map_err(|error| CallError { evidence: Box::new(evidence), ..error })?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Judges the answer to a write: 204 is documented, another 2xx is taken for it unless its body says otherwise or is
    /// no JSON, since something else than the marketplace may have answered then.
    pub(super) fn into_acceptance(self, token: &SecretString) -> Result<(), CallError> {
        if self.status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        let status = self.status;
        let body = self.into_body(token)?;
        if body.trim().is_empty() {
            return Ok(());
        }
        let said = Said::read(body.as_bytes(), token);
        if !said.is_json {
            let reason = "expected no body or JSON".to_owned();
            let evidence = Evidence { status: Some(status.as_u16()), ..Evidence::default() };
            return Err(CallError::new(Failure::Malformed { reason }, evidence));
        }
        said.into_error_if_any(status)
    }

    fn into_error(self, token: &SecretString) -> CallError {
        // The status alone is a definite answer, so a body lost on the way is an empty one.
        let said = Said::read(self.body.as_deref().unwrap_or_default(), token);
        let detail = said.text.clone().unwrap_or_default();
        let kind = match self.status.as_u16() {
            401 => Failure::Unauthorized,
            402 => Failure::PaymentRequired,
            403 => Failure::NoRight,
            404 => Failure::NotFound,
            429 => Failure::RateLimited { retry_after: self.rate.retry_after() },
            // 408: the gateway gave up waiting for the request, and may have passed on what it had.
            408 | 500.. => Failure::Unavailable,
            400..=499 => Failure::BadRequest { detail },
            status => Failure::Malformed { reason: format!("status {status} is not expected") },
        };
        CallError::new(kind, Evidence { rate: self.rate, ..said.into_evidence(self.status) })
    }

    fn evidence(&self) -> Evidence {
        Evidence { status: Some(self.status.as_u16()), ..Evidence::default() }
    }
}

impl<'a> Envelope<'a> {
    /// Parses the body of a 200, which may still say that the call failed.
    pub(super) fn parse(body: &'a str, token: &SecretString) -> Result<Self, CallError> {
        let envelope: Self = serde_json::from_str(body).map_err(|error| not_json(&error))?;
        Said::read_fields(body, token).into_error_if_any(StatusCode::OK)?;
        Ok(envelope)
    }
}
