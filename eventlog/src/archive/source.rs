//! Reads archived events, of a range of positions of one log, a row group at a time.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Month;
use super::file::{self, Group, Pick};
use super::sealed;
use crate::chain::RawEvent;
use crate::db::Db;
use crate::error::LogError;
use crate::record::LogId;

/// Where a log's and a seller's events are not in the table any more.
pub(crate) async fn archived_pos(db: &Db, log: LogId) -> sqlx::Result<i64> {
    sqlx::query_scalar!("select archived_pos from es.log_head where log_id = $1", log.0)
        .fetch_optional(db.pool())
        .await
        .map(Option::unwrap_or_default)
}

/// Archived events on their way.
pub(crate) struct Source {
    db: Db,
    log: LogId,
    first: i64,
    last: i64,
    pick: Pick,
    files: VecDeque<PathBuf>,
    groups: VecDeque<(PathBuf, Group)>,
}

impl Source {
    /// Finds the files that hold positions `first` to `last` of a log, all of which are archived.
    ///
    /// # Errors
    /// [`LogError::Archived`] where there is no folder to read from, and when the database fails.
    pub(crate) async fn open(
        db: &Db,
        log: LogId,
        (first, last): (i64, i64),
        pick: Pick,
    ) -> Result<Self, LogError> {
        let months = sqlx::query!(
            "select a.month, a.file from es.archive a join es.archive_log l on l.month = a.month
            where a.dropped_at is not null and l.log_id = $1 and l.last_pos >= $2 and l.first_pos <= $3
            order by a.month",
            log.0,
            first,
            last,
        )
        .fetch_all(db.pool())
        .await?;
        let files = match (db.archive_dir(), months.first()) {
            (Some(folder), _) => months.iter().map(|month| folder.join(&month.file)).collect(),
            (None, None) => VecDeque::new(),
            (None, Some(month)) => {
                return Err(LogError::Archived {
                    log,
                    pos: first,
                    month: Month::of(month.month).to_string(),
                    file: month.file.clone(),
                });
            }
        };
        Ok(Self { db: db.clone(), log, first, last, pick, files, groups: VecDeque::new() })
    }

    /// Returns the next events that were asked for, compared with what was sealed; none at the end.
    ///
    /// # Errors
    /// [`LogError::ArchiveDamaged`] where a file is missing or not as it was, and when the database fails.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<RawEvent>>, LogError> {
        loop {
            let Some((path, events)) = self.unchecked().await? else { return Ok(None) };
            if let Some(pos) = sealed::differs(&self.db, self.log, &events).await? {
                return Err(damaged(&path, &format!("position {pos} is not what was sealed")));
            }
            if !events.is_empty() {
                return Ok(Some(events));
            }
        }
    }

    /// Returns the next events as the file holds them, perhaps none of a group, and the file.
    pub(crate) async fn unchecked(&mut self) -> Result<Option<(PathBuf, Vec<RawEvent>)>, LogError> {
        while self.groups.is_empty() {
            let Some(path) = self.files.pop_front() else { return Ok(None) };
            let groups = read(&path, |file| file.groups()).await?;
            let (log, first, last) = (self.log.0, self.first, self.last);
            let within = move |group: &Group| {
                group.log == log && group.last_pos >= first && group.first_pos <= last
            };
            let groups = groups.into_iter().filter(within);
            self.groups = groups.map(|group| (path.clone(), group)).collect();
        }
        let Some((path, group)) = self.groups.pop_front() else { return Ok(None) };
        let (first, last, pick) = (self.first, self.last, self.pick);
        let mut events =
            read(
                &path,
                move |file| {
                    if file.may_have(group, pick)? { file.events(group) } else { Ok(vec![]) }
                },
            )
            .await?;
        events.retain(|event| (first..=last).contains(&event.pos) && pick.takes(event));
        Ok(Some((path, events)))
    }
}

/// Returns all events that were asked for, up to `limit`.
///
/// # Errors
/// As [`Source::open`] and [`Source::next`].
pub(crate) async fn collect(
    db: &Db,
    log: LogId,
    range: (i64, i64),
    pick: Pick,
    mut takes: impl FnMut(&RawEvent) -> bool,
    limit: i64,
) -> Result<Vec<RawEvent>, LogError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut source = Source::open(db, log, range, pick).await?;
    let mut all = Vec::new();
    while all.len() < limit {
        let Some(events) = source.next().await? else { break };
        all.extend(events.into_iter().filter(&mut takes).take(limit - all.len()));
    }
    Ok(all)
}

/// Reads from a file, apart from the tasks that must not wait for a disk.
pub(crate) async fn read<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&file::Reader) -> parquet::errors::Result<T> + Send + 'static,
) -> Result<T, LogError> {
    let at = path.to_owned();
    let done = tokio::task::spawn_blocking(move || work(&file::Reader::open(&at)?)).await;
    match done {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => Err(damaged(path, &error.to_string())),
        // Bytes at random lead the decoder anywhere.
        Err(_) => Err(damaged(path, "it cannot be decoded")),
    }
}

pub(crate) fn damaged(path: &Path, why: &str) -> LogError {
    LogError::ArchiveDamaged { file: path.display().to_string(), why: Arc::from(why) }
}
