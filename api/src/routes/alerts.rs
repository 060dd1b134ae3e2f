//! What a seller is alarmed of, now and before.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::event::decode;
use domain::policy::alert::{Alarm, AlertKind as Kind};
use domain::seller::SellerEvent;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{AlertKind, AlertSeverity};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;
use crate::reply;

/// Most alerts that are told: older ones are in the feed.
const ALERTS_MAX: usize = 100;

/// Alerts.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertList {
    /// Newest first, up to 100; one whose urgency changed is another.
    items: Vec<Alert>,
}

/// Something that somebody should look at.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alert {
    kind: AlertKind,
    severity: AlertSeverity,
    /// How many replies or drafts it was about when it was raised.
    count: u32,
    /// Why, the most frequent reason first.
    causes: Vec<FailureCause>,
    raised_at: DateTime<Utc>,
    /// Until when it was so; none while it is.
    ended_at: Option<DateTime<Utc>>,
}

/// A reason, and how many replies failed for it or drafts were of no use in this way.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailureCause {
    /// Stable name of the reason.
    #[schema(example = "bad_request")]
    code: String,
    /// The reason in the user's words.
    message: &'static str,
    count: u32,
}

/// Reads what the seller is alarmed of, now and before.
#[utoipa::path(get, path = "/alerts", tag = "sending",
    responses((status = OK, body = AlertList)))]
pub(crate) async fn alerts(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<AlertList>, ApiError> {
    let stored = app.log.load_stream(caller.tenant(), caller.tenant().into(), 0).await?;
    let mut items: Vec<(Kind, Alert)> = Vec::new();
    for stored in stored.into_iter().filter(|stored| stored.event_type.starts_with("Alert")) {
        let at = stored.recorded_at;
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            let (kind, raised) = match event {
                SellerEvent::AlertRaised { kind, alarm } => (kind, Some(alarm)),
                SellerEvent::AlertCleared { kind } => (kind, None),
                SellerEvent::SellerRegistered { .. }
                | SellerEvent::SettingsChanged { .. }
                | SellerEvent::GuardrailsChanged { .. }
                | SellerEvent::DraftingChanged { .. }
                | SellerEvent::AutomationChanged { .. }
                | SellerEvent::SlaChanged { .. }
                | SellerEvent::SendingStopped { .. }
                | SellerEvent::SendingResumed => continue,
            };
            if let Some((_, last)) = items.iter_mut().rfind(|(of, _)| *of == kind) {
                last.ended_at.get_or_insert(at);
            }
            items.extend(raised.map(|alarm| (kind, Alert::new(kind, alarm, at))));
        }
    }
    let newest = items.into_iter().rev().take(ALERTS_MAX);
    Ok(Json(AlertList { items: newest.map(|(_, alert)| alert).collect() }))
}

impl Alert {
    fn new(kind: Kind, alarm: Alarm, raised_at: DateTime<Utc>) -> Self {
        Self {
            kind: kind.into(),
            severity: alarm.severity.into(),
            count: alarm.count,
            causes: alarm.causes.into_iter().map(FailureCause::from).collect(),
            raised_at,
            ended_at: None,
        }
    }
}

impl From<domain::policy::alert::AlertCause> for FailureCause {
    fn from(cause: domain::policy::alert::AlertCause) -> Self {
        let message = reply::message(&cause.cause);
        Self { code: cause.cause, message, count: cause.count }
    }
}
