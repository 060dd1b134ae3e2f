//! Has a long history counted by the read model `metric`, and puts its numbers out beside the log itself, so that another
//! program can count them anew.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chrono::{Days, NaiveDate, Utc};
use clap::Parser;
use domain::TenantId;
use domain::interaction::SendFailure;
use eventlog::{AppenderOptions, Db, DbOptions, EventLog, MasterKey, MasterKeys, SubjectKeys};
use futures::TryStreamExt as _;
use projections::ReadModel;
use projections::metric::{self, By, Figures, Filter, Metric, Period};
use projections::runner::Runner;
use serde_json::json;
use sqlx::postgres::PgPoolCopyExt as _;
use tests::history;
use uuid::Uuid;

/// No summer time: whoever counts anew needs no rules of zones. Days of those that have it are tests' business.
const ZONE: &str = "Europe/Moscow";

const METRICS: [Metric; 19] = [
    Metric::Answered,
    Metric::AnsweredHere,
    Metric::AnsweredElsewhere,
    Metric::Automatic,
    Metric::InBulk,
    Metric::Unmeasured,
    Metric::Judged,
    Metric::Accepted,
    Metric::Edited,
    Metric::Manual,
    Metric::Measured,
    Metric::Timed,
    Metric::SlaDue,
    Metric::SlaMet,
    Metric::SlaMissed,
    Metric::Refused,
    Metric::Unknown,
    Metric::Failed,
    Metric::InDoubt,
];

const CAUSES: [SendFailure; 7] = [
    SendFailure::BadRequest,
    SendFailure::NoRight,
    SendFailure::NotFound,
    SendFailure::NeverArrived,
    SendFailure::Unprovable,
    SendFailure::AnsweredElsewhere,
    SendFailure::NotPublished,
];

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

/// Makes the history of one seller, counts it, and writes `events.csv` and `figures.jsonl`. Needs an empty database.
#[derive(Parser)]
struct Arguments {
    /// The database, as a URL.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// How many interactions the seller has, over 400 days.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(100..))]
    interactions: u32,
    /// Where the files go.
    #[arg(long)]
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, interactions, folder } = Arguments::parse();
    let options = DbOptions { statement_timeout: Duration::from_hours(1), ..DbOptions::default() };
    let db = Db::connect(&database_url, options).await.context("connecting")?;
    eventlog::migrate(&db).await.context("migrating")?;
    let keys = MasterKeys::new(MasterKey::generate("drill"), Vec::new());
    let keys = SubjectKeys::new(db.clone(), keys);
    let log = EventLog::new(db.clone(), keys, AppenderOptions::default());
    let seller = TenantId(Uuid::now_v7());

    let begun = Instant::now();
    history::append(&log, seller, interactions).await.context("appending")?;
    println!("{interactions} interactions appended in {:.0} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let lease = Duration::from_secs(30);
    let runner = Runner::new(db.clone(), log.clone(), &[ReadModel::Metric], lease);
    runner.catch_up().await.context("counting")?;
    println!("counted in {:.0} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let days = history::count_days(&db, seller, ZONE).await.context("counting days")?;
    println!("{days} days counted beforehand in {:.0} s", begun.elapsed().as_secs_f64());
    sqlx::query("vacuum analyze").execute(db.pool()).await?;

    put_events(&db, &folder.join("events.csv")).await.context("exporting events")?;
    put_figures(&db, seller, &folder.join("figures.jsonl")).await.context("exporting figures")
}

/// Exports the log as it is stored: what anybody said stays sealed, and no number rests on it.
async fn put_events(db: &Db, path: &Path) -> anyhow::Result<()> {
    let copy = "copy (select stream_id, version, recorded_at at time zone 'UTC' as recorded_at, actor, payload
        from es.event) to stdout with (format csv, header)";
    let mut file = BufWriter::new(File::create(path)?);
    let mut rows = db.pool().copy_out_raw(copy).await?;
    while let Some(rows) = rows.try_next().await? {
        file.write_all(&rows)?;
    }
    Ok(file.flush()?)
}

/// Writes every number of the whole history, in all and by everything that it can be told by.
async fn put_figures(db: &Db, seller: TenantId, path: &Path) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let days = u64::try_from(history::DAYS)?;
    let period = period(days + 10, 40);
    let whole = metric::figures(db, seller, &period, Filter::default(), None).await?;
    let mut above = put(&mut file, "all", None, &whole.total)?;
    for by in ALL {
        let name = format!("{by:?}").to_lowercase();
        let numbers = metric::figures(db, seller, &period, Filter::default(), Some(by)).await?;
        for group in numbers.groups {
            above += put(&mut file, &name, group.key.as_deref(), &group.figures)?;
        }
    }
    ensure!(above > 0, "nothing was counted");
    println!("{above} numbers above 0");
    Ok(file.flush()?)
}

fn put(
    file: &mut impl std::io::Write,
    by: &str,
    key: Option<&str>,
    figures: &Figures,
) -> anyhow::Result<usize> {
    let names = METRICS.iter().map(|metric| metric.as_str().to_owned());
    let mut above = 0;
    for name in names.chain(CAUSES.iter().map(|cause| metric::failed_by(*cause))) {
        let figure = figures.named(&name);
        if figure.count > 0 {
            let line = json!({"told_by": by, "key": key, "name": name, "count": figure.count,
                "p50": figure.p50, "p90": figure.p90});
            writeln!(file, "{line}")?;
            above += 1;
        }
    }
    Ok(above)
}

/// Days up to some that are to come, for what was answered late.
fn period(back: u64, ahead: u64) -> Period {
    let today: NaiveDate = Utc::now().date_naive();
    Period { from: today - Days::new(back), to: today + Days::new(ahead), zone: ZONE }
}
