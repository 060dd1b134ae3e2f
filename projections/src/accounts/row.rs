//! The row of a cabinet, and how its events change it.

use chrono::{DateTime, Utc};
use domain::account::{AccountEvent, ClosureReason, Use};
use domain::{Channel, Recorded};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::fold::time;

/// A channel that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// Which.
    pub channel: Channel,
    /// For what it is closed.
    pub to: Use,
    /// Why.
    pub reason: ClosureReason,
    /// Since when.
    #[serde(serialize_with = "time::serialize")]
    pub since: DateTime<Utc>,
}

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
    pub(super) key_kind: Option<String>,
    #[serde(with = "time::option")]
    pub(super) key_expires_at: Option<DateTime<Utc>>,
    /// The last warning of the key's end.
    pub(super) key_expiring_days: Option<i32>,
    /// In the order in which they were closed.
    pub(super) closed: Json<Vec<Closure>>,
    #[serde(with = "time")]
    pub(super) connected_at: DateTime<Utc>,
    pub(super) version: i32,
}

impl Row {
    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    fn reopen(&mut self, channel: Channel, to: Use) {
        self.closed.retain(|closure| (closure.channel, closure.to) != (channel, to));
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
            key_kind: None,
            key_expires_at: None,
            key_expiring_days: None,
            closed: Json::default(),
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
        AccountEvent::KeyExamined { facts } => row.map(|row| {
            let key_expires_at = facts.expires_at.map(time::kept);
            let is_same_end = key_expires_at == row.key_expires_at;
            Row {
                key_kind: facts.kind.map(|kind| <&str>::from(kind).to_owned()),
                key_expires_at,
                key_expiring_days: row.key_expiring_days.filter(|_| is_same_end),
                version,
                ..row
            }
        }),
        AccountEvent::KeyExpiring { days, .. } => {
            let days = i32::try_from(*days).unwrap_or(i32::MAX);
            row.map(|row| Row { key_expiring_days: Some(days), version, ..row })
        }
        AccountEvent::ChannelClosed { channel, to, reason } => row.map(|mut row| {
            let (channel, to, reason) = (*channel, *to, *reason);
            row.reopen(channel, to);
            row.closed.push(Closure { channel, to, reason, since: now });
            Row { version, ..row }
        }),
        AccountEvent::ChannelOpened { channel, to } => row.map(|mut row| {
            row.reopen(*channel, *to);
            Row { version, ..row }
        }),
    }
}
