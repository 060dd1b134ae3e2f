//! Notifications: what is to be told to the seller's receiver, and how often that was tried.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cabinet::Cabinet;
use super::chat::{ChatKind, ContextKind, Message, Sender};
use super::entry::{Change, Entry};
use super::note::On;
use super::time::written_utc;

/// Where notifications go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receiver {
    /// The receiver's address without `/notification`, which is added to it.
    pub(super) url: String,
    /// How often each is sent: "several notifications for one event are normal".
    #[serde(default = "one")]
    pub(super) copies: u8,
    /// Whether the seller's own words are notified of, too. The documents do not say.
    #[serde(default = "yes")]
    pub(super) own_words: bool,
}

/// One notification.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notice {
    /// Counted from 1 for each seller.
    pub(super) notice: u64,
    pub(super) body: Value,
    /// Not sent before.
    pub(super) due_at: DateTime<Utc>,
}

/// One attempt to send it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Try {
    pub(super) at: DateTime<Utc>,
    /// A status, or what went wrong.
    pub(super) got: String,
    /// When it is sent again; none when it is delivered, refused as malformed, or given up.
    pub(super) again_at: Option<DateTime<Utc>>,
    /// Whether notifications are switched off with it.
    #[serde(default)]
    pub(super) is_last: bool,
}

/// A notification and what became of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Sending {
    pub(super) body: Value,
    due_at: Option<DateTime<Utc>>,
    tries: Vec<Try>,
}

/// The notifications of one seller.
#[derive(Debug, Default)]
pub(super) struct Notices {
    pub(super) receiver: Option<Receiver>,
    pub(super) sendings: BTreeMap<u64, Sending>,
}

impl Notices {
    /// Another receiver gets what is not yet delivered; none ends all waiting.
    pub(super) fn connect(&mut self, receiver: Option<Receiver>) {
        if receiver.is_none() {
            self.sendings.values_mut().for_each(|sending| sending.due_at = None);
        }
        self.receiver = receiver;
    }

    pub(super) fn queue(&mut self, notice: Notice) {
        let sending = Sending { body: notice.body, due_at: Some(notice.due_at), tries: Vec::new() };
        self.sendings.insert(notice.notice, sending);
    }

    pub(super) fn tried(&mut self, notice: u64, attempt: Try) {
        if attempt.is_last {
            self.connect(None);
        }
        if let Some(sending) = self.sendings.get_mut(&notice) {
            sending.due_at = attempt.again_at;
            sending.tries.push(attempt);
        }
    }

    /// Notifications to be sent, with the moment each is due.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (u64, DateTime<Utc>, &Sending)> {
        let sendings = self.sendings.iter();
        sendings.filter_map(|(notice, sending)| Some((*notice, sending.due_at?, sending)))
    }
}

impl Sending {
    /// "Every minute during the first hour, every 15 minutes during the first day, then once an hour"; none when 14
    /// days are over.
    pub(super) fn again_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let first_at = self.tries.first().map_or(now, |first| first.at);
        let since = now - first_at;
        if since >= TimeDelta::days(14) {
            return None;
        }
        let pause = if since < TimeDelta::hours(1) {
            TimeDelta::minutes(1)
        } else if since < TimeDelta::days(1) {
            TimeDelta::minutes(15)
        } else {
            TimeDelta::hours(1)
        };
        Some(now + pause)
    }
}

/// A notification that a receiver can be checked with.
pub(super) fn ping(now: DateTime<Utc>) -> Value {
    json!({ "notificationType": "PING", "time": written_utc(now) })
}

/// The lines that tell the seller's receiver of changes, if there is one. Each is due when reads show the change.
pub(super) fn entries(seller: &str, cabinet: &Cabinet, changes: &[Change]) -> Vec<Entry> {
    let Some(receiver) = &cabinet.notices.receiver else { return Vec::new() };
    let last = cabinet.notices.sendings.keys().next_back().copied().unwrap_or_default();
    let told = changes.iter().filter(|change| receiver.own_words || !is_own(change));
    let events = told.flat_map(|change| events(cabinet, change));
    let copies = events.flat_map(|event| vec![event; usize::from(receiver.copies)]);
    (last + 1..)
        .zip(copies)
        .map(|(notice, (due_at, body))| {
            let notice = Notice { notice, body, due_at };
            Entry::NoticeQueued { seller: seller.to_owned(), notice }
        })
        .collect()
}

