//! The row of a cabinet, and how its events change it.

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::account::AccountEvent;
use serde::Serialize;
use uuid::Uuid;

use crate::fold::time;

/// A row of `account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) marketplace: String,
    pub(super) name: String,
    pub(super) access_lost_reason: Option<String>,
    #[serde(with = "time::option")]
    pub(super) access_lost_since: Option<DateTime<Utc>>,
    #[serde(with = "time")]
    pub(super) connected_at: DateTime<Utc>,
    pub(super) version: i32,
}

impl Row {
    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }
}

/// Tells what a cabinet's row is after `recorded`.
pub(super) fn fold(row: Option<Row>, recorded: &Recorded) -> Option<Row> {
    if row.as_ref().is_some_and(|row| row.version >= recorded.version) {
        return row;
    }
    recorded.of_account().fold(row, |row, event| after(row, event, recorded))
}

fn after(row: Option<Row>, event: &AccountEvent, recorded: &Recorded) -> Option<Row> {
    let (version, now) = (recorded.version, time::kept(recorded.recorded_at));
    match event {
        AccountEvent::AccountConnected { marketplace, name } => Some(Row {
            tenant_id: recorded.tenant.0,
            account_id: recorded.stream.0,
            marketplace: marketplace.as_str().to_owned(),
            name: name.clone(),
            access_lost_reason: None,
            access_lost_since: None,
            connected_at: now,
            version,
        }),
        AccountEvent::AccessLost { reason } => row.map(|row| Row {
            access_lost_reason: Some(<&str>::from(reason).to_owned()),
            access_lost_since: Some(now),
            version,
            ..row
        }),
        AccountEvent::AccessRestored => {
            row.map(|row| Row { access_lost_reason: None, access_lost_since: None, version, ..row })
        }
        AccountEvent::CredentialReplaced => row,
    }
}
