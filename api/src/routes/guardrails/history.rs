//! Who changed the seller's own lists when, and what.

use std::collections::HashSet;
use std::hash::Hash;

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::event::decode;
use domain::guardrail;
use domain::seller::SellerEvent;
use serde::Serialize;
use utoipa::ToSchema;

use super::ListedPhrase;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};
use crate::why::People;

/// Most changes that are told: older ones are in the feed.
const CHANGES_MAX: usize = 100;

/// Changes of the seller's own lists.
#[derive(Serialize, ToSchema)]
pub(crate) struct GuardrailsHistory {
    /// Newest first, up to 100.
    items: Vec<GuardrailsVersion>,
}

/// A change of the seller's own lists. An entry that was changed is among the removed ones and the added ones.
#[derive(Serialize, ToSchema)]
struct GuardrailsVersion {
    /// Counted from 1.
    version: u32,
    changed_at: DateTime<Utc>,
    /// Who changed them: `user:<id>`.
    changed_by: Option<String>,
    /// Who that is, in the user's words.
    who: String,
    phrases_added: Vec<ListedPhrase>,
    phrases_removed: Vec<ListedPhrase>,
    exceptions_added: Vec<String>,
    exceptions_removed: Vec<String>,
}

/// The seller's own lists as a version had them.
#[derive(Serialize, ToSchema)]
pub(crate) struct GuardrailsLists {
    version: u32,
    phrases: Vec<ListedPhrase>,
    exceptions: Vec<String>,
}

/// Tells who changed the seller's own lists when, and what.
#[utoipa::path(get, path = "/seller/guardrails/history", tag = "seller",
    responses((status = OK, body = GuardrailsHistory)))]
pub(crate) async fn guardrails_history(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<GuardrailsHistory>, ApiError> {
    let people = People::read(&app.db, caller.tenant()).await?;
    let stored = app.log.load_stream(caller.tenant(), caller.tenant().into(), 0).await?;
    let mut before = guardrail::Guardrails::default();
    let mut items = Vec::new();
    for stored in stored {
        let (at, by) = (stored.recorded_at, stored.actor.clone());
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            if let SellerEvent::GuardrailsChanged { version, guardrails } = event {
                let who = people.name(by.as_deref());
                let changed = (at, by.clone(), who);
                items.push(GuardrailsVersion::new(version, changed, &before, &guardrails));
                before = guardrails;
            }
        }
    }
    items.reverse();
    items.truncate(CHANGES_MAX);
    Ok(Json(GuardrailsHistory { items }))
}

/// Reads the seller's own lists as a version had them. To go back to them, they are saved as a new version.
#[utoipa::path(get, path = "/seller/guardrails/history/{version}", tag = "seller",
    params(("version" = u32, Path)), responses((status = OK, body = GuardrailsLists)))]
pub(crate) async fn guardrails_version(
    State(app): State<App>,
    caller: Caller,
    Path(wanted): Path<u32>,
) -> Result<Json<GuardrailsLists>, ApiError> {
    let stored = app.log.load_stream(caller.tenant(), caller.tenant().into(), 0).await?;
    for stored in stored {
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            if let SellerEvent::GuardrailsChanged { version, guardrails } = event
                && version == wanted
            {
                let phrases = guardrails.phrases.iter().map(ListedPhrase::from).collect();
                let exceptions = guardrails.exceptions;
                return Ok(Json(GuardrailsLists { version, phrases, exceptions }));
            }
        }
    }
    Err(ApiError::new(Code::NotFound))
}

impl GuardrailsVersion {
    fn new(
        version: u32,
        (changed_at, changed_by, who): (DateTime<Utc>, Option<String>, String),
        before: &guardrail::Guardrails,
        after: &guardrail::Guardrails,
    ) -> Self {
        let told = |phrases: Vec<&_>| phrases.into_iter().map(ListedPhrase::from).collect();
        let owned = |texts: Vec<&String>| texts.into_iter().cloned().collect();
        Self {
            version,
            changed_at,
            changed_by,
            who,
            phrases_added: told(not_in(&before.phrases, &after.phrases)),
            phrases_removed: told(not_in(&after.phrases, &before.phrases)),
            exceptions_added: owned(not_in(&before.exceptions, &after.exceptions)),
            exceptions_removed: owned(not_in(&after.exceptions, &before.exceptions)),
        }
    }
}

/// Lists what is among `these` and not among `others`.
fn not_in<'a, T: Eq + Hash>(others: &[T], these: &'a [T]) -> Vec<&'a T> {
    let others: HashSet<&T> = others.iter().collect();
    these.iter().filter(|one| !others.contains(one)).collect()
}
