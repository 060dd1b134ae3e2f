//! When a seller is alarmed, and how urgently.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// What is wrong.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AlertKind {
    /// Many replies failed lately.
    FailedReplies,
}

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AlertSeverity {
    /// Somebody should look.
    Warning,
    /// Somebody must look now.
    Critical,
}

/// Why, and how often for that reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCause {
    /// Stable name of the reason.
    pub cause: String,
    /// Replies that failed for it.
    pub count: u32,
}

/// What was found, where it is worth an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// Replies in all.
    pub count: u32,
    /// Why they failed, the most frequent reason first.
    pub causes: Vec<AlertCause>,
}

/// How far back failed replies count.
pub const FAILURES_WITHIN: TimeDelta = TimeDelta::hours(1);

/// Failed replies within that time that are no alarm yet (ruling C-7, F232).
pub const FAILURES_BELOW_WARNING: u32 = 3;

/// Failed replies within that time that are a warning and no more (ruling C-7, F231).
pub const FAILURES_BELOW_CRITICAL: u32 = 5;

/// Judges the replies that failed within [`FAILURES_WITHIN`], each counted once; none where they are no alarm.
#[must_use]
pub fn failed_replies(causes: Vec<AlertCause>) -> Option<Alarm> {
    let count = causes.iter().map(|cause| cause.count).fold(0, u32::saturating_add);
    if count <= FAILURES_BELOW_WARNING {
        return None;
    }
    let severity = if count <= FAILURES_BELOW_CRITICAL {
        AlertSeverity::Warning
    } else {
        AlertSeverity::Critical
    };
    Some(Alarm { severity, count, causes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_three_failures_warn_and_more_than_five_are_critical() {
        let severity = |counts: &[u32]| {
            let cause = |count: &u32| AlertCause { cause: "bad_request".into(), count: *count };
            failed_replies(counts.iter().map(cause).collect()).map(|alarm| alarm.severity)
        };
        let (warning, critical) = (Some(AlertSeverity::Warning), Some(AlertSeverity::Critical));
        assert_eq!([0, 3].map(|count| severity(&[count])), [None, None]);
        assert_eq!([4, 5].map(|count| severity(&[count])), [warning, warning]);
        assert_eq!(severity(&[6]), critical);
        assert_eq!(severity(&[3, 3]), critical, "whatever the causes");
        assert_eq!(severity(&[u32::MAX, 1]), critical);
    }
}
