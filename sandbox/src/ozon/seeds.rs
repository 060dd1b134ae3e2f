//! The entries a sandbox begins with: sellers, keys, reviews, questions and chats that the ledger does not know yet.

use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::chat::{ChatCard, ChatType, Message, message_id};
use super::entry::Entry;
use super::posting::{Posting, Scheme};
use super::question::Question;
use super::review::{Comment, Review, Status};
use super::shop::{Key, Ozon};
use super::words::{Author, Schedule, Words};
use crate::chance::Chance;
use crate::config::{ReviewOrigin, ReviewSource, SandboxConfig, SellerConfig};
use crate::corpus::{self, Item, Product, WrittenReview};
use crate::world;

const CORPUS: &str = include_str!("../../corpus/ozon.jsonl");

/// How long a key lives, as since 2 September 2026.
pub(super) const KEY_LIFE: TimeDelta = TimeDelta::days(90);
/// Between two messages of a chat.
const MESSAGE_STEP: TimeDelta = TimeDelta::minutes(7);

/// A line of the corpus.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Question { question: String, product: String, user: String, answer: Option<String> },
    Chat(WrittenChat),
}

#[derive(Debug, Deserialize)]
struct WrittenChat {
    chat: Vec<WrittenMessage>,
    product: Option<String>,
    #[serde(default)]
    scheme: Scheme,
    #[serde(default, rename = "type")]
    chat_type: ChatType,
    /// How long ago the last message was written.
    hours: i64,
    #[serde(default)]
    closed: bool,
}

#[derive(Debug, Deserialize)]
struct WrittenMessage {
    by: Author,
    #[serde(default)]
    text: String,
    file: Option<String>,
}

/// Entries for what the settings name and `known` lacks. A seller that is known keeps what it has.
pub(crate) fn seeds(
    config: &SandboxConfig,
    known: &Ozon,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<world::Entry>> {
    let mut entries = Vec::new();
    for settings in &config.sellers {
        let Some(account) = &settings.ozon else { continue };
        let seller = settings.seller.clone();
        let shop = known.shops.get(&seller);
        if let Some(shop) = shop
            && shop.client_id != account.client_id
        {
            bail!("the ledger knows {seller} under the Client-Id {}", shop.client_id);
        }
        if shop.is_none() {
            let client_id = account.client_id;
            entries.push(Entry::SellerAdded { seller: seller.clone(), client_id });
        }
        if !shop.is_some_and(|shop| shop.keys.contains_key(&account.sha256)) {
            let (sha256, key) = (account.sha256.clone(), Key::admin(now + KEY_LIFE));
            entries.push(Entry::KeySet { seller: seller.clone(), sha256, key });
        }
        if shop.is_none_or(|shop| shop.is_hostile != account.is_hostile) {
            entries.push(Entry::HostileSet { seller: seller.clone(), on: account.is_hostile });
        }
        if let Some(url) = &account.receiver
            && shop.is_none_or(|shop| shop.pushes.url() != Some(url))
        {
            let url = Some(url.clone());
            entries.push(Entry::ReceiverSet { seller: seller.clone(), url, at: now });
        }
        if shop.is_none() {
            let maker = Maker::new(Chance::new(config.seed), settings, now)?;
            let first = maker.first(config);
            entries.extend(first.with_context(|| format!("preparing what Ozon has of {seller}"))?);
        }
    }
    Ok(entries.into_iter().map(world::Entry::from).collect())
}

/// Makes what a seller has at Ozon.
pub(super) struct Maker<'a> {
    chance: Chance,
    seller: &'a str,
    products: Vec<Product>,
    source: Option<&'a ReviewSource>,
    is_hostile: bool,
    now: DateTime<Utc>,
}

impl<'a> Maker<'a> {
    fn new(chance: Chance, settings: &'a SellerConfig, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let is_hostile = settings.ozon.as_ref().is_some_and(|account| account.is_hostile);
        let (seller, source) = (settings.seller.as_str(), settings.reviews.as_ref());
        Ok(Self { chance, seller, products: corpus::products()?, source, is_hostile, now })
    }

    fn first(&self, config: &SandboxConfig) -> anyhow::Result<Vec<Entry>> {
        let source = self.source.unwrap_or(&config.reviews);
        let mut entries = self.reviews(source, config.spread_days)?;
        if source.origin != ReviewOrigin::Nothing {
            entries.extend(self.questions_and_chats()?);
        }
        Ok(entries)
    }

    /// The written reviews of a source, oldest first. Those that are Wildberries' own objects stay there, and so does
    /// a generated history, which is made for lists of hundreds of thousands.
    fn reviews(&self, source: &ReviewSource, days: u32) -> anyhow::Result<Vec<Entry>> {
        let is_generated = source.origin == ReviewOrigin::Generated;
        let origin = if is_generated { &ReviewOrigin::Corpus } else { &source.origin };
        let items = corpus::load(origin)?;
        let written: Vec<&WrittenReview> = items
            .iter()
            .filter_map(|item| match item {
                Item::Written(review) => Some(&**review),
                Item::Wildberries(_) => None,
            })
            .collect();
        let all = written.len();
        let total = if all == 0 || is_generated { all } else { source.count.unwrap_or(all) };
        let step = TimeDelta::days(i64::from(days)) / i32::try_from(total.max(1))?;
        let review = |(place, written): (usize, &&WrittenReview)| {
            let left = i32::try_from(total - place).unwrap_or(i32::MAX);
            let published = self.now - step * left;
            let review = self.review(written, &format!("seed {place}"), published);
            Entry::ReviewAdded { seller: self.seller.to_owned(), review }
        };
        Ok(written.iter().cycle().take(total).enumerate().map(review).collect())
    }

