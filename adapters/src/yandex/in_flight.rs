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
    cabinets: Arc<Mutex<HashMap<String, Weak<Semaphore>>>>,
    patience: Duration,
}

/// The places of one cabinet.
#[derive(Debug, Clone)]
pub(super) struct Places {
    places: Arc<Semaphore>,
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
            let places = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
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
    pub(super) async fn enter(&self) -> Result<OwnedSemaphorePermit, CallError> {
        match timeout(self.patience, self.places.clone().acquire_owned()).await {
            Ok(place) => Ok(place.expect("the places of a cabinet are never closed")),
            Err(_) => {
                let failure = Failure::RateLimited { retry_after: PAUSE };
                Err(CallError::new(failure, None, Evidence::default()))
            }
        }
    }
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
