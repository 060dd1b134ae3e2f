//! A moment of a seller's history: between two of their events, named by the first of them or by a time.

use chrono::{DateTime, Utc};
use domain::TenantId;
use eventlog::{Db, EventLog, LogError, StoredEvent};

use super::{Cursor, FeedError, check_epoch, end, start};

/// A moment of a seller's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The last event that had happened.
    pub cursor: Cursor,
    /// The time it stands for: that asked for, or that of the event.
    pub at: DateTime<Utc>,
}

/// Returns the moment just after the event that `cursor` names.
///
/// # Errors
/// [`FeedError::Gone`] when there is no such event, [`FeedError::Log`].
pub async fn of(log: &EventLog, cursor: Cursor) -> Result<Moment, FeedError> {
    check_epoch(log, cursor).await?;
    if cursor.seq == 0 {
        // One made by hand could name another log or a place in it.
        if !start(log, cursor.tenant).await?.is_at(cursor) {
            return Err(FeedError::Gone { seq: 0 });
        }
        return Ok(Moment { cursor, at: DateTime::UNIX_EPOCH });
    }
    match event(log, cursor.tenant, cursor.seq).await? {
        Some(event) if Cursor::of(&event).is_at(cursor) => {
            Ok(Moment { cursor, at: event.recorded_at })
        }
        Some(_) | None => Err(FeedError::Gone { seq: cursor.seq }),
    }
}

/// Returns the moment just after everything that was recorded at `at` or before; none while `at` is to come, by the
/// database's clock. Asked again, it is the same: what is being appended is waited for.
///
/// # Errors
/// [`FeedError::Log`].
pub async fn at(
    db: &Db,
    log: &EventLog,
    tenant: TenantId,
    at: DateTime<Utc>,
) -> Result<Option<Moment>, FeedError> {
    if is_to_come(db, at).await.map_err(LogError::from)? {
        return Ok(None);
    }
    log.settle(log.log_of(tenant).await?).await?;
    let last = end(db, log, tenant).await?;
    // Times do not decrease along a log, so the place is found by halving: `found` is not after it, `beyond` is.
    let mut found = Cursor { seq: 0, pos: 0, ..last };
    let mut beyond = last.seq + 1;
    while found.seq + 1 < beyond {
        let middle = found.seq.midpoint(beyond);
        let event = event(log, tenant, middle).await?;
        let event = event.ok_or(FeedError::Gone { seq: middle })?;
        if event.recorded_at <= at { found = Cursor::of(&event) } else { beyond = middle }
    }
    Ok(Some(Moment { cursor: found, at }))
}

async fn event(
    log: &EventLog,
    tenant: TenantId,
    seq: i64,
) -> Result<Option<StoredEvent>, LogError> {
    Ok(log.read_tenant_marked(tenant, seq - 1, 1).await?.pop())
}

async fn is_to_come(db: &Db, at: DateTime<Utc>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select $1 > clock_timestamp() as "to_come!""#, at)
        .fetch_one(db.pool())
        .await
}
