//! Drafts: a reply text laid before the operator, made at somebody's wish or given, and taken away again.

mod wait;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::interaction::{DraftOrigin, DraftSource, Interaction, InteractionCommand};
use domain::{DraftId, InteractionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::interactions;
use super::words::DismissReason;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, OptionalJson, Path};
use crate::idempotency::CommandId;
use crate::reading;

/// Most interactions that drafts are asked for at once.
const AT_ONCE_MAX: usize = 200;

/// A wish for a draft.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftWish {
    /// Whether another one is wanted where there is one already.
    #[serde(default)]
    force_regenerate: bool,
}

/// A text to be laid before the operator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenDraft {
    #[schema(min_length = 2, max_length = 5000)]
    text: String,
    /// The interaction's `basis` as its writer saw it: if something came in since, the text is refused.
    #[serde(default)]
    basis: Option<u32>,
}

/// A draft that is not wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dismissal {
    draft_id: Uuid,
    reason: DismissReason,
}

/// A wish for drafts of many interactions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftWishes {
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 200)]
    interaction_ids: Vec<InteractionId>,
    /// Whether others are wanted where there are some already.
    #[serde(default)]
    force_regenerate: bool,
}

/// What became of a wish for many drafts.
#[derive(Serialize, ToSchema)]
struct DraftsAsked {
    items: Vec<DraftAsked>,
}

/// What became of the wish for one.
#[derive(Serialize, ToSchema)]
struct DraftAsked {
    interaction_id: Uuid,
    /// Whether there is one, or soon will be.
    asked: bool,
    /// The code of the problem that kept it from being asked for.
    code: Option<&'static str>,
}

/// Shows the draft that is there, or has one made: 200 once it is there, 202 while it is being made.
#[utoipa::path(post, path = "/interactions/{id}/ai-draft", tag = "drafts",
    params(("id" = Uuid, Path)), request_body = DraftWish,
    responses((status = OK, body = interactions::Interaction),
        (status = ACCEPTED, body = interactions::Interaction)))]
pub(crate) async fn ai_draft(
    State(app): State<App>,
    caller: Caller,
    command_id: CommandId,
    Path(id): Path<InteractionId>,
    OptionalJson(wish): OptionalJson<DraftWish>,
) -> Result<Response, ApiError> {
    wait::ask(&app, &caller, command_id, id, wish.force_regenerate).await?;
    let is_there = wait::for_draft(&app, caller.tenant(), id).await?;
    let status = if is_there { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, whole(&app, &caller, id).await?).into_response())
}

/// Has drafts made of many interactions: 202 at once, and the feed tells of each.
#[utoipa::path(post, path = "/interactions/bulk/ai-draft", tag = "drafts", request_body = DraftWishes,
    responses((status = ACCEPTED, body = DraftsAsked)))]
pub(crate) async fn ai_drafts(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(wishes): Json<DraftWishes>,
) -> Result<Response, ApiError> {
    let DraftWishes { interaction_ids, force_regenerate } = wishes;
    if !(1..=AT_ONCE_MAX).contains(&interaction_ids.len()) {
        let message = format!("от 1 до {AT_ONCE_MAX}");
        return Err(ApiError::new(Code::InvalidBody).field("interaction_ids", message));
    }
    let mut items = Vec::with_capacity(interaction_ids.len());
    for id in interaction_ids {
        let one = CommandId(Uuid::new_v5(&command_id, id.0.as_bytes()));
        let code = match wait::ask(&app, &caller, one, id, force_regenerate).await {
            Ok(()) => None,
            Err(refused) if refused.code().is_refusal() => Some(refused.code().as_str()),
            Err(error) => return Err(error),
        };
        items.push(DraftAsked { interaction_id: id.0, asked: code.is_none(), code });
    }
    Ok((StatusCode::ACCEPTED, Json(DraftsAsked { items })).into_response())
}

/// Lays a text before all operators that one of them, or a program of theirs, wrote.
#[utoipa::path(post, path = "/interactions/{id}/draft", tag = "drafts",
    params(("id" = Uuid, Path)), request_body = GivenDraft,
    responses((status = OK, body = interactions::Interaction)))]
pub(crate) async fn give_draft(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<InteractionId>,
    Json(given): Json<GivenDraft>,
) -> Result<Response, ApiError> {
    let GivenDraft { text, basis } = given;
    let draft_id = DraftId(Uuid::new_v5(&command_id, b"draft"));
    let origin = basis.map(|basis| Box::new(DraftOrigin::given(basis)));
    let source = DraftSource::Operator;
    let command = InteractionCommand::ProposeDraft { draft_id, text, source, origin };
    app.commands.execute::<Interaction>(&caller.context(command_id), id, command).await?;
    whole(&app, &caller, id).await
}

/// Takes a draft away that is not wanted, and keeps why. One that was replaced meanwhile is away already.
#[utoipa::path(post, path = "/interactions/{id}/draft/dismiss", tag = "drafts",
    params(("id" = Uuid, Path)), request_body = Dismissal,
    responses((status = OK, body = interactions::Interaction)))]
pub(crate) async fn dismiss_draft(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<InteractionId>,
    Json(dismissal): Json<Dismissal>,
) -> Result<Response, ApiError> {
    let Dismissal { draft_id, reason } = dismissal;
    let (draft_id, reason) = (DraftId(draft_id), reason.into());
    let command = InteractionCommand::DismissDraft { draft_id, reason };
    app.commands.execute::<Interaction>(&caller.context(command_id), id, command).await?;
    whole(&app, &caller, id).await
}

/// Answers with the interaction as it is by now.
async fn whole(app: &App, caller: &Caller, id: InteractionId) -> Result<Response, ApiError> {
    let end = reading::end_of_stream(app, caller.tenant(), id.into()).await?;
    let fresh = reading::wait(app, &interactions::WHOLE, end).await?;
    interactions::answer(app, caller.tenant(), id, fresh).await
}
