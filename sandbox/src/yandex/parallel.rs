//! How many requests of one business are being answered at a moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// "Hit rate limit of N parallel requests": 2 in September 2025, 4 for a business on the later pages.
pub(super) const PARALLEL_MAX: u32 = 4;

/// Requests under way, by business.
#[derive(Debug, Default)]
pub(super) struct Parallel {
    under_way: Mutex<HashMap<String, usize>>,
}

/// One request under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Flight {
    parallel: Arc<Parallel>,
    business: String,
    count: usize,
}

impl Parallel {
    /// Counts a request in; one that names nobody is counted with the others of its kind.
    pub(super) fn enter(self: &Arc<Self>, business: Option<&String>) -> Flight {
        let business = business.cloned().unwrap_or_default();
        let mut under_way = self.lock();
        let count = under_way.entry(business.clone()).or_default();
        *count += 1;
        Flight { parallel: Arc::clone(self), count: *count, business }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        self.under_way.lock().expect("nothing panics while it counts requests")
    }
}

impl Flight {
    /// How many were under way when this one came, itself included.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut under_way = self.parallel.lock();
        if let Some(count) = under_way.get_mut(&self.business) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.business);
            }
        }
    }
}
