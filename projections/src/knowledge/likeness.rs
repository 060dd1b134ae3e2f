//! Texts in the order of how like others' words they are, where there are too few of them to be searched.

use super::vector::Features;
use super::words::Stems;

/// Puts passages in the order of how like `words` they are, the most alike first.
#[must_use]
pub fn most_alike_first(words: &str, passages: Vec<String>) -> Vec<String> {
    let stemmer = Stems::new();
    let features = |text: &str| Features::of(&stemmer, text, |_| 1.0);
    let asked = features(words);
    let likeness = passages.into_iter().map(|text| (asked.similarity(&features(&text)), text));
    let mut likeness: Vec<_> = likeness.collect();
    likeness.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    likeness.into_iter().map(|(_, text)| text).collect()
}
