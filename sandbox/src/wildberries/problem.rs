//! The error bodies, one shape per part of Wildberries that refuses: gateway, billing, the older and the newer feedback
//! service, chats, claims. Texts are those of the specification's examples where it has one.

use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::chance::Draw;
use crate::exchange::Reply;

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";

/// The gateway's 401, 404, 429 and 500.
pub(super) fn gateway(status: StatusCode, detail: &str, id: &Draw, now: DateTime<Utc>) -> Reply {
    let reason = status.canonical_reason().unwrap_or_default();
    let hex = id.hex();
    let body = json!({
        "title": reason.to_lowercase(),
        "detail": detail,
        "code": format!("{}-{}-[UK-{}]", &hex[..8], &hex[8..20], &id.id()[..12]),
        "requestId": hex,
        "origin": "s2s-api-auth-catalog",
        "status": status.as_u16(),
        "statusText": reason,
        "timestamp": now.to_rfc3339_opts(SecondsFormat::Secs, true),
    });
    Reply::json(status, PROBLEM, &body)
}

/// A gateway's own page, as proxies answer while the service behind them is away.
pub(super) fn gateway_page(status: StatusCode) -> Reply {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    Reply { status, content_type: "text/html", headers: Vec::new(), body: page.into_bytes() }
}

/// 402, for services of the Solutions Catalog without money.
pub(super) fn payment_required() -> Reply {
    let body = json!({
        "title": "payment required",
        "detail": "wb solution for business has insufficient funds on its balance. please top up the balance in the company's personal account https://dev.wildberries.ru/company",
    });
    Reply::json(StatusCode::PAYMENT_REQUIRED, PROBLEM, &body)
}

/// The reading methods' 400, 403 and 422.
pub(super) fn envelope(status: StatusCode, text: &str, id: &Draw) -> Reply {
    let body = json!({
        "data": null,
        "error": true,
        "errorText": text,
        "additionalErrors": null,
        "requestId": id.uuid().to_string(),
    });
    Reply::json(status, JSON, &body)
}

/// The answering methods' 400.
pub(super) fn feedback_service(detail: &str, id: &Draw) -> Reply {
    let body = json!({
        "title": "bad request",
        "requestId": id.hex(),
        "origin": "fbapi",
        "detail": detail,
    });
    Reply::json(StatusCode::BAD_REQUEST, JSON, &body)
}

/// The chats' 400, whose content type depends on the method.
pub(super) fn proxy_chats(content_type: &'static str, detail: &str, id: &Draw) -> Reply {
    let body = json!({
        "status": 400,
        "title": "Bad Request",
        "origin": "proxy-chats",
        "detail": detail,
        "requestId": id.hex(),
        "error": detail,
    });
    Reply::json(StatusCode::BAD_REQUEST, content_type, &body)
}

/// The 400 for a file that is not there.
pub(super) fn no_such_file(id: &Draw) -> Reply {
    let body = json!({
        "status": 400,
        "title": "invalid fileID",
        "origin": "proxy-chats",
        "detail": "invalid fileID",
        "requestId": id.hex(),
        "error": "invalid fileID",
    });
    Reply::json(StatusCode::BAD_REQUEST, JSON, &body)
}

/// The 451 for a file that did not pass moderation.
pub(super) fn moderation(id: &Draw) -> Reply {
    let status = StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS;
    let body = json!({
        "status": status.as_u16(),
        "title": "Unavailable for Legal Reasons",
        "origin": "proxy-chats",
        "detail": "moderation error",
        "requestId": id.hex(),
    });
    Reply::json(status, PROBLEM, &body)
}

/// The 400 of the list of claims.
pub(super) fn claims_query(detail: &str, id: &Draw) -> Reply {
    let body = json!({
        "title": "Invalid query params",
        "detail": detail,
        "requestId": id.uuid().to_string(),
    });
    Reply::json(StatusCode::BAD_REQUEST, PROBLEM, &body)
}

/// The 400 of the answer to a claim.
pub(super) fn claim_input(details: &str, id: &Draw) -> Reply {
    let hex = id.hex().to_uppercase();
    let body = json!({
        "title": "Validation error",
        "detail": format!("Input model is not valid; Details: {details}"),
        "requestId": format!("{}:00000001", &hex[..13]),
    });
    Reply::json(StatusCode::BAD_REQUEST, "application/json; charset=utf-8", &body)
}

/// What the reading methods answer when all is well.
pub(super) fn success(data: &Value) -> Reply {
    let body = json!({ "data": data, "error": false, "errorText": "", "additionalErrors": null });
    Reply::json(StatusCode::OK, JSON, &body)
}
