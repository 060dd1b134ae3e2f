//! Keeps read models up to date: a batch of events and the checkpoint in one transaction, guarded by the lease's
//! epoch, woken by the doorbell.

mod batch;
mod checkpoint;
mod folding;
mod parked;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use domain::Recorded;
use eventlog::{Db, EventLog, LogId, Without};
use futures::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::error;
use uuid::Uuid;

pub use checkpoint::{Position, behind, lags, wait_for};
pub use parked::{count_parked, left_out};

use self::batch::{Batch, Entry};
use self::checkpoint::Held;
use self::folding::{Harm, Spoilt, Watch};
use self::parked::Retry;
use crate::ReadModel;

/// Logs that one process works on side by side; more only makes 2 cores slower.
const LOGS_SIDE_BY_SIDE: usize = 4;

/// Read models of one log that are brought forward side by side.
const MODELS_SIDE_BY_SIDE: usize = 2;

/// How many owners may be lost at one place before each event there goes alone: what kills whoever reads it is then
/// found at the third try.
const LOSSES_MAX: i32 = 2;

/// Events in a batch: long enough to share a commit, short enough to stay well under a lease.
const BATCH_EVENTS: i64 = 500;

/// Events in a batch of a rebuild, for which nobody waits: rows that are written once instead of often, and 2 such
/// batches side by side stay far below 300 MiB.
const REBUILD_BATCH_EVENTS: i64 = 5000;

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
    batch_events: i64,
    progress: watch::Sender<()>,
    watch: Watch,
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
            batch_events: BATCH_EVENTS,
            progress: watch::Sender::new(()),
            watch: Watch::default(),
        }
    }

    /// Calls `before` with every event just before it is folded, on the thread that folds it.
    #[must_use]
    pub fn watched_by(self, before: impl Fn(&Recorded) + Send + Sync + 'static) -> Self {
        Self { watch: Watch { before: Arc::new(before), only: None }, ..self }
    }

    /// Returns a bell that rings whenever this runner has brought a read model forward.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<()> {
        self.progress.subscribe()
    }

    /// Fills the second set of tables instead of the served ones, each log as far as `targets` says.
    pub(crate) fn rebuilding_to(self, targets: Vec<(LogId, i64)>) -> Self {
        Self {
            generation: Generation::Rebuild,
            targets: Some(targets),
            batch_events: REBUILD_BATCH_EVENTS,
            ..self
        }
    }

    /// Works until `stop`, then gives its leases back.
    pub async fn run(&self, stop: CancellationToken) {
        let mut doorbell = self.log.doorbell();
        let retry = async {
            loop {
                if let Err(error) = self.retry(Retry::Harmless).await {
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
            .map(|(log, target, models)| self.clone().advance(log, target, models))
            // Tasks of their own: reading and opening events is work for more than one processor.
            .map(|advancing| AbortOnDropHandle::new(tokio::spawn(advancing)))
            .buffer_unordered(LOGS_SIDE_BY_SIDE)
            .map(|advanced| advanced.context("a runner's task ended early").flatten())
            .collect()
            .await;
        self.note_look();
        let mut step = Step::CaughtUp;
        for outcome in outcomes {
            if outcome? == Step::Advanced {
                step = Step::Advanced;
            }
        }
        Ok(step)
    }

    /// Says when a process last looked for work: a runner that hangs is seen by it, also while nothing is to do.
    fn note_look(&self) {
        if self.generation == Generation::Live {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            metrics::gauge!("agentiq_projection_looked_timestamp_seconds").set(now.as_secs_f64());
        }
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

    /// Tries all parked streams once more, also those that harmed this program. Returns how many go on.
    ///
    /// # Errors
    /// When the database or the log fails; a stream that still cannot be applied is no error.
    pub async fn retry_parked(&self) -> anyhow::Result<usize> {
        self.retry(Retry::All).await
    }

    async fn retry(&self, retry: Retry) -> anyhow::Result<usize> {
        let mut resumed = 0;
        for parked in parked::all(&self.db, &self.models, retry).await? {
            let held = self.acquire(parked.log, &[parked.model]).await?;
            let Some(held) = held.first() else { continue };
            let events = self.log.load_stream(parked.tenant, parked.stream, 0).await?;
            if parked.resume(&self.db, held, events, &self.watch).await? {
                resumed += 1;
            }
        }
        Ok(resumed)
    }

    async fn acquire(&self, log: LogId, models: &[ReadModel]) -> anyhow::Result<Vec<Held>> {
        checkpoint::acquire(&self.db, models, self.generation, log, self.owner, self.lease)
            .await
            .with_context(|| format!("leasing checkpoints of log {log}"))
    }

    /// Applies a batch of one log to each of `models`. Those that stand at the same place share one reading.
    async fn advance(
        self,
        log: LogId,
        target: i64,
        models: Vec<ReadModel>,
    ) -> anyhow::Result<Step> {
        let mut places: BTreeMap<i64, Vec<Held>> = BTreeMap::new();
        for held in self.acquire(log, &models).await? {
            places.entry(held.pos).or_default().push(held);
        }
        let mut outcome = Ok(Step::CaughtUp);
        for (pos, held) in places {
            let limit = self.batch_events.min(target - pos);
            if limit <= 0 {
                continue;
            }
            match self.advance_from(log, pos, limit, held).await {
                Ok(Step::CaughtUp) => (),
                Ok(Step::Advanced) => outcome = outcome.map(|_| Step::Advanced),
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    async fn advance_from(
        &self,
        log: LogId,
        pos: i64,
        limit: i64,
        held: Vec<Held>,
    ) -> anyhow::Result<Step> {
        let last = pos + limit;
        let events = self.log.read_log_without(log, pos, last, &without(&held)).await;
        let events = events.with_context(|| format!("reading log {log} after {pos}"))?;
        let batch = Batch { events: events.into_iter().map(Entry::from).collect(), last };
        let outcomes: Vec<_> = stream::iter(held)
            .map(|held| self.apply(held, &batch))
            .buffer_unordered(MODELS_SIDE_BY_SIDE)
            .collect()
            .await;
        self.progress.send_replace(());
        outcomes.into_iter().collect::<anyhow::Result<()>>()?;
        Ok(Step::Advanced)
    }

    async fn apply(&self, held: Held, batch: &Batch) -> anyhow::Result<()> {
        let outcome = if held.goes_alone() {
            self.apply_alone(held, batch).await
        } else if held.losses >= LOSSES_MAX {
            let held = checkpoint::go_alone(&self.db, held, batch.last).await?;
            self.apply_alone(held, batch).await
        } else {
            batch::apply(&self.db, held, batch, &self.watch).await
        };
        outcome.with_context(|| format!("applying log {} to {}", held.log, held.model.name()))
    }

    /// Applies events among which one may be that whoever applies it does not survive.
    async fn apply_alone(&self, mut held: Held, batch: &Batch) -> anyhow::Result<()> {
        let until = batch.last.min(held.alone_until);
        for (index, entry) in batch.events.iter().enumerate() {
            if entry.pos > until {
                break;
            }
            held = if held.losses > 0 {
                let reason = "whoever applied the event alone was lost".to_owned();
                let spoilt = Spoilt { index, reason, harm: Harm::Suspected };
                batch::give_up(&self.db, held, entry, spoilt).await?
            } else {
                batch::alone(&self.db, held, &batch.events, index, &self.watch).await?
            };
        }
        batch::pass(&self.db, held, until).await
    }
}

/// Returns what none of the models needs of a log.
fn without(held: &[Held]) -> Without {
    Without {
        events: said_by_all(held, ReadModel::ignored),
        personal: said_by_all(held, ReadModel::closed),
    }
}

fn said_by_all(held: &[Held], of: fn(ReadModel) -> &'static [&'static str]) -> Vec<String> {
    let Some(first) = held.first() else { return Vec::new() };
    let by_all = |name: &&&str| held.iter().all(|held| of(held.model).contains(*name));
    of(first.model).iter().filter(by_all).map(|name| (*name).to_owned()).collect()
}
