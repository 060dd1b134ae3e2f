//! What became of a draft or a reply, and who decided it when.

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::interaction::DraftOutcome;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fold::time;

/// What became of a draft or a reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Decision {
    pub(super) outcome: String,
    pub(super) reply_id: Option<Uuid>,
    pub(super) changed: Option<i16>,
    pub(super) reason: Option<String>,
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) by: Option<String>,
}

impl Decision {
    pub(super) fn of(outcome: DraftOutcome, recorded: &Recorded) -> Self {
        Self {
            at: Some(time::kept(recorded.recorded_at)),
            by: recorded.actor.clone(),
            ..Self::none(outcome)
        }
    }

    /// What nobody has decided.
    pub(super) fn none(outcome: DraftOutcome) -> Self {
        let outcome = outcome.as_str().to_owned();
        Self { outcome, reply_id: None, changed: None, reason: None, at: None, by: None }
    }
}
