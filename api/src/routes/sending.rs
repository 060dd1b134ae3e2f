//! Whether replies go out: the seller's kill switch, and what keeps them from going out.

pub(crate) mod status;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use commands::sending::{InstallationStop, lasting};
use domain::TenantId;
use domain::event::decode;
use domain::seller::{Seller, SellerCommand, SellerEvent};
use projections::{ReadModel, effects};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Query};
use crate::idempotency::CommandId;
use crate::reading;

/// Whether replies go out.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sending {
    /// The seller's own stop; none while it is not thrown.
    stop: Option<SendingStop>,
    /// The stop of the whole installation, which its operator ends.
    installation_stop: Option<SendingStop>,
    /// The database was restored from a backup: nothing goes out until it was read back what buyers have seen since.
    quarantine: Option<SendingQuarantine>,
    /// Replies that wait to be sent: held ones and those of another attempt among them.
    waiting: i64,
}

/// Nothing goes out to marketplaces.
#[derive(Serialize, ToSchema)]
pub(crate) struct SendingStop {
    /// Since when.
    since: DateTime<Utc>,
    /// Who stopped it: `user:<id>` or `system:<part>`; none of the installation's, whose operator is nobody here.
    by: Option<String>,
    /// Why, where that was said.
    reason: Option<String>,
}

/// The database was restored from a backup. It has forgotten replies that buyers have seen since.
#[derive(Serialize, ToSchema)]
pub(crate) struct SendingQuarantine {
    /// Since when.
    since: DateTime<Utc>,
    /// By what it was known, or what the operator says.
    reason: String,
    /// From then on it is known of every reply whether it is there; nothing goes out before, unless the operator wills.
    shown_by: Option<DateTime<Utc>>,
}

/// How fresh the answer is to be.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SendingQuery {
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// A stop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StopRequest {
    /// Why, for whoever finds it stopped. Kept for ever, so it names no buyer.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// Tells whether replies go out.
#[utoipa::path(get, path = "/sending", tag = "sending", params(SendingQuery),
    responses((status = OK, body = Sending)))]
pub(crate) async fn sending(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SendingQuery>,
) -> Result<Response, ApiError> {
    let models = [ReadModel::Effects];
    let fresh = reading::at_least(&app, &caller, &models, query.at_least.as_deref()).await?;
    Ok((fresh, read(&app, &caller).await?).into_response())
}

/// Lets nothing go out to marketplaces any more: 2 s after this answer no call begins that writes there. What waits is
/// kept, and what is under way is seen to its end. A stop that lasts stays as it is.
#[utoipa::path(post, path = "/sending/stop", tag = "sending", request_body = StopRequest,
    responses((status = OK, body = Sending)))]
pub(crate) async fn stop_sending(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<StopRequest>,
) -> Result<Json<Sending>, ApiError> {
    throw(&app, &caller, command_id, SellerCommand::StopSending { reason: body.reason }).await
}

/// Lets out what waits, once. While the whole installation is stopped, it waits on.
#[utoipa::path(post, path = "/sending/resume", tag = "sending",
    responses((status = OK, body = Sending)))]
pub(crate) async fn resume_sending(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
) -> Result<Json<Sending>, ApiError> {
    throw(&app, &caller, command_id, SellerCommand::ResumeSending).await
}

/// Throws the seller's switch, and answers with what stands then.
async fn throw(
    app: &App,
    caller: &Caller,
    command_id: Uuid,
    command: SellerCommand,
) -> Result<Json<Sending>, ApiError> {
    let context = caller.context(command_id);
    app.commands.execute::<Seller>(&context, caller.tenant(), command).await?;
    read(app, caller).await
}

async fn read(app: &App, caller: &Caller) -> Result<Json<Sending>, ApiError> {
    let tenant = caller.tenant();
    let (quarantines, stops): (Vec<_>, Vec<_>) =
        lasting(&app.db).await?.into_iter().partition(|stop| stop.is_quarantine);
    let told = |stop: InstallationStop| {
        let InstallationStop { stopped_at, reason, .. } = stop;
        SendingStop { since: stopped_at, by: None, reason: Some(reason) }
    };
    let quarantined = |stop: InstallationStop| {
        let InstallationStop { stopped_at, reason, shown_by, .. } = stop;
        SendingQuarantine { since: stopped_at, reason, shown_by }
    };
    Ok(Json(Sending {
        stop: own_stop(app, tenant).await?,
        installation_stop: stops.into_iter().next().map(told),
        quarantine: quarantines.into_iter().next().map(quarantined),
        waiting: effects::count_waiting(&app.db, tenant).await?,
    }))
}

/// Reads the seller's stop where it is written: whoever has just thrown the switch is not told how it stood before.
async fn own_stop(app: &App, tenant: TenantId) -> Result<Option<SendingStop>, ApiError> {
    let stored = app.log.load_stream(tenant, tenant.into(), 0).await?;
    let mut stop = None;
    for stored in stored.into_iter().filter(|stored| stored.event_type.starts_with("Sending")) {
        let (since, by) = (stored.recorded_at, stored.actor.clone());
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            if let SellerEvent::SendingStopped { reason } = event {
                stop = Some(SendingStop { since, by: by.clone(), reason });
            } else if event == SellerEvent::SendingResumed {
                stop = None;
            }
        }
    }
    Ok(stop)
}
