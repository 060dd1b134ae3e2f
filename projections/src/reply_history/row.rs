//! The rows of an interaction's reply, one a version, and how events change them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::interaction::InteractionEvent;
use domain::value::{ObservedAnswer, ObservedState, OutgoingFile, Personal, known_files};
use domain::{Recorded, ReplyId, TenantId};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::duplicate::words_key;
use crate::fold::time;

/// A row of `reply_history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) interaction_id: Uuid,
    pub(super) reply_id: Uuid,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) text: Option<String>,
    /// What it carries, a list of objects.
    pub(super) files: Value,
    #[serde(with = "time")]
    pub(super) requested_at: DateTime<Utc>,
    pub(super) requested_by: Option<String>,
    /// Until when it can be taken back; none once it is out, or was never held.
    #[serde(with = "time::option")]
    pub(super) held_until: Option<DateTime<Utc>>,
    #[serde(with = "time::option")]
    pub(super) sent_at: Option<DateTime<Utc>>,
    #[serde(with = "time::option")]
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) attempts: i32,
    pub(super) failure: Option<String>,
    pub(super) marketplace_text: Option<String>,
    #[serde(with = "time::option")]
    pub(super) retry_at: Option<DateTime<Utc>>,
    /// The bulk that it is a part of.
    pub(super) bulk_id: Option<Uuid>,
    /// Of a text that was asked for here; see [`words_key`].
    pub(super) words_key: Option<i64>,
    /// Place of the request in the stream.
    pub(super) version: i32,
    /// Place of the last event that the row includes.
    pub(super) applied_version: i32,
}

/// The versions of an interaction's reply by id.
pub(crate) type Replies = BTreeMap<Uuid, Row>;

/// Tells what the versions of a reply are after `recorded`.
pub(super) fn fold(mut replies: Replies, recorded: &Recorded) -> Replies {
    let includes = |row: &&Row| row.applied_version >= recorded.version;
    let done: BTreeSet<Uuid> = replies.values().filter(includes).map(|row| row.reply_id).collect();
    for event in recorded.of_interaction() {
        apply(&mut replies, event, recorded, &done);
    }
    replies
}

/// Changes the rows that are not among those `done`.
fn apply(
    replies: &mut Replies,
    event: &InteractionEvent,
    recorded: &Recorded,
    done: &BTreeSet<Uuid>,
) {
    let mut change = |id: &ReplyId, row: &dyn Fn(Row) -> Row| {
        if let Some(old) = replies.get_mut(&id.0)
            && !done.contains(&id.0)
        {
            *old = Row { applied_version: recorded.version, ..row(old.clone()) };
        }
    };
    match event {
        InteractionEvent::ReplyRequested { reply_id, text, files, bulk_id, held_until, .. } => {
            let row = Row::sending(recorded, *reply_id, "answer", text.known());
            let bulk_id = bulk_id.map(|id| id.0);
            let row = Row { files: shown(files), bulk_id, ..row.held(*held_until).keyed() };
            replies.entry(reply_id.0).or_insert(row);
        }
        InteractionEvent::ReplyEditRequested { reply_id, text, held_until, .. } => {
            let row = Row::sending(recorded, *reply_id, "edit", text.known());
            replies.entry(reply_id.0).or_insert(row.held(*held_until).keyed());
        }
        InteractionEvent::RejectionRequested { reply_id, text, held_until } => {
            let row = Row::sending(recorded, *reply_id, "rejection", text.known());
            replies.entry(reply_id.0).or_insert(row.held(*held_until));
        }
        InteractionEvent::ReplyReleased { reply_id }
        | InteractionEvent::ReplyRetryRequested { reply_id, .. } => {
            change(reply_id, &|row| row.settled("sending"));
        }
        InteractionEvent::ReplyCancelled { reply_id, reason } => {
            let failure = Some(<&str>::from(reason).to_owned());
            change(reply_id, &|row| Row { failure: failure.clone(), ..row.settled("cancelled") });
        }
        InteractionEvent::RejectionSent { reply_id, attempt, accepted_at }
        | InteractionEvent::ReplySent { reply_id, attempt, accepted_at, .. }
        | InteractionEvent::ReplyEdited { reply_id, attempt, accepted_at, .. } => {
            let sent_at = Some(time::kept(*accepted_at));
            change(reply_id, &|row| Row { sent_at, ..row.ended(*attempt, "sent") });
        }
        InteractionEvent::ReplyMarkedSent { reply_id, at, .. } => {
            let sent_at = Some(time::kept(*at));
            change(reply_id, &|row| Row { sent_at, ..row.settled("sent") });
        }
        InteractionEvent::ReplyOutcomeUnknown { reply_id, attempt, reason, .. } => {
            let failure = Some(<&str>::from(reason).to_owned());
            change(reply_id, &|row| Row {
                failure: failure.clone(),
                ..row.ended(*attempt, "unknown")
            });
        }
        InteractionEvent::ReplyConfirmedAbsent { reply_id, attempt, .. } => {
            change(reply_id, &|row| row.ended(*attempt, "sending"));
        }
        InteractionEvent::ReplySendFailed {
            reply_id,
            attempt,
            failure,
            marketplace_text,
            retry_at,
            ..
        }
        | InteractionEvent::ReplyEditFailed {
            reply_id,
            attempt,
            failure,
            marketplace_text,
            retry_at,
            ..
        } => {
            let state = if retry_at.is_some() { "sending" } else { "failed" };
            change(reply_id, &|row| Row {
                failure: Some(<&str>::from(failure).to_owned()),
                marketplace_text: known(marketplace_text.as_ref()),
                retry_at: retry_at.map(time::kept),
                ..row.ended(*attempt, state)
            });
        }
        InteractionEvent::RejectionConfirmed { reply_id, seen_at }
        | InteractionEvent::ReplyPublished { reply_id, seen_at } => {
            let seen_at = time::kept(*seen_at);
            change(reply_id, &|row| Row {
                sent_at: row.sent_at.or(Some(seen_at)),
                published_at: Some(seen_at),
                ..row.settled("published")
            });
        }
        InteractionEvent::ReplyModerationFailed { reply_id, code, marketplace_text } => {
            change(reply_id, &|row| Row {
                failure: Some(code.clone()),
                marketplace_text: known(marketplace_text.as_ref()),
                ..row.settled("rejected")
            });
        }
        InteractionEvent::ReplyObserved { answer, seen_at, ordinal } => {
            let id = Uuid::new_v5(&recorded.stream.0, format!("observed {ordinal}").as_bytes());
            if !done.contains(&id) {
                observe(replies, recorded, (ReplyId(id), answer), *seen_at);
            }
        }
        InteractionEvent::BuyerErased { .. } => erase(replies, recorded, done),
        InteractionEvent::Ingested { .. }
        | InteractionEvent::ContentRevised { .. }
        | InteractionEvent::Linked { .. }
        | InteractionEvent::Closed { .. }
        | InteractionEvent::DraftRequested { .. }
        | InteractionEvent::DraftProposed { .. }
        | InteractionEvent::ReplyRefused { .. }
        | InteractionEvent::DraftDismissed { .. }
        | InteractionEvent::MessageReceived { .. }
        | InteractionEvent::Reopened
        | InteractionEvent::DeadlineSet { .. }
        | InteractionEvent::SlaEscalated { .. }
        | InteractionEvent::SlaBreached { .. }
        | InteractionEvent::Viewed => (),
    }
}

