//! What a seller wants answered without a person.

pub(crate) mod backtests;
pub(crate) mod status;

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::automation::{self, Automation as Wanted, Evidence};
use domain::event::decode;
use domain::seller::{Seller, SellerCommand, SellerEvent};
use domain::value::Confidence;
use projections::backtests::{self as kept, Made};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{AutomationStage, Channel, Intent};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::Json;
use crate::idempotency::CommandId;

/// Most changes that are told: older ones are in the feed.
const CHANGES_MAX: usize = 100;

/// What is wanted answered without a person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Automation {
    stage: AutomationStage,
    rules: AutomationRules,
    /// Automatic replies of an hour.
    #[schema(minimum = 1, maximum = 1000)]
    per_hour: u32,
    /// Automatic replies of a day.
    #[schema(minimum = 1, maximum = 10000)]
    per_day: u32,
    /// How long each can be taken back, in seconds.
    #[schema(minimum = 10, maximum = 3600)]
    hold_seconds: u16,
    /// The backtest of these rules; every stage beyond the first rests on one.
    #[serde(default)]
    backtest_id: Option<Uuid>,
}

/// Which drafts need nobody.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AutomationRules {
    /// In which channels.
    channels: Vec<Channel>,
    /// Fewest stars of a review.
    #[schema(minimum = 1, maximum = 5)]
    rating_min: u8,
    /// What the buyer may want.
    intents: Vec<Intent>,
    /// What a person has to see, whatever else is allowed.
    handoff: Vec<Intent>,
    /// How sure the analysis has to be for nobody to look at it, in per cent.
    #[schema(maximum = 100)]
    auto_from: u8,
    /// Below that, more is needed than a look, in per cent.
    #[schema(maximum = 100)]
    escalate_below: u8,
}

/// What is wanted answered without a person now.
#[derive(Serialize, ToSchema)]
pub(crate) struct AutomationInForce {
    /// Counted from 1 with every change; 0 are the defaults.
    version: u32,
    automation: Automation,
    /// Whether the installation lets replies go out without a person: a pilot and what follows it need that.
    offered: bool,
}

/// What is to be wanted answered without a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AutomationChange {
    /// The version that was read before the change: whoever comes second is told.
    #[schema(minimum = 0)]
    replaces: u32,
    automation: Automation,
}

/// Changes of what is wanted answered without a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct AutomationHistory {
    /// Newest first, up to 100.
    items: Vec<AutomationVersion>,
}

/// A change of what is wanted answered without a person.
#[derive(Serialize, ToSchema)]
struct AutomationVersion {
    /// Counted from 1.
    version: u32,
    changed_at: DateTime<Utc>,
    /// Who changed it: `user:<id>`.
    changed_by: Option<String>,
    /// What was wanted from then on.
    automation: Automation,
}

/// Reads what is wanted answered without a person.
#[utoipa::path(get, path = "/seller/automation", tag = "seller",
    responses((status = OK, body = AutomationInForce)))]
pub(crate) async fn automation(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<AutomationInForce>, ApiError> {
    read(&app, &caller).await
}

/// Replaces what is wanted answered without a person, in force for the next draft; 409 when it is no longer of the
/// version that was read, or its rules were not held against history.
#[utoipa::path(put, path = "/seller/automation", tag = "seller", request_body = AutomationChange,
    responses((status = OK, body = AutomationInForce)))]
pub(crate) async fn change_automation(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<AutomationChange>,
) -> Result<Json<AutomationInForce>, ApiError> {
    let AutomationChange { replaces, automation } = body;
    let automation = automation.asked()?;
    if automation.stage.sends() && !app.settings.automatic_replies {
        return Err(ApiError::new(Code::AutomaticRepliesNotOffered));
    }
    let evidence = match automation.backtest_id {
        Some(id) => kept::find(&app.db, caller.tenant(), id).await?.map(evidence),
        None => None,
    };
    let command = SellerCommand::ChangeAutomation { replaces, automation, evidence };
    let context = caller.context(command_id);
    app.commands.execute::<Seller>(&context, caller.tenant(), command).await?;
    read(&app, &caller).await
}

/// Tells who changed what is wanted answered without a person when, and to what.
#[utoipa::path(get, path = "/seller/automation/history", tag = "seller",
    responses((status = OK, body = AutomationHistory)))]
pub(crate) async fn automation_history(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<AutomationHistory>, ApiError> {
    let stored = app.log.load_stream(caller.tenant(), caller.tenant().into(), 0).await?;
    let mut items = Vec::new();
    for stored in stored {
        let (changed_at, changed_by) = (stored.recorded_at, stored.actor.clone());
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            if let SellerEvent::AutomationChanged { version, automation } = event {
                let (changed_by, automation) = (changed_by.clone(), automation.into());
                items.push(AutomationVersion { version, changed_at, changed_by, automation });
            }
        }
    }
    items.reverse();
    items.truncate(CHANGES_MAX);
    Ok(Json(AutomationHistory { items }))
}

fn evidence(made: Made) -> Evidence {
    let Made { backtest_id, question, policy, report, .. } = made;
    Evidence { backtest_id, rules: question.rules, policy, judged: report.auto_send.judged() }
}

async fn read(app: &App, caller: &Caller) -> Result<Json<AutomationInForce>, ApiError> {
    let (version, wanted) = app.commands.automation(caller.tenant()).await?;
    let offered = app.settings.automatic_replies;
    Ok(Json(AutomationInForce { version, automation: wanted.into(), offered }))
}

impl Automation {
    fn asked(self) -> Result<Wanted, ApiError> {
        Ok(Wanted {
            stage: self.stage.into(),
            rules: self.rules.asked("automation.rules")?,
            per_hour: self.per_hour,
            per_day: self.per_day,
            hold_seconds: self.hold_seconds,
            backtest_id: self.backtest_id,
        })
    }
}

impl AutomationRules {
    /// Reads the rules, which stand in the body under `field`.
    fn asked(self, field: &str) -> Result<automation::Rules, ApiError> {
        let percent = |name: &str, percent| {
            Confidence::new(percent).ok_or_else(|| {
                ApiError::new(Code::InvalidBody).field(format!("{field}.{name}"), "от 0 до 100")
            })
        };
        Ok(automation::Rules {
            auto_from: percent("auto_from", self.auto_from)?,
            escalate_below: percent("escalate_below", self.escalate_below)?,
            channels: self.channels.into_iter().map(Into::into).collect(),
            rating_min: self.rating_min,
            intents: self.intents.into_iter().map(Into::into).collect(),
            handoff: self.handoff.into_iter().map(Into::into).collect(),
        })
    }
}

impl From<Wanted> for Automation {
    fn from(wanted: Wanted) -> Self {
        Self {
            stage: wanted.stage.into(),
            rules: wanted.rules.into(),
            per_hour: wanted.per_hour,
            per_day: wanted.per_day,
            hold_seconds: wanted.hold_seconds,
            backtest_id: wanted.backtest_id,
        }
    }
}

impl From<automation::Rules> for AutomationRules {
    fn from(rules: automation::Rules) -> Self {
        Self {
            channels: rules.channels.into_iter().map(Into::into).collect(),
            rating_min: rules.rating_min,
            intents: rules.intents.into_iter().map(Into::into).collect(),
            handoff: rules.handoff.into_iter().map(Into::into).collect(),
            auto_from: rules.auto_from.percent(),
            escalate_below: rules.escalate_below.percent(),
        }
    }
}
