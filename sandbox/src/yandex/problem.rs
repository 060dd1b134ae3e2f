//! The errors of the API: `{"status":"ERROR","errors":[{"code","message"}]}`, with the messages of its list of errors.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::exchange::Reply;

const JSON: &str = "application/json";

/// Why a call is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "BAD_REQUEST", message: message.into() }
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        let message = message.to_owned();
        Self { status: StatusCode::UNAUTHORIZED, code: "UNAUTHORIZED", message }
    }

    pub(super) fn forbidden(message: &str) -> Self {
        Self { status: StatusCode::FORBIDDEN, code: "FORBIDDEN", message: message.to_owned() }
    }

    /// After the pattern "Campaign not found: 'campaignId'".
    pub(super) fn not_found(what: &str, id: u64) -> Self {
        let message = format!("{what} not found: '{id}'");
        Self { status: StatusCode::NOT_FOUND, code: "NOT_FOUND", message }
    }

    pub(super) fn unsupported(message: String) -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self { status, code: "UNSUPPORTED_MEDIA_TYPE", message }
    }

    /// 420; its code is ours, since only the message is published.
    pub(super) fn too_many(message: String) -> Self {
        Self { status: enhance_your_calm(), code: "ENHANCE_YOUR_CALM", message }
    }

    pub(super) fn internal(message: &str) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, code: "INTERNAL_SERVER_ERROR", message: message.to_owned() }
    }

    pub(super) fn reply(&self) -> Reply {
        let errors = json!([{ "code": self.code, "message": self.message }]);
        Reply::json(self.status, JSON, &json!({ "errors": errors, "status": "ERROR" }))
    }
}

/// 420, for which HTTP has no name.
pub(super) fn enhance_your_calm() -> StatusCode {
    StatusCode::from_u16(420).expect("420 is a status")
}

/// What methods answer when all is well.
pub(super) fn success(result: Option<Value>) -> Reply {
    let body = match result {
        Some(result) => json!({ "status": "OK", "result": result }),
        None => json!({ "status": "OK" }),
    };
    Reply::json(StatusCode::OK, JSON, &body)
}

/// A proxy's own page, as it stands before a service that is away.
pub(super) fn gateway_page(status: StatusCode) -> Reply {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let page = format!(
        "<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>nginx</body></html>\n"
    );
    Reply { status, content_type: "text/html", headers: Vec::new(), body: page.into_bytes() }
}
