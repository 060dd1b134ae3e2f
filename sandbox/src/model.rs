//! A language model behind OpenAI's API, as published for chat completions, embeddings and models: it writes a passable
//! answer, misbehaves on request, and keeps every request in the ledger, so that a client's requests can be counted.
//!
//! It is no model: what it writes follows from what it is asked. It reads the last message as a JSON object with a
//! `dialog` and answers with the object that the prompts of AgentIQ ask for.

mod behaviour;
mod control;
mod embedding;
mod entry;
mod obeying;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use self::behaviour::{Act, Behaviour};
use crate::chance::sha256_hex;
use crate::connection::Hangup;
use crate::exchange::{Delivery, Outcome, Reply};
use crate::world::{App, World};

pub(crate) use control::{router as control_router, state};
pub(crate) use entry::Entry;

/// The model's state: how it behaves, and how often it was asked.
#[derive(Debug, Default)]
pub(crate) struct Model {
    behaviour: Behaviour,
    requests: u64,
    /// Requests by what they were for, so that a second payment for one thing shows.
    by_prompt: BTreeMap<String, u64>,
    /// Requests for the vector of a text, by its digest.
    by_text: BTreeMap<String, u64>,
}

impl Model {
    pub(crate) fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Asked { prompt, .. } => {
                self.requests += 1;
                *self.by_prompt.entry(prompt.clone()).or_default() += 1;
            }
            Entry::Embedded { digests, .. } => {
                for digest in digests {
                    *self.by_text.entry(digest.clone()).or_default() += 1;
                }
            }
        }
    }

    /// Keeps what was settled about its behaviour, and forgets what it was asked.
    pub(crate) fn behaving_as(other: &Self) -> Self {
        Self { behaviour: other.behaviour.clone(), ..Self::default() }
    }

    pub(crate) fn with_latency(latency_ms: [u64; 2]) -> Self {
        Self { behaviour: Behaviour { latency_ms, ..Behaviour::default() }, ..Self::default() }
    }
}

/// The API, as it stands under `/v1`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        .route("/v1/embeddings", post(embedding::embed))
        .route("/v1/models", get(models))
}

async fn complete(
    State(app): State<App>,
    Extension(hangup): Extension<Arc<Hangup>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let key = key_of(&headers);
    let outcome = app.with(move |world| answer(world, key, &body)).await;
    outcome.deliver(&hangup).await
}

/// Answers a request for a completion; what was asked is in the ledger before.
fn answer(world: &mut World, key: Option<String>, body: &[u8]) -> Outcome {
    let number = world.next_request();
    let Some(key) = key else {
        return Outcome::given(problem(StatusCode::UNAUTHORIZED, "invalid_api_key", None));
    };
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return Outcome::given(problem(StatusCode::BAD_REQUEST, "invalid_json", None));
    };
    let Some(asked) = behaviour::Asked::of(&request) else {
        return Outcome::given(problem(StatusCode::BAD_REQUEST, "invalid_request_error", None));
    };
    let act = world.model.behaviour.next();
    let text = act.text(&asked);
    let entry = Entry::Asked {
        prompt: sha256_hex(&asked.prompt),
        key_sha256: sha256_hex(&key),
        act: act.name().to_owned(),
        request: request.clone(),
        wrote: text.clone(),
    };
    if world.record(vec![entry.into()]).is_err() {
        return Outcome::given(problem(StatusCode::INTERNAL_SERVER_ERROR, "ledger", None));
    }
    let mut outcome = match &act {
        Act::Fails(failure) => Outcome::given(failure.reply()),
        Act::Loses => Outcome::broken_off(Delivery::Lost),
        Act::Writes
        | Act::Obeys
        | Act::Blank
        | Act::Prose
        | Act::Broken
        | Act::Refuses
        | Act::Cut
        | Act::Hangs => Outcome::given(Reply::json(
            StatusCode::OK,
            "application/json",
            &completion(number, &asked, &act, text.as_deref()),
        )),
    };
    let share = world.chance.draw(&["model", "latency", &number.to_string()]).unit();
    outcome.delay = world.model.behaviour.latency(&act, share);
    world.count("POST /v1/chat/completions", &outcome);
    outcome
}

/// The answer of the API to a request that it carries out.
fn completion(number: u64, asked: &behaviour::Asked, act: &Act, text: Option<&str>) -> Value {
    let is_refused = matches!(act, Act::Refuses);
    // About four characters a token, which is what English has.
    let tokens = |text: &str| text.chars().count().div_ceil(4);
    let (read, written) = (tokens(&asked.prompt), tokens(text.unwrap_or_default()));
    let cached = tokens(&asked.rules).min(read);
    json!({
        "id": format!("chatcmpl-{number}"),
        "object": "chat.completion",
        "created": 1_790_000_000 + number,
        "model": format!("{}-2026-11", asked.model),
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant",
                "content": if is_refused { None } else { text },
                "refusal": is_refused.then_some("Я не могу помочь с этим."),
            },
            "finish_reason": if matches!(act, Act::Cut) { "length" } else { "stop" },
        }],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": { "cached_tokens": cached },
        },
    })
}

async fn models(State(app): State<App>, headers: HeaderMap) -> Response {
    if key_of(&headers).is_none() {
        return problem_response(StatusCode::UNAUTHORIZED, "invalid_api_key");
    }
    app.with(|world| {
        let data = world.model.behaviour.models.iter().map(|(id, shutdown_date)| {
            json!({ "id": id, "object": "model", "created": 0, "owned_by": "sandbox", "shutdown_date": shutdown_date })
        });
        Json(json!({ "object": "list", "data": data.collect::<Vec<_>>() })).into_response()
    })
    .await
}

fn key_of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::to_owned)
}

/// An error as OpenAI has it.
fn problem(status: StatusCode, code: &str, retry_after: Option<u64>) -> Reply {
    let mut reply = Reply::json(status, "application/json", &error_of(code));
    if let Some(seconds) = retry_after {
        reply.headers.push((HeaderName::from_static("retry-after"), seconds.to_string()));
    }
    reply
}

fn problem_response(status: StatusCode, code: &str) -> Response {
    (status, Json(error_of(code))).into_response()
}

fn error_of(code: &str) -> Value {
    let message = format!("the sandbox says {code}");
    json!({ "error": { "message": message, "type": code, "param": null, "code": code } })
}
