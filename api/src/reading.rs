//! How fresh an answer is: read models follow the log, and whoever has just written may wait for them.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::{IntoResponseParts, ResponseParts};
use domain::{StreamId, TenantId};
use projections::ReadModel;
use projections::feed::{self, Cursor};
use projections::runner::{Position, wait_for};

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::layers::STALE;

/// How long an answer waits for the read models. They follow within milliseconds; longer than this something is wrong,
/// and an old answer that says so is better than none.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether an answer includes what was asked for; one that does not says so in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    Stale,
}

impl IntoResponseParts for Freshness {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        if self == Self::Stale {
            parts.headers_mut().insert(STALE, HeaderValue::from_static("true"));
        }
        Ok(parts)
    }
}

/// Waits until `models` include the place of a cursor that came with a request, where one came.
pub(crate) async fn at_least(
    app: &App,
    caller: &Caller,
    models: &[ReadModel],
    cursor: Option<&str>,
) -> Result<Freshness, ApiError> {
    let cursor = cursor.map(|text| cursor_of(caller, text)).transpose()?;
    if let Some(cursor) = cursor.filter(|cursor| cursor.epoch != app.log.epoch()) {
        feed::check_epoch(&app.log, cursor).await?;
    }
    wait(app, models, cursor.map(Cursor::position)).await
}

/// Reads a cursor of the caller's feed.
pub(crate) fn cursor_of(caller: &Caller, text: &str) -> Result<Cursor, ApiError> {
    let cursor: Cursor = text.parse().map_err(|_| ApiError::new(Code::BadCursor))?;
    // Another seller's cursor is as unknown as one that was never given out.
    if cursor.tenant == caller.tenant() { Ok(cursor) } else { Err(ApiError::new(Code::NotFound)) }
}

/// Waits until `models` include `position`.
pub(crate) async fn wait(
    app: &App,
    models: &[ReadModel],
    position: Option<Position>,
) -> Result<Freshness, ApiError> {
    let Some(position) = position.filter(|position| position.pos > 0) else {
        return Ok(Freshness::Fresh);
    };
    let caught_up = wait_for(&app.db, models, position, PATIENCE).await?;
    Ok(if caught_up { Freshness::Fresh } else { Freshness::Stale })
}

/// Returns the place of the last event of a stream; none for one without events.
pub(crate) async fn end_of_stream(
    app: &App,
    tenant: TenantId,
    stream: StreamId,
) -> Result<Option<Position>, ApiError> {
    let events = app.log.load_stream(tenant, stream, 0).await?;
    Ok(events.last().map(|event| Cursor::of(event).position()))
}
