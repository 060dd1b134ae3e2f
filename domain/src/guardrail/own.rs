//! What a seller adds to the rules: phrases that must not go out, and words that may.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Severity;
use super::words::{is_blank, same_text};
use crate::value::Channel;

/// Most phrases that a seller may list: as many as a person still looks through.
pub const PHRASES_MAX: usize = 200;

/// Most exceptions that a seller may list.
pub const EXCEPTIONS_MAX: usize = 100;

/// Longest phrase or exception, in characters.
pub const PHRASE_CHARS_MAX: usize = 100;

/// Longest phrase or exception, in words. Each is kept in memory in all its forms.
pub const PHRASE_WORDS_MAX: usize = 8;

/// Longest text on what to write instead, in characters.
pub const INSTEAD_CHARS_MAX: usize = 300;

/// What a seller adds to the rules, as events keep it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guardrails {
    /// What replies must not say, or had better not.
    pub phrases: Vec<Phrase>,
    /// Words and phrases that the rules about the seller's own voice let pass.
    pub exceptions: Vec<String>,
}

/// A phrase that replies of the seller must not have, or had better not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Phrase {
    /// The words; each stands for all its forms.
    pub text: String,
    /// Whether it stops a reply.
    pub severity: Severity,
    /// Where it holds; everywhere where none is named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<Channel>,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// One of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum List {
    /// What must not be said.
    Phrases,
    /// What may.
    Exceptions,
}

/// Why a seller's guardrails cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardrailsError {
    /// A list has too many entries.
    #[error("a list has more than {max} entries")]
    TooMany {
        /// Which.
        list: List,
        /// How many it may have.
        max: usize,
    },
    /// An entry cannot be.
    #[error("entry {index}: {fault}")]
    Entry {
        /// Its list.
        list: List,
        /// Its place there, from 0.
        index: usize,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It has no letter and no digit that a reader would see.
    #[error("it has no words")]
    Blank,
    /// It has too many characters.
    #[error("it is longer than {PHRASE_CHARS_MAX} characters")]
    Long,
    /// It has too many words.
    #[error("it has more than {PHRASE_WORDS_MAX} words")]
    ManyWords,
    /// What to write instead has too many characters.
    #[error("what to write instead is longer than {INSTEAD_CHARS_MAX} characters")]
    LongInstead,
    /// An earlier entry says the same, in one of its channels.
    #[error("it says the same as entry {index} of another or the same list")]
    Double {
        /// The list of the earlier one.
        list: List,
        /// Its place there, from 0.
        index: usize,
    },
}

impl Phrase {
    /// Tells whether it holds in a channel.
    #[must_use]
    pub fn holds_in(&self, channel: Channel) -> bool {
        self.channels.is_empty() || self.channels.contains(&channel)
    }

    fn meets(&self, other: &Self) -> bool {
        let is_everywhere = self.channels.is_empty() || other.channels.is_empty();
        is_everywhere || !self.channels.is_disjoint(&other.channels)
    }
}

impl Guardrails {
    /// Tells whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty() && self.exceptions.is_empty()
    }

    /// Takes white space from the ends and holds the lists against their limits.
    ///
    /// # Errors
    /// [`GuardrailsError`] names the first entry that cannot be.
    pub fn checked(self) -> Result<Self, GuardrailsError> {
        let tidy = |phrase: Phrase| Phrase {
            text: phrase.text.trim().to_owned(),
            instead: phrase.instead.map(|text| text.trim().to_owned()).filter(|t| !t.is_empty()),
            ..phrase
        };
        let tidied = Self {
            phrases: self.phrases.into_iter().map(tidy).collect(),
            exceptions: self.exceptions.iter().map(|text| text.trim().to_owned()).collect(),
        };
        tidied.fits()?;
        Ok(tidied)
    }

    fn fits(&self) -> Result<(), GuardrailsError> {
        let Self { phrases, exceptions } = self;
        for (list, len, max) in [
            (List::Phrases, phrases.len(), PHRASES_MAX),
            (List::Exceptions, exceptions.len(), EXCEPTIONS_MAX),
        ] {
            if len > max {
                return Err(GuardrailsError::TooMany { list, max });
            }
        }
        let texts = phrases.iter().map(|phrase| &phrase.text).enumerate();
        let texts = texts.map(|(index, text)| (List::Phrases, index, text));
        let others = exceptions.iter().enumerate();
        let others = others.map(|(index, text)| (List::Exceptions, index, text));
        let mut earlier: Vec<(String, List, usize)> = Vec::new();
        for (list, index, text) in texts.chain(others) {
            let entry = |fault| GuardrailsError::Entry { list, index, fault };
            let words = fits_alone(text).map_err(entry)?;
            let is_double = |other: &&(String, List, usize)| {
                let are_phrases = [list, other.1] == [List::Phrases; 2];
                other.0 == words && (!are_phrases || phrases[index].meets(&phrases[other.2]))
            };
            if let Some((_, list, index)) = earlier.iter().find(is_double) {
                return Err(entry(Fault::Double { list: *list, index: *index }));
            }
            earlier.push((words, list, index));
        }
        let is_long = |phrase: &Phrase| {
            phrase.instead.as_ref().is_some_and(|text| text.chars().count() > INSTEAD_CHARS_MAX)
        };
        match phrases.iter().position(is_long) {
            Some(index) => Err(GuardrailsError::Entry {
                list: List::Phrases,
                index,
                fault: Fault::LongInstead,
            }),
            None => Ok(()),
        }
    }
}

