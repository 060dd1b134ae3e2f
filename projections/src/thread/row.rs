//! The row that holds an interaction whole, and how its events change it.

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::ReplyId;
use domain::interaction::InteractionEvent;
use domain::value::{BuyerWords, ChatMessage, Content, MessageWords};
use serde::{Deserialize as _, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fold::time;

/// A row of `thread`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) interaction_id: Uuid,
    pub(super) content: Value,
    pub(super) revisions: i32,
    pub(super) draft: Option<Value>,
    /// Of a chat, in the order they were sent.
    pub(super) messages: Value,
    pub(super) version: i32,
}

/// Tells what an interaction's row is after `recorded`.
pub(super) fn fold(row: Option<Row>, recorded: &Recorded) -> Option<Row> {
    if row.as_ref().is_some_and(|row| row.version >= recorded.version) {
        return row;
    }
    recorded.of_interaction().fold(row, |row, event| after(row, event, recorded))
}

fn after(row: Option<Row>, event: &InteractionEvent, recorded: &Recorded) -> Option<Row> {
    let version = recorded.version;
    match event {
        InteractionEvent::Ingested { content, .. } => Some(Row {
            tenant_id: recorded.tenant.0,
            interaction_id: recorded.stream.0,
            content: words(content),
            revisions: 0,
            draft: None,
            messages: json!([]),
            version,
        }),
        InteractionEvent::ContentRevised { content } => row.map(|row| Row {
            content: words(content),
            revisions: row.revisions.saturating_add(1),
            version,
            ..row
        }),
        InteractionEvent::DraftProposed { draft_id, text, source, origin } => row.map(|row| Row {
            draft: Some(json!({
                "draft_id": draft_id,
                "text": text.known(),
                "source": source,
                "proposed_at": recorded.recorded_at,
                "origin": origin,
            })),
            version,
            ..row
        }),
        InteractionEvent::DraftDismissed { draft_id, .. } => row.map(|row| {
            let is_on_offer = |draft: &Value| draft.get("draft_id") == Some(&json!(draft_id));
            Row { draft: row.draft.filter(|draft| !is_on_offer(draft)), version, ..row }
        }),
        InteractionEvent::MessageReceived { message, reply_id, .. } => {
            row.map(|row| Row { messages: with(row.messages, message, *reply_id), version, ..row })
        }
        InteractionEvent::BuyerErased { .. } => row.map(|row| Row {
            content: erased(),
            draft: row.draft.map(without_text),
            messages: without_words(row.messages),
            version,
            ..row
        }),
        InteractionEvent::Linked { .. }
        | InteractionEvent::Closed { .. }
        | InteractionEvent::Reopened
        | InteractionEvent::DeadlineSet { .. }
        | InteractionEvent::SlaEscalated { .. }
        | InteractionEvent::SlaBreached { .. }
        | InteractionEvent::Viewed
        | InteractionEvent::DraftRequested { .. }
        | InteractionEvent::ReplyRequested { .. }
        | InteractionEvent::ReplyEditRequested { .. }
        | InteractionEvent::ReplyReleased { .. }
        | InteractionEvent::ReplyCancelled { .. }
        | InteractionEvent::ReplyRefused { .. }
        | InteractionEvent::ReplyMarkedSent { .. }
        | InteractionEvent::ReplyRetryRequested { .. }
        | InteractionEvent::ReplySent { .. }
        | InteractionEvent::ReplyEdited { .. }
        | InteractionEvent::ReplyOutcomeUnknown { .. }
        | InteractionEvent::ReplyConfirmedAbsent { .. }
        | InteractionEvent::ReplySendFailed { .. }
        | InteractionEvent::ReplyEditFailed { .. }
        | InteractionEvent::ReplyPublished { .. }
        | InteractionEvent::ReplyModerationFailed { .. }
        | InteractionEvent::RejectionRequested { .. }
        | InteractionEvent::RejectionSent { .. }
        | InteractionEvent::RejectionConfirmed { .. }
        | InteractionEvent::ReplyObserved { .. } => row,
    }
}

/// What stands for a buyer's words that nobody can read any more.
fn erased() -> Value {
    json!({"erased": true})
}

fn without_text(mut draft: Value) -> Value {
    draft["text"] = Value::Null;
    draft
}

/// Puts a message where it belongs: a page may bring an older one later.
fn with(messages: Value, message: &ChatMessage, reply_id: Option<ReplyId>) -> Value {
    let Value::Array(mut messages) = messages else { return messages };
    let ChatMessage { external_id, author, sent_at, words } = message;
    let sent_at = time::kept(*sent_at);
    let MessageWords { text, files, facts: _ } = words.known().cloned().unwrap_or_default();
    let shown = json!({
        "message_id": external_id,
        "author": author,
        "sent_at": sent_at,
        "text": text,
        "files": files,
        "reply_id": reply_id,
        "erased": words.known().is_none(),
    });
    let is_later = |other: &Value| {
        let other = other.get("sent_at").and_then(|at| DateTime::<Utc>::deserialize(at).ok());
        other.is_some_and(|other| other > sent_at)
    };
    let place = messages.iter().rposition(|other| !is_later(other)).map_or(0, |last| last + 1);
    messages.insert(place, shown);
    messages.into()
}

fn without_words(messages: Value) -> Value {
    let Value::Array(mut messages) = messages else { return messages };
    for message in &mut messages {
        message["text"] = json!("");
        message["files"] = json!([]);
        message["erased"] = json!(true);
    }
    messages.into()
}

/// The buyer's words without the name, which the inbox row holds.
fn words(content: &Content) -> Value {
    let Some(BuyerWords { text, pros, cons, photos, video_url, facts, buyer_name: _ }) =
        content.words.known()
    else {
        return erased();
    };
    json!({
        "text": text,
        "pros": pros,
        "cons": cons,
        "photos": photos,
        "video_url": video_url,
        "facts": facts,
        "product": content.product,
    })
}
