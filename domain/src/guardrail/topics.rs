//! What a text is about: the same phrases that rules are made of, for whoever wants to know and not to stop anything.

use super::lexicon::Reach;
use super::phrases::Phrases;
use super::words::words;

/// Topics, each with the phrases that it is known by.
#[derive(Debug)]
pub(crate) struct Topics<T>(Phrases<T>);

impl<T: Copy + PartialEq> Topics<T> {
    /// Makes topics ready, from phrases in the form that `rules.rs` describes.
    pub(crate) fn new(topics: &[(T, &[&str])]) -> Self {
        let mut phrases = Phrases::new();
        for (topic, patterns) in topics {
            for pattern in *patterns {
                phrases.add(pattern, Reach { masked: false, latin: false, mangled: false }, *topic);
            }
        }
        Self(phrases)
    }

    /// Returns the topics of a text in the order in which they come up, one as often as something else is said of it.
    pub(crate) fn of(&self, text: &str) -> Vec<T> {
        let words = words(text);
        let mut found = self.0.find(&self.0.read(&words, text));
        found.sort_by_key(|(_, at)| at.start);
        found.into_iter().map(|(topic, _)| topic).collect()
    }
}
