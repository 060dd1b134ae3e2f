//! Files that buyers sent in chats, handed on from the marketplace as they come; nothing of them is kept here.

use adapters::cabinets::DownloadError;
use adapters::http::{Download, FileBody};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use domain::{AccountId, InteractionId};
use futures::{StreamExt as _, stream};
use projections::{inbox, thread};
use serde_json::Value;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::Path;

/// Kinds of files that are shown as what they are; others are bytes, whatever they are called.
const KINDS: [&str; 3] = ["image/jpeg", "image/png", "application/pdf"];

/// Hands on a file of a message of a chat, the first one with `n` 0. A file that the marketplace gives at an address of its
/// own is answered with that address.
#[utoipa::path(get, path = "/interactions/{id}/files/{message_id}/{n}", tag = "interactions",
    params(("id" = uuid::Uuid, Path), ("message_id" = String, Path), ("n" = u32, Path)),
    responses((status = OK, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = SEE_OTHER, description = "Where the file is")))]
pub(crate) async fn message_file(
    State(app): State<App>,
    caller: Caller,
    Path((id, message_id, n)): Path<(InteractionId, String, u32)>,
) -> Result<Response, ApiError> {
    let tenant = caller.tenant();
    let row = inbox::one(&app.db, tenant, id).await?;
    let thread = thread::one(&app.db, tenant, id).await?;
    let (Some(row), Some(thread)) = (row, thread) else {
        return Err(ApiError::new(Code::NotFound));
    };
    let file = file_of(&thread.messages, &message_id, n);
    let text = |name: &str| file.and_then(|file| file.get(name)?.as_str()).unwrap_or_default();
    let address = text("address");
    if address.is_empty() {
        return Err(ApiError::new(Code::NotFound));
    }
    if address.starts_with("https://") {
        // An address that no header carries leads nowhere.
        let address = HeaderValue::from_str(address).map_err(|_| DownloadError::Gone)?;
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response());
    }
    match app.cabinets.download(tenant, AccountId(row.account_id), address).await? {
        Download::File(body) => Ok(handed_on(body, text("name"))),
        Download::InModeration { retry_after } => {
            Err(ApiError::new(Code::FileInModeration).retry_after(retry_after))
        }
        Download::Refused => Err(ApiError::new(Code::FileRefused)),
    }
}

fn file_of<'a>(messages: &'a Value, message_id: &str, n: u32) -> Option<&'a Value> {
    let mut messages = messages.as_array()?.iter();
    let message = messages.find(|message| message["message_id"] == message_id)?;
    message["files"].as_array()?.get(usize::try_from(n).ok()?)
}

fn handed_on(body: FileBody, name: &str) -> Response {
    let kind = body.content_type.clone().unwrap_or_default();
    let kind = KINDS.into_iter().find(|known| *known == kind).unwrap_or("application/octet-stream");
    let shown = if kind == "application/octet-stream" { "attachment" } else { "inline" };
    let disposition = format!("{shown}; filename*=UTF-8''{}", encoded(name));
    let parts = stream::unfold(Some(body), |body| async {
        let mut body = body?;
        match body.chunk().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(body))),
            Ok(None) => None,
            // The connection is broken off, so that nobody takes a part for the whole.
            Err(error) => Some((Err(error), None)),
        }
    });
    // The layers around ask again after the end.
    let parts = parts.fuse();
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)];
    (headers, Body::from_stream(parts)).into_response()
}

/// Writes a name as RFC 8187 wants it in a header.
fn encoded(name: &str) -> String {
    let name = if name.is_empty() { "file" } else { name };
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(byte).collect()
}

impl From<DownloadError> for ApiError {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Gone => {
                Self::new(Code::NotFound).detail("Площадка больше не отдаёт этот файл.")
            }
            DownloadError::AccessLost => Self::new(Code::AccessLost),
            DownloadError::Closed => Self::new(Code::FileClosed),
            DownloadError::NotBefore(wait) => {
                Self::new(Code::MarketplaceRateLimited).retry_after(wait)
            }
            DownloadError::Unavailable => Self::new(Code::MarketplaceUnavailable),
            DownloadError::Cabinet(error) => error.into(),
            DownloadError::Internal(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(encoded("a b\"\r\n.pdf"), "a%20b%22%0D%0A.pdf");
        assert_eq!(encoded("Чек.pdf"), "%D0%A7%D0%B5%D0%BA.pdf");
        assert_eq!(encoded(""), "file");
    }
}
