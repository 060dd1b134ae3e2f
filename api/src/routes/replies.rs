//! Answering and editing, and every version that was.

pub(crate) mod check;
pub(crate) mod doubt;
pub(crate) mod held;

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use commands::CommandError;
use commands::attachment::WAITING_MAX;
use domain::guardrail::Severity;
use domain::interaction::{Interaction, InteractionCommand, InteractionError, Timing};
use domain::value::OutgoingFile;
use domain::{DraftId, InteractionId, ReplyId};
use projections::ReadModel;
use projections::past::PastAccount;
use projections::{inbox, lineage, reply_history as versions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::attachments::attachments;
use super::interactions::FreshnessQuery;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, Query};
use crate::guardrail::{self, Violation};
use crate::idempotency::CommandId;
use crate::past::{self, Story};
use crate::reading;
use crate::reply::{
    Outcome, Reply, Standing, Wish, standing_of, wait_for_outcome, with_lineage, with_stop,
};

/// An answer to the buyer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerRequest {
    /// The text to send; white space at its ends does not count. May be empty where there are files.
    #[serde(default)]
    #[schema(min_length = 0, max_length = 5000)]
    text: String,
    /// The draft it grew from.
    #[serde(default)]
    draft_id: Option<Uuid>,
    /// Files that were uploaded for it, in their order; chats only.
    #[serde(default)]
    #[schema(max_items = 10)]
    file_ids: Vec<Uuid>,
    /// How long it can be taken back before it goes out, in seconds; without it, as long as the seller has settled.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 30)]
    hold_seconds: Option<u8>,
    /// When to send it, at most 30 days ahead; until then it can be taken back. Not with `hold_seconds`.
    #[serde(default)]
    send_at: Option<DateTime<Utc>>,
    /// The interaction's `basis` as the writer saw it: if something came in since, the reply is refused.
    #[serde(default)]
    basis: Option<u32>,
}

/// A change of the answer that stands.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditRequest {
    /// The text to send; white space at its ends does not count.
    #[schema(min_length = 2, max_length = 5000)]
    text: String,
    /// How long it can be taken back before it goes out, in seconds; without it, as long as the seller has settled.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 30)]
    hold_seconds: Option<u8>,
    /// The interaction's `basis` as the writer saw it: if something came in since, the edit is refused.
    #[serde(default)]
    basis: Option<u32>,
}

/// A rejection of a question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectionRequest {
    /// What the marketplace is told; buyers do not see it.
    #[schema(min_length = 2, max_length = 5000)]
    text: String,
    /// How long it can be taken back before it goes out, in seconds; without it, as long as the seller has settled.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 30)]
    hold_seconds: Option<u8>,
    /// The interaction's `basis` as the writer saw it: if something came in since, the rejection is refused.
    #[serde(default)]
    basis: Option<u32>,
}

/// A reply that was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplyAccepted {
    reply: Reply,
    /// What the guardrails had to say of it and did not stop it for.
    warnings: Vec<Violation>,
    /// The feed's place of what is told here.
    cursor: String,
}

/// Every version of a reply.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplyHistory {
    items: Vec<Reply>,
}

/// Answers the buyer: 200 once the marketplace has accepted the answer, 202 while it is held, on its way, or nobody
/// knows.
#[utoipa::path(post, path = "/interactions/{id}/reply", tag = "replies", params(("id" = Uuid, Path)),
    request_body = AnswerRequest,
    responses((status = OK, body = ReplyAccepted), (status = ACCEPTED, body = ReplyAccepted)))]
pub(crate) async fn answer(
    State(app): State<App>,
    caller: Caller,
    command_id: CommandId,
    Path(id): Path<InteractionId>,
    Json(body): Json<AnswerRequest>,
) -> Result<Response, ApiError> {
    let reply_id = reply_id(command_id);
    let AnswerRequest { text, draft_id, file_ids, hold_seconds, send_at, basis } = body;
    let draft_id = draft_id.map(DraftId);
    let timing = match (Wish { hold_seconds, send_at, basis }).timing(&app, &caller).await {
        // A repetition after its time: what was asked for then is what counts.
        Err(_) if asked_before(&app, &caller, id, reply_id).await? => Timing::default(),
        timing => timing?,
    };
    let files = chosen(&app, &caller, id, &file_ids).await?;
    let grounds = guardrail::grounds(&app, caller.tenant(), id, &text).await?;
    let command = InteractionCommand::RequestReply {
        reply_id,
        text,
        draft_id,
        bulk_id: None,
        files,
        timing,
        grounds,
    };
    send(&app, &caller, command_id, id, reply_id, command).await
}

