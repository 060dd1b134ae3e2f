//! A seller's guardrails ready to be looked for.

use std::ops::Range;

use super::Category;
use super::own::{Guardrails, Phrase};
use super::phrases::Phrases;
use super::rules::Rule;
use super::words::Word;
use crate::value::Channel;

/// A version of a seller's guardrails, ready to be looked for. Making it takes longer than a check does.
#[derive(Debug)]
pub struct Own {
    version: u32,
    phrases: Vec<Phrase>,
    found_by: Phrases<Entry>,
}

#[derive(Debug, Clone, Copy)]
enum Entry {
    Phrase(usize),
    Exception,
}

/// What was found of a seller's lists in a text, in bytes of it.
#[derive(Debug, Default)]
pub(super) struct Matches<'a> {
    pub(super) phrases: Vec<(&'a Phrase, Range<usize>)>,
    excepted: Vec<Range<usize>>,
}

impl Default for Own {
    fn default() -> Self {
        Self { version: 0, phrases: Vec::new(), found_by: Phrases::new() }
    }
}

impl Own {
    /// Makes a version ready.
    #[must_use]
    pub fn compiled(version: u32, guardrails: &Guardrails) -> Self {
        let mut found_by = Phrases::new();
        for (index, phrase) in guardrails.phrases.iter().enumerate() {
            found_by.add_written(&phrase.text, Entry::Phrase(index));
        }
        for text in &guardrails.exceptions {
            found_by.add_written(text, Entry::Exception);
        }
        Self { version, phrases: guardrails.phrases.clone(), found_by }
    }

    /// Returns the version; 0 where the seller has settled none.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Returns about how many bytes it takes, rather too many than too few.
    #[must_use]
    pub fn bytes(&self) -> usize {
        const PER_LETTER: usize = 128;
        const PER_PHRASE: usize = 1_024;
        PER_PHRASE * (self.phrases.len() + 1) + PER_LETTER * self.found_by.len()
    }

    pub(super) fn find(&self, words: &[Word], text: &str, channel: Channel) -> Matches<'_> {
        if self.found_by.is_empty() {
            return Matches::default();
        }
        let mut matches = Matches::default();
        for (entry, at) in self.found_by.find(&self.found_by.read(words, text)) {
            match entry {
                Entry::Phrase(index) if self.phrases[index].holds_in(channel) => {
                    matches.phrases.push((&self.phrases[index], at));
                }
                Entry::Phrase(_) => {}
                Entry::Exception => matches.excepted.push(at),
            }
        }
        matches
    }
}

impl Matches<'_> {
    /// Tells whether the seller lets a rule's words pass where they stand.
    pub(super) fn lift(&self, rule: &Rule, at: &Range<usize>) -> bool {
        rule.category.is_liftable()
            && self.excepted.iter().any(|all| all.start <= at.start && at.end <= all.end)
    }
}

impl Category {
    /// Tells whether a seller may let words of this category pass. How the seller's own voice sounds, and what it promises,
    /// is the seller's to answer for; contacts, offers and profanity are the marketplaces' matter, which punish them.
    #[must_use]
    pub fn is_liftable(self) -> bool {
        match self {
            Self::AiMention
            | Self::Promise
            | Self::Blame
            | Self::Dismissive
            | Self::UnsolicitedReturn => true,
            Self::Offer
            | Self::Profanity
            | Self::Contact
            | Self::Length
            | Self::Template
            | Self::Own
            | Self::Duplicate => false,
        }
    }
}
