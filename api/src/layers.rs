//! What every request passes through on its way in and out, whatever its route.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::map_request_body::MapRequestBodyLayer;
use tracing::{Instrument as _, debug, error, info, info_span};
use uuid::Uuid;

use crate::app::App;
use crate::auth::CookieForm;
use crate::error::{self, ApiError, Code};
use crate::extract::header_text;

/// Longest body, in bytes, after unpacking.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Longest time from a request's head to the head of its answer; the body must arrive in it too. Answers that stream
/// go on after it.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// The same for a file of up to 12 MiB, over a line that carries a megabit a second, and for what reads a seller's whole
/// history.
const LONG_LIMIT: Duration = Duration::from_secs(120);

/// How the paths end to which that is posted.
const LONG: [&str; 3] = ["/files", "/automation/backtests", "/what-if"];

/// Longest id of a request that a caller may choose, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// Set on an answer that does not include the position asked for yet.
pub(crate) const STALE: HeaderName = HeaderName::from_static("x-agentiq-stale");

/// Set on a live feed: the cursor after which it begins.
pub(crate) const CURSOR: HeaderName = HeaderName::from_static("x-agentiq-cursor");

/// Set on an answer about the past: the cursor of the last event it includes.
pub(crate) const AS_OF: HeaderName = HeaderName::from_static("x-agentiq-as-of");

/// Set on an answer about the past: the time it stands for.
pub(crate) const AS_OF_TIME: HeaderName = HeaderName::from_static("x-agentiq-as-of-time");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Nothing but our own files runs or is loaded; buyers' pictures and videos come from the marketplaces' servers.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
    img-src 'self' https:; media-src https:; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// The page to try the API sets inline styles and draws its icons from data addresses.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The id of a request, as it came or as it was given here.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestId(pub(crate) String);

/// Wraps every route, outermost first.
pub(crate) fn wrap(router: Router, app: &App) -> Router {
    router
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(
            ServiceBuilder::new()
                .layer(RequestDecompressionLayer::new())
                .layer(MapRequestBodyLayer::new(Body::new)),
        )
        .layer(from_fn(limit_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(observe))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), secure))
}

/// Gives the request an id and a span, measures it, and writes the body of a bad answer.
async fn observe(mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    // The route, not the address: parameters may hold what is nobody's business.
    let span = info_span!("request", request.id = %id.0, http.method = %method, http.route = route);
    request.extensions_mut().insert(id.clone());
    let started = Instant::now();
    let answered = async {
        let response = error::write(next.run(request).await, &id.0);
        let status = response.status().as_u16();
        let millis = started.elapsed().as_millis();
        if route.starts_with("/api/v1") {
            info!(http.status = status, http.duration_ms = millis, "{method} {route} {status}");
        } else {
            debug!(http.status = status, http.duration_ms = millis, "{method} {route} {status}");
        }
        response
    };
    let mut response = answered.instrument(span).await;
    metrics::histogram!(
        "agentiq_http_request_duration_seconds",
        "method" => label(&method),
        "route" => route,
        "status" => response.status().as_str().to_owned(),
    )
    .record(started.elapsed());
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Names a method in the numbers. Callers may make up methods without end, and each would be kept for ever.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// Takes the caller's id where it is harmless in a log, and makes one otherwise.
fn request_id(request: &Request) -> RequestId {
    let harmless = |id: &&str| {
        (1..=REQUEST_ID_BYTES_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
    };
    let given = header_text(request.headers(), REQUEST_ID).filter(harmless);
    RequestId(given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
}

async fn limit_time(request: Request, next: Next) -> Response {
    let is_long = request.method() == Method::POST
        && LONG.iter().any(|end| request.uri().path().ends_with(end));
    let limit = if is_long { LONG_LIMIT } else { REQUEST_LIMIT };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(Code::TimedOut).into_response(),
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    error!(panic = message.unwrap_or("not a text"), "a handler panicked");
    ApiError::new(Code::Internal).into_response()
}

/// Tells browsers what pages of this site may do, and that answers of the API are not to be kept.
async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_docs = path.starts_with("/api/docs");
    let is_private = ["/api/v1", "/push/", "/health"].iter().any(|start| path.starts_with(start))
        || path == "/metrics";
    let mut response = next.run(request).await;
    let policy = if is_docs { DOCS_POLICY } else { CONSOLE_POLICY };
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, policy);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(OPENER_POLICY, "same-origin");
    set(RESOURCE_POLICY, "same-origin");
    set(PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=()");
    if is_private {
        set(CACHE_CONTROL, "no-store");
    }
    if app.settings.cookie == CookieForm::Secure {
        // Browsers heed it over TLS only.
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
