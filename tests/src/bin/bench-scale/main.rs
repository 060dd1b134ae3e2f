//! Measures whether appending and reading stay as fast when the log grows.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

mod inbox;
mod ingest;
mod operator;
mod sellers;
mod sizes;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use commands::Commands;
use eventlog::{
    AppenderOptions, Db, DbOptions, EventLog, LogId, MasterKey, MasterKeys, SubjectKeys,
};
use mimalloc::MiMalloc;
use projections::ReadModel;
use projections::runner::Runner;
use tests::latencies::Latencies;

use self::operator::Operator;
use self::sellers::Sellers;
use self::sizes::Sizes;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Rows of the table: a tenth of the events each.
const LEGS: u64 = 10;

/// What the last tenth must keep of the second's throughput. The first also fills caches and makes plans.
const KEPT_TARGET: f64 = 0.8;

/// Grows the log to so many events, in ten legs.
///
/// In a leg, four readers take in pages of 1,000 reviews, five readings of each with another text, on the way that pages
/// of a marketplace take: load, decide, append, personal data sealed. Meanwhile one operator after the other proposes a
/// draft on any review that there is, the oldest as likely as the newest. Then the inbox catches up and is asked. Needs
/// an empty database. Rows are printed as they come, so a run that is interrupted has shown what it knows.
#[derive(Parser)]
struct Arguments {
    /// The database, as a URL.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// Events in the end, at least; 2 KiB of disc or so each.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(50_000..))]
    events: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, events } = Arguments::parse();
    let db = Db::connect(&database_url, DbOptions::default()).await.context("connecting")?;
    eventlog::migrate(&db).await.context("migrating")?;
    let keys =
        SubjectKeys::new(db.clone(), MasterKeys::new(MasterKey::generate("bench"), Vec::new()));
    let log = EventLog::new(db.clone(), keys, AppenderOptions::default());
    let bench = Bench {
        runner: Runner::new(db.clone(), log.clone(), &[ReadModel::Inbox], Duration::from_secs(30)),
        commands: Commands::new(log.clone()),
        sellers: Sellers::new(&log).await?,
        log,
        db,
    };

    println!(
        "{:>10} {:>9} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8}",
        "events",
        "append/s",
        "page p50",
        "page p99",
        "cmd p50",
        "cmd p99",
        "inbox/s",
        "list p99",
        "count p99",
        "event MB",
        "index MB",
        "inbox MB",
        "all MB"
    );
    let mut rates = Vec::new();
    for leg in 1..=LEGS {
        rates.push(bench.leg(events * leg / LEGS).await?);
    }
    print_figures(&rates);
    Ok(())
}

struct Bench {
    db: Db,
    log: EventLog,
    commands: Commands,
    sellers: Sellers,
    runner: Runner,
}

impl Bench {
    /// Appends until the log holds `target` events, lets the inbox catch up, prints a row; returns the events a second.
    async fn leg(&self, target: u64) -> anyhow::Result<f64> {
        let before = self.events().await?;
        let operator = Operator::start(self.commands.clone(), self.sellers.clone());
        let started = Instant::now();
        let pages =
            ingest::until(&self.commands, &self.sellers, target.saturating_sub(before)).await?;
        let took = started.elapsed();
        let commands = operator.stop().await?;
        let after = self.events().await?;
        let appended = (after - before) as f64 / took.as_secs_f64();

        let started = Instant::now();
        self.runner.catch_up().await.context("letting the inbox catch up")?;
        let folded = (after - before) as f64 / started.elapsed().as_secs_f64();
        let asked = inbox::ask(&self.db, &self.sellers).await?;
        let sizes = Sizes::read(&self.db).await?;
        let millis = |latencies: &Latencies, percent| {
            format!("{:.1}", latencies.quantile(percent).as_secs_f64() * 1_000.0)
        };
        println!(
            "{after:>10} {appended:>9.0} {:>8} {:>8} {:>8} {:>8} {folded:>9.0} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8}",
            millis(&pages, 50),
            millis(&pages, 99),
            millis(&commands, 50),
            millis(&commands, 99),
            millis(&asked.lists, 99),
            millis(&asked.counts, 99),
            sizes.events,
            sizes.event_indexes,
            sizes.inbox,
            sizes.all,
        );
        Ok(appended)
    }

    /// How many events there are: positions have no gaps.
    async fn events(&self) -> anyhow::Result<u64> {
        let heads: Vec<(LogId, i64)> = self.log.heads().await?;
        Ok(u64::try_from(heads.iter().map(|(_, position)| position).sum::<i64>())?)
    }
}

/// One line per figure, for programs that compare.
fn print_figures(rates: &[f64]) {
    let [_, second, .., last] = rates else { return };
    println!("figure scale_second {second:.0} events/s");
    println!("figure scale_last {last:.0} events/s");
    println!("figure scale_last_of_second {:.3} ratio target >= {KEPT_TARGET}", last / second);
}
