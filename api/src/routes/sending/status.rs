//! How sending goes: what is under way, what became of the last day's replies, and why the last hour's failed.

use axum::extract::State;
use projections::failures;
use projections::sending::{LastDay, UnderWay, last_day, under_way};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;
use crate::routes::alerts::FailureCause;

/// How sending goes.
#[derive(Serialize, ToSchema)]
pub(crate) struct SendingStatus {
    now: SendingNow,
    last_24_hours: SendingLately,
    /// Replies that failed within the last hour, the most frequent reason first: what alerts look at.
    failed_last_hour: Vec<FailureCause>,
}

/// Interactions by how far their replies have come.
#[derive(Serialize, ToSchema)]
struct SendingNow {
    /// To be sent, another attempt among them.
    waiting: i64,
    /// Held until their time.
    held: i64,
    /// Of unknown outcome, being read back.
    checking: i64,
    /// Accepted, and not seen at the marketplace yet.
    unconfirmed: i64,
    /// Failed, and nothing stands there instead.
    failed: i64,
    /// Refused by moderation, and nothing stands there instead.
    rejected: i64,
}

/// Replies by how far they have come.
#[derive(Serialize, ToSchema)]
struct SendingLately {
    /// Asked for.
    asked: i64,
    /// Held, to be sent or of unknown outcome.
    open: i64,
    /// Accepted, and not seen at the marketplace yet.
    sent: i64,
    /// Seen at the marketplace.
    published: i64,
    /// Failed for good.
    failed: i64,
    /// Refused by moderation.
    rejected: i64,
    /// Taken back.
    cancelled: i64,
}

/// Tells how sending goes.
#[utoipa::path(get, path = "/sending/status", tag = "sending",
    responses((status = OK, body = SendingStatus)))]
pub(crate) async fn sending_status(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SendingStatus>, ApiError> {
    let tenant = caller.tenant();
    let failed = failures::of_seller(&app.db, tenant).await?;
    Ok(Json(SendingStatus {
        now: under_way(&app.db, tenant).await?.into(),
        last_24_hours: last_day(&app.db, tenant).await?.into(),
        failed_last_hour: failed.into_iter().map(FailureCause::from).collect(),
    }))
}

impl From<UnderWay> for SendingNow {
    fn from(counts: UnderWay) -> Self {
        let UnderWay { waiting, held, checking, unconfirmed, failed, rejected } = counts;
        Self { waiting, held, checking, unconfirmed, failed, rejected }
    }
}

impl From<LastDay> for SendingLately {
    fn from(counts: LastDay) -> Self {
        let LastDay { asked, open, sent, published, failed, rejected, cancelled } = counts;
        Self { asked, open, sent, published, failed, rejected, cancelled }
    }
}
