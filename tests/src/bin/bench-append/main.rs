//! Measures what storing one event costs on the way that commands take, beside plain inserts into the same database.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

mod measure;
mod ours;
mod raw;

use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use commands::Commands;
use eventlog::{Db, DbOptions, EventLog};

use self::measure::{Load, Measured};

/// Callers at once: one, a busy server, more than the connections of a process.
const CLIENTS: [usize; 3] = [1, 32, 256];

/// Sellers that the callers are spread over: many, each in a log of its own, and one.
const TENANTS: [usize; 2] = [16, 1];

/// The command path as it serves, and without what it remembers of streams.
const OURS: [(&str, fn(EventLog) -> Commands); 2] =
    [("commands", Commands::new), ("commands, no cache", Commands::without_cache)];

/// Of the raw multi-row limit, at the most clients over many sellers.
const SHARE_TARGET: f64 = 0.25;

/// Measures appending: our command path, a plain insert of one row, a plain insert of many.
///
/// One step of ours is a command on an interaction with 0 to 9 earlier events: load them, decide, append one event of
/// about 600 bytes, personal data sealed. A plain insert stores a row with a payload of the same size in a table with a
/// primary key and nothing else. Durability is the server's default. Needs an empty database.
#[derive(Parser)]
struct Arguments {
    /// The database, as a URL.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// How long each line of the table is measured, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// A line of the table.
struct Row {
    what: &'static str,
    clients: usize,
    tenants: Option<usize>,
    measured: Measured,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, seconds } = Arguments::parse();
    let db = Db::connect(&database_url, DbOptions::default()).await.context("connecting")?;
    eventlog::migrate(&db).await.context("migrating")?;
    raw::prepare(&db).await?;
    print_server(&db).await?;

    let mut rows = Vec::new();
    println!(
        "{:<22} {:>7} {:>7} {:>10} {:>9} {:>9}",
        "what", "clients", "sellers", "events/s", "p50 ms", "p99 ms"
    );
    for clients in CLIENTS {
        let load = Load { warm_up: Duration::from_secs(1), duration: Duration::from_secs(seconds) };
        for tenants in TENANTS {
            for (what, commands_on) in OURS {
                let callers = ours::callers(&db, clients, tenants, commands_on).await?;
                let measured = measure::run(load, callers).await?;
                report(&mut rows, Row { what, clients, tenants: Some(tenants), measured });
                checkpoint(&db).await?;
            }
        }
        let callers = raw::single_row_callers(&database_url, clients).await?;
        let measured = measure::run(load, callers).await?;
        report(&mut rows, Row { what: "insert of one row", clients, tenants: None, measured });
        checkpoint(&db).await?;
        let callers = raw::multi_row_callers(&database_url, clients).await?;
        let measured = measure::run(load, callers).await?;
        report(&mut rows, Row { what: "insert of many rows", clients, tenants: None, measured });
        checkpoint(&db).await?;
    }
    println!("\nevents of ours hold {} bytes of JSON on average", ours::payload_bytes(&db).await?);
    print_figures(&rows);
    Ok(())
}

fn report(rows: &mut Vec<Row>, row: Row) {
    let Row { what, clients, tenants, measured } = &row;
    let tenants = tenants.map_or_else(|| "-".to_owned(), |tenants| tenants.to_string());
    let millis = |latency: Duration| latency.as_secs_f64() * 1_000.0;
    println!(
        "{what:<22} {clients:>7} {tenants:>7} {:>10.0} {:>9.2} {:>9.2}",
        measured.per_second,
        millis(measured.p50),
        millis(measured.p99)
    );
    rows.push(row);
}

/// One line per figure that has a target, for programs that compare.
fn print_figures(rows: &[Row]) {
    let rate = |what: &str, clients: usize, tenants: Option<usize>| {
        let row =
            rows.iter().find(|r| r.what == what && r.clients == clients && r.tenants == tenants);
        row.map_or(f64::NAN, |row| row.measured.per_second)
    };
    for clients in CLIENTS {
        for tenants in TENANTS {
            let ours = rate("commands", clients, Some(tenants));
            let shares = [
                ("one_row", ours / rate("insert of one row", clients, None)),
                ("many_rows", ours / rate("insert of many rows", clients, None)),
            ];
            println!("figure append_c{clients}_t{tenants} {ours:.0} commands/s");
            for (of, share) in shares {
                let is_target = (of, clients, tenants) == ("many_rows", CLIENTS[2], TENANTS[0]);
                let target =
                    if is_target { format!(" target >= {SHARE_TARGET}") } else { String::new() };
                println!("figure append_c{clients}_t{tenants}_of_{of} {share:.3} ratio{target}");
            }
        }
    }
}

/// What was measured on: figures of another server mean something else.
async fn print_server(db: &Db) -> anyhow::Result<()> {
    let (version, fsync, commit): (String, String, String) = sqlx::query_as(
        "select current_setting('server_version'), current_setting('fsync'),
            current_setting('synchronous_commit')",
    )
    .fetch_one(db.pool())
    .await?;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("PostgreSQL {version}, fsync {fsync}, synchronous_commit {commit}, {cores} cores\n");
    Ok(())
}

/// Writes out what the last line dirtied, so that the next one does not pay for it.
async fn checkpoint(db: &Db) -> anyhow::Result<()> {
    let mut connection = db.pool().acquire().await?;
    sqlx::raw_sql("set statement_timeout = 0; checkpoint; reset statement_timeout")
        .execute(&mut *connection)
        .await?;
    Ok(())
}
