//! Keeps the bells ringing: polls the heads of all logs, which is the truth, and listens for notifications, which are
//! quicker. Neither ever gives up.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::notify::Sender;
use super::{Bells, CHANNEL, Shared};
use crate::db::Db;
use crate::read::heads;

/// How long to wait before listening again after the connection failed.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// The tasks that watch the database; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Watcher {
    _stop: DropGuard,
}

impl Watcher {
    /// Starts watching. Must be called within a runtime.
    pub(crate) fn start(db: &Db, bells: &Bells, sender: Sender, poll_interval: Duration) -> Self {
        let stop = CancellationToken::new();
        let poll = poll(db.clone(), Arc::clone(&bells.shared), poll_interval);
        let listen = listen(db.clone(), Arc::clone(&bells.shared), sender);
        tokio::spawn(stop.clone().run_until_cancelled_owned(poll));
        tokio::spawn(stop.clone().run_until_cancelled_owned(listen));
        Self { _stop: stop.drop_guard() }
    }
}

async fn poll(db: Db, bells: Arc<Shared>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        match heads(&db).await {
            Ok(heads) => {
                failing = false;
                for (log, pos) in heads {
                    bells.saw(log, pos);
                }
            }
            // Once per outage, not twice a second.
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(error = %error, "looking for new events failed, trying on");
            }
            Err(_) => {}
        }
    }
}

async fn listen(db: Db, bells: Arc<Shared>, sender: Sender) {
    // A pool of its own: a listening connection is never given back.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(db.pool().connect_options().as_ref().clone());
    let mut failing = false;
    loop {
        let heard = listen_once(&pool, &bells, sender, &mut failing).await;
        // Once per outage, not once a second.
        if let Err(error) = heard
            && !failing
        {
            failing = true;
            tracing::warn!(error = %error, "listening for new events failed, polling until it works again");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

/// Listens until the connection is lost.
async fn listen_once(
    pool: &sqlx::PgPool,
    bells: &Shared,
    sender: Sender,
    failing: &mut bool,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // The loop around this reconnects, and says so in the log.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    *failing = false;
    while let Some(notification) = listener.try_recv().await? {
        for log in sender.read_foreign(notification.payload()) {
            bells.told(log);
        }
    }
    Ok(())
}
