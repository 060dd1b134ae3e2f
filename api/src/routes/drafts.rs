//! Drafts: a reply text laid before the operator.

use axum::extract::State;
use axum::response::Response;
use domain::interaction::{DraftSource, Interaction, InteractionCommand};
use domain::policy::template;
use domain::{DraftId, InteractionId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::interactions;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{OptionalJson, Path};
use crate::idempotency::CommandId;
use crate::reading;

/// A draft to be kept, or the wish for one.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftRequest {
    /// The operator's own text; a template by channel and rating without it.
    #[serde(default)]
    #[schema(min_length = 2, max_length = 5000)]
    text: Option<String>,
}

/// Lays a reply text before the operator.
#[utoipa::path(post, path = "/interactions/{id}/draft", tag = "interactions",
    params(("id" = Uuid, Path)), request_body = DraftRequest,
    responses((status = OK, body = interactions::Interaction)))]
pub(crate) async fn draft(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<InteractionId>,
    OptionalJson(body): OptionalJson<DraftRequest>,
) -> Result<Response, ApiError> {
    let (text, source) = match body.text {
        Some(text) => (text, DraftSource::Operator),
        None => {
            let interaction =
                app.commands.load::<Interaction>(caller.tenant(), id).await?.aggregate;
            let known = interaction.source().zip(interaction.content());
            let (source, content) = known.ok_or_else(|| ApiError::new(Code::NotFound))?;
            let text = template::for_channel(source.channel, content.rating);
            (text.to_owned(), DraftSource::Template)
        }
    };
    let draft_id = DraftId(Uuid::new_v5(&command_id, b"draft"));
    let command = InteractionCommand::ProposeDraft { draft_id, text, source };
    app.commands.execute::<Interaction>(&caller.context(command_id), id, command).await?;
    let end = reading::end_of_stream(&app, caller.tenant(), id.into()).await?;
    let fresh = reading::wait(&app, &interactions::WHOLE, end).await?;
    interactions::answer(&app, caller.tenant(), id, fresh).await
}
