//! The kill switches, as workers meet them: asked last before whatever writes at a marketplace.

use std::time::Duration;

use anyhow::Context as _;
use commands::Commands;
use domain::TenantId;
use eventlog::Db;
use tokio::time::Instant;

/// How long the answer holds that nothing is stopped. A call that begins within it begins before the 2 seconds have
/// passed after which nothing begins any more, however slow the database is meanwhile.
const HOLDS_FOR: Duration = Duration::from_secs(1);

/// When a worker that met a stop looks at the same effect again: by then the read model leaves it out.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Asks for stops where they are written.
#[derive(Clone)]
pub(crate) struct Stops {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
}

/// Nothing was stopped when it was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clear {
    asked_at: Instant,
}

impl Stops {
    /// Tells whether something may go out for `tenant`; none while that is stopped.
    pub(crate) async fn clear(&self, tenant: TenantId) -> anyhow::Result<Option<Clear>> {
        let clear = Clear { asked_at: Instant::now() };
        // The sabotage that the tests must catch.
        if cfg!(feature = "sabotage-deaf-to-stops") {
            return Ok(Some(clear));
        }
        let stopped = self.commands.sending_stopped_by(&self.db, tenant).await;
        let stopped = stopped.context("asking whether sending is stopped")?;
        Ok(stopped.is_none().then_some(clear))
    }
}

impl Clear {
    /// Tells whether a call may begin on this answer.
    pub(crate) fn holds(self) -> bool {
        self.asked_at.elapsed() < HOLDS_FOR
    }
}
