//! One effect per intent: a write carries an `Idempotency-Key`, and its repetitions are given the first answer.
//!
//! The claim is committed before the write begins and holds the id of the command that it is carried out under. A
//! process that dies in between leaves a claim whose lease runs out; the repetition then goes through again under the
//! same command id, which the log knows.

mod claim;
mod fingerprint;

use std::error::Error as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use http_body_util::LengthLimitError;
use tracing::{Instrument as _, error};
use uuid::Uuid;

pub(crate) use self::claim::sweep;
use self::claim::{Claim, Claimed, StoredAnswer};
use self::fingerprint::fingerprint;
use crate::app::App;
use crate::auth::{Caller, is_unsafe};
use crate::error::{self, ApiError, Code, Settled};
use crate::layers::{BODY_BYTES_MAX, RequestId};

/// The header that carries the key.
pub(crate) const KEY: &str = "idempotency-key";

/// Set on an answer that was given before.
const REPLAYED: HeaderValue = HeaderValue::from_static("true");
const REPLAYED_NAME: &str = "idempotency-replayed";

/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// How long a write may take. It waits at most 20 s for a marketplace and a few for everything else.
const WRITE_LIMIT: Duration = Duration::from_secs(50);

/// How soon a repetition makes sense while the first is under way.
const AFTER_IN_FLIGHT: Duration = Duration::from_secs(1);

/// How long the body of a write may be, and what is said of one that is longer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyMax {
    /// After unpacking.
    pub(crate) bytes: usize,
    /// What is said.
    pub(crate) code: Code,
}

/// Of writes that say nothing else.
const BODY: BodyMax = BodyMax { bytes: BODY_BYTES_MAX, code: Code::BodyTooLarge };

/// The id of the command that a write is carried out under, the same for every repetition of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommandId(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for CommandId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        // Nobody is signed in, which the handler's next extractor says.
        Ok(parts.extensions.get().copied().unwrap_or_else(|| Self(Uuid::now_v7())))
    }
}

/// Lets a write through once, and answers its repetitions from what was kept.
pub(crate) async fn once(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = request.extensions().get::<Caller>().cloned();
    let (true, Some(caller)) = (is_unsafe(request.method()), caller) else {
        return Ok(next.run(request).await);
    };
    let key = key_of(request.headers())?;
    let (parts, body) = request.into_parts();
    let max = parts.extensions.get().copied().unwrap_or(BODY);
    let body = to_bytes(body, max.bytes).await.map_err(|error| unreadable(error, max.code))?;
    let route = format!("{} {}", parts.method, parts.uri.path());
    let claim = Claim { tenant: caller.tenant(), route, key };
    let fingerprint = fingerprint(&claim.route, &body);
    match claim.take(&app.db, &fingerprint).await? {
        Claimed::Ours(command_id) => {
            let mut request = Request::from_parts(parts, Body::from(body));
            request.extensions_mut().insert(CommandId(command_id));
            carry_out(app, claim, request, next).await
        }
        Claimed::Answered(answer) => Ok(replay(answer)),
        Claimed::InFlight => {
            Err(ApiError::new(Code::IdempotencyKeyInFlight).retry_after(AFTER_IN_FLIGHT))
        }
        Claimed::OtherRequest => Err(ApiError::new(Code::IdempotencyKeyReused)),
    }
}

/// Carries the write out on a task of its own: a caller who hangs up neither stops it nor loses the answer.
async fn carry_out(
    app: App,
    claim: Claim,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let writes = app.writes.clone();
    let write = async move {
        let run = AssertUnwindSafe(tokio::time::timeout(WRITE_LIMIT, next.run(request)));
        let response = match run.catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => ApiError::new(Code::TimedOut).into_response(),
            Err(_) => ApiError::new(Code::Internal).into_response(),
        };
        keep(&app, &claim, error::write(response, &request_id.0)).await
    };
    let task = writes.spawn(write.in_current_span());
    task.await.map_err(|error| ApiError::new(Code::Internal).because(error))
}

/// Keeps an answer that is final; after any other, the claim is open for a repetition.
async fn keep(app: &App, claim: &Claim, response: Response) -> Response {
    let settled = response.extensions().get::<Settled>().is_some();
    let (parts, body) = response.into_parts();
    // Our own answers are in memory whole.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kept = if settled || is_final(parts.status) {
        let answer = StoredAnswer::new(parts.status, &parts.headers, body.to_vec());
        claim.answer(&app.db, &answer).await
    } else {
        claim.open(&app.db).await
    };
    if let Err(error) = kept {
        // The lease runs out, and a repetition goes through again under the same command id.
        error!(error = &error as &dyn std::error::Error, "could not keep the answer to a write");
    }
    Response::from_parts(parts, Body::from(body))
}

/// The body is too long, or the client went away, or its compressed bytes do not unpack.
fn unreadable(error: axum::Error, too_long_is: Code) -> ApiError {
    let too_long = error.source().is_some_and(|cause| cause.is::<LengthLimitError>());
    let code = if too_long { too_long_is } else { Code::MalformedJson };
    ApiError::new(code).because(error)
}

fn is_final(status: StatusCode) -> bool {
    !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS
}

fn replay(answer: StoredAnswer) -> Response {
    let mut response = Response::new(Body::from(Bytes::from(answer.body)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response.headers_mut().insert(REPLAYED_NAME, REPLAYED);
    response
}

fn key_of(headers: &HeaderMap) -> Result<String, ApiError> {
    let value = headers.get(KEY).ok_or_else(|| ApiError::new(Code::IdempotencyKeyMissing))?;
    let sound = (1..=KEY_BYTES_MAX).contains(&value.len())
        && value.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte));
    match value.to_str() {
        Ok(key) if sound => Ok(key.to_owned()),
        _ => Err(ApiError::new(Code::IdempotencyKeyMalformed)),
    }
}
