//! The list of interactions, its counts, and one interaction whole.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use commands::CommandError;
use domain::interaction::{Interaction as Aggregate, InteractionError};
use domain::value::Channel as DomainChannel;
use domain::{InteractionId, TenantId};
use projections::inbox::{self, Counts, Filter, InboxRow, Order};
use projections::reply_history;
use projections::thread::{self, Thread};
use projections::{ReadModel, feed::CloudEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page::PageCursor;
use super::words::{Channel, DraftSource, InteractionStatus, Marketplace, ReplyState};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, Query};
use crate::reading::{self, Freshness};
use crate::reply::Reply;

/// Rows of a page unless asked otherwise.
const PAGE_ROWS: i64 = 50;

/// Rows of a page at most.
const PAGE_ROWS_MAX: i64 = 200;

/// Which interactions are asked for, and how.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// With this status.
    status: Option<InteractionStatus>,
    /// Of this channel.
    channel: Option<Channel>,
    /// Of this marketplace.
    marketplace: Option<Marketplace>,
    /// Of this account.
    account_id: Option<Uuid>,
    /// With any of these ratings, separated by commas.
    #[param(example = "1,2", pattern = "^[1-5](,[1-5])*$")]
    rating: Option<String>,
    /// Whether an answer is needed.
    needs_response: Option<bool>,
    /// The latest first, or the longest waiting first.
    #[serde(default)]
    #[param(inline)]
    order: PageOrder,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// Which interactions are counted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountsQuery {
    /// With this status.
    status: Option<InteractionStatus>,
    /// Of this channel.
    channel: Option<Channel>,
    /// Of this marketplace.
    marketplace: Option<Marketplace>,
    /// Of this account.
    account_id: Option<Uuid>,
    /// With any of these ratings, separated by commas.
    #[param(example = "1,2", pattern = "^[1-5](,[1-5])*$")]
    rating: Option<String>,
    /// Whether an answer is needed.
    needs_response: Option<bool>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// How fresh an answer must be.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FreshnessQuery {
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    pub(crate) at_least: Option<String>,
}

/// Order of a list.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PageOrder {
    /// The latest first.
    #[default]
    Newest,
    /// The longest waiting first.
    Oldest,
}

/// A page of the list.
#[derive(Serialize, ToSchema)]
pub(crate) struct InteractionPage {
    items: Vec<InteractionSummary>,
    /// Where the next page begins; none after the last.
    next: Option<String>,
}

/// How many interactions there are.
#[derive(Serialize, ToSchema)]
pub(crate) struct InteractionCounts {
    total: i64,
    needs_response: i64,
    by_status: StatusCounts,
    /// By stars, `"1"` to `"5"`.
    by_rating: BTreeMap<String, i64>,
}

/// How many interactions there are of each status.
#[derive(Serialize, ToSchema)]
struct StatusCounts {
    waiting: i64,
    replying: i64,
    responded: i64,
    failed: i64,
    closed: i64,
}

/// An interaction as lists show it.
#[derive(Serialize, ToSchema)]
pub(crate) struct InteractionSummary {
    interaction_id: Uuid,
    account_id: Uuid,
    /// The seller's name for the cabinet.
    account_name: String,
    #[schema(value_type = Marketplace)]
    marketplace: String,
    #[schema(value_type = Channel)]
    channel: String,
    /// The marketplace's own id.
    external_id: String,
    /// Stars; reviews only.
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<i16>,
    buyer_name: Option<String>,
    product: Product,
    /// Beginning of what the buyer wrote; empty when only stars were left.
    preview: String,
    #[schema(value_type = InteractionStatus)]
    status: String,
    /// Whether an operator must answer.
    needs_response: bool,
    /// State of the newest version of the reply.
    #[schema(value_type = Option<ReplyState>)]
    reply_state: Option<String>,
    has_draft: bool,
    /// When the buyer wrote.
    occurred_at: DateTime<Utc>,
    /// When it last changed here.
    updated_at: DateTime<Utc>,
    /// Number of its events so far.
    version: i32,
}

/// What the buyer writes about.
#[derive(Serialize, ToSchema)]
struct Product {
    name: String,
    /// The marketplace's article.
    article: String,
    brand: Option<String>,
}

