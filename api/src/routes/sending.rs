//! Whether replies go out: the seller's kill switch, and what keeps them from going out.

pub(crate) mod status;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use commands::sending::{InstallationStop, installation_stop};
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
    let everywhere = installation_stop(&app.db).await?;
    let told = |stop: InstallationStop| {
        let InstallationStop { stopped_at, reason, .. } = stop;
        SendingStop { since: stopped_at, by: None, reason: Some(reason) }
    };
    Ok(Json(Sending {
        stop: own_stop(app, tenant).await?,
        installation_stop: everywhere.map(told),
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
