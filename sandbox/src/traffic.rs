//! Test buyers that write over time, so that a demonstration or a long run has something to answer.
//!
//! When somebody writes and what follows from the seed and the number of the act alone; the ledger keeps the number, so
//! a restart goes on where it stopped.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::chance::{Chance, Draw};
use crate::wildberries;
use crate::world::{App, Entry, SandboxEntry, World};

/// What the test buyers of one marketplace do when it is their turn: the entries of one act, none when nobody sells
/// there.
type Act = fn(&World, &Occasion) -> anyhow::Result<Vec<Entry>>;

/// The marketplaces with test buyers; each has the same share of the acts.
const MARKETPLACES: &[Act] = &[wildberries::buyer_acts];

/// How much test buyers write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    per_minute: f64,
}

/// One act of a test buyer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion {
    /// Counted from 1 since the sandbox began anew.
    pub(crate) n: u64,
    pub(crate) now: DateTime<Utc>,
    chance: Chance,
}

impl Traffic {
    /// So many reviews, questions and messages a minute on average, more than 0.
    pub fn per_minute(per_minute: f64) -> anyhow::Result<Self> {
        let is_rate = per_minute.is_finite() && per_minute > 0.0;
        ensure!(is_rate, "traffic is more than 0 a minute, found {per_minute}");
        Ok(Self { per_minute })
    }
}

impl FromStr for Traffic {
    type Err = anyhow::Error;

    /// Reads `30/min`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let number = text.strip_suffix("/min").and_then(|number| number.parse().ok());
        Self::per_minute(number.with_context(|| format!("traffic reads N/min, found {text}"))?)
    }
}

impl Occasion {
    pub(crate) fn new(world: &World, n: u64) -> Self {
        Self { n, now: world.now(), chance: world.chance }
    }

    /// Draws for a purpose of this act.
    pub(crate) fn draw(&self, what: &str) -> Draw {
        self.chance.draw(&["traffic", what, &self.n.to_string()])
    }

    /// One of some, if there are any.
    pub(crate) fn one_of<'a, T>(&self, what: &str, some: &'a [T]) -> Option<&'a T> {
        some.get(self.draw(what).below(some.len().max(1) as u64) as usize)
    }

    /// Time until this act, after the one before: as calls of independent people come.
    fn pause(&self, traffic: Traffic) -> Duration {
        let mean_seconds = 60.0 / traffic.per_minute;
        // 1 minus a draw from 0 to below 1 is never 0, which has no logarithm.
        Duration::from_secs_f64(-(1.0 - self.draw("pause").unit()).ln() * mean_seconds)
    }
}

/// Writes until the sandbox stops.
pub(crate) async fn run(app: App, traffic: Traffic, stop: CancellationToken) {
    loop {
        let pause = app.with(move |world| next(world).pause(traffic)).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        if let Err(error) = app.with(act).await {
            warn!(error = %format!("{error:#}"), "a test buyer could not write: {error:#}");
        }
    }
}

fn next(world: &World) -> Occasion {
    Occasion::new(world, world.acts() + 1)
}

/// One act, at the first marketplace from the drawn one on where somebody sells.
fn act(world: &mut World) -> anyhow::Result<()> {
    let occasion = next(world);
    let first = occasion.draw("marketplace").below(MARKETPLACES.len() as u64) as usize;
    let mut entries = vec![SandboxEntry::BuyerActed { act: occasion.n }.into()];
    for act in MARKETPLACES.iter().cycle().skip(first).take(MARKETPLACES.len()) {
        let acted = act(world, &occasion)?;
        if !acted.is_empty() {
            entries.extend(acted);
            break;
        }
    }
    world.record(entries).context("writing the ledger")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_read_and_has_to_be_more_than_nothing() {
        let half: Traffic = "0.5/min".parse().unwrap();
        assert_eq!(half, Traffic { per_minute: 0.5 });
        for wrong in ["30", "x/min", "0/min", "-1/min", "NaN/min", "30/hour"] {
            assert!(wrong.parse::<Traffic>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn pauses_are_as_long_on_average_as_asked_for() {
        let traffic = Traffic { per_minute: 60.0 };
        let pause = |n| {
            let occasion = Occasion { n, now: DateTime::UNIX_EPOCH, chance: Chance::new(1) };
            occasion.pause(traffic).as_secs_f64()
        };
        let total: f64 = (1..=2_000).map(pause).sum();
        assert!((1_800.0..2_200.0).contains(&total), "2,000 pauses of a second took {total} s");
    }
}