/// Changes the answer that stands, as often and as long as the marketplace lets: 200 once it has accepted the change,
/// 202 while that is on its way or nobody knows.
#[utoipa::path(patch, path = "/interactions/{id}/reply", tag = "replies", params(("id" = Uuid, Path)),
    request_body = EditRequest,
    responses((status = OK, body = ReplyAccepted), (status = ACCEPTED, body = ReplyAccepted)))]
pub(crate) async fn edit_reply(
    State(app): State<App>,
    caller: Caller,
    command_id: CommandId,
    Path(id): Path<InteractionId>,
    Json(body): Json<EditRequest>,
) -> Result<Response, ApiError> {
    let reply_id = reply_id(command_id);
    let EditRequest { text, hold_seconds, basis } = body;
    let timing = Wish { hold_seconds, send_at: None, basis }.timing(&app, &caller).await?;
    let grounds = guardrail::grounds(&app, caller.tenant(), id, &text).await?;
    let command =
        InteractionCommand::RequestEdit { reply_id, text, at: Utc::now(), timing, grounds };
    send(&app, &caller, command_id, id, reply_id, command).await
}

/// Rejects a question, so that buyers do not see it: 200 once the marketplace has accepted that, 202 while it is on its
/// way or nobody knows. It cannot be taken back.
#[utoipa::path(post, path = "/interactions/{id}/reject", tag = "replies", params(("id" = Uuid, Path)),
    request_body = RejectionRequest,
    responses((status = OK, body = ReplyAccepted), (status = ACCEPTED, body = ReplyAccepted)))]
pub(crate) async fn reject(
    State(app): State<App>,
    caller: Caller,
    command_id: CommandId,
    Path(id): Path<InteractionId>,
    Json(body): Json<RejectionRequest>,
) -> Result<Response, ApiError> {
    let reply_id = reply_id(command_id);
    let RejectionRequest { text, hold_seconds, basis } = body;
    let timing = Wish { hold_seconds, send_at: None, basis }.timing(&app, &caller).await?;
    let command = InteractionCommand::RequestRejection { reply_id, text, timing };
    send(&app, &caller, command_id, id, reply_id, command).await
}

/// Reads every version of the reply with its times, oldest first.
#[utoipa::path(get, path = "/interactions/{id}/history", tag = "replies",
    params(("id" = Uuid, Path), FreshnessQuery), responses((status = OK, body = ReplyHistory)))]
pub(crate) async fn reply_history(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InteractionId>,
    Query(query): Query<FreshnessQuery>,
) -> Result<Response, ApiError> {
    let replies = |rows: Vec<_>| rows.into_iter().map(Reply::from).collect::<Vec<_>>();
    let (as_of, at_least) = (query.as_of.as_deref(), query.at_least.as_deref());
    if let Some(as_of) = past::moment(&app, &caller, as_of, at_least).await? {
        let story = Story::read(&app, caller.tenant(), id).await?.until(as_of.0)?;
        let item = story.item()?;
        let whole = item.whole(&PastAccount::default());
        let whole = whole.ok_or_else(|| ApiError::new(Code::NotThereYet))?;
        let items = with_lineage(replies(whole.replies), item.lineage());
        return Ok((as_of, Json(ReplyHistory { items })).into_response());
    }
    let models = [ReadModel::ReplyHistory, ReadModel::Inbox, ReadModel::Lineage];
    let fresh = reading::at_least(&app, &caller, &models, at_least).await?;
    let rows = versions::of(&app.db, caller.tenant(), id).await?;
    if rows.is_empty() && inbox::one(&app.db, caller.tenant(), id).await?.is_none() {
        return Err(ApiError::new(Code::NotFound));
    }
    let known = lineage::of(&app.db, caller.tenant(), id).await?;
    let items = with_stop(&app, caller.tenant(), with_lineage(replies(rows), known)).await?;
    Ok((fresh, Json(ReplyHistory { items })).into_response())
}

