//! Which chats of a page of a list a round is through with, at marketplaces whose chats are read one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::http::Failure;

/// How often a chat is tried in a round before the next round has to.
const TRIES: u32 = 3;

/// The chats of one page. Part of a cursor, so that a page that takes more than one reading goes on where it was.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PageOfChats {
    /// Read or given up: each is read once in a round, so that none keeps the round from going on.
    done: BTreeSet<String>,
    /// How often others failed.
    failed: BTreeMap<String, u32>,
}

impl PageOfChats {
    /// Forgets failures of chats that are not listed any more: they would keep the round from going on.
    pub(crate) fn keep_listed(&mut self, ids: &[String]) {
        self.failed.retain(|id, _| ids.contains(id));
    }

    pub(crate) fn is_done(&self, chat: &str) -> bool {
        self.done.contains(chat)
    }

    pub(crate) fn note_read(&mut self, chat: String) {
        self.failed.remove(&chat);
        self.done.insert(chat);
    }

    /// Leaves a chat for another try, unless it had its share.
    pub(crate) fn note_failure(&mut self, chat: String) {
        let times = self.failed.get(&chat).copied().unwrap_or_default() + 1;
        if times < TRIES {
            self.failed.insert(chat, times);
        } else {
            self.note_read(chat);
        }
    }

    /// Tells whether any chat of the page was worth reading.
    pub(crate) fn had_news(&self) -> bool {
        !self.done.is_empty()
    }

    /// Tells whether no chat waits for another try.
    pub(crate) fn is_through(&self) -> bool {
        self.failed.is_empty()
    }
}

/// Tells whether a call failed for what it asked about, so that others may succeed.
pub(crate) fn is_about_chat(failure: Failure) -> bool {
    match failure {
        Failure::NotFound
        | Failure::BadRequest
        | Failure::ServerError
        | Failure::MalformedAnswer => true,
        Failure::Unauthorized
        | Failure::PaymentRequired
        | Failure::NoRight
        | Failure::ClosedByPlan
        | Failure::RateLimited { .. }
        | Failure::Unreachable
        | Failure::NoAnswer { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_that_fails_is_tried_three_times_and_then_left_to_the_next_round() {
        let mut page = PageOfChats::default();
        for _ in 1..TRIES {
            page.note_failure("1".into());
            assert!(!page.is_through() && !page.is_done("1"));
        }
        page.note_failure("1".into());
        assert!(page.is_through() && page.is_done("1"));
    }

    #[test]
    fn neither_what_was_read_after_all_nor_what_is_not_listed_any_more_keeps_the_round() {
        let mut page = PageOfChats::default();
        page.note_failure("1".into());
        page.note_failure("2".into());
        page.note_read("1".into());
        assert!(!page.is_through());
        page.keep_listed(&["1".into()]);
        assert!(page.is_through());
    }
}
