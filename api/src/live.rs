//! A subscriber's way through the feed. Each reads its own pages at its own pace, so that a slow one holds up only
//! itself and costs one page of memory.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::Event;
use domain::access::Permission;
use eventlog::Doorbell;
use futures::{Stream, stream};
use projections::feed::{self, CloudEvent, Cursor};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;

/// Events read at a time.
const PAGE_EVENTS: i64 = 200;

/// When a client should come back after the stream has ended.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// One subscriber.
struct Subscriber {
    app: App,
    caller: Caller,
    at: Cursor,
    waiting: VecDeque<CloudEvent>,
    doorbell: Doorbell,
    session_checked: Instant,
    greeted: bool,
}

/// Yields the events after `after` as they come, until the session ends, the server stops or the feed fails. Whoever
/// comes back with the last id misses nothing.
pub(crate) fn live(
    app: App,
    caller: Caller,
    after: Cursor,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let doorbell = app.log.doorbell();
    let subscriber = Subscriber {
        app,
        caller,
        at: after,
        waiting: VecDeque::new(),
        doorbell,
        session_checked: Instant::now(),
        greeted: false,
    };
    stream::unfold(subscriber, |mut subscriber| async {
        let message = subscriber.next().await?;
        Some((Ok(message), subscriber))
    })
}

impl Subscriber {
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(Event::default().retry(RECONNECT_AFTER).comment("connected"));
        }
        loop {
            if self.app.stop.is_cancelled() {
                return None;
            }
            if let Some(event) = self.waiting.pop_front() {
                return Some(to_message(&event));
            }
            match self.read().await {
                Ok(true) => (),
                Ok(false) => return None,
                Err(error) => {
                    warn!(problem = ?error, "a live feed ends early");
                    return None;
                }
            }
        }
    }

    /// Reads the next page, waiting for one. Tells whether to go on.
    async fn read(&mut self) -> Result<bool, ApiError> {
        let checked_every = self.app.settings.session_checked_every;
        if self.session_checked.elapsed() >= checked_every {
            if !self.caller.still_may(&self.app.db, Permission::ViewInteractions).await? {
                info!("a live feed ends with its session or with the right to hear it");
                return Ok(false);
            }
            // A database that was restored under this stream goes on with other events.
            feed::check_epoch(&self.app.log, self.at).await?;
            self.session_checked = Instant::now();
        }
        let page = feed::read(&self.app.log, self.at, PAGE_EVENTS).await?;
        self.at = page.next;
        self.waiting = page.events.into();
        if self.waiting.is_empty() {
            tokio::select! {
                () = self.doorbell.changed(self.at.log) => (),
                () = tokio::time::sleep_until(self.session_checked + checked_every) => (),
                () = self.app.stop.cancelled() => (),
            }
        }
        Ok(true)
    }
}

fn to_message(event: &CloudEvent) -> Event {
    let message = Event::default().id(event.aiqcursor.as_str()).event(event.r#type.as_str());
    message.json_data(event).expect("strings and numbers are always JSON")
}
