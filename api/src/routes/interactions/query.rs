//! What one may ask of the list.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use domain::value;
use projections::inbox::{Filter, Order};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Code};
use crate::routes::words::{
    Channel, Intent, InteractionStatus, Marketplace, Priority, ReplyState, Sentiment,
};

/// Rows of a page unless asked otherwise.
pub(super) const PAGE_ROWS: i64 = 50;

/// Rows of a page at most.
pub(super) const PAGE_ROWS_MAX: i64 = 200;

/// Furthest that one may look ahead, in minutes: a year, beyond any deadline.
const DUE_WITHIN_MINUTES_MAX: u32 = 525_600;

/// The longest article that is looked for, in characters.
const ARTICLE_CHARS_MAX: usize = 200;

/// Which interactions are asked for, and how.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// With this status.
    status: Option<InteractionStatus>,
    /// With the newest version of the reply in this state, held and cancelled ones apart.
    reply_state: Option<ReplyState>,
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
    /// Of this priority.
    priority: Option<Priority>,
    /// With this intent.
    intent: Option<Intent>,
    /// With this sentiment.
    sentiment: Option<Sentiment>,
    /// Whether the buyer waits and was to be answered by now.
    breached: Option<bool>,
    /// With a buyer who waits and is to be answered within so many minutes, or was to be answered before; up to 525600, a
    /// year.
    #[param(minimum = 0, maximum = 525_600)]
    due_within_minutes: Option<u32>,
    /// About the product with this article, as the marketplace tells it.
    product: Option<String>,
    /// Whether the buyer complains: is not content, or names something that is wrong with what they bought.
    complaint: Option<bool>,
    /// Written at this time or later, such as `2026-03-01T12:00:00Z`.
    written_since: Option<DateTime<Utc>>,
    /// Written before this time.
    written_until: Option<DateTime<Utc>>,
    /// The latest first, the longest waiting first, or what is to be answered soonest first.
    #[serde(default)]
    #[param(inline)]
    pub(super) order: PageOrder,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<i64>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    pub(super) at_least: Option<String>,
    /// A cursor of the feed, or a time such as `2026-03-01T12:00:00Z`: answers as at that moment. Not with `at_least`.
    pub(super) as_of: Option<String>,
}

/// Which interactions are counted. Repeats the list's fields: flattened into both, they would lose their types in a
/// query string.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountsQuery {
    /// With this status.
    status: Option<InteractionStatus>,
    /// With the newest version of the reply in this state, held and cancelled ones apart.
    reply_state: Option<ReplyState>,
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
    /// Of this priority.
    priority: Option<Priority>,
    /// With this intent.
    intent: Option<Intent>,
    /// With this sentiment.
    sentiment: Option<Sentiment>,
    /// Whether the buyer waits and was to be answered by now.
    breached: Option<bool>,
    /// With a buyer who waits and is to be answered within so many minutes, or was to be answered before; up to 525600, a
    /// year.
    #[param(minimum = 0, maximum = 525_600)]
    due_within_minutes: Option<u32>,
    /// About the product with this article, as the marketplace tells it.
    product: Option<String>,
    /// Whether the buyer complains: is not content, or names something that is wrong with what they bought.
    complaint: Option<bool>,
    /// Written at this time or later, such as `2026-03-01T12:00:00Z`.
    written_since: Option<DateTime<Utc>>,
    /// Written before this time.
    written_until: Option<DateTime<Utc>>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    pub(super) at_least: Option<String>,
    /// A cursor of the feed, or a time such as `2026-03-01T12:00:00Z`: answers as at that moment. Not with `at_least`.
    pub(super) as_of: Option<String>,
}

/// Which interactions are to be answered: those that a list with the same parameters shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemsFilter {
    /// With this status.
    status: Option<InteractionStatus>,
    /// With the newest version of the reply in this state, held and cancelled ones apart.
    reply_state: Option<ReplyState>,
    /// Of this channel.
    channel: Option<Channel>,
    /// Of this marketplace.
    marketplace: Option<Marketplace>,
    /// Of this account.
    account_id: Option<Uuid>,
    /// With any of these ratings, separated by commas.
    #[schema(example = "1,2", pattern = "^[1-5](,[1-5])*$")]
    rating: Option<String>,
    /// Whether an answer is needed.
    needs_response: Option<bool>,
    /// Of this priority.
    priority: Option<Priority>,
    /// With this intent.
    intent: Option<Intent>,
    /// With this sentiment.
    sentiment: Option<Sentiment>,
    /// Whether the buyer waits and was to be answered by now.
    breached: Option<bool>,
    /// With a buyer who waits and is to be answered within so many minutes, or was to be answered before; up to 525600, a
    /// year.
    #[schema(minimum = 0, maximum = 525_600)]
    due_within_minutes: Option<u32>,
    /// About the product with this article, as the marketplace tells it.
    product: Option<String>,
    /// Whether the buyer complains: is not content, or names something that is wrong with what they bought.
    complaint: Option<bool>,
    /// Written at this time or later, such as `2026-03-01T12:00:00Z`.
    written_since: Option<DateTime<Utc>>,
    /// Written before this time.
    written_until: Option<DateTime<Utc>>,
}

