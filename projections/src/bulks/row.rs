//! The row of a bulk, and how its events change it.

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::bulk::BulkEvent;
use serde::Serialize;
use uuid::Uuid;

use crate::fold::time;

/// A row of `bulk`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) bulk_id: Uuid,
    pub(super) state: String,
    pub(super) drafts: bool,
    pub(super) items: i32,
    pub(super) taken: i32,
    pub(super) refused: i32,
    #[serde(with = "time")]
    pub(super) requested_at: DateTime<Utc>,
    pub(super) requested_by: String,
    #[serde(with = "time")]
    pub(super) updated_at: DateTime<Utc>,
    pub(super) version: i32,
}

/// Tells what a bulk's row is after `recorded`.
pub(super) fn fold(row: Option<Row>, recorded: &Recorded) -> Option<Row> {
    if row.as_ref().is_some_and(|row| row.version >= recorded.version) {
        return row;
    }
    recorded.of_bulk().fold(row, |row, event| after(row, event, recorded))
}

fn after(row: Option<Row>, event: &BulkEvent, recorded: &Recorded) -> Option<Row> {
    let now = time::kept(recorded.recorded_at);
    let version = recorded.version;
    let row = row.map(|row| Row { updated_at: now, version, ..row });
    match event {
        BulkEvent::BulkRequested { by, items, text } => Some(Row {
            tenant_id: recorded.tenant.0,
            bulk_id: recorded.stream.0,
            state: "running".to_owned(),
            drafts: text.is_none(),
            items: i32::try_from(items.len()).unwrap_or(i32::MAX),
            taken: 0,
            refused: 0,
            requested_at: now,
            requested_by: format!("user:{by}"),
            updated_at: now,
            version,
        }),
        BulkEvent::BulkItemTaken { .. } => row.map(|row| Row { taken: row.taken + 1, ..row }),
        BulkEvent::BulkItemRefused { .. } => row.map(|row| Row { refused: row.refused + 1, ..row }),
        BulkEvent::BulkStopped => row.map(|row| Row { state: "stopping".to_owned(), ..row }),
        BulkEvent::BulkFinished => row.map(|row| {
            let state = if row.state == "stopping" { "stopped" } else { "done" };
            Row { state: state.to_owned(), ..row }
        }),
    }
}
