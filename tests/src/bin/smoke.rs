//! The whole way unattended: reviews in, replies out through several processes, with answers lost and workers killed,
//! judged by the ledger of what buyers saw.
#![expect(clippy::print_stdout, reason = "it reports to whoever runs it")]

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Parser;
use serde_json::{Value, json};
use tests::api::{Answer, Seller};
use tests::feed::Feed;
use tests::play::{Play, Review};
use tests::system::Setup;
use tests::wait;
use tokio::task::JoinSet;

/// One answer in so many is lost.
const LOST_ONE_IN: usize = 20;

/// How long calls are held while a kill is due: long enough that several are in flight at once.
const HELD: Duration = Duration::from_secs(6);

/// Calls in flight before a worker is killed. One process makes at most three at once with one key, so that with four
/// each of the two has one.
const IN_FLIGHT: usize = 4;

/// Replies after the last fault, which must go out without delay.
const TAIL: usize = 3;

/// Runs reviews in and replies out through two workers, loses answers, kills a worker in the middle of its calls, and
/// counts by the ledger what buyers saw.
#[derive(Parser)]
struct Arguments {
    /// Reviews to take in.
    #[arg(long, default_value_t = 500)]
    reviews: usize,
    /// Replies to send, tail included.
    #[arg(long, default_value_t = 20, value_parser = at_least_twelve)]
    replies: usize,
    /// How often a worker is killed and replaced.
    #[arg(long, default_value_t = 1)]
    kills: usize,
    /// The program is sabotaged: succeed only if the ledger shows it.
    #[arg(long)]
    sabotaged: bool,
}

/// The checks so far.
#[derive(Default)]
struct Report {
    passed: usize,
    failed: usize,
}

impl Report {
    fn check(&mut self, what: &str, outcome: anyhow::Result<String>) {
        match outcome {
            Ok(found) => {
                self.passed += 1;
                println!("  ok      {what}: {found}");
            }
            Err(error) => {
                self.failed += 1;
                println!("  FAILED  {what}: {error:#}");
            }
        }
    }
}

fn at_least_twelve(text: &str) -> Result<usize, String> {
    let replies: usize = text.parse().map_err(|_| "not a number".to_owned())?;
    // Fewer leave no five beside the tail for a kill: of five, one process may take four, one of which waits for the
    // other three.
    (replies >= 12).then_some(replies).ok_or_else(|| "at least 12 are needed".to_owned())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let mut report = Report::default();
    let outcome = run(&arguments, &mut report).await;
    report.check("the run came to its end", outcome.map(|()| format!("{:.1?}", started.elapsed())));
    println!("{} passed, {} failed", report.passed, report.failed);
    // Everything that was started has ended by now, and its folder is gone.
    std::process::exit(i32::from(report.failed > 0));
}

async fn run(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    let Arguments { reviews, replies, kills, sabotaged } = *arguments;
    println!(
        "{reviews} reviews in, {replies} replies out, 2 workers, {kills} killed, 5 % of answers lost"
    );
    let mut play = Play::start(Setup::apart(2), reviews).await?;
    report.check("reviews came in", Ok(play.seller.total().await?.to_string()));

    let mut sent = Sent::default();
    let lost: Vec<_> = (4..=replies - TAIL).step_by(LOST_ONE_IN).collect();
    play.system.sandbox.set_faults(json!({ "answer_lost": { "nth": lost } })).await?;
    let part = (replies - TAIL) / (kills + 1);
    sent.ask(&mut play, part)?;
    for kill in 0..kills {
        let count = if kill + 1 == kills { replies - TAIL - part * kills } else { part };
        sent.ask_and_kill(&mut play, count, kill % 2).await?;
    }
    sent.wait_until_published(&play.seller).await?;

    if sabotaged {
        report.check("the sabotage is caught", caught(&play).await);
        return Ok(());
    }
    report.check("answers were lost", lost_answers(&play, lost.len()).await);
    report.check("kills hit calls in flight", killed_calls(&play.seller, &sent.in_flight).await);
    report.check("afterwards replies go out at once", tail(&mut play).await);
    report.check("by the ledger each reply once, as asked", judged(&play, replies).await);
    report.check("all limits were kept", limits_kept(&play).await);
    report.check("the feed is gapless", gapless(&play.seller, reviews).await);
    report.check("read models equal a refold", verified(&play));
    Ok(())
}

/// The replies asked for, with whoever waits for the answers.
#[derive(Default)]
struct Sent {
    reviews: Vec<Review>,
    asking: JoinSet<anyhow::Result<Answer>>,
    /// Calls in flight at each kill.
    in_flight: Vec<usize>,
}

impl Sent {
    /// Asks for so many replies, all at once.
    fn ask(&mut self, play: &mut Play, count: usize) -> anyhow::Result<()> {
        for _ in 0..count {
            let review = play.take()?;
            let text = format!("Спасибо за отзыв! Ответ номер {}.", self.reviews.len() + 1);
            play.will_reply(&review, &text);
            let (seller, id) = (play.seller.clone(), review.id.clone());
            self.asking.spawn(async move { seller.reply(&id, &text).await });
            self.reviews.push(review);
        }
        Ok(())
    }

