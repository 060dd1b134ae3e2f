//! What Yandex.Market knows: sellers' businesses with their keys, chats, reviews, questions and what stands under them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::chat::{Chat, ContextKind};
use super::endpoint::Endpoint;
use super::entry::{Action, Change, Entry, WriteEntry};
use super::feedback::Feedback;
use super::note::{Note, On};
use super::notify::Notices;
use super::question::Question;
use super::quota::{Verdict, Window};
use crate::chance::{Draw, sha256_hex};
use crate::config::YandexScope;

/// All sellers by name.
#[derive(Debug, Default)]
pub(crate) struct Yandex {
    pub(super) cabinets: BTreeMap<String, Cabinet>,
}

/// One seller's business.
#[derive(Debug)]
pub(super) struct Cabinet {
    pub(super) business_id: u64,
    /// By SHA-256.
    pub(super) keys: BTreeMap<String, Key>,
    pub(super) chats: BTreeMap<u64, Chat>,
    pub(super) feedbacks: BTreeMap<u64, Feedback>,
    pub(super) questions: BTreeMap<u64, Question>,
    pub(super) notes: BTreeMap<u64, Note>,
    /// What reads give in an item's place.
    pub(super) served: BTreeMap<u64, Value>,
    pub(super) notices: Notices,
    /// Applied requests by action, target and content.
    deliveries: BTreeMap<(Action, String, String), u64>,
    windows: BTreeMap<Endpoint, Option<Window>>,
    /// The largest id given out.
    last_id: u64,
}

/// What a key opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) scopes: BTreeSet<YandexScope>,
    pub(super) revoked: bool,
}

impl Yandex {
    /// The seller and the grant of a key.
    pub(super) fn find_key(&self, key: &str) -> Option<(&str, &Key)> {
        let sha256 = sha256_hex(key);
        self.cabinets
            .iter()
            .find_map(|(seller, cabinet)| Some((seller.as_str(), cabinet.keys.get(&sha256)?)))
    }

    /// Carries out what a line of the ledger says; one about an unknown seller says nothing.
    pub(crate) fn apply(&mut self, entry: Entry) {
        if let Entry::CabinetAdded { seller, business_id } = entry {
            self.cabinets.entry(seller).or_insert_with(|| Cabinet::new(business_id));
        } else if let Some(cabinet) = self.cabinets.get_mut(entry.seller()) {
            cabinet.apply(entry);
        }
    }
}

impl Entry {
    fn seller(&self) -> &str {
        match self {
            Self::CabinetAdded { seller, .. }
            | Self::KeySet { seller, .. }
            | Self::KeyRevoked { seller, .. }
            | Self::Happened { seller, .. }
            | Self::ReceiverSet { seller, .. }
            | Self::NoticeQueued { seller, .. }
            | Self::NoticeTried { seller, .. } => seller,
            Self::Write(write) => &write.seller,
        }
    }
}

impl Cabinet {
    pub(super) fn new(business_id: u64) -> Self {
        Self {
            business_id,
            keys: BTreeMap::new(),
            chats: BTreeMap::new(),
            feedbacks: BTreeMap::new(),
            questions: BTreeMap::new(),
            notes: BTreeMap::new(),
            served: BTreeMap::new(),
            notices: Notices::default(),
            deliveries: BTreeMap::new(),
            windows: BTreeMap::new(),
            // Captured ids have nine digits.
            last_id: 420_000_000,
        }
    }

    /// The number of the shop inside the business.
    pub(super) fn campaign_id(&self) -> u64 {
        self.business_id + 20_000_000
    }

    /// An id that nothing had before; gaps are as usual as on the real Market.
    pub(super) fn next_id(&self, draw: &Draw) -> u64 {
        self.last_id + 1 + draw.below(89)
    }

    /// The largest id given out so far.
    pub(super) fn last_id(&self) -> u64 {
        self.last_id
    }

    /// How often a request like this was applied.
    pub(super) fn deliveries(&self, action: Action, target: &str, content: &str) -> u64 {
        self.deliveries.get(&delivery_key(action, target, content)).copied().unwrap_or_default()
    }

    /// How many targets an action was applied to so often as `is_wanted` wants.
    pub(super) fn delivered(&self, action: Action, is_wanted: fn(u64) -> bool) -> usize {
        let deliveries = self.deliveries.iter();
        deliveries.filter(|((of, ..), times)| *of == action && is_wanted(**times)).count()
    }

