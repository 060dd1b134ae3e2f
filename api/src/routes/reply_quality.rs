//! How well interactions were answered, in numbers, each of which has its list. What each of them counts is in
//! `docs/metrics.md`.

pub(crate) mod closed;
pub(crate) mod complaints;
pub(crate) mod export;
pub(crate) mod items;
mod words;

use axum::extract::State;
use chrono::{Datelike as _, NaiveDate, TimeDelta};
use domain::interaction::SendFailure;
use domain::{AccountId, TenantId};
use projections::ReadModel;
use projections::metric::{self, By, Figures, Filter, Group, Metric, Numbers, Period};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::words::MetricBy;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Query};
use crate::reading::{self, Freshness};
use crate::reply::percent;
use crate::routes::words::{Channel, Marketplace};
use crate::why::People;

/// The longest period, in days: a year and the month before it, to compare with.
const DAYS_MAX: i64 = 400;

/// Which interactions are counted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReplyQualityQuery {
    /// The first day, in the seller's zone.
    from: NaiveDate,
    /// The day after the last; 400 days after `from` at most.
    to: NaiveDate,
    /// What groups have in common; no groups without it.
    #[param(inline)]
    by: Option<MetricBy>,
    /// Of this account.
    account_id: Option<Uuid>,
    /// Of this marketplace.
    marketplace: Option<Marketplace>,
    /// Of this channel.
    channel: Option<Channel>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// How well interactions were answered within a period. Every count is the length of the list that
/// `/interactions/metrics/quality/items` gives for it: of this period and filter, with the key of its group, and with
/// the `metric` that bears the count's name, or is named beside it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplyQuality {
    from: NaiveDate,
    to: NaiveDate,
    /// Where it is these days: a zone of the IANA database.
    zone: String,
    /// The version of the definitions in `docs/metrics.md`.
    version: u32,
    total: ReplyFigures,
    /// Up to 500, those with most answers first; days in their order. Days without anything are left out.
    groups: Vec<ReplyGroup>,
}

/// Figures of interactions that have something in common.
#[derive(Serialize, ToSchema)]
struct ReplyGroup {
    /// What they have in common, as asked for; none of those that lack it.
    key: Option<String>,
    /// Of an operator, who that is, in the user's words.
    who: Option<String>,
    figures: ReplyFigures,
}

/// How many interactions there are of each kind, and how long their buyers waited.
#[derive(Serialize, ToSchema)]
struct ReplyFigures {
    /// Those whose buyer's first words have an answer that stands.
    answered: i64,
    /// Those answered from here.
    answered_here: i64,
    /// Those answered elsewhere.
    answered_elsewhere: i64,
    /// Those answered with one text for many that is not their draft.
    in_bulk: i64,
    /// Those of which it was not kept how far the answer was from its draft.
    unmeasured: i64,
    /// Those answered with the draft as it was, of `judged`.
    accepted: Rate,
    /// Those answered with the draft and an edit, of `judged`.
    edited: Rate,
    /// Those answered with another text than the draft, or without one, of `judged`.
    manual: Rate,
    /// Those answered by nobody but the seller's rules, of `answered_here`.
    automatic: Rate,
    /// Those answered by when it was promised, of `sla_due`.
    sla_met: Rate,
    /// Those not answered by then, of `sla_due`.
    sla_missed: Rate,
    /// From the buyer's words to the answer, in seconds, of `timed`.
    first_answer_seconds: Seconds,
    /// From when the words were read here to the answer, in seconds, of `answered_here`.
    handling_seconds: Seconds,
    /// The share of characters that answers changed in their drafts, in per cent, of `measured`.
    changed_percent: Shares,
    /// Those of which moderation refused a reply.
    refused: i64,
    /// Those of which it was not known for a while whether an attempt to send took effect.
    unknown: i64,
    /// Those of which a person had to look whether a reply stands.
    in_doubt: i64,
    /// Those of which an attempt to send failed.
    failed: i64,
    /// The same by cause, those without any left out: one may have failed for several.
    failures: Vec<FailedBy>,
}

/// A part of a whole; both have their lists.
#[derive(Serialize, ToSchema)]
struct Rate {
    count: i64,
    of: i64,
    /// In per cent; none of nothing.
    percent: Option<f64>,
}

/// How long it took.
#[derive(Serialize, ToSchema)]
struct Seconds {
    /// How many were measured.
    of: i64,
    /// Half of them took no longer.
    p50: Option<i64>,
    /// Nine tenths of them took no longer.
    p90: Option<i64>,
}

/// How much was changed.
#[derive(Serialize, ToSchema)]
struct Shares {
    /// How many were measured.
    of: i64,
    /// In half of them no more was changed.
    p50: Option<f64>,
    /// In nine tenths of them no more was changed.
    p90: Option<f64>,
}

/// Interactions of which an attempt to send failed for one cause: the metric `failed` with this `cause`.
#[derive(Serialize, ToSchema)]
struct FailedBy {
    /// As in the feed: `unauthorized`, `no_right`, …
    cause: String,
    count: i64,
}