/// Shows the files that a reply carries.
#[must_use]
pub fn shown(files: &[Personal<OutgoingFile>]) -> Value {
    let shown = |file: &OutgoingFile| {
        let OutgoingFile { file_id, name, kind, size_bytes, .. } = file;
        json!({
            "file_id": file_id,
            "name": name,
            "is_image": kind.is_image(),
            "size_bytes": size_bytes,
        })
    };
    known_files(files).map(shown).collect()
}

fn known(words: Option<&Personal<String>>) -> Option<String> {
    words.and_then(Personal::known).cloned()
}

impl Row {
    fn sending(recorded: &Recorded, id: ReplyId, kind: &str, text: Option<&String>) -> Self {
        Self {
            tenant_id: recorded.tenant.0,
            interaction_id: recorded.stream.0,
            reply_id: id.0,
            kind: kind.to_owned(),
            state: "sending".to_owned(),
            text: text.cloned(),
            files: Value::Array(vec![]),
            requested_at: time::kept(recorded.recorded_at),
            requested_by: recorded.actor.clone(),
            held_until: None,
            sent_at: None,
            published_at: None,
            attempts: 0,
            failure: None,
            marketplace_text: None,
            retry_at: None,
            bulk_id: None,
            words_key: None,
            version: recorded.version,
            applied_version: recorded.version,
        }
    }

    fn held(self, until: Option<DateTime<Utc>>) -> Self {
        let Some(until) = until else { return self };
        Self { state: "held".to_owned(), held_until: Some(time::kept(until)), ..self }
    }

    /// Lets the same text to another buyer be found.
    fn keyed(self) -> Self {
        let text = self.text.as_deref().unwrap_or_default();
        Self { words_key: words_key(TenantId(self.tenant_id), text), ..self }
    }

    /// Notes how an attempt ended, with nothing said against it.
    fn ended(self, attempt: u32, state: &str) -> Self {
        Self { attempts: i32::try_from(attempt).unwrap_or(i32::MAX), ..self.settled(state) }
    }

    fn settled(self, state: &str) -> Self {
        Self {
            state: state.to_owned(),
            held_until: None,
            failure: None,
            marketplace_text: None,
            retry_at: None,
            ..self
        }
    }
}

/// An answer given at the marketplace has no request of ours: the event that first saw it begins its row, and later
/// ones tell how its moderation went on.
fn observe(
    replies: &mut Replies,
    recorded: &Recorded,
    (id, answer): (ReplyId, &ObservedAnswer),
    seen_at: DateTime<Utc>,
) {
    let seen_at = time::kept(seen_at);
    let (state, published_at) = match answer.state {
        ObservedState::Published => ("published", Some(seen_at)),
        ObservedState::InModeration => ("sent", None),
        // The latter closes the question and is no answer that could be seen.
        ObservedState::Rejected | ObservedState::RejectsQuestion => ("rejected", None),
    };
    let row = replies.entry(id.0).or_insert_with(|| Row {
        state: state.to_owned(),
        requested_at: seen_at,
        requested_by: None,
        published_at,
        ..Row::sending(recorded, id, "observed", answer.text.known())
    });
    state.clone_into(&mut row.state);
    row.published_at = row.published_at.or(published_at);
    row.applied_version = recorded.version;
}

/// Takes all texts away.
fn erase(replies: &mut Replies, recorded: &Recorded, done: &BTreeSet<Uuid>) {
    for row in replies.values_mut().filter(|row| !done.contains(&row.reply_id)) {
        row.text = None;
        row.words_key = None;
        row.files = Value::Array(vec![]);
        row.marketplace_text = None;
        row.applied_version = recorded.version;
    }
}
