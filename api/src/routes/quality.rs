//! How good drafts are: what operators did with them, in numbers, each of which has its list.

pub(crate) mod list;

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use domain::TenantId;
use projections::ReadModel;
use projections::lineage::{self, By, Figures, Group, ItemUse, Period};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Query};
use crate::reading::{self, Freshness};
use crate::reply::percent;
use crate::routes::page::is_storable;

/// The period unless asked otherwise.
const DAYS: i64 = 30;

/// The longest period: a year, whichever year it is.
const DAYS_MAX: i64 = 366;

/// Documents and products that are told of.
const ITEMS: i64 = 20;

/// The read models that figures and lists are made of.
pub(super) const MODELS: [ReadModel; 2] = [ReadModel::Lineage, ReadModel::Inbox];

/// Which drafts are counted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QualityQuery {
    /// Decided at this time or later; 30 days before `until` without it, and a year before at most.
    since: Option<DateTime<Utc>>,
    /// Decided before this time; now without it.
    until: Option<DateTime<Utc>>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// What operators did with drafts within a period. Every number is the length of the list that
/// `/quality/drafts/items` gives for it: of this period, with the key of its group, and with the `outcome` and
/// `has_draft`, or the `figure`, that it counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftQuality {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    total: DraftFigures,
    by_channel: Vec<DraftGroup>,
    by_intent: Vec<DraftGroup>,
    /// Who wrote the drafts.
    by_source: Vec<DraftGroup>,
    /// The models that did, each with the version of the words that it was asked with.
    by_model: Vec<DraftGroup>,
    /// Days in Moscow, the first first; days without anything are left out.
    by_day: Vec<DraftGroup>,
    /// Documents and products that drafts rested on, up to 20, those first that more bad drafts rested on.
    knowledge: Vec<KnowledgeUse>,
}

/// Figures of drafts that have something in common.
#[derive(Serialize, ToSchema)]
struct DraftGroup {
    /// What they have in common: a channel, an intent, a source, a model or a day.
    key: String,
    /// Of a model, the version of the words that it was asked with.
    prompt_version: Option<i32>,
    figures: DraftFigures,
}

/// How many drafts and replies had which outcome.
#[derive(Serialize, ToSchema)]
struct DraftFigures {
    /// Replies that people sent: accepted, edited, rewritten or without a draft.
    replies: i64,
    /// Drafts that went out as they were.
    accepted: i64,
    /// Drafts that went out with an edit of at most half of their characters.
    edited: i64,
    /// Of these, those with an edit of at most a quarter.
    slightly_edited: i64,
    /// Drafts instead of which another text went out.
    rewritten: i64,
    /// Replies that had no draft.
    without_draft: i64,
    /// Drafts that were dismissed.
    dismissed: i64,
    /// Drafts that another one replaced.
    superseded: i64,
    /// Drafts that nobody needed any more.
    unused: i64,
    /// Replies that went out by themselves.
    automatic: i64,
    /// Replies of a bulk whose one text is not their draft: nobody judged that.
    in_bulk: i64,
    /// Replies from before it was kept how far they were from their drafts.
    unmeasured: i64,
    /// Share of `replies` that are accepted, in per cent; none where there are no replies.
    accept_percent: Option<f64>,
    /// Share of `replies` that are edited.
    edit_percent: Option<f64>,
    /// Share of `replies` that are rewritten or had no draft.
    manual_percent: Option<f64>,
    /// The median share of characters that replies changed in their drafts, in per cent.
    median_changed_percent: Option<f64>,
}

/// How a document or a product does that drafts rest on.
#[derive(Serialize, ToSchema)]
struct KnowledgeUse {
    item_id: Uuid,
    /// Whether it is a product.
    is_product: bool,
    /// None of one that was removed.
    title: Option<String>,
    /// Drafts that were judged and whose writer was given it.
    drafts: i64,
    /// Those of them that went out with more than a slight edit, were replaced by another text, or dismissed.
    not_good: i64,
    /// The mean share of characters that replies changed in them, in per cent.
    mean_changed_percent: Option<f64>,
}

