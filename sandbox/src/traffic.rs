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
use crate::corpus::{self, ChatPart, Phrases, Product, WrittenQuestion, WrittenReview};
use crate::world::{App, Entry, SandboxEntry, World};
use crate::{ozon, wildberries, yandex};

/// What the test buyers of one marketplace do when it is their turn: the entries of one act, none when nobody sells
/// there.
type Act = fn(&World, &Occasion) -> anyhow::Result<Vec<Entry>>;

/// The marketplaces with test buyers; each has the same share of the acts.
const MARKETPLACES: &[Act] = &[wildberries::buyer_acts, ozon::buyer_acts, yandex::buyer_acts];

/// Of a hundred acts so many are reviews, and so many more are questions; the others are words in chats.
const REVIEWS_PERCENT: u64 = 50;
const QUESTIONS_PERCENT: u64 = 20;
/// Of a hundred messages so many begin a chat, where there is one already.
const NEW_CHATS_PERCENT: u64 = 35;

/// How much test buyers write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    per_minute: f64,
}

/// What a test buyer writes; each marketplace dresses it in its own shape.
#[derive(Debug)]
pub(crate) enum Writing {
    Review(Box<WrittenReview>),
    Question(WrittenQuestion),
    Message,
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

    /// Whether something happens that happens so often of a hundred times.
    pub(crate) fn often(&self, what: &str, percent: u64) -> bool {
        self.draw(what).below(100) < percent
    }

    /// What the buyer writes.
    pub(crate) fn writing(&self) -> anyhow::Result<Writing> {
        let share = self.draw("act").below(100);
        if share < REVIEWS_PERCENT {
            let mut review = Phrases::read()?.review(self.article()?, |what| self.draw(what));
            // Only the seller answers.
            review.answer = None;
            return Ok(Writing::Review(Box::new(review)));
        }
        if share < REVIEWS_PERCENT + QUESTIONS_PERCENT {
            let questions = corpus::questions()?;
            let question = self.one_of("question", &questions).context("there are no questions")?;
            return Ok(Writing::Question(question.clone()));
        }
        Ok(Writing::Message)
    }

    /// The chat the buyer goes on with, if not a new one.
    pub(crate) fn goes_on_in<'a, T>(&self, chats: &'a [T]) -> Option<&'a T> {
        let known = self.one_of("chat", chats);
        known.filter(|_| !self.often("new chat", NEW_CHATS_PERCENT))
    }

    /// The buyer's words in a chat.
    pub(crate) fn words(&self, part: ChatPart) -> anyhow::Result<String> {
        let of_part = corpus::messages()?.into_iter().filter(|message| message.part == part);
        let messages: Vec<_> = of_part.collect();
        let message = self.one_of("message", &messages).context("there are no messages")?;
        Ok(message.text.clone())
    }

    /// The buyer's name.
    pub(crate) fn name(&self) -> anyhow::Result<Option<String>> {
        Ok(Phrases::read()?.name(&self.draw("name")))
    }

    /// The article of some product.
    pub(crate) fn article(&self) -> anyhow::Result<Option<String>> {
        let products: Vec<Product> = corpus::products()?;
        Ok(self.one_of("product", &products).map(|product| product.article.clone()))
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
