//! A policy about deadlines held against a seller's whole history, beside the one in force. Nothing is kept.

use domain::event::DecodeError;
use domain::policy::sla::what_if::{Question, Report, WhatIf};
use domain::{Event, InteractionId, TenantId};
use eventlog::{EventLog, LogError, StoredEvent};
use tokio::task::{JoinError, spawn_blocking};

/// Events of a seller read at once.
const CHUNK: i64 = 5_000;

/// What happens to interactions and says nothing about who waits. Drafts are half of what is stored.
const IGNORED: &[&str] =
    &["DraftRequested", "DraftProposed", "DraftDismissed", "Viewed", "ReplyRefused"];

/// Why history does not tell.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The log is out of reach, or an event of it was changed.
    #[error("reading the event log")]
    Log(#[from] LogError),
    /// One of its events cannot be read by this program.
    #[error("reading an event")]
    Decode(#[from] DecodeError),
    /// The thread that folds ended early.
    #[error("folding a history")]
    Thread(#[from] JoinError),
}

/// Reads the seller's history from its beginning, since what came before the period may wait in it. The next events are
/// read while the last are folded, away from the threads that serve.
///
/// # Errors
/// [`WhatIfError`].
pub async fn look(
    log: &EventLog,
    tenant: TenantId,
    question: Question,
) -> Result<Report, WhatIfError> {
    let mut what_if = WhatIf::new(question);
    let mut events = log.read_tenant(tenant, 0, CHUNK).await?;
    while let Some(last) = events.last() {
        let next = log.read_tenant(tenant, last.tenant_seq, CHUNK);
        let folding = spawn_blocking(move || folded(what_if, events));
        let (next, folded) = tokio::join!(next, folding);
        what_if = folded??;
        events = next?;
    }
    Ok(spawn_blocking(move || what_if.report()).await?)
}

fn folded(mut what_if: WhatIf, events: Vec<StoredEvent>) -> Result<WhatIf, DecodeError> {
    for mut stored in events {
        let id = InteractionId(stored.stream.0);
        let payload = stored.payload.take();
        let (stream_type, event_type, version) = stored.names();
        if stream_type != "interaction" || IGNORED.contains(&event_type) {
            continue;
        }
        for event in Event::decode(stream_type, event_type, version, payload)? {
            if let Event::Interaction(event) = event {
                what_if.take(id, stored.recorded_at, &event);
            }
        }
    }
    Ok(what_if)
}
