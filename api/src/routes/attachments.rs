//! Files that operators attach to replies of chats: uploaded one by one, then named by the reply that carries them.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use commands::attachment::{Attachments, describe};
use domain::InteractionId;
use domain::interaction::Interaction;
use domain::value::{FileError, FileId, FileKind};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Bytes, Json, Path, header_text};
use crate::idempotency::{BodyMax, CommandId};

/// The header that names a file.
const NAME: &str = "x-file-name";

/// Longest body of an upload: the largest file that a marketplace takes, and room to say of one that is a bit larger how
/// large it is.
pub(crate) const UPLOAD: BodyMax = BodyMax { bytes: 12 * 1024 * 1024, code: Code::FileTooLarge };

/// A file that is kept until a reply carries it, at least for a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct UploadedFile {
    file_id: Uuid,
    /// Its name, as the buyer will see it.
    name: String,
    /// What it is by its content, whatever it was called.
    media_type: &'static str,
    size_bytes: u64,
    /// SHA-256 of its content, in hexadecimal digits.
    sha256: String,
}

/// Keeps a file that a reply in this chat is to carry. The marketplace's rules are checked at once: kinds by content, and
/// sizes.
#[utoipa::path(post, path = "/interactions/{id}/files", tag = "replies",
    params(("id" = Uuid, Path),
        ("X-File-Name" = Option<String>, Header, description = "Its name, UTF-8 in percent-encoding")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file as it is"),
    responses((status = CREATED, body = UploadedFile)))]
pub(crate) async fn upload_file(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Path(id): Path<InteractionId>,
    headers: HeaderMap,
    Bytes(content): Bytes,
) -> Result<Response, ApiError> {
    let tenant = caller.tenant();
    let aggregate = app.commands.load::<Interaction>(tenant, id).await?.aggregate;
    let rules = aggregate.capabilities()?.files;
    if aggregate.is_erased() {
        return Err(ApiError::new(Code::BuyerErased));
    }
    let rules = rules.ok_or(FileError::NotTaken)?;
    let kind = FileKind::of_content(&content).ok_or(FileError::Kind)?;
    rules.check_one(kind, content.len() as u64)?;
    let called = header_text(&headers, NAME).unwrap_or_default();
    let (called, _) = form_urlencoded::parse(called.as_bytes()).next().unwrap_or_default();
    // The same for every repetition of the request.
    let file_id = FileId(Uuid::new_v5(&command_id, b"file"));
    let file = describe(file_id, &called, kind, &content);
    attachments(&app).keep((tenant, id), &file, &content).await?;
    let uploaded = UploadedFile {
        file_id: file_id.0,
        name: file.name,
        media_type: kind.media_type(),
        size_bytes: file.size_bytes,
        sha256: file.sha256,
    };
    Ok((StatusCode::CREATED, Json(uploaded)).into_response())
}

pub(super) fn attachments(app: &App) -> Attachments {
    Attachments::new(app.db.clone(), app.log.subject_keys().clone())
}