/// Finds files that were uploaded for a reply. Where no reply may be sent, that is said first.
async fn chosen(
    app: &App,
    caller: &Caller,
    id: InteractionId,
    file_ids: &[Uuid],
) -> Result<Vec<OutgoingFile>, ApiError> {
    if file_ids.is_empty() {
        return Ok(vec![]);
    }
    let tenant = caller.tenant();
    let distinct: BTreeSet<_> = file_ids.iter().collect();
    if distinct.len() < file_ids.len()
        || i64::try_from(file_ids.len()).is_ok_and(|n| n > WAITING_MAX)
    {
        let message = "каждый файл один раз";
        return Err(ApiError::new(Code::InvalidBody).field("file_ids", message));
    }
    let aggregate = app.commands.load::<Interaction>(tenant, id).await?.aggregate;
    aggregate.capabilities()?;
    if aggregate.is_erased() {
        return Err(ApiError::new(Code::BuyerErased));
    }
    Ok(attachments(app).chosen((tenant, id), file_ids).await?)
}

/// Derives the version's id from the request's, so that a repetition asks for the same version.
fn reply_id(CommandId(command_id): CommandId) -> ReplyId {
    ReplyId(Uuid::new_v5(&command_id, b"reply"))
}

async fn asked_before(
    app: &App,
    caller: &Caller,
    id: InteractionId,
    reply_id: ReplyId,
) -> Result<bool, ApiError> {
    let loaded = app.commands.load::<Interaction>(caller.tenant(), id).await?;
    Ok(loaded.aggregate.version(reply_id).is_some())
}

async fn send(
    app: &App,
    caller: &Caller,
    CommandId(command_id): CommandId,
    id: InteractionId,
    reply_id: ReplyId,
    command: InteractionCommand,
) -> Result<Response, ApiError> {
    let context = caller.context(command_id);
    let refused = command.refused();
    if let Err(error) = app.commands.execute::<Interaction>(&context, id, command).await {
        let is_stopped = matches!(error, CommandError::Rejected(InteractionError::Guardrails(_)));
        if let Some(refused) = refused.filter(|_| is_stopped) {
            let context = caller.context(Uuid::new_v5(&command_id, b"refused"));
            app.commands.execute::<Interaction>(&context, id, refused).await?;
        }
        return Err(refused_to(app, caller, id, error.into()).await);
    }
    let (status, standing) = match wait_for_outcome(app, caller.tenant(), id, reply_id).await? {
        Outcome::Accepted(standing) => (StatusCode::OK, standing),
        Outcome::Open(standing) => (StatusCode::ACCEPTED, standing),
        Outcome::Refused(refused) => return Err(refused),
    };
    let mut accepted = ReplyAccepted::from(standing);
    if let Some(reply) = with_stop(app, caller.tenant(), vec![accepted.reply.clone()]).await?.pop()
    {
        accepted.reply = reply;
    }
    Ok((status, Json(accepted)).into_response())
}

/// Shows whoever comes too late the reply that came before, if there is one of ours.
async fn refused_to(app: &App, caller: &Caller, id: InteractionId, refused: ApiError) -> ApiError {
    let before = [
        Code::ReplyInFlight,
        Code::ReplyHeld,
        Code::AlreadyAnswered,
        Code::EditSpent,
        Code::InteractionChanged,
        Code::ReplyDecided,
    ];
    if !before.contains(&refused.code()) {
        return refused;
    }
    let loaded = match app.commands.load::<Interaction>(caller.tenant(), id).await {
        Ok(loaded) => loaded,
        Err(error) => return error.into(),
    };
    let Some(version) = loaded.aggregate.in_the_way() else { return refused };
    match standing_of(app, caller.tenant(), id, version.reply_id).await {
        Ok(standing) => refused.stands(standing.row.into()),
        Err(error) => error,
    }
}

impl From<Standing> for ReplyAccepted {
    fn from(standing: Standing) -> Self {
        let cursor = standing.cursor.to_string();
        let text = standing.row.text.as_deref().unwrap_or_default();
        let noted = standing.guardrails.map_or_else(Vec::new, |passed| passed.warnings);
        let warnings = guardrail::violations(&noted, Severity::Warning, text);
        Self { reply: standing.row.into(), warnings, cursor }
    }
}