    /// Spends one request of a method's quota.
    pub(super) fn spend(&mut self, endpoint: Endpoint, scale: f64, now: DateTime<Utc>) -> Verdict {
        let limit = (f64::from(endpoint.per_hour()) * scale).ceil().max(1.0) as u64;
        Window::spend(self.windows.entry(endpoint).or_default(), limit, now)
    }

    /// A chat that reads show.
    pub(super) fn chat(&self, id: u64, now: DateTime<Utc>) -> Option<&Chat> {
        self.chats.get(&id).filter(|chat| chat.visible_at <= now)
    }

    /// A review that reads show.
    pub(super) fn feedback(&self, id: u64, now: DateTime<Utc>) -> Option<&Feedback> {
        self.feedbacks.get(&id).filter(|feedback| feedback.published_at <= now)
    }

    /// The order or return, if the seller has it, and the buyer's name.
    pub(super) fn find_order(&self, kind: ContextKind, id: u64) -> Option<(u64, Option<String>)> {
        let is_it = |order_id: Option<u64>, return_id: Option<u64>| match kind {
            ContextKind::Order => order_id == Some(id),
            ContextKind::Return => return_id == Some(id),
            ContextKind::Direct => false,
        };
        let of_chat = self
            .chats
            .values()
            .find(|chat| is_it(chat.context.order_id, chat.context.return_id))
            .and_then(|chat| Some((chat.context.order_id?, chat.context.customer.clone())));
        of_chat.or_else(|| {
            let mut feedbacks = self.feedbacks.values();
            let found = feedbacks.find(|one| is_it(Some(one.order_id), one.return_id))?;
            Some((found.order_id, found.author.clone()))
        })
    }

    /// Everything under a review, in the order it was written.
    pub(super) fn comments(&self, feedback: u64) -> impl Iterator<Item = &Note> {
        self.notes.values().filter(move |note| note.on.feedback() == Some(feedback))
    }

    /// The answers to a question, in the order they were written.
    pub(super) fn answers(&self, question: u64) -> impl Iterator<Item = &Note> {
        self.notes.values().filter(move |note| note.on == On::Question { question })
    }

