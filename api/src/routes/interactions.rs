//! The list of interactions, its counts, and one interaction whole.

mod query;
mod shapes;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use domain::interaction::Interaction as Aggregate;
use domain::{InteractionId, TenantId};
use projections::ReadModel;
use projections::feed::CloudEvent;
use projections::{inbox, reply_history, thread};

use self::query::{CountsQuery, ListQuery, PAGE_ROWS, PAGE_ROWS_MAX};
pub(super) use self::query::{FreshnessQuery, limit};
pub(super) use self::shapes::Interaction;
use self::shapes::{InteractionCounts, InteractionPage, InteractionSummary, Journal};
use super::page::PageCursor;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, Query};
use crate::reading::{self, Freshness};

/// The stream type of interactions: a seller's own id or an account's is none.
const INTERACTION: &str = "interaction";

/// The read models that an interaction is put together from.
pub(super) const WHOLE: [ReadModel; 4] =
    [ReadModel::Inbox, ReadModel::Thread, ReadModel::ReplyHistory, ReadModel::Accounts];

/// Lists interactions.
#[utoipa::path(get, path = "/interactions", tag = "interactions", params(ListQuery),
    responses((status = OK, body = InteractionPage)))]
pub(crate) async fn interactions(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let tenant = caller.tenant();
    let order = query.order.into();
    let after = query.after.as_deref().map(|text| PageCursor::read(text, tenant, order));
    let after = after.transpose()?;
    let limit = limit(query.limit, PAGE_ROWS, PAGE_ROWS_MAX)?;
    let models = [ReadModel::Inbox, ReadModel::Accounts];
    let fresh = reading::at_least(&app, &caller, &models, query.at_least.as_deref()).await?;
    let filter = query.filter()?;
    let page = inbox::list(&app.db, tenant, &filter, order, after, limit).await?;
    let next = page.next.map(|key| PageCursor { tenant, order, key }.to_string());
    let items = page.rows.into_iter().map(InteractionSummary::from).collect();
    Ok((fresh, Json(InteractionPage { items, next })).into_response())
}

/// Counts interactions.
#[utoipa::path(get, path = "/interactions/counts", tag = "interactions", params(CountsQuery),
    responses((status = OK, body = InteractionCounts)))]
pub(crate) async fn interaction_counts(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CountsQuery>,
) -> Result<Response, ApiError> {
    let models = [ReadModel::Inbox];
    let fresh = reading::at_least(&app, &caller, &models, query.at_least.as_deref()).await?;
    let filter = query.filter()?;
    let counts = inbox::count(&app.db, caller.tenant(), &filter).await?;
    Ok((fresh, Json(InteractionCounts::from(counts))).into_response())
}

/// Reads one interaction.
#[utoipa::path(get, path = "/interactions/{id}", tag = "interactions",
    params(("id" = uuid::Uuid, Path), FreshnessQuery), responses((status = OK, body = Interaction)))]
pub(crate) async fn interaction(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InteractionId>,
    Query(query): Query<FreshnessQuery>,
) -> Result<Response, ApiError> {
    let fresh = reading::at_least(&app, &caller, &WHOLE, query.at_least.as_deref()).await?;
    answer(&app, caller.tenant(), id, fresh).await
}

/// Reads every event of an interaction, oldest first.
#[utoipa::path(get, path = "/interactions/{id}/events", tag = "interactions",
    params(("id" = uuid::Uuid, Path), FreshnessQuery), responses((status = OK, body = Journal)))]
pub(crate) async fn interaction_events(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InteractionId>,
    Query(query): Query<FreshnessQuery>,
) -> Result<Json<Journal>, ApiError> {
    // The log itself is read, which includes whatever a cursor may name.
    query.at_least.as_deref().map(|text| reading::cursor_of(&caller, text)).transpose()?;
    let stored = app.log.load_stream(caller.tenant(), id.into(), 0).await?;
    if stored.first().is_none_or(|event| event.stream_type != INTERACTION) {
        return Err(ApiError::new(Code::NotFound));
    }
    Ok(Json(Journal { items: stored.into_iter().map(CloudEvent::from).collect() }))
}

/// Answers with an interaction whole.
pub(super) async fn answer(
    app: &App,
    tenant: TenantId,
    id: InteractionId,
    fresh: Freshness,
) -> Result<Response, ApiError> {
    let row = inbox::one(&app.db, tenant, id).await?;
    let thread = thread::one(&app.db, tenant, id).await?;
    let (Some(row), Some(thread)) = (row, thread) else {
        return Err(ApiError::new(Code::NotFound));
    };
    let replies = reply_history::of(&app.db, tenant, id).await?;
    let aggregate = app.commands.load::<Aggregate>(tenant, id).await?.aggregate;
    let interaction = Interaction::new(row, thread, replies, &aggregate, Utc::now());
    Ok((fresh, Json(interaction)).into_response())
}
