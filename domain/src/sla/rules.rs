//! What a seller knows better than the matrix: words of the buyer, and what they mean.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::{MINUTES_MAX, SlaError};
use crate::guardrail::{Fault, Keywords, PHRASES_MAX, fits_alone};
use crate::value::{Channel, Priority};

/// Most rules that a seller may have: as many as a person still looks through.
pub const RULES_MAX: usize = 50;

/// Most words and phrases of all rules together. Each is kept in memory in all its forms.
pub const WORDS_MAX: usize = PHRASES_MAX;

/// Words of the buyer, and by when whoever writes them should have an answer (F181).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The words and phrases, any of which will do; each word is meant in all its forms.
    pub phrases: Vec<String>,
    /// Where it holds; everywhere where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// How urgent that is.
    pub priority: Priority,
    /// How long it may wait, in minutes, 1…[`MINUTES_MAX`].
    pub minutes: u32,
}

/// The seller's rules, in the order in which they are asked. Cheap to clone once they are ready: the clones share that.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rules {
    rules: Vec<Rule>,
    #[serde(skip)]
    ready: Arc<OnceLock<Keywords>>,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// It has no words.
    #[error("it has no words")]
    NoWords,
    /// A word or phrase cannot be.
    #[error("phrase {index}: {fault}")]
    Phrase {
        /// Its place in the rule, from 0.
        index: usize,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A comma is in it, which separates words where people write them.
    #[error("phrase {index} has a comma in it")]
    Comma {
        /// Its place in the rule, from 0.
        index: usize,
    },
    /// Not 1 to [`MINUTES_MAX`].
    #[error("a deadline is 1 to {MINUTES_MAX} minutes")]
    Minutes,
}

impl Rules {
    /// Takes rules in their order.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules, ready: Arc::default() }
    }

    /// Returns the rules in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the rule of a number, counted from 1.
    #[must_use]
    pub fn get(&self, number: u16) -> Option<&Rule> {
        self.rules.get(usize::from(number).checked_sub(1)?)
    }

    /// Returns about how many bytes they take once they are ready, rather too many than too few.
    #[must_use]
    pub fn bytes(&self) -> usize {
        const PER_LETTER: usize = 128;
        const PER_PHRASE: usize = 1_024;
        if self.rules.is_empty() {
            return 0;
        }
        let phrases: usize = self.rules.iter().map(|rule| rule.phrases.len()).sum();
        PER_PHRASE * (phrases + 1) + PER_LETTER * self.keywords().letters()
    }

    /// Returns the first rule, with its number from 1, whose words are in a text and that `may_decide`.
    pub(crate) fn first(
        &self,
        channel: Channel,
        text: &str,
        may_decide: impl Fn(&Rule) -> bool,
    ) -> Option<(u16, &Rule)> {
        let may_be = |rule: &Rule| rule.channel.is_none_or(|of| of == channel) && may_decide(rule);
        // Reading the words costs most of it.
        if !self.rules.iter().any(may_be) {
            return None;
        }
        let found = self
            .keywords()
            .of(text)
            .into_iter()
            .filter(|number| self.get(*number).is_some_and(may_be));
        let number = found.min()?;
        Some((number, self.get(number)?))
    }

    fn keywords(&self) -> &Keywords {
        self.ready.get_or_init(|| {
            Keywords::new((1..).zip(&self.rules).flat_map(|(number, rule)| {
                rule.phrases.iter().map(move |phrase| (number, phrase.as_str()))
            }))
        })
    }

    pub(super) fn tidied(self) -> Self {
        let tidy = |rule: Rule| Rule {
            phrases: rule.phrases.iter().map(|phrase| phrase.trim().to_owned()).collect(),
            ..rule
        };
        Self::new(self.rules.into_iter().map(tidy).collect())
    }

    pub(super) fn check(&self) -> Result<(), SlaError> {
        if self.rules.len() > RULES_MAX {
            return Err(SlaError::TooManyRules);
        }
        if self.rules.iter().map(|rule| rule.phrases.len()).sum::<usize>() > WORDS_MAX {
            return Err(SlaError::TooManyWords);
        }
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check().map_err(|fault| SlaError::Rule { index, fault })?;
        }
        Ok(())
    }
}

impl Rule {
    fn check(&self) -> Result<(), RuleFault> {
        if self.phrases.is_empty() {
            return Err(RuleFault::NoWords);
        }
        for (index, phrase) in self.phrases.iter().enumerate() {
            fits_alone(phrase).map_err(|fault| RuleFault::Phrase { index, fault })?;
            if phrase.contains(',') {
                return Err(RuleFault::Comma { index });
            }
        }
        if !(1..=MINUTES_MAX).contains(&self.minutes) {
            return Err(RuleFault::Minutes);
        }
        Ok(())
    }
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

impl Eq for Rules {}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rules.fmt(f)
    }
}
