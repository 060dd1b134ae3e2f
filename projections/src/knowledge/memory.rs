//! A seller's passages in memory, with what they are compared by: the read model keeps words, and vectors are made of
//! them.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::find::Meaning;
use super::vector::{DIMENSIONS, Features, stem_of};
use super::words::{Stems, folded};
use crate::embeddings::Vector;

/// How like a question a passage must be to be found by its features alone.
const SIMILARITY_MIN: f32 = 0.15;

/// A passage's item and its place there.
pub(super) type Key = (Uuid, i32);

/// A row of `knowledge` as memory takes it.
#[derive(Debug)]
pub(super) struct News {
    pub(super) item_id: Uuid,
    pub(super) ordinal: i32,
    pub(super) live: bool,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) articles: Vec<String>,
    pub(super) item_version: i32,
    /// Names title and text.
    pub(super) digest: Vec<u8>,
    pub(super) pos: i64,
}

/// A passage.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) version: i32,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) text: String,
    /// Folded.
    articles: Vec<String>,
    pub(super) features: Features,
    digest: Vec<u8>,
    /// As the model has it that `Memory::model` names.
    meaning: Option<Vector>,
}

/// What a seller knows.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Place in the log of the last news.
    pub(super) upto: i64,
    passages: BTreeMap<Key, Held>,
    /// In how many passages a stem is.
    counts: HashMap<u64, u32>,
    /// Whose vectors passages have, where an endpoint made some.
    model: String,
}

/// A question as passages are compared with it.
pub(super) struct Question {
    features: Features,
    /// Its stems, and how much each says.
    weights: Vec<(u64, f32)>,
    /// By what all passages are held against it; their features where there is none.
    meaning: Option<Meaning>,
}

/// Which passages may answer.
pub(super) struct Scope<'a> {
    /// The article that the question is about: what is said of another product would be wrong of it.
    pub(super) article: Option<&'a str>,
}

impl Held {
    /// Tells whether it is about the product of that folded article.
    pub(super) fn is_of(&self, article: &str) -> bool {
        self.articles.iter().any(|known| known == article)
    }

    /// Returns how much of what a question asks stands in it, from 0 to 1.
    pub(super) fn covers(&self, question: &Question) -> f32 {
        let all: f32 = question.weights.iter().map(|(_, weight)| weight).sum();
        let there = |stem: &u64| self.features.stems.binary_search(stem).is_ok();
        let found: f32 =
            question.weights.iter().filter(|(stem, _)| there(stem)).map(|(_, weight)| weight).sum();
        if all > 0.0 { found / all } else { 0.0 }
    }

    pub(super) fn similarity(&self, question: &Question) -> f32 {
        match (&question.meaning, &self.meaning) {
            (Some(asked), Some(known)) => known.similarity(&asked.vector).unwrap_or_default(),
            _ => self.features.similarity(&question.features),
        }
    }
}

impl Question {
    /// Returns how like it a passage must be to be about it.
    pub(super) fn similarity_min(&self) -> f32 {
        self.meaning.as_ref().map_or(SIMILARITY_MIN, |meaning| meaning.similarity_min)
    }
}

impl Memory {
    /// Takes rows in; one that is there already replaces itself.
    pub(super) fn take(&mut self, news: Vec<News>) {
        let stemmer = Stems::new();
        for row in news {
            self.upto = self.upto.max(row.pos);
            let key = (row.item_id, row.ordinal);
            if self.passages.get(&key).is_some_and(|held| held.version > row.item_version) {
                continue;
            }
            if let Some(old) = self.passages.remove(&key) {
                self.count(&old, |count| count.saturating_sub(1));
            }
            if !row.live {
                continue;
            }
            let text = format!("{}\n{}", row.title, row.text);
            let held = Held {
                version: row.item_version,
                kind: row.kind,
                title: row.title,
                text: row.text,
                articles: row.articles.iter().map(|article| folded(article)).collect(),
                features: Features::of(&stemmer, &text, |_| 1.0),
                digest: row.digest,
                meaning: None,
            };
            self.count(&held, |count| count + 1);
            self.passages.insert(key, held);
        }
    }

