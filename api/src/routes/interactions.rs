//! The list of interactions, its counts, and one interaction whole.

mod allowed;
mod deadline;
mod draft;
pub(crate) mod export;
pub(crate) mod files;
mod query;
mod shapes;
pub(crate) mod steps;
pub(crate) mod viewed;
pub(crate) mod why;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use domain::interaction::Interaction as Aggregate;
use domain::{InteractionId, TenantId};
use projections::ReadModel;
use projections::feed::{CloudEvent, Moment};
use projections::past::{Limits, PastInbox, Whole};
use projections::{inbox, reply_history, thread};
use tokio::sync::Semaphore;

use self::query::{CountsQuery, ListQuery, PAGE_ROWS, PAGE_ROWS_MAX};
pub(super) use self::query::{FreshnessQuery, ItemsFilter, limit};
pub(super) use self::shapes::{Interaction, InteractionSummary};
use self::shapes::{InteractionCounts, InteractionPage, Journal};
use super::page::{List, PageCursor, Place};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, Query};
use crate::past::{self, AsOf, Others, Story};
use crate::reading::{self, Freshness};

/// Inboxes of past moments that are put together at a time; each may keep a row for every event that it may read.
static PAST_INBOXES: Semaphore = Semaphore::const_new(2);

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
    let after = query
        .after
        .as_deref()
        .map(|text| PageCursor::read(text, tenant, List::Interactions(order)));
    let after = after.transpose()?.map(inbox::PageKey::from);
    let limit = limit(query.limit, PAGE_ROWS, PAGE_ROWS_MAX)?;
    let (as_of, at_least) = (query.as_of.as_deref(), query.at_least.as_deref());
    let as_of = past::moment(&app, &caller, as_of, at_least).await?;
    let filter = query.filter(now_or(as_of))?;
    let answer = |page: inbox::Page| {
        let list = List::Interactions(order);
        let cursor = |key| PageCursor { tenant, list, place: Place::from(key) }.to_string();
        let next = page.next.map(cursor);
        let items = page.rows.into_iter().map(InteractionSummary::from).collect();
        Json(InteractionPage { items, next })
    };
    if let Some(as_of) = as_of {
        let rows = usize::try_from(limit).unwrap_or_default();
        let page = past_inbox(&app, as_of.0).await?.list(&filter, order, after, rows).await?;
        return Ok((as_of, answer(page)).into_response());
    }
    let models = [ReadModel::Inbox, ReadModel::Accounts];
    let fresh = reading::at_least(&app, &caller, &models, at_least).await?;
    let page = inbox::list(&app.db, tenant, &filter, order, after, limit).await?;
    Ok((fresh, answer(page)).into_response())
}

/// Counts interactions.
#[utoipa::path(get, path = "/interactions/counts", tag = "interactions", params(CountsQuery),
    responses((status = OK, body = InteractionCounts)))]
pub(crate) async fn interaction_counts(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CountsQuery>,
) -> Result<Response, ApiError> {
    let (as_of, at_least) = (query.as_of.as_deref(), query.at_least.as_deref());
    let as_of = past::moment(&app, &caller, as_of, at_least).await?;
    let filter = query.filter(now_or(as_of))?;
    if let Some(as_of) = as_of {
        let counts = past_inbox(&app, as_of.0).await?.count(&filter).await?;
        return Ok((as_of, Json(InteractionCounts::from(counts))).into_response());
    }
    let models = [ReadModel::Inbox];
    let fresh = reading::at_least(&app, &caller, &models, at_least).await?;
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
    let (as_of, at_least) = (query.as_of.as_deref(), query.at_least.as_deref());
    if let Some(as_of) = past::moment(&app, &caller, as_of, at_least).await? {
        let story = Story::read(&app, caller.tenant(), id).await?.until(as_of.0)?;
        let item = story.item()?;
        let whole = item.whole(&story.account_at(as_of.0.cursor.pos)?);
        let whole = whole.ok_or_else(|| ApiError::new(Code::NotThereYet))?;
        let others = Others::read(&app, caller.tenant(), id).await?;
        let related = others.related_to(&item, as_of.0.cursor.pos)?;
        let interaction = Interaction::new(whole, related, &item.aggregate, as_of.0.at);
        let interaction = interaction.with_reasons(&app, caller.tenant(), &item.aggregate).await?;
        return Ok((as_of, Json(interaction)).into_response());
    }
    let fresh = reading::at_least(&app, &caller, &WHOLE, at_least).await?;
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
) -> Result<Response, ApiError> {
    // The log itself is read, which includes whatever a cursor may name.
    let (as_of, at_least) = (query.as_of.as_deref(), query.at_least.as_deref());
    at_least.map(|text| reading::cursor_of(&caller, text)).transpose()?;
    let as_of = past::moment(&app, &caller, as_of, at_least).await?;
    let story = Story::read(&app, caller.tenant(), id).await?;
    let story = match as_of {
        Some(as_of) => story.until(as_of.0)?,
        None => story,
    };
    let items = story.events.into_iter().map(CloudEvent::from).collect();
    Ok((as_of, Json(Journal { items })).into_response())
}

/// Returns the moment that is asked about.
fn now_or(as_of: Option<AsOf>) -> DateTime<Utc> {
    as_of.map_or_else(Utc::now, |as_of| as_of.0.at)
}

/// Puts a seller's inbox of a past moment together.
async fn past_inbox(app: &App, moment: Moment) -> Result<PastInbox, ApiError> {
    let _turn = PAST_INBOXES.acquire().await.map_err(anyhow::Error::from)?;
    Ok(PastInbox::read(&app.db, &app.log, moment.cursor, Limits::default()).await?)
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
    let mut related = inbox::related(&app.db, tenant, id).await?;
    for row in &mut related {
        // The read model may be behind the log, and an answer that repeats for a key is kept for a day.
        let other = InteractionId(row.interaction_id);
        if app.commands.load::<Aggregate>(tenant, other).await?.aggregate.is_erased() {
            row.preview.clear();
        }
    }
    let whole = Whole { row, thread, replies };
    let interaction = Interaction::new(whole, related, &aggregate, Utc::now());
    let interaction = interaction.with_reasons(app, tenant, &aggregate).await?;
    Ok((fresh, Json(interaction.with_stop(app, tenant).await?)).into_response())
}
