//! Wakes readers when a log may have grown. A ring carries no data: whoever hears it looks for himself, so a ring too
//! many costs an empty look and a lost one costs waiting for the next poll.

mod notify;
mod watch;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch as channel;

use crate::record::LogId;

pub(crate) use notify::{Notifier, Sender};
pub(crate) use watch::Watcher;

/// The channel of `LISTEN` and `NOTIFY`.
const CHANNEL: &str = "es";

/// The bells of all logs in this process. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Bells {
    shared: Arc<Shared>,
    notifier: Notifier,
}

#[derive(Debug)]
struct Shared {
    logs: Mutex<BTreeMap<LogId, Bell>>,
    any: channel::Sender<()>,
}

#[derive(Debug)]
struct Bell {
    /// How often it rang.
    rings: channel::Sender<u64>,
    /// The last position that this process knows of.
    known_pos: i64,
}

impl Default for Bell {
    fn default() -> Self {
        Self { rings: channel::Sender::new(0), known_pos: -1 }
    }
}

impl Bells {
    pub(crate) fn new(notifier: Notifier) -> Self {
        let shared = Shared { logs: Mutex::default(), any: channel::Sender::new(()) };
        Self { shared: Arc::new(shared), notifier }
    }

    /// Rings for events that this process has stored, here and, a little later, in all other processes.
    pub(crate) fn ring(&self, log: LogId, last_pos: i64) {
        self.shared.saw(log, last_pos);
        self.notifier.mark(log);
    }

    /// Sends what other processes have not been told yet.
    pub(crate) async fn flush(&self) {
        self.notifier.flush().await;
    }

    /// Returns a doorbell that is kept ringing by `watcher`.
    pub(crate) fn doorbell(&self, watcher: Arc<Watcher>) -> Doorbell {
        Doorbell {
            any: self.shared.any.subscribe(),
            shared: Arc::clone(&self.shared),
            waited_for: HashMap::new(),
            seen: BTreeMap::new(),
            _watcher: watcher,
        }
    }
}

impl Shared {
    fn logs(&self) -> MutexGuard<'_, BTreeMap<LogId, Bell>> {
        self.logs.lock().expect("no code that holds this lock panics")
    }

    /// Rings if the log is longer than this process knew.
    fn saw(&self, log: LogId, last_pos: i64) {
        let mut logs = self.logs();
        let bell = logs.entry(log).or_default();
        if last_pos > bell.known_pos {
            bell.known_pos = last_pos;
            bell.rings.send_modify(|rings| *rings += 1);
            self.any.send_replace(());
        }
    }

    /// Rings because somebody says that the log has grown.
    fn told(&self, log: LogId) {
        self.logs().entry(log).or_default().rings.send_modify(|rings| *rings += 1);
        self.any.send_replace(());
    }
}

/// Tells one reader that logs may have grown since it last waited.
#[derive(Debug)]
pub struct Doorbell {
    shared: Arc<Shared>,
    any: channel::Receiver<()>,
    waited_for: HashMap<LogId, channel::Receiver<u64>>,
    seen: BTreeMap<LogId, u64>,
    /// Stops watching when the last doorbell and the log itself are gone.
    _watcher: Arc<Watcher>,
}

impl Doorbell {
    /// Waits until `log` may have grown since the last wait for it. The first wait for a log returns at once, because
    /// what happened before is not known. May be cancelled.
    pub async fn changed(&mut self, log: LogId) {
        match self.waited_for.get_mut(&log) {
            // The sender lives as long as `shared`, which this doorbell holds.
            Some(rings) => rings.changed().await.expect("the bell outlives its hearers"),
            None => {
                let rings = self.shared.logs().entry(log).or_default().rings.subscribe();
                self.waited_for.insert(log, rings);
            }
        }
    }

    /// Waits until any log may have grown since the last wait of this kind, and returns which. The first wait returns
    /// all logs, as soon as they are known. May be cancelled.
    pub async fn any_changed(&mut self) -> BTreeSet<LogId> {
        loop {
            self.any.borrow_and_update();
            let mut changed = BTreeSet::new();
            for (log, bell) in self.shared.logs().iter() {
                let rings = *bell.rings.borrow();
                if self.seen.insert(*log, rings).unwrap_or(0) != rings {
                    changed.insert(*log);
                }
            }
            if !changed.is_empty() {
                return changed;
            }
            self.any.changed().await.expect("the bell outlives its hearers");
        }
    }
}
