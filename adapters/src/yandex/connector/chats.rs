//! Chats with buyers: the list of all of them tells which have news, and only those are read.

mod reading;

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use self::reading::{author_is_known, chat_message, kept_message, reading_of_chat};
use super::{LOOK_PATIENCE, PAGE_PATIENCE, Yandex};
use crate::chat_round::PageOfChats;
use crate::connector::{Found, Letter, LookUp, OneByOne, PageRead, Place, ReadError, Wanted};
use crate::http::{CallError, Failure, MalformedItem, SendOutcome};
use crate::rate_limit::Priority;
use crate::yandex::{
    CHATS_PAGE_MAX, Chat, ChatStatus, ChatsQuery, MESSAGES_PAGE_MAX, Message, PageRequest,
};

pub(in crate::yandex) use self::reading::read_kept;

/// After this a page begins to read no other chat, so that a slow marketplace does not hold it beyond its lease.
const PAGE_TIME: Duration = Duration::from_secs(10);

/// Pages of messages of one chat that are read at once.
const MESSAGE_PAGES_MAX: usize = 5;

/// How many messages before the newest one a chat is read from again: a message may come to be shown after one that is
/// newer.
const READ_AGAIN: usize = 10;

/// How long a chat is read again whose list tells of news that its messages do not show yet.
const SHOWN_LATE_MAX: TimeDelta = TimeDelta::minutes(2);

/// Which chats a round lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pass {
    /// All of them.
    All,
    /// Those that are not over.
    #[default]
    Open,
    /// Those that are over, until a page tells nothing new: what ends later than that is seen once a day.
    Finished,
}

/// Where a round over the chats stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    pass: Pass,
    /// The page of the list; none for the first.
    list: Option<String>,
    /// How far the chats of that page are.
    chats: PageOfChats,
}

/// What is noted about a chat that was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    /// When the last message was written, as the list told it; none when there may be more than was read.
    updated_at: Option<DateTime<Utc>>,
    /// Whose turn it was.
    status: String,
    /// The message to read on from.
    from: Option<String>,
}

/// Messages of a chat.
#[derive(Default)]
struct History {
    /// Oldest first, each once.
    messages: Vec<Message>,
    malformed: Vec<MalformedItem>,
    /// Whether there is more, which was too much to read at once.
    is_cut: bool,
}

impl Cursor {
    /// A cursor of another program begins the round anew: reading twice is harmless.
    fn of(place: &Place) -> Self {
        serde_json::from_value(place.cursor.clone()).unwrap_or_else(|_| Self {
            pass: if place.whole_due { Pass::All } else { Pass::Open },
            ..Self::default()
        })
    }

    fn query(&self) -> ChatsQuery {
        use ChatStatus as S;
        let statuses = match self.pass {
            Pass::All => vec![],
            Pass::Open => vec![
                S::New,
                S::WaitingForPartner,
                S::WaitingForCustomer,
                S::WaitingForArbiter,
                S::WaitingForMarket,
            ],
            Pass::Finished => vec![S::Finished],
        };
        ChatsQuery { statuses, ..ChatsQuery::default() }
    }

    /// Returns where to go on after a page of the list; none when the round is over.
    fn after(&self, next: Option<String>, has_news: bool) -> Option<Self> {
        let pass = match (self.pass, &next) {
            (Pass::All | Pass::Open, Some(_)) => self.pass,
            (Pass::Finished, Some(_)) if has_news => self.pass,
            (Pass::Open, None) => Pass::Finished,
            (Pass::All, None) | (Pass::Finished, _) => return None,
        };
        Some(Self { pass, list: next, ..Self::default() })
    }
}

impl Note {
    /// A note of another program counts as none: the chat is read anew.
    fn of(note: &Value) -> Option<Self> {
        serde_json::from_value(note.clone()).ok()
    }

