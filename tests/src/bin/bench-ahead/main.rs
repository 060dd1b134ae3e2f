//! Measures whether a draft is there before an operator opens what came in, what it costs, and that none is paid twice.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

mod buyers;
mod counted;
mod look;
mod operator;
mod waiting;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use futures::future::try_join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::PgConnection;
use tests::api::Seller;
use tests::latencies::Latencies;
use tests::program::Program;
use tests::shops::Shops;
use tests::system::Setup;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use self::counted::{Drafts, Requests};
use self::look::{Looks, Opener};
use self::operator::{Operator, PACE, Work};
use self::waiting::{CameIn, Said, Waiting};

/// Items of the whole size.
const ITEMS: f64 = 5_000.0;

/// Sellers, each with a cabinet at every marketplace and an operator.
const SELLERS: usize = 10;

/// Processes that draft, read and send.
const WORKERS: usize = 3;

/// How often one of them is killed, at the whole size.
const KILLS: f64 = 12.0;

/// How long the run goes on after the last item was written, so that it is read.
const AFTER_THE_LAST: Duration = Duration::from_secs(75);

/// How long after that drafts may still be due: what a process that died was making is nobody's for three minutes.
const AFTER_THE_END: Duration = Duration::from_mins(5);

/// How old items are when they are opened for the second table, in seconds.
const AGES: [u64; 5] = [10, 30, 60, 120, 300];

/// What sellers have settled: as fast as can be settled, and enough for a day.
const BATCH_SIZE: u32 = 100;
const DELAY_MS: u32 = 0;
const DAILY_LIMIT: u32 = 5_000;
const DAILY_BUDGET_MICRO_USD: u64 = 10_000_000;

/// How long the sandbox's model takes, from and to, in milliseconds.
const MODEL_LATENCY: &str = "2000,5000";

/// What is to be there at opening, and what would be best (F136).
const READY_TARGET: f64 = 0.8;
const READY_GOAL: f64 = 0.99;

/// What an item with its draft may take, in milliseconds (F136).
const P99_TARGET_MS: f64 = 100.0;

/// How often a worker is to have been killed for the figures to mean something.
const KILLS_TARGET: usize = 10;

/// Measures drafts made ahead on the whole system: items come in at three marketplaces, 250 a minute, while operators
/// open the urgent and high ones and send their drafts, the model takes 2 to 5 s, and workers are killed with -9.
#[derive(Parser)]
struct Arguments {
    /// Share of the 5,000 items, 0.02 to 1: how long the run takes follows from it.
    #[arg(long, default_value = "1", value_parser = scale)]
    scale: f64,
}

/// What was found.
struct Found {
    work: Work,
    by_age: [Looks; AGES.len()],
    kills: usize,
    /// Drafts that were still due when nobody waited any longer.
    left: i64,
    drafts: Drafts,
    requests: Requests,
}

fn scale(text: &str) -> Result<f64, String> {
    let scale = text.parse::<f64>().ok().filter(|scale| (0.02..=1.0).contains(scale));
    scale.ok_or_else(|| "a number from 0.02 to 1".to_owned())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { scale } = Arguments::parse();
    let items = (ITEMS * scale).round() as usize;
    let kills = (KILLS * scale).round().max(2.0) as usize;
    let (shops, _) = Shops::open(setup(), SELLERS, 0).await?;
    println!("{}\n", shops.system.database().described().await?);
    for shop in &shops.shops {
        settle(&shop.seller).await?;
    }
    let found = run(shops, items, kills).await?;
    print_tables(&found, items);
    print_figures(&found, items);
    Ok(())
}

/// As in an installation; the harness is in a hurry. Only reviews and questions are read more often than every 5 min.
fn setup() -> Setup {
    let mut setup = Setup::apart(WORKERS)
        .with_model()
        .with_argument("--sync-interval-seconds=60")
        .with_argument("--chat-sync-interval-seconds=30")
        .with_argument("--sync-retry-seconds=10")
        .with_argument("--lease-seconds=60")
        .with_argument("--settle-read-after-seconds=30,120,600")
        .with_argument("--settle-proof-seconds=600")
        .with_argument("--confirm-after-seconds=60")
        .with_argument("--projection-lease-seconds=10");
    setup.sandbox.arguments = vec![format!("--model-latency-ms={MODEL_LATENCY}")];
    setup
}

/// Settles how fast drafts are made ahead, as a seller does.
async fn settle(seller: &Seller) -> anyhow::Result<()> {
    let mut now = seller.get("/seller/drafting").await?.ok()?;
    for (field, value) in [
        ("batch_size", json!(BATCH_SIZE)),
        ("delay_ms", json!(DELAY_MS)),
        ("daily_limit", json!(DAILY_LIMIT)),
        ("daily_budget_micro_usd", json!(DAILY_BUDGET_MICRO_USD)),
    ] {
        now["drafting"][field] = value;
    }
    let body = json!({ "replaces": now["version"], "drafting": now["drafting"] });
    seller.send(Method::PUT, "/seller/drafting", body).await?.ok()?;
    Ok(())
}

