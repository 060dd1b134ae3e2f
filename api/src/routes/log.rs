//! The log itself: how a seller's events stand, and the proof of one of them.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use eventlog::chain::{self, ProveError};
use projections::runner::lag_seconds;
use projections::standing;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};

/// When to ask again for a proof: heads are signed every five minutes unless set otherwise, on average half of that
/// is left.
const AFTER_SIGNING: Duration = Duration::from_secs(150);

/// How the caller's events stand in the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogStanding {
    /// How many events there are: their numbers have no gaps.
    events: i64,
    /// When the last of them was stored.
    last_event_at: Option<DateTime<Utc>>,
    /// The log they are in, with events of other sellers.
    log: i32,
    /// How many of them no seal covers yet; seconds later it does.
    unsealed: i64,
    /// How many of them no signed head covers yet.
    unsigned: i64,
    sealed: Option<Sealed>,
    signed: Option<Signed>,
    /// What the last nightly audit found, by read model; empty as long as the seller was not chosen for one.
    audits: Vec<Audit>,
    parked: Vec<Parked>,
    /// How far the read models are behind this log.
    lag: Vec<Lag>,
}

/// The last seal of a log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sealed {
    /// The last position under it.
    position: i64,
    at: DateTime<Utc>,
}

/// The last signed head of a log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Signed {
    /// The last position under it.
    position: i64,
    at: DateTime<Utc>,
    /// The public key, as `agentiq prove --public-key` prints it.
    public_key: Option<String>,
}

/// What an audit found: whether what is served equals the log folded anew.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    model: String,
    at: DateTime<Utc>,
    sound: bool,
    /// Rows that differ, counted up to a hundred.
    differences: i32,
}

/// A stream that a read model could not apply: kept aside whole, and shown as it was before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Parked {
    model: String,
    /// The interaction, account or seller.
    stream_id: Uuid,
    /// `interaction`, `account` or `seller`.
    stream_type: String,
    since: DateTime<Utc>,
    /// Whether the program tries again by itself: not if the event stopped it.
    retried: bool,
}

/// How far a read model is behind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lag {
    model: &'static str,
    /// Age of the oldest event that is not applied yet, in seconds; 0 when all are.
    seconds: f64,
}

/// Tells how the caller's events stand: how many there are, what vouches for them, and what is shown of them.
#[utoipa::path(get, path = "/log", tag = "events", responses((status = OK, body = LogStanding)))]
pub(crate) async fn log(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<LogStanding>, ApiError> {
    let tenant = caller.tenant();
    let home = app.log.log_of(tenant).await?;
    let standing = chain::standing(&app.db, home, tenant).await?;
    let heads = app.log.heads().await?.into_iter().filter(|(log, _)| *log == home);
    let lag = lag_seconds(&app.db, &heads.collect::<Vec<_>>()).await?;
    let audits = standing::last_audits(&app.db, tenant).await?;
    let parked = standing::parked(&app.db, tenant).await?;
    Ok(Json(LogStanding {
        events: standing.events,
        last_event_at: standing.last_at,
        log: home.0,
        unsealed: standing.unsealed,
        unsigned: standing.unsigned,
        sealed: standing.sealed.map(|seal| Sealed { position: seal.pos, at: seal.at }),
        signed: standing.signed.map(|signed| Signed {
            position: signed.pos,
            at: signed.at,
            public_key: signed.key.map(|key| key.to_string()),
        }),
        audits: audits
            .into_iter()
            .map(|audit| {
                let standing::LastAudit { model, at, sound, differences } = audit;
                Audit { model, at, sound, differences }
            })
            .collect(),
        parked: parked
            .into_iter()
            .map(|stream| Parked {
                model: stream.model,
                stream_id: stream.stream_id,
                stream_type: stream.stream_type,
                since: stream.since,
                retried: !stream.harms_program,
            })
            .collect(),
        lag: lag.into_iter().map(|(model, seconds)| Lag { model: model.name(), seconds }).collect(),
    }))
}

/// Proves that an event of the feed stood in the log: the file that `agentiq prove` writes, to be checked with
/// `agentiq verify --proof FILE` by anybody, without this service. An event no signed head covers yet is refused with
/// `not_signed_yet` and `Retry-After`.
#[utoipa::path(get, path = "/events/{sequence}/proof", tag = "events",
    params(("sequence" = i64, Path, description = "The event's `sequence` in the feed.")),
    responses((status = OK, body = std::collections::HashMap<String, serde_json::Value>)))]
pub(crate) async fn event_proof(
    State(app): State<App>,
    caller: Caller,
    Path(sequence): Path<i64>,
) -> Result<Response, ApiError> {
    let tenant = caller.tenant();
    let home = app.log.log_of(tenant).await?;
    let place = chain::place_of(&app.db, home, tenant, sequence).await?;
    let Some(pos) = place else { return Err(ApiError::new(Code::NotFound)) };
    let proof = chain::prove(&app.db, home, pos).await?;
    let text = serde_json::to_string_pretty(&proof).map_err(anyhow::Error::from)?;
    let name = format!("attachment; filename=\"agentiq-proof-{sequence}.json\"");
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, text + "\n").into_response())
}

impl From<ProveError> for ApiError {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::NoEvent => Self::new(Code::NotFound),
            ProveError::NotSigned => Self::new(Code::NotSignedYet).retry_after(AFTER_SIGNING),
            ProveError::Database(error) => error.into(),
        }
    }
}
