//! What buyers complain about, by product, and whether more than before.

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use projections::ReadModel;
use projections::topics;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{filter, period};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Query};
use crate::reading::{self, Freshness};
use crate::routes::words::{Channel, Marketplace};

/// Which complaints are counted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ComplaintsQuery {
    /// The first day, in the seller's zone.
    from: NaiveDate,
    /// The day after the last; 400 days after `from` at most.
    to: NaiveDate,
    /// Of this account.
    account_id: Option<Uuid>,
    /// Of this marketplace.
    marketplace: Option<Marketplace>,
    /// Of this channel.
    channel: Option<Channel>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// What buyers complained about in a period, and in as many days before it. Each number is the length of the list that
/// `/interactions` gives with `complaint=true`, the times of the period or of the days before as `written_since` and
/// `written_until`, and the topic's `intent` and the product's article where they are told by these.
#[derive(Serialize, ToSchema)]
pub(crate) struct Complaints {
    from: NaiveDate,
    to: NaiveDate,
    /// Where it is these days: a zone of the IANA database.
    zone: String,
    /// When the days before began.
    before_since: DateTime<Utc>,
    /// When the period began, and the days before ended.
    written_since: DateTime<Utc>,
    /// When it ended.
    written_until: DateTime<Utc>,
    /// All that buyers wrote, content or not.
    written: Trend,
    /// Complaints among them.
    complaints: Trend,
    /// The most frequent first.
    topics: Vec<ComplaintTopic>,
    /// Up to 50, the most complained about first. Complaints about no known product are in `topics` only.
    products: Vec<ComplainedProduct>,
}

/// How many there are.
#[derive(Serialize, ToSchema)]
struct Trend {
    /// In the period.
    count: i64,
    /// In as many days before it.
    before: i64,
}

/// Complaints that have an intent in common.
#[derive(Serialize, ToSchema)]
struct ComplaintTopic {
    /// What the buyers want, as in the inbox.
    intent: String,
    #[serde(flatten)]
    trend: Trend,
}

/// Complaints about a product.
#[derive(Serialize, ToSchema)]
struct ComplainedProduct {
    /// As the marketplace tells it.
    article: String,
    /// As it was told last; none where it never was.
    name: Option<String>,
    #[serde(flatten)]
    trend: Trend,
    /// The most frequent first.
    topics: Vec<ComplaintTopic>,
}

/// Counts what buyers complain about.
#[utoipa::path(get, path = "/interactions/metrics/complaints", tag = "quality", params(ComplaintsQuery),
    responses((status = OK, body = Complaints)))]
pub(crate) async fn complaints(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ComplaintsQuery>,
) -> Result<(Freshness, Json<Complaints>), ApiError> {
    let models = [ReadModel::Inbox];
    let fresh = reading::at_least(&app, &caller, &models, query.at_least.as_deref()).await?;
    let period = period(&app, caller.tenant(), query.from, query.to).await?;
    let filter = filter(query.account_id, query.marketplace, query.channel);
    let found = topics::complaints(&app.db, caller.tenant(), &period, filter).await?;
    let answer = Complaints {
        from: period.from,
        to: period.to,
        zone: period.zone.to_owned(),
        before_since: found.times.before,
        written_since: found.times.since,
        written_until: found.times.until,
        written: found.written.into(),
        complaints: found.complaints.into(),
        topics: found.topics.into_iter().map(ComplaintTopic::from).collect(),
        products: found.products.into_iter().map(ComplainedProduct::from).collect(),
    };
    Ok((fresh, Json(answer)))
}

impl From<topics::Count> for Trend {
    fn from(count: topics::Count) -> Self {
        Self { count: count.now, before: count.before }
    }
}

impl From<topics::Topic> for ComplaintTopic {
    fn from(topic: topics::Topic) -> Self {
        Self { intent: topic.intent, trend: topic.count.into() }
    }
}

impl From<topics::Product> for ComplainedProduct {
    fn from(product: topics::Product) -> Self {
        Self {
            article: product.article,
            name: product.name,
            trend: product.count.into(),
            topics: product.topics.into_iter().map(ComplaintTopic::from).collect(),
        }
    }
}
