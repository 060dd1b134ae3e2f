//! Reads streams for those who ask at the same moment in one round trip: few queries are in flight at once, and what is
//! asked for meanwhile shares the next one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use domain::value::{StreamId, TenantId};
use tokio::sync::oneshot;

use crate::error::LogError;
use crate::read::{Reader, Spoilt};
use crate::record::{LogId, StoredEvent};

/// Queries in flight at once: one while the answers of the other are decoded.
const QUERIES_MAX: usize = 2;

/// Streams in a query. They have ten or so events each, so this bounds an answer to a few megabytes.
const STREAMS_MAX: usize = 200;

/// A stream and where it is.
pub(crate) type Wanted = (LogId, TenantId, StreamId);

/// Who waits for which stream.
type Asked = HashMap<Wanted, Vec<oneshot::Sender<Read>>>;

/// A stream's events, or why they could not be read.
pub(crate) type Read = Result<Vec<StoredEvent>, LogError>;

/// Gathers readings of streams. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Loader {
    reader: Reader,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    wanted: Asked,
    /// Tasks that read.
    reading: usize,
}

impl Loader {
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader, waiting: Arc::default() }
    }

    /// Returns all events of a stream that were committed before it was asked for, and perhaps later ones.
    pub(crate) async fn load(&self, wanted: Wanted) -> Read {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut waiting = self.waiting();
            waiting.wanted.entry(wanted).or_default().push(answer);
            let begins = waiting.reading < QUERIES_MAX;
            waiting.reading += usize::from(begins);
            begins
        };
        if begins {
            // On a task, so that whoever stops waiting does not leave the others without an answer.
            tokio::spawn(self.clone().read());
        }
        // Nobody answers only if the task panicked or the runtime is going down.
        answered.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("no code that holds this lock panics")
    }

    async fn read(self) {
        while let Some(asked) = self.take() {
            let reader = self.reader.clone();
            // On a task of its own, so that a panic costs these askers their answers and the next ones are read.
            if tokio::spawn(answer(reader, asked)).await.is_err() {
                tracing::error!("reading streams panicked");
            }
        }
    }

    /// Takes what is read next; when there is nothing, one task fewer reads.
    fn take(&self) -> Option<Asked> {
        let mut waiting = self.waiting();
        let next: Vec<Wanted> = waiting.wanted.keys().take(STREAMS_MAX).copied().collect();
        if next.is_empty() {
            waiting.reading -= 1;
            return None;
        }
        Some(next.into_iter().filter_map(|wanted| waiting.wanted.remove_entry(&wanted)).collect())
    }
}

async fn answer(reader: Reader, asked: Asked) {
    let wanted: Vec<Wanted> = asked.keys().copied().collect();
    let mut read = reader.streams(&wanted, Spoilt::Refused).await;
    for (wanted, waiting) in asked {
        let events = match &mut read {
            Ok(read) => read.remove(&wanted).unwrap_or(Ok(vec![])),
            Err(error) => Err(error.clone()),
        };
        for answer in waiting {
            let _ = answer.send(events.clone());
        }
    }
}
