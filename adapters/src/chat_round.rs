//! Which chats of a page of a list a round is through with, at marketplaces whose chats are read one by one.

use std::collections::{BTreeMap, BTreeSet};

use domain::AccountId;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::connector::{PageRead, ReadError};

/// How often a chat is tried in a round before the next round has to.
const TRIES: u32 = 3;

/// Chats that may fail in one reading that has read none: more of them, and it may not be the chats. Their tries count
/// all the same, or as many that fail for ever would keep the round where it is.
const FAILED_MAX: usize = 3;

/// The chats of one page. Part of a cursor, so that a page that takes more than one reading goes on where it was.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PageOfChats {
    /// Read or given up: each is read once in a round, so that none keeps the round from going on.
    done: BTreeSet<String>,
    /// How often others failed.
    failed: BTreeMap<String, u32>,
    /// How many failed in this reading.
    #[serde(skip)]
    failed_now: usize,
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

    /// Returns how often a chat has failed; those that have not come first, so that any that can be read is.
    pub(crate) fn tries(&self, chat: &str) -> u32 {
        self.failed.get(chat).copied().unwrap_or_default()
    }

    /// Returns how many chats failed in this reading.
    pub(crate) fn failed_now(&self) -> usize {
        self.failed_now
    }

    /// Takes note that a chat could not be read, and tells whether to go on with the others: they are not to wait for
    /// it, and it is tried again after them.
    fn goes_on_after(&mut self, chat: String, error: &ReadError, is_any_read: bool) -> bool {
        let ReadError::Call(call) = error else { return false };
        if !call.failure.may_be_about_item() {
            return false;
        }
        self.note_failure(chat);
        self.failed_now += 1;
        self.failed_now <= FAILED_MAX || is_any_read
    }

    /// Takes note that a chat could not be read, and tells whether the page stops there: with what was read so far, or
    /// with the error where that is nothing. The next reading meets the same, or gets through.
    pub(crate) fn stops_at(
        &mut self,
        chat: String,
        error: ReadError,
        page: &mut PageRead,
        account: AccountId,
    ) -> bool {
        let is_any_read = !page.readings.is_empty();
        if self.goes_on_after(chat, &error, is_any_read) {
            warn!(account.id = %account, error = %error, "could not read a chat, went on with the others");
            return false;
        }
        page.stopped = Some(error).filter(|_| !is_any_read);
        true
    }

    /// Leaves a chat for another try, unless it had its share.
    fn note_failure(&mut self, chat: String) {
        let times = self.tries(&chat) + 1;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::CallError;

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
    fn no_more_than_four_chats_in_a_row_fail_in_a_reading_and_each_failure_counts() {
        let error = || ReadError::Call(CallError::no_signature());
        let mut page = PageOfChats::default();
        for chat in ["1", "2", "3"] {
            assert!(page.goes_on_after(chat.into(), &error(), false));
        }
        assert!(!page.goes_on_after("4".into(), &error(), false));
        assert!(page.goes_on_after("5".into(), &error(), true), "others were read meanwhile");
        let kept = serde_json::to_value(&page).unwrap();
        let later: PageOfChats = serde_json::from_value(kept).unwrap();
        assert_eq!(["4", "5", "6"].map(|chat| later.tries(chat)), [1, 1, 0]);
        assert_eq!(later.failed_now(), 0, "that was another reading");
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