/// What a change is told as; messages of a chat that is opened with them are told one by one.
fn events(cabinet: &Cabinet, change: &Change) -> Vec<(DateTime<Utc>, Value)> {
    let event = |kind: &str, at: DateTime<Utc>, mut body: Value| {
        body["notificationType"] = json!(kind);
        body["businessId"] = json!(cabinet.business_id);
        vec![(at, body)]
    };
    let said = |chat: u64, message: &Message| {
        if message.is_sticker() {
            return Vec::new();
        }
        // A text here, and a number everywhere else.
        let ids = json!({
            "chatId": chat,
            "messageId": message.id.to_string(),
            "sentAt": written_utc(message.created_at),
        });
        event("CHAT_MESSAGE_SENT", message.visible_at, ids)
    };
    match change {
        Change::ChatOpened(chat) => {
            let body = json!({ "chatId": chat.id, "createdAt": written_utc(chat.created_at) });
            let mut events = event("CHAT_CREATED", chat.visible_at, body);
            events.extend(chat.messages.iter().flat_map(|message| said(chat.id, message)));
            events
        }
        Change::MessageWritten { chat, message } => said(*chat, message),
        Change::ChatTurned { chat, chat_kind: Some(kind), turn } => {
            let known = cabinet.chats.get(chat);
            // "Not sent for chats of the kind DIRECT."
            let Some(known) = known.filter(|chat| chat.context.kind != ContextKind::Direct) else {
                return Vec::new();
            };
            let at = written_utc(turn.at);
            match (known.kind, kind) {
                (ChatKind::Chat, ChatKind::Arbitrage) => {
                    let body = json!({ "chatId": chat, "startedAt": at });
                    event("CHAT_ARBITRAGE_STARTED", turn.at, body)
                }
                (ChatKind::Arbitrage, ChatKind::Chat) => {
                    let body = json!({ "chatId": chat, "finishedAt": at });
                    event("CHAT_ARBITRAGE_FINISHED", turn.at, body)
                }
                (ChatKind::Chat, ChatKind::Chat) | (ChatKind::Arbitrage, ChatKind::Arbitrage) => {
                    Vec::new()
                }
            }
        }
        Change::FeedbackWritten(feedback) => {
            let body = json!({
                "feedbackId": feedback.id,
                "createdAt": written_utc(feedback.created_at),
                "publishedAt": written_utc(feedback.published_at),
            });
            event("GOODS_FEEDBACK_CREATED", feedback.published_at, body)
        }
        Change::QuestionWritten(question) => {
            let created_at = written_utc(question.created_at);
            let body = json!({ "questionId": question.id, "createdAt": created_at });
            event("QUESTION_CREATED", question.created_at, body)
        }
        Change::NoteWritten(note) => {
            let at =
                note.versions.first().map_or(note.created_at, |first| first.schedule.visible_at);
            let created_at = written_utc(note.created_at);
            match note.on {
                On::Feedback { .. } | On::FeedbackComment { .. } => {
                    let body = json!({ "commentId": note.id, "createdAt": created_at });
                    event("GOODS_FEEDBACK_COMMENT_CREATED", at, body)
                }
                On::Question { .. } => {
                    let body = json!({ "answerId": note.id, "createdAt": created_at });
                    event("QUESTION_ANSWER_CREATED", at, body)
                }
                On::Answer { answer } | On::AnswerComment { answer, .. } => {
                    let ids = json!({ "answerId": answer, "commentId": note.id, "createdAt": created_at });
                    event("QUESTION_COMMENT_CREATED", at, ids)
                }
            }
        }
        Change::ChatTurned { chat_kind: None, .. }
        | Change::FeedbackRevised { .. }
        | Change::FeedbackRemoved { .. }
        | Change::FeedbacksHandled { .. }
        | Change::QuestionRemoved { .. }
        | Change::NoteRevised { .. }
        | Change::NoteDeleted { .. }
        | Change::NoteRemoved { .. }
        | Change::NoteModerated { .. }
        | Change::Spoiled { .. } => Vec::new(),
    }
}

/// Whether a change is the seller's own words.
fn is_own(change: &Change) -> bool {
    match change {
        Change::MessageWritten { message, .. } => message.sender == Sender::Partner,
        Change::NoteWritten(note) => note.is_of_seller(),
        Change::ChatOpened(_)
        | Change::ChatTurned { .. }
        | Change::FeedbackWritten(_)
        | Change::FeedbackRevised { .. }
        | Change::FeedbackRemoved { .. }
        | Change::FeedbacksHandled { .. }
        | Change::QuestionWritten(_)
        | Change::QuestionRemoved { .. }
        | Change::NoteRevised { .. }
        | Change::NoteDeleted { .. }
        | Change::NoteRemoved { .. }
        | Change::NoteModerated { .. }
        | Change::Spoiled { .. } => false,
    }
}

fn one() -> u8 {
    1
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_repeated_more_and_more_seldom_and_then_given_up() {
        let start = DateTime::UNIX_EPOCH;
        let attempt = |at| Try { at, got: "500".to_owned(), again_at: None, is_last: false };
        let sending = Sending { body: json!({}), due_at: None, tries: vec![attempt(start)] };
        let pause = |after: TimeDelta| Some(sending.again_at(start + after)? - (start + after));
        assert_eq!(pause(TimeDelta::zero()), Some(TimeDelta::minutes(1)));
        assert_eq!(pause(TimeDelta::minutes(59)), Some(TimeDelta::minutes(1)));
        assert_eq!(pause(TimeDelta::hours(1)), Some(TimeDelta::minutes(15)));
        assert_eq!(pause(TimeDelta::days(1)), Some(TimeDelta::hours(1)));
        assert_eq!(pause(TimeDelta::days(14)), None);
    }
}
