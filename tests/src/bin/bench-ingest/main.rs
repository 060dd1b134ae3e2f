//! Measures how fast a seller's long history comes in: from the marketplace's pages to rows of the inbox.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

mod raw;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Parser;
use sqlx::PgConnection;
use tests::api::Seller;
use tests::system::{Setup, System};

/// Share of what plain inserts of the same rows could do.
const SHARE_TARGET: f64 = 0.3;

/// Between two looks at how far it has come: one costs a few milliseconds of the database.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Days that the history goes back: most of it is archived, as a real one is.
const DAYS: u32 = 600;

/// Measures reading a history: the sandbox's pages, the adapter, the log, the read models, until every review is a row of
/// the inbox.
///
/// Everything runs as in production, `agentiq serve` in a process of its own and the published paging, except that the
/// sandbox's rate limit is lifted. Plain inserts of the same rows into a table with a primary key and nothing else follow,
/// on the same server: that of `DATABASE_URL`, where both have a database of their own.
#[derive(Parser)]
struct Arguments {
    /// How many reviews the history has.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(100..))]
    reviews: u32,
}

/// What came of it.
struct Measured {
    /// Until all that there is had been read and stored.
    stored: Duration,
    /// Until all of it was in the inbox.
    visible: Duration,
    /// Events in the log, bytes of their payload on average.
    events: i64,
    payload_bytes: i64,
    peak_memory: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { reviews } = Arguments::parse();
    let system = start(reviews).await?;
    let mut db = system.database().connect().await?;
    println!("{}\n", system.database().described().await?);
    let measured = measure(&system, &mut db, reviews).await?;
    let split = split(&system).await?;
    let raw = raw::rows_per_second(system.database().url()).await?;

    let rate = |count: f64, time: Duration| count / time.as_secs_f64();
    let Measured { stored, visible, events, payload_bytes, peak_memory } = measured;
    println!("{:<42} {:>12}", "reviews", reviews);
    println!("{:<42} {:>12}", "events", events);
    println!("{:<42} {:>12}", "bytes of JSON in an event, on average", payload_bytes);
    println!("{:<42} {:>12.1}", "s until all were stored", stored.as_secs_f64());
    println!("{:<42} {:>12.1}", "s until all were in the inbox", visible.as_secs_f64());
    for (what, seconds) in &split {
        println!("{what:<42} {seconds:>12.1}");
    }
    println!("{:<42} {:>12.0}", "rows a second by plain inserts of many", raw);
    println!();
    let reviews_per_second = rate(f64::from(reviews), visible);
    let events_per_second = rate(events as f64, visible);
    println!("figure ingest_reviews_per_second {reviews_per_second:.0} reviews/s");
    println!(
        "figure ingest_stored_reviews_per_second {:.0} reviews/s",
        rate(f64::from(reviews), stored)
    );
    println!("figure ingest_events_per_second {events_per_second:.0} events/s");
    println!("figure ingest_peak_rss {} MiB", peak_memory / 1024 / 1024);
    println!("figure ingest_raw_rows_per_second {raw:.0} rows/s");
    println!(
        "figure ingest_of_raw_append {:.3} ratio target >= {SHARE_TARGET}",
        events_per_second / raw
    );
    Ok(())
}

async fn start(reviews: u32) -> anyhow::Result<System> {
    let mut setup = Setup::together()
        // As in an installation; the harness is in a hurry.
        .with_argument("--lease-seconds=60")
        .with_argument("--projection-lease-seconds=10");
    setup.sandbox.arguments = vec![
        "--reviews=generated".to_owned(),
        format!("--reviews-count={reviews}"),
        format!("--spread-days={DAYS}"),
        "--rate-scale=1000".to_owned(),
    ];
    setup.start().await
}

async fn measure(system: &System, db: &mut PgConnection, reviews: u32) -> anyhow::Result<Measured> {
    let seller: Seller = system.register().await?;
    let started = Instant::now();
    seller.connect(tests::sandbox::TOKEN).await?;
    let mut stored = None;
    // Slower than this something stands still, and the figure would mean nothing.
    let deadline = Duration::from_secs(60) + Duration::from_secs(1) * (reviews / 100);
    let visible = loop {
        if stored.is_none() && is_read(db).await? {
            stored = Some(started.elapsed());
        }
        if stored.is_some() && rows(db).await? == i64::from(reviews) {
            break started.elapsed();
        }
        ensure!(started.elapsed() < deadline, "{} of {reviews} came in", rows(db).await?);
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    let (events, payload_bytes): (i64, i64) =
        sqlx::query_as("select count(*), avg(octet_length(payload::text))::bigint from es.event")
            .fetch_one(db)
            .await?;
    let stored = stored.context("what is visible is stored")?;
    let peak_memory = system.server.peak_memory()?;
    Ok(Measured { stored, visible, events, payload_bytes, peak_memory })
}

async fn is_read(db: &mut PgConnection) -> anyhow::Result<bool> {
    let query = "select coalesce(bool_and(backfill_done), false) from channel_sync";
    Ok(sqlx::query_scalar(query).fetch_one(db).await?)
}

async fn rows(db: &mut PgConnection) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from inbox").fetch_one(db).await?)
}

/// Where the time went, as the program counted it; what happens side by side adds up to more than the whole.
async fn split(system: &System) -> anyhow::Result<Vec<(&'static str, f64)>> {
    const SUMS: [(&str, &str); 3] = [
        ("s reading pages", "agentiq_sync_read_seconds_sum"),
        ("s taking pages in, until stored", "agentiq_sync_take_in_seconds_sum"),
        ("s in calls of the log, side by side", "eventlog_append_call_seconds_sum"),
    ];
    let page = reqwest::get(format!("{}/metrics", system.url)).await?.error_for_status()?;
    let text = page.text().await?;
    let sum = |name: &str| {
        let values = text.lines().filter_map(|line| line.strip_prefix(name)?.rsplit(' ').next());
        values.filter_map(|value| value.parse::<f64>().ok()).sum()
    };
    Ok(SUMS.iter().map(|(what, name)| (*what, sum(name))).collect())
}
