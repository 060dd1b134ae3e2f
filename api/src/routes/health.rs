//! Whether the server lives and is ready, and its numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use adapters::notice::Medium;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use domain::policy::alert::AlertSeverity;
use eventlog::LogError;
use eventlog::chain::unsealed_seconds;
use projections::effects::{self, backlog};
use projections::runner::{behind, count_parked, lags};
use projections::sending::{self, count_stops};
use projections::{deadlines, drafts, recipients};
use serde::Serialize;
use strum::IntoEnumIterator as _;
use tracing::warn;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Json;
use crate::schema;

/// How long the database may take to answer a check.
const CHECK_LIMIT: Duration = Duration::from_secs(2);

/// What stands in the way of being ready.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: &'static str,
    migrations: &'static str,
    stopping: bool,
    /// What somebody must look after, though requests are answered well.
    degraded: Vec<&'static str>,
}

/// Tells that the process answers. Asks nobody else, so that a slow database does not get it restarted.
pub(crate) async fn live() -> Response {
    Json(serde_json::json!({"live": true})).into_response()
}

/// Tells whether requests should be sent here.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    let stopping = app.stop_announced.is_cancelled();
    let checked = tokio::time::timeout(CHECK_LIMIT, schema::is_current(&app.db)).await;
    let (database, migrations) = match checked {
        Ok(Ok(true)) => ("ok", "current"),
        Ok(Ok(false)) => ("ok", "missing"),
        Ok(Err(error)) => {
            warn!(error = &error as &dyn std::error::Error, "the database does not answer");
            ("unavailable", "unknown")
        }
        Err(_) => ("unavailable", "unknown"),
    };
    let ready = !stopping && migrations == "current";
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let degraded = if ready { degraded(&app).await } else { vec![] };
    let readiness = Readiness { ready, database, migrations, stopping, degraded };
    (status, Json(readiness)).into_response()
}

/// Names what is wrong with the log, or the database; `docs/operations.md` has a paragraph for each name.
async fn degraded(app: &App) -> Vec<&'static str> {
    let looked = async {
        let in_use = app.log.partitions().await?.default_rows > 0;
        let late = unsealed_seconds(&app.db).await? > app.settings.sealed_within.as_secs_f64();
        let restored = count_stops(&app.db).await?.quarantine > 0;
        let names = [
            (in_use, "default_partition_in_use"),
            (late, "log_not_sealed"),
            (restored, "sending_quarantined"),
        ];
        Ok::<_, LogError>(names.into_iter().filter_map(|(is, name)| is.then_some(name)).collect())
    };
    match tokio::time::timeout(CHECK_LIMIT, looked).await {
        Ok(Ok(names)) => names,
        Ok(Err(_)) | Err(_) => vec!["log_not_looked_at"],
    }
}

/// Shows the process's numbers in Prometheus' text form, with those of the database as they are now.
pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, ApiError> {
    let up = match tokio::time::timeout(CHECK_LIMIT, measure(&app)).await {
        Ok(Ok(())) => 1.0,
        Ok(Err(_)) | Err(_) => 0.0,
    };
    metrics::gauge!("agentiq_database_up").set(up);
    app.metrics.run_upkeep();
    let text = app.metrics.render();
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

async fn measure(app: &App) -> anyhow::Result<()> {
    let heads = app.log.heads().await?;
    for (model, events) in behind(&app.db, &heads).await? {
        metrics::gauge!("agentiq_projection_lag_events", "projection" => model.name())
            .set(approximately(events));
    }
    for (model, lag) in lags(&app.db, &heads, effects::now(&app.db).await?).await? {
        metrics::gauge!("agentiq_projection_lag_seconds", "projection" => model.name())
            .set(lag.as_seconds_f64());
    }
    for (model, streams) in count_parked(&app.db).await? {
        metrics::gauge!("agentiq_parked_streams", "projection" => model.name())
            .set(approximately(streams));
    }
    for kind in [
        "send_draft",
        "release_reply",
        "deliver_reply",
        "settle_reply",
        "confirm_reply",
        "mark_viewed",
    ] {
        for state in ["pending", "leased", "calling"] {
            metrics::gauge!("agentiq_effects", "kind" => kind, "state" => state).set(0.0);
        }
    }
    for (kind, state, count) in backlog(&app.db).await? {
        metrics::gauge!("agentiq_effects", "kind" => kind, "state" => state)
            .set(approximately(count));
    }
    metrics::gauge!("agentiq_drafts_due").set(approximately(drafts::count_due(&app.db).await?));
    let deadlines = deadlines::behind(&app.db).await?;
    metrics::gauge!("agentiq_deadlines_unset").set(approximately(deadlines.unset));
    metrics::gauge!("agentiq_deadlines_overdue_seconds").set(deadlines.overdue_seconds);
    let stops = count_stops(&app.db).await?;
    let stops = [
        ("sellers", stops.sellers),
        ("installation", stops.installation),
        ("quarantine", stops.quarantine),
    ];
    for (of, count) in stops {
        metrics::gauge!("agentiq_sending_stopped", "of" => of).set(approximately(count));
    }
    let raised = sending::alerts(&app.db).await?;
    for severity in [AlertSeverity::Warning, AlertSeverity::Critical] {
        let of = raised.values().flat_map(BTreeMap::values).filter(|it| **it == severity).count();
        metrics::gauge!("agentiq_alerts", "severity" => <&str>::from(severity))
            .set(approximately(i64::try_from(of).unwrap_or(i64::MAX)));
    }
    let failing = recipients::count_failing(&app.db).await?;
    for medium in Medium::iter().map(Medium::as_str) {
        let count = failing.get(medium).copied().unwrap_or_default();
        metrics::gauge!("agentiq_recipients_failing", "medium" => medium).set(approximately(count));
    }
    metrics::gauge!("agentiq_log_unsealed_seconds").set(unsealed_seconds(&app.db).await?);
    let pool = app.db.pool();
    metrics::gauge!("agentiq_database_connections").set(pool.size());
    Ok(())
}

/// Counts beyond what a float holds exactly are far beyond what is counted here.
fn approximately(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX))
}