    fn is_as_listed(&self, chat: &Chat) -> bool {
        !self.has_news(chat) && self.status == chat.status.to_string()
    }

    fn has_news(&self, chat: &Chat) -> bool {
        self.updated_at.is_none() || self.updated_at != chat.updated_at
    }

    /// What to note once `history` of a chat is taken in.
    fn after(self, chat: &Chat, history: &History, now: DateTime<Utc>) -> Self {
        let newest = history.messages.last().map(|message| message.created_at);
        let shows_news = newest >= chat.updated_at
            || chat.updated_at.is_none_or(|updated_at| now - updated_at > SHOWN_LATE_MAX);
        let is_done = !history.is_cut && shows_news;
        let before_newest = history.messages.len().saturating_sub(READ_AGAIN);
        let from = history.messages.get(before_newest).map(|message| message.id.clone());
        Self {
            updated_at: chat.updated_at.filter(|_| is_done),
            status: chat.status.to_string(),
            from: from.or(self.from),
        }
    }
}

impl Yandex {
    /// Reads those chats of one page of the list that have news: as many as are done in time.
    pub(super) async fn chats(&self, place: &Place) -> Result<PageRead, ReadError> {
        let mut cursor = Cursor::of(place);
        let request = PageRequest { limit: Some(CHATS_PAGE_MAX), token: cursor.list.clone() };
        let query = cursor.query();
        let list = self.client.chats(&query, &request);
        let list = self.call(&self.chats, (Priority::Read, PAGE_PATIENCE), list).await?;
        let whole = cursor.pass == Pass::All;
        let mut page = PageRead { malformed: list.malformed, whole, ..PageRead::default() };
        let is_through = self.read_chats(list.items, &mut cursor, &mut page, place.now).await?;
        let next = if is_through {
            cursor.after(list.next, cursor.chats.had_news())
        } else {
            Some(cursor)
        };
        page.next = next.and_then(|next| serde_json::to_value(next).ok());
        Ok(page)
    }