async fn run(mut shops: Shops, items: usize, kills: usize) -> anyhow::Result<Found> {
    let sellers: Vec<Seller> = shops.shops.iter().map(|shop| shop.seller.clone()).collect();
    let names: Vec<String> = shops.shops.iter().map(|shop| shop.name.clone()).collect();
    let by_id = sellers.iter().map(|seller| Ok((seller.seller_id.parse()?, seller.clone())));
    let by_id: HashMap<Uuid, Seller> = by_id.collect::<anyhow::Result<_>>()?;
    let opener = Opener::new(&shops.system.url)?;
    let waiting = Arc::new(Waiting::default());
    let (began, span) = (Instant::now(), buyers::span(items));
    let end = began + span + AFTER_THE_LAST;

    let operators = by_id.iter().enumerate().map(|(n, (seller_id, seller))| {
        let (seller_id, seller, opener) = (*seller_id, seller.clone(), opener.clone());
        let operator = Operator { seller, seller_id, opener, waiting: waiting.clone() };
        // Not all at the same moment.
        let first = began + PACE.mul_f64(n as f64 / SELLERS as f64);
        async move { tokio::spawn(operator.work(first, end)).await? }
    });
    let mut looks = JoinSet::new();
    let mut db = shops.system.database().connect().await?;
    let follow = waiting.follow(&mut db, end, |said, came_in| {
        let looker = Looker { opener: opener.clone(), waiting: waiting.clone(), end };
        let seller = by_id[&came_in.seller_id].clone();
        looks.spawn(looker.look(seller, said, came_in));
    });
    let (work, (), (), ()) = tokio::try_join!(
        try_join_all(operators),
        follow,
        buyers::write(&shops.system.sandbox, &names, items, began),
        kill(&mut shops.system.workers, kills, began, span),
    )?;
    let left = drafts_left(&mut db).await?;
    let mut by_age: [Looks; AGES.len()] = Default::default();
    for looked in looks.join_all().await {
        for (found, of_age) in by_age.iter_mut().zip(looked?) {
            found.append(of_age);
        }
    }
    let asked = shops.system.sandbox.asked_of_model().await?;
    Ok(Found {
        work: work.into_iter().fold(Work::default(), Work::and),
        by_age,
        kills,
        left,
        drafts: Drafts::of(&sellers).await?,
        requests: Requests::of(&asked)?,
    })
}

/// Opens an item at each of [`AGES`], as long as it waits.
struct Looker {
    opener: Opener,
    waiting: Arc<Waiting>,
    end: Instant,
}

impl Looker {
    async fn look(
        self,
        seller: Seller,
        said: Said,
        came_in: CameIn,
    ) -> anyhow::Result<[Looks; AGES.len()]> {
        let mut found: [Looks; AGES.len()] = Default::default();
        for (found, age) in found.iter_mut().zip(AGES) {
            let due = came_in.since + Duration::from_secs(age);
            if due > self.end {
                break;
            }
            sleep_until(due).await;
            if !self.waiting.has(said) {
                break;
            }
            if let Some(look) = self.opener.open(&seller, said).await? {
                found.add(&look);
            }
        }
        Ok(found)
    }
}

/// Kills one worker after the other while items come in, and starts it again.
async fn kill(
    workers: &mut [Program],
    kills: usize,
    began: Instant,
    span: Duration,
) -> anyhow::Result<()> {
    for n in 0..kills {
        sleep_until(began + span.mul_f64((n + 1) as f64 / (kills + 1) as f64)).await;
        let worker = &mut workers[n % WORKERS];
        worker.kill()?;
        worker.start_again()?;
    }
    Ok(())
}

/// Waits until no draft is due any more, and returns how many are when nobody waits any longer.
async fn drafts_left(db: &mut PgConnection) -> anyhow::Result<i64> {
    let deadline = Instant::now() + AFTER_THE_END;
    loop {
        let due = "select count(*) from inbox where draft_rank is not null";
        let left = sqlx::query_scalar(due).fetch_one(&mut *db).await.context("counting drafts")?;
        if left == 0 || Instant::now() >= deadline {
            return Ok(left);
        }
        sleep(Duration::from_secs(1)).await;
    }
}

