//! The commands `archive` and `partitions`: months that are over leave the database, months to come get their place.

use std::process::ExitCode;

use eventlog::archive::{Step, archive as archive_months};

use super::data::Preparation;
use super::maintain::{on_data, say};
use crate::cli::{ArchiveCommand, DataCommand};
use crate::housekeeping::MONTHS_AHEAD;

/// Moves old months into files.
pub(crate) async fn archive(command: ArchiveCommand) -> anyhow::Result<ExitCode> {
    let ArchiveCommand { before, to, drop, data, key } = command;
    on_data(&data, &key, Preparation::Check, async |db, _| {
        let db = match &to {
            Some(folder) => db.clone().with_archive(folder),
            None => db.clone(),
        };
        let months = archive_months(&db, before, drop, |step| say(&told(&step))).await?;
        if months.is_empty() {
            say(&format!("there is nothing to archive before {before}"));
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn told(step: &Step) -> String {
    match step {
        Step::Checked { events } => format!("{events} events are as they were sealed"),
        Step::Writing { month, rows } => format!("{month}: {rows} events written"),
        Step::Written { month, file, rows } => format!("{month}: {rows} events are in {file}"),
        Step::Noted { month } => format!("{month}: the database knows of the file"),
        Step::Verified { month, rows } => format!("{month}: {rows} events read back, as sealed"),
        Step::Dropped { month } => format!("{month}: dropped from the database"),
    }
}

/// Makes the partitions of the months to come, and moves events that no month covered into theirs.
pub(crate) async fn partitions(command: DataCommand) -> anyhow::Result<ExitCode> {
    let DataCommand { data, key } = command;
    on_data(&data, &key, Preparation::Check, async |_, inner| {
        let made = inner.log.ensure_partitions(MONTHS_AHEAD).await?;
        let moved = inner.log.empty_default().await?;
        say(&format!("{made} partitions made, {moved} events moved into those of their months"));
        Ok(ExitCode::SUCCESS)
    })
    .await
}
