//! Sending a message: words, files, and the signature that says to which chat.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::chat::{Chat, Chats, Sent, Words};
use super::entry::Entry;
use super::files::{FILE_BYTES_MAX, FILES_BYTES_MAX, FileKind, StoredFile};
use super::gate::Passage;
use super::receipt::{Asked, Effect, Receipt};
use super::writes::after;
use super::{Call, problem};
use crate::exchange::{Outcome, Reply};
use crate::faults::Fault;
use crate::multipart;

/// Longest signature, in characters.
const SIGN_CHARS_MAX: usize = 255;
/// Longest message, in characters.
const TEXT_CHARS_MAX: usize = 1_000;
const INVALID_SIGNATURE: &str = "Invalid signature";
const INVALID_MESSAGE: &str = "Invalid value for \"message\"";

/// A message to send.
#[derive(Debug, Clone)]
pub(super) struct MessageRequest {
    pub(super) reply_sign: String,
    text: String,
    files: Vec<Upload>,
}

#[derive(Debug, Clone)]
struct Upload {
    name: String,
    content_type: Option<String>,
    content: Vec<u8>,
}

/// A request to send a message and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MessageEntry {
    #[serde(flatten)]
    pub(super) receipt: Receipt,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<StoredFile>,
    /// The event it makes; only of an applied one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<Sent>,
}

impl MessageRequest {
    /// Reads the form; the error is the text of the 400.
    pub(super) fn parse(call: &Call) -> Result<Self, String> {
        let content_type = call.content_type.as_deref().unwrap_or_default();
        // Without a form there is no signature.
        let parts = multipart::parts(content_type, &call.body).ok_or(INVALID_SIGNATURE)?;
        let mut request =
            Self { reply_sign: String::new(), text: String::new(), files: Vec::new() };
        for part in parts {
            let text = || String::from_utf8(part.content.to_vec());
            match part.name.as_str() {
                "replySign" => request.reply_sign = text().map_err(|_| INVALID_SIGNATURE)?,
                "message" => request.text = text().map_err(|_| INVALID_MESSAGE)?,
                "file" => request.files.push(Upload {
                    name: part.filename.unwrap_or_default(),
                    content_type: part.content_type,
                    content: part.content.to_vec(),
                }),
                _ => {}
            }
        }
        Ok(request)
    }
}

/// Sends a message, unless it is refused; either way it is in the ledger before it is answered.
pub(super) fn handle(
    passage: &mut Passage<'_>,
    seller: &str,
    request: Result<MessageRequest, String>,
    refusal: Option<Outcome>,
) -> Outcome {
    let MessageRequest { reply_sign, text, files } = match request {
        Ok(request) => request,
        // Without a signature there is nothing to keep in the ledger.
        Err(text) => return refusal.unwrap_or_else(|| refused(passage, &text)),
    };
    let shop = passage.world.wildberries.shops.get(seller);
    let chat = shop.and_then(|shop| shop.chats.signed(&reply_sign)).cloned();
    let endpoint = passage.call.endpoint.name();
    let target = chat.as_ref().map_or(reply_sign.clone(), |chat| chat.id.clone());
    let asked = Asked { seller: seller.to_owned(), endpoint, target, text };
    let checked = match (refusal, chat) {
        (Some(refusal), _) => Err((Effect::Refused, refusal)),
        (None, None) => Err((Effect::UnknownId, refused(passage, INVALID_SIGNATURE))),
        (None, Some(_)) if reply_sign.chars().count() > SIGN_CHARS_MAX => {
            Err((Effect::Refused, refused(passage, INVALID_SIGNATURE)))
        }
        (None, Some(chat)) => match taken(passage, &asked.text, files) {
            Ok(taken) => Ok((chat, taken)),
            Err(text) => Err((Effect::Refused, refused(passage, &text))),
        },
    };
    match checked {
        Ok((chat, taken)) => send(passage, asked, &chat, taken),
        Err((effect, outcome)) => {
            let receipt = Receipt::new(asked, effect, &outcome, 0, None);
            let entry = MessageEntry { receipt, files: Vec::new(), sent: None };
            passage.record(Entry::Message(Box::new(entry)), outcome)
        }
    }
}

