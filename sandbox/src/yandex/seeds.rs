//! The entries a sandbox begins with: businesses, keys, reviews, questions and chats that the ledger does not know yet.

use std::ops::Range;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::cabinet::{Cabinet, Yandex};
use super::chat::{
    Chat, ChatKind, ChatStatus, Context, ContextKind, Message, Sender, SentFile, Turn,
};
use super::entry::{Change, Entry};
use super::feedback::{Feedback, Words};
use super::note::{Author, Note, On, Schedule, Version};
use super::notify::Receiver;
use super::question::Question;
use crate::chance::{Chance, Draw};
use crate::config::{ReviewOrigin, ReviewSource, SandboxConfig};
use crate::corpus::{self, Item, WrittenReview};
use crate::world;

const QUESTIONS: &str = include_str!("../../corpus/market_questions.jsonl");
const CHATS: &str = include_str!("../../corpus/market_chats.jsonl");

/// A question of the corpus, or of a test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenQuestion {
    pub(super) text: String,
    /// The article.
    pub(super) product: Option<String>,
    pub(super) user: Option<String>,
    /// The seller's answer, if there is one already.
    pub(super) answer: Option<String>,
    /// What the buyer says to the answer.
    pub(super) comment: Option<String>,
}

/// A chat of the corpus, or of a test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenChat {
    pub(super) about: ContextKind,
    pub(super) user: Option<String>,
    /// The order; a new one when it is left out.
    pub(super) order_id: Option<u64>,
    #[serde(default)]
    pub(super) messages: Vec<WrittenMessage>,
    #[serde(default)]
    pub(super) finished: bool,
}

/// A message of a chat; one without words and files is a sticker.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenMessage {
    #[serde(default = "customer")]
    pub(super) by: Sender,
    pub(super) text: Option<String>,
    /// Names of files.
    #[serde(default)]
    pub(super) files: Vec<String>,
}

/// Entries for what the settings name and `known` lacks. A seller that is known keeps what it has.
pub(crate) fn seeds(
    config: &SandboxConfig,
    known: &Yandex,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<world::Entry>> {
    let mut entries = Vec::new();
    for settings in &config.sellers {
        let Some(yandex) = &settings.yandex else { continue };
        let seller = &settings.seller;
        let cabinet = known.cabinets.get(seller);
        if cabinet.is_none() {
            let business_id = yandex.business_id;
            entries.push(Entry::CabinetAdded { seller: seller.clone(), business_id });
        }
        for key in &yandex.keys {
            let grant = cabinet.and_then(|cabinet| cabinet.keys.get(&key.sha256));
            // A key that was revoked stays so until it is added again through `/control`.
            let is_as_wanted = |grant: &super::cabinet::Key| {
                grant.revoked || (&grant.name, &grant.scopes) == (&key.name, &key.scopes)
            };
            if !grant.is_some_and(is_as_wanted) {
                entries.push(Entry::key_set(seller, key));
            }
        }
        if cabinet.is_none() {
            let source = settings.reviews.as_ref().unwrap_or(&config.reviews);
            let spread = TimeDelta::days(i64::from(config.spread_days));
            let mut author = Writer::new(Chance::new(config.seed), seller, yandex.business_id);
            let changes = author
                .first_days(source, now - spread..now)
                .with_context(|| format!("preparing Yandex.Market for the seller {seller}"))?;
            entries.extend(changes.into_iter().map(|change| Entry::happened(seller, change)));
            if let Some(url) = &yandex.receiver {
                let receiver = Receiver { url: url.clone(), copies: 1, own_words: true };
                let receiver = Some(receiver);
                entries.push(Entry::ReceiverSet { seller: seller.clone(), receiver });
            }
        }
    }
    Ok(entries.into_iter().map(world::Entry::from).collect())
}

/// Writes what buyers and sellers say, with everything they do not say themselves.
pub(super) struct Writer<'a> {
    chance: Chance,
    seller: &'a str,
    /// Keeps count of the ids.
    cabinet: Cabinet,
}

impl<'a> Writer<'a> {
    fn new(chance: Chance, seller: &'a str, business_id: u64) -> Self {
        Self { chance, seller, cabinet: Cabinet::new(business_id) }
    }

