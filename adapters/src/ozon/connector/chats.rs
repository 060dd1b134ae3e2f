//! Chats with buyers: the list of all of them tells which have news, and only those are read.
//!
//! The list tells no time and no text. What it says of a chat is compared with what was noted when the chat was read
//! last, so a round over chats without news costs a call for each hundred of them.

mod history;
mod note;
mod reading;

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use tracing::debug;

use self::history::{History, Reach, message_id};
use self::note::{Note, open};
use self::reading::{author_is_known, kept_message, reading_of_chat};
use super::{LOOK_PATIENCE, Ozon, PAGE_PATIENCE};
use crate::chat_round::PageOfChats;
use crate::connector::{
    Found, Letter, LookUp, OneByOne, PageRead, Place, ReadError, Wanted, take_turn,
};
use crate::http::{CallError, Failure, SendOutcome};
use crate::ozon::{CHATS_PAGE_MAX, Chat, ChatKind, ChatsQuery};
use crate::rate_limit::Priority;

pub(super) use self::reading::read_kept;

/// Chats read for one page of a round. With a call for most of them, and 50 a second allowed, a page is done well within
/// its lease.
const READ_AT_ONCE: usize = 20;

/// After this a page begins to read no other chat, so that a slow marketplace does not hold it beyond its lease.
const PAGE_TIME: Duration = Duration::from_secs(10);

/// Where a round over the chats stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// The page of the list; none for the first.
    list: Option<String>,
    /// How far the chats of that page are.
    chats: PageOfChats,
    /// Whether everything is read.
    whole: bool,
}

impl Cursor {
    /// A cursor of another program begins the round anew: reading twice is harmless.
    fn of(place: &Place) -> Self {
        serde_json::from_value(place.cursor.clone())
            .unwrap_or_else(|_| Self { whole: place.whole_due, ..Self::default() })
    }

    /// Returns where to go on after a page of the list that ends with `next`; none when the round is over.
    fn after(&self, next: Option<&str>) -> Option<Value> {
        let next = next.filter(|next| Some(*next) != self.list.as_deref())?;
        let next = Self { list: Some(next.to_owned()), whole: self.whole, ..Self::default() };
        serde_json::to_value(next).ok()
    }
}

impl Ozon {
    /// Reads chats with news of one page of the list: as many as are done in time.
    pub(super) async fn chats(&self, place: &Place) -> Result<PageRead, ReadError> {
        let mut cursor = Cursor::of(place);
        let query = ChatsQuery {
            limit: CHATS_PAGE_MAX,
            cursor: cursor.list.clone(),
            ..ChatsQuery::default()
        };
        let list = self.call(Priority::Read, PAGE_PATIENCE, self.client.chats(&query)).await?;
        let next = cursor.after(list.continuation());
        let whole = cursor.whole;
        let mut page = PageRead { malformed: list.malformed, whole, ..PageRead::default() };
        let chats: Vec<Chat> =
            list.items.into_iter().filter(|chat| is_with_buyer(&chat.kind)).collect();
        let ids: Vec<String> = chats.iter().map(|chat| chat.id.clone()).collect();
        let notes = self.notes.of(&ids).await?;
        cursor.chats.keep_listed(&ids);
        let is_done = self.read_chats(chats, &notes, &mut cursor, &mut page, place.now).await?;
        page.next = if is_done { next } else { serde_json::to_value(cursor).ok() };
        Ok(page)
    }

