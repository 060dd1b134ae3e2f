//! What a buyer wants and how they feel, as a model or our own rules read it from their words.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// What a buyer's words are about (F116).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Intent {
    /// The product is broken, spoiled or does not do what it should.
    Defect,
    /// Something else came, or a part of it is missing.
    WrongItem,
    /// It came late, damaged on the way, or not at all.
    Delivery,
    /// It does not fit, or is not the size that was expected.
    Sizing,
    /// The buyer wants to give it back or change it.
    Return,
    /// The buyer asks before buying.
    PrePurchase,
    /// The buyer is content and says so.
    Thanks,
    /// Anything else.
    General,
}

impl Intent {
    /// Returns the word used in JSON, SQL and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How a buyer feels (F108).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Sentiment {
    /// Content.
    Positive,
    /// Neither.
    Neutral,
    /// Not content.
    Negative,
}

impl Sentiment {
    /// Returns the word used in JSON, SQL and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How soon somebody should answer; the more urgent comes first (ruling C-16).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Priority {
    /// Before anything else.
    Urgent,
    /// Soon.
    High,
    /// In its turn.
    Normal,
    /// When nothing else waits.
    Low,
}

impl Priority {
    /// Returns its place among all of them, 0 for the most urgent: the number used in SQL.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Urgent => 0,
            Self::High => 1,
            Self::Normal => 2,
            Self::Low => 3,
        }
    }

    /// Returns the priority of a rank; of one that none has, the least.
    #[must_use]
    pub fn of_rank(rank: u8) -> Self {
        Self::VARIANTS.iter().copied().find(|priority| priority.rank() == rank).unwrap_or(Self::Low)
    }

    /// Returns the word used in JSON, SQL and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How sure an analysis is of itself, in per cent, 0…100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8")]
pub struct Confidence(u8);

impl Confidence {
    /// Sure.
    pub const FULL: Self = Self(100);

    /// Sure enough for most.
    pub const HIGH: Self = Self(85);

    /// As likely as not.
    pub const EVEN: Self = Self(50);

    /// Returns the confidence of `percent`; none above 100.
    #[must_use]
    pub fn new(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(percent))
    }

    /// Returns the per cent, 0…100.
    #[must_use]
    pub fn percent(self) -> u8 {
        self.0
    }
}

/// A confidence above 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a confidence is 0 to 100 per cent")]
pub struct ConfidenceOutOfRange;

impl TryFrom<u8> for Confidence {
    type Error = ConfidenceOutOfRange;

    fn try_from(percent: u8) -> Result<Self, Self::Error> {
        Self::new(percent).ok_or(ConfidenceOutOfRange)
    }
}

/// What an interaction is about, as of its last words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analysis {
    /// What the buyer wants.
    pub intent: Intent,
    /// How the buyer feels.
    pub sentiment: Sentiment,
    /// How soon somebody should answer.
    pub priority: Priority,
    /// How sure it is of that.
    pub confidence: Confidence,
}