/// Counts what operators did with drafts.
#[utoipa::path(get, path = "/quality/drafts", tag = "quality", params(QualityQuery),
    responses((status = OK, body = DraftQuality)))]
pub(crate) async fn draft_quality(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<QualityQuery>,
) -> Result<(Freshness, Json<DraftQuality>), ApiError> {
    let fresh = reading::at_least(&app, &caller, &MODELS, query.at_least.as_deref()).await?;
    let period = period(query.since, query.until)?;
    let tenant = caller.tenant();
    let total = lineage::figures(&app.db, tenant, period, By::All).await?.pop();
    let total = total.map(|group| group.figures).unwrap_or_default();
    Ok((
        fresh,
        Json(DraftQuality {
            since: period.since,
            until: period.until,
            total: total.into(),
            by_channel: groups(&app, tenant, period, By::Channel).await?,
            by_intent: groups(&app, tenant, period, By::Intent).await?,
            by_source: groups(&app, tenant, period, By::Source).await?,
            by_model: groups(&app, tenant, period, By::Model).await?,
            by_day: groups(&app, tenant, period, By::Day).await?,
            knowledge: lineage::items(&app.db, tenant, period, ITEMS)
                .await?
                .into_iter()
                .map(KnowledgeUse::from)
                .collect(),
        }),
    ))
}

async fn groups(
    app: &App,
    tenant: TenantId,
    period: Period,
    by: By,
) -> Result<Vec<DraftGroup>, ApiError> {
    let found = lineage::figures(&app.db, tenant, period, by).await?;
    Ok(found.into_iter().map(DraftGroup::from).collect())
}

/// Reads the period that is asked for.
pub(super) fn period(
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> Result<Period, ApiError> {
    let until = until.unwrap_or_else(Utc::now);
    let usual = || until.checked_sub_signed(TimeDelta::days(DAYS)).unwrap_or(until);
    let since = since.unwrap_or_else(usual);
    for (field, time) in [("until", until), ("since", since)] {
        if !is_storable(time) {
            let message = "так давно не было ни черновиков, ни ответов";
            return Err(ApiError::new(Code::BadQuery).field(field, message));
        }
    }
    if since >= until || until - since > TimeDelta::days(DAYS_MAX) {
        let message = format!("раньше конца периода, и не больше чем на {DAYS_MAX} дней");
        return Err(ApiError::new(Code::BadQuery).field("since", message));
    }
    Ok(Period { since, until })
}

impl From<Group> for DraftGroup {
    fn from(group: Group) -> Self {
        let Group { key, prompt_version, figures } = group;
        Self { key, prompt_version, figures: figures.into() }
    }
}

impl From<Figures> for DraftFigures {
    fn from(figures: Figures) -> Self {
        let Figures { accepted, edited, rewritten, without_draft, .. } = figures;
        let manual = rewritten + without_draft;
        let replies = accepted + edited + manual;
        let share = |part: i64| (replies > 0).then(|| tenths(1_000 * part / replies));
        Self {
            replies,
            accepted,
            edited,
            slightly_edited: figures.slightly_edited,
            rewritten,
            without_draft,
            dismissed: figures.dismissed,
            superseded: figures.superseded,
            unused: figures.unused,
            automatic: figures.automatic,
            in_bulk: figures.in_bulk,
            unmeasured: figures.unmeasured,
            accept_percent: share(accepted),
            edit_percent: share(edited),
            manual_percent: share(manual),
            median_changed_percent: figures.median_changed.map(|median| median / 10.0),
        }
    }
}

fn tenths(thousandths: i64) -> f64 {
    percent(i16::try_from(thousandths).unwrap_or(i16::MAX))
}

impl From<ItemUse> for KnowledgeUse {
    fn from(used: ItemUse) -> Self {
        Self {
            item_id: used.item_id,
            is_product: used.kind == "product",
            title: used.title,
            drafts: used.drafts,
            not_good: used.not_good,
            mean_changed_percent: used.mean_changed.map(|mean| mean.round() / 10.0),
        }
    }
}