    /// Everything a seller begins with, the oldest of each kind first.
    fn first_days(
        &mut self,
        source: &ReviewSource,
        days: Range<DateTime<Utc>>,
    ) -> anyhow::Result<Vec<Change>> {
        if source.origin == ReviewOrigin::Nothing {
            return Ok(Vec::new());
        }
        let mut changes = Vec::new();
        // Wildberries' own objects are not for this marketplace, nor are supplements: a review here is rewritten.
        let written: Vec<WrittenReview> = corpus::load(&source.origin)?
            .into_iter()
            .filter_map(|item| match item {
                Item::Written(review) if review.adds_to.is_none() => Some(*review),
                Item::Written(_) | Item::Wildberries(_) => None,
            })
            .collect();
        let total = if written.is_empty() { 0 } else { source.count.unwrap_or(written.len()) };
        for (review, at) in written.iter().cycle().zip(moments(&days, total)) {
            let draws = draws(self.chance, self.seller, &self.cabinet);
            let feedback = feedback(&self.cabinet, review, at, at, &draws);
            let id = feedback.id;
            self.note_down(Change::FeedbackWritten(feedback), &mut changes);
            if let Some(answer) = &review.answer {
                let at = (at + TimeDelta::hours(20)).min(days.end);
                let author = Author::seller(self.seller);
                self.say(On::Feedback { feedback: id }, author, answer, at, &mut changes);
                let handled = Change::FeedbacksHandled { feedbacks: vec![id], at };
                self.note_down(handled, &mut changes);
            }
        }
        let questions: Vec<WrittenQuestion> = lines(QUESTIONS).context("reading the questions")?;
        for (question, at) in questions.iter().zip(moments(&days, questions.len())) {
            self.ask(question, at, days.end, &mut changes);
        }
        let chats: Vec<WrittenChat> = lines(CHATS).context("reading the chats")?;
        for (chat, at) in chats.iter().zip(moments(&days, chats.len())) {
            let chat =
                chat_of(&self.cabinet, chat, at, &draws(self.chance, self.seller, &self.cabinet));
            self.note_down(Change::ChatOpened(chat), &mut changes);
        }
        Ok(changes)
    }

    fn ask(
        &mut self,
        question: &WrittenQuestion,
        at: DateTime<Utc>,
        until: DateTime<Utc>,
        changes: &mut Vec<Change>,
    ) {
        let draws = draws(self.chance, self.seller, &self.cabinet);
        let asked = question_of(&self.cabinet, question, at, &draws);
        let (on, buyer) = (On::Question { question: asked.id }, asked.author.clone());
        self.note_down(Change::QuestionWritten(asked), changes);
        let later = |hours| (at + TimeDelta::hours(hours)).min(until);
        if let Some(answer) = &question.answer {
            let answer = self.say(on, Author::seller(self.seller), answer, later(5), changes);
            if let Some(comment) = &question.comment {
                self.say(On::Answer { answer }, buyer, comment, later(30), changes);
            }
        }
    }

    fn say(
        &mut self,
        on: On,
        author: Author,
        text: &str,
        at: DateTime<Utc>,
        changes: &mut Vec<Change>,
    ) -> u64 {
        let id = self.cabinet.next_id(&draws(self.chance, self.seller, &self.cabinet)("note"));
        let version = Version { text: text.to_owned(), schedule: Schedule::at_once(at) };
        self.note_down(Change::NoteWritten(Note::new(id, on, author, at, version)), changes);
        id
    }

    fn note_down(&mut self, change: Change, changes: &mut Vec<Change>) {
        self.cabinet.change(change.clone());
        changes.push(change);
    }
}

/// Draws for what the seller's next item does not say itself.
pub(super) fn draws(
    chance: Chance,
    seller: &str,
    cabinet: &Cabinet,
) -> impl Fn(&str) -> Draw + use<> {
    let (seller, place) = (seller.to_owned(), cabinet.last_id().to_string());
    move |what| chance.draw(&["yandex", what, &seller, &place])
}

/// A review with everything around it. One author in some shows no name, one in some was paid in points.
pub(super) fn feedback(
    cabinet: &Cabinet,
    review: &WrittenReview,
    created_at: DateTime<Utc>,
    published_at: DateTime<Utc>,
    draws: &impl Fn(&str) -> Draw,
) -> Feedback {
    let id = cabinet.next_id(&draws("feedback"));
    let filled = |part: &Option<String>| part.clone().filter(|text| !text.trim().is_empty());
    let link = |kind: &str, n: u8| format!("https://media.example/{kind}/{id}/{n}");
    let offer_id = filled(&review.product).unwrap_or_else(|| "БЕЗ-АРТИКУЛА".to_owned());
    Feedback {
        id,
        created_at,
        published_at,
        author: filled(&review.user),
        words: Words {
            advantages: filled(&review.pros),
            disadvantages: filled(&review.cons),
            comment: filled(&review.text),
        },
        rating: review.rating,
        photos: (1..=review.photos).map(|n| link("photos", n)).collect(),
        videos: review.video.then(|| link("videos", 1)).into_iter().collect(),
        order_id: 40_000_000_000 + draws("order").below(20_000_000_000),
        return_id: review.returnable.then(|| 1_000_000 + draws("return").below(9_000_000)),
        model_id: 900_000_000 + draws("model").below(4_000_000_000),
        offer_id,
        paid_amount: (draws("paid").below(4) == 0).then(|| 50 + draws("amount").below(250)),
        recommended: (draws("recommends").below(3) == 0).then_some(review.rating >= 4),
        handled_at: None,
        revised_at: None,
    }
}

