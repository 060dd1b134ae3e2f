//! What is known of a reply's attempts: what each ended with, and what was seen when it was looked for.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::ReplyId;
use domain::event::decode;
use domain::interaction::{InteractionEvent, Look, Saw};
use domain::value::Personal;
use eventlog::StoredEvent;
use serde::Serialize;
use utoipa::ToSchema;

use super::message;

/// One attempt to send a reply.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Attempt {
    /// Which one, from 1.
    number: u32,
    /// When it may have reached the marketplace, or was accepted; none where it certainly did not.
    tried_at: Option<DateTime<Utc>>,
    /// What it ended with, by a name that stays.
    #[schema(example = "timeout")]
    code: &'static str,
    /// The same in the user's words.
    message: &'static str,
    /// The marketplace's own words.
    marketplace_text: Option<String>,
    /// What was seen when it was looked for, oldest first.
    looks: Vec<Looked>,
}

/// One look for a reply at the marketplace that did not find it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Looked {
    at: DateTime<Utc>,
    /// What was there instead, by a name that stays.
    #[schema(example = "absent")]
    saw: &'static str,
    /// The same in the user's words.
    message: &'static str,
}

/// Reads the attempts of `wanted`, oldest first.
pub(crate) fn attempts(events: Vec<StoredEvent>, wanted: ReplyId) -> anyhow::Result<Vec<Attempt>> {
    let mut attempts = Vec::new();
    for stored in events {
        let place = stored.event_id;
        let events = decode::<InteractionEvent>(stored.names(), stored.payload.clone())
            .with_context(|| format!("reading event {place}"))?;
        for event in events {
            note(&mut attempts, event, wanted);
        }
    }
    Ok(attempts)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is about an attempt")]
fn note(attempts: &mut Vec<Attempt>, event: InteractionEvent, wanted: ReplyId) {
    use InteractionEvent as Event;

    match event {
        Event::ReplySent { reply_id, attempt, accepted_at, .. }
        | Event::ReplyEdited { reply_id, attempt, accepted_at, .. }
        | Event::RejectionSent { reply_id, attempt, accepted_at }
            if reply_id == wanted =>
        {
            at(attempts, attempt).became("accepted", "Площадка приняла отправленное.");
            at(attempts, attempt).tried_at = Some(accepted_at);
        }
        Event::ReplyOutcomeUnknown { reply_id, attempt, reason, at: tried_at }
            if reply_id == wanted =>
        {
            let code = <&str>::from(reason);
            at(attempts, attempt).became(code, message(code));
            at(attempts, attempt).tried_at = Some(tried_at);
        }
        Event::ReplyConfirmedAbsent { reply_id, attempt, read_at } if reply_id == wanted => {
            let looks = read_at.into_iter().map(|at| Looked::from(Look { at, saw: Saw::Absent }));
            at(attempts, attempt).looks.extend(looks);
        }
        Event::ReplySendFailed { reply_id, attempt, failure, marketplace_text, looks, .. }
        | Event::ReplyEditFailed { reply_id, attempt, failure, marketplace_text, looks, .. }
            if reply_id == wanted =>
        {
            let attempt = at(attempts, attempt);
            // What is left to a person ended before: with that nobody knew, or that it was accepted.
            if attempt.tried_at.is_none() || !failure.leaves_doubt() {
                let code = <&str>::from(failure);
                attempt.became(code, message(code));
            }
            attempt.marketplace_text = marketplace_text.as_ref().and_then(Personal::known).cloned();
            attempt.looks.extend(looks.into_iter().map(Looked::from));
        }
        _ => (),
    }
}

/// Returns the attempt of this number, which may be told of for the first time.
fn at(attempts: &mut Vec<Attempt>, number: u32) -> &mut Attempt {
    let known = attempts.iter().position(|attempt| attempt.number == number);
    let place = known.unwrap_or_else(|| {
        attempts.push(Attempt {
            number,
            tried_at: None,
            code: "",
            message: "",
            marketplace_text: None,
            looks: vec![],
        });
        attempts.len() - 1
    });
    &mut attempts[place]
}

impl Attempt {
    fn became(&mut self, code: &'static str, message: &'static str) {
        (self.code, self.message) = (code, message);
    }
}

impl From<Look> for Looked {
    fn from(Look { at, saw }: Look) -> Self {
        let message = match saw {
            Saw::Absent => "Обращение открыто, ответа там нет.",
            Saw::ItemGone => "Площадка не показывает обращение.",
            Saw::Unreadable => {
                "Площадка показывает обращение не целиком: ответ мог остаться за кадром."
            }
        };
        Self { at, saw: saw.into(), message }
    }
}
