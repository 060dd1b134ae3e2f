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
use crate::error::ApiError;
use crate::extract::Json;

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
    phrases_added: Vec<ListedPhrase>,
    phrases_removed: Vec<ListedPhrase>,
    exceptions_added: Vec<String>,
    exceptions_removed: Vec<String>,
}

/// Tells who changed the seller's own lists when, and what.
#[utoipa::path(get, path = "/seller/guardrails/history", tag = "seller",
    responses((status = OK, body = GuardrailsHistory)))]
pub(crate) async fn guardrails_history(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<GuardrailsHistory>, ApiError> {
    let stored = app.log.load_stream(caller.tenant(), caller.tenant().into(), 0).await?;
    let mut before = guardrail::Guardrails::default();
    let mut items = Vec::new();
    for stored in stored {
        let (at, by) = (stored.recorded_at, stored.actor.clone());
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            if let SellerEvent::GuardrailsChanged { version, guardrails } = event {
                items.push(GuardrailsVersion::new(version, (at, by.clone()), &before, &guardrails));
                before = guardrails;
            }
        }
    }
    items.reverse();
    items.truncate(CHANGES_MAX);
    Ok(Json(GuardrailsHistory { items }))
}

impl GuardrailsVersion {
    fn new(
        version: u32,
        (changed_at, changed_by): (DateTime<Utc>, Option<String>),
        before: &guardrail::Guardrails,
        after: &guardrail::Guardrails,
    ) -> Self {
        let told = |phrases: Vec<&_>| phrases.into_iter().map(ListedPhrase::from).collect();
        let owned = |texts: Vec<&String>| texts.into_iter().cloned().collect();
        Self {
            version,
            changed_at,
            changed_by,
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
