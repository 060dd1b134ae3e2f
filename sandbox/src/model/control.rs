//! What can be asked of the model's player: how it behaves, and what it was asked.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::behaviour::Behaviour;
use crate::control::Body;
use crate::world::{App, World};

/// `GET` and `PUT /control/model`.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/", get(told).put(behave))
}

/// How it behaves and how often it was asked, for `/control/state`.
pub(crate) fn state(world: &World) -> Value {
    let model = &world.model;
    json!({
        "behaviour": model.behaviour,
        "requests": model.requests,
        "prompts": model.by_prompt.len(),
        // How often the question that was asked most was asked: 1 where nothing was paid twice.
        "most_of_one_prompt": model.by_prompt.values().max().copied().unwrap_or(0),
        // The same of the texts whose vectors were asked for.
        "most_of_one_text": model.by_text.values().max().copied().unwrap_or(0),
    })
}

async fn told(State(app): State<App>) -> Json<Value> {
    app.with(|world| Json(state(world))).await
}

/// Replaces how it behaves; what is left out is as at the start, without delay.
async fn behave(State(app): State<App>, Body(behaviour): Body<Behaviour>) -> Json<Value> {
    app.with(move |world| {
        world.model.behaviour = behaviour;
        Json(state(world))
    })
    .await
}
