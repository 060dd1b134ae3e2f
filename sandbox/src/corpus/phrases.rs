//! Reviews put together from the sandbox's own phrases.

use std::collections::HashMap;

use anyhow::Context;
use serde::Deserialize;

use super::{WrittenReview, own};
use crate::chance::Draw;

const PHRASES: &str = include_str!("../../corpus/phrases.jsonl");

/// The phrases by where they stand and how content their author is.
#[derive(Debug)]
pub(crate) struct Phrases(HashMap<(Part, Mood), Vec<String>>);

/// A piece that generated reviews are put together from.
#[derive(Debug, Clone, Deserialize)]
struct Phrase {
    part: Part,
    mood: Mood,
    text: String,
}

/// Where a phrase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Opening,
    Detail,
    Closing,
    Pros,
    Cons,
    /// Of the seller.
    Answer,
    /// The buyer's name.
    User,
}

/// How content its author is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mood {
    Good,
    Mixed,
    Bad,
}

impl Phrases {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let mut by_kind: HashMap<_, Vec<_>> = HashMap::new();
        let phrases = own(PHRASES).context("reading the sandbox's own phrases")?;
        for Phrase { part, mood, text } in phrases {
            by_kind.entry((part, mood)).or_default().push(text);
        }
        Ok(Self(by_kind))
    }

    /// What a buyer writes about a product, put together from phrases of the same mood. `draw` draws for a purpose.
    pub(crate) fn review(
        &self,
        product: Option<String>,
        draw: impl Fn(&str) -> Draw,
    ) -> WrittenReview {
        let rating = match draw("rating").below(100) {
            0..62 => 5,
            62..77 => 4,
            77..85 => 3,
            85..91 => 2,
            _ => 1,
        };
        let mood = match rating {
            4.. => Mood::Good,
            3 => Mood::Mixed,
            _ => Mood::Bad,
        };
        let phrase = |part: Part, mood: Mood, what: &str| self.one(part, mood, &draw(what));
        let often = |what: &str, percent: u64| draw(what).below(100) < percent;
        let text = often("has text", 60).then(|| {
            let other = if often("turn", 20) { Mood::Mixed } else { mood };
            let parts = [
                phrase(Part::Opening, mood, "opening"),
                phrase(Part::Detail, mood, "detail"),
                phrase(Part::Detail, other, "other detail").filter(|_| often("long", 50)),
                phrase(Part::Closing, mood, "closing").filter(|_| often("closed", 60)),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        let pros = phrase(Part::Pros, Mood::Good, "pros").filter(|_| often("has pros", 25));
        let cons = phrase(Part::Cons, Mood::Bad, "cons").filter(|_| often("has cons", 12));
        WrittenReview {
            text,
            pros,
            cons,
            rating,
            product,
            user: phrase(Part::User, Mood::Good, "user"),
            photos: if often("has photos", 15) { 1 + draw("photos").below(4) as u8 } else { 0 },
            answer: phrase(Part::Answer, mood, "answer").filter(|_| often("answered", 30)),
            ..WrittenReview::default()
        }
    }

    /// The name of a buyer.
    pub(crate) fn name(&self, draw: &Draw) -> Option<String> {
        self.one(Part::User, Mood::Good, draw)
    }

    fn one(&self, part: Part, mood: Mood, draw: &Draw) -> Option<String> {
        let choice = self.0.get(&(part, mood)).map_or(&[][..], Vec::as_slice);
        let index = draw.below(choice.len().max(1) as u64);
        choice.get(index as usize).cloned()
    }
}
