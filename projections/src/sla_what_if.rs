//! A policy about deadlines held against a seller's whole history, beside the one in force. Nothing is kept.

use domain::policy::sla::what_if::{Question, Report, WhatIf};
use domain::{InteractionId, TenantId};
use eventlog::{EventLog, LogError, StoredEvent};
use tokio::task::{JoinError, spawn_blocking};
use tracing::warn;

use crate::fold::readable;

/// Events of a seller read at once.
const CHUNK: i64 = 5_000;

/// What happens to interactions and says nothing about who waits. Drafts are half of what is stored.
const IGNORED: &[&str] =
    &["DraftRequested", "DraftProposed", "DraftDismissed", "Viewed", "ReplyRefused"];

/// Why history does not tell.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The log is out of reach, or an event of it is missing.
    #[error("reading the event log")]
    Log(#[from] LogError),
    /// The thread that folds ended early.
    #[error("folding a history")]
    Thread(#[from] JoinError),
}

/// Reads the seller's history from its beginning, since what came before the period may wait in it. The next events are
/// read while the last are folded, away from the threads that serve. An interaction of which an event cannot be read is
/// left out from there on, and the report says how many were.
///
/// # Errors
/// [`WhatIfError`].
pub async fn look(
    log: &EventLog,
    tenant: TenantId,
    question: Question,
) -> Result<Report, WhatIfError> {
    let mut what_if = WhatIf::new(question);
    let mut events = log.read_tenant_marked(tenant, 0, CHUNK).await?;
    while let Some(last) = events.last() {
        let next = log.read_tenant_marked(tenant, last.tenant_seq, CHUNK);
        let folding = spawn_blocking(move || folded(what_if, events));
        let (next, folded) = tokio::join!(next, folding);
        what_if = folded?;
        events = next?;
    }
    Ok(spawn_blocking(move || what_if.report()).await?)
}

fn folded(mut what_if: WhatIf, events: Vec<StoredEvent>) -> WhatIf {
    for stored in events {
        let (stream_type, event_type, _) = stored.names();
        if stream_type != "interaction" || IGNORED.contains(&event_type) {
            continue;
        }
        let (id, pos) = (InteractionId(stored.stream.0), stored.pos);
        match readable(stored) {
            Ok(recorded) => {
                let events = recorded.of_interaction();
                events.for_each(|event| what_if.take(id, recorded.recorded_at, event));
            }
            Err(reason) => {
                warn!(interaction.id = %id, pos, reason, "left interaction {id} out of a what-if");
                what_if.leave_out(id);
            }
        }
    }
    what_if
}
