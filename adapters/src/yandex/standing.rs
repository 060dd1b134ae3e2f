//! What stands under a review or a question: ours, the seller's from elsewhere, others'.

use domain::value::{ObservedAnswer, ObservedState};

use super::page::Page;
use super::question::Answer;
use super::review::Comment;
use crate::connector::Wanted;

/// A comment on a review or an answer to a question.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) id: String,
    /// Whether it stands directly under the item; others belong to a talk about an answer.
    is_direct: bool,
    is_ours: bool,
    /// None when it was taken away.
    pub(super) answer: Option<ObservedAnswer>,
}

/// What was read under an item.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    /// Whether anything is missing: unreadable, or on pages that were not read.
    is_incomplete: bool,
}

/// What is under an item, as far as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Standing {
    /// This, or nothing.
    Known(Option<ObservedAnswer>),
    /// What is looked for may be in what could not be read.
    Unclear,
}

impl From<Comment> for Note {
    fn from(comment: Comment) -> Self {
        Self {
            is_direct: comment.parent_id.is_none(),
            is_ours: comment.is_ours(),
            answer: comment.observed(),
            id: comment.id,
        }
    }
}

impl From<Answer> for Note {
    fn from(answer: Answer) -> Self {
        Self {
            is_direct: true,
            is_ours: answer.is_ours(),
            answer: answer.observed(),
            id: answer.id,
        }
    }
}

impl Note {
    /// Returns how it stands, where it is the seller's and is there.
    fn own_answer(&self) -> Option<&ObservedAnswer> {
        self.answer.as_ref().filter(|_| self.is_ours && self.is_direct)
    }
}

impl Notes {
    /// Takes in a page.
    pub(super) fn add(&mut self, page: Page<Note>) {
        self.is_incomplete |= !page.malformed.is_empty();
        self.notes.extend(page.items);
    }

    /// Gives up before the last page.
    pub(super) fn cut(&mut self) {
        self.is_incomplete = true;
    }

    /// Returns what stands there of the seller: what is looked for, otherwise what counts.
    pub(super) fn standing(&self, wanted: &Wanted) -> Standing {
        let own = || self.notes.iter().filter_map(Note::own_answer);
        if let Some(ours) = own().find(|answer| wanted.is(answer)) {
            return Standing::Known(Some(ours.clone()));
        }
        // What was not read might be ours: to call it absent would send it again.
        if self.is_incomplete && (wanted.reply.is_some() || wanted.text.is_some()) {
            return Standing::Unclear;
        }
        Standing::Known(counts(own()))
    }
}

/// Of several answers of the seller the one that counts: the first that buyers see, otherwise the newest that may yet be
/// seen, otherwise the newest that was refused.
fn counts<'a>(
    answers: impl DoubleEndedIterator<Item = &'a ObservedAnswer> + Clone,
) -> Option<ObservedAnswer> {
    let first = answers.clone().find(|answer| answer.state == ObservedState::Published);
    let newest = |state| answers.clone().rev().find(|answer| answer.state == state);
    first
        .or_else(|| newest(ObservedState::InModeration))
        .or_else(|| newest(ObservedState::Rejected))
        .cloned()
}

/// Turns what a page holds into notes.
pub(super) fn notes<T: Into<Note>>(page: Page<T>) -> Page<Note> {
    Page {
        items: page.items.into_iter().map(Into::into).collect(),
        malformed: page.malformed,
        next: page.next,
        total: page.total,
    }
}