    /// A written review as Ozon has it: one text, and no author.
    fn review(&self, written: &WrittenReview, what: &str, published_at: DateTime<Utc>) -> Review {
        let draw = |part: &str| self.chance.draw(&["ozon", part, self.seller, what]);
        let answered_at = published_at + TimeDelta::hours(5);
        let comment = written.answer.as_ref().map(|text| {
            let id = draw("comment").uuid_v7(answered_at).to_string();
            let words = Words::new(id, text, Author::Cabinet, Schedule::at(answered_at));
            Comment { words, parent: None }
        });
        Review {
            id: draw("review").uuid_v7(published_at).to_string(),
            sku: sku(&self.products, self.chance, written.product.as_deref()),
            text: one_text(written),
            rating: written.rating,
            published_at,
            status: if comment.is_some() { Status::Processed } else { Status::New },
            photos: written.photos,
            videos: u8::from(written.video),
            is_cancelled: false,
            comments: comment.into_iter().collect(),
        }
    }

    fn questions_and_chats(&self) -> anyhow::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for (place, line) in CORPUS.lines().enumerate() {
            let line: Line = serde_json::from_str(line)
                .with_context(|| format!("line {} of ozon.jsonl", place + 1))?;
            match line {
                Line::Question { question, product, user, answer } => {
                    entries.push(self.question(place, question, &product, user, answer));
                }
                Line::Chat(chat) => entries.extend(self.chat(place, chat)),
            }
        }
        Ok(entries)
    }

    fn question(
        &self,
        place: usize,
        text: String,
        product: &str,
        author_name: String,
        answer: Option<String>,
    ) -> Entry {
        let what = place.to_string();
        let draw = |part: &str| self.chance.draw(&["ozon", part, self.seller, &what]);
        let published_at = self.now
            - TimeDelta::hours(4)
            - TimeDelta::hours(11) * i32::try_from(place).unwrap_or(0);
        let answered_at = published_at + TimeDelta::hours(2);
        let answers: Vec<Words> = answer
            .iter()
            .map(|text| {
                let id = draw("answer").uuid_v7(answered_at).to_string();
                Words::new(id, text, Author::Cabinet, Schedule::at(answered_at))
            })
            .collect();
        let question = Question {
            id: draw("question").uuid_v7(published_at).to_string(),
            sku: sku(&self.products, self.chance, Some(product)),
            text,
            author_name,
            published_at,
            status: if answers.is_empty() { Status::New } else { Status::Processed },
            answers,
        };
        Entry::QuestionAdded { seller: self.seller.to_owned(), question }
    }

    fn chat(&self, place: usize, written: WrittenChat) -> Vec<Entry> {
        let (what, seller) = (place.to_string(), self.seller.to_owned());
        let draw = |part: &str| self.chance.draw(&["ozon", part, &seller, &what]);
        let last = self.now - TimeDelta::hours(written.hours);
        let steps = i32::try_from(written.chat.len()).unwrap_or(i32::MAX);
        let created_at = last - MESSAGE_STEP * steps;
        let posting = written.product.as_deref().map(|product| {
            let order = 10_000_000 + draw("order").below(80_000_000);
            Posting {
                number: format!("{order}-{:04}-1", 1 + place),
                order_number: format!("{order}-{:04}", 1 + place),
                sku: sku(&self.products, self.chance, Some(product)),
                scheme: written.scheme,
                paid_at: Some(created_at - TimeDelta::hours(60)),
                delivered_at: Some(created_at - TimeDelta::hours(2)),
            }
        });
        let chat = ChatCard {
            id: draw("chat").uuid().to_string(),
            chat_type: written.chat_type,
            created_at,
            posting: posting.as_ref().map(|posting| posting.number.clone()),
            customer_id: 100_000 + draw("customer").below(900_000),
        };
        let target = chat.id.clone();
        let mut entries = Vec::new();
        entries
            .extend(posting.map(|posting| Entry::PostingSet { seller: seller.clone(), posting }));
        entries.push(Entry::ChatOpened { seller: seller.clone(), chat });
        for (n, message) in (1..).zip(written.chat) {
            let at = created_at + MESSAGE_STEP * n;
            // The place keeps messages of one moment in two chats apart.
            let id = message_id(at, self.is_hostile) + place as u128;
            let by = if message.by == Author::Seller { Author::Cabinet } else { message.by };
            let words = Words::new(id.to_string(), &message.text, by, Schedule::at(at));
            let message = Message { words, file: message.file, updated_at: None };
            let (seller, target) = (seller.clone(), target.clone());
            entries.push(Entry::MessageWritten { seller, target, message });
        }
        if written.closed {
            entries.push(Entry::ChatClosed { seller, target });
        }
        entries
    }
}

/// All a buyer wrote as the one text that Ozon has for it.
pub(super) fn one_text(written: &WrittenReview) -> String {
    let labelled =
        |label: &str, part: &Option<String>| part.as_ref().map(|part| format!("{label}: {part}"));
    let parts = [
        written.text.clone().filter(|text| !text.is_empty()),
        labelled("Достоинства", &written.pros),
        labelled("Недостатки", &written.cons),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Ozon's number of a product, by name or article.
pub(super) fn sku(products: &[Product], chance: Chance, named: Option<&str>) -> u64 {
    let named = named.unwrap_or("Товар без названия");
    let is_named = |product: &&Product| product.article == named || product.name == named;
    match products.iter().find(is_named) {
        Some(product) => 400_000_000 + product.nm_id,
        None => 1_000_000_000 + chance.draw(&["ozon", "sku", named]).below(900_000_000),
    }
}
