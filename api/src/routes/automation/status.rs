//! What goes out without a person, and what did not.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::ReplyId;
use domain::automation::Refused;
use domain::interaction::{Interaction, InteractionCommand};
use domain::seller::{Seller, SellerCommand};
use projections::automatic::{self, Decided};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AutomationInForce, read};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;
use crate::idempotency::CommandId;
use crate::reply::message;
use crate::routes::words::AutomationStage;

/// Most replies that are listed.
const LISTED: i64 = 50;

/// What goes out without a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct AutomationStatus {
    stage: AutomationStage,
    /// Automatic replies of the last 60 minutes, and the most that the seller wants.
    sent_last_hour: i64,
    per_hour: u32,
    /// Automatic replies of the last 24 hours, and the most that the seller wants.
    sent_last_day: i64,
    per_day: u32,
    /// Newest first, up to 50.
    items: Vec<AutomationStatusItem>,
}

/// What became of a draft that needed nobody.
#[derive(Serialize, ToSchema)]
struct AutomationStatusItem {
    interaction_id: Uuid,
    draft_id: Uuid,
    reply_id: Uuid,
    decided_at: DateTime<Utc>,
    outcome: AutomaticOutcome,
    /// Until when it can be taken back; none where it is not held.
    held_until: Option<DateTime<Utc>>,
    /// Why it did not go out; none while nothing is wrong.
    message: Option<&'static str>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AutomaticOutcome {
    /// It goes out when its time has come.
    Held,
    /// It was let out: whether it arrived, its own state tells.
    Out,
    /// It was taken back before.
    TakenBack,
    /// It is a person's task.
    Refused,
}

/// Tells what goes out without a person, and what did not.
#[utoipa::path(get, path = "/automation/status", tag = "seller",
    responses((status = OK, body = AutomationStatus)))]
pub(crate) async fn automation_status(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<AutomationStatus>, ApiError> {
    let (_, wanted) = app.commands.automation(caller.tenant()).await?;
    let sent = automatic::sent(&app.db, caller.tenant()).await?;
    let items = automatic::latest(&app.db, caller.tenant(), LISTED).await?;
    Ok(Json(AutomationStatus {
        stage: wanted.stage.into(),
        sent_last_hour: sent.last_hour,
        per_hour: wanted.per_hour,
        sent_last_day: sent.last_day,
        per_day: wanted.per_day,
        items: items.into_iter().map(AutomationStatusItem::from).collect(),
    }))
}

/// Has nothing answered without a person any more, and takes back what is held and nobody asked for. It needs no
/// version: a stop is a stop, whatever was settled meanwhile.
#[utoipa::path(post, path = "/seller/automation/stop", tag = "seller",
    responses((status = OK, body = AutomationInForce)))]
pub(crate) async fn stop_automation(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
) -> Result<Json<AutomationInForce>, ApiError> {
    let tenant = caller.tenant();
    let context = caller.context(command_id);
    app.commands.execute::<Seller>(&context, tenant, SellerCommand::StopAutomation).await?;
    // What the outbox does not know yet is taken back instead of let out.
    for (id, reply_id) in automatic::held(&app.db, tenant).await? {
        let context = caller.context(Uuid::new_v5(&command_id, reply_id.0.as_bytes()));
        let command = InteractionCommand::StopAutomatic { reply_id };
        app.commands.execute::<Interaction>(&context, id, command).await?;
    }
    read(&app, &caller).await
}

impl From<Decided> for AutomationStatusItem {
    fn from(decided: Decided) -> Self {
        let Decided { interaction, draft, decided_at, refused, state, held_until, failure } =
            decided;
        let (outcome, message) = match (refused, state.as_deref()) {
            (Some(why), _) => (AutomaticOutcome::Refused, Some(in_words(why))),
            (None, Some("cancelled")) => {
                (AutomaticOutcome::TakenBack, failure.as_deref().map(message))
            }
            (None, Some("held") | None) => (AutomaticOutcome::Held, None),
            (None, Some(_)) => (AutomaticOutcome::Out, failure.as_deref().map(message)),
        };
        Self {
            interaction_id: interaction.0,
            draft_id: draft.0,
            reply_id: ReplyId::automatic(draft).0,
            decided_at,
            outcome,
            held_until,
            message,
        }
    }
}

fn in_words(why: Refused) -> &'static str {
    match why {
        Refused::HourIsFull => "Лимит в час исчерпан: ответ за человеком.",
        Refused::DayIsFull => "Лимит в сутки исчерпан: ответ за человеком.",
        Refused::RulesChanged => "Правила с тех пор изменились: ответ за человеком.",
        Refused::Guardrails => "Правила ответов не пропустили текст: ответ за человеком.",
        Refused::Overtaken => "С тех пор здесь что-то произошло: ответ за человеком.",
    }
}
