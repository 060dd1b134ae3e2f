//! What a seller knows: documents and products that replies rest on, how they are found, and questions they leave open.

mod columns;
pub(crate) mod import;
pub(crate) mod search;
mod shapes;
mod table;
pub(crate) mod unanswered;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cqrs_es::Aggregate as _;
use domain::event::decode;
use domain::knowledge::{Item, Knowledge, KnowledgeCommand, KnowledgeError, KnowledgeEvent};
use domain::{KnowledgeId, TenantId};
use projections::ReadModel;
use projections::knowledge::{Filter, PageKey, list};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::shapes::{Document, ItemBody, Kind, KnowledgeItem, KnowledgePage, Product};
use super::interactions::limit;
use super::page::{List, PageCursor, Place};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, Query};
use crate::idempotency::CommandId;
use crate::reading;

/// Items of a page unless asked otherwise.
const PAGE_ROWS: i64 = 50;

/// Items of a page at most.
const PAGE_ROWS_MAX: i64 = 200;

/// The read model that lists and finds items.
const MODELS: [ReadModel; 1] = [ReadModel::Knowledge];

/// Which items are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KnowledgeQuery {
    /// Of this kind: documents on one topic, or products. Documents on any topic are `document`.
    kind: Option<Kind>,
    /// Items of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Which version of an item is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionQuery {
    /// The version; the present one without it. Versions that were replaced or removed stay readable.
    #[param(minimum = 1)]
    version: Option<u32>,
}

/// What is to be removed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemovalQuery {
    /// The version that was read before: whoever comes second is told.
    #[param(minimum = 1)]
    replaces: u32,
}

/// What an item is to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnowledgeChange {
    /// The version that was read before the change: whoever comes second is told.
    #[schema(minimum = 1)]
    replaces: u32,
    #[serde(default)]
    document: Option<Document>,
    #[serde(default)]
    product: Option<Product>,
}

/// Lists documents and products, those written last first.
#[utoipa::path(get, path = "/knowledge", tag = "knowledge", params(KnowledgeQuery),
    responses((status = OK, body = KnowledgePage)))]
pub(crate) async fn knowledge(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<KnowledgeQuery>,
) -> Result<Json<KnowledgePage>, ApiError> {
    let tenant = caller.tenant();
    let after = query.after.as_deref().map(|text| PageCursor::read(text, tenant, List::Knowledge));
    let after = after
        .transpose()?
        .map(|place| PageKey { updated_at: place.occurred_at, item_id: KnowledgeId(place.id) });
    let limit = limit(query.limit, PAGE_ROWS, PAGE_ROWS_MAX)?;
    let filter = query.kind.map(Filter::from).unwrap_or_default();
    let page = list(&app.db, tenant, &filter, after, limit).await?;
    let next = page.next.map(|key| {
        let place = Place::new(key.updated_at, key.item_id.0);
        PageCursor { tenant, list: List::Knowledge, place }.to_string()
    });
    Ok(Json(KnowledgePage::new(page.rows, next)))
}

/// Adds a document or a product.
#[utoipa::path(post, path = "/knowledge", tag = "knowledge", request_body = ItemBody,
    responses((status = CREATED, body = KnowledgeItem)))]
pub(crate) async fn add_knowledge(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<ItemBody>,
) -> Result<Response, ApiError> {
    let item = Item::try_from(body)?.checked().map_err(KnowledgeError::from)?;
    let id = match &item {
        Item::Document(_) => KnowledgeId(Uuid::new_v5(&command_id, b"knowledge")),
        Item::Product(product) => KnowledgeId::of_product(caller.tenant(), &product.article),
    };
    let command = KnowledgeCommand::Revise { replaces: Some(0), item: Box::new(item) };
    let added = app.commands.execute::<Knowledge>(&caller.context(command_id), id, command).await;
    added.map_err(|error| match ApiError::from(error) {
        // Nobody changed anything: the article is taken.
        error if error.code() == Code::KnowledgeChanged => ApiError::new(Code::ProductExists),
        error => error,
    })?;
    let item = written(&app, caller.tenant(), id).await?;
    Ok((StatusCode::CREATED, item).into_response())
}

