//! Comments to reviews, and reviews that need no reaction.

use std::collections::BTreeSet;

use super::super::entry::Change;
use super::super::gate::Passage;
use super::super::note::{Author, Note, On, Status, Version};
use super::super::problem::Refusal;
use super::super::request::check_text;
use super::{Plan, moderated, schedule};

/// Longest comment, in characters.
const TEXT_CHARS_MAX: usize = 4_096;

/// Every request creates a comment: nothing keeps a seller from commenting twice.
pub(super) fn write(
    passage: &mut Passage<'_>,
    seller: &str,
    feedback: u64,
    parent: Option<u64>,
    text: &str,
) -> Result<Plan, Refusal> {
    check_text("text", text, TEXT_CHARS_MAX)?;
    known_feedback(passage, seller, feedback)?;
    let on = match parent {
        None => On::Feedback { feedback },
        Some(parent) => {
            let note = comment(passage, seller, parent)?;
            if note.on.feedback() != Some(feedback) {
                return Err(Refusal::not_found("Comment", parent));
            }
            On::FeedbackComment { feedback, parent }
        }
    };
    let id = passage.cabinet(seller).next_id(&passage.draw("comment"));
    let schedule = moderated(passage, text);
    let version = Version { text: text.to_owned(), schedule };
    let note = Note::new(id, on, Author::seller(seller), schedule.visible_at, version);
    let result = note.as_comment(passage.now);
    let handled = Change::FeedbacksHandled { feedbacks: vec![feedback], at: schedule.visible_at };
    let plan = Plan::applied(vec![Change::NoteWritten(note), handled]).creating(id).on(schedule);
    Ok(plan.answering(result))
}

/// Only the seller's own comment can be changed, and what is deleted stays so.
pub(super) fn edit(
    passage: &mut Passage<'_>,
    seller: &str,
    feedback: u64,
    id: u64,
    text: &str,
) -> Result<Plan, Refusal> {
    check_text("text", text, TEXT_CHARS_MAX)?;
    known_feedback(passage, seller, feedback)?;
    let mut note = own_comment(passage, seller, id)?;
    if note.on.feedback() != Some(feedback) {
        return Err(Refusal::not_found("Comment", id));
    }
    if note.status(passage.now) == Status::Deleted {
        return Err(Refusal::bad_request(format!("Comment is deleted: '{id}'")));
    }
    let schedule = moderated(passage, text);
    let version = Version { text: text.to_owned(), schedule };
    note.verdict = None;
    note.versions.push(version.clone());
    let changes = vec![Change::NoteRevised { note: id, version }];
    Ok(Plan::applied(changes).on(schedule).answering(note.as_comment(passage.now)))
}

pub(super) fn delete(passage: &mut Passage<'_>, seller: &str, id: u64) -> Result<Plan, Refusal> {
    let note = own_comment(passage, seller, id)?;
    if note.deleted_at.is_some() {
        return Ok(Plan::nothing_to_do());
    }
    let schedule = schedule(passage);
    let changes = vec![Change::NoteDeleted { note: id, at: schedule.visible_at }];
    Ok(Plan::applied(changes).on(schedule))
}

/// All of the reviews or none.
pub(super) fn skip(
    passage: &mut Passage<'_>,
    seller: &str,
    feedbacks: &BTreeSet<u64>,
) -> Result<Plan, Refusal> {
    for feedback in feedbacks {
        known_feedback(passage, seller, *feedback)?;
    }
    let schedule = schedule(passage);
    let feedbacks = feedbacks.iter().copied().collect();
    let changes = vec![Change::FeedbacksHandled { feedbacks, at: schedule.visible_at }];
    Ok(Plan::applied(changes).on(schedule))
}

fn known_feedback(passage: &Passage<'_>, seller: &str, id: u64) -> Result<(), Refusal> {
    let known = passage.cabinet(seller).feedback(id, passage.now);
    known.map(|_| ()).ok_or_else(|| Refusal::not_found("Feedback", id))
}

fn comment<'a>(passage: &'a Passage<'_>, seller: &str, id: u64) -> Result<&'a Note, Refusal> {
    let note = passage.cabinet(seller).notes.get(&id);
    let there = note.filter(|note| note.on.feedback().is_some() && note.is_there(passage.now));
    there.ok_or_else(|| Refusal::not_found("Comment", id))
}

fn own_comment(passage: &Passage<'_>, seller: &str, id: u64) -> Result<Note, Refusal> {
    let note = comment(passage, seller, id)?;
    if !note.is_of_seller() {
        return Err(Refusal::bad_request(format!("Comment cannot be modified: '{id}'")));
    }
    Ok(note.clone())
}
