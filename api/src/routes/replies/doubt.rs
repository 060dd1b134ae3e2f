//! A reply of which reading cannot tell whether it stands at the marketplace: what is known of it, and a person's word.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use domain::interaction::{Interaction, InteractionCommand};
use domain::{InteractionId, ReplyId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ReplyAccepted, refused_to, send};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};
use crate::guardrail;
use crate::idempotency::CommandId;
use crate::reply::{Attempt, attempts, standing_of};

/// What is known of a reply's attempts.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplyEvidence {
    /// Whether reading could not tell if it stands there, so that a person is asked.
    in_doubt: bool,
    /// Its attempts, oldest first.
    attempts: Vec<Attempt>,
}

/// A person's word that a reply does not stand at the marketplace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendAgainRequest {
    /// The interaction's `basis` as whoever decides saw it: if something came in since, it is refused.
    #[serde(default)]
    basis: Option<u32>,
}

/// Reads what is known of a reply's attempts: when each was made, what it ended with, and what was seen when it was
/// looked for.
#[utoipa::path(get, path = "/interactions/{id}/replies/{reply_id}/evidence", tag = "replies",
    params(("id" = uuid::Uuid, Path), ("reply_id" = uuid::Uuid, Path)),
    responses((status = OK, body = ReplyEvidence)))]
pub(crate) async fn reply_evidence(
    State(app): State<App>,
    caller: Caller,
    Path((id, reply_id)): Path<(InteractionId, ReplyId)>,
) -> Result<Json<ReplyEvidence>, ApiError> {
    let tenant = caller.tenant();
    let loaded = app.commands.load::<Interaction>(tenant, id).await?;
    let version = loaded.aggregate.version(reply_id);
    let in_doubt = version.ok_or_else(|| ApiError::new(Code::NotFound))?.is_in_doubt();
    let events = app.log.load_stream(tenant, id.into(), 0).await?;
    Ok(Json(ReplyEvidence { in_doubt, attempts: attempts(events, reply_id)? }))
}

/// Takes a person's word that a reply stands at the marketplace, where reading could not tell. It then counts as sent.
#[utoipa::path(post, path = "/interactions/{id}/replies/{reply_id}/mark-sent", tag = "replies",
    params(("id" = uuid::Uuid, Path), ("reply_id" = uuid::Uuid, Path)),
    responses((status = OK, body = ReplyAccepted)))]
pub(crate) async fn mark_reply_sent(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path((id, reply_id)): Path<(InteractionId, ReplyId)>,
) -> Result<Response, ApiError> {
    let context = caller.context(command_id);
    let command = InteractionCommand::MarkSent { reply_id, at: Utc::now() };
    if let Err(error) = app.commands.execute::<Interaction>(&context, id, command).await {
        return Err(refused_to(&app, &caller, id, error.into()).await);
    }
    let standing = standing_of(&app, caller.tenant(), id, reply_id).await?;
    Ok(Json(ReplyAccepted::from(standing)).into_response())
}

/// Takes a person's word that a reply does not stand at the marketplace, where reading could not tell, and sends it
/// again: 200 once the marketplace has accepted it, 202 while it is on its way or nobody knows.
#[utoipa::path(post, path = "/interactions/{id}/replies/{reply_id}/send-again", tag = "replies",
    params(("id" = uuid::Uuid, Path), ("reply_id" = uuid::Uuid, Path)), request_body = SendAgainRequest,
    responses((status = OK, body = ReplyAccepted), (status = ACCEPTED, body = ReplyAccepted)))]
pub(crate) async fn send_reply_again(
    State(app): State<App>,
    caller: Caller,
    command_id: CommandId,
    Path((id, reply_id)): Path<(InteractionId, ReplyId)>,
    Json(body): Json<SendAgainRequest>,
) -> Result<Response, ApiError> {
    let loaded = app.commands.load::<Interaction>(caller.tenant(), id).await?;
    let version = loaded.aggregate.version(reply_id);
    let text = version.and_then(|version| version.text.known()).cloned().unwrap_or_default();
    let grounds = guardrail::grounds(&app, caller.tenant(), id, &text).await?;
    let command =
        InteractionCommand::SendAgain { reply_id, at: Utc::now(), basis: body.basis, grounds };
    send(&app, &caller, command_id, id, reply_id, command).await
}
