//! The kill switches, judged by the sandbox's ledger: no call that writes begins later than 2 s after a stop was
//! answered, others go on, and after it is resumed everything arrives once, whatever was killed meanwhile.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tests::api::{Answer, Seller};
use tests::sandbox::{SELLER, TOKEN};
use tests::system::{Setup, System};
use tests::wait;
use tokio::task::JoinSet;

use crate::drill::{figure, size};

/// Replies of each seller, in a run of the tests and in a drill.
const REPLIES: (usize, usize) = (24, 300);

/// After this no call begins any more.
const IN_FORCE: TimeDelta = TimeDelta::seconds(2);

/// How long it is watched after that, which is some fifteen calls of a seller's limit.
const WATCHED: Duration = Duration::from_secs(5);

const TEXT: &str = "Спасибо за отзыв!";

struct Shop {
    name: &'static str,
    seller: Seller,
    asked: Vec<String>,
    answers: JoinSet<anyhow::Result<Answer>>,
}

/// A write as the ledger tells it.
struct Write {
    seller: String,
    target: String,
    applied: bool,
    at: DateTime<Utc>,
}

async fn writes(system: &System) -> anyhow::Result<Vec<Write>> {
    let lines = system.sandbox.lines().await?;
    let write = |line: &Value| {
        let text = |field: &str| line[field].as_str().map(str::to_owned).context("a text");
        Ok(Write {
            seller: text("seller")?,
            target: text("target")?,
            applied: line["applied"] == true,
            at: serde_json::from_value(line["time"].clone())?,
        })
    };
    lines.iter().filter(|line| line["kind"] == "answer").map(write).collect()
}

/// Starts three workers and two sellers with so many reviews each, of whom each has asked for as many replies at once.
async fn start(replies: usize) -> anyhow::Result<(System, [Shop; 2])> {
    let mut setup = Setup::apart(3).with_reviews(replies + 1);
    setup.sandbox.arguments = vec!["--seller=other:token-other".to_owned()];
    let system = setup.start().await?;
    let stopped = Shop::open(&system, SELLER, TOKEN, replies + 1).await?;
    let going = Shop::open(&system, "other", "token-other", replies + 1).await?;
    let mut shops = [stopped, going];
    for shop in &mut shops {
        shop.reply_to_all(replies).await?;
    }
    // In the middle of it.
    wait::until_within(2 * wait::PATIENCE, "both have begun to write", async || {
        let writes = writes(&system).await?;
        let begun = |shop: &Shop| writes.iter().filter(|it| it.seller == shop.name).count() >= 3;
        Ok(shops.iter().all(begun).then_some(()))
    })
    .await?;
    Ok((system, shops))
}

impl Shop {
    async fn open(
        system: &System,
        name: &'static str,
        token: &str,
        reviews: usize,
    ) -> anyhow::Result<Self> {
        let seller = system.register().await?;
        seller.connect(token).await?;
        seller.wait_for_total(reviews as u64).await?;
        Ok(Self { name, seller, asked: Vec::new(), answers: JoinSet::new() })
    }

    async fn reply_to_all(&mut self, replies: usize) -> anyhow::Result<()> {
        for item in self.seller.list("needs_response=true").await?.into_iter().take(replies) {
            let id = item["interaction_id"].as_str().context("an id")?.to_owned();
            self.asked.push(item["external_id"].as_str().context("an id")?.to_owned());
            let seller = self.seller.clone();
            self.answers.spawn(async move { seller.reply(&id, TEXT).await });
        }
        Ok(())
    }

    async fn throw(&self, what: &str) -> anyhow::Result<Value> {
        self.seller.send(Method::POST, &format!("/sending/{what}"), json!({})).await?.ok()
    }

    /// Waits until all that was asked for is published, and says what of it did not arrive once.
    async fn arrived(&self, system: &System) -> anyhow::Result<Vec<String>> {
        let wanted = self.asked.len();
        let patience = 3 * wait::PATIENCE + Duration::from_secs(2 * wanted as u64);
        wait::until_within(patience, "all replies are published", async || {
            let answered = self.seller.list("status=responded").await?;
            let published = answered.iter().filter(|item| item["reply_state"] == "published");
            let published = published.count();
            ensure!(published >= wanted, "{}: {published} of {wanted} are", self.name);
            Ok(Some(()))
        })
        .await?;
        let writes = writes(system).await?;
        let times = |target: &str| {
            let of = writes.iter().filter(|it| it.seller == self.name && it.target == target);
            of.filter(|it| it.applied).count()
        };
        let wrong = self.asked.iter().filter(|target| times(target) != 1);
        Ok(wrong.map(|target| format!("{target} arrived {} times", times(target))).collect())
    }
}

/// Returns how many calls of these sellers began later than a stop answered at `answered` allows.
async fn late(system: &System, answered: DateTime<Utc>, names: &[&str]) -> anyhow::Result<usize> {
    let writes = writes(system).await?;
    let of = writes.iter().filter(|it| names.contains(&it.seller.as_str()));
    Ok(of.filter(|it| it.at > answered + IN_FORCE).count())
}