/// Counts how well interactions were answered.
#[utoipa::path(get, path = "/interactions/metrics/quality", tag = "quality", params(ReplyQualityQuery),
    responses((status = OK, body = ReplyQuality)))]
pub(crate) async fn reply_quality(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ReplyQualityQuery>,
) -> Result<(Freshness, Json<ReplyQuality>), ApiError> {
    let models = [ReadModel::Metric];
    let fresh = reading::at_least(&app, &caller, &models, query.at_least.as_deref()).await?;
    let tenant = caller.tenant();
    let period = period(&app, tenant, query.from, query.to).await?;
    let filter = filter(query.account_id, query.marketplace, query.channel);
    let Numbers { total, groups } =
        metric::figures(&app.db, tenant, &period, filter, query.by.map(By::from)).await?;
    let people = match query.by {
        Some(MetricBy::Operator) => Some(People::read(&app.db, tenant).await?),
        Some(_) | None => None,
    };
    let answer = ReplyQuality {
        from: period.from,
        to: period.to,
        zone: period.zone.to_owned(),
        version: metric::VERSION,
        total: ReplyFigures::from(&total),
        groups: groups.into_iter().map(|group| ReplyGroup::new(group, people.as_ref())).collect(),
    };
    Ok((fresh, Json(answer)))
}

/// Reads the period that is asked for; its days are those of the seller's zone.
async fn period(
    app: &App,
    tenant: TenantId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Period, ApiError> {
    checked_years(&[("from", from), ("to", to)])?;
    if from >= to || to.signed_duration_since(from) > TimeDelta::days(DAYS_MAX) {
        let message = format!("раньше `to`, и не больше чем на {DAYS_MAX} дней");
        return Err(ApiError::new(Code::BadQuery).field("from", message));
    }
    let (_, sla) = app.commands.sla(tenant).await?;
    Ok(Period { from, to, zone: sla.hours.zone.name() })
}

/// Refuses days that the database has no words for.
fn checked_years(days: &[(&'static str, NaiveDate)]) -> Result<(), ApiError> {
    match days.iter().find(|(_, day)| !(1..=9999).contains(&day.year())) {
        Some((field, _)) => Err(ApiError::new(Code::BadQuery).field(*field, "год от 1 до 9999")),
        None => Ok(()),
    }
}

fn filter(
    account: Option<Uuid>,
    marketplace: Option<Marketplace>,
    channel: Option<Channel>,
) -> Filter {
    Filter {
        account: account.map(AccountId),
        marketplace: marketplace.map(domain::Marketplace::from),
        channel: channel.map(domain::Channel::from),
    }
}

impl ReplyGroup {
    fn new(group: Group, people: Option<&People>) -> Self {
        let Group { key, figures } = group;
        let who = people.and_then(|people| Some(people.name(Some(key.as_deref()?))));
        Self { key, who, figures: ReplyFigures::from(&figures) }
    }
}

impl From<&Figures> for ReplyFigures {
    fn from(figures: &Figures) -> Self {
        let count = |metric| figures.of(metric).count;
        let rate = |metric, of| Rate::new(count(metric), count(of));
        let seconds = |metric| {
            let figure = figures.of(metric);
            Seconds { of: figure.count, p50: figure.p50, p90: figure.p90 }
        };
        let measured = figures.of(Metric::Measured);
        let share = |thousandths: i64| percent(i16::try_from(thousandths).unwrap_or(i16::MAX));
        let failed_by = |cause: SendFailure| {
            let count = figures.named(&metric::failed_by(cause)).count;
            let cause = <&str>::from(cause).to_owned();
            (count > 0).then_some(FailedBy { cause, count })
        };
        Self {
            answered: count(Metric::Answered),
            answered_here: count(Metric::AnsweredHere),
            answered_elsewhere: count(Metric::AnsweredElsewhere),
            in_bulk: count(Metric::InBulk),
            unmeasured: count(Metric::Unmeasured),
            accepted: rate(Metric::Accepted, Metric::Judged),
            edited: rate(Metric::Edited, Metric::Judged),
            manual: rate(Metric::Manual, Metric::Judged),
            automatic: rate(Metric::Automatic, Metric::AnsweredHere),
            sla_met: rate(Metric::SlaMet, Metric::SlaDue),
            sla_missed: rate(Metric::SlaMissed, Metric::SlaDue),
            first_answer_seconds: seconds(Metric::Timed),
            handling_seconds: seconds(Metric::AnsweredHere),
            changed_percent: Shares {
                of: measured.count,
                p50: measured.p50.map(share),
                p90: measured.p90.map(share),
            },
            refused: count(Metric::Refused),
            unknown: count(Metric::Unknown),
            in_doubt: count(Metric::InDoubt),
            failed: count(Metric::Failed),
            failures: SendFailure::VARIANTS.iter().copied().filter_map(failed_by).collect(),
        }
    }
}

impl Rate {
    fn new(count: i64, of: i64) -> Self {
        let thousandths = (of > 0).then(|| i16::try_from(1_000 * count / of).unwrap_or(i16::MAX));
        Self { count, of, percent: thousandths.map(percent) }
    }
}