    /// Asks for more while the marketplace holds its answers, and kills a worker when each has calls in flight.
    async fn ask_and_kill(
        &mut self,
        play: &mut Play,
        count: usize,
        victim: usize,
    ) -> anyhow::Result<()> {
        self.wait_until_published(&play.seller).await?;
        let held =
            json!({ "slow": { "probability": 1, "ms": HELD.as_millis() as u64, "on": "write" } });
        play.system.sandbox.set_faults(held).await?;
        self.ask(play, count)?;
        wait::until("calls are in flight in both workers", async || {
            let in_flight = play.system.sandbox.in_flight().await?;
            Ok((in_flight >= IN_FLIGHT).then_some(()))
        })
        .await?;
        play.system.workers[victim].kill()?;
        // Asked when it is dead: what is held even now was in flight then.
        self.in_flight.push(play.system.sandbox.in_flight().await?);
        play.system.sandbox.set_faults(json!({ "slow": null })).await?;
        play.system.workers[victim].start_again()
    }

    async fn wait_until_published(&mut self, seller: &Seller) -> anyhow::Result<()> {
        while let Some(answer) = self.asking.join_next().await {
            answer??.ok()?;
        }
        // At 3 calls a second, with time to settle what became unknown.
        let patience = 2 * wait::PATIENCE + Duration::from_secs(self.reviews.len() as u64);
        let expected = self.reviews.len();
        wait::until_within(patience, "all replies are published", async || {
            let answered = seller.list("status=responded").await?;
            let is_published = |review: &&Review| {
                answered.iter().any(|item| {
                    item["interaction_id"] == review.id && item["reply_state"] == "published"
                })
            };
            let published = self.reviews.iter().filter(is_published).count();
            ensure!(published == expected, "{published} of {expected} are");
            Ok(Some(()))
        })
        .await
    }
}

async fn judged(play: &Play, replies: usize) -> anyhow::Result<String> {
    let verdict = play.judge().await?;
    ensure!(verdict.is_clean() && verdict.once.len() == replies, "{verdict}");
    Ok(verdict.to_string())
}

/// The sabotaged program sends again without knowing: buyers get answers twice.
async fn caught(play: &Play) -> anyhow::Result<String> {
    let verdict = play.judge().await?;
    ensure!(!verdict.repeated.is_empty(), "the ledger shows nothing wrong: {verdict}");
    Ok(format!("{} replies reached buyers more than once", verdict.repeated.len()))
}

async fn lost_answers(play: &Play, expected: usize) -> anyhow::Result<String> {
    let lost = play.system.sandbox.fired("answer_lost").await?;
    ensure!(lost >= expected as u64, "only {lost} of {expected}: the run is void");
    Ok(lost.to_string())
}

/// Each kill hit a call: of so many in flight, one process has three at most. Whoever takes over says so, unless a reading
/// found the answer standing first, so that the log alone does not tell.
async fn killed_calls(seller: &Seller, in_flight: &[usize]) -> anyhow::Result<String> {
    let feed = Feed::take(seller, 1000).await?;
    let is_lost = |event: &&Value| event["data"]["reason"] == "sender_lost";
    let taken_over = feed.of_type("ReplyOutcomeUnknown").filter(is_lost).count();
    let found = format!("{in_flight:?} in flight, {taken_over} taken over");
    ensure!(in_flight.iter().all(|calls| *calls >= IN_FLIGHT), "{found}: the run is void");
    Ok(found)
}

async fn tail(play: &mut Play) -> anyhow::Result<String> {
    play.system.sandbox.end_faults().await?;
    let started = Instant::now();
    for _ in 0..TAIL {
        let (review, answer) = play.reply("Благодарим за отзыв!").await?;
        answer.ok()?;
        play.wait_for(&review, "published").await?;
    }
    let took = started.elapsed();
    ensure!(took < Duration::from_secs(20), "{TAIL} replies took {took:.1?}");
    Ok(format!("{TAIL} in {took:.1?}"))
}

async fn limits_kept(play: &Play) -> anyhow::Result<String> {
    let refused = play.system.sandbox.answered_with(429).await?;
    ensure!(refused == 0, "{refused} calls were refused with 429");
    Ok("no call was refused with 429".to_owned())
}

async fn gapless(seller: &Seller, reviews: usize) -> anyhow::Result<String> {
    let feed = Feed::take(seller, 1000).await?;
    let ingested = feed.count("Ingested");
    ensure!(ingested == reviews, "{ingested} of {reviews} reviews are in the feed");
    Ok(format!("{} events", feed.events.len()))
}

fn verified(play: &Play) -> anyhow::Result<String> {
    play.system.run("verify", &[])?;
    Ok("nothing differs".to_owned())
}
