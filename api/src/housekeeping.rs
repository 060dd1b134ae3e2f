//! What has to be done now and then, whoever serves: old sessions, keys and windows are removed, and the log is given
//! partitions for the months to come. Any number of processes may do it.

use std::time::Duration;

use eventlog::{Db, EventLog};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{auth, idempotency};

/// How often.
const EVERY: Duration = Duration::from_hours(1);

/// Months that have their partitions before they begin.
pub(crate) const MONTHS_AHEAD: i32 = 3;

/// Cleans up until `stop`.
pub(crate) async fn run(db: Db, log: EventLog, stop: CancellationToken) {
    loop {
        if let Err(error) = once(&db, &log).await {
            warn!(error = format!("{error:#}"), "could not clean up, trying again in an hour");
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

async fn once(db: &Db, log: &EventLog) -> anyhow::Result<()> {
    let sessions = auth::sweep_sessions(db).await?;
    let attempts = auth::sweep_attempts(db).await?;
    let keys = idempotency::sweep(db).await?;
    let partitions = log.ensure_partitions(MONTHS_AHEAD).await?;
    if sessions + attempts + keys > 0 || partitions > 0 {
        info!(sessions, attempts, keys, partitions, "cleaned up");
    }
    Ok(())
}
