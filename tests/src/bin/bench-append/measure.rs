//! Many callers at once for a while, and how long each of their steps took.

use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::task::JoinSet;

/// How long to call.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Before anything counts.
    pub(crate) warm_up: Duration,
    /// While steps count.
    pub(crate) duration: Duration,
}

/// Somebody who does one step after the other.
pub(crate) trait Caller: Send + 'static {
    /// Does one step and returns how many events it stored.
    fn step(&mut self) -> impl Future<Output = anyhow::Result<u64>> + Send;
}

/// What came of it.
pub(crate) struct Measured {
    /// Events stored a second.
    pub(crate) per_second: f64,
    /// Half of the steps took at most this.
    pub(crate) p50: Duration,
    /// Of a hundred steps, 99 took at most this.
    pub(crate) p99: Duration,
}

/// Lets all callers call until the time is over.
///
/// # Errors
/// With the first step that fails: figures of a run with failures mean nothing.
pub(crate) async fn run<C: Caller>(load: Load, callers: Vec<C>) -> anyhow::Result<Measured> {
    let begin = Instant::now() + load.warm_up;
    let end = begin + load.duration;
    let mut running = JoinSet::new();
    for caller in callers {
        running.spawn(call_until(caller, begin, end));
    }
    let (mut stored, mut latencies) = (0, Vec::new());
    while let Some(outcome) = running.join_next().await {
        let (events, took) = outcome??;
        stored += events;
        latencies.extend(took);
    }
    ensure!(!latencies.is_empty(), "no step ended within {:?}", load.duration);
    latencies.sort_unstable();
    let quantile = |q: usize| latencies[(latencies.len() - 1) * q / 100];
    Ok(Measured {
        per_second: stored as f64 / load.duration.as_secs_f64(),
        p50: quantile(50),
        p99: quantile(99),
    })
}

async fn call_until<C: Caller>(
    mut caller: C,
    begin: Instant,
    end: Instant,
) -> anyhow::Result<(u64, Vec<Duration>)> {
    let (mut stored, mut latencies) = (0, Vec::new());
    loop {
        let started = Instant::now();
        if started >= end {
            return Ok((stored, latencies));
        }
        let events = caller.step().await?;
        // Counted by their ends: what is under way when the time is over would count twice otherwise.
        if (begin..end).contains(&Instant::now()) {
            stored += events;
            latencies.push(started.elapsed());
        }
    }
}