    /// The comments on an answer, in the order they were written.
    pub(super) fn comments_on(&self, answer: u64) -> impl Iterator<Item = &Note> {
        self.notes.values().filter(move |note| note.on.answer() == Some(answer))
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::CabinetAdded { .. } => {}
            Entry::KeySet { sha256, name, scopes, .. } => {
                self.keys.insert(sha256, Key { name, scopes, revoked: false });
            }
            Entry::KeyRevoked { sha256, .. } => {
                if let Some(key) = self.keys.get_mut(&sha256) {
                    key.revoked = true;
                }
            }
            Entry::Happened { change, .. } => self.change(*change),
            Entry::Write(write) => self.write(*write),
            Entry::ReceiverSet { receiver, .. } => self.notices.connect(receiver),
            Entry::NoticeQueued { notice, .. } => self.notices.queue(notice),
            Entry::NoticeTried { notice, attempt, .. } => self.notices.tried(notice, attempt),
        }
    }

    fn write(&mut self, write: WriteEntry) {
        if write.applied {
            let key = delivery_key(write.action, &write.target, &write.text_sha256);
            *self.deliveries.entry(key).or_default() += 1;
        }
        // An id that was given out and swallowed is not given out again.
        self.last_id = self.last_id.max(write.created.unwrap_or_default());
        write.changes.into_iter().for_each(|change| self.change(change));
    }

    /// Carries out one change.
    pub(super) fn change(&mut self, change: Change) {
        match change {
            Change::ChatOpened(chat) => {
                let messages = chat.messages.iter().map(|message| message.id);
                self.last_id = messages.fold(self.last_id.max(chat.id), u64::max);
                self.chats.insert(chat.id, chat);
            }
            Change::ChatTurned { chat, chat_kind, turn } => {
                if let Some(chat) = self.chats.get_mut(&chat) {
                    chat.kind = chat_kind.unwrap_or(chat.kind);
                    chat.turn = Some(turn);
                }
            }
            Change::MessageWritten { chat, message } => {
                self.last_id = self.last_id.max(message.id);
                if let Some(chat) = self.chats.get_mut(&chat) {
                    chat.messages.push(message);
                }
            }
            Change::FeedbackWritten(feedback) => {
                self.last_id = self.last_id.max(feedback.id);
                self.feedbacks.insert(feedback.id, feedback);
            }
            Change::FeedbackRevised { feedback, at, words, rating } => {
                if let Some(feedback) = self.feedbacks.get_mut(&feedback) {
                    feedback.words = words;
                    feedback.rating = rating.unwrap_or(feedback.rating);
                    feedback.revised_at = Some(at);
                }
            }
            Change::FeedbackRemoved { feedback } => {
                self.feedbacks.remove(&feedback);
                self.notes.retain(|_, note| note.on.feedback() != Some(feedback));
            }
            Change::FeedbacksHandled { feedbacks, at } => {
                for feedback in feedbacks {
                    if let Some(feedback) = self.feedbacks.get_mut(&feedback) {
                        feedback.handled_at = feedback.handled_at.max(Some(at));
                    }
                }
            }
            Change::QuestionWritten(question) => {
                self.last_id = self.last_id.max(question.id);
                self.questions.insert(question.id, question);
            }
            Change::QuestionRemoved { question } => {
                let answers: Vec<u64> = self.answers(question).map(|answer| answer.id).collect();
                self.questions.remove(&question);
                answers.into_iter().for_each(|answer| self.remove_note(answer));
            }
            Change::NoteWritten(note) => {
                self.last_id = self.last_id.max(note.id);
                self.notes.insert(note.id, note);
            }
            Change::NoteRevised { note, version } => {
                if let Some(note) = self.notes.get_mut(&note) {
                    note.verdict = None;
                    note.versions.push(version);
                }
            }
            Change::NoteDeleted { note, at } => {
                if let Some(note) = self.notes.get_mut(&note) {
                    note.deleted_at = Some(at);
                }
            }
            Change::NoteRemoved { note } => self.remove_note(note),
            Change::NoteModerated { note, status } => {
                if let Some(note) = self.notes.get_mut(&note) {
                    note.verdict = Some(status);
                }
            }
            Change::Spoiled { id, served } => match served {
                Some(served) => drop(self.served.insert(id, served)),
                None => drop(self.served.remove(&id)),
            },
        }
    }

    /// Removes a note with everything under it.
    fn remove_note(&mut self, id: u64) {
        self.notes.remove(&id);
        let under: Vec<u64> =
            self.notes.values().filter(|note| note.on.is_under(id)).map(|note| note.id).collect();
        under.into_iter().for_each(|id| self.remove_note(id));
    }
}

impl On {
    /// The review, if it stands under one.
    pub(super) fn feedback(self) -> Option<u64> {
        match self {
            Self::Feedback { feedback } | Self::FeedbackComment { feedback, .. } => Some(feedback),
            Self::Question { .. } | Self::Answer { .. } | Self::AnswerComment { .. } => None,
        }
    }

    /// The question, if it is an answer to one.
    pub(super) fn question(self) -> Option<u64> {
        match self {
            Self::Question { question } => Some(question),
            Self::Feedback { .. }
            | Self::FeedbackComment { .. }
            | Self::Answer { .. }
            | Self::AnswerComment { .. } => None,
        }
    }

    /// The answer, if it is a comment on one.
    pub(super) fn answer(self) -> Option<u64> {
        match self {
            Self::Answer { answer } | Self::AnswerComment { answer, .. } => Some(answer),
            Self::Question { .. } | Self::Feedback { .. } | Self::FeedbackComment { .. } => None,
        }
    }

    fn is_under(self, note: u64) -> bool {
        match self {
            Self::FeedbackComment { parent, .. } => parent == note,
            Self::Answer { answer } => answer == note,
            Self::AnswerComment { answer, parent } => answer == note || parent == note,
            Self::Feedback { .. } | Self::Question { .. } => false,
        }
    }
}

/// Messages and files are told apart by their content, everything else by its target alone.
fn delivery_key(action: Action, target: &str, content: &str) -> (Action, String, String) {
    let content = if matches!(action, Action::Message | Action::File) { content } else { "" };
    (action, target.to_owned(), content.to_owned())
}
