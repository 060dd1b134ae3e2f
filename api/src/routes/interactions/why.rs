//! Why an interaction stands as it does.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::InteractionId;

use super::FreshnessQuery;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Path, Query};
use crate::past::{self, Story};
use crate::reading;
use crate::why::Why;

/// Explains why an interaction stands as it does, or stood at a past moment: the events that led there, oldest first,
/// in words.
#[utoipa::path(get, path = "/interactions/{id}/why", tag = "interactions",
    params(("id" = uuid::Uuid, Path), FreshnessQuery), responses((status = OK, body = Why)))]
pub(crate) async fn interaction_why(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InteractionId>,
    Query(query): Query<FreshnessQuery>,
) -> Result<Response, ApiError> {
    // The log itself is read, which includes whatever a cursor may name.
    let (as_of, at_least) = (query.as_of.as_deref(), query.at_least.as_deref());
    at_least.map(|text| reading::cursor_of(&caller, text)).transpose()?;
    let as_of = past::moment(&app, &caller, as_of, at_least).await?;
    let story = Story::read(&app, caller.tenant(), id).await?;
    let story = match as_of {
        Some(as_of) => story.until(as_of.0)?,
        None => story,
    };
    let why = Why::of(&app, caller.tenant(), &story).await?;
    Ok((as_of, Json(why)).into_response())
}
