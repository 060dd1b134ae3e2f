//! Gathers appends into calls. Logs are spread over few lanes; while a lane's call is in flight its next batch forms, of
//! all logs in the lane: more calls at once than about twice the cores make every one slower, and a call costs the same
//! for one append as for many.

mod batch;
mod call;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use metrics::gauge;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use crate::db::Db;
use crate::directory::Directory;
use crate::doorbell::Bells;
use crate::error::LogError;
use crate::record::{Appended, LogId, NewEvents};
use crate::seal::{Measure, SubjectKey, SubjectKeys};
use crate::types::Types;

use batch::{Limits, Pending, Placeable, Queue};
use call::Call;

/// How appends are gathered into calls, and how readers are woken.
#[derive(Debug, Clone)]
pub struct AppenderOptions {
    /// Calls in flight at once in this process, which is the number of lanes. One lane gathers best, but leaves the
    /// server idle between its calls; of four each call is so small that its fixed cost counts more than its events.
    pub calls_in_flight_max: usize,
    /// Appends in a call. More gain little: 128 are about as fast per event as 256.
    pub batch_appends_max: usize,
    /// Bytes of JSON in a call, estimated. A larger append goes alone.
    pub batch_bytes_max: usize,
    /// Appends that may wait in this process; beyond, [`LogError::Overloaded`].
    pub waiting_max: usize,
    /// How often readers look for new events although none were announced.
    pub poll_interval: Duration,
}

impl Default for AppenderOptions {
    fn default() -> Self {
        Self {
            calls_in_flight_max: 2,
            batch_appends_max: 128,
            batch_bytes_max: 1_000_000,
            waiting_max: 10_000,
            poll_interval: Duration::from_millis(500),
        }
    }
}

/// The appenders of all logs. Cheap to clone. Everything runs on tasks of its own, which no caller can cancel.
#[derive(Debug, Clone)]
pub(crate) struct Appenders {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: Directory,
    keys: SubjectKeys,
    types: Types,
    call: Call,
    limits: Limits,
    waiting_max: usize,
    lanes_count: usize,
    tasks: TaskTracker,
    lanes: Mutex<Lanes>,
}

/// A part of the logs, always the same in a process, whose appends share calls.
type Lane = usize;

/// The lanes that have a task at work, with what waits for it.
#[derive(Debug, Default)]
struct Lanes {
    draining: bool,
    waiting: usize,
    queues: HashMap<Lane, Queue>,
}

