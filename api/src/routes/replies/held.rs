//! What is held: let out before its time, or taken back.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::interaction::{Interaction, InteractionCommand};
use domain::{InteractionId, ReplyId};

use super::{ReplyAccepted, send};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Path};
use crate::idempotency::CommandId;
use crate::reply::standing_of;

/// Sends what is held without waiting for its time: 200 once the marketplace has accepted it, 202 while it is on its way or
/// nobody knows.
#[utoipa::path(post, path = "/interactions/{id}/replies/{reply_id}/release", tag = "replies",
    params(("id" = uuid::Uuid, Path), ("reply_id" = uuid::Uuid, Path)),
    responses((status = OK, body = ReplyAccepted), (status = ACCEPTED, body = ReplyAccepted)))]
pub(crate) async fn release_reply(
    State(app): State<App>,
    caller: Caller,
    command_id: CommandId,
    Path((id, reply_id)): Path<(InteractionId, ReplyId)>,
) -> Result<Response, ApiError> {
    send(&app, &caller, command_id, id, reply_id, InteractionCommand::Release { reply_id }).await
}

/// Takes back what is held, so that it is never sent. Refused once it has gone out.
#[utoipa::path(post, path = "/interactions/{id}/replies/{reply_id}/cancel", tag = "replies",
    params(("id" = uuid::Uuid, Path), ("reply_id" = uuid::Uuid, Path)),
    responses((status = OK, body = ReplyAccepted)))]
pub(crate) async fn cancel_reply(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path((id, reply_id)): Path<(InteractionId, ReplyId)>,
) -> Result<Response, ApiError> {
    let context = caller.context(command_id);
    let command = InteractionCommand::Cancel { reply_id };
    app.commands.execute::<Interaction>(&context, id, command).await?;
    let standing = standing_of(&app, caller.tenant(), id, reply_id).await?;
    Ok(Json(ReplyAccepted::from(standing)).into_response())
}
