//! Buyers' claims for return: the list, one claim, and erasing its buyer. They are read at the marketplace and answered
//! there.

use adapters::sync::{ClaimSeen, claims_seen};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use commands::erase::Basis;
use domain::{AccountId, ClaimId, TenantId};
use projections::ReadModel;
use projections::claims::{self, ClaimRow, Filter, PageKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::IntoStaticStr;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::erasure::{ErasureAct, ErasureRequest, act_of};
use super::interactions::limit;
use super::page::{List, PageCursor, Place};
use super::words::Marketplace;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, Query};
use crate::idempotency::CommandId;
use crate::reading::{self, Freshness};

/// Claims of a page unless asked otherwise.
const PAGE_ROWS: i64 = 50;

/// Claims of a page at most.
const PAGE_ROWS_MAX: i64 = 200;

/// Characters of an order's id at most, as of every id that is read at a marketplace.
const ORDER_CHARS_MAX: usize = 200;

/// The read models that a claim is put together from.
const MODELS: [ReadModel; 2] = [ReadModel::Claims, ReadModel::Accounts];

/// Which claims are asked for, and how.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClaimsQuery {
    /// In this state.
    state: Option<ClaimState>,
    /// Of this account.
    account_id: Option<Uuid>,
    /// Of this order, by the marketplace's own id.
    #[param(min_length = 1, max_length = 200)]
    order_id: Option<String>,
    /// Claims of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// How fresh a claim must be.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClaimQuery {
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// What was decided about a claim.
#[derive(Debug, Clone, Copy, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum ClaimState {
    /// Nothing yet.
    UnderReview,
    /// The buyer is refused.
    Declined,
    /// The buyer gets the money back.
    Approved,
    /// Something that this program does not know.
    Other,
}

/// What becomes of the goods.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a column in openapi.json")]
enum GoodsState {
    /// Nothing yet.
    UnderReview,
    /// The buyer keeps them: the claim was refused.
    KeptDeclined,
    /// The marketplace disposes of them.
    Disposed,
    /// The buyer keeps them: the claim was approved.
    KeptApproved,
    /// The marketplace looks at them and puts them on sale again.
    Resold,
    /// They go back to the seller.
    ReturnedToSeller,
    /// Something that this program does not know.
    Other,
}

/// Where the buyer made a claim.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a column in openapi.json")]
enum ClaimOrigin {
    /// On the marketplace's pages for buyers.
    Portal,
    /// In a chat.
    Chat,
    /// Somewhere that this program does not know.
    Other,
}

/// A page of claims, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClaimPage {
    items: Vec<Claim>,
    /// Where the next page begins; none after the last.
    next: Option<String>,
}

/// A buyer's claim for return.
#[derive(Serialize, ToSchema)]
pub(crate) struct Claim {
    claim_id: Uuid,
    account_id: Uuid,
    /// The seller's name for the cabinet.
    account_name: String,
    #[schema(value_type = Marketplace)]
    marketplace: String,
    /// The marketplace's own id.
    external_id: String,
    #[schema(value_type = ClaimState)]
    state: String,
    #[schema(value_type = GoodsState)]
    goods: String,
    /// Whether the marketplace lists it in the archive.
    archived: bool,
    /// Whether the marketplace still lists it at all. It tells nothing more of one that it does not: such a claim
    /// stands here as it was read last, and a decision about it is seen in the seller's cabinet only.
    listed: bool,
    /// When the marketplace listed it last, to the hour; none where that is not known.
    last_seen_at: Option<DateTime<Utc>>,
    #[schema(value_type = ClaimOrigin)]
    origin: String,
    product: ClaimProduct,
    order: ClaimOrder,
    /// What the buyer paid; none where the marketplace does not say.
    price: Option<ClaimPrice>,
    /// What the seller may answer at the marketplace, in its words, such as `approve1`; empty when it cannot be worked
    /// on.
    actions: Vec<String>,
    words: ClaimWords,
    /// Whether the buyer's data was erased: words are empty then, for good.
    erased: bool,
    /// When the buyer made it.
    occurred_at: DateTime<Utc>,
    /// When it was decided; of one under review when it was made.
    decided_at: Option<DateTime<Utc>>,
    /// When it last changed here.
    updated_at: DateTime<Utc>,
    /// Number of its events so far.
    version: i32,
}

/// What is to be returned.
#[derive(Serialize, ToSchema)]
struct ClaimProduct {
    name: String,
    /// The marketplace's article.
    article: String,
}

/// The order that a claim is about.
#[derive(Serialize, ToSchema)]
struct ClaimOrder {
    /// The marketplace's own id.
    external_id: Option<String>,
    ordered_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
}

/// What the buyer paid.
#[derive(Serialize, ToSchema)]
struct ClaimPrice {
    /// In hundredths of the currency.
    amount_minor: i64,
    /// ISO 4217, by number: `643` is the rouble.
    currency: Option<String>,
}

/// What people wrote and showed.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
struct ClaimWords {
    /// Why the buyer wants to give it back; may be empty.
    comment: String,
    /// What the buyer was answered.
    answer: Option<String>,
    /// What came of comparing the numbers of the device.
    device_check: Option<String>,
    /// Addresses of pictures.
    photos: Vec<String>,
    /// Addresses of videos.
    videos: Vec<String>,
}

/// Lists claims for return, the latest first.
#[utoipa::path(get, path = "/claims", tag = "claims", params(ClaimsQuery),
    responses((status = OK, body = ClaimPage)))]
