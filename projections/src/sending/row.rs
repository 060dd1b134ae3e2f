//! The row of a seller that has ever stopped sending, been alarmed of it, or settled how drafts are made or by when
//! buyers are answered, and how its events change it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::drafting::Drafting;
use domain::policy::alert::{AlertKind, AlertSeverity};
use domain::seller::SellerEvent;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::fold::time;

/// A row of `sending`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    #[serde(with = "time::option")]
    pub(super) stopped_at: Option<DateTime<Utc>>,
    pub(super) stopped_by: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) version: i32,
    /// Those that are raised.
    pub(super) alerts: Json<BTreeMap<AlertKind, AlertSeverity>>,
    /// Whether drafts are made before anybody asks.
    pub(super) drafts_ahead: bool,
    /// The version of what the seller wants of deadlines; 0 is the default.
    pub(super) sla_version: i32,
}

/// Tells what a seller's row is after `recorded`.
pub(super) fn fold(row: Option<Row>, recorded: &Recorded) -> Option<Row> {
    if row.as_ref().is_some_and(|row| row.version >= recorded.version) {
        return row;
    }
    recorded.of_seller().fold(row, |row, event| after(row, event, recorded))
}

fn after(row: Option<Row>, event: &SellerEvent, recorded: &Recorded) -> Option<Row> {
    let row = row.map(|row| Row { version: recorded.version, ..row });
    let known = || {
        row.clone().unwrap_or_else(|| Row {
            tenant_id: recorded.tenant.0,
            stopped_at: None,
            stopped_by: None,
            reason: None,
            version: recorded.version,
            alerts: Json::default(),
            drafts_ahead: Drafting::default().ahead,
            sla_version: 0,
        })
    };
    match event {
        SellerEvent::SendingStopped { reason } => Some(Row {
            stopped_at: Some(time::kept(recorded.recorded_at)),
            stopped_by: recorded.actor.clone(),
            reason: reason.clone(),
            ..known()
        }),
        SellerEvent::SendingResumed => {
            Some(Row { stopped_at: None, stopped_by: None, reason: None, ..known() })
        }
        SellerEvent::AlertRaised { kind, alarm } => {
            let mut row = known();
            row.alerts.insert(*kind, alarm.severity);
            Some(row)
        }
        SellerEvent::AlertCleared { kind } => {
            let mut row = known();
            row.alerts.remove(kind);
            Some(row)
        }
        SellerEvent::DraftingChanged { drafting, .. } => {
            Some(Row { drafts_ahead: drafting.ahead, ..known() })
        }
        SellerEvent::SlaChanged { version, .. } => {
            Some(Row { sla_version: i32::try_from(*version).unwrap_or(i32::MAX), ..known() })
        }
        SellerEvent::SellerRegistered { .. }
        | SellerEvent::SettingsChanged { .. }
        | SellerEvent::GuardrailsChanged { .. }
        | SellerEvent::AutomationChanged { .. }
        | SellerEvent::AlertAcknowledged { .. } => row,
    }
}
