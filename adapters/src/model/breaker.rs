//! Keeps a process from asking a provider that does not answer: a few failures on end, and for a while nobody waits for
//! it. Provider and key are the same for all sellers, so there is one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::ModelError;

/// Failures on end that open it.
const FAILURES_MAX: u32 = 3;

/// How long it stays open after an outage, doubled with each failed try, up to the longest.
const OPEN_FOR: Duration = Duration::from_secs(10);
const OPEN_FOR_MAX: Duration = Duration::from_secs(5 * 60);

/// How long after what somebody has to mend: a key, an empty account, a model that is no more.
const AFTER_STOP: Duration = Duration::from_secs(5 * 60);

/// The breaker of a provider. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Breaker {
    /// The metric that is 1 while nobody asks.
    gauge: &'static str,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Nobody asks before.
    open_until: Option<Instant>,
    /// Somebody tries whether it is back; the others wait for what comes of it.
    is_trying: bool,
    opened: u32,
}

/// The right to make one call. Dropped without a word it gives the right back.
#[derive(Debug)]
pub(crate) struct Pass {
    breaker: Breaker,
    is_trial: bool,
}

impl Breaker {
    /// Begins with a provider that answers, as far as is known.
    pub(super) fn new(gauge: &'static str) -> Self {
        Self { gauge, state: Arc::default() }
    }

    /// Lets a call through, or tells how long none is made.
    pub(super) fn pass(&self, now: Instant) -> Result<Pass, ModelError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_trial = state.open_until.is_some();
        let left =
            state.open_until.map(|until| until.saturating_duration_since(now)).unwrap_or_default();
        if !left.is_zero() || (is_trial && state.is_trying) {
            return Err(ModelError::Paused { retry_after: left.max(Duration::from_secs(1)) });
        }
        state.is_trying = is_trial;
        Ok(Pass { breaker: self.clone(), is_trial })
    }
}

impl Pass {
    /// Notes what became of the call.
    pub(super) fn ended(self, error: Option<&ModelError>, now: Instant) {
        let mut state = self.breaker.state.lock().unwrap_or_else(PoisonError::into_inner);
        let open_for = match error {
            // 404 is a model that is no more; what else is refused may be about one text.
            Some(
                ModelError::OutOfMoney
                | ModelError::BadKey
                | ModelError::BadRequest { status: 404 },
            ) => Some(AFTER_STOP),
            Some(ModelError::RateLimited { retry_after }) => Some(*retry_after),
            Some(
                ModelError::Unreachable
                | ModelError::NoAnswer { .. }
                | ModelError::ServerError { .. }
                | ModelError::BadRequest { .. },
            ) => {
                state.failures += 1;
                let is_too_much = self.is_trial || state.failures >= FAILURES_MAX;
                is_too_much
                    .then(|| OPEN_FOR.saturating_mul(1 << state.opened.min(8)).min(OPEN_FOR_MAX))
            }
            // It answered, whatever it said.
            None | Some(_) => {
                (state.failures, state.open_until, state.opened) = (0, None, 0);
                None
            }
        };
        if let Some(open_for) = open_for {
            state.open_until = Some(now + open_for);
            state.opened += 1;
        }
        metrics::gauge!(self.breaker.gauge).set(if state.open_until.is_none() { 0.0 } else { 1.0 });
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.state.lock().unwrap_or_else(PoisonError::into_inner).is_trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new("agentiq_model_open")
    }

    const SILENCE: ModelError = ModelError::NoAnswer { timed_out: true };

    #[test]
    fn three_failures_on_end_stop_the_asking_and_one_trial_begins_it_again() {
        let (breaker, start) = (breaker(), Instant::now());
        let fail = |at: Instant| breaker.pass(at).unwrap().ended(Some(&SILENCE), at);
        fail(start);
        fail(start);
        breaker.pass(start).unwrap().ended(None, start);
        for _ in 0..3 {
            fail(start);
        }
        assert!(matches!(breaker.pass(start), Err(ModelError::Paused { .. })));

        let later = start + OPEN_FOR;
        let trial = breaker.pass(later).unwrap();
        assert!(breaker.pass(later).is_err(), "one asks, the others wait for what becomes of it");
        trial.ended(Some(&SILENCE), later);
        assert!(breaker.pass(later + OPEN_FOR).is_err(), "each failed trial makes it longer");
        let back = later + OPEN_FOR * 2;
        drop(breaker.pass(back).unwrap());
        breaker.pass(back).unwrap().ended(None, back);
        assert!(breaker.pass(back).is_ok());
    }

    #[test]
    fn what_somebody_has_to_mend_stops_it_at_once() {
        let now = Instant::now();
        for error in
            [ModelError::OutOfMoney, ModelError::BadKey, ModelError::BadRequest { status: 404 }]
        {
            let breaker = breaker();
            breaker.pass(now).unwrap().ended(Some(&error), now);
            assert!(breaker.pass(now + AFTER_STOP - Duration::from_secs(1)).is_err(), "{error}");
            assert!(breaker.pass(now + AFTER_STOP).is_ok(), "{error}");
        }
    }

    #[test]
    fn answers_that_cannot_be_used_are_no_outage() {
        let (breaker, now) = (breaker(), Instant::now());
        for _ in 0..9 {
            breaker
                .pass(now)
                .unwrap()
                .ended(Some(&ModelError::Unreadable { why: "it is blank" }), now);
        }
        assert!(breaker.pass(now).is_ok());
    }
}
