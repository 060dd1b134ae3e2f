//! What Ozon knows: sellers, their keys and plans, chats, reviews and questions.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chat::{Chat, Message, message_id};
use super::entry::Entry;
use super::posting::Posting;
use super::push::Pushes;
use super::question::Question;
use super::review::{Review, Status};
use super::words::Words;
use super::writes::{Change, WriteEntry};
use super::{Channel, Endpoint};
use crate::rate_limit::{Bucket, Limit, Verdict as RateVerdict};

/// 50 requests a second for all methods together; how many of them at once is not said, so all.
const LIMIT: Limit = Limit { burst: 50, interval: TimeDelta::milliseconds(20) };

/// All sellers by name.
#[derive(Debug, Default)]
pub(crate) struct Ozon {
    pub(super) shops: BTreeMap<String, Shop>,
}

/// One seller.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) client_id: u64,
    /// By SHA-256.
    pub(super) keys: BTreeMap<String, Key>,
    pub(super) plans: Plans,
    /// Whether answers contradict the specification as its own examples do.
    pub(super) is_hostile: bool,
    pub(super) postings: BTreeMap<String, Posting>,
    pub(super) chats: BTreeMap<String, Chat>,
    pub(super) reviews: BTreeMap<String, Review>,
    pub(super) questions: BTreeMap<String, Question>,
    pub(super) pushes: Pushes,
    /// What reads give in the place of an item, by its id.
    pub(super) served: BTreeMap<String, Value>,
    last_message: u128,
    bucket: Option<Bucket>,
}

/// What a key opens, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(super) state: KeyState,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) roles: Vec<Role>,
}

/// Whether a key is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KeyState {
    Active,
    Revoked,
    /// Only from certain addresses, and the caller's is not one.
    Restricted,
}

/// A role of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    pub(super) name: String,
    /// Paths.
    pub(super) methods: Vec<String>,
}

/// Which channels the seller's plan includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plans {
    pub(super) chats: bool,
    pub(super) reviews: bool,
    pub(super) questions: bool,
}

impl Default for Plans {
    fn default() -> Self {
        Self { chats: true, reviews: true, questions: true }
    }
}

impl Plans {
    pub(super) fn includes(self, channel: Channel) -> bool {
        match channel {
            Channel::Chats => self.chats,
            Channel::Reviews => self.reviews,
            Channel::Questions => self.questions,
        }
    }
}

impl Key {
    /// A key that opens every method.
    pub(super) fn admin(expires_at: DateTime<Utc>) -> Self {
        let methods = Endpoint::ALL.map(|endpoint| endpoint.path().to_owned()).to_vec();
        let roles = vec![Role { name: "Admin".to_owned(), methods }];
        Self { state: KeyState::Active, expires_at, roles }
    }

    pub(super) fn opens(&self, endpoint: Endpoint) -> bool {
        let of_role = |role: &Role| role.methods.iter().any(|method| method == endpoint.path());
        // Every key may ask what it is.
        endpoint == Endpoint::Roles || self.roles.iter().any(of_role)
    }
}

impl Ozon {
    /// Carries out what a line of the ledger says; one about something unknown says nothing.
    pub(crate) fn apply(&mut self, entry: Entry) {
        if let Entry::SellerAdded { seller, client_id } = entry {
            self.shops.entry(seller).or_insert_with(|| Shop::new(client_id));
        } else if let Some(shop) = self.shops.get_mut(entry.seller()) {
            shop.apply(entry);
        }
    }
}

impl Shop {
    fn new(client_id: u64) -> Self {
        Self {
            client_id,
            keys: BTreeMap::new(),
            plans: Plans::default(),
            is_hostile: false,
            postings: BTreeMap::new(),
            chats: BTreeMap::new(),
            reviews: BTreeMap::new(),
            questions: BTreeMap::new(),
            pushes: Pushes::default(),
            served: BTreeMap::new(),
            last_message: 0,
            bucket: None,
        }
    }

    /// Spends one request.
    pub(super) fn spend(&mut self, scale: f64, now: DateTime<Utc>) -> RateVerdict {
        self.bucket.get_or_insert_with(|| Bucket::full(LIMIT, scale, now)).take(now)
    }

    /// The id of a message of that moment, larger than every earlier one.
    pub(super) fn next_message(&self, at: DateTime<Utc>) -> u128 {
        // Whoever leaves hostile mode keeps its ids, or new messages would stand before old ones.
        let is_hostile = self.is_hostile || self.last_message > u128::from(u64::MAX);
        let id = message_id(at, is_hostile);
        let is_taken = |id: &u128| self.chats.values().any(|chat| chat.messages.contains_key(id));
        (id..).find(|id| !is_taken(id)).unwrap_or(id)
    }

    /// What a chat is about.
    pub(super) fn posting_of(&self, chat: &Chat) -> Option<&Posting> {
        self.postings.get(chat.card.posting.as_ref()?)
    }

    /// The review that has this comment.
    pub(super) fn review_of(&self, comment: &str) -> Option<&Review> {
        let has = |review: &&Review| review.comments.iter().any(|it| it.words.id == comment);
        self.reviews.values().find(has)
    }

