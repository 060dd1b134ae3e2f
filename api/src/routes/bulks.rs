//! Replies to many interactions at once: looked at before, asked for, watched and stopped.

pub(crate) mod preflight;
mod refusal;
mod shapes;

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use cqrs_es::Aggregate as _;
use domain::bulk::{Bulk as Aggregate, BulkCommand, BulkError, BulkEvent, BulkItem, ITEMS_MAX};
use domain::event::decode;
use domain::{AccountId, BulkId, DraftId, InteractionId, TenantId};
use projections::feed::Cursor;
use projections::{bulks as read_model, inbox};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::shapes::{Bulk, BulkList, BulkSummary, Told};
use super::interactions::limit;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, Query};
use crate::idempotency::CommandId;

/// Bulks of a list unless asked otherwise.
const ROWS: i64 = 20;

/// Bulks of a list at most.
const ROWS_MAX: i64 = 100;

/// What is to be answered, as the pre-flight showed it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkRequest {
    #[schema(min_items = 1, max_items = 1000)]
    items: Vec<BulkRequestItem>,
    /// The text for all of them; without it, each gets its draft.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 5000)]
    text: Option<String>,
}

/// An interaction to be answered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkRequestItem {
    #[schema(value_type = Uuid)]
    interaction_id: InteractionId,
    /// As the pre-flight told it: if something came in since, there is no reply.
    basis: u32,
    /// As the pre-flight told it: if the draft is another by then, there is no reply. Not where one text is for all.
    #[serde(default)]
    draft_id: Option<Uuid>,
}

/// A bulk that was asked for.
#[derive(Serialize, ToSchema)]
struct BulkAccepted {
    bulk_id: Uuid,
    /// The feed's place of what is told here.
    cursor: String,
}

/// How many bulks are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BulksQuery {
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
}

/// Answers many interactions, one after another within the limits of their cabinets, each in the way of a single reply:
/// 202 at once, and `GET /interactions/bulk/{id}` tells how far it has come.
#[utoipa::path(post, path = "/interactions/bulk", tag = "bulks", request_body = BulkRequest,
    responses((status = ACCEPTED, body = BulkAccepted)))]
pub(crate) async fn request_bulk(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<BulkRequest>,
) -> Result<Response, ApiError> {
    let BulkRequest { items, text } = body;
    if items.len() > ITEMS_MAX {
        return Err(BulkError::TooManyItems.into());
    }
    let tenant = caller.tenant();
    let ids: Vec<InteractionId> = items.iter().map(|item| item.interaction_id).collect();
    let accounts = accounts(&app, tenant, &ids).await?;
    let item = |item: BulkRequestItem| {
        let account_id = *accounts.get(&item.interaction_id)?;
        let BulkRequestItem { interaction_id, basis, draft_id } = item;
        // A text for all leaves no doubt which words were meant.
        let draft_id = draft_id.filter(|_| text.is_none()).map(DraftId);
        Some(BulkItem { interaction_id, account_id, basis, draft_id })
    };
    let items: Option<Vec<BulkItem>> = items.into_iter().map(item).collect();
    let items = items.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let id = BulkId(Uuid::new_v5(&command_id, b"bulk"));
    let request = BulkCommand::Request { by: caller.user_id(), items, text };
    app.commands.execute::<Aggregate>(&caller.context(command_id), id, request).await?;
    let Story { cursor, .. } = story(&app, tenant, id).await?;
    let accepted = BulkAccepted { bulk_id: id.0, cursor: cursor.to_string() };
    Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
}

/// Lists the latest bulks, the latest first.
#[utoipa::path(get, path = "/interactions/bulk", tag = "bulks", params(BulksQuery),
    responses((status = OK, body = BulkList)))]
pub(crate) async fn bulks(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<BulksQuery>,
) -> Result<Json<BulkList>, ApiError> {
    let limit = limit(query.limit, ROWS, ROWS_MAX)?;
    let rows = read_model::recent(&app.db, caller.tenant(), limit).await?;
    Ok(Json(BulkList { items: rows.into_iter().map(BulkSummary::from).collect() }))
}

/// Reads how far a bulk has come, item by item.
#[utoipa::path(get, path = "/interactions/bulk/{id}", tag = "bulks", params(("id" = Uuid, Path)),
    responses((status = OK, body = Bulk)))]
pub(crate) async fn bulk(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<BulkId>,
) -> Result<Json<Bulk>, ApiError> {
    told(&app, caller.tenant(), id).await.map(Json)
}

/// Stops a bulk: nothing more is asked for, and what is held is taken back. What is out stays out.
#[utoipa::path(post, path = "/interactions/bulk/{id}/stop", tag = "bulks", params(("id" = Uuid, Path)),
    responses((status = OK, body = Bulk)))]
pub(crate) async fn stop_bulk(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<BulkId>,
) -> Result<Json<Bulk>, ApiError> {
    let context = caller.context(command_id);
    app.commands.execute::<Aggregate>(&context, id, BulkCommand::Stop).await?;
    told(&app, caller.tenant(), id).await.map(Json)
}

/// A bulk as its stream tells it.
struct Story {
    bulk: Aggregate,
    requested_at: chrono::DateTime<chrono::Utc>,
    cursor: Cursor,
}

async fn story(app: &App, tenant: TenantId, id: BulkId) -> Result<Story, ApiError> {
    let stored = app.log.load_stream(tenant, id.into(), 0).await?;
    let mut bulk = Aggregate::default();
    let ends = stored.first().zip(stored.last());
    let ends = ends.filter(|(first, _)| first.stream_type == Aggregate::TYPE);
    let (first, last) = ends.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let (requested_at, cursor) = (first.recorded_at, Cursor::of(last));
    for stored in stored {
        let names = stored.names();
        let events = decode::<BulkEvent>(names, stored.payload.clone());
        for event in events.map_err(anyhow::Error::from)? {
            bulk.apply(event);
        }
    }
    Ok(Story { bulk, requested_at, cursor })
}

async fn told(app: &App, tenant: TenantId, id: BulkId) -> Result<Bulk, ApiError> {
    let Story { bulk, requested_at, cursor } = story(app, tenant, id).await?;
    let replies = read_model::replies(&app.db, tenant, id).await?;
    let ids: Vec<_> = bulk.items().iter().map(|(item, _)| item.interaction_id).collect();
    let rows = inbox::some(&app.db, tenant, &ids).await?;
    Ok(Bulk::from(Told { id, bulk, requested_at, cursor, replies, rows }))
}

/// Finds the cabinet of each interaction that the seller has.
async fn accounts(
    app: &App,
    tenant: TenantId,
    ids: &[InteractionId],
) -> Result<HashMap<InteractionId, AccountId>, ApiError> {
    let rows = inbox::some(&app.db, tenant, ids).await?;
    let of = |row: inbox::InboxRow| (InteractionId(row.interaction_id), AccountId(row.account_id));
    Ok(rows.into_iter().map(of).collect())
}
