//! A version of a reply as its stream tells it: read models may be a moment behind, and whoever has just asked for the
//! reply must not be told less than is known.

use anyhow::Context as _;
use chrono::{DateTime, SubsecRound as _, Utc};
use cqrs_es::Aggregate as _;
use domain::ReplyId;
use domain::event::decode;
use domain::guardrail::Passed;
use domain::interaction::{Interaction, InteractionEvent};
use domain::value::Personal;
use eventlog::StoredEvent;
use projections::feed::Cursor;
use projections::reply_history::{ReplyRow, shown};
use serde_json::Value;

/// How a version stands in its stream.
pub(crate) struct Standing {
    /// The version.
    pub(crate) row: ReplyRow,
    /// What the guardrails had to say of it.
    pub(crate) guardrails: Option<Passed>,
    /// The interaction, after all its events.
    pub(crate) interaction: Interaction,
    /// The place of the last event.
    pub(crate) cursor: Cursor,
}

/// Reads how `reply_id` stands; none when the stream has no such version.
pub(crate) fn standing(
    events: Vec<StoredEvent>,
    reply_id: ReplyId,
) -> anyhow::Result<Option<Standing>> {
    let mut interaction = Interaction::default();
    let (mut row, mut guardrails, mut cursor) = (None, None, None);
    for stored in events {
        let (at, place) = (stored.recorded_at, stored.event_id);
        cursor = Some(Cursor::of(&stored));
        let events = decode::<InteractionEvent>(stored.names(), stored.payload.clone())
            .with_context(|| format!("reading event {place}"))?;
        for event in events {
            guardrails = passed(&event, reply_id).or(guardrails);
            apply(&mut row, &event, reply_id, at, stored.actor.clone());
            interaction.apply(event);
        }
    }
    Ok(row.zip(cursor).map(|(row, cursor)| Standing { row, guardrails, interaction, cursor }))
}

/// Returns what the guardrails had to say of a version when it was asked for, or for once more.
#[expect(clippy::wildcard_enum_match_arm, reason = "only what asks for a version is guarded")]
fn passed(event: &InteractionEvent, wanted: ReplyId) -> Option<Passed> {
    match event {
        InteractionEvent::ReplyRequested { reply_id, guardrails, .. }
        | InteractionEvent::ReplyEditRequested { reply_id, guardrails, .. }
        | InteractionEvent::ReplyRetryRequested { reply_id, guardrails, .. }
            if *reply_id == wanted =>
        {
            guardrails.clone()
        }
        _ => None,
    }
}

