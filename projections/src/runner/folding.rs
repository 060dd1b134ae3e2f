//! Folding a batch on a thread of its own, so that a fold that panics or does not end spoils one stream and not the
//! runner.

use std::collections::{BTreeMap, HashMap, HashSet};
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

/// How often to look where a fold is. One that stands at the same event twice does not end: an event takes microseconds,
/// and others must not fall behind by more than two seconds.
const LOOK_EVERY: Duration = Duration::from_millis(700);

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
    /// Whether trying it costs more than the try.
    pub(super) harmful: bool,
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
    // Not of the runtime's threads: those are waited for at the end.
    thread::spawn(move || _ = send.send(work.run()));
    let mut stood_at = usize::MAX;
    loop {
        match timeout(LOOK_EVERY, &mut folded).await {
            Ok(folded) => return Ok(folded.expect("a fold's panic is caught where it is called")),
            Err(_) => {
                let stands_at = at.load(Ordering::Relaxed);
                if stands_at == stood_at && stands_at != usize::MAX {
                    return Err(stands_at);
                }
                stood_at = stands_at;
            }
        }
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
        let spoilt = |reason, harmful| Spoilt { index, reason, harmful };
        if self.endless.contains(&index) {
            return Err(spoilt("folding the event does not end".to_owned(), true));
        }
        let recorded = entry.event.as_ref().map_err(|reason| spoilt(reason.clone(), false))?;
        fold::guarded::<F>(rows(), recorded, |recorded| (self.watch.before)(recorded))
            .map_err(|error| spoilt(error.to_string(), false))
    }
}