/// Reads a document or a product, now or as it was.
#[utoipa::path(get, path = "/knowledge/{id}", tag = "knowledge",
    params(("id" = Uuid, Path), VersionQuery), responses((status = OK, body = KnowledgeItem)))]
pub(crate) async fn knowledge_item(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<KnowledgeId>,
    Query(query): Query<VersionQuery>,
) -> Result<Json<KnowledgeItem>, ApiError> {
    read(&app, caller.tenant(), id, query.version).await.map(Json)
}

/// Writes a document or a product anew; 409 when it is no longer of the version that was read.
#[utoipa::path(put, path = "/knowledge/{id}", tag = "knowledge", params(("id" = Uuid, Path)),
    request_body = KnowledgeChange, responses((status = OK, body = KnowledgeItem)))]
pub(crate) async fn change_knowledge(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<KnowledgeId>,
    Json(body): Json<KnowledgeChange>,
) -> Result<Response, ApiError> {
    // Nothing is made under an id that somebody thought up.
    read(&app, caller.tenant(), id, None).await?;
    let KnowledgeChange { replaces, document, product } = body;
    let item = Box::new(Item::try_from(ItemBody { document, product })?);
    let command = KnowledgeCommand::Revise { replaces: Some(replaces), item };
    app.commands.execute::<Knowledge>(&caller.context(command_id), id, command).await?;
    Ok(written(&app, caller.tenant(), id).await?.into_response())
}

/// Removes a document or a product: nothing finds it any more. Its versions stay readable for drafts that rest on them.
#[utoipa::path(delete, path = "/knowledge/{id}", tag = "knowledge",
    params(("id" = Uuid, Path), RemovalQuery), responses((status = NO_CONTENT)))]
pub(crate) async fn remove_knowledge(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<KnowledgeId>,
    Query(query): Query<RemovalQuery>,
) -> Result<Response, ApiError> {
    let command = KnowledgeCommand::Remove { replaces: query.replaces };
    app.commands.execute::<Knowledge>(&caller.context(command_id), id, command).await?;
    let end = reading::end_of_stream(&app, caller.tenant(), id.into()).await?;
    let fresh = reading::wait(&app, &MODELS, end).await?;
    Ok((StatusCode::NO_CONTENT, fresh, ()).into_response())
}

/// Answers with an item that has just been written, once it can be found.
async fn written(
    app: &App,
    tenant: TenantId,
    id: KnowledgeId,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let end = reading::end_of_stream(app, tenant, id.into()).await?;
    let fresh = reading::wait(app, &MODELS, end).await?;
    Ok((fresh, Json(read(app, tenant, id, None).await?)))
}

/// Reads a version of an item from its stream, which keeps all of them.
async fn read(
    app: &App,
    tenant: TenantId,
    id: KnowledgeId,
    version: Option<u32>,
) -> Result<KnowledgeItem, ApiError> {
    let stored = app.log.load_stream(tenant, id.into(), 0).await?;
    let mut found = None;
    for stored in stored.into_iter().filter(|stored| stored.stream_type == Knowledge::TYPE) {
        let events = decode::<KnowledgeEvent>(stored.names(), stored.payload.clone());
        for event in events.map_err(anyhow::Error::from)? {
            found = match event {
                KnowledgeEvent::KnowledgeRevised { version: written, item }
                    if version.is_none_or(|version| version == written) =>
                {
                    Some(KnowledgeItem::new(id, written, *item, &stored))
                }
                KnowledgeEvent::KnowledgeRemoved { .. } if version.is_none() => None,
                KnowledgeEvent::KnowledgeRevised { .. }
                | KnowledgeEvent::KnowledgeRemoved { .. } => found,
            };
        }
    }
    found.ok_or_else(|| ApiError::new(Code::NotFound))
}
