//! How many calls with one key are under way at once in this process. When a key dies, only they meet its death.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Calls under way at once: one for each reader, and one to send. A dead key is tried no more often than that.
const IN_FLIGHT_MAX: usize = 3;

/// How long nobody calls after a refusal: longer than it takes to note in the database that access is lost, and longer
/// than a call that was begun before. Short enough for a person who has the key accepted again.
const AFTER_REFUSAL: Duration = Duration::from_secs(30);

/// How soon whoever was not let through asks again: by then it is noted that access is lost, and a reply that waits for
/// nothing is told so.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The gates of all cabinets that this process calls. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gates(Arc<Mutex<HashMap<AccountId, Arc<Places>>>>);

#[derive(Debug)]
struct Places {
    semaphore: Arc<Semaphore>,
    refused: Mutex<Option<Refused>>,
}

/// A refusal of a key.
#[derive(Debug, Clone, Copy)]
struct Refused {
    /// Since when that key was the cabinet's.
    key_since: DateTime<Utc>,
    until: Instant,
}

/// The way to a cabinet's calls for one who makes one after another.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    places: Arc<Places>,
    key_since: DateTime<Utc>,
    held: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl Gates {
    /// Returns the gate of a cabinet whose key is its since `key_since`.
    pub(crate) fn of(&self, account: AccountId, key_since: DateTime<Utc>) -> Gate {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            let semaphore = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
            Arc::new(Places { semaphore, refused: Mutex::default() })
        };
        let places = Arc::clone(gates.entry(account).or_insert_with(fresh));
        Gate { places, key_since, held: Arc::default() }
    }
}

impl Gate {
    /// Waits for a place and holds it until [`Gate::leave`] or the next call. When the key was refused a moment ago, there
    /// is none; to be asked again after the returned time.
    pub(crate) async fn enter(&self) -> Result<(), Duration> {
        self.leave();
        // Nobody closes the semaphore; without a place the call would go uncounted, no more.
        let place = Arc::clone(&self.places.semaphore).acquire_owned().await.ok();
        if self.is_refused() {
            return Err(ASK_AGAIN);
        }
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = place;
        Ok(())
    }

    /// Gives the place back: the call has ended.
    pub(crate) fn leave(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Lets nobody through with this key for a while, and gives the place back.
    pub(crate) fn refuse(&self) {
        let until = Instant::now() + AFTER_REFUSAL;
        let refused = Refused { key_since: self.key_since, until };
        *self.places.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(refused);
        self.leave();
    }

    fn is_refused(&self) -> bool {
        // The sabotage that the tests must catch: calls that wait for their place are made with the dead key.
        if cfg!(feature = "sabotage-open-gate") {
            return false;
        }
        let refused = *self.places.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.is_some_and(|refused| {
            self.key_since <= refused.key_since && Instant::now() < refused.until
        })
    }
}

#[cfg(all(test, not(feature = "sabotage-open-gate")))]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const ACCOUNT: AccountId = AccountId(uuid::Uuid::from_u128(1));

    #[tokio::test]
    async fn of_many_who_wait_none_calls_with_a_refused_key() {
        let (gates, now) = (Gates::default(), DateTime::UNIX_EPOCH);
        let first: Vec<_> = (0..IN_FLIGHT_MAX).map(|_| gates.of(ACCOUNT, now)).collect();
        for gate in &first {
            assert_eq!(gate.enter().await, Ok(()));
        }
        let late = gates.of(ACCOUNT, now);
        let waiting = late.enter();
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending(), "more calls than places");
        first[0].refuse();
        assert_eq!(waiting.await, Err(ASK_AGAIN));

        // Another cabinet and a new key are not concerned.
        let other = AccountId(uuid::Uuid::from_u128(2));
        assert_eq!(gates.of(other, now).enter().await, Ok(()));
        assert_eq!(gates.of(ACCOUNT, now + TimeDelta::seconds(1)).enter().await, Ok(()));
    }
}