    fn count(&mut self, held: &Held, change: impl Fn(u32) -> u32) {
        for stem in &held.features.stems {
            let count = self.counts.entry(*stem).or_default();
            *count = change(*count);
        }
    }

    /// Lists the passages that have no vector of that model, by their digests. Those of another model are forgotten.
    pub(super) fn without_meaning(&mut self, model: &str) -> Vec<Vec<u8>> {
        if self.model != model {
            model.clone_into(&mut self.model);
            self.passages.values_mut().for_each(|held| held.meaning = None);
        }
        let without = self.passages.values().filter(|held| held.meaning.is_none());
        without.map(|held| held.digest.clone()).collect()
    }

    /// Takes vectors of that model in, by digest.
    pub(super) fn mean(&mut self, model: &str, vectors: &HashMap<Vec<u8>, Vector>) {
        if self.model == model {
            for held in self.passages.values_mut().filter(|held| held.meaning.is_none()) {
                held.meaning = vectors.get(&held.digest).cloned();
            }
        }
    }

    /// Tells whether all passages have a vector of that model, and there are some.
    pub(super) fn is_meant_by(&self, model: &str) -> bool {
        self.model == model
            && !self.passages.is_empty()
            && self.passages.values().all(|held| held.meaning.is_some())
    }

    /// Reads a question: a stem that few passages have says more than one that many have. Its meaning counts only where
    /// all passages can be held against it: ranks of two kinds of vectors cannot be compared.
    pub(super) fn question(&self, text: &str, meaning: Option<Meaning>) -> Question {
        let features = Features::of(&Stems::new(), text, |stem| self.rarity(stem));
        let weights = features.stems.iter().map(|stem| (*stem, self.rarity(*stem))).collect();
        let is_like = |held: &Held, asked: &Vector| {
            held.meaning.as_ref().is_some_and(|known| known.similarity(asked).is_some())
        };
        let meaning = meaning.filter(|meaning| {
            self.is_meant_by(&meaning.model)
                && self.passages.values().all(|held| is_like(held, &meaning.vector))
        });
        Question { features, weights, meaning }
    }

    /// Lists words by how much they say, the rarest first, and of as rare ones in their order.
    pub(super) fn rarest(&self, words: Vec<String>) -> Vec<String> {
        let stemmer = Stems::new();
        let mut words: Vec<(f32, String)> =
            words.into_iter().map(|word| (self.rarity(stem_of(&stemmer, &word)), word)).collect();
        words.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        words.into_iter().map(|(_, word)| word).collect()
    }

    fn rarity(&self, stem: u64) -> f32 {
        let count = self.counts.get(&stem).copied().unwrap_or_default();
        (1.0 + small(self.passages.len()) / (1.0 + small(count as usize))).ln()
    }

    /// Lists passages that may answer.
    pub(super) fn within<'a>(
        &'a self,
        scope: &'a Scope<'a>,
    ) -> impl Iterator<Item = (Key, &'a Held)> {
        let is_product = |held: &Held| held.kind == "product";
        let allowed = move |held: &Held| {
            !scope.article.is_some_and(|article| is_product(held) && !held.is_of(article))
        };
        self.passages.iter().filter(move |(_, held)| allowed(held)).map(|(key, held)| (*key, held))
    }

    /// Lists the products of that folded article.
    pub(super) fn products(&self, article: &str) -> Vec<Uuid> {
        let own = self.passages.iter().filter(|(_, held)| held.is_of(article));
        let mut own: Vec<Uuid> = own.map(|((item, _), _)| *item).collect();
        own.dedup();
        own
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Held> {
        self.passages.get(key)
    }

    /// Returns about how many bytes it takes.
    pub(super) fn bytes(&self) -> u32 {
        let passage = DIMENSIONS * size_of::<f32>() + 4096;
        let meanings = self.passages.values().flat_map(|held| &held.meaning).map(Vector::size);
        u32::try_from(self.passages.len() * passage + meanings.sum::<usize>()).unwrap_or(u32::MAX)
    }
}

/// A count as a fraction; none here comes near what a fraction holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts of passages are small")]
fn small(count: usize) -> f32 {
    count as f32
}
