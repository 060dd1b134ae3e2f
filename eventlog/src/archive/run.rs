//! Moves whole months into files, one after the other: write, note, read back, drop. Each step is finished before the
//! next begins, and a run that is cut short is taken up by the next.

use std::path::Path;
use std::time::Duration;

use super::error::ArchiveError;
use super::manifest::sha256;
use super::source::{damaged, read};
use super::write::write;
use super::{Month, sealed};
use crate::chain::{Fault, Hash, Scope, check_chain};
use crate::db::Db;
use crate::error::LogError;
use crate::record::LogId;

/// How often a drop is tried whose locks others held too long, and how long they have in between: a reader of normal
/// work is done within its own limit of 5 s.
const DROPS_MAX: u32 = 30;
const BETWEEN_DROPS: Duration = Duration::from_millis(500);

/// What archiving has just done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The chain of seals was checked from the first of the months on.
    Checked {
        /// Events that were compared with their seals.
        events: i64,
    },
    /// More of a month was written.
    Writing {
        /// The month.
        month: Month,
        /// Events so far.
        rows: i64,
    },
    /// The file and its manifest are on the disk.
    Written {
        /// The month.
        month: Month,
        /// The file's name.
        file: String,
        /// Its events.
        rows: i64,
    },
    /// The database knows of the file.
    Noted {
        /// The month.
        month: Month,
    },
    /// The file was read back, and every event in it is the one that was sealed.
    Verified {
        /// The month.
        month: Month,
        /// Its events.
        rows: i64,
    },
    /// The month is gone from the table.
    Dropped {
        /// The month.
        month: Month,
    },
}

/// Archives every month that ended before `before` began, the oldest first, into the folder of `db`; drops them from the
/// table if `drop`. Returns the months that were looked at. `told` hears of every step.
///
/// # Errors
/// [`ArchiveError`]. Nothing is dropped that was not read back in this very run.
pub async fn archive(
    db: &Db,
    before: Month,
    drop: bool,
    told: impl FnMut(Step),
) -> Result<Vec<Month>, ArchiveError> {
    let folder = db.archive_dir().ok_or(ArchiveError::NoFolder)?;
    // One at a time. The transaction may hold nothing but this lock: a drop would wait for whatever else it read.
    let mut turn = db.begin().await?;
    let mine = sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(4204, 0) as "mine!""#);
    if !mine.fetch_one(&mut *turn).await? {
        return Err(ArchiveError::Busy);
    }
    let done = archive_alone(db, folder, before, drop, told).await;
    turn.rollback().await?;
    done
}

async fn archive_alone(
    db: &Db,
    folder: &Path,
    before: Month,
    drop: bool,
    mut told: impl FnMut(Step),
) -> Result<Vec<Month>, ArchiveError> {
    let months = months(db, before).await?;
    let Some(first) = months.first() else { return Ok(months) };
    std::fs::create_dir_all(folder)
        .map_err(|source| ArchiveError::Io { path: folder.to_owned(), source })?;
    told(Step::Checked { events: check(db, *first).await? });
    for month in &months {
        let run = Run { db, folder, month: *month };
        if run.is_empty().await? {
            if drop {
                run.drop().await?;
                told(Step::Dropped { month: *month });
            }
            continue;
        }
        if !run.is_written().await? {
            write(db, folder, *month, &mut told).await?;
        }
        let rows = run.verify().await?;
        told(Step::Verified { month: *month, rows });
        if drop {
            run.drop().await?;
            told(Step::Dropped { month: *month });
        }
    }
    Ok(months)
}

