//! The drafts and replies behind a number.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::TenantId;
use projections::lineage::{self, Filter, LineageRow, Page, PageKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{MODELS, period};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Query};
use crate::reading::{self, Freshness};
use crate::reply::percent;
use crate::routes::interactions::limit;
use crate::routes::page::{List, PageCursor, Place};
use crate::routes::words::{
    Channel, DismissReason, DraftFigure, DraftOutcome, DraftSource, Intent,
};

/// Rows of a page unless asked otherwise.
const PAGE_ROWS: i64 = 50;

/// Rows of a page at most.
const PAGE_ROWS_MAX: i64 = 200;

/// Which drafts and replies are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JudgedQuery {
    /// Decided at this time or later; 30 days before `until` without it, and a year before at most.
    since: Option<DateTime<Utc>>,
    /// Decided before this time; now without it.
    until: Option<DateTime<Utc>>,
    /// Not together with `figure`.
    outcome: Option<DraftOutcome>,
    /// Those that a number counts which is made of several outcomes, or of a part of one.
    #[param(inline)]
    figure: Option<DraftFigure>,
    /// Whether there was a draft.
    has_draft: Option<bool>,
    channel: Option<Channel>,
    intent: Option<Intent>,
    source: Option<DraftSource>,
    #[param(max_length = 100)]
    model: Option<String>,
    #[param(minimum = 0)]
    prompt_version: Option<i32>,
    /// The document or product that the draft's writer was given.
    knowledge_id: Option<Uuid>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// A page of drafts and replies.
#[derive(Serialize, ToSchema)]
pub(crate) struct JudgedPage {
    items: Vec<JudgedDraft>,
    /// Where the next page begins; none after the last.
    next: Option<String>,
}

/// A draft and what became of it, or a reply that had none.
#[derive(Serialize, ToSchema)]
struct JudgedDraft {
    interaction_id: Uuid,
    draft_id: Option<Uuid>,
    reply_id: Option<Uuid>,
    #[schema(value_type = DraftOutcome)]
    outcome: String,
    /// The share of characters that the reply changed in the draft, in per cent.
    #[schema(minimum = 0, maximum = 100)]
    changed_percent: Option<f64>,
    /// Why it was dismissed.
    #[schema(value_type = Option<DismissReason>)]
    reason: Option<String>,
    #[schema(value_type = Option<DraftSource>)]
    source: Option<String>,
    model: Option<String>,
    prompt_version: Option<i32>,
    /// The interaction's `basis` that the draft was made of.
    basis: Option<i32>,
    /// What the draft's writer was given to read beside the buyer's words.
    used: Vec<UsedItem>,
    proposed_at: Option<DateTime<Utc>>,
    decided_at: DateTime<Utc>,
    /// Who decided: `user:<id>` or `system:<part>`.
    decided_by: Option<String>,
    /// How much there is to learn from it, from 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    score: i16,
    #[schema(value_type = Channel)]
    channel: String,
    #[schema(value_type = Intent)]
    intent: String,
    rating: Option<i16>,
    product_name: String,
    /// None of one who was erased.
    buyer_name: Option<String>,
    /// Beginning of the buyer's words; empty when the buyer was erased.
    preview: String,
}

/// Something that a writer was given to read.
#[derive(Deserialize, Serialize, ToSchema)]
struct UsedItem {
    /// `passage`, `product` or `example`.
    kind: String,
    id: Uuid,
    version: u32,
}

/// Lists drafts and replies that something became of, those decided last first.
#[utoipa::path(get, path = "/quality/drafts/items", tag = "quality", params(JudgedQuery),
    responses((status = OK, body = JudgedPage)))]
pub(crate) async fn judged_drafts(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<JudgedQuery>,
) -> Result<(Freshness, Json<JudgedPage>), ApiError> {
    let fresh = reading::at_least(&app, &caller, &MODELS, query.at_least.as_deref()).await?;
    let period = period(query.since, query.until)?;
    let text = |word: &'static str| word.to_owned();
    let (outcomes, slight) = match (query.outcome, query.figure) {
        (Some(_), Some(_)) => {
            let message = "задаётся либо outcome, либо figure";
            return Err(ApiError::new(Code::BadQuery).field("figure", message));
        }
        (outcome, None) => (Vec::from_iter(outcome), None),
        (None, Some(figure)) => {
            let (outcomes, slight) = figure.of();
            (outcomes.to_vec(), slight)
        }
    };
    let filter = Filter {
        since: Some(period.since),
        until: Some(period.until),
        outcomes: outcomes.into_iter().map(|outcome| text(outcome.into())).collect(),
        slight,
        has_draft: query.has_draft,
        channel: query.channel.map(|channel| text(channel.into())),
        intent: query.intent.map(|intent| text(intent.into())),
        source: query.source.map(|source| text(source.into())),
        model: query.model,
        prompt_version: query.prompt_version,
        item: query.knowledge_id,
        ..Filter::default()
    };
    let tenant = caller.tenant();
    let after = after(query.after.as_deref(), tenant, List::Drafts)?;
    let limit = rows(query.limit)?;
    let page = lineage::list(&app.db, tenant, &filter, after, limit).await?;
    Ok((fresh, Json(JudgedPage::new(page, tenant, List::Drafts))))
}

/// Reads how many rows a page is to have.
pub(in crate::routes) fn rows(asked: Option<i64>) -> Result<i64, ApiError> {
    limit(asked, PAGE_ROWS, PAGE_ROWS_MAX)
}

/// Reads where a page of a list begins.
pub(in crate::routes) fn after(
    cursor: Option<&str>,
    tenant: TenantId,
    list: List,
) -> Result<Option<PageKey>, ApiError> {
    let place = cursor.map(|text| PageCursor::read(text, tenant, list)).transpose()?;
    Ok(place.map(|Place { occurred_at, id, score }| PageKey {
        decided_at: occurred_at,
        lineage_id: id,
        score,
    }))
}

impl JudgedPage {
    /// Shows a page of a list.
    pub(in crate::routes) fn new(page: Page, tenant: TenantId, list: List) -> Self {
        let next = page.next.map(|key| {
            let score = if list == List::Learning { key.score } else { 0 };
            let place = Place { score, ..Place::new(key.decided_at, key.lineage_id) };
            PageCursor { tenant, list, place }.to_string()
        });
        Self { items: page.rows.into_iter().map(JudgedDraft::from).collect(), next }
    }
}

impl From<LineageRow> for JudgedDraft {
    fn from(row: LineageRow) -> Self {
        Self {
            interaction_id: row.interaction_id,
            draft_id: row.draft_id,
            reply_id: row.reply_id,
            outcome: row.outcome,
            changed_percent: row.changed.map(percent),
            reason: row.reason,
            source: row.source,
            model: row.model,
            prompt_version: row.prompt_version,
            basis: row.basis,
            used: serde_json::from_value(row.used).unwrap_or_default(),
            proposed_at: row.proposed_at,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            score: row.score,
            channel: row.channel,
            intent: row.intent,
            rating: row.rating,
            product_name: row.product_name,
            buyer_name: row.buyer_name,
            preview: row.preview,
        }
    }
}
