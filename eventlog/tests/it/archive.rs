//! Old months leave the database: every event is in its file as it was sealed, is read from there, and nobody mistakes
//! what is left for the whole.

mod across;
mod faults;
mod kills;

use std::path::Path;

use eventlog::archive::{ArchiveError, Month, Step, archive};
use eventlog::chain::{Fault, Scope, Sealer, check_chain};
use eventlog::{AppenderOptions, Db, EventLog, Expected, LogId, audit};
use serde_json::json;
use sqlx::PgPool;

use crate::support::{TENANT, assign, event_log, subject_keys, tamper, with_payload};

/// The log of these tests.
const LOG: LogId = LogId(1);

/// In January three events of stream 1 and two of stream 2; in February one of stream 2; the last of stream 2 and stream 3
/// are of today. All are sealed.
async fn filled(pool: &PgPool) -> EventLog {
    assign(pool, TENANT, LOG).await;
    let log = event_log(pool);
    for number in [1, 1, 1, 2, 2, 2, 2, 3] {
        let text = json!({"type": "Noted", "text": {"$personal": format!("Отзыв {number}")}});
        let mut new = with_payload(number, Expected::Any, text);
        new.actor = (number > 1).then(|| "user:1".to_owned());
        log.append(new).await.unwrap();
    }
    tamper(pool, "select es.ensure_partition('2026-01-01'), es.ensure_partition('2026-02-01')")
        .await;
    for change in [
        "update es.event set recorded_at = case when pos <= 5 then '2026-01-15' else '2026-02-15' end::timestamptz
            where pos <= 6",
        "update es.stream s set first_at = e.first_at, last_at = e.last_at
            from (select stream_id, min(recorded_at) as first_at, max(recorded_at) as last_at
                from es.event group by 1) e
            where e.stream_id = s.stream_id",
        "update es.command c set at = e.recorded_at from es.event e where e.command_id = c.command_id",
    ] {
        assert!(tamper(pool, change).await > 0);
    }
    Sealer::new(Db::from_pool(pool.clone())).step().await.unwrap();
    log
}

/// Moves today's events into February, so that all of the log is old.
async fn aged(pool: &PgPool) {
    for change in [
        "update es.event set recorded_at = '2026-02-16' where pos > 6",
        "update es.stream set last_at = '2026-02-16' where stream_id::text like '%2'",
        "update es.stream set first_at = '2026-02-16', last_at = '2026-02-16' where stream_id::text like '%3'",
        "update es.command set at = '2026-02-16' where first_pos > 6",
        "delete from es.seal",
    ] {
        assert!(tamper(pool, change).await > 0);
    }
    Sealer::new(Db::from_pool(pool.clone())).step().await.unwrap();
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn db(pool: &PgPool, folder: &Path) -> Db {
    Db::from_pool(pool.clone()).with_archive(folder)
}

/// Opens the log as a process would that has the archive at hand.
fn log_with(pool: &PgPool, folder: &Path) -> EventLog {
    EventLog::new(db(pool, folder), subject_keys(pool), AppenderOptions::default())
}

/// Archives January and February.
async fn archived(pool: &PgPool, folder: &Path, drop: bool) -> Result<Vec<Step>, ArchiveError> {
    let mut steps = Vec::new();
    archive(&db(pool, folder), month("2026-03"), drop, |step| steps.push(step)).await?;
    Ok(steps)
}

/// Returns how many events were checked, how many of them in files, and what is wrong with them or with the tables.
async fn verified(db: &Db) -> (i64, i64, Vec<Fault>) {
    let mut faults = Vec::new();
    let scope = Scope::default();
    let checked = check_chain(db, scope, |fault| faults.push(fault), |_| ()).await.unwrap();
    audit::check_numbers(db, scope, |fault| faults.push(fault)).await.unwrap();
    audit::check_commands(db, scope, |fault| faults.push(fault)).await.unwrap();
    (checked.events, checked.archived, faults)
}

/// Returns how many events are in the table.
async fn in_table(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from es.event").fetch_one(pool).await.unwrap()
}