/// The months that have partitions and are to be archived, in order of time.
async fn months(db: &Db, before: Month) -> Result<Vec<Month>, ArchiveError> {
    let now = sqlx::query!(
        r#"select (now() at time zone 'utc')::date as "day!",
            (select count(*) from es.event_default where recorded_at < $1) as "strays!""#,
        before.begins(),
    )
    .fetch_one(db.pool())
    .await?;
    if before > Month::of(now.day) {
        return Err(ArchiveError::NotOver { before });
    }
    if now.strays > 0 {
        return Err(ArchiveError::InDefault { rows: now.strays });
    }
    let months = sqlx::query_scalar!(
        r#"select m.month as "month!" from pg_inherits i
        join pg_class c on c.oid = i.inhrelid and c.relname ~ '^event_\d{4}_\d{2}$'
        cross join lateral (select to_date(right(c.relname, 7), 'YYYY_MM') as month) m
        where i.inhparent = 'es.event'::regclass and m.month < $1
        order by 1"#,
        before.first_day(),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(months.into_iter().map(Month::of).collect())
}

/// Checks the chain over everything since the first of the months; what is older was checked when it was archived.
async fn check(db: &Db, first: Month) -> Result<i64, ArchiveError> {
    let mut fault: Option<Fault> = None;
    let scope = Scope { log: None, since: Some(first.begins()) };
    let checked = check_chain(db, scope, |found| _ = fault.get_or_insert(found), |_| ()).await?;
    fault.map_or(Ok(checked.events), |fault| Err(ArchiveError::Fault(fault)))
}

/// A month on its way.
struct Run<'a> {
    db: &'a Db,
    folder: &'a Path,
    month: Month,
}

impl Run<'_> {
    async fn is_empty(&self) -> Result<bool, ArchiveError> {
        let empty = sqlx::query_scalar!(
            r#"select not exists (select from es.event where recorded_at >= $1 and recorded_at < $2) as "empty!""#,
            self.month.begins(),
            self.month.next().begins(),
        );
        Ok(empty.fetch_one(self.db.pool()).await?)
    }

    /// Tells whether an earlier run wrote the month and its file is still the one that was noted.
    async fn is_written(&self) -> Result<bool, ArchiveError> {
        let noted = sqlx::query!(
            "select file, sha256 from es.archive where month = $1",
            self.month.first_day()
        );
        let Some(noted) = noted.fetch_optional(self.db.pool()).await? else { return Ok(false) };
        let path = self.folder.join(&noted.file);
        Ok(sha256(&path).ok().is_some_and(|hash| Some(hash) == Hash::read(&noted.sha256)))
    }

    /// Reads the file back: every position that was noted, in order, each as it was sealed. Returns how many events.
    async fn verify(&self) -> Result<i64, ArchiveError> {
        let day = self.month.first_day();
        let noted = sqlx::query!("select file, rows from es.archive where month = $1", day)
            .fetch_one(self.db.pool())
            .await?;
        let path = self.folder.join(&noted.file);
        let logs = sqlx::query!(
            "select log_id, first_pos, last_pos from es.archive_log where month = $1 order by log_id",
            day
        )
        .fetch_all(self.db.pool())
        .await?;
        let groups = read(&path, |file| file.groups()).await?;
        let mut rows = 0;
        for log in logs {
            let mut expected = log.first_pos;
            for group in groups.iter().filter(|group| group.log == log.log_id) {
                let group = *group;
                let events = read(&path, move |file| file.events(group)).await?;
                for event in &events {
                    if event.pos != expected {
                        let why = format!("log {} has no position {expected}", log.log_id);
                        return Err(damaged(&path, &why).into());
                    }
                    expected += 1;
                    rows += 1;
                }
                if let Some(pos) = sealed::differs(self.db, LogId(log.log_id), &events).await? {
                    let why = format!("log {} is not as sealed at position {pos}", log.log_id);
                    return Err(damaged(&path, &why).into());
                }
            }
            if expected != log.last_pos + 1 {
                let why = format!("log {} ends before position {}", log.log_id, log.last_pos);
                return Err(damaged(&path, &why).into());
            }
        }
        let total: usize = groups.iter().map(|group| group.rows).sum();
        if (rows, i64::try_from(total).ok()) != (noted.rows, Some(noted.rows)) {
            let why = format!("{total} events instead of {}", noted.rows);
            return Err(damaged(&path, &why).into());
        }
        sqlx::query!("update es.archive set verified_at = clock_timestamp() where month = $1", day)
            .execute(self.db.pool())
            .await?;
        Ok(rows)
    }

    async fn drop(&self) -> Result<(), ArchiveError> {
        let mut tries = 0;
        loop {
            let month = self.month.first_day();
            let drop = sqlx::query!("select es.drop_month($1)", month);
            match drop.execute(self.db.pool()).await {
                Ok(_) => return Ok(()),
                Err(error) if tries < DROPS_MAX && waits_for_lock(&error) => tries += 1,
                Err(error) => return Err(LogError::from(error).into()),
            }
            tokio::time::sleep(BETWEEN_DROPS).await;
        }
    }
}

fn waits_for_lock(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some("55P03")
}