    /// Reads those of the chats that have news. Tells whether it got through.
    async fn read_chats(
        &self,
        mut chats: Vec<Chat>,
        cursor: &mut Cursor,
        page: &mut PageRead,
        now: DateTime<Utc>,
    ) -> Result<bool, ReadError> {
        let ids: Vec<String> = chats.iter().map(|chat| chat.id.clone()).collect();
        let notes = self.notes.of(&ids).await?;
        let started = Instant::now();
        cursor.chats.keep_listed(&ids);
        chats.sort_by_key(|chat| cursor.chats.tries(&chat.id));
        for chat in chats {
            let note = notes.get(&chat.id).and_then(Note::of);
            let is_known = note.as_ref().is_some_and(|note| note.is_as_listed(&chat));
            if is_known || cursor.chats.is_done(&chat.id) {
                continue;
            }
            if !page.readings.is_empty() && started.elapsed() >= PAGE_TIME {
                return Ok(false);
            }
            match self.read_chat(&chat, note.as_ref()).await {
                Ok(history) => {
                    let note = note.unwrap_or_default().after(&chat, &history, now);
                    let note = serde_json::to_value(note).unwrap_or_default();
                    page.notes.push((chat.id.clone(), note));
                    page.malformed
                        .extend(history.malformed.iter().map(|it| kept_message(&chat, it)));
                    cursor.chats.note_read(chat.id.clone());
                    page.readings.push(reading_of_chat(self.account, chat, history.messages, now));
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

    /// Reads what is new in a chat.
    async fn read_chat(&self, chat: &Chat, note: Option<&Note>) -> Result<History, ReadError> {
        match note {
            // It is another's turn, and nothing else.
            Some(note) if !note.has_news(chat) => Ok(History::default()),
            Some(Note { from: Some(from), .. }) => {
                self.read_on(&chat.id, from, (Priority::Read, PAGE_PATIENCE)).await
            }
            Some(Note { from: None, .. }) | None => {
                self.history(&chat.id, None, (Priority::Read, PAGE_PATIENCE)).await
            }
        }
    }

    async fn read_on(
        &self,
        chat_id: &str,
        from: &str,
        turn: (Priority, Duration),
    ) -> Result<History, ReadError> {
        match self.history(chat_id, Some(from), turn).await {
            // The message that was known is gone.
            Err(ReadError::Call(error))
                if matches!(error.failure, Failure::BadRequest | Failure::NotFound) =>
            {
                self.history(chat_id, None, turn).await
            }
            history => history,
        }
    }

    async fn history(
        &self,
        chat_id: &str,
        after: Option<&str>,
        turn: (Priority, Duration),
    ) -> Result<History, ReadError> {
        let mut history = History::default();
        let mut request = PageRequest { limit: Some(MESSAGES_PAGE_MAX), token: None };
        for _ in 0..MESSAGE_PAGES_MAX {
            let page = self.client.history(chat_id, after, &request);
            let page = self.call(&self.history, turn, page).await?.messages;
            history.messages.extend(page.items);
            history.malformed.extend(page.malformed);
            request.token = page.next;
            if request.token.is_none() {
                break;
            }
        }
        history.is_cut = request.token.is_some();
        let mut known = HashSet::new();
        history.messages.retain(|message| known.insert(message.id.clone()));
        // Those of one moment stay in the marketplace's order.
        history.messages.sort_by_key(|message| message.created_at);
        Ok(history)
    }

    /// Writes in a chat: words or a file, each of which is a call of its own.
    pub(super) async fn write_in_chat(&self, chat: &str, letter: Letter<'_>) -> SendOutcome {
        let mut files = letter.files.into_iter();
        match (letter.text, files.next(), files.next()) {
            (text, None, _) => self.client.send_message(chat, text).await,
            ("", Some(file), None) => self.client.send_file(chat, file).await,
            (_, Some(_), _) => SendOutcome::NotSent(CallError::no_such_call()),
        }
    }

    /// Looks at chats for replies that may be in them: each chat once, from where it was read last. What was read before
    /// is known, and a reply among it was found.
    pub(super) async fn look_at_chats(
        &self,
        wanted: &[Wanted],
        priority: Priority,
    ) -> Result<LookUp, ReadError> {
        let by_chat = Wanted::by_item(wanted);
        let ids: Vec<String> = by_chat.keys().map(|id| (*id).to_owned()).collect();
        let notes = self.notes.of(&ids).await?;
        let mut looked = OneByOne::default();
        for (chat, wanted) in by_chat {
            let from = notes.get(chat).and_then(Note::of).and_then(|note| note.from);
            let turn = (priority, LOOK_PATIENCE);
            if !looked.take(chat, self.look_at_chat(chat, from, &wanted, turn).await)? {
                break;
            }
        }
        looked.end()
    }

    /// Returns none when what is looked for may be in what was not read.
    async fn look_at_chat(
        &self,
        chat: &str,
        from: Option<String>,
        wanted: &[&Wanted],
        turn: (Priority, Duration),
    ) -> Result<Option<Found>, ReadError> {
        let history = match from {
            Some(from) => self.read_on(chat, &from, turn).await,
            None => self.history(chat, None, turn).await,
        };
        let history = match history {
            Err(ReadError::Call(error)) if error.failure == Failure::NotFound => {
                return Ok(Some(Found::NotGiven));
            }
            history => history?,
        };
        // What could not be read may be the reply, and so may what somebody unknown wrote.
        let may_hide = history.is_cut
            || !history.malformed.is_empty()
            || history.messages.iter().any(|it| !author_is_known(it));
        let messages: Vec<_> = history.messages.into_iter().map(chat_message).collect();
        if may_hide && !wanted.iter().all(|one| one.is_among(&messages)) {
            return Ok(None);
        }
        Ok(Some(Found::Chat(messages)))
    }
}