/// A question with everything around it.
pub(super) fn question_of(
    cabinet: &Cabinet,
    question: &WrittenQuestion,
    created_at: DateTime<Utc>,
    draws: &impl Fn(&str) -> Draw,
) -> Question {
    let offer_id = question.product.clone().unwrap_or_else(|| "БЕЗ-АРТИКУЛА".to_owned());
    Question {
        id: cabinet.next_id(&draws("question")),
        created_at,
        text: question.text.clone(),
        author: Author::buyer(question.user.clone()),
        category_id: (draws("has category").below(5) > 0)
            .then(|| 90_000 + draws("category").below(9_000)),
        offer_id,
        likes: draws("likes").below(4),
    }
}

/// A chat with everything around it; its messages follow each other by half an hour, as far as the time has come.
pub(super) fn chat_of(
    cabinet: &Cabinet,
    chat: &WrittenChat,
    created_at: DateTime<Utc>,
    draws: &impl Fn(&str) -> Draw,
) -> Chat {
    let id = cabinet.next_id(&draws("chat"));
    let is_direct = chat.about == ContextKind::Direct;
    let order_id =
        chat.order_id.unwrap_or_else(|| 40_000_000_000 + draws("order").below(20_000_000_000));
    let messages: Vec<Message> = (1..)
        .zip(&chat.messages)
        .map(|(n, message)| {
            let at = created_at + TimeDelta::seconds(n as i64);
            message_of(id + n * 7, message, at)
        })
        .collect();
    let last = messages.last().map_or(created_at, |message| message.visible_at);
    Chat {
        id,
        context: Context {
            kind: chat.about,
            customer: chat.user.clone(),
            campaign_id: (!is_direct).then(|| cabinet.campaign_id()),
            order_id: (!is_direct).then_some(order_id),
            return_id: (chat.about == ContextKind::Return)
                .then(|| 1_000_000 + draws("return").below(9_000_000)),
        },
        kind: ChatKind::Chat,
        created_at,
        visible_at: created_at,
        turn: chat.finished.then_some(Turn { status: ChatStatus::Finished, at: last }),
        messages,
    }
}

/// The same chat with its messages written at its beginning.
pub(super) fn begun_now(mut chat: Chat) -> Chat {
    for message in &mut chat.messages {
        (message.created_at, message.visible_at) = (chat.created_at, chat.created_at);
    }
    chat.turn = chat.turn.map(|turn| Turn { at: chat.created_at, ..turn });
    chat
}

/// A message with everything around it.
pub(super) fn message_of(id: u64, message: &WrittenMessage, at: DateTime<Utc>) -> Message {
    let files = message.files.iter().map(|name| SentFile {
        name: name.clone(),
        size: 20_000 + u32::try_from(id % 900_000).unwrap_or_default(),
        url: format!("https://messenger.example/files/{id}"),
    });
    Message {
        id,
        sender: message.by,
        created_at: at,
        visible_at: at,
        text: message.text.clone(),
        files: files.collect(),
    }
}

/// So many moments of a period, evenly spread, the first at its beginning.
fn moments(
    days: &Range<DateTime<Utc>>,
    count: usize,
) -> impl Iterator<Item = DateTime<Utc>> + use<> {
    let (start, total) = (days.start, i32::try_from(count.max(1)).unwrap_or(i32::MAX));
    let step = (days.end - days.start) / total;
    (0..count).map(move |n| {
        // Not all in the same part of a second.
        let shake = TimeDelta::milliseconds((n as i64 * 137) % 1_000);
        start + step * i32::try_from(n).unwrap_or(i32::MAX) + shake
    })
}

fn lines<T: DeserializeOwned>(text: &str) -> anyhow::Result<Vec<T>> {
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn customer() -> Sender {
    Sender::Customer
}
