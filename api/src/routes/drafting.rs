//! How a seller wants drafts made.

pub(crate) mod comparisons;

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::drafting::{self, Drafting as Wanted};
use domain::event::decode;
use domain::seller::{Seller, SellerCommand, SellerEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{Address, Intent, Tone};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;
use crate::idempotency::CommandId;

/// Most changes that are told: older ones are in the feed.
const CHANGES_MAX: usize = 100;

/// What is wanted of drafts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drafting {
    /// Whether drafts are made before anybody asks.
    ahead: bool,
    /// Whether a language model may write them, where the installation has one.
    by_model: bool,
    /// Drafts that a model writes ahead on end, before it rests until a minute has passed since the first.
    #[schema(minimum = 1, maximum = 100)]
    batch_size: u16,
    /// Pause between two of them, in milliseconds.
    #[schema(maximum = 60000)]
    delay_ms: u32,
    /// Drafts that a model writes ahead in a day.
    #[schema(maximum = 10000)]
    daily_limit: u32,
    /// What a model may cost in a day, in millionths of a US dollar.
    #[schema(maximum = 100_000_000)]
    daily_budget_micro_usd: u64,
    tone: Tone,
    address: Address,
    /// What stands under a draft, on a line of its own.
    #[serde(default)]
    #[schema(max_length = 100)]
    signature: Option<String>,
    /// What a model had better say, such as how the brand is written.
    #[schema(max_items = 30)]
    phrases: Vec<String>,
    /// What a model does not write about.
    #[schema(max_items = 30)]
    forbidden_topics: Vec<String>,
    /// What buyers want of which nothing is learnt: no past answers are shown to a model, and none are among the samples
    /// and in the queue. Left out, nothing is kept from learning.
    #[serde(default)]
    #[schema(required = true)]
    not_learned: Vec<Intent>,
}

/// What is wanted of drafts now.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftingInForce {
    /// Counted from 1 with every change; 0 are the defaults.
    version: u32,
    drafting: Drafting,
}

/// What is to be wanted of drafts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftingChange {
    /// The version that was read before the change: whoever comes second is told.
    #[schema(minimum = 0)]
    replaces: u32,
    drafting: Drafting,
}

/// Changes of what is wanted of drafts.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftingHistory {
    /// Newest first, up to 100.
    items: Vec<DraftingVersion>,
}

/// A change of what is wanted of drafts.
#[derive(Serialize, ToSchema)]
struct DraftingVersion {
    /// Counted from 1.
    version: u32,
    changed_at: DateTime<Utc>,
    /// Who changed it: `user:<id>`.
    changed_by: Option<String>,
    /// What was wanted from then on.
    drafting: Drafting,
}

/// Reads what is wanted of drafts.
#[utoipa::path(get, path = "/seller/drafting", tag = "seller",
    responses((status = OK, body = DraftingInForce)))]
pub(crate) async fn drafting(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<DraftingInForce>, ApiError> {
    read(&app, &caller).await
}

/// Replaces what is wanted of drafts, in force at once; 409 when it is no longer of the version that was read.
#[utoipa::path(put, path = "/seller/drafting", tag = "seller", request_body = DraftingChange,
    responses((status = OK, body = DraftingInForce)))]
pub(crate) async fn change_drafting(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<DraftingChange>,
) -> Result<Json<DraftingInForce>, ApiError> {
    let DraftingChange { replaces, drafting } = body;
    let command = SellerCommand::ChangeDrafting { replaces, drafting: drafting.into() };
    let context = caller.context(command_id);
    app.commands.execute::<Seller>(&context, caller.tenant(), command).await?;
    read(&app, &caller).await
}

/// Tells who changed what is wanted of drafts when, and to what.
#[utoipa::path(get, path = "/seller/drafting/history", tag = "seller",
    responses((status = OK, body = DraftingHistory)))]
pub(crate) async fn drafting_history(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<DraftingHistory>, ApiError> {
    let stored = app.log.load_stream(caller.tenant(), caller.tenant().into(), 0).await?;
    let mut items = Vec::new();
    for stored in stored {
        let (changed_at, changed_by) = (stored.recorded_at, stored.actor.clone());
        for event in decode(stored.names(), stored.payload.clone()).map_err(anyhow::Error::from)? {
            if let SellerEvent::DraftingChanged { version, drafting } = event {
                let (changed_by, drafting) = (changed_by.clone(), Drafting::from(&drafting));
                items.push(DraftingVersion { version, changed_at, changed_by, drafting });
            }
        }
    }
    items.reverse();
    items.truncate(CHANGES_MAX);
    Ok(Json(DraftingHistory { items }))
}

async fn read(app: &App, caller: &Caller) -> Result<Json<DraftingInForce>, ApiError> {
    let (version, wanted) = app.commands.drafting(caller.tenant()).await?;
    Ok(Json(DraftingInForce { version, drafting: Drafting::from(&wanted) }))
}

impl From<&Wanted> for Drafting {
    fn from(wanted: &Wanted) -> Self {
        let wanted = wanted.clone();
        Self {
            ahead: wanted.ahead,
            by_model: wanted.by_model,
            batch_size: wanted.batch_size,
            delay_ms: wanted.delay_ms,
            daily_limit: wanted.daily_limit,
            daily_budget_micro_usd: wanted.daily_budget_micro_usd,
            tone: match wanted.tone {
                drafting::Tone::Formal => Tone::Formal,
                drafting::Tone::Friendly => Tone::Friendly,
            },
            address: match wanted.address {
                drafting::Address::Vy => Address::Vy,
                drafting::Address::Ty => Address::Ty,
            },
            signature: wanted.signature,
            phrases: wanted.phrases,
            forbidden_topics: wanted.forbidden_topics,
            not_learned: wanted.not_learned.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Drafting> for Wanted {
    fn from(asked: Drafting) -> Self {
        Self {
            ahead: asked.ahead,
            by_model: asked.by_model,
            batch_size: asked.batch_size,
            delay_ms: asked.delay_ms,
            daily_limit: asked.daily_limit,
            daily_budget_micro_usd: asked.daily_budget_micro_usd,
            tone: match asked.tone {
                Tone::Formal => drafting::Tone::Formal,
                Tone::Friendly => drafting::Tone::Friendly,
            },
            address: match asked.address {
                Address::Vy => drafting::Address::Vy,
                Address::Ty => drafting::Address::Ty,
            },
            signature: asked.signature,
            phrases: asked.phrases,
            forbidden_topics: asked.forbidden_topics,
            not_learned: asked.not_learned.into_iter().map(Into::into).collect(),
        }
    }
}
