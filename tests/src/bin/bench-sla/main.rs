//! Measures how long it takes to hold another policy about deadlines against a seller's history.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

mod history;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chrono::{TimeDelta, Utc};
use clap::Parser;
use domain::TenantId;
use domain::policy::sla::what_if::{Question, Report};
use domain::sla::{Clock, Hours, Rule, Rules, Shift, Sla};
use domain::value::Priority;
use eventlog::{AppenderOptions, Db, DbOptions, EventLog, MasterKey, MasterKeys, SubjectKeys};
use projections::sla_what_if;
use uuid::Uuid;

/// What whoever looks at a settings page waits for, in seconds.
const SECONDS_TARGET: f64 = 10.0;

/// Measures holding policies against the history of one seller, five events an interaction, personal data sealed under a
/// key per buyer, appended as commands append. Needs an empty database.
#[derive(Parser)]
struct Arguments {
    /// The database, as a URL.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// How many interactions the seller has.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..))]
    interactions: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, interactions } = Arguments::parse();
    let options = DbOptions { statement_timeout: Duration::from_hours(1), ..DbOptions::default() };
    let db = Db::connect(&database_url, options).await.context("connecting")?;
    eventlog::migrate(&db).await.context("migrating")?;
    let keys = MasterKeys::new(MasterKey::generate("bench"), Vec::new());
    let seller = TenantId(Uuid::now_v7());
    history::append(&open(&db, &keys), seller, interactions).await.context("appending")?;
    sqlx::query("vacuum analyze").execute(db.pool()).await?;

    println!("{:<44} {:>8} {:>10} {:>10} {:>9}", "policy", "seconds", "breached", "now", "change");
    let usual = measured("the same", &db, &keys, seller, Sla::default()).await?;
    let others = [("half the time", strict()), ("office hours, 20 rules", office())];
    let mut slowest = usual.1;
    for (name, sla) in others {
        let (report, took) = measured(name, &db, &keys, seller, sla).await?;
        ensure!(report.waits == interactions, "{} of {interactions} are counted", report.waits);
        slowest = slowest.max(took);
    }
    println!();
    println!(
        "figure sla_what_if_seconds {:.2} s target <= {SECONDS_TARGET}",
        slowest.as_secs_f64()
    );
    println!("figure sla_what_if_same_policy_changes {} waits target <= 0", usual.0.changes.len());
    ensure!(usual.0.changes.is_empty(), "the same policy changes something");
    Ok(())
}

fn open(db: &Db, keys: &MasterKeys) -> EventLog {
    let keys = SubjectKeys::new(db.clone(), keys.clone());
    EventLog::new(db.clone(), keys, AppenderOptions::default())
}

/// Holds a policy against history, without any buyer's key at hand.
async fn measured(
    name: &str,
    db: &Db,
    keys: &MasterKeys,
    seller: TenantId,
    after: Sla,
) -> anyhow::Result<(Report, Duration)> {
    let now = Utc::now();
    let since = now - TimeDelta::days(history::DAYS + 1);
    let question = Question { before: Sla::default(), after, since, until: now, now };
    let begun = Instant::now();
    let report = sla_what_if::look(&open(db, keys), seller, question).await?;
    let took = begun.elapsed();
    println!(
        "{name:<44} {:>8.2} {:>10} {:>10} {:>9}",
        took.as_secs_f64(),
        report.all.before.breached,
        report.all.after.breached,
        report.changes.len() + report.changes_left_out
    );
    Ok((report, took))
}

/// Half the time of the default for everything.
fn strict() -> Sla {
    let mut sla = Sla::default();
    let minutes = &mut sla.minutes;
    for minutes in [&mut minutes.urgent, &mut minutes.high, &mut minutes.normal, &mut minutes.low] {
        *minutes /= 2;
    }
    sla
}

/// Nine to six with an hour for lunch from Monday to Friday, and as many rules as a diligent seller may have.
fn office() -> Sla {
    let day = vec![Shift { from: 540, to: 780 }, Shift { from: 840, to: 1_080 }];
    let week = std::array::from_fn(|weekday| if weekday < 5 { day.clone() } else { vec![] });
    let rule = |n: u32| Rule {
        phrases: vec![format!("слово {n}"), "не работает".to_owned(), "верните деньги".to_owned()],
        channel: None,
        priority: Priority::Urgent,
        minutes: 20,
    };
    Sla {
        rules: Rules::new((1..=20).map(rule).collect()),
        clock: Clock::WorkingTime,
        hours: Hours { week, ..Hours::default() },
        ..Sla::default()
    }
}
