//! Measures how fast read models are made anew from a log, beside Postgres copying the same events out.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

mod history;
mod memory;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use eventlog::{AppenderOptions, Db, DbOptions, EventLog, MasterKey, MasterKeys, SubjectKeys};
use futures::TryStreamExt as _;
use projections::runner::Runner;
use projections::{ReadModel, rebuild};
use sqlx::postgres::PgPoolCopyExt as _;

/// What the slowest read model must reach, in events a second and as a share of copying the events out.
const RATE_TARGET: f64 = 50_000.0;
const SHARE_TARGET: f64 = 0.3;

/// What the process may take while it rebuilds.
const MEMORY_TARGET_MIB: u64 = 300;

const MODELS: [ReadModel; 4] =
    [ReadModel::Inbox, ReadModel::Thread, ReadModel::ReplyHistory, ReadModel::Accounts];

/// Measures rebuilding each read model from a log of interactions with five events each, personal data sealed under a
/// key per buyer, appended as commands append. Needs an empty database.
#[derive(Parser)]
struct Arguments {
    /// The database, as a URL.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// How many events the log has.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1000..))]
    events: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, events } = Arguments::parse();
    let options = DbOptions { statement_timeout: Duration::from_hours(1), ..DbOptions::default() };
    let db = Db::connect(&database_url, options).await.context("connecting")?;
    eventlog::migrate(&db).await.context("migrating")?;
    let keys = MasterKeys::new(MasterKey::generate("bench"), Vec::new());
    let log = open(&db, &keys);

    println!("{:<42} {:>12} {:>12}", "what", "seconds", "events/s");
    let appended = timed(history::append(&log, events)).await?;
    report("appending", events, appended);
    let runner = Runner::new(db.clone(), log.clone(), &ReadModel::ALL, Duration::from_secs(30));
    let followed = timed(runner.catch_up()).await?;
    report("all read models and the outbox, running", events, followed);
    sqlx::query("vacuum analyze").execute(db.pool()).await?;
    let copied = timed(copy_out(&db)).await?;
    report("copying the events out", events, copied);

    memory::forget_peak()?;
    let mut slowest = Duration::ZERO;
    let mut all = Duration::ZERO;
    for model in MODELS {
        // Like the command, which begins without any buyer's key at hand.
        let log = open(&db, &keys);
        let took = timed(rebuild::rebuild(&db, &log, model, |_| ())).await?;
        report(&format!("rebuilding {}", model.name()), events, took);
        slowest = slowest.max(took);
        all += took;
    }
    report("rebuilding all, one after another", events, all);
    let peak = memory::peak_mib()?;
    println!();
    println!(
        "figure rebuild_events_per_second {:.0} events/s target >= {RATE_TARGET}",
        rate(events, slowest)
    );
    println!(
        "figure rebuild_of_copy {:.2} ratio target >= {SHARE_TARGET}",
        copied.as_secs_f64() / slowest.as_secs_f64()
    );
    println!("figure rebuild_peak_rss {peak} MiB target <= {MEMORY_TARGET_MIB}");
    Ok(())
}

fn open(db: &Db, keys: &MasterKeys) -> EventLog {
    let keys = SubjectKeys::new(db.clone(), keys.clone());
    EventLog::new(db.clone(), keys, AppenderOptions::default())
}

async fn timed(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    work.await?;
    Ok(begun.elapsed())
}

fn rate(events: u32, took: Duration) -> f64 {
    f64::from(events) / took.as_secs_f64()
}

fn report(what: &str, events: u32, took: Duration) {
    println!("{what:<42} {:>12.2} {:>12.0}", took.as_secs_f64(), rate(events, took));
}

/// Reads every event as Postgres writes it in text: what reading costs at least.
async fn copy_out(db: &Db) -> anyhow::Result<()> {
    let mut rows = db.pool().copy_out_raw("copy (select * from es.event) to stdout").await?;
    while rows.try_next().await?.is_some() {}
    Ok(())
}
