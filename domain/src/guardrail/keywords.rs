//! Words and phrases as somebody wrote them, looked for in what others write.

use super::phrases::Phrases;
use super::words::words;

/// Phrases, each of which stands for a number. Every word is meant in all its forms, and none is found inside
/// another.
#[derive(Debug)]
pub(crate) struct Keywords(Phrases<u16>);

impl Keywords {
    /// Makes phrases ready.
    pub(crate) fn new<'a>(phrases: impl IntoIterator<Item = (u16, &'a str)>) -> Self {
        let mut ready = Phrases::new();
        for (number, phrase) in phrases {
            ready.add_written(phrase, number);
        }
        Self(ready)
    }

    /// Returns the numbers that come up in a text, in no order, and one as often as it comes up.
    pub(crate) fn of(&self, text: &str) -> Vec<u16> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let words = words(text);
        let found = self.0.find(&self.0.read(&words, text));
        found.into_iter().map(|(number, _)| number).collect()
    }

    /// Returns how many letters its words have together, in all their forms.
    pub(crate) fn letters(&self) -> usize {
        self.0.len()
    }
}
