//! Texts as vectors without a model: stems and pieces of words, each counted in a place that its hash names. The same
//! text has the same vector everywhere and always.

use std::collections::HashMap;

use super::words::{Stems, words};

/// Length of a vector.
pub(super) const DIMENSIONS: usize = 512;

/// What a stem counts beside one piece of a word: a word has about ten pieces.
const STEM_WEIGHT: f32 = 3.0;

/// Lengths of pieces of words, in characters.
const PIECES: [usize; 3] = [3, 4, 5];

/// A text as retrieval compares it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Features {
    /// Hashes of its stems, sorted, each once.
    pub(super) stems: Box<[u64]>,
    /// Of length 1, or all zero where the text says nothing.
    pub(super) vector: Box<[f32]>,
}

impl Features {
    /// Reads a text. `rarity` tells how much a stem says: 1 where nothing is known.
    pub(super) fn of(stemmer: &Stems, text: &str, rarity: impl Fn(u64) -> f32) -> Self {
        let mut stems = Vec::new();
        let mut counts: HashMap<u64, (f32, f32)> = HashMap::new();
        for word in words(text) {
            let stem = stem_of(stemmer, &word);
            let weight = rarity(stem);
            stems.push(stem);
            counts.entry(stem).or_insert((0.0, STEM_WEIGHT * weight)).0 += 1.0;
            for piece in pieces(&word) {
                counts.entry(piece).or_insert((0.0, weight)).0 += 1.0;
            }
        }
        stems.sort_unstable();
        stems.dedup();
        Self { stems: stems.into(), vector: normalised(counts) }
    }

    /// Returns the cosine of the angle between both texts.
    pub(super) fn similarity(&self, other: &Self) -> f32 {
        self.vector.iter().zip(&*other.vector).map(|(one, other)| one * other).sum()
    }
}

/// Hashes the stem of a folded word.
pub(super) fn stem_of(stemmer: &Stems, word: &str) -> u64 {
    hash('w', stemmer.of(word).chars())
}

fn normalised(counts: HashMap<u64, (f32, f32)>) -> Box<[f32]> {
    // In one order, so that sums of fractions are the same everywhere.
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(hash, _)| *hash);
    let mut vector = vec![0.0_f32; DIMENSIONS];
    for (hash, (count, weight)) in counts {
        // A sign of its own lets features that share a place cancel out on average.
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        let place = usize::try_from(hash % DIMENSIONS as u64).unwrap_or_default();
        vector[place] += sign * weight * (1.0 + count.ln());
    }
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|part| *part /= length);
    }
    vector.into()
}

fn pieces(word: &str) -> impl Iterator<Item = u64> {
    let letters: Vec<char> = ['^'].into_iter().chain(word.chars()).chain(['$']).collect();
    let hashes: Vec<u64> = PIECES
        .iter()
        .flat_map(|length| letters.windows(*length).map(|piece| hash('p', piece.iter().copied())))
        .collect();
    hashes.into_iter()
}

/// FNV-1a, then mixed, since it leaves the low bits of short texts much alike.
fn hash(kind: char, letters: impl Iterator<Item = char>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for letter in [kind].into_iter().chain(letters) {
        hash = (hash ^ u64::from(letter)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Features {
        Features::of(&Stems::new(), text, |_| 1.0)
    }

    #[test]
    fn the_same_text_has_the_same_vector_everywhere() {
        let features = of("Плед связан вручную");
        assert_eq!(features, of("плед связан  ВРУЧНУЮ!"));
        // Kept as it was first, so that another machine or release that differs is noticed.
        let first: Vec<usize> =
            (0..DIMENSIONS).filter(|place| features.vector[*place] != 0.0).take(5).collect();
        assert_eq!(first, [14, 38, 60, 69, 76]);
    }

    #[test]
    fn misspelt_and_bent_words_are_near() {
        let text = of("Кроссовки маломерят, берите на размер больше");
        let near = text.similarity(&of("кросовок размеры"));
        let far = text.similarity(&of("когда привезут посылку"));
        assert!(near > 0.2 && far < 0.1, "{near} {far}");
        assert!((text.similarity(&text) - 1.0).abs() < 1e-5);
        assert!(of("…").similarity(&text).abs() < f32::EPSILON);
    }
}