    /// The question that has this answer.
    pub(super) fn question_of(&self, answer: &str) -> Option<&Question> {
        let has = |question: &&Question| question.answers.iter().any(|it| it.id == answer);
        self.questions.values().find(has)
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::SellerAdded { .. } => {}
            Entry::KeySet { sha256, key, .. } => {
                self.keys.insert(sha256, key);
            }
            Entry::PlansSet { plans, .. } => self.plans = plans,
            Entry::HostileSet { on, .. } => self.is_hostile = on,
            Entry::ReceiverSet { url, at, .. } => self.pushes.connect(url, at),
            Entry::PostingSet { posting, .. } => {
                self.postings.insert(posting.number.clone(), posting);
            }
            Entry::ChatOpened { chat, .. } => {
                self.chats.insert(chat.id.clone(), Chat::new(chat));
            }
            Entry::ChatClosed { target, .. } => {
                if let Some(chat) = self.chats.get_mut(&target) {
                    chat.is_closed = true;
                }
            }
            Entry::MessageWritten { target, message, .. } => self.add_message(&target, message),
            Entry::MessageRevised { target, message, text, at, .. } => {
                let chat = self.chats.get_mut(&target);
                let id = message.parse::<u128>().ok();
                if let (Some(chat), Some(id)) = (chat, id)
                    && let Some(message) = chat.messages.get_mut(&id)
                {
                    message.words.text = text;
                    message.updated_at = Some(at);
                }
            }
            Entry::ReadByBuyer { target, up_to, .. } => {
                if let (Some(chat), Ok(id)) = (self.chats.get_mut(&target), up_to.parse()) {
                    chat.buyer_read_to = chat.buyer_read_to.max(id);
                }
            }
            Entry::ReviewAdded { review, .. } => {
                self.reviews.insert(review.id.clone(), review);
            }
            Entry::ReviewRevised { target, text, rating, .. } => {
                if let Some(review) = self.reviews.get_mut(&target) {
                    review.text = text.unwrap_or_else(|| review.text.clone());
                    review.rating = rating.unwrap_or(review.rating);
                }
            }
            Entry::ReviewDeleted { target, .. } => {
                self.reviews.remove(&target);
            }
            Entry::CommentWritten { target, comment, .. } => {
                if let Some(review) = self.reviews.get_mut(&target) {
                    review.comments.push(comment);
                }
            }
            Entry::QuestionAdded { question, .. } => {
                self.questions.insert(question.id.clone(), question);
            }
            Entry::QuestionDeleted { target, .. } => {
                self.questions.remove(&target);
            }
            Entry::AnswerWritten { target, answer, .. } => {
                if let Some(question) = self.questions.get_mut(&target) {
                    question.answers.push(answer);
                }
            }
            Entry::Moderated { target, verdict, .. } => {
                if let Some(words) = self.words_mut(&target) {
                    words.verdict = Some(verdict);
                }
            }
            Entry::ItemSpoiled { target, served, .. } => match served {
                Some(served) => drop(self.served.insert(target, served)),
                None => drop(self.served.remove(&target)),
            },
            Entry::Write(write) => self.apply_write(*write),
            Entry::PushQueued { push, .. } => self.pushes.queue(push),
            Entry::PushAttempted { attempt, .. } => self.pushes.note(&attempt),
            Entry::PushesSuspended { .. } => self.pushes.suspend(),
        }
    }

    fn apply_write(&mut self, write: WriteEntry) {
        let target = write.target;
        match write.change {
            Change::Nothing => {}
            Change::ChatStarted { chat } => {
                self.chats.insert(chat.id.clone(), Chat::new(chat));
            }
            Change::MessageSent { message } => self.add_message(&target, message),
            Change::ChatRead { up_to } => {
                if let (Some(chat), Ok(id)) = (self.chats.get_mut(&target), up_to.parse()) {
                    chat.read_to = chat.read_to.max(id);
                }
            }
            Change::CommentCreated { comment, marks_processed } => {
                if let Some(review) = self.reviews.get_mut(&target) {
                    review.comments.push(comment);
                    if marks_processed {
                        review.status = Status::Processed;
                    }
                }
            }
            Change::AnswerCreated { answer } => {
                if let Some(question) = self.questions.get_mut(&target) {
                    question.answers.push(answer);
                }
            }
            Change::WordsDeleted => {
                if let Some(words) = self.words_mut(&target) {
                    words.is_deleted = true;
                }
            }
            Change::StatusSet { ids, set_to } => {
                for id in ids {
                    if let Some(review) = self.reviews.get_mut(&id) {
                        review.status = set_to;
                    } else if let Some(question) = self.questions.get_mut(&id) {
                        question.status = set_to;
                    }
                }
            }
        }
    }

    fn add_message(&mut self, chat: &str, message: Message) {
        let id = message.words.id.parse::<u128>().ok();
        if let (Some(chat), Some(id)) = (self.chats.get_mut(chat), id) {
            self.last_message = self.last_message.max(id);
            chat.messages.insert(id, message);
        }
    }

    /// A message, a comment or an answer by its id.
    fn words_mut(&mut self, id: &str) -> Option<&mut Words> {
        if let Ok(id) = id.parse::<u128>() {
            let chat = self.chats.values_mut().find(|chat| chat.messages.contains_key(&id))?;
            return chat.messages.get_mut(&id).map(|message| &mut message.words);
        }
        let comments = self.reviews.values_mut().flat_map(|review| &mut review.comments);
        let answers = self.questions.values_mut().flat_map(|question| &mut question.answers);
        comments.map(|comment| &mut comment.words).chain(answers).find(|words| words.id == id)
    }
}
