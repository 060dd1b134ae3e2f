//! By when a buyer should have an answer, and why then.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::value::Priority;

/// A deadline as it was promised: by which version of the seller's policy, which rule of it, and from when it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// How urgent, which is what the minutes come from.
    pub priority: Priority,
    /// Version of the seller's policy; 0 is the default.
    pub policy: u32,
    /// The seller's keyword rule that decided, counted from 1; none where the matrix did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<u16>,
    /// From when it counts: when the buyer's words that wait were written.
    pub since: DateTime<Utc>,
    /// When it is to be escalated, if nobody has answered by then.
    pub warn_at: DateTime<Utc>,
    /// By when it is to be answered.
    pub answer_by: DateTime<Utc>,
}
