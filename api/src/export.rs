//! One interaction as a file that names nobody: its events, masked, and the state they lead to, so that whoever is sent
//! the file can see what happened and whether his program leads to the same.

mod canonical;
mod replay;
#[cfg(test)]
mod tests;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::interaction::Interaction as Aggregate;
use eventlog::{Mask, StoredEvent};
use projections::recorded;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use replay::{ReplayedStep, replay};

use canonical::{chained, digest};

use crate::past::decide_on;

/// What the file says that it is.
const FORMAT: &str = "agentiq-interaction";

/// The form of the file; another form gets another number.
const VERSION: u32 = 1;

/// Where a text stands that is no personal data by itself, yet leads to the review and so to the buyer.
const LEADS_TO_BUYER: [&str; 2] = ["external_id", "marketplace_text"];

/// One interaction as a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    /// `agentiq-interaction`.
    format: String,
    /// Form of the file: 1.
    version: u32,
    /// The seller.
    tenant_id: Uuid,
    /// The interaction.
    interaction_id: Uuid,
    /// Oldest first.
    events: Vec<ExportedEvent>,
    /// `sha256` of the last event: tells whether events are missing at the end.
    events_sha256: String,
    /// What the rules know after the last event, masked as the events are.
    state: Value,
    /// SHA-256 of `state` as JSON with sorted keys and without white space.
    state_sha256: String,
}

/// An event of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportedEvent {
    /// Its number, from 1.
    number: i32,
    /// Its id in the log.
    event_id: Uuid,
    /// Its name.
    event_type: String,
    /// The version of its JSON.
    schema_version: i32,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// Who caused it: `user:<id>` or `system:<part>`.
    actor: Option<String>,
    /// The command that led to it.
    command_id: Uuid,
    /// Shared by everything that one request led to.
    correlation_id: Option<Uuid>,
    /// The event or effect that led to the command.
    causation_id: Option<Uuid>,
    /// What happened; personal data under `$personal`, masked, or `{"$erased": true}`.
    payload: Value,
    /// SHA-256 over that of the event before and this event as JSON with sorted keys and without white space.
    sha256: String,
}

impl Export {
    /// Makes the file of an interaction from its events.
    ///
    /// # Errors
    /// When there are none, or this program cannot read one of them.
    pub(crate) fn new(events: &[StoredEvent], mask: &Mask) -> anyhow::Result<Self> {
        let first = events.first().context("an interaction without events")?;
        let mut export = Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            tenant_id: first.tenant.0,
            interaction_id: first.stream.0,
            events: Vec::with_capacity(events.len()),
            events_sha256: String::new(),
            state: Value::Null,
            state_sha256: String::new(),
        };
        let mut aggregate = Aggregate::default();
        let mut last = export.beginning()?;
        for stored in events {
            let mut stored = stored.clone();
            stored.payload = hidden(mask.payload(stored.payload), mask);
            let mut event = ExportedEvent::from(&stored);
            event.sha256 = chained(&last, &event.unsealed()?);
            last.clone_from(&event.sha256);
            export.events.push(event);
            let id = stored.event_id;
            let recorded = recorded(stored).with_context(|| format!("reading event {id}"))?;
            decide_on(&mut aggregate, &recorded);
        }
        export.events_sha256 = last;
        export.state = serde_json::to_value(&aggregate)?;
        export.state_sha256 = digest(&export.state);
        Ok(export)
    }

    /// What the first event's digest is chained to.
    fn beginning(&self) -> serde_json::Result<String> {
        let Self { format, version, tenant_id, interaction_id, .. } = self;
        Ok(digest(&serde_json::to_value((format, version, tenant_id, interaction_id))?))
    }

    /// Returns the name to save it under.
    pub(crate) fn file_name(&self) -> String {
        format!("interaction-{}.json", self.interaction_id)
    }
}

impl ExportedEvent {
    /// The event without its digest, which is what the digest is made over.
    fn unsealed(&self) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(self)?;
        if let Some(fields) = value.as_object_mut() {
            fields.remove("sha256");
        }
        Ok(value)
    }
}

impl From<&StoredEvent> for ExportedEvent {
    fn from(stored: &StoredEvent) -> Self {
        Self {
            number: stored.version,
            event_id: stored.event_id,
            event_type: stored.event_type.clone(),
            schema_version: stored.schema_version,
            recorded_at: stored.recorded_at,
            actor: stored.actor.clone(),
            command_id: stored.command_id,
            correlation_id: stored.correlation_id,
            causation_id: stored.causation_id,
            payload: stored.payload.clone(),
            sha256: String::new(),
        }
    }
}

/// Masks the texts that lead to the buyer where they stand in clear.
fn hidden(payload: Value, mask: &Mask) -> Value {
    match payload {
        Value::Object(map) => {
            let fields = map.into_iter().map(|(name, value)| {
                let is_text = value.is_string() && LEADS_TO_BUYER.contains(&&*name);
                let value = if is_text { mask.value(value) } else { hidden(value, mask) };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| hidden(item, mask)).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}
