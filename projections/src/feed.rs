//! A seller's feed: every event of theirs in one gapless order, as CloudEvents, to be resumed from any place.

mod cursor;
mod moment;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::event::in_clear;
use eventlog::{Db, EventLog, LogError, LogId, StoredEvent};
use serde::Serialize;
use serde_json::json;
use tracing::error;
use utoipa::ToSchema;
use uuid::Uuid;

pub use cursor::{Cursor, CursorError};
pub use moment::{Moment, at, of};

/// An event of the feed by the CloudEvents 1.0 specification, with our own attributes after `sequence`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CloudEvent {
    /// `1.0`.
    pub specversion: &'static str,
    /// The event's id; with `source` unique everywhere, so a second one of the same id is a repetition.
    pub id: Uuid,
    /// `/sellers/` and the seller's id.
    pub source: String,
    /// `agentiq.`, the aggregate's type, a dot and the event's name.
    #[schema(example = "agentiq.interaction.ReplySent")]
    pub r#type: String,
    /// The stream: the id of the interaction, bulk, claim, account or seller.
    pub subject: Uuid,
    /// When it was recorded.
    pub time: DateTime<Utc>,
    /// `application/json`.
    pub datacontenttype: &'static str,
    /// Its number among the seller's events, from 1, without gaps.
    pub sequence: i64,
    /// Its place in the stream, from 1, without gaps.
    pub aiqversion: i32,
    /// Who caused it: `user:<id>` or `system:<part>`.
    pub aiqactor: Option<String>,
    /// Where the feed goes on after it.
    pub aiqcursor: String,
    /// Set where somebody changed the event in the database, so that it does not open: `data` is empty then. It keeps
    /// its place, and `agentiq verify` names it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub aiqdamaged: bool,
    /// What happened, personal data in clear, `null` where it was erased.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    pub data: serde_json::Value,
}

impl From<StoredEvent> for CloudEvent {
    fn from(event: StoredEvent) -> Self {
        Self {
            specversion: "1.0",
            id: event.event_id,
            source: format!("/sellers/{}", event.tenant),
            r#type: format!("agentiq.{}.{}", event.stream_type, event.event_type),
            subject: event.stream.0,
            time: event.recorded_at,
            datacontenttype: "application/json",
            sequence: event.tenant_seq,
            aiqversion: event.version,
            aiqcursor: Cursor::of(&event).to_string(),
            aiqactor: event.actor,
            aiqdamaged: event.spoilt.is_some(),
            data: match event.spoilt {
                None => in_clear(event.payload),
                Some(_) => json!({}),
            },
        }
    }
}

/// A part of the feed.
#[derive(Debug, Clone)]
pub struct FeedPage {
    /// The events in order.
    pub events: Vec<CloudEvent>,
    /// Where the feed goes on.
    pub next: Cursor,
    /// Whether there may be more already.
    pub has_more: bool,
}

/// Why the feed cannot be read from a cursor.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The place does not exist: the log was restored to a time before it.
    #[error("the feed has no event {seq} at this cursor")]
    Gone {
        /// The number of the event that should be there.
        seq: i64,
    },
    /// The log failed.
    #[error("reading the feed")]
    Log(#[from] LogError),
}

/// Reads up to `limit` events after `after`, which is of the same seller.
///
/// # Errors
/// [`FeedError::Log`].
pub async fn read(log: &EventLog, after: Cursor, limit: i64) -> Result<FeedPage, FeedError> {
    let stored = log.read_tenant_marked(after.tenant, after.seq, limit).await?;
    for event in &stored {
        if let Some(why) = &event.spoilt {
            error!(event.id = %event.event_id, why, "somebody changed an event, the feed tells its place only");
        }
    }
    let next = stored.last().map_or(after, Cursor::of);
    let has_more = i64::try_from(stored.len()).is_ok_and(|found| found >= limit);
    Ok(FeedPage { events: stored.into_iter().map(CloudEvent::from).collect(), next, has_more })
}

/// Checks that the event which `cursor` names is still the one it was made from. Going on from a place that a restore
/// has undone would step over whatever took its place.
///
/// # Errors
/// [`FeedError::Gone`] when it is not, [`FeedError::Log`].
pub async fn check(log: &EventLog, cursor: Cursor) -> Result<(), FeedError> {
    of(log, cursor).await.map(drop)
}

/// Checks that no restore has undone the place that `cursor` names, without reading what is there.
///
/// # Errors
/// [`FeedError::Gone`] when one has, [`FeedError::Log`].
pub async fn check_epoch(log: &EventLog, cursor: Cursor) -> Result<(), FeedError> {
    let holds = log.holds(cursor.epoch, cursor.log, cursor.pos).await?;
    holds.then_some(()).ok_or(FeedError::Gone { seq: cursor.seq })
}

/// Returns the place before the first event.
///
/// # Errors
/// [`FeedError::Log`].
pub async fn start(log: &EventLog, tenant: TenantId) -> Result<Cursor, FeedError> {
    let epoch = log.epoch();
    Ok(Cursor { tenant, seq: 0, log: log.log_of(tenant).await?, pos: 0, epoch })
}

/// Returns the place after the last event there is now.
///
/// # Errors
/// [`FeedError::Log`].
pub async fn end(db: &Db, log: &EventLog, tenant: TenantId) -> Result<Cursor, FeedError> {
    let home = log.log_of(tenant).await?;
    // The last event of a seller who has been silent for long may be archived; its place is known all the same.
    let last = sqlx::query!(
        r#"select coalesce(e.tenant_seq, t.archived_seq) as "tenant_seq!", coalesce(e.pos, t.archived_pos) as "pos!"
            from es.tenant_log t
            left join lateral (
                select tenant_seq, pos from es.event
                where log_id = $1 and tenant_id = $2
                order by tenant_seq desc
                limit 1) e on true
            where t.tenant_id = $2"#,
        home.0,
        tenant.0,
    )
    .fetch_optional(db.pool())
    .await
    .map_err(LogError::from)?;
    let epoch = log.epoch();
    Ok(last.map_or(Cursor { tenant, seq: 0, log: home, pos: 0, epoch }, |last| Cursor {
        tenant,
        seq: last.tenant_seq,
        log: LogId(home.0),
        pos: last.pos,
        epoch,
    }))
}
