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
    /// Fills in from an earlier reading what this one does not name: what was told once stays so.
    #[must_use]
    pub fn kept_from(self, earlier: &Self) -> Self {
        Self {
            parent: self.parent.or_else(|| earlier.parent.clone()),
            supplement: self.supplement.or_else(|| earlier.supplement.clone()),
        }
    }
}