impl Appenders {
    pub(crate) fn new(
        db: Db,
        keys: SubjectKeys,
        types: Types,
        directory: Directory,
        bells: Bells,
        options: &AppenderOptions,
    ) -> Self {
        let shared = Shared {
            directory,
            keys,
            types,
            call: Call { db, bells },
            limits: Limits {
                appends_max: options.batch_appends_max.max(1),
                bytes_max: options.batch_bytes_max,
            },
            waiting_max: options.waiting_max,
            lanes_count: options.calls_in_flight_max.max(1),
            tasks: TaskTracker::new(),
            lanes: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Stores events, whether or not the caller waits for the answer.
    pub(crate) async fn append(&self, new: NewEvents) -> Result<Appended, LogError> {
        // Before anything is done for it: who has too much to do must not spend more on what it refuses.
        self.shared.admit(&self.shared.lanes())?;
        let (answer, answered) = oneshot::channel();
        let measure = Measure::of(new.events.iter().map(|event| &event.payload));
        let mut pending = Pending { new, measure, payloads: vec![], answer };
        let prepared = self.shared.prepare_at_once(&mut pending).transpose()?;
        self.shared.accept(prepared, pending)?;
        // Nobody answers only if the task panicked or the runtime is going down.
        answered
            .await
            .unwrap_or_else(|_| Err(LogError::OutcomeUnknown(Arc::new(sqlx::Error::WorkerCrashed))))
    }

    /// Refuses further appends and waits until those accepted are answered.
    pub(crate) async fn drain(&self) {
        self.shared.lanes().draining = true;
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Shared {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().expect("no code that holds this lock panics")
    }

    /// Finds the log and seals personal data, if all that takes is known in this process already.
    fn prepare_at_once(&self, pending: &mut Pending) -> Option<Result<LogId, LogError>> {
        let Pending { new, measure, .. } = &*pending;
        let log = self.directory.known(new.tenant)?;
        if !self.types.are_noted(new) {
            return None;
        }
        let key = if measure.personal {
            self.keys.known((new.tenant, new.subject))?
        } else {
            SubjectKey::Destroyed // unused
        };
        Some(pending.seal(&key).map(|()| log))
    }

    /// Finds the log and seals personal data, asking the database for what is not known here.
    async fn prepare(&self, pending: &mut Pending) -> Result<LogId, LogError> {
        let Pending { new, measure, .. } = &*pending;
        let log = self.directory.log_of(new.tenant).await?;
        self.types.note(new).await?;
        let key = if measure.personal {
            self.keys.to_seal((new.tenant, new.subject)).await?
        } else {
            SubjectKey::Destroyed // unused
        };
        pending.seal(&key)?;
        Ok(log)
    }

    fn admit(&self, lanes: &Lanes) -> Result<(), LogError> {
        if lanes.draining {
            return Err(LogError::Draining);
        }
        if lanes.waiting >= self.waiting_max {
            return Err(LogError::Overloaded);
        }
        Ok(())
    }

    fn accept(self: &Arc<Self>, prepared: Option<LogId>, pending: Pending) -> Result<(), LogError> {
        let mut lanes = self.lanes();
        self.admit(&lanes)?;
        lanes.waiting += 1;
        match prepared {
            Some(log) => self.enqueue(&mut lanes, log, pending),
            // Under the lock, so that whoever drains either refuses this append or waits for the task.
            None => drop(self.tasks.spawn(Arc::clone(self).prepare_and_enqueue(pending))),
        }
        Ok(())
    }

    async fn prepare_and_enqueue(self: Arc<Self>, mut pending: Pending) {
        match self.prepare(&mut pending).await {
            Ok(log) => self.enqueue(&mut self.lanes(), log, pending),
            Err(error) => {
                self.lanes().waiting -= 1;
                pending.answer(Err(error));
            }
        }
    }

    fn enqueue(self: &Arc<Self>, lanes: &mut Lanes, log: LogId, pending: Pending) {
        let pending = Placeable { log, pending };
        let lane = usize::try_from(log.0).unwrap_or_default() % self.lanes_count;
        match lanes.queues.entry(lane) {
            Entry::Occupied(mut queue) => queue.get_mut().push(pending),
            Entry::Vacant(queue) => {
                queue.insert(Queue::default()).push(pending);
                self.tasks.spawn(Arc::clone(self).run_lane(lane));
            }
        }
    }

    /// Sends what waits in a lane, batch after batch, until nothing does.
    async fn run_lane(self: Arc<Self>, lane: Lane) {
        while let Some(batch) = self.next_batch(lane) {
            let shared = Arc::clone(&self);
            // On a task, so that a panic costs this batch its answers and the lane goes on.
            let call = self.tasks.spawn(async move { shared.call.run(batch).await });
            if call.await.is_err() {
                tracing::error!("an appending call panicked");
            }
        }
    }

    /// Batches are formed as late as possible: whatever arrived while the call before was in flight is in it.
    fn next_batch(&self, lane: Lane) -> Option<Vec<Placeable>> {
        let mut lanes = self.lanes();
        let batch = lanes.queues.get_mut(&lane).map(|queue| queue.take(self.limits));
        let batch = batch.unwrap_or_default();
        if batch.is_empty() {
            lanes.queues.remove(&lane);
            return None;
        }
        lanes.waiting -= batch.len();
        gauge!("eventlog_appends_waiting").set(u32::try_from(lanes.waiting).unwrap_or(u32::MAX));
        Some(batch)
    }
}
