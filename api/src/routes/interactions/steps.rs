//! One interaction step by step: each event with the state after it, and what it changed.

use axum::extract::State;
use domain::InteractionId;
use eventlog::StoredEvent;
use projections::feed::CloudEvent;
use projections::recorded;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::shapes::Interaction;
use crate::app::App;
use crate::auth::Caller;
use crate::changes::{Change, changes};
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};
use crate::past::{Item, Others, Story};
use crate::why::title;

/// An interaction step by step.
#[derive(Serialize, ToSchema)]
pub(crate) struct Steps {
    /// Oldest first.
    items: Vec<Step>,
}

/// One event and what it led to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Step {
    /// Its number, from 1.
    number: i32,
    /// What happened, in a few words.
    title: &'static str,
    /// The event: its time, who caused it, its data.
    event: CloudEvent,
    cause: Cause,
    /// The interaction after it.
    state: Interaction,
    /// What is different from the state before; nothing for the first event.
    changes: Vec<Change>,
}

/// What an event came from.
#[derive(Serialize, ToSchema)]
struct Cause {
    /// The command that was carried out.
    command_id: Uuid,
    /// Shared by everything that one request led to.
    correlation_id: Option<Uuid>,
    /// The event or effect that led to the command.
    causation_id: Option<Uuid>,
}

/// Reads an interaction step by step: every event, oldest first, with the state after it and what it changed.
#[utoipa::path(get, path = "/interactions/{id}/steps", tag = "interactions", params(("id" = Uuid, Path)),
    responses((status = OK, body = Steps)))]
pub(crate) async fn interaction_steps(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InteractionId>,
) -> Result<Json<Steps>, ApiError> {
    let story = Story::read(&app, caller.tenant(), id).await?;
    let others = Others::read(&app, caller.tenant(), id).await?;
    let mut item = Item::default();
    let mut items: Vec<Step> = Vec::with_capacity(story.events.len());
    let mut before = Value::Null;
    for stored in &story.events {
        item.apply(stored.clone())?;
        let account = story.account_at(stored.pos)?;
        let whole = item.whole(&account).ok_or_else(|| ApiError::new(Code::NotFound))?;
        let related = others.related_to(&item, stored.pos)?;
        let state = Interaction::new(whole, related, &item.aggregate, stored.recorded_at);
        let after = serde_json::to_value(&state).map_err(anyhow::Error::from)?;
        let changes = if before.is_null() { Vec::new() } else { changes(&before, &after) };
        before = after;
        items.push(Step::new(stored.clone(), state, changes)?);
    }
    Ok(Json(Steps { items }))
}

impl Step {
    fn new(
        stored: StoredEvent,
        state: Interaction,
        changes: Vec<Change>,
    ) -> Result<Self, ApiError> {
        let cause = Cause {
            command_id: stored.command_id,
            correlation_id: stored.correlation_id,
            causation_id: stored.causation_id,
        };
        let title = title(&recorded(stored.clone()).map_err(anyhow::Error::from)?);
        let event = CloudEvent::from(stored);
        Ok(Self { number: event.aiqversion, title, event, cause, state, changes })
    }
}
