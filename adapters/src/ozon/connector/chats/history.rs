//! What stands in one chat, read page by page.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::connector::ReadError;
use crate::http::{Fields, MalformedItem, fields_of};
use crate::ozon::connector::Ozon;
use crate::ozon::exact::exact;
use crate::ozon::{HistoryQuery, MESSAGES_PAGE_MAX, Message, Page, Span};
use crate::rate_limit::Priority;

/// Messages asked for at once when a chat is read: more than most chats hold.
const PAGE: u32 = 200;

/// Messages asked for at once when a reply is looked for, which is one of the newest.
const LOOK_PAGE: u32 = 50;

/// Pages of a chat that are read at once.
const PAGES_MAX: usize = 5;

/// How far to read.
pub(super) struct Reach {
    span: Span,
    first_page: u32,
    later_pages: u32,
    /// Not beyond what was written before this.
    until: Option<DateTime<Utc>>,
}

/// Messages of a chat.
#[derive(Default)]
pub(super) struct History {
    /// Oldest first, each once.
    pub(super) messages: Vec<Message>,
    /// What could not be read as a message.
    pub(super) malformed: Vec<MalformedItem>,
    /// Whether there is more in that direction, which was too much to read at once.
    pub(super) is_cut: bool,
    /// Whether the marketplace was asked for the newest messages, or for what follows a message.
    is_forward: bool,
}

impl Reach {
    /// On from a message, which is read again.
    pub(super) fn forward(from: String) -> Self {
        Self { span: Span::Forward { from }, first_page: PAGE, later_pages: PAGE, until: None }
    }

    /// Back from the newest message, as far as is read at once.
    pub(super) fn all() -> Self {
        let span = Span::Backward { from: None };
        Self { span, first_page: PAGE, later_pages: PAGE, until: None }
    }

    /// Back from the newest message to before a time.
    pub(super) fn back_to(until: Option<DateTime<Utc>>) -> Self {
        let span = Span::Backward { from: None };
        Self { span, first_page: LOOK_PAGE, later_pages: MESSAGES_PAGE_MAX, until }
    }
}

impl Ozon {
    /// Reads a chat. The specification does not say whether a page holds the message that it begins from, and a message
    /// may come twice: here each is once.
    pub(super) async fn history(
        &self,
        chat_id: &str,
        reach: Reach,
        priority: Priority,
        patience: Duration,
    ) -> Result<History, ReadError> {
        let Reach { mut span, first_page, later_pages, until } = reach;
        let is_forward = matches!(span, Span::Forward { .. });
        let mut history = History { is_forward, ..History::default() };
        let mut limit = first_page;
        for _ in 0..PAGES_MAX {
            let query = HistoryQuery {
                chat_id: chat_id.to_owned(),
                span: span.clone(),
                message_ids: vec![],
                limit,
            };
            let page = self.call(priority, patience, self.client.history(&query)).await?;
            let next = page.continuation().and_then(|_| farthest(&page, is_forward));
            let says_more = page.has_next == Some(true);
            let is_reached = until.zip(oldest(&page)).is_some_and(|(until, at)| at < until);
            history.take(page);
            let next = match next {
                Some(next) if !is_reached => next,
                Some(_) | None => return Ok(history.in_order()),
            };
            let next = if is_forward {
                Span::Forward { from: next }
            } else {
                Span::Backward { from: Some(next) }
            };
            if next == span {
                history.is_cut = says_more;
                return Ok(history.in_order());
            }
            (span, limit) = (next, later_pages);
        }
        history.is_cut = true;
        Ok(history.in_order())
    }
}

impl History {
    /// Tells whether a message is here, readable or not.
    pub(super) fn shows(&self, id: &str) -> bool {
        self.messages.iter().any(|message| message.id == id)
            || self.malformed.iter().any(|item| item.id.as_deref() == Some(id))
    }

    /// Tells whether there are older messages than these that will not be read.
    pub(super) fn misses_older(&self) -> bool {
        self.is_cut && !self.is_forward
    }

    fn take(&mut self, page: Page<Message>) {
        self.messages.extend(page.items);
        self.malformed.extend(page.malformed);
    }

    fn in_order(mut self) -> Self {
        let mut known = HashSet::new();
        self.messages.retain(|message| known.insert(message.id.clone()));
        let mut known = HashSet::new();
        self.malformed.retain(|item| known.insert(item.raw.clone()));
        // Those of one moment stay in the marketplace's order.
        if !self.is_forward {
            self.messages.reverse();
        }
        self.messages.sort_by_key(|message| message.created_at);
        self
    }
}

/// Returns the message that the next page begins from, in whatever order those of the page came.
fn farthest(page: &Page<Message>, is_forward: bool) -> Option<String> {
    let message = if is_forward {
        page.items.iter().max_by_key(|message| message.created_at)
    } else {
        page.items.iter().rev().min_by_key(|message| message.created_at)
    };
    message.map(|message| message.id.clone()).or_else(|| page.next.clone())
}

fn oldest(page: &Page<Message>) -> Option<DateTime<Utc>> {
    page.items.iter().map(|message| message.created_at).min()
}

/// Returns an id that is one: where there is no message the marketplace says 0.
pub(super) fn message_id(id: &str) -> Option<&str> {
    (id != "0").then_some(id)
}

/// Reads when a message was written that cannot be read otherwise.
pub(super) fn time_of(item: &MalformedItem) -> Option<DateTime<Utc>> {
    Fields::new(fields_of(&exact(&item.raw)).ok()?).time("created_at")
}