/// Follows `projections::reply_history`; a test holds the two together.
fn apply(
    row: &mut Option<ReplyRow>,
    event: &InteractionEvent,
    wanted: ReplyId,
    at: DateTime<Utc>,
    actor: Option<String>,
) {
    use InteractionEvent as Event;

    let requested = |kind: &str, text: Option<&String>| ReplyRow {
        reply_id: wanted.0,
        kind: kind.to_owned(),
        state: "sending".to_owned(),
        text: text.cloned(),
        files: Value::Array(vec![]),
        requested_at: at,
        requested_by: actor,
        held_until: None,
        sent_at: None,
        published_at: None,
        attempts: 0,
        failure: None,
        marketplace_text: None,
        retry_at: None,
        bulk_id: None,
    };
    match event {
        Event::ReplyRequested { reply_id, text, files, bulk_id, held_until, .. }
            if *reply_id == wanted =>
        {
            let (files, bulk_id) = (shown(files), bulk_id.map(|id| id.0));
            let asked = ReplyRow { files, bulk_id, ..requested("answer", text.known()) };
            *row = Some(held(asked, *held_until));
        }
        Event::ReplyEditRequested { reply_id, text, held_until, .. } if *reply_id == wanted => {
            *row = Some(held(requested("edit", text.known()), *held_until));
        }
        Event::RejectionRequested { reply_id, text, held_until } if *reply_id == wanted => {
            *row = Some(held(requested("rejection", text.known()), *held_until));
        }
        Event::ReplyReleased { reply_id } | Event::ReplyRetryRequested { reply_id, .. } => {
            change(row, *reply_id, "sending", |_| ());
        }
        Event::ReplyCancelled { reply_id, reason } => {
            change(row, *reply_id, "cancelled", |row| {
                row.failure = Some(<&str>::from(reason).to_owned());
            });
        }
        Event::RejectionSent { reply_id, attempt, accepted_at }
        | Event::ReplySent { reply_id, attempt, accepted_at, .. }
        | Event::ReplyEdited { reply_id, attempt, accepted_at, .. } => {
            change(row, *reply_id, "sent", |row| {
                row.sent_at = Some(stored(*accepted_at));
                row.attempts = count(*attempt);
            });
        }
        Event::ReplyMarkedSent { reply_id, at, .. } => {
            change(row, *reply_id, "sent", |row| row.sent_at = Some(stored(*at)));
        }
        Event::ReplyOutcomeUnknown { reply_id, attempt, reason, .. } => {
            change(row, *reply_id, "unknown", |row| {
                row.attempts = count(*attempt);
                row.failure = Some(<&str>::from(reason).to_owned());
            });
        }
        Event::ReplyConfirmedAbsent { reply_id, attempt, .. } => {
            change(row, *reply_id, "sending", |row| row.attempts = count(*attempt));
        }
        Event::ReplySendFailed {
            reply_id, attempt, failure, marketplace_text, retry_at, ..
        }
        | Event::ReplyEditFailed {
            reply_id, attempt, failure, marketplace_text, retry_at, ..
        } => {
            let state = if retry_at.is_some() { "sending" } else { "failed" };
            change(row, *reply_id, state, |row| {
                row.attempts = count(*attempt);
                row.failure = Some(<&str>::from(failure).to_owned());
                row.marketplace_text = known(marketplace_text.as_ref());
                row.retry_at = retry_at.map(stored);
            });
        }
        Event::RejectionConfirmed { reply_id, seen_at }
        | Event::ReplyPublished { reply_id, seen_at } => {
            change(row, *reply_id, "published", |row| {
                row.sent_at.get_or_insert(stored(*seen_at));
                row.published_at = Some(stored(*seen_at));
            });
        }
        Event::ReplyModerationFailed { reply_id, code, marketplace_text } => {
            change(row, *reply_id, "rejected", |row| {
                row.failure = Some(code.clone());
                row.marketplace_text = known(marketplace_text.as_ref());
            });
        }
        Event::Ingested { .. }
        | Event::ContentRevised { .. }
        | Event::Linked { .. }
        | Event::Closed { .. }
        | Event::DraftRequested { .. }
        | Event::DraftProposed { .. }
        | Event::ReplyRefused { .. }
        | Event::DraftDismissed { .. }
        | Event::ReplyRequested { .. }
        | Event::ReplyEditRequested { .. }
        | Event::RejectionRequested { .. }
        | Event::ReplyObserved { .. }
        | Event::MessageReceived { .. }
        | Event::Reopened
        | Event::DeadlineSet { .. }
        | Event::SlaEscalated { .. }
        | Event::SlaBreached { .. }
        | Event::Viewed => (),
        Event::BuyerErased { .. } => {
            if let Some(row) = row {
                row.text = None;
                row.files = Value::Array(vec![]);
                row.marketplace_text = None;
            }
        }
    }
}

fn held(row: ReplyRow, until: Option<DateTime<Utc>>) -> ReplyRow {
    let Some(until) = until else { return row };
    ReplyRow { state: "held".to_owned(), held_until: Some(stored(until)), ..row }
}

fn change(row: &mut Option<ReplyRow>, of: ReplyId, state: &str, more: impl FnOnce(&mut ReplyRow)) {
    let Some(row) = row.as_mut().filter(|row| row.reply_id == of.0) else { return };
    state.clone_into(&mut row.state);
    row.held_until = None;
    row.failure = None;
    row.marketplace_text = None;
    row.retry_at = None;
    more(row);
}

/// The time as the read model keeps it: PostgreSQL has no nanoseconds.
fn stored(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

fn count(attempts: u32) -> i32 {
    i32::try_from(attempts).unwrap_or(i32::MAX)
}

fn known(words: Option<&Personal<String>>) -> Option<String> {
    words.and_then(Personal::known).cloned()
}
