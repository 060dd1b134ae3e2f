//! How a seller wants drafts made: by whom, how many, and how they sound.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use crate::policy::template::{Address, Tone};
use crate::value::{Intent, ReplyText};

/// Most drafts of a batch.
pub const BATCH_SIZE_MAX: u16 = 100;

/// Longest pause between two drafts, in milliseconds.
pub const DELAY_MS_MAX: u32 = 60_000;

/// Highest limit of drafts that a model writes in a day.
pub const DAILY_LIMIT_MAX: u32 = 10_000;

/// Highest budget of a day, in millionths of a US dollar: what a mistyped zero may cost.
pub const DAILY_BUDGET_MICRO_USD_MAX: u64 = 100_000_000;

/// Longest signature, in characters.
pub const SIGNATURE_CHARS_MAX: usize = 100;

/// Most entries of a list of phrases or topics.
pub const ENTRIES_MAX: usize = 30;

/// Longest entry, in characters.
pub const ENTRY_CHARS_MAX: usize = 200;

/// What a seller settles about drafts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drafting {
    /// Whether drafts are made before anybody asks (F131).
    pub ahead: bool,
    /// Whether a language model may write them, where the installation has one.
    pub by_model: bool,
    /// Drafts that a model writes ahead on end, before it rests until a minute has passed since the first (F124).
    pub batch_size: u16,
    /// Pause between two of them, in milliseconds (F124).
    pub delay_ms: u32,
    /// Drafts that a model writes ahead in a day (F125).
    pub daily_limit: u32,
    /// What a model may cost in a day, in millionths of a US dollar.
    pub daily_budget_micro_usd: u64,
    /// How drafts sound.
    pub tone: Tone,
    /// How buyers are spoken to.
    pub address: Address,
    /// What stands under a draft, on a line of its own.
    pub signature: Option<String>,
    /// What a model had better say, such as how the brand is written.
    pub phrases: Vec<String>,
    /// What a model does not write about.
    pub forbidden_topics: Vec<String>,
    /// What buyers want of which nothing is learnt (F216): no past answers are shown to a model, and none are among the
    /// samples and in the queue.
    pub not_learned: BTreeSet<Intent>,
}

impl Default for Drafting {
    fn default() -> Self {
        Self {
            ahead: true,
            by_model: true,
            batch_size: 20,
            delay_ms: 1_000,
            daily_limit: 200,
            // Of the $0.01–0.05 that a day is to cost (F136) twice the most.
            daily_budget_micro_usd: 100_000,
            tone: Tone::default(),
            address: Address::default(),
            signature: None,
            phrases: Vec::new(),
            forbidden_topics: Vec::new(),
            not_learned: BTreeSet::new(),
        }
    }
}

/// What is wrong with what a seller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftingError {
    /// Not 1 to [`BATCH_SIZE_MAX`] drafts.
    #[error("a batch has 1 to {BATCH_SIZE_MAX} drafts")]
    BatchSize,
    /// Longer than [`DELAY_MS_MAX`].
    #[error("the pause is {DELAY_MS_MAX} ms at most")]
    Delay,
    /// Higher than [`DAILY_LIMIT_MAX`].
    #[error("{DAILY_LIMIT_MAX} drafts a day at most")]
    DailyLimit,
    /// Higher than [`DAILY_BUDGET_MICRO_USD_MAX`].
    #[error("{DAILY_BUDGET_MICRO_USD_MAX} micro-USD a day at most")]
    DailyBudget,
    /// Longer than [`SIGNATURE_CHARS_MAX`].
    #[error("a signature has {SIGNATURE_CHARS_MAX} characters at most")]
    Signature,
    /// Too many phrases, or one that is empty or too long.
    #[error("at most {ENTRIES_MAX} phrases of {ENTRY_CHARS_MAX} characters")]
    Phrases,
    /// Too many topics, or one that is empty or too long.
    #[error("at most {ENTRIES_MAX} topics of {ENTRY_CHARS_MAX} characters")]
    ForbiddenTopics,
}

impl Drafting {
    /// Takes white space off the ends and holds everything against its bounds.
    ///
    /// # Errors
    /// [`DraftingError`] names the first that is broken.
    pub fn checked(mut self) -> Result<Self, DraftingError> {
        if !(1..=BATCH_SIZE_MAX).contains(&self.batch_size) {
            return Err(DraftingError::BatchSize);
        }
        if self.delay_ms > DELAY_MS_MAX {
            return Err(DraftingError::Delay);
        }
        if self.daily_limit > DAILY_LIMIT_MAX {
            return Err(DraftingError::DailyLimit);
        }
        if self.daily_budget_micro_usd > DAILY_BUDGET_MICRO_USD_MAX {
            return Err(DraftingError::DailyBudget);
        }
        let signature = self.signature.as_deref().map(ReplyText::cleaned);
        self.signature = signature.filter(|signature| !signature.is_empty());
        let signature = self.signature.as_deref().unwrap_or_default();
        if signature.chars().count() > SIGNATURE_CHARS_MAX || signature.contains('\n') {
            return Err(DraftingError::Signature);
        }
        self.phrases = entries(self.phrases).ok_or(DraftingError::Phrases)?;
        self.forbidden_topics =
            entries(self.forbidden_topics).ok_or(DraftingError::ForbiddenTopics)?;
        Ok(self)
    }
}

fn entries(entries: Vec<String>) -> Option<Vec<String>> {
    let entries: Vec<String> = entries.iter().map(|entry| ReplyText::cleaned(entry)).collect();
    let is_one = |entry: &String| (1..=ENTRY_CHARS_MAX).contains(&entry.chars().count());
    (entries.len() <= ENTRIES_MAX && entries.iter().all(is_one)).then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named() {
        let usual = Drafting::default;
        let long = "я".repeat(ENTRY_CHARS_MAX + 1);
        for (drafting, error) in [
            (Drafting { batch_size: 0, ..usual() }, DraftingError::BatchSize),
            (Drafting { batch_size: 101, ..usual() }, DraftingError::BatchSize),
            (Drafting { delay_ms: 60_001, ..usual() }, DraftingError::Delay),
            (Drafting { daily_limit: 10_001, ..usual() }, DraftingError::DailyLimit),
            (Drafting { daily_budget_micro_usd: u64::MAX, ..usual() }, DraftingError::DailyBudget),
            (Drafting { signature: Some(long.clone()), ..usual() }, DraftingError::Signature),
            (Drafting { signature: Some("а\nб".into()), ..usual() }, DraftingError::Signature),
            (Drafting { phrases: vec![String::new()], ..usual() }, DraftingError::Phrases),
            (Drafting { forbidden_topics: vec![long], ..usual() }, DraftingError::ForbiddenTopics),
        ] {
            assert_eq!(drafting.checked(), Err(error));
        }
        assert_eq!(usual().checked(), Ok(usual()));
    }

    #[test]
    fn white_space_is_no_signature() {
        let blank = Drafting { signature: Some(" \n ".into()), ..Drafting::default() };
        assert_eq!(blank.checked(), Ok(Drafting::default()));
    }
}
