//! The sandbox's own routes: what is going on (`/control/state`, `/ledger`), faults, the clock, a fresh start.

use std::collections::BTreeMap;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::error;

use crate::faults::{Fault, FaultRule, Faults};
use crate::world::{App, SandboxEntry};
use crate::{model, ozon, wildberries, yandex};

/// A JSON body; one that cannot be read is answered with the reason.
#[derive(FromRequest)]
#[from_request(via(Json), rejection(ControlError))]
pub(crate) struct Body<T>(pub(crate) T);

/// Why a control call is refused, as `{"error": …}`.
#[derive(Debug)]
pub(crate) struct ControlError {
    status: StatusCode,
    reason: String,
}

/// How far to put the clock forward.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockAdvance {
    seconds: u32,
}

/// Which lines of the ledger to give.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LedgerQuery {
    /// Only lines after this number.
    #[serde(default)]
    after: u64,
    /// Only lines of this kind.
    kind: Option<String>,
    /// Only lines about this seller.
    seller: Option<String>,
}

/// The routes of the sandbox itself.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/ledger", get(ledger))
        .route("/control/state", get(state))
        .route("/control/faults", get(faults).put(replace_faults).patch(change_faults))
        .route("/control/clock", post(advance_clock))
        .route("/control/reset", post(reset))
        .nest("/control/wildberries", wildberries::control_router())
        .nest("/control/ozon", ozon::control_router())
        .nest("/control/yandex", yandex::control_router())
        .nest("/control/model", model::control_router())
}

/// The ledger as JSON lines.
async fn ledger(
    State(app): State<App>,
    query: Result<Query<LedgerQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ControlError> {
    let Query(query) = query.map_err(|error| ControlError::unprocessable(&error.body_text()))?;
    let bytes = app.with(|world| world.ledger.read()).await?;
    let mut kept = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let entry: Value = serde_json::from_slice(line).unwrap_or_default();
        let is = |field: &str, wanted: &Option<String>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| entry.get(field).is_some_and(|found| found == wanted))
        };
        let n = entry.get("n").and_then(Value::as_u64).unwrap_or_default();
        if n > query.after && is("kind", &query.kind) && is("seller", &query.seller) {
            kept.extend_from_slice(line);
        }
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], kept).into_response())
}

/// Time, sellers, faults with their counters, and every answer so far by call and outcome.
async fn state(State(app): State<App>) -> Json<Value> {
    app.with(|world| {
        Json(json!({
            "now": world.now(),
            "seed": world.config.seed,
            "wildberries": wildberries::state(world),
            "ozon": ozon::state(world),
            "yandex": yandex::state(world),
            "model": model::state(world),
            "faults": world.faults.rules(),
            "fired": world.faults.fired(),
            "answers": world.answers(),
            "ledger": {
                "path": world.ledger.path(),
                "lines": world.ledger.lines(),
                "failed_appends": world.ledger.failed_appends(),
            },
        }))
    })
    .await
}

/// The faults in force.
async fn faults(State(app): State<App>) -> Json<Faults> {
    app.with(|world| Json(world.faults.rules().clone())).await
}

/// Replaces all faults; `{}` ends them.
async fn replace_faults(State(app): State<App>, Body(rules): Body<Faults>) -> Json<Faults> {
    app.with(move |world| {
        world.faults.replace(rules);
        Json(world.faults.rules().clone())
    })
    .await
}

/// Sets the faults named and ends those that are null.
async fn change_faults(
    State(app): State<App>,
    Body(changes): Body<BTreeMap<Fault, Option<FaultRule>>>,
) -> Json<Faults> {
    app.with(move |world| {
        world.faults.change(changes);
        Json(world.faults.rules().clone())
    })
    .await
}

/// Puts the sandbox's clock forward, for windows of days and limits of hours.
async fn advance_clock(
    State(app): State<App>,
    Body(body): Body<ClockAdvance>,
) -> Result<Json<Value>, ControlError> {
    app.with(move |world| {
        world.record(vec![SandboxEntry::ClockAdvanced { seconds: body.seconds }.into()])?;
        Ok(Json(json!({ "now": world.now() })))
    })
    .await
}

/// Begins anew; the ledger keeps what was before, up to its line `reset`.
async fn reset(State(app): State<App>) -> Result<StatusCode, ControlError> {
    app.with(|world| world.reset()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ControlError {
    pub(crate) fn not_found(reason: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, reason: reason.to_owned() }
    }

    pub(crate) fn conflict(reason: &str) -> Self {
        Self { status: StatusCode::CONFLICT, reason: reason.to_owned() }
    }

    pub(crate) fn unprocessable(reason: &str) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, reason: reason.to_owned() }
    }
}

impl From<JsonRejection> for ControlError {
    fn from(rejection: JsonRejection) -> Self {
        Self::unprocessable(&rejection.body_text())
    }
}

impl From<std::io::Error> for ControlError {
    fn from(error: std::io::Error) -> Self {
        let reason = format!("the ledger cannot be used, nothing was applied: {error}");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, reason }
    }
}

impl From<anyhow::Error> for ControlError {
    fn from(error: anyhow::Error) -> Self {
        error!(error = %format!("{error:#}"), "a control call failed");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, reason: format!("{error:#}") }
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.reason }))).into_response()
    }
}
