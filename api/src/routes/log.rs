//! The log itself: how a seller's events stand, and the proof of one of them.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use eventlog::LogId;
use eventlog::chain::{self, FaultPlace, KeptHeads, Outcome, ProveError};
use projections::ReadModel;
use projections::effects;
use projections::runner::{behind, lags};
use projections::standing::{self, LastAudit, ParkedStream};
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

/// Faults of one check that are told.
const FAULTS_SHOWN: usize = 10;

/// How the caller's events stand in the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogStanding {
    /// How many events there are: their numbers have no gaps.
    events: i64,
    /// When the first of them was stored.
    first_event_at: Option<DateTime<Utc>>,
    /// When the last of them was stored.
    last_event_at: Option<DateTime<Utc>>,
    /// The log they are in, with events of other sellers.
    log: i32,
    /// Its last position.
    position: i64,
    /// How many of them no seal covers yet; seconds later it does.
    unsealed: i64,
    /// When the first of those was stored.
    unsealed_since: Option<DateTime<Utc>>,
    /// How many of them no signed head covers yet.
    unsigned: i64,
    /// When the first of those was stored.
    unsigned_since: Option<DateTime<Utc>>,
    sealed: Option<Sealed>,
    signed: Option<Signed>,
    signatures: Signatures,
    /// What `agentiq verify` found last, by check; empty as long as nobody ran it.
    checks: Vec<LogCheck>,
    /// What the last nightly audit found, by read model; empty as long as the seller was not chosen for one.
    audits: Vec<Audit>,
    parked: Vec<Parked>,
    read_models: Vec<ReadModelStanding>,
    erasures: Erased,
    /// Whether events lie in the part of the table for what no month covers: they are safe there, and somebody must
    /// make room for the months to come.
    default_partition_in_use: bool,
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

impl From<LastAudit> for Audit {
    fn from(audit: LastAudit) -> Self {
        let LastAudit { model, at, sound, differences } = audit;
        Self { model, at, sound, differences }
    }
}

/// A stream that a read model could not apply: kept aside whole, and shown as it was before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Parked {
    model: String,
    /// The interaction, bulk, claim, account or seller.
    stream_id: Uuid,
    /// `interaction`, `bulk`, `claim`, `account` or `seller`.
    stream_type: String,
    since: DateTime<Utc>,
    /// Whether the program tries again by itself: not if the event stopped it.
    retried: bool,
}

impl From<ParkedStream> for Parked {
    fn from(parked: ParkedStream) -> Self {
        let ParkedStream { model, stream_id, stream_type, since, harms_program } = parked;
        Self { model, stream_id, stream_type, since, retried: !harms_program }
    }
}

/// The file of signed heads, as far as this server sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Signatures {
    /// `agrees` (its last line is signed and speaks of the seals of the log), `differs` (it does not: history was cut
    /// or rewritten), `absent` (not on this server) or `unreadable`.
    file: &'static str,
    /// When its last line was signed, of whichever log.
    last_signed_at: Option<DateTime<Utc>>,
}

impl From<KeptHeads> for Signatures {
    fn from(kept: KeptHeads) -> Self {
        let (file, last_signed_at) = match kept {
            KeptHeads::Agrees { signed_at } => ("agrees", Some(signed_at)),
            KeptHeads::Differs => ("differs", None),
            KeptHeads::Absent => ("absent", None),
            KeptHeads::Unreadable => ("unreadable", None),
        };
        Self { file, last_signed_at }
    }
}

/// What a check of `agentiq verify` found, over all logs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogCheck {
    /// `chain`, `heads`, `numbers`, `commands` or a read model.
    check: String,
    at: DateTime<Utc>,
    sound: bool,
    /// Faults in all logs together.
    faults: i64,
    /// The first faults in the caller's log and in the file of signed heads.
    places: Vec<LogFault>,
}

impl LogCheck {
    fn of(outcome: Outcome, home: LogId) -> Self {
        let Outcome { check, at, sound, faults, places } = outcome;
        let near = places.into_iter().filter(|place| [0, home.0].contains(&place.log));
        let places = near.take(FAULTS_SHOWN).map(LogFault::from).collect();
        Self { check, at, sound, faults, places }
    }
}

/// A fault and where it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogFault {
    /// `event_altered`, `event_missing`, `rewritten` and so on.
    kind: String,
    /// The position in the log, or the first of several; 0 in the file of signed heads.
    position: i64,
    last_position: i64,
}

impl From<FaultPlace> for LogFault {
    fn from(place: FaultPlace) -> Self {
        let FaultPlace { kind, pos, last_pos, .. } = place;
        Self { kind, position: pos, last_position: last_pos }
    }
}

/// How far a read model has come in the caller's log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadModelStanding {
    model: &'static str,
    /// The last position it includes.
    position: i64,
    /// Age of the oldest event that is not applied yet, in seconds; 0 when all are.
    lag_seconds: f64,
}

/// Buyers whose data was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erased {
    done: i64,
    /// Asked for and not finished yet.
    open: i64,
    last_at: Option<DateTime<Utc>>,
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
    let checks = chain::last_outcomes(&app.db).await?;
    let signatures = chain::kept_heads(&app.db, &app.heads_dir).await?;
    let heads = app.log.heads().await?;
    let position = heads.iter().find(|(log, _)| *log == home).map_or(0, |(_, pos)| *pos);
    let read_models = read_models(&app, (home, position)).await?;
    let audits = standing::last_audits(&app.db, tenant).await?;
    let parked = standing::parked(&app.db, tenant).await?;
    let erasures = app.erasures.counted(tenant).await?;
    Ok(Json(LogStanding {
        events: standing.events,
        first_event_at: standing.first_at,
        last_event_at: standing.last_at,
        log: home.0,
        position,
        unsealed: standing.unsealed,
        unsealed_since: standing.unsealed_since,
        unsigned: standing.unsigned,
        unsigned_since: standing.unsigned_since,
        sealed: standing.sealed.map(|seal| Sealed { position: seal.pos, at: seal.at }),
        signed: standing.signed.map(|signed| Signed {
            position: signed.pos,
            at: signed.at,
            public_key: signed.key.map(|key| key.to_string()),
        }),
        signatures: signatures.into(),
        checks: checks.into_iter().map(|outcome| LogCheck::of(outcome, home)).collect(),
        audits: audits.into_iter().map(Audit::from).collect(),
        parked: parked.into_iter().map(Parked::from).collect(),
        read_models,
        erasures: Erased { done: erasures.done, open: erasures.open, last_at: erasures.last_at },
        default_partition_in_use: app.log.partitions().await?.default_rows > 0,
    }))
}

async fn read_models(app: &App, head: (LogId, i64)) -> Result<Vec<ReadModelStanding>, ApiError> {
    let events = behind(&app.db, &[head]).await?;
    let lags = lags(&app.db, &[head], effects::now(&app.db).await?).await?;
    let lag = |model: ReadModel| {
        lags.iter().find(|(other, _)| *other == model).map_or(0.0, |(_, lag)| lag.as_seconds_f64())
    };
    let standing = |(model, events): (ReadModel, i64)| ReadModelStanding {
        model: model.name(),
        position: head.1 - events,
        lag_seconds: lag(model),
    };
    Ok(events.into_iter().map(standing).collect())
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
            ProveError::Archive(error) => error.into(),
            ProveError::Database(error) => error.into(),
        }
    }
}
