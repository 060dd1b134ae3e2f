//! The quota of one method: so many requests per hour, counted from the first one.

use chrono::{DateTime, TimeDelta, Utc};

/// An hour of one method at one business.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    until: DateTime<Utc>,
    spent: u64,
}

/// What a quota says to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) is_granted: bool,
    pub(super) limit: u64,
    pub(super) remaining: u64,
    pub(super) until: DateTime<Utc>,
}

impl Window {
    /// Spends one request of `window`, which begins anew when its hour is over; a refused one costs nothing.
    pub(super) fn spend(window: &mut Option<Self>, limit: u64, now: DateTime<Utc>) -> Verdict {
        let current = window.filter(|window| now < window.until);
        let mut current = current.unwrap_or(Self { until: now + TimeDelta::hours(1), spent: 0 });
        let is_granted = current.spent < limit;
        current.spent += u64::from(is_granted);
        *window = Some(current);
        Verdict { is_granted, limit, remaining: limit - current.spent, until: current.until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_lasts_an_hour_from_the_first_request() {
        let start = DateTime::UNIX_EPOCH;
        let mut window = None;
        let mut spend =
            |minutes| Window::spend(&mut window, 2, start + TimeDelta::minutes(minutes));
        assert_eq!(spend(0).remaining, 1);
        assert!(spend(59).is_granted);
        let refused = spend(59);
        assert!(!refused.is_granted);
        assert_eq!((refused.remaining, refused.until), (0, start + TimeDelta::hours(1)));
        assert_eq!(spend(60).remaining, 1);
    }
}
