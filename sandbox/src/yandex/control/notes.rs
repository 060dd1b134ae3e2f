//! Buyers comment and answer, the seller does so in the cabinet, moderators decide.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::cabinet::Cabinet;
use super::super::entry::Change;
use super::super::note::{Author, AuthorKind, Note, On, Schedule, Status, Version};
use super::super::seeds;
use super::words::{known_question, known_review};
use super::{cabinet, happen};
use crate::control::{Body, ControlError};
use crate::world::{App, World};

/// Words from outside the API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNote {
    text: String,
    /// The buyer's name; without one the author is not shown.
    user: Option<String>,
    /// A buyer, if nothing is said.
    #[serde(default = "buyer")]
    by: AuthorKind,
    /// The comment that this one is a reply to.
    parent: Option<u64>,
}

/// What a moderator decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verdict {
    status: Status,
}

/// Under a review: `{"text", "user"?, "by"?: "user" | "business", "parent"?}`. Answers with the comment's id.
pub(super) async fn comment(
    State(app): State<App>,
    Path((seller, feedback)): Path<(String, u64)>,
    Body(body): Body<NewNote>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        let cabinet = known_review(cabinet(world, &seller)?, feedback)?;
        let on = match body.parent {
            None => On::Feedback { feedback },
            Some(parent) => {
                known_note(cabinet, parent)?;
                On::FeedbackComment { feedback, parent }
            }
        };
        let at = world.now();
        let handled = (body.by == AuthorKind::Business)
            .then_some(Change::FeedbacksHandled { feedbacks: vec![feedback], at });
        write(world, &seller, on, body, handled)
    })
    .await
}

/// Under a question. Answers with the answer's id.
pub(super) async fn answer(
    State(app): State<App>,
    Path((seller, question)): Path<(String, u64)>,
    Body(body): Body<NewNote>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        known_question(cabinet(world, &seller)?, question)?;
        write(world, &seller, On::Question { question }, body, None)
    })
    .await
}

/// Under an answer. Answers with the comment's id.
pub(super) async fn answer_comment(
    State(app): State<App>,
    Path((seller, answer)): Path<(String, u64)>,
    Body(body): Body<NewNote>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        let cabinet = cabinet(world, &seller)?;
        if known_note(cabinet, answer)?.on.question().is_none() {
            return Err(ControlError::not_found("the seller has no such answer"));
        }
        let on = match body.parent {
            None => On::Answer { answer },
            Some(parent) => On::AnswerComment { answer, parent: known_note(cabinet, parent)?.id },
        };
        write(world, &seller, on, body, None)
    })
    .await
}

/// A comment or an answer with all its wordings.
pub(super) async fn note(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let (now, note) = (world.now(), known_note(cabinet(world, &seller)?, id)?);
        let status = note.status(now).to_string();
        Ok(Json(json!({ "note": note, "status": status, "buyer_sees": note.will_be_public() })))
    })
    .await
}

/// The Market, or the buyer that wrote it, deletes it with everything under it: it is gone.
pub(super) async fn delete(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known_note(cabinet(world, &seller)?, id)?;
        happen(world, &seller, vec![Change::NoteRemoved { note: id }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Moderation decides: `{"status": "BANNED"}`.
pub(super) async fn moderate(
    State(app): State<App>,
    Path((seller, id)): Path<(String, u64)>,
    Body(body): Body<Verdict>,
) -> Result<StatusCode, ControlError> {
    app.with(move |world| {
        known_note(cabinet(world, &seller)?, id)?;
        happen(world, &seller, vec![Change::NoteModerated { note: id, status: body.status }])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn write(
    world: &mut World,
    seller: &str,
    on: On,
    body: NewNote,
    besides: Option<Change>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let (now, chance) = (world.now(), world.chance);
    let cabinet = cabinet(world, seller)?;
    let id = cabinet.next_id(&seeds::draws(chance, seller, cabinet)("note"));
    let author = match body.by {
        AuthorKind::User => Author::buyer(body.user),
        AuthorKind::Business => Author::seller(seller),
    };
    let version = Version { text: body.text, schedule: Schedule::at_once(now) };
    let written = Change::NoteWritten(Note::new(id, on, author, now, version));
    happen(world, seller, std::iter::once(written).chain(besides).collect())?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

fn known_note(cabinet: &Cabinet, id: u64) -> Result<&Note, ControlError> {
    let note = cabinet.notes.get(&id);
    note.ok_or_else(|| ControlError::not_found("the seller has no such comment or answer"))
}

fn buyer() -> AuthorKind {
    AuthorKind::User
}
