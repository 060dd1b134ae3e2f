//! What waits for an operator, and since when: read once a second where the programs keep it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// Between two looks: no model is as quick as that.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The rank of what is of high priority; that of what is urgent is below it.
const HIGH: i16 = 1;

/// An interaction with all that was said by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) interaction: Uuid,
    /// As the API tells it.
    pub(crate) basis: i32,
}

/// How it came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CameIn {
    pub(crate) seller_id: Uuid,
    pub(crate) since: Instant,
    /// As our own rules read it, before a model read it otherwise: 0 for urgent, 1 for high.
    priority: i16,
}

/// What waits, all sellers'.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<BTreeMap<Said, CameIn>>);

impl CameIn {
    pub(crate) fn is_pressing(&self) -> bool {
        self.priority <= HIGH
    }
}

impl Waiting {
    /// Follows the inbox until then, and tells what came in that is urgent or high, once each.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn follow(
        &self,
        db: &mut PgConnection,
        until: Instant,
        mut tell: impl FnMut(Said, CameIn),
    ) -> anyhow::Result<()> {
        while Instant::now() < until {
            let rows: Vec<(Uuid, Uuid, i32, i16)> = sqlx::query_as(
                "select tenant_id, interaction_id, coalesce(basis, 0), priority from inbox where needs_response",
            )
            .fetch_all(&mut *db)
            .await?;
            for (said, came_in) in self.take(rows) {
                if came_in.is_pressing() {
                    tell(said, came_in);
                }
            }
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Replaces what waits, and returns what did not wait before.
    fn take(&self, rows: Vec<(Uuid, Uuid, i32, i16)>) -> Vec<(Said, CameIn)> {
        let mut waiting = self.0.lock().expect("nobody panics under it");
        let (mut now, mut news) = (BTreeMap::new(), Vec::new());
        for (seller_id, interaction, basis, priority) in rows {
            let said = Said { interaction, basis };
            let known = waiting.get(&said).copied();
            let came_in =
                known.unwrap_or_else(|| CameIn { seller_id, since: Instant::now(), priority });
            if known.is_none() {
                news.push((said, came_in));
            }
            now.insert(said, came_in);
        }
        *waiting = now;
        news
    }

    /// Tells whether it still waits.
    pub(crate) fn has(&self, said: Said) -> bool {
        self.0.lock().expect("nobody panics under it").contains_key(&said)
    }

    /// Returns what an operator of this seller opens next: the most urgent, of as urgent ones what waits longest.
    pub(crate) fn next_of(
        &self,
        seller_id: Uuid,
        is_open: impl Fn(Said) -> bool,
    ) -> Option<(Said, CameIn)> {
        let waiting = self.0.lock().expect("nobody panics under it");
        let of_seller = waiting.iter().filter(|(said, came_in)| {
            came_in.seller_id == seller_id && came_in.is_pressing() && is_open(**said)
        });
        let first = of_seller.min_by_key(|(_, came_in)| (came_in.priority, came_in.since));
        first.map(|(said, came_in)| (*said, *came_in))
    }
}
