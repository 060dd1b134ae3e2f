//! What has to be done now and then, whoever serves: old sessions, keys and windows are removed, and the log is given
//! partitions for the months to come. Any number of processes may do it.

use std::time::Duration;

use commands::erase::Erasures;
use eventlog::{Db, EventLog, Partitions};
use projections::{deadlines, drafts, embeddings, recipients};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::sql::interval;
use crate::{auth, idempotency};

/// How often.
const EVERY: Duration = Duration::from_hours(1);

/// How often erasures that were cut short are looked for.
const ERASURES_EVERY: Duration = Duration::from_mins(1);

/// How often the present epoch is read.
const EPOCH_EVERY: Duration = Duration::from_secs(1);

/// How long a file is kept that nobody sends.
const ATTACHMENTS_KEPT: Duration = Duration::from_hours(24);

/// Months that have their partitions before they begin.
pub(crate) const MONTHS_AHEAD: i32 = 3;

/// With fewer than these, somebody must look why no more could be made.
const MONTHS_AHEAD_MIN: i32 = 2;

/// Cleans up until `stop`.
pub(crate) async fn run(db: Db, log: EventLog, stop: CancellationToken) {
    loop {
        if let Err(error) = clean_up(&db).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "could not clean up, trying again in an hour"
            );
        }
        if let Err(error) = log.ensure_partitions(MONTHS_AHEAD).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "could not make partitions, trying again in an hour"
            );
        }
        if let Err(error) = watch_partitions(&log).await {
            warn!(error = format!("{error:#}"), "could not look at the log's partitions");
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

/// Keeps to the present epoch, until `stop`: a quarantine that a person began while this process runs begins another,
/// and what is handed out from then on names it.
pub(crate) async fn keep_to_epoch(log: EventLog, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(EPOCH_EVERY)).await.is_some() {
        if let Err(error) = log.learn_epoch().await {
            warn!(
                error = &error as &dyn std::error::Error,
                "could not read the epoch, trying again in a second"
            );
        }
    }
}

/// Finishes erasures that were cut short, until `stop`: a person who asked to be forgotten does not wait for an hour.
pub(crate) async fn finish_erasures(erasures: Erasures, stop: CancellationToken) {
    loop {
        if let Err(error) = erasures.finish().await {
            error!(
                error = &error as &dyn std::error::Error,
                "could not finish an erasure, trying again in a minute"
            );
        }
        if stop.run_until_cancelled(tokio::time::sleep(ERASURES_EVERY)).await.is_none() {
            return;
        }
    }
}

async fn clean_up(db: &Db) -> sqlx::Result<()> {
    let sessions = auth::sweep_sessions(db).await?;
    let tokens = auth::tokens::sweep(db).await?;
    let invitations = auth::invitations::sweep(db).await?;
    let resets = auth::resets::sweep(db).await?;
    let attempts = auth::sweep_attempts(db).await?;
    let keys = idempotency::sweep(db).await?;
    let files = sweep_attachments(db).await?;
    let drafts = drafts::sweep(db).await?;
    let deadlines = deadlines::sweep(db).await?;
    let embeddings = embeddings::sweep(db).await?;
    let notices = recipients::sweep(db).await?;
    let signing_in = sessions + tokens + invitations + resets + attempts;
    if signing_in + keys + files + drafts + deadlines + embeddings + notices > 0 {
        info!(signing_in, keys, files, drafts, deadlines, embeddings, notices, "cleaned up");
    }
    Ok(())
}

/// Removes files that were not needed for a day: they were never sent, or the marketplace has them. One that a reply on its
/// way carries is kept, however long that takes.
///
/// # Errors
/// What the database says.
pub async fn sweep_attachments(db: &Db) -> sqlx::Result<u64> {
    let removed = sqlx::query!(
        "delete from attachment a
            where a.used_at < now() - $1::interval and not exists (
                select from effect e
                    where e.tenant_id = a.tenant_id and e.stream_id = a.interaction_id
                        -- What was let out is owed to the marketplace a moment later.
                        and (e.kind = 'release_reply' and (e.state <> 'done' or e.done_at > now() - interval '1 hour')
                            or e.kind in ('deliver_reply', 'settle_reply') and e.state <> 'done'))",
        interval(ATTACHMENTS_KEPT),
    )
    .execute(db.pool())
    .await?;
    Ok(removed.rows_affected())
}

/// Raises the alarm while there is time to act.
async fn watch_partitions(log: &EventLog) -> anyhow::Result<()> {
    let Partitions { months_ahead, default_rows } = log.partitions().await?;
    metrics::gauge!("agentiq_log_months_ahead").set(f64::from(months_ahead));
    metrics::gauge!("agentiq_log_default_rows")
        .set(f64::from(u32::try_from(default_rows).unwrap_or(u32::MAX)));
    if months_ahead < MONTHS_AHEAD_MIN {
        error!(months_ahead, "the log has partitions for {months_ahead} months to come only");
    }
    if default_rows > 0 {
        error!(
            default_rows,
            "{default_rows} events lie in es.event_default: run agentiq partitions"
        );
    }
    Ok(())
}
