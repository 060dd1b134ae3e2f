//! The seller's feed: by the page, and live.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use projections::feed::{self, CloudEvent, Cursor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::interactions::limit;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Query, header_text};
use crate::layers::CURSOR;
use crate::live::live;
use crate::reading::cursor_of;

/// Events of a page unless asked otherwise.
const PAGE_EVENTS: i64 = 100;

/// Events of a page at most.
const PAGE_EVENTS_MAX: i64 = 1000;

/// From where to read, and how much.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedQuery {
    /// `next` of the page before, or `aiqcursor` of an event; the feed's beginning without it.
    after: Option<String>,
    /// Events of the page.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<i64>,
}

/// From where to listen.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// `next` of a page, or `aiqcursor` of an event; from now on without it. `Last-Event-ID` goes first.
    after: Option<String>,
}

/// A part of the feed.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventPage {
    events: Vec<CloudEvent>,
    /// Where the feed goes on.
    next: String,
    /// Whether there may be more already.
    has_more: bool,
}

/// Reads the feed by the page. Numbers in `sequence` have no gaps, so that a reader can prove that nothing was missed.
#[utoipa::path(get, path = "/events", tag = "events", params(FeedQuery),
    responses((status = OK, body = EventPage)))]
pub(crate) async fn events(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<FeedQuery>,
) -> Result<Json<EventPage>, ApiError> {
    let limit = limit(query.limit, PAGE_EVENTS, PAGE_EVENTS_MAX)?;
    let after = match query.after {
        Some(text) => checked(&app, &caller, &text).await?,
        None => feed::start(&app.log, caller.tenant()).await?,
    };
    let page = feed::read(&app.log, after, limit).await?;
    Ok(Json(EventPage {
        events: page.events,
        next: page.next.to_string(),
        has_more: page.has_more,
    }))
}

/// Sends the feed as it grows: each message's id is the cursor to go on from, its event the type, its data the event.
/// Comments come in between, at least every 15 seconds. The header `x-agentiq-cursor` says after which cursor it begins:
/// what is read with it as `at_least` has all that was before.
#[utoipa::path(get, path = "/events/stream", tag = "events",
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, description = "Cursor to go on from.")),
    responses((status = OK, body = String, content_type = "text/event-stream")))]
pub(crate) async fn event_stream(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<StreamQuery>,
) -> Result<Response, ApiError> {
    let last_seen = header_text(&headers, "last-event-id").filter(|text| !text.is_empty());
    let after = match last_seen.or(query.after.as_deref()) {
        Some(text) => checked(&app, &caller, text).await?,
        None => feed::end(&app.db, &app.log, caller.tenant()).await?,
    };
    let begins = HeaderValue::from_str(&after.to_string()).map_err(anyhow::Error::from)?;
    let beat = KeepAlive::new().interval(app.settings.heartbeat).text("");
    let mut response = Sse::new(live(app, caller, after)).keep_alive(beat).into_response();
    response.headers_mut().insert(CURSOR, begins);
    // Proxies must pass events on as they come.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

async fn checked(app: &App, caller: &Caller, text: &str) -> Result<Cursor, ApiError> {
    let cursor = cursor_of(caller, text)?;
    feed::check(&app.log, cursor).await?;
    Ok(cursor)
}