/// How fresh an answer must be.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FreshnessQuery {
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    pub(crate) at_least: Option<String>,
    /// A cursor of the feed, or a time such as `2026-03-01T12:00:00Z`: answers as at that moment. Not with `at_least`.
    pub(crate) as_of: Option<String>,
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
    /// What is to be answered soonest first, and last what is not to be answered by any time.
    Deadline,
}

impl ListQuery {
    pub(super) fn filter(&self, now: DateTime<Utc>) -> Result<Filter, ApiError> {
        Ok(Filter {
            statuses: one(self.status),
            reply_states: one(self.reply_state),
            channels: one(self.channel),
            marketplaces: one(self.marketplace),
            account_id: self.account_id,
            ratings: ratings(self.rating.as_deref())?,
            needs_response: self.needs_response,
            priorities: rank(self.priority),
            intents: one(self.intent),
            sentiments: one(self.sentiment),
            breached: self.breached,
            due_by: due_by(self.due_within_minutes, now)?,
            product: product(self.product.as_deref())?,
            complaint: self.complaint,
            since: written("written_since", self.written_since)?,
            until: written("written_until", self.written_until)?,
        })
    }
}

impl CountsQuery {
    pub(super) fn filter(&self, now: DateTime<Utc>) -> Result<Filter, ApiError> {
        Ok(Filter {
            statuses: one(self.status),
            reply_states: one(self.reply_state),
            channels: one(self.channel),
            marketplaces: one(self.marketplace),
            account_id: self.account_id,
            ratings: ratings(self.rating.as_deref())?,
            needs_response: self.needs_response,
            priorities: rank(self.priority),
            intents: one(self.intent),
            sentiments: one(self.sentiment),
            breached: self.breached,
            due_by: due_by(self.due_within_minutes, now)?,
            product: product(self.product.as_deref())?,
            complaint: self.complaint,
            since: written("written_since", self.written_since)?,
            until: written("written_until", self.written_until)?,
        })
    }
}

impl ItemsFilter {
    pub(crate) fn filter(&self, now: DateTime<Utc>) -> Result<Filter, ApiError> {
        Ok(Filter {
            statuses: one(self.status),
            reply_states: one(self.reply_state),
            channels: one(self.channel),
            marketplaces: one(self.marketplace),
            account_id: self.account_id,
            ratings: ratings(self.rating.as_deref())?,
            needs_response: self.needs_response,
            priorities: rank(self.priority),
            intents: one(self.intent),
            sentiments: one(self.sentiment),
            breached: self.breached,
            due_by: due_by(self.due_within_minutes, now)?,
            product: product(self.product.as_deref())?,
            complaint: self.complaint,
            since: written("written_since", self.written_since)?,
            until: written("written_until", self.written_until)?,
        })
    }
}

impl From<PageOrder> for Order {
    fn from(order: PageOrder) -> Self {
        match order {
            PageOrder::Newest => Self::Newest,
            PageOrder::Oldest => Self::Oldest,
            PageOrder::Deadline => Self::Deadline,
        }
    }
}

fn one(word: Option<impl Into<&'static str>>) -> Vec<String> {
    word.map(|word| word.into().to_owned()).into_iter().collect()
}

fn rank(priority: Option<Priority>) -> Vec<i16> {
    priority.map(|word| i16::from(value::Priority::from(word).rank())).into_iter().collect()
}

/// Says by when is within so many minutes.
fn due_by(minutes: Option<u32>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ApiError> {
    let Some(minutes) = minutes else { return Ok(None) };
    if minutes > DUE_WITHIN_MINUTES_MAX {
        let detail = format!("допустимо от 0 до {DUE_WITHIN_MINUTES_MAX}");
        return Err(ApiError::new(Code::BadQuery).field("due_within_minutes", detail));
    }
    Ok(Some(now + TimeDelta::minutes(minutes.into())))
}

/// Reads a product's article.
fn product(text: Option<&str>) -> Result<Option<String>, ApiError> {
    let is_one = |text: &str| {
        (1..=ARTICLE_CHARS_MAX).contains(&text.chars().count()) && !text.contains('\0')
    };
    match text {
        Some(text) if !is_one(text) => {
            let message = format!("артикул: от 1 до {ARTICLE_CHARS_MAX} символов");
            Err(ApiError::new(Code::BadQuery).field("product", message))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// Reads a time that the database knows.
fn written(
    field: &'static str,
    time: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, ApiError> {
    match time {
        Some(time) if !(1..=9999).contains(&time.year()) => {
            Err(ApiError::new(Code::BadQuery).field(field, "год от 1 до 9999"))
        }
        time => Ok(time),
    }
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
pub(crate) fn limit(asked: Option<i64>, usual: i64, max: i64) -> Result<i64, ApiError> {
    let limit = asked.unwrap_or(usual);
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::new(Code::BadQuery).field("limit", format!("допустимо от 1 до {max}")))
}
