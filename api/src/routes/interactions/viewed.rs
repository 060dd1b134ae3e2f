//! That a person opened an interaction.

use axum::extract::State;
use axum::http::StatusCode;
use domain::InteractionId;
use domain::interaction::{Interaction, InteractionCommand};

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Path;
use crate::idempotency::CommandId;

/// Notes that a person opened an interaction, so that its marketplace is told where it has such a mark: questions of
/// Wildberries. Of anything else, and the second time, nothing is noted.
#[utoipa::path(post, path = "/interactions/{id}/viewed", tag = "interactions",
    params(("id" = uuid::Uuid, Path)), responses((status = NO_CONTENT)))]
pub(crate) async fn mark_viewed(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<InteractionId>,
) -> Result<StatusCode, ApiError> {
    let context = caller.context(command_id);
    app.commands.execute::<Interaction>(&context, id, InteractionCommand::MarkViewed).await?;
    Ok(StatusCode::NO_CONTENT)
}
