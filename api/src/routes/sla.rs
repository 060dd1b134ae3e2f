//! What a seller settles about deadlines.

pub(crate) mod policy;
pub(crate) mod what_if;

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::event::decode;
use domain::seller::{Seller, SellerCommand, SellerEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::policy::Sla;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;
use crate::idempotency::CommandId;
use crate::why::People;

/// Most changes that are told: older ones are in the feed.
const CHANGES_MAX: usize = 100;

/// What is wanted of deadlines now.
#[derive(Serialize, ToSchema)]
pub(crate) struct SlaInForce {
    /// Counted from 1 with every change; 0 is the default.
    version: u32,
    sla: Sla,
}

/// What is to be wanted of deadlines.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaChange {
    /// The version that was read before the change: whoever comes second is told.
    #[schema(minimum = 0)]
    replaces: u32,
    sla: Sla,
}

/// Changes of what is wanted of deadlines.
#[derive(Serialize, ToSchema)]
pub(crate) struct SlaHistory {
    /// Newest first, up to 100. To go back to one, it is saved as a new version.
    items: Vec<SlaVersion>,
}

/// A change of what is wanted of deadlines.
#[derive(Serialize, ToSchema)]
struct SlaVersion {
    /// Counted from 1.
    version: u32,
    changed_at: DateTime<Utc>,
    /// Who changed it: `user:<id>`.
    changed_by: Option<String>,
    /// Who that is, in the user's words.
    who: String,
    /// What was wanted from then on.
    sla: Sla,
}

/// Reads what is wanted of deadlines.
#[utoipa::path(get, path = "/seller/sla", tag = "seller", responses((status = OK, body = SlaInForce)))]
pub(crate) async fn sla(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SlaInForce>, ApiError> {
    read(&app, &caller).await
}

/// Replaces what is wanted of deadlines; 409 when it is no longer of the version that was read.
#[utoipa::path(put, path = "/seller/sla", tag = "seller", request_body = SlaChange,
    responses((status = OK, body = SlaInForce)))]
pub(crate) async fn change_sla(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<SlaChange>,
) -> Result<Json<SlaInForce>, ApiError> {
    let SlaChange { replaces, sla } = body;
    let command = SellerCommand::ChangeSla { replaces, sla: sla.asked()? };
    let context = caller.context(command_id);
    app.commands.execute::<Seller>(&context, caller.tenant(), command).await?;
    read(&app, &caller).await
}

/// Tells who changed what is wanted of deadlines when, and to what.
#[utoipa::path(get, path = "/seller/sla/history", tag = "seller",
    responses((status = OK, body = SlaHistory)))]
pub(crate) async fn sla_history(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SlaHistory>, ApiError> {
    let people = People::read(&app.db, caller.tenant()).await?;
    let stored = app.log.load_stream(caller.tenant(), caller.tenant().into(), 0).await?;
    let mut items = Vec::new();
    for stored in stored {
        let (changed_at, changed_by) = (stored.recorded_at, stored.actor.clone());
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            if let SellerEvent::SlaChanged { version, sla } = event {
                let who = people.name(changed_by.as_deref());
                let (changed_by, sla) = (changed_by.clone(), Sla::from(&sla));
                items.push(SlaVersion { version, changed_at, changed_by, who, sla });
            }
        }
    }
    items.reverse();
    items.truncate(CHANGES_MAX);
    Ok(Json(SlaHistory { items }))
}

async fn read(app: &App, caller: &Caller) -> Result<Json<SlaInForce>, ApiError> {
    let (version, sla) = app.commands.sla(caller.tenant()).await?;
    Ok(Json(SlaInForce { version, sla: Sla::from(&sla) }))
}
