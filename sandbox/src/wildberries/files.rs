//! Files in chats: which are taken, how events name them, and their content.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use strum::Display;

/// Largest file, in bytes: 5 MiB, as the refusal says.
pub(super) const FILE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Most that the files of one message weigh together, in bytes: "30 Мб", read as the limit of one file is.
pub(super) const FILES_BYTES_MAX: usize = 30 * 1024 * 1024;
/// Asked again after this, as in the specification's example.
const RETRY_SECONDS: u32 = 30;

/// A picture of one dot each, and a page without words, for files whose content nobody gave.
const JPEG: &str = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=";
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 3 3]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// The kinds of files that chats take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum FileKind {
    Jpeg,
    Png,
    Pdf,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredFile {
    /// The `downloadID`.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: FileKind,
    /// In base64.
    pub(super) content: String,
    /// Until when it is moderated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moderated_at: Option<DateTime<Utc>>,
    /// How moderation ends.
    #[serde(default)]
    pub(super) rejected: bool,
}

/// What a request for a file gets.
pub(super) enum Download {
    Content(FileKind, Vec<u8>),
    /// 202
    Pending(Value),
    /// 451
    Rejected,
}

impl FileKind {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// The kind of a content type, or of the end of a name where no type is given.
    pub(super) fn of(content_type: Option<&str>, name: &str) -> Option<Self> {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        match (content_type, extension.as_deref()) {
            (Some("image/jpeg"), _) => Some(Self::Jpeg),
            (Some("image/png"), _) => Some(Self::Png),
            (Some("application/pdf"), _) => Some(Self::Pdf),
            (None | Some("application/octet-stream"), Some("jpg" | "jpeg")) => Some(Self::Jpeg),
            (None | Some("application/octet-stream"), Some("png")) => Some(Self::Png),
            (None | Some("application/octet-stream"), Some("pdf")) => Some(Self::Pdf),
            (_, _) => None,
        }
    }

    /// Whether the content begins as one of this kind does.
    pub(super) fn begins(self, content: &[u8]) -> bool {
        content.starts_with(match self {
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Png => b"\x89PNG\r\n\x1a\n",
            Self::Pdf => b"%PDF-",
        })
    }

    /// The smallest file of this kind, in base64.
    pub(super) fn sample(self) -> String {
        match self {
            Self::Jpeg => JPEG.to_owned(),
            Self::Png => PNG.to_owned(),
            Self::Pdf => STANDARD.encode(PDF),
        }
    }
}

impl StoredFile {
    pub(super) fn download(&self, now: DateTime<Utc>) -> Download {
        if self.moderated_at.is_some_and(|until| now < until) {
            return Download::Pending(
                json!({ "moderationState": "pending", "retrySeconds": RETRY_SECONDS }),
            );
        }
        match STANDARD.decode(&self.content) {
            Ok(content) if !self.rejected => Download::Content(self.kind, content),
            // What is not base64 cannot come here: control refuses it.
            Ok(_) | Err(_) => Download::Rejected,
        }
    }

    fn described(&self, date: DateTime<Utc>) -> Value {
        let date = date.to_rfc3339_opts(SecondsFormat::Millis, true);
        // A reserved name: nothing is fetched from anybody's host.
        let url = format!("https://chat-basket.example/{}/{}", self.id, self.kind);
        match self.kind {
            FileKind::Pdf => json!({
                "contentType": self.kind.content_type(),
                "date": date,
                "downloadID": self.id,
                "name": self.name,
                "url": url,
                "size": STANDARD.decode(&self.content).map_or(0, |content| content.len()),
            }),
            FileKind::Jpeg | FileKind::Png => {
                json!({ "date": date, "downloadID": self.id, "url": url })
            }
        }
    }
}

/// The `attachments` of an event: pictures and other files apart.
pub(super) fn attachments(files: &[StoredFile], date: DateTime<Utc>) -> Map<String, Value> {
    let of = |is_picture: bool| -> Vec<Value> {
        let kept = files.iter().filter(|file| (file.kind != FileKind::Pdf) == is_picture);
        kept.map(|file| file.described(date)).collect()
    };
    let named = [("files", of(false)), ("images", of(true))];
    let filled = named.into_iter().filter(|(_, list)| !list.is_empty());
    filled.map(|(name, list)| (name.to_owned(), Value::Array(list))).collect()
}

/// The files that an event from elsewhere names, with the smallest content of their kind.
pub(super) fn named_in(event: &Map<String, Value>) -> Vec<StoredFile> {
    let attachments = event.get("message").and_then(|message| message.get("attachments"));
    let listed = |name: &str| {
        let list = attachments.and_then(|attachments| attachments.get(name)?.as_array());
        list.into_iter().flatten()
    };
    let text =
        |file: &Value, field: &str| file.get(field).and_then(Value::as_str).map(str::to_owned);
    let file = |file: &Value, usual: FileKind| {
        let name = text(file, "name").or_else(|| text(file, "url")).unwrap_or_default();
        let kind = FileKind::of(text(file, "contentType").as_deref(), &name).unwrap_or(usual);
        let id = text(file, "downloadID")?;
        let content = kind.sample();
        Some(StoredFile { id, name, kind, content, moderated_at: None, rejected: false })
    };
    let files = listed("files").filter_map(|found| file(found, FileKind::Pdf));
    files.chain(listed("images").filter_map(|found| file(found, FileKind::Jpeg))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_begins_as_its_kind_does() {
        for kind in [FileKind::Jpeg, FileKind::Png, FileKind::Pdf] {
            assert!(kind.begins(&STANDARD.decode(kind.sample()).unwrap()), "{kind}");
        }
    }

    #[test]
    fn a_kind_is_told_by_its_type_and_only_then_by_its_name() {
        assert_eq!(FileKind::of(Some("image/png"), "x.pdf"), Some(FileKind::Png));
        assert_eq!(FileKind::of(None, "фото.JPG"), Some(FileKind::Jpeg));
        assert_eq!(FileKind::of(Some("video/mp4"), "x.png"), None);
        assert_eq!(FileKind::of(None, "без-расширения"), None);
    }
}