/// What of the files is sent, and what the answer says about the others.
struct Taken {
    files: Vec<StoredFile>,
    errors: Vec<String>,
}

fn send(passage: &mut Passage<'_>, asked: Asked, chat: &Chat, taken: Taken) -> Outcome {
    let Taken { mut files, errors } = taken;
    let is_swallowed = passage.fires(Fault::NoEffect);
    let schedule = passage.schedule();
    let is_late = schedule.shown_from() > passage.now;
    if !files.is_empty()
        && let Some(moderation) = passage.moderation()
    {
        for file in &mut files {
            file.moderated_at = Some(after(schedule.shown_from(), Some(moderation.lasts)));
            file.rejected = moderation.rejects;
        }
    }
    let shop = passage.world.wildberries.shops.get(&asked.seller);
    let chats = shop.map(|shop| &shop.chats);
    let from = schedule.shown_from();
    let moment = chats.map_or(from.timestamp_millis(), |chats| chats.free_moment(from));
    let so_far = chats.map_or(0, |chats| chats.deliveries(&chat.id, &asked.text, &files));
    // Unlike the number of a request, that of a line is never used again.
    let line = (passage.world.ledger.lines() + 1).to_string();
    let words = Words {
        chat: &chat.id,
        id: passage.world.chance.draw(&["event", &line]).uuid().to_string(),
        sender: "seller",
        source: Some("seller-public-api"),
        text: Some(asked.text.as_str()).filter(|text| !text.is_empty()),
        files: &files,
        good_card: None,
        client_name: None,
        reply_sign: None,
    };
    let sent = Sent { event: words.event(moment), moment, visible_at: is_late.then_some(from) };
    let body = json!({
        "result": { "addTime": moment, "chatID": chat.id },
        "errors": errors,
    });
    let outcome = passage.deliver(Reply::json(StatusCode::OK, "application/json", &body));
    let (effect, seen) = if is_swallowed {
        (Effect::Swallowed, None)
    } else {
        (Effect::Applied, Chats::seen(&asked.text, moment))
    };
    let receipt = Receipt::new(asked, effect, &outcome, so_far + u64::from(!is_swallowed), seen);
    let entry = MessageEntry { receipt, files, sent: (!is_swallowed).then_some(sent) };
    passage.record(Entry::Message(Box::new(entry)), outcome)
}

/// Checks words and files; the error is the text of the 400.
fn taken(passage: &Passage<'_>, text: &str, uploads: Vec<Upload>) -> Result<Taken, String> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(INVALID_MESSAGE.to_owned());
    }
    let hex = passage.id().hex().to_uppercase();
    // How the specification's examples begin.
    let trace = &hex[..11];
    let line = (passage.world.ledger.lines() + 1).to_string();
    let mut taken = Taken { files: Vec::new(), errors: Vec::new() };
    let mut total = 0;
    for (place, Upload { name, content_type, content }) in uploads.into_iter().enumerate() {
        let Some(kind) = FileKind::of(content_type.as_deref(), &name) else {
            return Err(format!("{trace}: \"{name}\" has unsupported mime type"));
        };
        total += content.len();
        if content.len() > FILE_BYTES_MAX {
            return Err(format!("{trace}: attachment too big. Max size: 5MiB"));
        }
        if total > FILES_BYTES_MAX {
            // No text is published for all files together.
            return Err(format!("{trace}: attachments too big. Max total size: 30MiB"));
        }
        if !kind.begins(&content) {
            taken.errors.push(format!("{trace}: \"{name}\" is broken"));
            continue;
        }
        let draw = passage.world.chance.draw(&["file", &line, &place.to_string()]);
        taken.files.push(StoredFile {
            id: draw.uuid().to_string(),
            name,
            kind,
            content: STANDARD.encode(content),
            moderated_at: None,
            rejected: false,
        });
    }
    if text.trim().is_empty() && taken.files.is_empty() {
        return Err(INVALID_MESSAGE.to_owned());
    }
    Ok(taken)
}

fn refused(passage: &Passage<'_>, text: &str) -> Outcome {
    Outcome::given(problem::proxy_chats("application/problem+json", text, &passage.id()))
}