/// Returns the words of an entry, as texts are compared by.
pub(crate) fn fits_alone(text: &str) -> Result<String, Fault> {
    if text.chars().count() > PHRASE_CHARS_MAX {
        return Err(Fault::Long);
    }
    if is_blank(text) {
        return Err(Fault::Blank);
    }
    let words = same_text(text);
    if words.split(' ').count() > PHRASE_WORDS_MAX {
        return Err(Fault::ManyWords);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str) -> Phrase {
        Phrase {
            text: text.to_owned(),
            severity: Severity::Error,
            channels: BTreeSet::new(),
            instead: None,
        }
    }

    fn lists(phrases: &[&str], exceptions: &[&str]) -> Guardrails {
        Guardrails {
            phrases: phrases.iter().map(|text| phrase(text)).collect(),
            exceptions: exceptions.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    fn fault(guardrails: Guardrails) -> (List, usize, Fault) {
        match guardrails.checked() {
            Err(GuardrailsError::Entry { list, index, fault }) => (list, index, fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_entry_that_cannot_be_is_named() {
        use List::{Exceptions, Phrases};

        let long = "я".repeat(101);
        assert_eq!(fault(lists(&["скидка", "\u{200b}!"], &[])), (Phrases, 1, Fault::Blank));
        assert_eq!(fault(lists(&[], &["робот", ""])), (Exceptions, 1, Fault::Blank));
        assert_eq!(fault(lists(&[&long], &[])), (Phrases, 0, Fault::Long));
        assert_eq!(fault(lists(&["а б в г д е ж з и"], &[])), (Phrases, 0, Fault::ManyWords));
        let double = Fault::Double { list: Phrases, index: 0 };
        assert_eq!(fault(lists(&["Ещё  скидка", "еще-скидка!"], &[])), (Phrases, 1, double));
        assert_eq!(fault(lists(&["робот"], &["РОБОТ"])), (Exceptions, 0, double));
        let mut instead = lists(&["скидка"], &[]);
        instead.phrases[0].instead = Some("о".repeat(301));
        assert_eq!(fault(instead), (Phrases, 0, Fault::LongInstead));
    }

    #[test]
    fn a_list_ends_somewhere() {
        let many: Vec<String> = (0..=PHRASES_MAX).map(|n| format!("фраза {n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(lists(&many[1..], &many[..1]).checked().is_ok());
        let max = GuardrailsError::TooMany { list: List::Phrases, max: PHRASES_MAX };
        assert_eq!(lists(&many, &[]).checked(), Err(max));
        let max = GuardrailsError::TooMany { list: List::Exceptions, max: EXCEPTIONS_MAX };
        assert_eq!(lists(&[], &many[..=EXCEPTIONS_MAX]).checked(), Err(max));
    }

    #[test]
    fn the_same_words_may_weigh_otherwise_in_another_channel() {
        let mut both = lists(&["скидка", "скидка"], &[]);
        both.phrases[0].channels = [Channel::Chat].into();
        both.phrases[1].channels = [Channel::Review, Channel::Question].into();
        assert_eq!(both.clone().checked(), Ok(both.clone()));
        both.phrases[1].channels.insert(Channel::Chat);
        assert_eq!(fault(both).0, List::Phrases);
    }

    #[test]
    fn white_space_around_an_entry_is_not_kept() {
        let mut given = lists(&["  скидка "], &[" робот\n"]);
        given.phrases[0].instead = Some("  ".to_owned());
        assert_eq!(given.checked(), Ok(lists(&["скидка"], &["робот"])));
    }
}
