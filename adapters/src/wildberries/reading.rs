//! Reviews and questions in our words.

use chrono::{DateTime, Utc};
use domain::interaction::{ChatReading, Ingest};
use domain::value::{BuyerWords, Content, Links, ObservedAnswer, Source};
use domain::{AccountId, Channel, Marketplace};
use serde_json::{Map, Value, json};

use super::page::Feedback;
use super::question::Question;
use super::review::Review;
use crate::http::ItemError;

impl Feedback for Review {
    const CHANNEL: Channel = Channel::Review;
    const LIST_PATH: &'static str = "api/v1/feedbacks";
    const ITEM_PATH: &'static str = "api/v1/feedback";
    const TAKE_MAX: u32 = 5_000;
    const SKIP_MAX: u32 = 199_990;

    fn of_fields(fields: Map<String, Value>) -> Result<Self, ItemError> {
        super::decode::review(fields)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    fn observed_answer(&self) -> Option<ObservedAnswer> {
        Self::observed_answer(self)
    }

    fn into_reading(self, account: AccountId, processed: bool, seen_at: DateTime<Utc>) -> Ingest {
        let answer = self.observed_answer();
        let mut facts = self.facts;
        let (product, of_product) = self.product.split();
        facts.insert("productDetails".into(), of_product.into());
        facts.entry("photoLinks").or_insert_with(|| json!(self.photos));
        facts.entry("video").or_insert_with(|| json!(self.video));
        let other = |id: Option<String>| id.filter(|id| *id != self.id);
        let links = Links { parent: other(self.parent_id), supplement: other(self.supplement_id) };
        let words = BuyerWords {
            buyer_name: self.buyer_name,
            text: self.text,
            pros: self.pros,
            cons: self.cons,
            photos: self.photos.into_iter().map(|photo| photo.full_size).collect(),
            video_url: self.video.and_then(|video| video.link),
            facts,
        };
        let content = Content { rating: self.rating, product, words: words.into() };
        let source = source::<Self>(account, self.id, self.created_at);
        Ingest { source, content, answer, chat: ChatReading::default(), links, processed, seen_at }
    }
}

impl Feedback for Question {
    const CHANNEL: Channel = Channel::Question;
    const LIST_PATH: &'static str = "api/v1/questions";
    const ITEM_PATH: &'static str = "api/v1/question";
    const TAKE_MAX: u32 = 5_000;
    /// `take` and `skip` together may not exceed 10 000.
    const SKIP_MAX: u32 = 5_000;

    fn of_fields(fields: Map<String, Value>) -> Result<Self, ItemError> {
        Self::of_fields(fields)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    fn observed_answer(&self) -> Option<ObservedAnswer> {
        Self::observed_answer(self)
    }

    fn into_reading(self, account: AccountId, processed: bool, seen_at: DateTime<Utc>) -> Ingest {
        let answer = self.observed_answer();
        let mut facts = self.facts;
        let (product, of_product) = self.product.split();
        facts.insert("productDetails".into(), of_product.into());
        let words = BuyerWords { text: self.text, facts, ..BuyerWords::default() };
        let content = Content { rating: None, product, words: words.into() };
        let source = source::<Self>(account, self.id, self.created_at);
        Ingest {
            source,
            content,
            answer,
            chat: ChatReading::default(),
            links: Links::default(),
            processed,
            seen_at,
        }
    }
}

/// Reads an item of a page that was kept, as it came.
pub(crate) fn read_item(
    channel: Channel,
    account: AccountId,
    raw: &str,
    processed: bool,
    seen_at: DateTime<Utc>,
) -> Result<Ingest, ItemError> {
    match channel {
        Channel::Review => {
            super::read::<Review>(raw).map(|item| item.into_reading(account, processed, seen_at))
        }
        Channel::Question => {
            super::read::<Question>(raw).map(|item| item.into_reading(account, processed, seen_at))
        }
        Channel::Chat => super::chat::read_item(account, raw, seen_at),
    }
}

fn source<T: Feedback>(
    account_id: AccountId,
    external_id: String,
    occurred_at: DateTime<Utc>,
) -> Source {
    let marketplace = Marketplace::Wildberries;
    Source { account_id, marketplace, channel: T::CHANNEL, external_id, occurred_at }
}
