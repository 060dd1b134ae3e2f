//! Buyers want to return what they bought.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::claim::{Claim, USUAL_ACTIONS};
use super::super::entry::Entry;
use super::super::seeds::Maker;
use super::{fresh, record, shop, unusable};
use crate::control::{Body, ControlError};
use crate::world::{App, World};

/// What a buyer wants to return.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewClaim {
    comment: String,
    product: Option<String>,
    /// What the seller may answer, if not the usual.
    actions: Option<Vec<String>>,
}

/// Everything about claims under `/control/wildberries`.
pub(super) fn router() -> Router<App> {
    Router::new().route("/{seller}/claims", post(add)).route("/{seller}/claims/{id}", get(one))
}

/// A buyer makes a claim: `{comment, product?, actions?}`, or a whole Wildberries object; beside it `served`, what reads
/// give in its place. Answers with its id.
async fn add(
    State(app): State<App>,
    Path(seller): Path<String>,
    Body(mut body): Body<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    app.with(move |world| {
        shop(world, &seller)?;
        let served = body.remove("served");
        let claim = if body.contains_key("dt") { body } else { made(world, &seller, body)? };
        let Some(known) = Claim::new(claim.clone(), None) else {
            return Err(ControlError::unprocessable("a claim needs a text id and a date dt"));
        };
        record(world, [Entry::ClaimAdded { seller, claim, served }])?;
        Ok((StatusCode::CREATED, Json(json!({ "id": known.id() }))))
    })
    .await
}

fn made(
    world: &World,
    seller: &str,
    body: Map<String, Value>,
) -> Result<Map<String, Value>, ControlError> {
    let wanted: NewClaim = serde_json::from_value(Value::Object(body))
        .map_err(|error| ControlError::unprocessable(&error.to_string()))?;
    let id = fresh(world, "added claim").uuid().to_string();
    let maker = Maker::new(world.chance).map_err(unusable)?;
    let purchase = maker.purchase(wanted.product.as_deref(), seller, &id);
    let actions = wanted.actions.unwrap_or_else(|| USUAL_ACTIONS.map(str::to_owned).to_vec());
    Ok(maker.claim(&id, &wanted.comment, &purchase, &actions, world.now()))
}

/// A claim as the API serves it now, what the buyer reads, and every decision about it.
async fn one(
    State(app): State<App>,
    Path((seller, id)): Path<(String, String)>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        let now = world.now();
        let claim = shop(world, &seller)?.claims.get(&id);
        let claim = claim.ok_or_else(|| ControlError::not_found("the seller has no such claim"))?;
        Ok(Json(json!({
            "claim": claim.served(now),
            "buyer_sees": claim.buyer_sees(now),
            "decisions": claim.decisions,
        })))
    })
    .await
}
