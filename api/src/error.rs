//! How requests end badly: the only place that knows HTTP status codes. Answers are `application/problem+json`
//! (RFC 9457) with a stable `code` and, in the user's words, what happened, what the system does and what they can do.

mod code;
mod convert;
mod texts;

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;
use tracing::{error, warn};
use utoipa::ToSchema;

pub use code::Code;
pub(crate) use convert::unfit;

use crate::guardrail::{Found, Violation};
use crate::reply::Reply;

/// Content type of every bad answer.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A bad answer, by RFC 9457.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Address of the problem's type; names the code.
    #[schema(example = "/api/docs#not_found")]
    pub r#type: String,
    /// What happened, in a few words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Stable name of the problem, for programs.
    #[schema(value_type = String, example = "not_found")]
    pub code: &'static str,
    /// What happened.
    pub detail: String,
    /// What the system does about it.
    pub system_does: &'static str,
    /// What the user can do.
    pub you_can: &'static str,
    /// The request, as in the header `x-request-id`.
    pub request_id: String,
    /// Fields that are not as they must be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What in a reply stops it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// What else there is to say about a reply that is stopped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Violation>,
    /// The reply that came before, where it is in the way of another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stands: Option<Box<Reply>>,
}

/// A field that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its name; nested ones with dots.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// A request that ends badly.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    detail: Option<String>,
    errors: Vec<FieldError>,
    /// In a box, because few problems have any.
    found: Box<Found>,
    stands: Option<Box<Reply>>,
    retry_after: Option<Duration>,
    cause: Option<anyhow::Error>,
    settled: bool,
}

/// Marks an answer that stands although its status says that something failed: what was asked for was done, and the
/// failure is its outcome. It is kept for repetitions of the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled;

impl ApiError {
    /// Starts from the texts of `code`.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: None,
            errors: Vec::new(),
            found: Box::default(),
            stands: None,
            retry_after: None,
            cause: None,
            settled: false,
        }
    }

    /// Says what happened more closely.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Names a field that is not as it must be.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// Tells what the guardrails found.
    #[must_use]
    pub(crate) fn found(self, found: Found) -> Self {
        Self { found: Box::new(found), ..self }
    }

    /// Shows the reply that came before.
    #[must_use]
    pub(crate) fn stands(self, reply: Reply) -> Self {
        Self { stands: Some(Box::new(reply)), ..self }
    }

    /// Says when trying again makes sense.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }

    /// Notes what is to be logged, never shown.
    #[must_use]
    pub fn because(self, cause: impl Into<anyhow::Error>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// Declares that the request was carried out and this is its outcome.
    #[must_use]
    pub(crate) fn settled(self) -> Self {
        Self { settled: true, ..self }
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    fn log(&self) {
        let code = self.code.as_str();
        match &self.cause {
            Some(cause) if self.code == Code::Internal => {
                error!(problem.code = code, error = format!("{cause:#}"), "request failed");
            }
            Some(cause) => {
                warn!(problem.code = code, error = format!("{cause:#}"), "request refused: {code}");
            }
            None => (),
        }
    }
}

/// What a bad answer is made of, until the request's id is known.
#[derive(Debug, Clone)]
struct Unwritten {
    code: Code,
    detail: Option<String>,
    errors: Vec<FieldError>,
    found: Box<Found>,
    stands: Option<Box<Reply>>,
}

impl IntoResponse for ApiError {
    /// Leaves the body to [`write`], which knows the request's id.
    fn into_response(self) -> Response<Body> {
        self.log();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.code.status();
        if let Some(after) = self.retry_after {
            // Rounded up: coming too early would be refused again.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.code == Code::BodyTooLarge {
            // The rest of the body is not read, so nothing can follow it.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.settled {
            response.extensions_mut().insert(Settled);
        }
        let Self { code, detail, errors, found, stands, .. } = self;
        let unwritten = Unwritten { code, detail, errors, found, stands };
        response.extensions_mut().insert(unwritten);
        response
    }
}

/// Writes the body of a bad answer. Answers of layers that know no problems, such as "method not allowed", get one too;
/// good answers and written ones stay as they are.
pub(crate) fn write(mut response: Response<Body>, request_id: &str) -> Response<Body> {
    let unwritten = match response.extensions_mut().remove::<Unwritten>() {
        Some(unwritten) => unwritten,
        None if is_bare(&response) => {
            let code = Code::of_bare_status(response.status());
            let (errors, found) = (Vec::new(), Box::default());
            Unwritten { code, detail: None, errors, found, stands: None }
        }
        None => return response,
    };
    let texts = unwritten.code.texts();
    let problem = Problem {
        r#type: format!("/api/docs#{}", unwritten.code.as_str()),
        title: texts.title,
        status: unwritten.code.status().as_u16(),
        code: unwritten.code.as_str(),
        detail: unwritten.detail.unwrap_or_else(|| texts.detail.to_owned()),
        system_does: texts.system_does,
        you_can: texts.you_can,
        request_id: request_id.to_owned(),
        errors: unwritten.errors,
        violations: unwritten.found.violations,
        warnings: unwritten.found.warnings,
        stands: unwritten.stands,
    };
    let body = serde_json::to_vec(&problem).expect("strings and numbers are always JSON");
    *response.status_mut() = unwritten.code.status();
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    *response.body_mut() = Body::from(body);
    response
}

/// Tells whether a failure was answered by a layer that has no words of its own.
fn is_bare(response: &Response<Body>) -> bool {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let content_type = response.headers().get(CONTENT_TYPE);
    failed && content_type.is_none_or(|value| value.as_bytes().starts_with(b"text/plain"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_problem_says_what_happened_what_the_system_does_and_what_one_can_do() {
        let mut titles = HashSet::new();
        for code in Code::iter() {
            let texts = code.texts();
            assert!(titles.insert(texts.title), "two problems are called {}", texts.title);
            for sentence in [texts.detail, texts.system_does, texts.you_can] {
                assert!(sentence.ends_with('.'), "{}: {sentence}", code.as_str());
                assert!(sentence.chars().any(|c| ('а'..='я').contains(&c)), "{sentence}");
            }
        }
    }

    #[test]
    fn waiting_times_are_rounded_up() {
        let response =
            ApiError::new(Code::Contended).retry_after(Duration::from_millis(1200)).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "2");
    }
}
