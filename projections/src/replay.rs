//! Replay: a read model or the events themselves as of a moment, into anything but the served tables.

mod rows;
mod scratch;

use chrono::{DateTime, Utc};
use domain::TenantId;
use eventlog::{Db, EventLog, LogError, LogId, StoredEvent};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

pub use rows::rows;
pub use scratch::{Scratch, ScratchError};

/// Events of a log read at once.
const CHUNK: i64 = 2000;

/// Up to where to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Everything there is when the replay begins.
    Now,
    /// What was recorded at this time or before.
    Time(DateTime<Utc>),
    /// This position of the one log that is replayed.
    Position(i64),
}

/// What to replay.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Only this seller.
    pub tenant: Option<TenantId>,
    /// Only this log.
    pub log: Option<LogId>,
    /// Up to where.
    pub until: Until,
    /// Shows personal data as it is, instead of masks of the same shape.
    pub in_clear: bool,
}

/// How far a replay has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events read.
    pub events: u64,
    /// Rows folded.
    pub rows: u64,
    /// Sellers, or logs, that are done.
    pub done: usize,
    /// Sellers, or logs, that there are.
    pub total: usize,
}

/// Why a replay cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is no such log.
    #[error("there is no log {0}")]
    NoLog(LogId),
    /// The seller's events are kept in another log.
    #[error("the events of seller {tenant} are in log {home}, not in log {log}")]
    OtherLog {
        /// The seller.
        tenant: TenantId,
        /// Where the events are.
        home: LogId,
        /// Where they were looked for.
        log: LogId,
    },
    /// A position is a place in one log.
    #[error("a position is a place in one log: say which, or whose")]
    WhichLog,
    /// The log is not that long.
    #[error("log {log} ends at position {end}")]
    Beyond {
        /// The log.
        log: LogId,
        /// Its last position.
        end: i64,
    },
    /// The time is still to come.
    #[error("that time is still to come")]
    ToCome,
    /// The log holds no events of the seller.
    #[error("there is no seller {0}")]
    NoSeller(TenantId),
}

/// The ends of the logs in scope, as they were when the replay began.
#[derive(Debug)]
struct Ends(Vec<(LogId, i64)>);

impl Ends {
    async fn find(db: &Db, log: &EventLog, scope: &Scope) -> anyhow::Result<Self> {
        let home = match scope.tenant {
            Some(tenant) => Some(home_of(db, tenant).await?.ok_or(ReplayError::NoSeller(tenant))?),
            None => None,
        };
        if let (Some(tenant), Some(home), Some(log)) = (scope.tenant, home, scope.log)
            && home != log
        {
            return Err(ReplayError::OtherLog { tenant, home, log }.into());
        }
        let only = scope.log.or(home);
        if let Until::Time(at) = scope.until
            && at
                > sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#)
                    .fetch_one(db.pool())
                    .await?
        {
            return Err(ReplayError::ToCome.into());
        }
        let chosen = |(log, _): &(LogId, i64)| only.is_none_or(|only| only == *log);
        for (id, _) in log.heads().await?.into_iter().filter(chosen) {
            log.settle(id).await?;
        }
        let heads: Vec<_> = log.heads().await?.into_iter().filter(chosen).collect();
        if let (Some(log), true) = (only, heads.is_empty()) {
            return Err(ReplayError::NoLog(log).into());
        }
        let Until::Position(position) = scope.until else { return Ok(Self(heads)) };
        match (only, &heads[..]) {
            (Some(_), &[(log, end)]) if position > end => {
                Err(ReplayError::Beyond { log, end }.into())
            }
            (Some(_), &[(log, _)]) => Ok(Self(vec![(log, position)])),
            _ => Err(ReplayError::WhichLog.into()),
        }
    }

    fn of(&self, log: LogId) -> Option<i64> {
        self.0.iter().find(|(id, _)| *id == log).map(|(_, end)| *end)
    }
}

/// Returns a seller's log; none for a seller without one, whom the log itself would take for a new one and give it one.
pub(crate) async fn home_of(db: &Db, tenant: TenantId) -> sqlx::Result<Option<LogId>> {
    let log =
        sqlx::query_scalar!("select log_id from es.tenant_log where tenant_id = $1", tenant.0);
    Ok(log.fetch_optional(db.pool()).await?.map(LogId))
}

impl Scope {
    fn includes(&self, event: &StoredEvent, end: i64) -> bool {
        let in_time = match self.until {
            Until::Time(at) => event.recorded_at <= at,
            Until::Now | Until::Position(_) => true,
        };
        in_time && event.pos <= end
    }

    /// Masks what is personal, unless it is to be shown.
    fn shown(&self, log: &EventLog, mut event: StoredEvent) -> StoredEvent {
        if !self.in_clear {
            event.payload = log.mask(event.tenant).payload(event.payload);
        }
        event
    }
}

/// An event as a line of JSON: all that the log keeps of it.
#[derive(Debug, Serialize)]
pub struct Line {
    log_id: i32,
    pos: i64,
    recorded_at: DateTime<Utc>,
    tenant_id: Uuid,
    tenant_seq: i64,
    stream_id: Uuid,
    stream_type: String,
    version: i32,
    event_id: Uuid,
    event_type: String,
    schema_version: i32,
    command_id: Uuid,
    correlation_id: Option<Uuid>,
    causation_id: Option<Uuid>,
    actor: Option<String>,
    /// Personal data under `$personal`; `{"$erased": true}` where it was erased.
    payload: Value,
}

impl From<StoredEvent> for Line {
    fn from(event: StoredEvent) -> Self {
        Self {
            log_id: event.log.0,
            pos: event.pos,
            recorded_at: event.recorded_at,
            tenant_id: event.tenant.0,
            tenant_seq: event.tenant_seq,
            stream_id: event.stream.0,
            stream_type: event.stream_type,
            version: event.version,
            event_id: event.event_id,
            event_type: event.event_type,
            schema_version: event.schema_version,
            command_id: event.command_id,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            actor: event.actor,
            payload: event.payload,
        }
    }
}

/// Puts the events in scope into `sink`, log by log, each in its order.
///
/// # Errors
/// [`ReplayError`], and when the log or `sink` fails.
pub async fn events(
    db: &Db,
    log: &EventLog,
    scope: &Scope,
    mut sink: impl AsyncFnMut(Line) -> anyhow::Result<()>,
    progress: impl Fn(Progress),
) -> anyhow::Result<()> {
    let ends = Ends::find(db, log, scope).await?;
    let mut so_far = Progress { total: ends.0.len(), ..Progress::default() };
    for &(id, end) in &ends.0 {
        let mut after = 0;
        'log: loop {
            let chunk = read(log, scope.tenant, id, after).await?;
            let Some(last) = chunk.last() else { break };
            after = if scope.tenant.is_some() { last.tenant_seq } else { last.pos };
            for event in chunk {
                // Neither positions nor times decrease along a log.
                if !scope.includes(&event, end) {
                    break 'log;
                }
                sink(Line::from(scope.shown(log, event))).await?;
                so_far.events += 1;
            }
            progress(so_far);
        }
        so_far.done += 1;
        progress(so_far);
    }
    Ok(())
}

async fn read(
    log: &EventLog,
    tenant: Option<TenantId>,
    id: LogId,
    after: i64,
) -> Result<Vec<StoredEvent>, LogError> {
    match tenant {
        Some(tenant) => log.read_tenant(tenant, after, CHUNK).await,
        None => log.read_log(id, after, CHUNK).await,
    }
}
