//! Deadlines seen from outside, while workers whose clocks are wrong by an hour, forwards and backwards, and by a week
//! die with them in their hands: of each is said once that its time runs out and once that it has passed, never before
//! it has by the database's clock, and of what was answered in time nothing.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::feed::Feed;
use tests::play::Play;
use tests::system::Setup;
use tests::wait;
use tokio::time::Instant;

use crate::drill::figure;

/// Reviews that nobody answers, and those that are answered in time.
const LATE: usize = 6;
const IN_TIME: usize = 2;

/// Where processes die with a deadline in their hands: it was read, and nothing was said of it, or it was said and nobody
/// noted that. One half of the reviews each.
const PLACES: [&str; 2] = ["deadline_due", "deadline_told"];

/// A minute until the time has passed, half a minute for which a dead worker's deadlines are left alone, twice, and
/// half a minute more for a slow machine.
const PATIENCE: Duration = Duration::from_secs(150);

/// Long enough for whoever was started to take something in hand.
const BETWEEN_DEATHS: Duration = Duration::from_secs(3);

/// Has every buyer answered within a minute, and warned of at once.
async fn promise_a_minute(play: &Play) -> anyhow::Result<()> {
    let mut now = play.seller.get("/seller/sla").await?.ok()?;
    for priority in ["urgent", "high", "normal", "low"] {
        now["sla"]["minutes"][priority] = json!(1);
    }
    now["sla"]["warn_before_minutes"] = json!(1);
    let body = json!({ "replaces": now["version"], "sla": now["sla"] });
    play.seller.send(Method::PUT, "/seller/sla", body).await?.ok()?;
    Ok(())
}

/// Adds a review that is of no great urgency and returns our id of it.
async fn add_review(play: &Play, number: usize) -> anyhow::Result<String> {
    let review = json!({ "text": format!("Плед номер {number} как плед"), "rating": 3 });
    let external_id = play.system.sandbox.add_review(review).await?;
    play.interaction_of(&external_id).await
}

/// Deaths of workers: those with a deadline in their hands, and those in turn.
struct Deaths {
    count: usize,
    last: Instant,
}

impl Deaths {
    /// Starts what has died again, kills the next of the others now and then, and counts both.
    fn go_on(&mut self, play: &mut Play) -> anyhow::Result<()> {
        for worker in &mut play.system.workers {
            if worker.has_ended()? {
                worker.start_again()?;
                self.count += 1;
            }
        }
        if self.last.elapsed() >= BETWEEN_DEATHS {
            let next = self.count % play.system.workers.len();
            let victim = &mut play.system.workers[next];
            victim.kill()?;
            victim.start_again()?;
            *self = Self { count: self.count + 1, last: Instant::now() };
        }
        Ok(())
    }
}

fn time(value: &Value) -> anyhow::Result<DateTime<Utc>> {
    Ok(serde_json::from_value(value.clone())?)
}

/// The events of a type that are of one of these, with when they were recorded and what they say.
fn said_of<'a>(feed: &'a Feed, of: &'a [String], what: &'a str) -> Vec<&'a Value> {
    let is_of = |event: &&Value| of.iter().any(|id| event["subject"] == **id);
    feed.of_type(what).filter(is_of).collect()
}

/// Lets deadlines pass at workers whose clocks are so far off, and returns what is wrong with what was said of them.
async fn faults(clocks: &[&str]) -> anyhow::Result<BTreeSet<String>> {
    let places = TempDir::new()?;
    let setup = Setup::apart(clocks.len())
        .with_clocks(clocks)
        .with_argument("--lease-seconds=2")
        .with_variable("AGENTIQ_CRASH_PLACES", places.path());
    let mut play = Play::start(setup, 1).await?;
    let history = play.take()?.id;
    play.seller.make_no_drafts_ahead().await?;
    promise_a_minute(&play).await?;
    let mut reviews = Vec::new();
    for number in 0..LATE + IN_TIME {
        reviews.push(add_review(&play, number).await?);
    }
    let (late, in_time) = reviews.split_at(LATE);
    for (id, place) in late.iter().zip(PLACES.iter().cycle()) {
        fs::write(places.path().join(format!("{place}={id}")), "")?;
    }
    for id in in_time {
        play.seller.reply(id, "Здравствуйте! Спасибо за отзыв.").await?.ok()?;
    }
    let mut deaths = Deaths { count: 0, last: Instant::now() };
    let feed = wait::until_within(PATIENCE, "every time has passed", async || {
        let feed = Feed::take(&play.seller, 500).await?;
        let passed = said_of(&feed, late, "SlaBreached").len();
        if passed < LATE {
            deaths.go_on(&mut play)?;
        }
        ensure!(passed >= LATE, "{passed} of {LATE}, {} deaths", deaths.count);
        Ok(Some(feed))
    })
    .await?;
    figure("deadlines_workers_killed", deaths.count, "times", "> 0");

    let mut faults = BTreeSet::new();
    let mut latest = 0.0_f64;
    for id in late {
        let of = std::slice::from_ref(id);
        for what in ["SlaEscalated", "SlaBreached"] {
            let said = said_of(&feed, of, what);
            if said.len() != 1 {
                faults.insert(format!("{what} was said {} times of {id}", said.len()));
            }
        }
        for breached in said_of(&feed, of, "SlaBreached") {
            let behind = time(&breached["time"])? - time(&breached["data"]["answer_by"])?;
            latest = latest.max(behind.as_seconds_f64());
            if behind < chrono::TimeDelta::zero() {
                faults.insert(format!("{id} was late {behind} before its time"));
            }
        }
    }
    figure("deadlines_said_after", format!("{latest:.1}"), "s at most", "");
    for told in said_of(&feed, in_time, "SlaBreached") {
        faults.insert(format!("answered in time, and yet {told}"));
    }
    let of_history = std::slice::from_ref(&history);
    let set = said_of(&feed, of_history, "DeadlineSet");
    let newest = set.last().context("a deadline of what was there before")?;
    if newest["data"]["was_past"] != true || !said_of(&feed, of_history, "SlaBreached").is_empty() {
        faults.insert(format!("an alarm of what was there before: {newest}"));
    }
    let left = fs::read_dir(places.path())?.count();
    let is_void = faults.is_empty() && left == LATE;
    ensure!(!is_void, "{} deaths, none with a deadline in its hands: void", deaths.count);
    Ok(faults)
}

#[cfg(not(feature = "sabotage-local-clock"))]
#[tokio::test]
async fn whoever_dies_and_whatever_the_clock_says_lateness_is_said_once() -> anyhow::Result<()> {
    let faults = faults(&["+1h", "-1h", "-7d"]).await?;
    ensure!(faults.is_empty(), "{faults:?}");
    Ok(())
}

/// Run by `script/drill sabotage`, with a program that counts by its own clock.
#[cfg(feature = "sabotage-local-clock")]
#[tokio::test]
async fn lateness_by_a_wrong_clock_is_noticed() -> anyhow::Result<()> {
    ensure!(!faults(&["+1h"; 3]).await?.is_empty(), "nobody noticed");
    Ok(())
}
