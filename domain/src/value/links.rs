//! What an interaction belongs with at its marketplace.

use serde::{Deserialize, Serialize};

/// The marketplace's ids of what an interaction belongs with. Either half of a pair may name the other, at once or later,
/// and the other may never be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The review that this one adds to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The review that the buyer added to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement: Option<String>,
}

impl Links {
    /// Adds to what an earlier reading named what this one does. What was told once stays so, also where a later reading
    /// names something else: a review is added to one review for ever, and whatever belonged together once is found by
    /// whoever looks at the past.
    #[must_use]
    pub fn kept_from(self, earlier: &Self) -> Self {
        Self {
            parent: earlier.parent.clone().or(self.parent),
            supplement: earlier.supplement.clone().or(self.supplement),
        }
    }
}
