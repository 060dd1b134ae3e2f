//! Vectors of texts, as OpenAI's API gives them: each follows from the words of its text alone.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::behaviour::Act;
use super::{Entry, key_of, problem, writing};
use crate::chance::sha256_hex;
use crate::connection::Hangup;
use crate::exchange::{Delivery, Outcome, Reply};
use crate::world::{App, World};

/// Numbers of a vector, as many as `text-embedding-3-small` gives when asked for fewer.
const DIMENSIONS: usize = 512;

/// `POST /v1/embeddings`.
pub(super) async fn embed(
    State(app): State<App>,
    Extension(hangup): Extension<Arc<Hangup>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let key = key_of(&headers);
    let outcome = app.with(move |world| answer(world, key, &body)).await;
    outcome.deliver(&hangup).await
}

/// Answers a request for vectors; what was asked is in the ledger before.
fn answer(world: &mut World, key: Option<String>, body: &[u8]) -> Outcome {
    let refused = |status, code| Outcome::given(problem(status, code, None));
    let Some(key) = key else { return refused(StatusCode::UNAUTHORIZED, "invalid_api_key") };
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_json");
    };
    let texts: Vec<&str> = match &request["input"] {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    if texts.is_empty() {
        return refused(StatusCode::BAD_REQUEST, "invalid_request_error");
    }
    let (act, delay) = world.model.behaviour.embeddings.next();
    let entry = Entry::Embedded {
        count: texts.len(),
        digests: texts.iter().map(|text| sha256_hex(text)).collect(),
        key_sha256: sha256_hex(&key),
        model: request["model"].as_str().unwrap_or_default().to_owned(),
        act: act.name().to_owned(),
    };
    if world.record(vec![entry.into()]).is_err() {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, "ledger");
    }
    let mut outcome = match &act {
        Act::Fails(failure) => Outcome::given(failure.reply()),
        Act::Loses => Outcome::broken_off(Delivery::Lost),
        Act::Refuses => refused(StatusCode::BAD_REQUEST, "invalid_request_error"),
        Act::Writes
        | Act::Obeys
        | Act::Blank
        | Act::Prose
        | Act::Broken
        | Act::Cut
        | Act::Hangs => Outcome::given(Reply::json(
            StatusCode::OK,
            "application/json",
            &vectors(&request, &texts, &act),
        )),
    };
    outcome.delay = delay;
    world.count("POST /v1/embeddings", &outcome);
    outcome
}

fn vectors(request: &Value, texts: &[&str], act: &Act) -> Value {
    let asked = request["dimensions"].as_u64().and_then(|count| usize::try_from(count).ok());
    let dimensions = asked.unwrap_or(DIMENSIONS).clamp(1, 1536);
    let given = match act {
        Act::Blank | Act::Prose => 0,
        Act::Broken | Act::Cut => texts.len() - 1,
        Act::Writes | Act::Obeys | Act::Refuses | Act::Hangs | Act::Loses | Act::Fails(_) => {
            texts.len()
        }
    };
    let data = texts.iter().take(given).enumerate().map(|(index, text)| {
        json!({ "object": "embedding", "index": index, "embedding": writing::vector(text, dimensions) })
    });
    let tokens: usize = texts.iter().map(|text| text.chars().count().div_ceil(4)).sum();
    json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": request["model"],
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    })
}
