//! A token bucket on the sandbox's clock, with the figures that rate-limit headers tell.

use chrono::{DateTime, TimeDelta, Utc};

/// A published limit: one request per `interval`, `burst` at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) burst: u32,
    pub(crate) interval: TimeDelta,
}

/// The bucket of one seller.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    burst: f64,
    interval_ms: f64,
    tokens: f64,
    at: DateTime<Utc>,
}

/// What a bucket says to one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// Seconds until the next request is granted, when this one is not.
    pub(crate) retry_seconds: Option<u64>,
    /// The burst.
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// Seconds until the bucket is full again.
    pub(crate) reset_seconds: u64,
}

impl Bucket {
    /// A full bucket; `scale` multiplies both speed and burst.
    pub(crate) fn full(limit: Limit, scale: f64, now: DateTime<Utc>) -> Self {
        let burst = (f64::from(limit.burst) * scale).ceil().max(1.0);
        Self {
            burst,
            interval_ms: limit.interval.num_milliseconds() as f64 / scale,
            tokens: burst,
            at: now,
        }
    }

    /// Takes one token, if there is one.
    pub(crate) fn take(&mut self, now: DateTime<Utc>) -> Verdict {
        // A wall clock may step back; the bucket then waits instead of losing tokens.
        let passed_ms =
            (now - self.at).num_microseconds().unwrap_or(i64::MAX).max(0) as f64 / 1_000.0;
        self.tokens = (self.tokens + passed_ms / self.interval_ms).min(self.burst);
        self.at = self.at.max(now);
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        let seconds_until =
            |tokens: f64| ((tokens - self.tokens) * self.interval_ms / 1_000.0).ceil() as u64;
        Verdict {
            retry_seconds: (!granted).then(|| seconds_until(1.0).max(1)),
            limit: self.burst as u64,
            remaining: self.tokens as u64,
            reset_seconds: seconds_until(self.burst),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { burst: 6, interval: TimeDelta::milliseconds(333) };

    #[test]
    fn a_burst_is_granted_then_one_request_per_interval() {
        let start = DateTime::UNIX_EPOCH;
        let mut bucket = Bucket::full(LIMIT, 1.0, start);
        assert_eq!(bucket.take(start).remaining, 5);
        assert!((0..5).all(|_| bucket.take(start).retry_seconds.is_none()));

        let refused = bucket.take(start);
        assert_eq!((refused.retry_seconds, refused.limit, refused.reset_seconds), (Some(1), 6, 2));

        let later = start + LIMIT.interval;
        assert_eq!(bucket.take(later).retry_seconds, None);
        assert_eq!(bucket.take(later).retry_seconds, Some(1));
    }

    #[test]
    fn a_clock_that_steps_back_neither_fills_nor_empties_the_bucket() {
        let start = DateTime::UNIX_EPOCH;
        let mut bucket = Bucket::full(LIMIT, 1.0, start);
        bucket.take(start);
        assert_eq!(bucket.take(start - TimeDelta::hours(1)).remaining, 4);
        assert_eq!(bucket.take(start).remaining, 3);
    }
}
