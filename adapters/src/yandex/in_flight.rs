//! How many requests of one cabinet may be under way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::http::{CallError, Evidence, Failure};

/// Requests that a cabinet may have under way at once: two by the page on limits of September 2025, four by the present
/// one. Two suits both.
pub const IN_FLIGHT_MAX: usize = 2;

/// How many of them may read: a reply always finds a place before what is only read.
pub const READING_MAX: usize = 1;

/// Longest wait for one of them to end, as long as a call may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pause of a call that found no place.
const PAUSE: Duration = Duration::from_secs(1);

/// The requests that this process has under way, by cabinet. Cheap to clone; all clients of a process share one.
///
/// Other processes are not counted. When they and this one together exceed what the marketplace allows, it refuses with
/// 420, which is definite and costs a second.
#[derive(Debug, Clone)]
pub struct InFlight {
    cabinets: Arc<Mutex<HashMap<String, Weak<Semaphores>>>>,
    patience: Duration,
}

/// What a call needs of the places of its cabinet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Any of them.
    Writing,
    /// One of those that reading may have.
    Reading,
}

/// The places of one cabinet, as they are counted.
#[derive(Debug)]
struct Semaphores {
    all: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

/// A place that is taken; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _reading: Option<OwnedSemaphorePermit>,
    _place: OwnedSemaphorePermit,
}

/// The places of one cabinet.
#[derive(Debug, Clone)]
pub(super) struct Places {
    places: Arc<Semaphores>,
    patience: Duration,
}

impl Default for InFlight {
    fn default() -> Self {
        Self::with_patience(PATIENCE)
    }
}

impl InFlight {
    /// Counts anew, and lets a call wait for its place for `patience`.
    #[must_use]
    pub fn with_patience(patience: Duration) -> Self {
        Self { cabinets: Arc::default(), patience }
    }

    /// Returns the places of a cabinet, which all its clients share.
    pub(super) fn of(&self, business_id: &str) -> Places {
        let mut cabinets = self.cabinets.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cabinets.get(business_id).and_then(Weak::upgrade);
        let places = known.unwrap_or_else(|| {
            cabinets.retain(|_, places| places.strong_count() > 0);
            let places = Arc::new(Semaphores {
                all: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
                reading: Arc::new(Semaphore::new(READING_MAX)),
            });
            cabinets.insert(business_id.to_owned(), Arc::downgrade(&places));
            places
        });
        Places { places, patience: self.patience }
    }
}

impl Places {
    /// Waits for a place, which is free again when the returned value is dropped.
    ///
    /// # Errors
    /// [`Failure::RateLimited`] when there was none in time: nothing has left.
    pub(super) async fn enter(&self, what_for: Use) -> Result<Place, CallError> {
        match timeout(self.patience, self.place(what_for)).await {
            Ok(place) => Ok(place),
            Err(_) => {
                let failure = Failure::RateLimited { retry_after: PAUSE };
                Err(CallError::new(failure, None, Evidence::default()))
            }
        }
    }

    async fn place(&self, what_for: Use) -> Place {
        let reading = match what_for {
            Use::Writing => None,
            Use::Reading => Some(taken(&self.places.reading).await),
        };
        Place { _reading: reading, _place: taken(&self.places.all).await }
    }
}

async fn taken(places: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let place = Arc::clone(places).acquire_owned().await;
    place.expect("the places of a cabinet are never closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cabinet_is_forgotten_with_its_last_client() {
        let in_flight = InFlight::default();
        let first = in_flight.of("1");
        let second = in_flight.of("1");
        assert!(Arc::ptr_eq(&first.places, &second.places));
        drop((first, second));
        let _other = in_flight.of("2");
        assert_eq!(in_flight.cabinets.lock().unwrap().keys().collect::<Vec<_>>(), ["2"]);
    }
}
