//! What a process does first with a database: see whether it is the one that was there before.

use std::time::Duration;

use anyhow::Context as _;
use commands::sending::{QuarantineCause, quarantine};
use eventlog::chain::{Restored, follow_epoch, restored};
use eventlog::{Db, EventLog};
use tracing::error;

use crate::config::DataSettings;

/// Puts a database into quarantine that is not the one which is known outside: it was restored. What was under way when
/// the one before was lost is seen at the marketplaces within `shown_within`.
pub(super) async fn look(
    db: &Db,
    log: &EventLog,
    data: &DataSettings,
    shown_within: Duration,
) -> anyhow::Result<()> {
    let found = restored(db, &data.heads_dir()).await;
    let found = found.context("comparing the database with what is kept outside of it")?;
    if let Some(Restored { by, at, epoch_outside }) = found {
        if let Some((log, pos)) = at {
            error!(log.id = log.0, pos, "log {} differs from what was signed outside", log.0);
        }
        quarantine(db, QuarantineCause::Found { by, epoch_outside }, shown_within)
            .await
            .context("beginning the quarantine")?;
    }
    log.learn_epoch().await.context("reading the epoch")
}

/// Lets what is kept outside the database name its epoch from the first moment on.
pub(super) async fn keep_outside(db: &Db, data: &DataSettings) {
    if let Err(error) = follow_epoch(db, &data.heads_dir()).await {
        error!(
            error = format!("{error:#}"),
            "the epoch of the database could not be kept outside of it"
        );
    }
}
