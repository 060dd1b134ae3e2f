//! Folding a batch on a thread of its own, so that a fold that panics or does not end spoils one stream and not the
//! runner.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use domain::Recorded;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::error;

use super::batch::Entry;
use crate::fold::{self, Fold, Stream};

/// How often to look where a fold is. One that stands at the same event twice and worked in between does not end: an
/// event takes microseconds, and others must not fall behind by more than two seconds.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// How much of a processor a fold must have had at one event to be called endless. On a machine that is short of
/// processors a fold may stand for seconds without being at fault, and parking it leaves its rows out of a rebuild.
const WORK_MIN: Duration = Duration::from_millis(300);

/// How many looks in a row a fold may stand at one event without working: what waits for something never folds.
const IDLE_LOOKS_MAX: u32 = 12;

/// What happens around folds.
#[derive(Clone)]
pub(super) struct Watch {
    /// Called with every event before it is folded.
    pub(super) before: Arc<dyn Fn(&Recorded) + Send + Sync>,
    /// Folds one event of the batch only.
    pub(super) only: Option<usize>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { before: Arc::new(|_| ()), only: None }
    }
}

/// An event that could not be applied.
pub(super) struct Spoilt {
    pub(super) index: usize,
    pub(super) reason: String,
    pub(super) harm: Harm,
}

/// What trying an event costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// The try.
    None,
    /// Whoever tried was lost, perhaps for another reason: processes are killed by people and machines, too.
    Suspected,
    /// More than the try.
    Certain,
}

/// What came of folding.
pub(super) struct Folded<F: Fold> {
    pub(super) after: BTreeMap<Stream, F::Rows>,
    pub(super) spoilt: Vec<Spoilt>,
}

struct Work<F: Fold> {
    events: Arc<[Entry]>,
    indexes: Arc<[usize]>,
    before: Arc<HashMap<Stream, F::Rows>>,
    watch: Watch,
    /// Where the fold is.
    at: Arc<AtomicUsize>,
    /// Events that an earlier try did not get past.
    endless: Arc<Vec<usize>>,
}

/// Folds the events at `indexes` into the rows `before` them.
pub(super) async fn fold<F: Fold>(
    events: Arc<[Entry]>,
    indexes: Vec<usize>,
    before: Arc<HashMap<Stream, F::Rows>>,
    watch: &Watch,
) -> Folded<F> {
    let indexes: Arc<[usize]> = indexes.into();
    let mut endless = Vec::new();
    loop {
        let at = Arc::new(AtomicUsize::new(usize::MAX));
        let work = Work {
            events: Arc::clone(&events),
            indexes: Arc::clone(&indexes),
            before: Arc::clone(&before),
            watch: watch.clone(),
            at: Arc::clone(&at),
            endless: Arc::new(endless.clone()),
        };
        match finished(work, &at).await {
            Ok(folded) => return folded,
            Err(index) => {
                let id = events[index].event_id;
                error!(event.id = %id, "folding event {id} does not end; its thread runs on until this process ends");
                endless.push(index);
            }
        }
    }
}

/// Waits for a fold, or returns the event at which it stands still.
async fn finished<F: Fold>(work: Work<F>, at: &AtomicUsize) -> Result<Folded<F>, usize> {
    let (send, mut folded) = oneshot::channel();
    let (tell, mut clock) = oneshot::channel();
    // Not of the runtime's threads: those are waited for at the end.
    thread::spawn(move || {
        _ = tell.send(Processor::of_this_thread());
        _ = send.send(work.run());
    });
    let mut processor = None;
    let mut stands = Standing::at(usize::MAX, Duration::ZERO);
    loop {
        match timeout(LOOK_EVERY, &mut folded).await {
            Ok(folded) => return Ok(folded.expect("a fold's panic is caught where it is called")),
            Err(_) => {
                processor = processor.or_else(|| clock.try_recv().ok());
                let worked = processor.as_ref().and_then(Processor::used);
                let index = at.load(Ordering::Relaxed);
                if index == stands.index && index != usize::MAX {
                    if stands.does_not_end(worked) {
                        return Err(index);
                    }
                    stands.looks += 1;
                } else {
                    stands = Standing::at(index, worked.unwrap_or_default());
                }
            }
        }
    }
}

/// An event at which a fold was seen.
struct Standing {
    index: usize,
    /// What the fold had worked when it was first seen there.
    worked: Duration,
    /// How often it was seen there since.
    looks: u32,
}

impl Standing {
    fn at(index: usize, worked: Duration) -> Self {
        Self { index, worked, looks: 0 }
    }

    /// Judges a fold that is seen here once more; where nobody tells what it worked, by the time alone.
    fn does_not_end(&self, worked: Option<Duration>) -> bool {
        let here = worked.map(|worked| worked.saturating_sub(self.worked));
        self.looks >= IDLE_LOOKS_MAX || here.is_none_or(|here| here >= WORK_MIN)
    }
}

/// Tells how long a thread has had a processor, as Linux counts it.
struct Processor(Option<PathBuf>);

impl Processor {
    fn of_this_thread() -> Self {
        let thread = fs::read_link("/proc/thread-self").ok();
        Self(thread.map(|thread| Path::new("/proc").join(thread).join("schedstat")))
    }

    fn used(&self) -> Option<Duration> {
        let text = fs::read_to_string(self.0.as_ref()?).ok()?;
        text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    }
}

impl<F: Fold> Work<F> {
    fn run(self) -> Folded<F> {
        let mut after: BTreeMap<Stream, F::Rows> = BTreeMap::new();
        let mut spoilt = Vec::new();
        let mut left_behind = HashSet::new();
        for &index in self.indexes.iter() {
            let entry = &self.events[index];
            let stream = entry.key();
            if left_behind.contains(&stream) {
                continue;
            }
            self.at.store(index, Ordering::Relaxed);
            let rows = || {
                let known = after.get(&stream).or_else(|| self.before.get(&stream));
                known.cloned().unwrap_or_default()
            };
            match self.fold_one(index, entry, rows) {
                Ok(rows) => _ = after.insert(stream, rows),
                Err(reason) => {
                    left_behind.insert(stream);
                    spoilt.push(reason);
                }
            }
        }
        Folded { after, spoilt }
    }

    fn fold_one(
        &self,
        index: usize,
        entry: &Entry,
        rows: impl FnOnce() -> F::Rows,
    ) -> Result<F::Rows, Spoilt> {
        let spoilt = |reason, harm| Spoilt { index, reason, harm };
        if self.endless.contains(&index) {
            return Err(spoilt("folding the event does not end".to_owned(), Harm::Certain));
        }
        let recorded = entry.event.as_ref().map_err(|reason| spoilt(reason.clone(), Harm::None))?;
        fold::guarded::<F>(rows(), recorded, |recorded| (self.watch.before)(recorded))
            .map_err(|error| spoilt(error.to_string(), Harm::None))
    }
}
