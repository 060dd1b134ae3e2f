//! Tells other processes which logs have grown, seldom and apart from the appends: a transaction that notifies holds
//! a lock on the whole database server until its commit is through, so appends must never carry a notification.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::CHANNEL;
use crate::db::Db;
use crate::record::LogId;

/// At most one notification per process in this time; what is stored meanwhile goes into the next.
const PAUSE: Duration = Duration::from_millis(15);

/// Gathers the logs that have grown and announces them. Cheap to clone; ends with its last clone.
#[derive(Debug, Clone)]
pub(crate) struct Notifier {
    shared: Arc<Shared>,
    started: Arc<Mutex<Option<DropGuard>>>,
}

#[derive(Debug)]
struct Shared {
    db: Db,
    sender: Sender,
    dirty: Mutex<BTreeSet<LogId>>,
    marked: Notify,
}

impl Notifier {
    pub(crate) fn new(db: Db, sender: Sender) -> Self {
        let shared = Shared { db, sender, dirty: Mutex::default(), marked: Notify::new() };
        Self { shared: Arc::new(shared), started: Arc::default() }
    }

    /// Has `log` announced.
    pub(crate) fn mark(&self, log: LogId) {
        self.shared.dirty.lock().expect("no code that holds this lock panics").insert(log);
        self.shared.marked.notify_one();
        let mut started = self.started.lock().expect("no code that holds this lock panics");
        started.get_or_insert_with(|| {
            let stop = CancellationToken::new();
            tokio::spawn(stop.clone().run_until_cancelled_owned(Arc::clone(&self.shared).run()));
            stop.drop_guard()
        });
    }

    /// Announces what has not been announced yet.
    pub(crate) async fn flush(&self) {
        self.shared.announce().await;
    }
}

impl Shared {
    async fn run(self: Arc<Self>) {
        loop {
            self.marked.notified().await;
            self.announce().await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn announce(&self) {
        let dirty =
            std::mem::take(&mut *self.dirty.lock().expect("no code that holds this lock panics"));
        if dirty.is_empty() {
            return;
        }
        // A notification needs no flush to disc: a crash wakes nobody, and everybody polls.
        let sent = sqlx::query!(
            "select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)",
            CHANNEL,
            self.sender.write(&dirty),
        )
        .fetch_one(self.db.pool())
        .await;
        if let Err(error) = sent {
            tracing::warn!(error = %error, "announcing new events failed, other processes will find them by polling");
        }
    }
}

/// Names this process in its notifications, so that it does not wake itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender(Uuid);

impl Sender {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }

    fn write(self, logs: &BTreeSet<LogId>) -> String {
        let logs: Vec<String> = logs.iter().map(LogId::to_string).collect();
        format!("{} {}", self.0, logs.join(" "))
    }

    /// Returns the logs that another process announces; none if it was this one or the text is not understood.
    pub(super) fn read_foreign(self, payload: &str) -> Vec<LogId> {
        let mut words = payload.split(' ');
        if words.next().is_some_and(|sender| sender == self.0.to_string()) {
            return vec![];
        }
        words.filter_map(|log| log.parse().ok().map(LogId)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_hears_others_and_not_itself() {
        let (here, there) = (Sender::random(), Sender::random());
        let announced = here.write(&BTreeSet::from([LogId(3), LogId(17)]));
        assert_eq!(there.read_foreign(&announced), [LogId(3), LogId(17)]);
        assert_eq!(here.read_foreign(&announced), []);
    }

    #[test]
    fn a_foreign_text_on_the_channel_is_ignored() {
        assert_eq!(Sender::random().read_foreign("что-то ещё"), []);
        assert_eq!(Sender::random().read_foreign(""), []);
    }
}
