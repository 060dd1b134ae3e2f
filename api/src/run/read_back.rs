//! What is left to be read back before a restored database may send again.

use adapters::sync::{ToReadThrough, to_read_through};
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use eventlog::Db;
use projections::effects::{ToReadBack, now, to_read_back};
use serde::Serialize;

use super::sending::second;

/// What is left.
#[derive(Debug, Serialize)]
pub(super) struct Left {
    /// Until then a reading proves nothing; none when it is past.
    shown_by: Option<DateTime<Utc>>,
    /// Open replies that were not read back, by cabinet.
    replies: Vec<ToReadBack>,
    /// Channels that were not read through.
    channels: Vec<ToReadThrough>,
    /// Open replies of cabinets whose keys are refused: they are handed to people, since nothing can go out there.
    lost: Vec<ToReadBack>,
}

/// Asks what is left of a quarantine in which everything that was under way shows by `shown_by`.
pub(super) async fn left(db: &Db, shown_by: DateTime<Utc>) -> anyhow::Result<Left> {
    let now = now(db).await.context("asking for the time")?;
    let open = to_read_back(db, shown_by).await.context("counting replies to be read back")?;
    let (lost, replies) = open.into_iter().partition(|cabinet| cabinet.is_lost);
    let channels = to_read_through(db, shown_by).await.context("looking for unread channels")?;
    Ok(Left { shown_by: Some(shown_by).filter(|at| *at > now), replies, channels, lost })
}

impl Left {
    /// Tells whether the quarantine can end.
    pub(super) fn is_nothing(&self) -> bool {
        self.shown_by.is_none() && self.replies.is_empty() && self.channels.is_empty()
    }

    /// Says it, a line each.
    pub(super) fn in_words(&self) -> Vec<String> {
        let shown_by = self.shown_by.map(|at| {
            format!("  until {} marketplaces may not show yet what was under way", second(at))
        });
        let failure = |failure: &Option<String>| match failure {
            Some(code) => format!(": {code}"),
            None => String::new(),
        };
        let replies = self.replies.iter().map(|cabinet| {
            let (count, why) = (cabinet.replies, failure(&cabinet.failure));
            format!("  {count} open replies of {} were not read back{why}", place(cabinet))
        });
        let channels = self.channels.iter().map(|channel| {
            let ToReadThrough { tenant_id, account_id, marketplace, channel, failure: why } = channel;
            let why = failure(why);
            format!(
                "  channel {channel} of cabinet {account_id} ({marketplace}, seller {tenant_id}) was not read \
                 through{why}"
            )
        });
        let lost = self.lost.iter().map(|cabinet| {
            let (count, place) = (cabinet.replies, place(cabinet));
            format!(
                "  {count} open replies of {place} cannot be read, its key is refused: they will fail, and people \
                 decide"
            )
        });
        shown_by.into_iter().chain(replies).chain(channels).chain(lost).collect()
    }
}

fn place(cabinet: &ToReadBack) -> String {
    let ToReadBack { tenant_id, account_id, account, marketplace, .. } = cabinet;
    let name = account.as_deref().unwrap_or("?");
    let marketplace = marketplace.as_deref().unwrap_or("?");
    format!("cabinet {account_id} «{name}» ({marketplace}, seller {tenant_id})")
}
