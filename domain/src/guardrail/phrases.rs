//! Phrases of rules, found in the words of a text.

use std::collections::HashMap;
use std::ops::Range;

use super::lexicon::{Lexicon, Reach, WordId};
use super::words::{Word, same_text, words};

/// Phrases, each of which stands for something of type `T`.
#[derive(Debug)]
pub(super) struct Phrases<T> {
    lexicon: Lexicon,
    /// By their first word.
    phrases: HashMap<WordId, Vec<Phrase<T>>>,
}

#[derive(Debug)]
struct Phrase<T> {
    of: T,
    rest: Vec<Next>,
}

#[derive(Debug, Clone, Copy)]
struct Next {
    word: WordId,
    /// How many other words may stand before it.
    skip: usize,
    /// Whether it may begin a sentence.
    begins: bool,
}

/// The words of a text with what each may be.
pub(super) struct Read<'a> {
    words: &'a [Word],
    readings: Vec<Vec<WordId>>,
    /// How many words there are before those that were put together.
    plain: usize,
}

impl<T: Copy> Phrases<T> {
    pub(super) fn new() -> Self {
        Self { lexicon: Lexicon::new(), phrases: HashMap::new() }
    }

    /// Adds a phrase in the form that `rules.rs` describes.
    pub(super) fn add(&mut self, pattern: &str, reach: Reach, of: T) {
        let mut words = Vec::new();
        let mut skip = 0;
        for element in pattern.split(' ') {
            if let Some(gap) = element.strip_prefix('~') {
                skip = gap.parse().expect("a rule says how many words");
                continue;
            }
            words.push(Next { word: self.lexicon.add(element, reach), skip, begins: false });
            skip = 0;
        }
        self.insert(words, of);
    }

    /// Adds a phrase as somebody wrote it, of whose words all forms are meant.
    pub(super) fn add_written(&mut self, text: &str, of: T) {
        let words = words(text);
        let plain = words.iter().take_while(|word| !word.is_put_together);
        let next = plain.map(|word| {
            let written = same_text(&text[word.span.clone()]);
            let begins = word.begins_sentence;
            Next { word: self.lexicon.add_written(&written, word.is_latin), skip: 0, begins }
        });
        let words = next.collect();
        self.insert(words, of);
    }

    fn insert(&mut self, mut words: Vec<Next>, of: T) {
        if !words.is_empty() {
            let first = words.remove(0);
            self.phrases.entry(first.word).or_default().push(Phrase { of, rest: words });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Returns how many letters its words have together.
    pub(super) fn len(&self) -> usize {
        self.lexicon.len()
    }

    pub(super) fn read<'a>(&self, words: &'a [Word], text: &str) -> Read<'a> {
        let readings = words.iter().map(|word| self.lexicon.readings(word, text)).collect();
        let plain = words.iter().take_while(|word| !word.is_put_together).count();
        Read { words, readings, plain }
    }

    /// Finds phrases, each with where it stands.
    pub(super) fn find(&self, text: &Read<'_>) -> Vec<(T, Range<usize>)> {
        let mut found = Vec::new();
        for (at, readings) in text.readings.iter().enumerate() {
            for phrase in readings.iter().filter_map(|word| self.phrases.get(word)).flatten() {
                if let Some(end) = text.end_of(&phrase.rest, at) {
                    found.push((phrase.of, text.words[at].span.start..end));
                }
            }
        }
        found
    }
}

impl Read<'_> {
    /// Returns where a phrase ends whose first word is the one `at`.
    fn end_of(&self, rest: &[Next], at: usize) -> Option<usize> {
        let Some((next, rest)) = rest.split_first() else { return Some(self.words[at].span.end) };
        if at >= self.plain {
            return None;
        }
        for other in at + 1..(at + 2 + next.skip).min(self.plain) {
            if self.words[other].begins_sentence && !next.begins {
                return None;
            }
            if self.readings[other].contains(&next.word)
                && let Some(end) = self.end_of(rest, other)
            {
                return Some(end);
            }
        }
        None
    }
}