pub(crate) async fn claims(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ClaimsQuery>,
) -> Result<Response, ApiError> {
    let tenant = caller.tenant();
    let after = query.after.as_deref().map(|text| PageCursor::read(text, tenant, List::Claims));
    let after = after.transpose()?.map(PageKey::from);
    let limit = limit(query.limit, PAGE_ROWS, PAGE_ROWS_MAX)?;
    let state = query.state.map(|state| <&str>::from(state).to_owned());
    let order_id = query.order_id.map(order_id).transpose()?;
    let filter = Filter { state, account_id: query.account_id, order_id };
    let fresh = reading::at_least(&app, &caller, &MODELS, query.at_least.as_deref()).await?;
    let page = claims::list(&app.db, tenant, &filter, after, limit).await?;
    let next = page
        .next
        .map(|key| PageCursor { tenant, list: List::Claims, place: Place::from(key) }.to_string());
    let items = shown(&app, tenant, page.rows).await?;
    Ok((fresh, Json(ClaimPage { items, next })).into_response())
}

/// Refuses what no marketplace calls an order, and the database would not take.
fn order_id(text: String) -> Result<String, ApiError> {
    let is_id = (1..=ORDER_CHARS_MAX).contains(&text.chars().count());
    if is_id && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    let message = format!("номер заказа: от 1 до {ORDER_CHARS_MAX} знаков без управляющих");
    Err(ApiError::new(Code::BadQuery).field("order_id", message))
}

/// Reads one claim.
#[utoipa::path(get, path = "/claims/{id}", tag = "claims",
    params(("id" = Uuid, Path), ClaimQuery), responses((status = OK, body = Claim)))]
pub(crate) async fn claim(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<ClaimId>,
    Query(query): Query<ClaimQuery>,
) -> Result<Response, ApiError> {
    let fresh = reading::at_least(&app, &caller, &MODELS, query.at_least.as_deref()).await?;
    answer(&app, caller.tenant(), id, fresh).await
}

/// Erases the data of a claim's buyer everywhere, for good: words, pictures, what the buyer was answered.
#[utoipa::path(post, path = "/claims/{id}/erasure", tag = "claims",
    params(("id" = Uuid, Path)), request_body = ErasureRequest,
    responses((status = OK, body = Claim)))]
pub(crate) async fn erase_claim_buyer(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<ClaimId>,
    Json(body): Json<ErasureRequest>,
) -> Result<Response, ApiError> {
    let basis = Basis { ground: body.ground.into(), reference: body.reference };
    app.erasures.erase(&caller.context(command_id), id, &basis).await?;
    let end = reading::end_of_stream(&app, caller.tenant(), id.into()).await?;
    let fresh = reading::wait(&app, &MODELS, end).await?;
    answer(&app, caller.tenant(), id, fresh).await
}

/// Reads the act of the erasure of a claim's buyer.
#[utoipa::path(get, path = "/claims/{id}/erasure", tag = "claims",
    params(("id" = Uuid, Path)), responses((status = OK, body = ErasureAct)))]
pub(crate) async fn claim_erasure_act(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<ClaimId>,
) -> Result<Json<ErasureAct>, ApiError> {
    act_of(&app, caller.tenant(), id.into()).await.map(Json)
}

async fn answer(
    app: &App,
    tenant: TenantId,
    id: ClaimId,
    fresh: Freshness,
) -> Result<Response, ApiError> {
    let row = claims::one(&app.db, tenant, id).await?;
    let claim = shown(app, tenant, row).await?.pop();
    let claim = claim.ok_or_else(|| ApiError::new(Code::NotFound))?;
    Ok((fresh, Json(claim)).into_response())
}

/// Puts claims together with when they were seen at the marketplace.
async fn shown(
    app: &App,
    tenant: TenantId,
    rows: impl IntoIterator<Item = ClaimRow>,
) -> Result<Vec<Claim>, ApiError> {
    let rows: Vec<ClaimRow> = rows.into_iter().collect();
    let wanted = rows.iter().map(|row| (AccountId(row.account_id), row.external_id.clone()));
    let mut seen = claims_seen(&app.db, tenant, wanted).await?;
    let claim = |row: ClaimRow| {
        let seen = seen.remove(&ClaimId(row.claim_id));
        Claim::new(row, seen)
    };
    Ok(rows.into_iter().map(claim).collect())
}

impl Claim {
    fn new(row: ClaimRow, seen: Option<ClaimSeen>) -> Self {
        let erased = row.words.get("erased") == Some(&Value::Bool(true));
        let currency = row.currency;
        Self {
            claim_id: row.claim_id,
            account_id: row.account_id,
            account_name: row.account_name.unwrap_or_default(),
            marketplace: row.marketplace,
            external_id: row.external_id,
            state: row.state,
            goods: row.goods,
            archived: row.archived,
            listed: seen.is_none_or(|seen| seen.listed),
            last_seen_at: seen.map(|seen| seen.at),
            origin: row.origin,
            product: ClaimProduct { name: row.product_name, article: row.product_article },
            order: ClaimOrder {
                external_id: row.order_id,
                ordered_at: row.ordered_at,
                delivered_at: row.delivered_at,
            },
            price: row.price_minor.map(|amount_minor| ClaimPrice { amount_minor, currency }),
            actions: serde_json::from_value(row.actions).unwrap_or_default(),
            words: serde_json::from_value(row.words).unwrap_or_default(),
            erased,
            occurred_at: row.occurred_at,
            decided_at: row.decided_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

impl From<PageKey> for Place {
    fn from(key: PageKey) -> Self {
        Self::new(key.occurred_at, key.claim_id.0)
    }
}

impl From<Place> for PageKey {
    fn from(place: Place) -> Self {
        Self { occurred_at: place.occurred_at, claim_id: ClaimId(place.id) }
    }
}
