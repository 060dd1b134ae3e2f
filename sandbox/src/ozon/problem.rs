//! Ozon's refusals: a gRPC code, a text, and the HTTP status that belongs to the code. Texts are those of the chapter
//! on common errors where it has one; the statuses of those that it leaves open are the ones clients report.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Endpoint;
use crate::exchange::{Outcome, Reply};

pub(super) const JSON: &str = "application/json";

/// Why a call is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    code: Code,
    message: String,
}

/// The gRPC codes that Ozon uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    InvalidArgument = 3,
    NotFound = 5,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::InvalidArgument | Self::FailedPrecondition => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
        }
    }
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("{what} not found"))
    }

    pub(super) fn missing_headers() -> Self {
        Self::new(Code::Unauthenticated, "Client-Id and Api-Key headers are required")
    }

    pub(super) fn malformed_client() -> Self {
        Self::invalid("Client-Id header value should be positive integer")
    }

    pub(super) fn wrong_key() -> Self {
        Self::new(Code::NotFound, "Invalid Api-Key, please check the key and try again")
    }

    pub(super) fn deactivated_key() -> Self {
        Self::new(
            Code::PermissionDenied,
            "Api-key is deactivated, use another one or generate a new one",
        )
    }

    pub(super) fn missing_role() -> Self {
        Self::new(Code::PermissionDenied, "Api-Key is missing a required role for a method")
    }

    pub(super) fn restricted_key() -> Self {
        Self::new(Code::PermissionDenied, "Api-Key is restricted to specific IP addresses")
    }

    pub(super) fn closed_by_plan() -> Self {
        Self::new(
            Code::PermissionDenied,
            "rpc error: code = PermissionDenied desc = not available with existing subscription",
        )
    }

    pub(super) fn too_many_requests() -> Self {
        Self::new(Code::ResourceExhausted, "You have reached request rate limit per second")
    }

    pub(super) fn internal() -> Self {
        Self::new(Code::Internal, "Internal error")
    }

    pub(super) fn circle_is_open() -> Self {
        Self::new(Code::Unavailable, "Circle is open")
    }

    /// A refusal by the gateway, which says no more than code and message.
    pub(super) fn by_gateway(&self) -> Outcome {
        self.outcome(json!({ "code": self.code as u8, "message": self.message }))
    }

    /// A refusal by the method's own service: questions tell details as a text, all others as a list.
    pub(super) fn by_service(&self, endpoint: Endpoint) -> Outcome {
        let details =
            if endpoint.path().starts_with("/v1/question/") { json!("") } else { json!([]) };
        let code = self.code as u8;
        self.outcome(json!({ "code": code, "message": self.message, "details": details }))
    }

    fn outcome(&self, body: Value) -> Outcome {
        Outcome::given(Reply::json(self.code.status(), JSON, &body))
    }
}

/// A path that Ozon does not have, or has no more.
pub(super) fn unknown_method() -> Outcome {
    Refusal::not_found("method").by_gateway()
}

/// A proxy's own page, while the service behind it is away.
pub(super) fn gateway_page(status: StatusCode) -> Outcome {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let page =
        format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
    let body = page.into_bytes();
    Outcome::given(Reply { status, content_type: "text/html", headers: Vec::new(), body })
}