    /// Reads those of the chats that have news. Tells whether it got through.
    async fn read_chats(
        &self,
        mut chats: Vec<Chat>,
        notes: &HashMap<String, Value>,
        cursor: &mut Cursor,
        page: &mut PageRead,
        now: DateTime<Utc>,
    ) -> Result<bool, ReadError> {
        let started = Instant::now();
        chats.sort_by_key(|chat| cursor.chats.tries(&chat.id));
        for chat in chats {
            let note = notes.get(&chat.id).and_then(Note::of);
            let is_known = note.as_ref().is_some_and(|it| it.is_as_listed(&chat, cursor.whole));
            if is_known || cursor.chats.is_done(&chat.id) {
                continue;
            }
            let read = page.readings.len() + cursor.chats.failed_now();
            if read >= READ_AT_ONCE || started.elapsed() >= PAGE_TIME {
                return Ok(false);
            }
            match self.read_chat(&chat, note, (cursor.whole, now)).await {
                Ok((history, note)) => {
                    page.malformed
                        .extend(history.malformed.iter().map(|it| kept_message(&chat, it)));
                    page.notes.push((chat.id.clone(), note));
                    cursor.chats.note_read(chat.id.clone());
                    page.readings.push(reading_of_chat(
                        self.account,
                        &chat,
                        history,
                        open(&chat),
                        now,
                    ));
                }
                Err(error) => {
                    if cursor.chats.stops_at(chat.id, error, page, self.account) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(cursor.chats.is_through())
    }

    /// Reads what is new in a chat, and tells what to note about it.
    async fn read_chat(
        &self,
        chat: &Chat,
        note: Option<Note>,
        (is_whole, now): (bool, DateTime<Utc>),
    ) -> Result<(History, Value), ReadError> {
        let history = match &note {
            // Opened or closed, and nothing else.
            Some(note) if !note.has_news(chat, is_whole) => History::default(),
            Some(Note { from: Some(from), .. }) => self.read_on(chat, from.clone()).await?,
            Some(Note { from: None, .. }) | None if is_empty(chat) => History::default(),
            Some(Note { from: None, .. }) | None => self.read_all(chat).await?,
        };
        if let Some(answer) = note.as_ref().and_then(|note| note.new_answer(chat, &history)) {
            self.mark_read(chat, answer).await;
        }
        let note = note.unwrap_or_default().after(chat, &history, now);
        Ok((history, serde_json::to_value(note).unwrap_or_default()))
    }

    /// Whoever answers has read what was written before, from wherever it was answered; the marketplace would go on
    /// counting it as unread. What fails is left at that: nothing depends on it, and it is said again with the next
    /// answer.
    async fn mark_read(&self, chat: &Chat, up_to: &str) {
        if take_turn(&self.limiter, Priority::Read, LOOK_PATIENCE).await.is_err() {
            return;
        }
        let marked = self.client.mark_read(&chat.id, Some(up_to)).await;
        self.limiter.leave(marked.refusal());
        match marked {
            SendOutcome::Accepted(_) => (),
            SendOutcome::NotSent(error) => {
                if let Some(wait) = error.retry_after() {
                    // What cannot be noted now is said again by the next call.
                    _ = self.limiter.block(wait).await;
                }
                debug!(account.id = %self.account, error = %error, "a chat was not marked as read");
            }
            // It has been logged, and doing so twice is harmless.
            SendOutcome::Unknown(_) => (),
        }
    }

    async fn read_on(&self, chat: &Chat, from: String) -> Result<History, ReadError> {
        match self.history(&chat.id, Reach::forward(from), Priority::Read, PAGE_PATIENCE).await {
            Ok(history) if !history.messages.is_empty() => Ok(history),
            // The message that was known is gone.
            Ok(_) => self.read_all(chat).await,
            Err(ReadError::Call(error))
                if matches!(error.failure, Failure::BadRequest | Failure::NotFound) =>
            {
                self.read_all(chat).await
            }
            Err(error) => Err(error),
        }
    }

    async fn read_all(&self, chat: &Chat) -> Result<History, ReadError> {
        self.history(&chat.id, Reach::all(), Priority::Read, PAGE_PATIENCE).await
    }

    /// Writes in a chat: words or a file, each of which is a call of its own.
    pub(super) async fn write_in_chat(&self, chat: &str, letter: &Letter<'_>) -> SendOutcome {
        match (letter.text, letter.files.as_slice()) {
            (text, []) => self.client.send_message(chat, text).await,
            ("", [file]) => self.client.send_file(chat, &file.name, &file.bytes).await,
            (_, _) => SendOutcome::NotSent(CallError::no_such_call()),
        }
    }

    /// Looks at chats for replies that may be in them: each chat once.
    pub(super) async fn look_at_chats(
        &self,
        wanted: &[Wanted],
        priority: Priority,
    ) -> Result<LookUp, ReadError> {
        let mut looked = OneByOne::default();
        for (chat, wanted) in Wanted::by_item(wanted) {
            if !looked.take(chat, self.look_at_chat(chat, &wanted, priority).await)? {
                break;
            }
        }
        looked.end()
    }

    /// Reads back to before the oldest attempt; none when that is too far.
    async fn look_at_chat(
        &self,
        chat: &str,
        wanted: &[&Wanted],
        priority: Priority,
    ) -> Result<Option<Found>, ReadError> {
        // Without a known attempt it is read to its beginning.
        let since = wanted.iter().map(|one| one.since).min().flatten();
        let history = match self.history(chat, Reach::back_to(since), priority, LOOK_PATIENCE).await
        {
            Err(ReadError::Call(error)) if error.failure == Failure::NotFound => {
                return Ok(Some(Found::NotGiven));
            }
            history => history?,
        };
        if history.is_cut {
            return Ok(None);
        }
        let may_hide = history.may_hide(since);
        let messages: Vec<_> = history.messages.into_iter().map(reading::message).collect();
        if may_hide && !wanted.iter().all(|one| one.is_among(&messages)) {
            // One of those that cannot be read may be it.
            return Ok(Some(Found::NotGiven));
        }
        Ok(Some(Found::Chat(messages)))
    }
}

impl History {
    /// Tells whether something that was written since then cannot be read, or not who wrote it.
    fn may_hide(&self, since: Option<DateTime<Utc>>) -> bool {
        let is_recent =
            |at: Option<DateTime<Utc>>| at.zip(since).is_none_or(|(at, since)| at >= since);
        self.malformed.iter().any(|item| is_recent(history::time_of(item)))
            || self.messages.iter().any(|it| is_recent(Some(it.created_at)) && !author_is_known(it))
    }
}

/// Tells whether the list names no message of a chat.
fn is_empty(chat: &Chat) -> bool {
    chat.last_message_id.as_deref().is_some_and(|id| message_id(id).is_none())
}

/// Tells whether a chat is with a buyer; one of a kind that came after the specification counts if it says so.
fn is_with_buyer(kind: &ChatKind) -> bool {
    let says_buyer = |word: &String| word.to_ascii_lowercase().contains("buyer");
    kind.is_customer() || matches!(kind, ChatKind::Other(word) if says_buyer(word))
}
