//! Measures what storing one event costs on the way that commands take, beside plain inserts into the same database.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

mod measure;
mod ours;
mod peers;
mod raw;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use commands::Commands;
use eventlog::{Db, DbOptions, EventLog};
use mimalloc::MiMalloc;

use self::measure::{Load, Measured};

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Callers at once: one, a busy server, more than the connections of a process.
const CLIENTS: [usize; 3] = [1, 32, 256];

/// Sellers that the callers are spread over: many, each in a log of its own, and one.
const TENANTS: [usize; 2] = [16, 1];

/// A command path on a log.
type CommandsOn = fn(EventLog) -> Commands;

/// The command path as it serves, and without what it remembers of streams.
const OURS: [(&str, CommandsOn); 2] =
    [(AS_IT_SERVES, Commands::new), (WITHOUT_CACHE, Commands::without_cache)];

/// Each ratio that has a target: its name, ours at so many clients and sellers, by what, and at least what.
const TARGETS: [(&str, usize, usize, &str, f64); 5] = [
    ("append_c256_many_of_postgres_es", 256, 16, "postgres-es", 10.0),
    ("append_c256_hot_of_postgres_es", 256, 1, "postgres-es", 5.0),
    ("append_c1_of_postgres_es", 1, 16, "postgres-es", 1.0),
    ("append_c1_hot_of_postgres_es", 1, 1, "postgres-es", 1.0),
    ("append_c256_of_many_rows", 256, 16, MANY_ROWS, 0.25),
];

const AS_IT_SERVES: &str = "commands";
const WITHOUT_CACHE: &str = "commands, no cache";
const ONE_ROW: &str = "insert of one row";
const MANY_ROWS: &str = "insert of many rows";

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
    /// Rows of other stores, as `bench-peers` writes them, to be printed beside ours.
    #[arg(long)]
    peers: Option<PathBuf>,
}

/// A line of the table.
struct Row {
    what: String,
    clients: usize,
    tenants: Option<usize>,
    /// Where they were chosen to suit it.
    connections: Option<u32>,
    measured: Measured,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, seconds, peers } = Arguments::parse();
    let db = Db::connect(&database_url, DbOptions::default()).await.context("connecting")?;
    eventlog::migrate(&db).await.context("migrating")?;
    raw::prepare(&db).await?;
    print_server(&db).await?;

    let mut peers = peers.map_or_else(|| Ok(Vec::new()), |path| peers::read(&path))?;
    let mut rows = Vec::new();
    println!(
        "{:<22} {:>7} {:>7} {:>11} {:>10} {:>9} {:>9}",
        "what", "clients", "sellers", "connections", "events/s", "p50 ms", "p99 ms"
    );
    for clients in CLIENTS {
        let load = Load { warm_up: Duration::from_secs(1), duration: Duration::from_secs(seconds) };
        for tenants in TENANTS {
            for (what, commands_on) in OURS {
                let callers = ours::callers(&db, clients, tenants, commands_on).await?;
                let measured = measure::run(load, callers).await?;
                report(&mut rows, Row::new(what, clients, Some(tenants), measured));
                checkpoint(&db).await?;
            }
        }
        let callers = raw::single_row_callers(&database_url, clients).await?;
        let measured = measure::run(load, callers).await?;
        report(&mut rows, Row::new(ONE_ROW, clients, None, measured));
        checkpoint(&db).await?;
        let callers = raw::multi_row_callers(&database_url, clients).await?;
        let measured = measure::run(load, callers).await?;
        report(&mut rows, Row::new(MANY_ROWS, clients, None, measured));
        checkpoint(&db).await?;
        for row in peers.extract_if(.., |row| row.clients == clients) {
            report(&mut rows, row);
        }
    }
    println!("\nevents of ours hold {} bytes of JSON on average", ours::payload_bytes(&db).await?);
    print_figures(&rows);
    Ok(())
}

impl Row {
    fn new(what: &str, clients: usize, tenants: Option<usize>, measured: Measured) -> Self {
        Self { what: what.to_owned(), clients, tenants, connections: None, measured }
    }
}

fn report(rows: &mut Vec<Row>, row: Row) {
    let Row { what, clients, tenants, connections, measured } = &row;
    let tenants = tenants.map_or_else(|| "-".to_owned(), |tenants| tenants.to_string());
    let connections = connections.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let millis = |latency: Duration| latency.as_secs_f64() * 1_000.0;
    println!(
        "{what:<22} {clients:>7} {tenants:>7} {connections:>11} {:>10.0} {:>9.2} {:>9.2}",
        measured.per_second,
        millis(measured.p50),
        millis(measured.p99)
    );
    rows.push(row);
}

/// One line per figure, for programs that compare: our rates, and the ratios that have a target.
fn print_figures(rows: &[Row]) {
    let rate = |what: &str, clients: usize, tenants: Option<usize>| {
        let row =
            rows.iter().find(|r| r.what == what && r.clients == clients && r.tenants == tenants);
        row.map(|row| row.measured.per_second)
    };
    for row in rows.iter().filter(|row| row.what == AS_IT_SERVES) {
        let tenants = row.tenants.unwrap_or_default();
        let per_second = row.measured.per_second;
        println!("figure append_c{}_t{tenants} {per_second:.0} commands/s", row.clients);
    }
    for (name, clients, tenants, other, target) in TARGETS {
        // A run without other stores has no figure of them.
        let Some(other) = rate(other, clients, None) else { continue };
        if let Some(ours) = rate(AS_IT_SERVES, clients, Some(tenants)) {
            println!("figure {name} {:.3} ratio target >= {target}", ours / other);
        }
        // The others read the stream for every command, so this is the stricter comparison.
        if let Some(ours) = rate(WITHOUT_CACHE, clients, Some(tenants)) {
            println!("figure {name}_no_cache {:.3} ratio", ours / other);
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
