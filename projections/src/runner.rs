//! Keeps read models up to date: a batch of events and the checkpoint in one transaction, guarded by the lease's
//! epoch, woken by the doorbell.

mod batch;
mod checkpoint;
mod parked;

use std::time::Duration;

use anyhow::Context as _;
use eventlog::{Db, EventLog, LogId};
use futures::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::error;
use uuid::Uuid;

pub use checkpoint::{Position, behind, wait_for};

use self::checkpoint::Held;
use crate::ReadModel;

/// Pairs of read model and log that one process works on side by side; more only makes 2 cores slower.
const SIDE_BY_SIDE: usize = 4;

/// Events in a batch: long enough to share a commit, short enough to stay well under a lease.
const BATCH_EVENTS: i64 = 500;

/// How often parked streams are tried again: this program, or one beside it, may be able to read them by now.
const RETRY_PARKED: Duration = Duration::from_secs(60);

/// How long a failing runner waits before it looks again.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// Which set of tables and checkpoints a runner fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The tables that are served.
    Live,
    /// The tables that a rebuild fills, in a schema of their own.
    Rebuild,
}

impl Generation {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Rebuild => "rebuild",
        }
    }
}

/// Whether a step found work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more.
    Advanced,
    /// Nothing is left to do for now.
    CaughtUp,
}

/// Applies the log to read models.
#[derive(Clone)]
pub struct Runner {
    db: Db,
    log: EventLog,
    models: Vec<ReadModel>,
    generation: Generation,
    /// How far to apply each log; none for as far as it goes.
    targets: Option<Vec<(LogId, i64)>>,
    owner: Uuid,
    lease: Duration,
    progress: watch::Sender<()>,
}

impl Runner {
    /// Makes a runner for `models`; `lease` is how long a batch may take before another process may go on.
    #[must_use]
    pub fn new(db: Db, log: EventLog, models: &[ReadModel], lease: Duration) -> Self {
        Self {
            db,
            log,
            models: models.to_vec(),
            generation: Generation::Live,
            targets: None,
            owner: Uuid::now_v7(),
            lease,
            progress: watch::Sender::new(()),
        }
    }

    /// Returns a bell that rings whenever this runner has brought a read model forward.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<()> {
        self.progress.subscribe()
    }

    /// Fills the second set of tables instead of the served ones, each log as far as `targets` says.
    pub(crate) fn rebuilding_to(self, targets: Vec<(LogId, i64)>) -> Self {
        Self { generation: Generation::Rebuild, targets: Some(targets), ..self }
    }

    /// Works until `stop`, then gives its leases back.
    pub async fn run(&self, stop: CancellationToken) {
        let mut doorbell = self.log.doorbell();
        let retry = async {
            loop {
                if let Err(error) = self.retry_parked().await {
                    error!(error = format!("{error:#}"), "parked streams stay parked");
                }
                tokio::time::sleep(RETRY_PARKED).await;
            }
        };
        let work = async {
            loop {
                match self.step().await {
                    Ok(Step::Advanced) => (),
                    // No bell rings when the lease of a runner that died runs out.
                    Ok(Step::CaughtUp) => _ = timeout(self.lease / 4, doorbell.any_changed()).await,
                    Err(error) => {
                        error!(
                            error = format!("{error:#}"),
                            "read models stand still, trying again"
                        );
                        tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                    }
                }
            }
        };
        _ = stop.run_until_cancelled(async { tokio::join!(work, retry) }).await;
        if let Err(error) = self.release().await {
            error!(error = format!("{error:#}"), "could not give leases back, they will run out");
        }
    }

    /// Applies a batch of every log to every read model that is behind and that nobody else works on.
    ///
    /// # Errors
    /// The first failure; other pairs were worked on all the same.
    pub async fn step(&self) -> anyhow::Result<Step> {
        let targets = match &self.targets {
            Some(targets) => targets.clone(),
            None => self.log.heads().await.context("reading heads of logs")?,
        };
        let behind =
            checkpoint::to_work_on(&self.db, &self.models, self.generation, self.owner, &targets)
                .await
                .context("reading checkpoints")?;
        let outcomes: Vec<_> = stream::iter(behind)
            .map(|(model, log, target)| self.advance(model, log, target))
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        let mut step = Step::CaughtUp;
        for outcome in outcomes {
            if outcome? == Step::Advanced {
                step = Step::Advanced;
            }
        }
        Ok(step)
    }

    /// Steps until nothing is left, then gives its leases back.
    ///
    /// # Errors
    /// The first failure.
    pub async fn catch_up(&self) -> anyhow::Result<()> {
        while self.step().await? == Step::Advanced {}
        Ok(self.release().await?)
    }

    pub(crate) async fn release(&self) -> sqlx::Result<()> {
        checkpoint::release(&self.db, self.owner).await
    }

    /// Tries parked streams once more, since this program may be the one that can read them. Returns how many go on.
    ///
    /// # Errors
    /// When the database or the log fails; a stream that still cannot be applied is no error.
    pub async fn retry_parked(&self) -> anyhow::Result<usize> {
        let mut resumed = 0;
        for parked in parked::all(&self.db, &self.models).await? {
            let held =
                self.acquire(parked.model, parked.log).await.context("leasing a checkpoint")?;
            let Some(held) = held else { continue };
            let events = self.log.load_stream(parked.tenant, parked.stream, 0).await?;
            if parked.resume(&self.db, &held, &events).await? {
                resumed += 1;
            }
        }
        Ok(resumed)
    }

    async fn acquire(&self, model: ReadModel, log: LogId) -> sqlx::Result<Option<Held>> {
        checkpoint::acquire(&self.db, model, self.generation, log, self.owner, self.lease).await
    }

    async fn advance(&self, model: ReadModel, log: LogId, target: i64) -> anyhow::Result<Step> {
        let working_on = || format!("applying log {log} to {}", model.name());
        let Some(held) = self.acquire(model, log).await.with_context(working_on)? else {
            return Ok(Step::CaughtUp);
        };
        let limit = BATCH_EVENTS.min(target - held.pos);
        if limit <= 0 {
            return Ok(Step::CaughtUp);
        }
        let events = self.log.read_log(log, held.pos, limit).await.with_context(working_on)?;
        if events.is_empty() {
            return Ok(Step::CaughtUp);
        }
        batch::apply(&self.db, &held, events).await.with_context(working_on)?;
        self.progress.send_replace(());
        Ok(Step::Advanced)
    }
}
