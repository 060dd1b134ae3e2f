//! What the ledger keeps of the model.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happens to the model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Somebody asked for a completion; written down before it is answered.
    Asked {
        /// The SHA-256 of all messages together: the same for the same question.
        prompt: String,
        /// Of the key that it came with.
        key_sha256: String,
        /// What the model did.
        act: String,
        /// The request as it came.
        request: Value,
        /// What the model wrote, if anything.
        wrote: Option<String>,
    },
    /// Somebody asked for vectors; written down before they are given. No words: they are told by nothing but digests.
    Embedded {
        /// How many texts came.
        count: usize,
        /// The SHA-256 of each, in their order.
        digests: Vec<String>,
        /// Of the key that they came with.
        key_sha256: String,
        /// The model that was asked for.
        model: String,
        /// What became of it.
        act: String,
    },
}
