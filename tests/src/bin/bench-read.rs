//! Measures what operators and managers wait for most often: the inbox by deadline and the page of numbers, of a seller with
//! a long history.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chrono::{Days, NaiveDate, Utc};
use clap::Parser;
use domain::TenantId;
use eventlog::{AppenderOptions, Db, DbOptions, EventLog, MasterKey, MasterKeys, SubjectKeys};
use projections::ReadModel;
use projections::inbox::{self, Filter, Order};
use projections::metric::{self, By, Period};
use projections::runner::Runner;
use tests::history;
use tests::latencies::Latencies;
use uuid::Uuid;

/// What whoever opens the page of numbers waits for, in milliseconds.
const NUMBERS_TARGET_MS: f64 = 50.0;

/// What an operator waits for the inbox by deadline, in milliseconds.
const INBOX_TARGET_MS: f64 = 5.0;

/// The periods that the page of numbers offers, in days.
const PERIODS: [u64; 3] = [7, 30, 90];

/// How often each period is asked for by everything that it can be told by.
const ROUNDS: usize = 12;

/// Pages of the inbox that are read, one after the other, how often, and their rows.
const PAGES: usize = 20;
const READINGS: usize = 20;
const ROWS: i64 = 50;

const ZONE: &str = "Europe/Moscow";

const ALL: [By; 8] = [
    By::Channel,
    By::Marketplace,
    By::Account,
    By::Product,
    By::Intent,
    By::Rating,
    By::Operator,
    By::Day,
];

/// Measures reading beside a history of one seller over 400 days. Needs an empty database.
#[derive(Parser)]
struct Arguments {
    /// The database, as a URL.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// How many interactions the seller has.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(100..))]
    interactions: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, interactions } = Arguments::parse();
    let options = DbOptions { statement_timeout: Duration::from_hours(1), ..DbOptions::default() };
    let db = Db::connect(&database_url, options).await.context("connecting")?;
    eventlog::migrate(&db).await.context("migrating")?;
    let keys = MasterKeys::new(MasterKey::generate("bench"), Vec::new());
    let keys = SubjectKeys::new(db.clone(), keys);
    let log = EventLog::new(db.clone(), keys, AppenderOptions::default());
    let seller = TenantId(Uuid::now_v7());
    history::append(&log, seller, interactions).await.context("appending")?;
    let models = [ReadModel::Inbox, ReadModel::Metric];
    let runner = Runner::new(db.clone(), log, &models, Duration::from_secs(30));
    runner.catch_up().await.context("filling the read models")?;
    let begun = Instant::now();
    let days = history::count_days(&db, seller, ZONE).await.context("counting days")?;
    println!("{days} days counted beforehand in {:.0} s", begun.elapsed().as_secs_f64());
    sqlx::query("vacuum analyze").execute(db.pool()).await?;
    println!();
    println!("{:<34} {:>8} {:>9} {:>9}", "", "times", "p50 ms", "p99 ms");
    let inbox = [
        told("inbox by deadline", read_inbox(&db, seller, Filter::default()).await?),
        told("inbox by deadline, late", read_inbox(&db, seller, late()).await?),
        told("inbox by deadline, Ozon", read_inbox(&db, seller, of_ozon()).await?),
    ];
    let mut numbers = Vec::new();
    for days in PERIODS {
        let mut of_period = Latencies::default();
        for by in ALL {
            let took = read_numbers(&db, seller, days, by).await?;
            told(&format!("numbers of {days} days by {by:?}").to_lowercase(), took.clone());
            of_period.append(took);
        }
        numbers.push((days, told(&format!("numbers of {days} days"), of_period)));
    }
    told("select 1 beside it", plain(&db).await?);
    println!();
    let slowest = inbox.into_iter().fold(0.0, f64::max);
    println!("figure inbox_by_deadline_p99 {slowest:.1} ms target <= {INBOX_TARGET_MS}");
    for (days, p99) in numbers {
        println!("figure numbers_p99_{days}_days {p99:.1} ms target <= {NUMBERS_TARGET_MS}");
    }
    Ok(())
}

fn late() -> Filter {
    Filter { breached: Some(true), ..Filter::default() }
}

fn of_ozon() -> Filter {
    Filter { marketplaces: vec!["ozon".to_owned()], ..Filter::default() }
}

/// Reads pages of the inbox, one after the other from its beginning.
async fn read_inbox(db: &Db, seller: TenantId, filter: Filter) -> anyhow::Result<Latencies> {
    let mut took = Latencies::default();
    for _ in 0..READINGS {
        let mut after = None;
        for _ in 0..PAGES {
            let begun = Instant::now();
            let page = inbox::list(db, seller, &filter, Order::Deadline, after, ROWS).await?;
            took.add(begun.elapsed());
            ensure!(!page.rows.is_empty(), "the inbox is shorter than what is read of it");
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(took)
}

/// Reads the numbers of the days up to today.
async fn read_numbers(db: &Db, seller: TenantId, days: u64, by: By) -> anyhow::Result<Latencies> {
    let today: NaiveDate = Utc::now().date_naive();
    let period = Period { from: today - Days::new(days - 1), to: today + Days::new(1), zone: ZONE };
    let filter = metric::Filter::default();
    let mut took = Latencies::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let numbers = metric::figures(db, seller, &period, filter, Some(by)).await?;
        took.add(begun.elapsed());
        ensure!(!numbers.groups.is_empty(), "nothing was counted");
    }
    Ok(took)
}

/// What the way to the database takes alone.
async fn plain(db: &Db) -> anyhow::Result<Latencies> {
    let mut took = Latencies::default();
    for _ in 0..PAGES * READINGS {
        let begun = Instant::now();
        sqlx::query("select 1").execute(db.pool()).await?;
        took.add(begun.elapsed());
    }
    Ok(took)
}

/// Prints a line of the table. Returns the 99th percentile in milliseconds.
fn told(what: &str, took: Latencies) -> f64 {
    let milliseconds = |percent| took.quantile(percent).as_secs_f64() * 1000.0;
    let (p50, p99) = (milliseconds(50), milliseconds(99));
    println!("{what:<34} {:>8} {p50:>9.1} {p99:>9.1}", took.count());
    p99
}
