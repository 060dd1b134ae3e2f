//! A long history of reviews that is not held: each is made anew from the seed and its place whenever it is asked for.
//! Two hundred thousand reviews take a few megabytes.

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::feedback::{ARCHIVED_AFTER, Review};
use super::seeds::{Circumstances, Maker};
use super::shop::{Listed, Source};
use crate::chance::{Chance, Draw};
use crate::corpus::{Phrases, WrittenReview};

/// Bytes of an id, of which the first four tell the place.
const ID_BYTES: usize = 15;

/// What a history is made from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HistorySpec {
    pub(super) seed: u64,
    /// How many reviews.
    pub(super) count: u32,
    /// The last one is written before this.
    pub(super) until: DateTime<Utc>,
    /// Days over which they are spread, back from there.
    pub(super) days: u32,
}

/// The reviews of one seller.
#[derive(Debug)]
pub(super) struct History {
    seller: String,
    spec: HistorySpec,
    maker: Maker,
    phrases: Phrases,
    /// In the order they were written.
    places: Vec<Place>,
}

/// What lists and counts need to know of a review without making it.
#[derive(Debug, Clone, Copy)]
struct Place {
    created: DateTime<Utc>,
    nm_id: u64,
    /// Answered, or without words and pictures.
    is_processed: bool,
    is_answered: bool,
    /// Somebody changed or removed it: it is held from then on, or is no more.
    is_taken: bool,
}

impl History {
    pub(super) fn new(seller: &str, spec: HistorySpec) -> anyhow::Result<Self> {
        ensure!(spec.days > 0, "a history is spread over a day at least");
        let mut history = Self {
            seller: seller.to_owned(),
            maker: Maker::new(Chance::new(spec.seed))?,
            phrases: Phrases::read()?,
            places: Vec::new(),
            spec,
        };
        history.places = (0..history.spec.count)
            .map(|n| history.place(n).context("making a history"))
            .collect::<anyhow::Result<_>>()?;
        Ok(history)
    }

    /// What lists and counts need to know, in the order the reviews were written.
    pub(super) fn listed(&self, now: DateTime<Utc>) -> impl Iterator<Item = Listed<'_>> {
        let present = (0..).zip(&self.places).filter(|(_, place)| !place.is_taken);
        present.map(move |(n, place)| Listed {
            created: place.created,
            nm_id: Some(place.nm_id),
            is_processed: place.is_processed || place.created + ARCHIVED_AFTER < now,
            was_viewed: place.is_answered,
            source: Source::Made(self, n),
        })
    }

    /// Makes the review at a place.
    pub(super) fn review(&self, n: u32) -> Review {
        let created = self.places.get(n as usize).map_or(self.spec.until, |place| place.created);
        self.made(n, created)
    }

    /// Finds the place of a review by its id.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        let bytes: [u8; ID_BYTES] = URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()?;
        let [a, b, c, d, ..] = bytes;
        let n = u32::from_be_bytes([a, b, c, d]) ^ self.mask();
        let place = self.places.get(n as usize)?;
        (!place.is_taken && self.id(n) == id).then_some(n)
    }

    /// Leaves a review to somebody else.
    pub(super) fn take(&mut self, n: u32) {
        if let Some(place) = self.places.get_mut(n as usize) {
            place.is_taken = true;
        }
    }

    fn place(&self, n: u32) -> anyhow::Result<Place> {
        let created = self.created(n);
        let written = self.written(n);
        let has_words = written.text.is_some() || written.pros.is_some() || written.cons.is_some();
        let is_answered = written.answer.is_some();
        Ok(Place {
            created,
            nm_id: self.maker.nm_id(&written, &self.seller).context("a product has an article")?,
            is_processed: is_answered || !(has_words || written.photos > 0),
            is_answered,
            is_taken: false,
        })
    }

    /// Evenly spread and a little shaken, never out of order.
    fn created(&self, n: u32) -> DateTime<Utc> {
        let spread = i64::from(self.spec.days) * TimeDelta::days(1).num_seconds();
        let count = i64::from(self.spec.count.max(1));
        let before = |left: i64| spread * left / count;
        let left = i64::from(self.spec.count - n);
        let gap = u64::try_from(before(left) - before(left - 1)).unwrap_or_default();
        let shake = self.draw("created", n).below(gap.max(1));
        self.spec.until - TimeDelta::seconds(before(left)) + TimeDelta::seconds(shake as i64)
    }

    fn made(&self, n: u32, created: DateTime<Utc>) -> Review {
        let around = Circumstances {
            seller: &self.seller,
            id: self.id(n),
            created,
            parent: None,
            child: None,
        };
        let feedback = self.maker.dressed(&self.written(n), around);
        Review::new(feedback).expect("a review is made with id and date")
    }

    /// What the buyer wrote.
    fn written(&self, n: u32) -> WrittenReview {
        let article = self.maker.article(&self.draw("product", n));
        self.phrases.review(article, |what| self.draw(what, n))
    }

    fn id(&self, n: u32) -> String {
        let mut bytes = [0; ID_BYTES];
        bytes.copy_from_slice(&self.draw("id", n).bytes()[..ID_BYTES]);
        bytes[..4].copy_from_slice(&(n ^ self.mask()).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Keeps ids of neighbours from looking alike.
    fn mask(&self) -> u32 {
        let [a, b, c, d, ..] = *self.maker.chance().draw(&["history", &self.seller]).bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    fn draw(&self, what: &str, n: u32) -> Draw {
        self.maker.chance().draw(&["history", what, &self.seller, &n.to_string()])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn history(seed: u64) -> History {
        let until = DateTime::UNIX_EPOCH + TimeDelta::days(1_000);
        History::new("demo", HistorySpec { seed, count: 2_000, until, days: 100 }).unwrap()
    }

    #[test]
    fn one_seed_is_one_history_and_every_review_is_found_by_its_id() {
        let (one, same, other) = (history(1), history(1), history(2));
        for n in [0, 1, 777, 1_999] {
            let served = |history: &History| history.review(n).served(history.spec.until);
            assert_eq!(served(&one), served(&same));
            assert_ne!(served(&one)["id"], served(&other)["id"]);
            assert_eq!(one.find(one.review(n).id()), Some(n));
            assert_eq!(other.find(one.review(n).id()), None);
        }
    }

    #[test]
    fn what_lists_are_told_is_so() {
        let history = history(1);
        let now = history.spec.until;
        let mut last = DateTime::UNIX_EPOCH;
        for listed in history.listed(now) {
            let review = listed.review();
            assert_eq!(review.created(), listed.created);
            assert_eq!(review.is_processed(now), listed.is_processed, "{}", review.id());
            assert_eq!(review.was_viewed(now), listed.was_viewed);
            assert_eq!(review.nm_id(), listed.nm_id);
            assert!(last <= listed.created && listed.created < now);
            last = listed.created;
        }
    }

    #[test]
    fn a_history_is_varied() {
        let history = history(1);
        let served: Vec<Value> =
            (0..2_000).map(|n| history.review(n).served(history.spec.until)).collect();
        let texts: BTreeSet<_> = served.iter().filter_map(|it| it["text"].as_str()).collect();
        assert!(texts.len() > 900, "{} texts", texts.len());
        for stars in 1..=5 {
            assert!(served.iter().filter(|it| it["productValuation"] == stars).count() > 60);
        }
    }
}