fn print_tables(found: &Found, items: usize) {
    let Found { work, by_age, kills, left, drafts, requests } = found;
    let percent = |share: Option<f64>| {
        share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0))
    };
    println!(
        "{items} items in {:.1} min over three marketplaces, {SELLERS} sellers, {WORKERS} workers, one killed with -9 \
         {kills} times",
        buyers::span(items).as_secs_f64() / 60.0
    );
    println!(
        "model {MODEL_LATENCY} ms; of each seller {BATCH_SIZE} drafts a minute with {DELAY_MS} ms between two, \
         {DAILY_LIMIT} and ${} a day\n",
        DAILY_BUDGET_MICRO_USD / 1_000_000
    );
    println!(
        "{:<44} {:>7} {:>7} {:>9} {:>7} {:>8}",
        "urgent and high", "opened", "model", "template", "none", "ready"
    );
    let row = |name: &str, looks: &Looks| {
        println!(
            "{name:<44} {:>7} {:>7} {:>9} {:>7} {:>8}",
            looks.all(),
            looks.by_model,
            looks.by_template,
            looks.without,
            percent(looks.ready())
        );
    };
    row(&format!("by an operator, one every {} s", PACE.as_secs()), &work.opened);
    for (age, looks) in AGES.iter().zip(by_age) {
        row(&format!("{age} s after it came in, if it waits"), looks);
    }
    let mut ages = work.ages.clone();
    ages.sort_unstable();
    let age = |percent: usize| {
        let last = ages.len().saturating_sub(1);
        ages.get(last * percent / 100).map_or(0, Duration::as_secs)
    };
    println!(
        "operators opened them at an age of {}, {} and {} s (10, 50 and 90 of 100); goal {} of them ready\n",
        age(10),
        age(50),
        age(90),
        percent(Some(READY_GOAL))
    );
    let (took, health) = latencies(found);
    println!("{:<44} {:>9} {:>9} {:>9}", "requests", "count", "p50 ms", "p99 ms");
    for (name, latencies) in
        [("GET an item with its draft", &took), ("GET /health/live beside it", &health)]
    {
        let (p50, p99) = (millis(latencies, 50), millis(latencies, 99));
        println!("{name:<44} {:>9} {p50:>9.1} {p99:>9.1}", latencies.count());
    }
    println!();
    println!("{:<44} {:>9}", "drafts that the model was paid for", drafts.by_model);
    println!("{:<44} {:>9}", "in the minute with most of them", drafts.most_of_a_minute());
    for (why, count) in &drafts.templates {
        println!("{:<44} {count:>9}", format!("templates, {why}"));
    }
    println!("{:<44} {:>9}", "texts that went on under what was said since", drafts.carried);
    println!("{:<44} {left:>9}", "drafts still due at the end");
    println!("{:<44} {:>9}", "requests to the model", requests.all);
    println!("{:<44} {:>9}", "of these to mend an answer", requests.repairs);
    println!("{:<44} {:>9}", "replies that operators sent", work.sent);
    println!("{:<44} {:>9}", "replies that were refused", work.refused);
    println!();
}

fn print_figures(found: &Found, items: usize) {
    let Found { work, by_age, kills, left, drafts, requests } = found;
    if let Some(ready) = work.opened.ready() {
        println!("figure ahead_ready_at_opening {ready:.4} ratio target >= {READY_TARGET}");
    }
    for (age, looks) in AGES.iter().zip(by_age) {
        if let Some(ready) = looks.ready() {
            println!("figure ahead_ready_after_{age}_s {ready:.4} ratio");
        }
    }
    let (took, health) = latencies(found);
    println!("figure ahead_get_p99 {:.1} ms target <= {P99_TARGET_MS}", millis(&took, 99));
    println!("figure ahead_health_p99 {:.1} ms", millis(&health, 99));
    let minutes = buyers::span(items).as_secs_f64() / 60.0;
    let of_each = |all: u64| all as f64 / drafts.by_model.max(1) as f64;
    println!("figure ahead_drafts_per_minute {:.0} drafts/min", drafts.by_model as f64 / minutes);
    println!("figure ahead_prompt_tokens_per_draft {:.0} tokens", of_each(drafts.prompt_tokens));
    println!(
        "figure ahead_completion_tokens_per_draft {:.0} tokens",
        of_each(drafts.completion_tokens)
    );
    println!("figure ahead_cost_per_draft {:.1} micro-USD", of_each(drafts.cost_micro_usd));
    println!("figure ahead_kills {kills} kills target >= {KILLS_TARGET}");
    println!("figure ahead_drafts_left {left} drafts target <= 0");
    println!("figure ahead_drafted_twice {} drafts target <= 0", drafts.twice);
    println!("figure ahead_asked_twice {} requests target <= 0", requests.twice);
}

/// How long items with their draft took, and plain requests beside them.
fn latencies(found: &Found) -> (Latencies, Latencies) {
    let (mut took, mut health) = (Latencies::default(), Latencies::default());
    for looks in std::iter::once(&found.work.opened).chain(&found.by_age) {
        took.append(looks.took.clone());
        health.append(looks.health.clone());
    }
    (took, health)
}

fn millis(latencies: &Latencies, percent: usize) -> f64 {
    latencies.quantile(percent).as_secs_f64() * 1_000.0
}
