//! A week as it was known soon after its end, beside what is known of it now.

use axum::extract::State;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use projections::metric::weeks::{self, ChangedItem, ClosedWeek as Kept};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{ReplyFigures, checked_years};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Query};

/// Most interactions that are listed.
const LISTED: usize = 200;

/// Which week.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClosedWeekQuery {
    /// Its first day, a Monday.
    from: NaiveDate,
}

/// What is known of how a week was known.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClosedWeekAnswer {
    /// None where the week was not closed: it goes on, was over before the seller was here, or was not counted in time.
    week: Option<ClosedWeek>,
}

/// A week as it was known soon after its end, and as it is known now.
#[derive(Serialize, ToSchema)]
struct ClosedWeek {
    from: NaiveDate,
    to: NaiveDate,
    /// In which zone its days were.
    zone: String,
    /// The version of the definitions that it was counted by.
    version: u32,
    /// Up to when what was known is in `then`.
    closed_at: DateTime<Utc>,
    then: ReplyFigures,
    now: ReplyFigures,
    /// How many interactions are counted otherwise now.
    changed: usize,
    /// Those interactions, up to 200.
    items: Vec<ChangedInteraction>,
}

/// An interaction that is counted otherwise than when the week was closed.
#[derive(Serialize, ToSchema)]
struct ChangedInteraction {
    interaction_id: Uuid,
    /// Metrics that count it now and did not.
    gained: Vec<String>,
    /// Metrics that counted it and do not now.
    lost: Vec<String>,
    /// It was read here only after the week was closed.
    read_later: bool,
    /// Its times, or how far it is from its draft, are told otherwise.
    measured_otherwise: bool,
}

/// Tells how a week was known soon after its end, and what has become known of it since.
#[utoipa::path(get, path = "/interactions/metrics/quality/closed", tag = "quality", params(ClosedWeekQuery),
    responses((status = OK, body = ClosedWeekAnswer)))]
pub(crate) async fn closed_week(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ClosedWeekQuery>,
) -> Result<Json<ClosedWeekAnswer>, ApiError> {
    checked_years(&[("from", query.from)])?;
    let kept = weeks::closed(&app.db, caller.tenant(), query.from).await?;
    Ok(Json(ClosedWeekAnswer { week: kept.map(ClosedWeek::from) }))
}

impl From<Kept> for ClosedWeek {
    fn from(kept: Kept) -> Self {
        Self {
            from: kept.monday,
            to: kept.monday + TimeDelta::days(7),
            zone: kept.zone,
            version: kept.version,
            closed_at: kept.closed_at,
            then: ReplyFigures::from(&kept.then),
            now: ReplyFigures::from(&kept.now),
            changed: kept.changed.len(),
            items: kept.changed.into_iter().take(LISTED).map(ChangedInteraction::from).collect(),
        }
    }
}

impl From<ChangedItem> for ChangedInteraction {
    fn from(item: ChangedItem) -> Self {
        let ChangedItem { interaction_id, gained, lost, .. } = item;
        Self {
            interaction_id,
            gained,
            lost,
            read_later: item.is_read_later,
            measured_otherwise: item.is_measured_otherwise,
        }
    }
}
