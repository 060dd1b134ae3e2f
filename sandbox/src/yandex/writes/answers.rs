//! Answers to questions and comments on answers: one method creates, changes and deletes them.

use super::super::entry::Change;
use super::super::gate::Passage;
use super::super::note::{Author, Note, On, Status, Version};
use super::super::problem::Refusal;
use super::super::request::check_text;
use super::asked::{EntityId, EntityKind};
use super::{Plan, entity, moderated, schedule};

/// Longest answer or comment, in characters.
const TEXT_CHARS_MAX: usize = 5_000;

/// Under a question stands an answer, under an answer or another comment a comment.
pub(super) fn write(
    passage: &mut Passage<'_>,
    seller: &str,
    parent: EntityId,
    text: &str,
) -> Result<Plan, Refusal> {
    check_text("text", text, TEXT_CHARS_MAX)?;
    let (on, kind) = match parent.kind {
        EntityKind::Question => {
            let known = passage.cabinet(seller).questions.get(&parent.id);
            known.ok_or_else(|| Refusal::not_found("Question", parent.id))?;
            (On::Question { question: parent.id }, "ANSWER")
        }
        EntityKind::Answer => {
            note(passage, seller, parent)?;
            (On::Answer { answer: parent.id }, "COMMENT")
        }
        EntityKind::Comment => {
            let above = note(passage, seller, parent)?.on.answer();
            let answer = above.ok_or_else(|| Refusal::not_found("Comment", parent.id))?;
            (On::AnswerComment { answer, parent: parent.id }, "COMMENT")
        }
    };
    let id = passage.cabinet(seller).next_id(&passage.draw("answer"));
    let schedule = moderated(passage, text);
    let version = Version { text: text.to_owned(), schedule };
    let note = Note::new(id, on, Author::seller(seller), schedule.visible_at, version);
    let plan = Plan::applied(vec![Change::NoteWritten(note)]).creating(id).on(schedule);
    Ok(plan.answering(entity(id, kind)))
}

pub(super) fn edit(
    passage: &mut Passage<'_>,
    seller: &str,
    entity: EntityId,
    text: &str,
) -> Result<Plan, Refusal> {
    check_text("text", text, TEXT_CHARS_MAX)?;
    let note = own_note(passage, seller, entity)?;
    if note.status(passage.now) == Status::Deleted {
        return Err(Refusal::bad_request(format!("Entity is deleted: '{}'", entity.id)));
    }
    let schedule = moderated(passage, text);
    let version = Version { text: text.to_owned(), schedule };
    Ok(Plan::applied(vec![Change::NoteRevised { note: entity.id, version }]).on(schedule))
}

pub(super) fn delete(
    passage: &mut Passage<'_>,
    seller: &str,
    entity: EntityId,
) -> Result<Plan, Refusal> {
    let note = own_note(passage, seller, entity)?;
    if note.deleted_at.is_some() {
        return Ok(Plan::nothing_to_do());
    }
    let schedule = schedule(passage);
    let changes = vec![Change::NoteDeleted { note: entity.id, at: schedule.visible_at }];
    Ok(Plan::applied(changes).on(schedule))
}

fn note<'a>(passage: &'a Passage<'_>, seller: &str, entity: EntityId) -> Result<&'a Note, Refusal> {
    let what = match entity.kind {
        EntityKind::Question => {
            return Err(Refusal::bad_request("QUESTION cannot be modified"));
        }
        EntityKind::Answer => "Answer",
        EntityKind::Comment => "Comment",
    };
    let is_it = |note: &&Note| {
        let is_of_kind = match entity.kind {
            EntityKind::Question => false,
            EntityKind::Answer => note.on.question().is_some(),
            EntityKind::Comment => note.on.answer().is_some(),
        };
        is_of_kind && note.is_there(passage.now)
    };
    let note = passage.cabinet(seller).notes.get(&entity.id).filter(is_it);
    note.ok_or_else(|| Refusal::not_found(what, entity.id))
}

fn own_note<'a>(
    passage: &'a Passage<'_>,
    seller: &str,
    entity: EntityId,
) -> Result<&'a Note, Refusal> {
    let note = note(passage, seller, entity)?;
    if !note.is_of_seller() {
        return Err(Refusal::bad_request(format!("Entity cannot be modified: '{}'", entity.id)));
    }
    Ok(note)
}
