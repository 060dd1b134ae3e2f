//! One interaction as a file to send to somebody who is to know nobody's name.

use axum::extract::State;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::{IntoResponse as _, Response};
use domain::InteractionId;

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::export::Export;
use crate::extract::{Json, Path};
use crate::past::Story;

/// Exports an interaction as a file: its events with personal data masked, and the state they lead to, to be checked with
/// `agentiq replay FILE`.
#[utoipa::path(get, path = "/interactions/{id}/export", tag = "interactions", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = Export)))]
pub(crate) async fn export_interaction(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InteractionId>,
) -> Result<Response, ApiError> {
    let story = Story::read(&app, caller.tenant(), id).await?;
    let export = Export::new(&story.events, &app.log.mask(caller.tenant()))?;
    let name = format!("attachment; filename=\"{}\"", export.file_name());
    Ok(([(CONTENT_DISPOSITION, name)], Json(export)).into_response())
}
