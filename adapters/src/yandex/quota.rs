//! What the marketplace tells about its quotas: a paid plan widens them, and the seller's other programs use them up, too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Operation;
use super::operation::HOUR;
use crate::http::RateHeaders;
use crate::rate_limit::Limit;

/// What was told last, by cabinet and method. Cheap to clone; all clients of a process share one.
///
/// Another process learns it from its own answers. Until then it keeps to the quotas of a cabinet without a paid plan.
#[derive(Debug, Clone, Default)]
pub struct Quotas {
    told: Arc<Mutex<HashMap<(String, Operation), RateHeaders>>>,
}

/// The quotas of one cabinet.
#[derive(Debug, Clone)]
pub(super) struct Quota {
    quotas: Quotas,
    business_id: String,
}

impl Quotas {
    /// Returns the quotas of a cabinet.
    pub(super) fn of(&self, business_id: &str) -> Quota {
        Quota { quotas: self.clone(), business_id: business_id.to_owned() }
    }
}

impl Quota {
    /// Notes what an answer told; one that tells nothing changes nothing.
    pub(super) fn note(&self, operation: Operation, rate: RateHeaders) {
        if rate.limit.is_some() {
            let mut told = self.quotas.told.lock().unwrap_or_else(PoisonError::into_inner);
            told.insert((self.business_id.clone(), operation), rate);
        }
    }

    /// Returns the limit of a method, as it was told or as it is published.
    pub(super) fn limit(&self, operation: Operation) -> Limit {
        let hourly = self.told(operation).and_then(|rate| u32::try_from(rate.limit?).ok());
        operation.limit_of(hourly.unwrap_or(operation.hourly()))
    }

    /// Returns how long to make no call of a method because its last answer used up the quota. Says so once: it was
    /// true when the answer came.
    pub(super) fn used_up(&self, operation: Operation) -> Option<Duration> {
        let mut told = self.quotas.told.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = told.get_mut(&(self.business_id.clone(), operation))?;
        let is_used_up = rate.remaining.take() == Some(0);
        // Quotas are hourly, so a longer pause is a mistake.
        rate.reset.filter(|_| is_used_up).map(|left| left.min(HOUR))
    }

    fn told(&self, operation: Operation) -> Option<RateHeaders> {
        let told = self.quotas.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(&(self.business_id.clone(), operation)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_last_counts_for_its_cabinet_and_method_alone() {
        let quotas = Quotas::default();
        let one = quotas.of("1");
        let told = RateHeaders { limit: Some(10_000), remaining: Some(0), ..Default::default() };
        let until = RateHeaders { reset: Some(Duration::from_secs(90)), ..told };
        one.note(Operation::Reviews, until);
        one.note(Operation::Reviews, RateHeaders::default());
        assert_eq!(one.limit(Operation::Reviews), Operation::Reviews.limit_of(10_000));
        assert_eq!(one.used_up(Operation::Reviews), Some(Duration::from_secs(90)));
        assert_eq!(one.used_up(Operation::Reviews), None, "it is no news any more");
        assert_eq!(one.limit(Operation::Comments), Operation::Comments.limit());
        assert_eq!(quotas.of("2").limit(Operation::Reviews), Operation::Reviews.limit());
        one.note(Operation::Reviews, RateHeaders { remaining: Some(1), ..until });
        assert_eq!(one.used_up(Operation::Reviews), None);
    }
}