/// Watches what still goes out after a stop, long enough to see it.
async fn watch() {
    tokio::time::sleep(IN_FORCE.to_std().unwrap_or_default() + WATCHED).await;
}

/// Stops one of two sellers in the middle of their replies, kills two processes meanwhile, and resumes while somebody
/// stops again. Returns what went wrong with the stop.
async fn one_seller_stops() -> anyhow::Result<Vec<String>> {
    let (mut system, [stopped, going]) = start(size(REPLIES.0, REPLIES.1)).await?;
    let told = stopped.throw("stop").await?;
    let answered = Utc::now();
    ensure!(!told["stop"].is_null(), "{told}");
    for worker in &mut system.workers[..2] {
        worker.kill()?;
        worker.start_again()?;
    }
    watch().await;
    let began = late(&system, answered, &[stopped.name]).await?;
    let others = late(&system, answered, &[going.name]).await?;
    figure("stopped_sellers_late_calls", began, "calls", "= 0");
    let waiting = stopped.seller.get("/sending").await?.ok()?["waiting"].as_u64();
    let mut wrong = Vec::new();
    if began > 0 {
        wrong.push(format!("{began} calls began after the stop"));
        return Ok(wrong);
    }
    ensure!(others > 0, "the other seller's replies were all out before the stop: void");
    ensure!(waiting > Some(0), "nothing waited: void");

    // Switches thrown side by side end as the last one in the log says.
    for _ in 0..5 {
        let (resumed, again) = tokio::join!(stopped.throw("resume"), stopped.throw("stop"));
        resumed.and(again)?;
    }
    stopped.throw("resume").await?;
    for shop in [&stopped, &going] {
        wrong.extend(shop.arrived(&system).await?);
    }
    Ok(wrong)
}

/// Stops the whole installation from the command line, kills every process, and resumes. Returns what went wrong.
async fn everything_stops() -> anyhow::Result<Vec<String>> {
    let (mut system, shops) = start(size(REPLIES.0, REPLIES.1)).await?;
    let said = system.run("sending", &["stop", "--reason", "Проверка", "--by", "Дежурный"])?;
    let answered = Utc::now();
    ensure!(said.contains("stopped"), "{said}");
    for worker in &mut system.workers {
        worker.kill()?;
        worker.start_again()?;
    }
    system.server.kill()?;
    system.start_server_again().await?;
    watch().await;
    let began = late(&system, answered, &[SELLER, "other"]).await?;
    figure("stopped_installations_late_calls", began, "calls", "= 0");
    if began > 0 {
        return Ok(vec![format!("{began} calls began after the stop")]);
    }
    let mut waiting = 0;
    for shop in &shops {
        let sending = shop.seller.get("/sending").await?.ok()?;
        ensure!(sending["installation_stop"]["reason"] == "Проверка", "{sending}");
        waiting += sending["waiting"].as_u64().unwrap_or_default();
    }
    ensure!(waiting > 0, "nothing waited: void");
    let said = system.run("sending", &["resume", "--by", "Дежурный"])?;
    ensure!(said.contains("resumed") && said.contains("Проверка"), "{said}");
    let mut wrong = Vec::new();
    for mut shop in shops {
        // Whoever was cut off asks again, as a client would, and is not answered twice.
        while let Some(answer) = shop.answers.join_next().await {
            answer?.ok();
        }
        let waiting = shop.seller.list("needs_response=true").await?;
        let cut_off = waiting
            .iter()
            .filter(|item| shop.asked.iter().any(|asked| item["external_id"] == asked.as_str()));
        for item in cut_off {
            shop.seller.reply(item["interaction_id"].as_str().context("an id")?, TEXT).await?;
        }
        wrong.extend(shop.arrived(&system).await?);
    }
    Ok(wrong)
}

#[cfg(not(feature = "sabotage-deaf-to-stops"))]
#[tokio::test]
async fn a_seller_that_stops_is_obeyed_within_seconds_and_loses_nothing() -> anyhow::Result<()> {
    assert_eq!(one_seller_stops().await?, Vec::<String>::new());
    Ok(())
}

#[cfg(not(feature = "sabotage-deaf-to-stops"))]
#[tokio::test]
async fn a_stop_of_the_installation_is_obeyed_by_all_and_loses_nothing() -> anyhow::Result<()> {
    assert_eq!(everything_stops().await?, Vec::<String>::new());
    Ok(())
}

/// A program that goes on sending: the same checks must notice.
#[cfg(feature = "sabotage-deaf-to-stops")]
#[tokio::test]
async fn being_deaf_to_a_sellers_stop_is_noticed() -> anyhow::Result<()> {
    assert_ne!(one_seller_stops().await?, Vec::<String>::new());
    Ok(())
}

#[cfg(feature = "sabotage-deaf-to-stops")]
#[tokio::test]
async fn being_deaf_to_the_installations_stop_is_noticed() -> anyhow::Result<()> {
    assert_ne!(everything_stops().await?, Vec::<String>::new());
    Ok(())
}
