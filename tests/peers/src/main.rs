//! Measures published event stores by the work that `bench-append` measures ours by.
#![expect(clippy::print_stdout, reason = "how far it is, while it runs for minutes")]

mod disintegrate;
#[path = "../../src/bin/bench-append/measure.rs"]
mod measure;
mod postgres_es;
mod report;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use self::measure::{Caller, Load, Measured};
use self::report::{Report, Row};

/// Callers at once, as `bench-append` has them.
const CLIENTS: [usize; 3] = [1, 32, 256];

/// Connections that a store is tried with: what suits it best is its own business, so it gets the best of these.
const CONNECTIONS: [u32; 3] = [8, 32, 64];

/// Measures postgres-es and disintegrate-postgres.
///
/// One step is what `bench-append` does: load an interaction with 0 to 9 earlier events, decide, append one event of
/// about 600 bytes. Each store is tried with pools of 8, 32 and 64 connections for a second each, then measured with
/// the best. Needs an empty database.
#[derive(Parser)]
struct Arguments {
    /// The database, as a URL.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// How long each row is measured, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Where the rows go, one JSON object a line.
    #[arg(long)]
    rows: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, seconds, rows } = Arguments::parse();
    let mut report = Report::create(&rows)?;
    let pool = connect(&database_url, 1).await.context("connecting")?;
    postgres_es::prepare(&pool).await.context("making the tables of postgres-es")?;
    disintegrate::prepare(&pool).await.context("making the tables of disintegrate-postgres")?;

    let bench = Bench { database_url, seconds };
    for clients in CLIENTS {
        let best = bench.best(clients, postgres_es::callers).await?;
        report.add(&Row::new(postgres_es::NAME, clients, best))?;
        checkpoint(&pool).await?;
        let best = bench.best(clients, disintegrate::callers).await?;
        report.add(&Row::new(disintegrate::NAME, clients, best))?;
        checkpoint(&pool).await?;
    }
    println!("{}", work::payload_bytes(&pool).await?);
    Ok(())
}

/// What every row shares.
struct Bench {
    database_url: String,
    seconds: u64,
}

impl Bench {
    /// Measures callers that share a pool, made by `callers`, with the number of connections that suits them best.
    async fn best<C: Caller>(
        &self,
        clients: usize,
        callers: impl Fn(&PgPool, usize) -> Vec<C>,
    ) -> anyhow::Result<(u32, Measured)> {
        let mut best = (1, 0.0);
        if clients > 1 {
            for connections in CONNECTIONS {
                let tried = self.measure(clients, connections, 1, &callers).await?;
                if tried.per_second > best.1 {
                    best = (connections, tried.per_second);
                }
            }
        }
        let (connections, _) = best;
        Ok((connections, self.measure(clients, connections, self.seconds, &callers).await?))
    }

    async fn measure<C: Caller>(
        &self,
        clients: usize,
        connections: u32,
        seconds: u64,
        callers: impl Fn(&PgPool, usize) -> Vec<C>,
    ) -> anyhow::Result<Measured> {
        let pool = connect(&self.database_url, connections).await?;
        let load = Load { warm_up: Duration::from_secs(1), duration: Duration::from_secs(seconds) };
        let measured = measure::run(load, callers(&pool, clients)).await?;
        pool.close().await;
        Ok(measured)
    }
}

async fn connect(url: &str, connections: u32) -> sqlx::Result<PgPool> {
    PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(connections)
        // As ours: an idle connection is not asked each time whether it lives.
        .test_before_acquire(false)
        // With 256 callers on 8 connections the wait is part of what is measured.
        .acquire_timeout(Duration::from_secs(60))
        .connect(url)
        .await
}

/// Writes out what the last row dirtied, so that the next one does not pay for it.
async fn checkpoint(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::raw_sql("checkpoint").execute(pool).await?;
    Ok(())
}