/// One interaction whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct Interaction {
    #[serde(flatten)]
    summary: InteractionSummary,
    content: Content,
    /// The draft on offer.
    draft: Option<Draft>,
    /// The newest version of the reply.
    reply: Option<Reply>,
    limits: Limits,
    can_answer: CanAnswer,
    can_edit: CanEdit,
}

/// What the buyer left.
#[derive(Serialize, ToSchema)]
struct Content {
    text: String,
    pros: String,
    cons: String,
    /// Addresses of pictures.
    photos: Vec<String>,
    video_url: Option<String>,
    occurred_at: DateTime<Utc>,
    /// How often the buyer changed it.
    revisions: i32,
}

/// A proposed reply text.
#[derive(Serialize, Deserialize, ToSchema)]
struct Draft {
    draft_id: Uuid,
    text: String,
    #[schema(value_type = DraftSource)]
    source: String,
    proposed_at: DateTime<Utc>,
}

/// How long a reply may be, in characters.
#[derive(Serialize, ToSchema)]
struct Limits {
    min_chars: usize,
    max_chars: usize,
}

/// Whether an answer may be sent.
#[derive(Serialize, ToSchema)]
struct CanAnswer {
    allowed: bool,
    /// The code of the problem that an attempt would meet.
    code: Option<&'static str>,
    /// Why not.
    reason: Option<&'static str>,
}

/// Whether the answer may be edited.
#[derive(Serialize, ToSchema)]
struct CanEdit {
    allowed: bool,
    /// The code of the problem that an attempt would meet.
    code: Option<&'static str>,
    /// Why not.
    reason: Option<&'static str>,
    /// Until when; none when no answer of ours stands.
    until: Option<DateTime<Utc>>,
}

/// The journal of an interaction.
#[derive(Serialize, ToSchema)]
pub(crate) struct Journal {
    items: Vec<CloudEvent>,
}

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
    let filter = Filter {
        statuses: one(query.status),
        channels: one(query.channel),
        marketplaces: one(query.marketplace),
        account_id: query.account_id,
        ratings: ratings(query.rating.as_deref())?,
        needs_response: query.needs_response,
    };
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
    let filter = Filter {
        statuses: one(query.status),
        channels: one(query.channel),
        marketplaces: one(query.marketplace),
        account_id: query.account_id,
        ratings: ratings(query.rating.as_deref())?,
        needs_response: query.needs_response,
    };
    let counts = inbox::count(&app.db, caller.tenant(), &filter).await?;
    Ok((fresh, Json(InteractionCounts::from(counts))).into_response())
}

/// Reads one interaction.
#[utoipa::path(get, path = "/interactions/{id}", tag = "interactions",
    params(("id" = Uuid, Path), FreshnessQuery), responses((status = OK, body = Interaction)))]
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
    params(("id" = Uuid, Path), FreshnessQuery), responses((status = OK, body = Journal)))]
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

/// The stream type of interactions: a seller's own id or an account's is none.
const INTERACTION: &str = "interaction";

/// The read models that an interaction is put together from.
pub(super) const WHOLE: [ReadModel; 4] =
    [ReadModel::Inbox, ReadModel::Thread, ReadModel::ReplyHistory, ReadModel::Accounts];

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
    let aggregate = app.commands.load::<Aggregate>(tenant, id).await.map_err(unreadable)?.aggregate;
    let now = Utc::now();
    let channel = aggregate.source().map_or(DomainChannel::Review, |source| source.channel);
    let limits = channel.reply_limits();
    let interaction = Interaction {
        content: Content::new(&thread, row.occurred_at),
        draft: thread.draft.and_then(|draft| serde_json::from_value(draft).ok()),
        reply: replies.into_iter().last().map(Reply::from),
        limits: Limits { min_chars: limits.min_chars, max_chars: limits.max_chars },
        can_answer: CanAnswer::new(aggregate.may_answer().err()),
        can_edit: CanEdit::new(aggregate.may_edit(now).err(), aggregate.editable_until()),
        summary: row.into(),
    };
    Ok((fresh, Json(interaction)).into_response())
}

fn unreadable(error: CommandError<InteractionError>) -> ApiError {
    error.into()
}

