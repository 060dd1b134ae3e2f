//! The text of a reply, and when two texts say the same.

use serde::{Deserialize, Serialize};

/// How long a reply may be, in characters (Unicode scalar values), both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimits {
    /// Least number of characters.
    pub min_chars: usize,
    /// Greatest number of characters.
    pub max_chars: usize,
}

/// Why a text cannot be a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Shorter than the channel takes, white space at the ends not counted.
    #[error("the text has {chars} characters, at least {min_chars} are needed")]
    TooShort {
        /// Characters in the text.
        chars: usize,
        /// Least number the channel takes.
        min_chars: usize,
    },
    /// Longer than the channel takes.
    #[error("the text has {chars} characters, at most {max_chars} are taken")]
    TooLong {
        /// Characters in the text.
        chars: usize,
        /// Greatest number the channel takes.
        max_chars: usize,
    },
}

/// A text within its channel's limits, without white space at its ends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyText(String);

impl ReplyText {
    /// Trims `text`, drops control characters, which no reader sees and PostgreSQL in part refuses, and holds it against
    /// `limits`.
    ///
    /// # Errors
    /// [`TextError`] when it is too short or too long.
    pub fn parse(limits: TextLimits, text: &str) -> Result<Self, TextError> {
        let text = Self::cleaned(text);
        let chars = text.chars().count();
        let TextLimits { min_chars, max_chars } = limits;
        if chars < min_chars {
            return Err(TextError::TooShort { chars, min_chars });
        }
        if chars > max_chars {
            return Err(TextError::TooLong { chars, max_chars });
        }
        Ok(Self(text))
    }

    /// Returns what would go out of a text.
    pub(crate) fn cleaned(text: &str) -> String {
        kept(text).into_iter().map(|(_, c)| c).collect()
    }

    /// Returns where each character of what would go out stands in `text`, in characters.
    pub(crate) fn places(text: &str) -> Vec<usize> {
        kept(text).into_iter().map(|(at, _)| at).collect()
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text by value.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Returns the characters that go out, each with its number.
fn kept(text: &str) -> Vec<(usize, char)> {
    let goes_out = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    let mut kept: Vec<_> = text
        .chars()
        .enumerate()
        .filter(|(_, c)| goes_out(*c))
        .skip_while(|(_, c)| c.is_whitespace())
        .collect();
    while kept.pop_if(|(_, c)| c.is_whitespace()).is_some() {}
    kept
}

/// Tells whether two texts are the same but for white space, which marketplaces trim and reflow.
#[must_use]
pub fn same_words(left: &str, right: &str) -> bool {
    left.split_whitespace().eq(right.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TextLimits = TextLimits { min_chars: 2, max_chars: 5000 };

    #[test]
    fn limits_count_characters_not_bytes() {
        let longest = "ё".repeat(5000);
        assert!(ReplyText::parse(LIMITS, &longest).is_ok());
        assert_eq!(
            ReplyText::parse(LIMITS, &format!("{longest}ё")).err(),
            Some(TextError::TooLong { chars: 5001, max_chars: 5000 })
        );
    }

    #[test]
    fn white_space_is_not_an_answer() {
        let outcome = ReplyText::parse(LIMITS, " \n\t ");
        assert_eq!(outcome.err(), Some(TextError::TooShort { chars: 0, min_chars: 2 }));
    }

    #[test]
    fn control_characters_are_dropped_and_lines_kept() {
        let text =
            ReplyText::parse(LIMITS, "Спасибо\0!\r\nЖдём").unwrap_or_else(|_| unreachable!());
        assert_eq!(text.as_str(), "Спасибо!\nЖдём");
    }

    #[test]
    fn reflowed_text_says_the_same() {
        assert!(same_words("Спасибо!\r\nЖдём  вас", " Спасибо! Ждём вас\n"));
        assert!(!same_words("Спасибо!", "Спасибо"));
    }
}
