//! What the guardrails have against a text, before anybody asks for it to be sent.

use axum::extract::State;
use domain::InteractionId;
use domain::guardrail::VERSION;
use domain::interaction::Interaction;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Path};
use crate::guardrail::{self, Found, Violation};

/// A text that may become a reply.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckRequest {
    /// The text as it stands.
    #[schema(min_length = 0, max_length = 5000)]
    text: String,
}

/// What the guardrails have against a text.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplyCheck {
    /// The version of the rules.
    version: u32,
    /// The version of what the seller adds to them; 0 where that is nothing.
    own_version: u32,
    /// What would stop a reply with this text.
    violations: Vec<Violation>,
    /// What would not.
    warnings: Vec<Violation>,
}

/// Checks a text as the reply or the edit that it may become; nothing is kept or sent. Sending checks it in the same way.
#[utoipa::path(post, path = "/interactions/{id}/reply/check", tag = "replies",
    params(("id" = uuid::Uuid, Path)), request_body = CheckRequest,
    responses((status = OK, body = ReplyCheck)))]
pub(crate) async fn check_reply(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InteractionId>,
    Json(body): Json<CheckRequest>,
) -> Result<Json<ReplyCheck>, ApiError> {
    let aggregate = app.commands.load::<Interaction>(caller.tenant(), id).await?.aggregate;
    let grounds = guardrail::grounds(&app, caller.tenant(), id, &body.text).await?;
    let Found { violations, warnings } = aggregate.findings(&body.text, &grounds)?.into();
    let own_version = grounds.own.version();
    Ok(Json(ReplyCheck { version: VERSION, own_version, violations, warnings }))
}
