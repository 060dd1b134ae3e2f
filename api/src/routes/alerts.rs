//! What a seller is alarmed of, now and before.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::event::decode;
use domain::policy::alert::{Alarm, AlertKind as Kind};
use domain::seller::{Seller, SellerCommand, SellerEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{AlertKind, AlertSeverity};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;
use crate::idempotency::CommandId;
use crate::reply;
use crate::why::People;

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
    /// How many replies, drafts, cabinets, channels, items, changes or read models it was about when it was raised.
    count: u32,
    /// Why, the most frequent reason first.
    causes: Vec<FailureCause>,
    raised_at: DateTime<Utc>,
    /// Until when it was so; none while it is.
    ended_at: Option<DateTime<Utc>>,
    /// When somebody took it upon themselves to look after it; none where nobody has.
    acknowledged_at: Option<DateTime<Utc>>,
    /// Who that is, in the user's words.
    acknowledged_by: Option<String>,
}

/// A reason or a marketplace, and how many replies failed for it, drafts were of no use in this way, cabinets, channels or
/// items cannot be used, things have changed, or read models are behind.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailureCause {
    /// Stable name of the reason.
    #[schema(example = "bad_request")]
    code: String,
    /// The reason in the user's words.
    message: &'static str,
    count: u32,
}

/// What somebody looks after.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertAcknowledgement {
    kind: AlertKind,
}

/// Reads what the seller is alarmed of, now and before.
#[utoipa::path(get, path = "/alerts", tag = "sending",
    responses((status = OK, body = AlertList)))]
pub(crate) async fn alerts(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<AlertList>, ApiError> {
    read(&app, &caller).await
}

/// Takes it upon the caller to look after what an alert is about: the console calls nobody to it any more, until it is
/// of another urgency or raised anew. One that has ended, or that somebody looks after, stays as it is.
#[utoipa::path(post, path = "/alerts/acknowledge", tag = "sending", request_body = AlertAcknowledgement,
    responses((status = OK, body = AlertList)))]
pub(crate) async fn acknowledge_alert(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<AlertAcknowledgement>,
) -> Result<Json<AlertList>, ApiError> {
    let command = SellerCommand::AcknowledgeAlert { kind: body.kind.into() };
    let context = caller.context(command_id);
    app.commands.execute::<Seller>(&context, caller.tenant(), command).await?;
    read(&app, &caller).await
}

async fn read(app: &App, caller: &Caller) -> Result<Json<AlertList>, ApiError> {
    let stored = app.log.load_stream(caller.tenant(), caller.tenant().into(), 0).await?;
    let people = People::read(&app.db, caller.tenant()).await?;
    let mut items: Vec<(Kind, Alert)> = Vec::new();
    for stored in stored.into_iter().filter(|stored| stored.event_type.starts_with("Alert")) {
        let at = stored.recorded_at;
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            let (kind, raised) = match event {
                SellerEvent::AlertRaised { kind, alarm } => (kind, Some(alarm)),
                SellerEvent::AlertCleared { kind } => (kind, None),
                SellerEvent::AlertAcknowledged { kind } => {
                    if let Some((_, last)) = items.iter_mut().rfind(|(of, _)| *of == kind) {
                        last.acknowledged_at = Some(at);
                        last.acknowledged_by = Some(people.name(stored.actor.as_deref()));
                    }
                    continue;
                }
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
            acknowledged_at: None,
            acknowledged_by: None,
        }
    }
}

impl From<domain::policy::alert::AlertCause> for FailureCause {
    fn from(cause: domain::policy::alert::AlertCause) -> Self {
        let message = reply::message(&cause.cause);
        Self { code: cause.cause, message, count: cause.count }
    }
}
