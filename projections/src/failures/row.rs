//! The rows of an interaction's replies that failed, one a version, and how events make them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::interaction::InteractionEvent;
use domain::{Recorded, ReplyId};
use serde::Serialize;
use uuid::Uuid;

use crate::fold::time;

/// A row of `failure`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) interaction_id: Uuid,
    pub(super) reply_id: Uuid,
    pub(super) cause: String,
    #[serde(with = "time")]
    pub(super) failed_at: DateTime<Utc>,
    /// Place of the event in the stream.
    pub(super) version: i32,
}

/// The versions that failed, by id.
pub(crate) type Failures = BTreeMap<Uuid, Row>;

/// Tells which versions have failed after `recorded`. One that fails again is one failure, and its last one.
pub(super) fn fold(failures: Failures, recorded: &Recorded) -> Failures {
    recorded.of_interaction().fold(failures, |mut failures, event| {
        let Some((reply_id, cause)) = failed(event) else { return failures };
        let row = Row {
            tenant_id: recorded.tenant.0,
            interaction_id: recorded.stream.0,
            reply_id: reply_id.0,
            cause,
            failed_at: time::kept(recorded.recorded_at),
            version: recorded.version,
        };
        let is_known = failures.get(&reply_id.0).is_some_and(|known| known.version >= row.version);
        if !is_known {
            failures.insert(reply_id.0, row);
        }
        failures
    })
}

/// Tells which version an event ends as failed, and why: a definite failure after which nothing is tried again by
/// itself, or moderation's refusal.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these end a version as failed")]
fn failed(event: &InteractionEvent) -> Option<(ReplyId, String)> {
    match event {
        InteractionEvent::ReplySendFailed { reply_id, failure, retry_at: None, .. }
        | InteractionEvent::ReplyEditFailed { reply_id, failure, retry_at: None, .. } => {
            Some((*reply_id, <&str>::from(failure).to_owned()))
        }
        InteractionEvent::ReplyModerationFailed { reply_id, code, .. } => {
            Some((*reply_id, code.clone()))
        }
        _ => None,
    }
}