/// Why a rule refuses, as the console shows it beside the disabled button.
fn refusal(rule: InteractionError) -> (&'static str, &'static str) {
    let code = ApiError::from(rule).code();
    let reason = match rule {
        InteractionError::Unknown | InteractionError::Text(_) => "Сейчас это невозможно.",
        InteractionError::ReplyInFlight => {
            "Предыдущий ответ ещё в пути или его исход пока не известен."
        }
        InteractionError::AlreadyAnswered => "На обращение уже есть ответ.",
        InteractionError::NothingToEdit => "Здесь нет отправленного отсюда ответа.",
        InteractionError::EditSpent => "Ответ можно отредактировать только один раз.",
        InteractionError::EditWindowClosed => "Прошло больше 60 дней после ответа.",
    };
    (code.as_str(), reason)
}

impl CanAnswer {
    fn new(refused: Option<InteractionError>) -> Self {
        let (code, reason) = refused.map(refusal).unzip();
        Self { allowed: refused.is_none(), code, reason }
    }
}

impl CanEdit {
    fn new(refused: Option<InteractionError>, until: Option<DateTime<Utc>>) -> Self {
        let (code, reason) = refused.map(refusal).unzip();
        Self { allowed: refused.is_none(), code, reason, until }
    }
}

impl Content {
    fn new(thread: &Thread, occurred_at: DateTime<Utc>) -> Self {
        let content = &thread.content;
        let text = |name: &str| {
            content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let photos = content.get("photos").and_then(Value::as_array);
        let photos = photos.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        Self {
            text: text("text"),
            pros: text("pros"),
            cons: text("cons"),
            photos: photos.collect(),
            video_url: content.get("video_url").and_then(Value::as_str).map(str::to_owned),
            occurred_at,
            revisions: thread.revisions,
        }
    }
}

impl From<InboxRow> for InteractionSummary {
    fn from(row: InboxRow) -> Self {
        Self {
            interaction_id: row.interaction_id,
            account_id: row.account_id,
            account_name: row.account_name.unwrap_or_default(),
            marketplace: row.marketplace,
            channel: row.channel,
            external_id: row.external_id,
            rating: row.rating,
            buyer_name: row.buyer_name,
            product: Product {
                name: row.product_name,
                article: row.product_article,
                brand: row.product_brand,
            },
            preview: row.preview,
            status: row.status,
            needs_response: row.needs_response,
            reply_state: row.reply_state,
            has_draft: row.has_draft,
            occurred_at: row.occurred_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

impl From<Counts> for InteractionCounts {
    fn from(counts: Counts) -> Self {
        let of = |status: InteractionStatus| {
            counts.by_status.get(<&str>::from(status)).copied().unwrap_or_default()
        };
        let by_status = StatusCounts {
            waiting: of(InteractionStatus::Waiting),
            replying: of(InteractionStatus::Replying),
            responded: of(InteractionStatus::Responded),
            failed: of(InteractionStatus::Failed),
            closed: of(InteractionStatus::Closed),
        };
        let mut by_rating: BTreeMap<_, _> = (1..=5).map(|stars| (stars.to_string(), 0)).collect();
        by_rating.extend(counts.by_rating);
        Self { total: counts.total, needs_response: counts.needs_response, by_status, by_rating }
    }
}

impl From<PageOrder> for Order {
    fn from(order: PageOrder) -> Self {
        match order {
            PageOrder::Newest => Self::Newest,
            PageOrder::Oldest => Self::Oldest,
        }
    }
}

fn one(word: Option<impl Into<&'static str>>) -> Vec<String> {
    word.map(|word| word.into().to_owned()).into_iter().collect()
}

/// Reads `1,2`.
fn ratings(text: Option<&str>) -> Result<Vec<i16>, ApiError> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let stars = |part: &str| part.parse().ok().filter(|stars| (1..=5).contains(stars));
    text.split(',').map(stars).collect::<Option<Vec<i16>>>().ok_or_else(|| {
        ApiError::new(Code::BadQuery).field("rating", "ожидаются числа от 1 до 5 через запятую")
    })
}

/// Holds a number of rows against its bounds.
pub(super) fn limit(asked: Option<i64>, usual: i64, max: i64) -> Result<i64, ApiError> {
    let limit = asked.unwrap_or(usual);
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::new(Code::BadQuery).field("limit", format!("допустимо от 1 до {max}")))
}
