//! Makes proofs from what the database keeps.

use chrono::{DateTime, Utc};
use domain::TenantId;
use uuid::Uuid;

use super::event::RawEvent;
use super::merkle;
use super::proof::{FORMAT, Proof};
use super::stored::SealRow;
use crate::archive::{Pick, archived_pos, collect};
use crate::db::Db;
use crate::error::LogError;
use crate::record::LogId;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// There is no such event.
    #[error("there is no such event")]
    NoEvent,
    /// It is too new: heads are signed now and then.
    #[error("the event is not covered by a signed head yet, try again in some minutes")]
    NotSigned,
    /// The event is archived, and its file is not at hand or not as it was written.
    #[error(transparent)]
    Archive(LogError),
    /// The database failed.
    #[error("proving an event failed")]
    Database(#[from] sqlx::Error),
}

/// Finds an event by its id, if it is not archived. Reads the whole log: ids have no index, since nothing but this looks
/// for them.
///
/// # Errors
/// When the database fails.
pub async fn locate(db: &Db, event_id: Uuid) -> Result<Option<(LogId, i64)>, sqlx::Error> {
    let row =
        sqlx::query!("select log_id, pos from es.event where event_id = $1 limit 1", event_id)
            .fetch_optional(db.pool())
            .await?;
    Ok(row.map(|row| (LogId(row.log_id), row.pos)))
}

/// Finds an event by its number among those of a seller.
///
/// # Errors
/// [`ProveError::Archive`] and [`ProveError::Database`].
pub async fn place_of(
    db: &Db,
    log: LogId,
    tenant: TenantId,
    tenant_seq: i64,
) -> Result<Option<i64>, ProveError> {
    let place = sqlx::query_scalar!(
        "select pos from es.event where log_id = $1 and tenant_id = $2 and tenant_seq = $3 limit 1",
        log.0,
        tenant.0,
        tenant_seq,
    );
    if let Some(pos) = place.fetch_optional(db.pool()).await? {
        return Ok(Some(pos));
    }
    let archived = sqlx::query_scalar!(
        "select archived_pos from es.tenant_log where tenant_id = $1 and archived_seq >= $2",
        tenant.0,
        tenant_seq,
    );
    let Some(last) = archived.fetch_optional(db.pool()).await? else { return Ok(None) };
    let is_it = |event: &RawEvent| event.tenant_seq == tenant_seq;
    let found = collect(db, log, (1, last), Pick::Tenant(tenant.0), is_it, 1).await;
    found.map(|events| events.first().map(|event| event.pos)).map_err(ProveError::Archive)
}

/// Proves the event at a position.
///
/// # Errors
/// [`ProveError`].
pub async fn prove(db: &Db, log: LogId, pos: i64) -> Result<Proof, ProveError> {
    let event = match event(db, log, pos).await? {
        Some(event) => event,
        None => archived(db, log, pos).await?.ok_or(ProveError::NoEvent)?,
    };
    let row = sqlx::query_as!(
        SealRow,
        "select number, first_pos, last_pos, sealed_at, leaves, root, previous, hash
        from es.seal where log_id = $1 and last_pos >= $2 order by last_pos limit 1",
        log.0,
        pos,
    )
    .fetch_optional(db.pool())
    .await?;
    let (seal, leaves) = row.ok_or(ProveError::NotSigned)?.into_parts(log);
    let signed = sqlx::query!(
        "select l.number, h.line from es.signed_log l join es.signed_head h on h.id = l.signed_head_id
        where l.log_id = $1 and l.number >= $2 order by l.number, l.signed_head_id limit 1",
        log.0,
        seal.number,
    )
    .fetch_optional(db.pool())
    .await?
    .ok_or(ProveError::NotSigned)?;
    let later = sqlx::query_as!(
        SealRow,
        "select number, first_pos, last_pos, sealed_at, null::bytea as leaves, root, previous, hash
        from es.seal where log_id = $1 and number > $2 and number <= $3 order by number",
        log.0,
        seal.number,
        signed.number,
    )
    .fetch_all(db.pool())
    .await?;
    let index = usize::try_from(pos - seal.first_pos).map_err(|_| ProveError::NoEvent)?;
    let later = later.into_iter().map(|row| row.into_parts(log).0);
    Ok(Proof {
        format: FORMAT.to_owned(),
        event,
        path: merkle::path(&leaves, index),
        seals: std::iter::once(seal).chain(later).collect(),
        signed: signed.line,
    })
}

async fn event(db: &Db, log: LogId, pos: i64) -> sqlx::Result<Option<RawEvent>> {
    sqlx::query_as!(
        RawEvent,
        r#"select log_id, pos, recorded_at as "recorded_at: DateTime<Utc>", tenant_id, tenant_seq, stream_id, stream_type,
            version, event_id, event_type, schema_version, command_id, correlation_id, causation_id, actor,
            payload::text as "payload!"
        from es.event where log_id = $1 and pos = $2 limit 1"#,
        log.0,
        pos,
    )
    .fetch_optional(db.pool())
    .await
}

async fn archived(db: &Db, log: LogId, pos: i64) -> Result<Option<RawEvent>, ProveError> {
    if pos > archived_pos(db, log).await? {
        return Ok(None);
    }
    let found = collect(db, log, (pos, pos), Pick::All, |_| true, 1).await;
    found.map(|mut events| events.pop()).map_err(ProveError::Archive)
}
