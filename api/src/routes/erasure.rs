//! Erasing a buyer's data, and the act that says that it was done.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use commands::erase::{Basis, EraseError, Subject};
use domain::{InteractionId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::interactions;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};
use crate::ground::Ground;
use crate::idempotency::CommandId;
use crate::reading;

/// The wish to erase a buyer's data, which cannot be undone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureRequest {
    pub(super) ground: Ground,
    /// Number of the request or order, up to 40 digits, Latin letters and `-/.№`: kept for ever, so it names nobody.
    #[serde(default)]
    pub(super) reference: Option<String>,
}

/// Says that a buyer's data was erased: what, when, on what ground, by whom, and which event of the log tells so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasureAct {
    /// The interaction whose buyer it was; none of a claim.
    interaction_id: Option<Uuid>,
    /// The claim for return whose buyer it was; none of an interaction.
    claim_id: Option<Uuid>,
    /// `persons_request`, `consent_withdrawn`, `order`, `purpose_ended` or `key_found_destroyed`.
    ground: &'static str,
    reference: Option<String>,
    /// Who asked: `user:<id>` or `system:<part>`.
    asked_by: String,
    asked_at: DateTime<Utc>,
    /// When the key was destroyed and the event stored.
    done_at: DateTime<Utc>,
    /// What was erased, in words.
    erased: &'static str,
    /// How, in words.
    method: &'static str,
    /// The event that says so.
    event_id: Uuid,
    /// Its number in the feed; its proof is at `/events/{sequence}/proof`.
    sequence: i64,
    /// Its log.
    log: i32,
    /// Its position there.
    position: i64,
}

const ERASED: &str = "Имя и слова покупателя, фотографии и видео, тексты черновиков и ответов, слова площадки о них     по этому обращению.";

const ERASED_OF_CLAIM: &str = "Слова покупателя в заявке на возврат, ответ ему, фотографии и видео, сверка номеров устройства.";

const METHOD: &str = "Уничтожен ключ, которым зашифрованы эти данные в журнале событий и во всех его копиях;     из таблиц для чтения данные удалены. Записи журнала сохранены без этих данных.";

/// Erases the data of an interaction's buyer everywhere, for good: texts, names, pictures, drafts and replies.
#[utoipa::path(post, path = "/interactions/{id}/erasure", tag = "interactions",
    params(("id" = Uuid, Path)), request_body = ErasureRequest,
    responses((status = OK, body = interactions::Interaction)))]
pub(crate) async fn erase_buyer(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<InteractionId>,
    Json(body): Json<ErasureRequest>,
) -> Result<Response, ApiError> {
    let basis = Basis { ground: body.ground.into(), reference: body.reference };
    app.erasures.erase(&caller.context(command_id), id, &basis).await?;
    let end = reading::end_of_stream(&app, caller.tenant(), id.into()).await?;
    let fresh = reading::wait(&app, &interactions::WHOLE, end).await?;
    interactions::answer(&app, caller.tenant(), id, fresh).await
}

/// Reads the act of an erasure.
#[utoipa::path(get, path = "/interactions/{id}/erasure", tag = "interactions",
    params(("id" = Uuid, Path)), responses((status = OK, body = ErasureAct)))]
pub(crate) async fn erasure_act(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InteractionId>,
) -> Result<Json<ErasureAct>, ApiError> {
    act_of(&app, caller.tenant(), id.into()).await.map(Json)
}

/// Puts together what the list of erasures and the log say.
pub(super) async fn act_of(
    app: &App,
    tenant: TenantId,
    subject: Subject,
) -> Result<ErasureAct, ApiError> {
    let (interaction_id, claim_id, erased) = match subject {
        Subject::Interaction(id) => (Some(id.0), None, ERASED),
        Subject::Claim(id) => (None, Some(id.0), ERASED_OF_CLAIM),
    };
    let erasure = app.erasures.of(tenant, subject).await?;
    let events = app.log.load_stream(tenant, subject.into(), 0).await?;
    let event = events.into_iter().find(|event| event.event_type == subject.erased_event());
    let done =
        erasure.zip(event).and_then(|(erasure, event)| Some((erasure.done_at?, erasure, event)));
    let Some((done_at, erasure, event)) = done else { return Err(ApiError::new(Code::NotFound)) };
    Ok(ErasureAct {
        interaction_id,
        claim_id,
        ground: erasure.basis.ground.into(),
        reference: erasure.basis.reference,
        asked_by: erasure.actor,
        asked_at: erasure.asked_at,
        done_at,
        erased,
        method: METHOD,
        event_id: event.event_id,
        sequence: event.tenant_seq,
        log: event.log.0,
        position: event.pos,
    })
}

impl From<EraseError> for ApiError {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Command(error) => error.into(),
            EraseError::Database(error) => error.into(),
            EraseError::Keys(error) => eventlog::LogError::from(error).into(),
        }
    }
}
