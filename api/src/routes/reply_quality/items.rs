//! The interactions behind a number.

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use domain::interaction::SendFailure;
use projections::ReadModel;
use projections::metric::{self, Among, By, Item, PageKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::words::{AnsweredBy, MetricBy, QualityMetric};
use super::{filter, period};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Query};
use crate::reading::{self, Freshness};
use crate::reply::percent;
use crate::routes::page::{List, PageCursor, Place};
use crate::routes::quality::list::rows;
use crate::routes::words::{Channel, DraftOutcome, Intent, Marketplace};

/// Which interactions are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MeasuredQuery {
    /// The first day, in the seller's zone.
    from: NaiveDate,
    /// The day after the last; 400 days after `from` at most.
    to: NaiveDate,
    /// What counts them.
    #[param(inline)]
    metric: QualityMetric,
    /// The cause of a failure; only with `metric=failed`.
    #[param(max_length = 40)]
    cause: Option<String>,
    /// What their group has in common; all of them without it.
    #[param(inline)]
    by: Option<MetricBy>,
    /// The group's key; the group of those that lack one without it.
    #[param(max_length = 200)]
    key: Option<String>,
    /// Of this account.
    account_id: Option<Uuid>,
    /// Of this marketplace.
    marketplace: Option<Marketplace>,
    /// Of this channel.
    channel: Option<Channel>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// A page of interactions that a number counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeasuredPage {
    items: Vec<Measured>,
    /// Where the next page begins; none after the last.
    next: Option<String>,
}

/// An interaction that a number counts.
#[derive(Serialize, ToSchema)]
struct Measured {
    interaction_id: Uuid,
    /// The time at which it is counted.
    at: DateTime<Utc>,
    account_id: Uuid,
    #[schema(value_type = Marketplace)]
    marketplace: String,
    #[schema(value_type = Channel)]
    channel: String,
    /// Empty where it is not known.
    product_article: String,
    product_name: String,
    rating: Option<i16>,
    /// What the buyer wanted, as the draft's writer read it.
    #[schema(value_type = Option<Intent>)]
    intent: Option<String>,
    /// When the first answer stood.
    answered_at: Option<DateTime<Utc>>,
    /// By whom that was.
    #[schema(value_type = Option<AnsweredBy>)]
    answered_by: Option<String>,
    /// Who asked for it: `user:<id>`.
    operator: Option<String>,
    #[schema(value_type = Option<DraftOutcome>)]
    outcome: Option<String>,
    /// The share of characters that the answer changed in the draft, in per cent.
    #[schema(minimum = 0, maximum = 100)]
    changed_percent: Option<f64>,
    /// From the buyer's words to the answer, in seconds.
    waited_seconds: Option<i64>,
    /// From when they were read here to the answer, in seconds.
    handled_seconds: Option<i64>,
    /// By when an answer was promised.
    answer_by: Option<DateTime<Utc>>,
    /// None of one who was erased.
    buyer_name: Option<String>,
    /// Beginning of the buyer's words; empty when the buyer was erased.
    preview: String,
}

/// Lists interactions that a number counts, those counted last first.
#[utoipa::path(get, path = "/interactions/metrics/quality/items", tag = "quality", params(MeasuredQuery),
    responses((status = OK, body = MeasuredPage)))]
pub(crate) async fn reply_quality_items(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<MeasuredQuery>,
) -> Result<(Freshness, Json<MeasuredPage>), ApiError> {
    let models = [ReadModel::Metric, ReadModel::Inbox];
    let fresh = reading::at_least(&app, &caller, &models, query.at_least.as_deref()).await?;
    let tenant = caller.tenant();
    if query.key.is_some() && query.by.is_none() {
        return Err(ApiError::new(Code::BadQuery).field("key", "задаётся вместе с by"));
    }
    if query.key.as_ref().is_some_and(|key| key.contains('\0')) {
        return Err(ApiError::new(Code::BadQuery).field("key", "такого ключа не бывает"));
    }
    let among = Among {
        name: name(query.metric, query.cause.as_deref())?,
        period: period(&app, tenant, query.from, query.to).await?,
        filter: filter(query.account_id, query.marketplace, query.channel),
        group: query.by.map(|by| (By::from(by), query.key)),
    };
    let place = query
        .after
        .as_deref()
        .map(|text| PageCursor::read(text, tenant, List::Measured))
        .transpose()?;
    let after = place.map(|place| PageKey { at: place.occurred_at, interaction_id: place.id });
    let page = metric::items(&app.db, tenant, &among, after, rows(query.limit)?).await?;
    let next = page.next.map(|key| {
        let place = Place::new(key.at, key.interaction_id);
        PageCursor { tenant, list: List::Measured, place }.to_string()
    });
    let items = page.rows.into_iter().map(Measured::from).collect();
    Ok((fresh, Json(MeasuredPage { items, next })))
}

/// Names what is counted.
fn name(metric: QualityMetric, cause: Option<&str>) -> Result<String, ApiError> {
    match (metric, cause) {
        (QualityMetric::Failed, Some(cause)) => {
            let known = cause.parse::<SendFailure>().map(metric::failed_by);
            known.map_err(|_| ApiError::new(Code::BadQuery).field("cause", "такой причины нет"))
        }
        (metric, None) => Ok(<&str>::from(metric).to_owned()),
        (_, Some(_)) => {
            let message = "задаётся только вместе с metric=failed";
            Err(ApiError::new(Code::BadQuery).field("cause", message))
        }
    }
}

impl From<Item> for Measured {
    fn from(item: Item) -> Self {
        Self {
            interaction_id: item.interaction_id,
            at: item.at,
            account_id: item.account_id,
            marketplace: item.marketplace,
            channel: item.channel,
            product_article: item.product_article,
            product_name: item.product_name.unwrap_or_default(),
            rating: item.rating,
            intent: item.intent,
            answered_at: item.answered_at,
            answered_by: item.answered_by,
            operator: item.operator,
            outcome: item.outcome,
            changed_percent: item.changed.map(percent),
            waited_seconds: item.waited_seconds,
            handled_seconds: item.handled_seconds,
            answer_by: item.answer_by,
            buyer_name: item.buyer_name,
            preview: item.preview.unwrap_or_default(),
        }
    }
}
