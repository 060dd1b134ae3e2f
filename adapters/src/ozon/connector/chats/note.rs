//! What is noted about a chat that was read, and what the list says beside it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::value::MessageAuthor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::history::History;
use super::reading::author;
use crate::ozon::{Chat, ChatStatus, Message};

/// How many messages before the newest one a chat is read from again: a message may come to be shown after one that is
/// newer.
const READ_AGAIN: usize = 10;

/// How long a chat is read again whose newest message, as the list names it, is not shown in it.
const SHOWN_LATE_MAX: TimeDelta = TimeDelta::minutes(10);

/// What is noted about a chat that was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    /// The newest message, as the list named it.
    last: Option<String>,
    /// Whether it could be written in.
    open: Option<bool>,
    /// The message to read on from.
    pub(super) from: Option<String>,
    /// The newest message, as the list names it, where the chat does not show it.
    unshown: Option<Unshown>,
}

/// A message that the list names and its chat does not show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unshown {
    id: String,
    /// When that was noticed.
    since: DateTime<Utc>,
}

impl Note {
    /// A note of another program counts as none: the chat is read anew.
    pub(super) fn of(note: &Value) -> Option<Self> {
        serde_json::from_value(note.clone()).ok()
    }

    /// Tells whether the list says of the chat what it said when it was read.
    pub(super) fn is_as_listed(&self, chat: &Chat, is_whole: bool) -> bool {
        self.open == open(chat) && !self.has_news(chat, is_whole)
    }

    /// Tells whether the chat may hold messages that were not read. One whose newest message the list does not name is
    /// read when everything is.
    pub(super) fn has_news(&self, chat: &Chat, is_whole: bool) -> bool {
        match &chat.last_message_id {
            Some(_) => self.last != chat.last_message_id,
            None => is_whole,
        }
    }

    /// Returns the seller's newest message, if it is new and the marketplace counts something as unread. What was
    /// answered before the chat was first read here is not touched.
    pub(super) fn new_answer<'a>(&self, chat: &Chat, history: &'a History) -> Option<&'a str> {
        chat.unread_count.filter(|unread| *unread > 0)?;
        let is_last = |message: &Message| Some(&message.id) == self.last.as_ref();
        let known = history.messages.iter().position(is_last).map_or(0, |last| last + 1);
        let mut new = history.messages.iter().skip(known).rev();
        let answer = new.find(|message| author(message) == MessageAuthor::Seller);
        answer.map(|message| message.id.as_str())
    }

    /// What to note once `history` of a chat is taken in.
    pub(super) fn after(self, chat: &Chat, history: &History, now: DateTime<Utc>) -> Self {
        let shows = |id: &&String| history.shows(id);
        let newest = history.messages.last().map(|message| message.id.clone());
        let unshown = chat.last_message_id.as_ref().filter(|id| newest.is_some() && !shows(id));
        let unshown = unshown.map(|id| {
            let known = self.unshown.filter(|known| &known.id == id);
            known.unwrap_or_else(|| Unshown { id: id.clone(), since: now })
        });
        let is_awaited =
            |it: &Unshown| history.is_cut || now.signed_duration_since(it.since) <= SHOWN_LATE_MAX;
        let last = match &unshown {
            // Not shown yet, or there was too much to read at once: the next round reads on.
            Some(unshown) if is_awaited(unshown) => newest,
            Some(_) | None => chat.last_message_id.clone(),
        };
        let before_newest = history.messages.len().saturating_sub(READ_AGAIN);
        let from = history.messages.get(before_newest).map(|message| message.id.clone());
        Self { last, open: open(chat), from: from.or(self.from), unshown }
    }
}

/// Tells whether a chat can be written in, where that is said.
pub(super) fn open(chat: &Chat) -> Option<bool> {
    match chat.status {
        ChatStatus::Opened => Some(true),
        ChatStatus::Closed => Some(false),
        ChatStatus::Unspecified | ChatStatus::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::ozon::{Author, AuthorKind, ChatKind};

    fn chat(last: &str) -> Chat {
        Chat {
            id: "1".to_owned(),
            kind: ChatKind::BuyerSeller,
            status: ChatStatus::Opened,
            created_at: None,
            first_unread_message_id: None,
            last_message_id: Some(last.to_owned()),
            unread_count: None,
            facts: Map::new(),
        }
    }

    fn history(id: &str) -> History {
        let message = Message {
            id: id.to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            author: Author { id: None, kind: AuthorKind::Customer },
            parts: vec![],
            is_image: None,
            is_read: None,
            image_moderation: None,
            order_number: None,
            sku: None,
            facts: Map::new(),
        };
        let mut history = History::default();
        history.messages.push(message);
        history
    }

    /// It may have been deleted; a call each round for ever would not bring it.
    #[test]
    fn a_message_that_a_chat_never_shows_is_not_read_for_ever() {
        let now = DateTime::UNIX_EPOCH;
        let first = Note::default().after(&chat("8"), &history("7"), now);
        assert!(first.has_news(&chat("8"), false), "it may be shown late");
        let later = now + SHOWN_LATE_MAX + TimeDelta::seconds(1);
        let given_up = first.clone().after(&chat("8"), &history("7"), later);
        assert!(!given_up.has_news(&chat("8"), false));
        assert!(given_up.has_news(&chat("9"), false), "another one is news");
        let shown = first.after(&chat("8"), &history("8"), later);
        assert!(!shown.has_news(&chat("8"), false));
    }
}
