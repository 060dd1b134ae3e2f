//! What a seller is told about the read models: streams that wait, and what the last audit found.

use chrono::{DateTime, Utc};
use domain::TenantId;
use eventlog::Db;
use uuid::Uuid;

/// A stream that a read model could not apply and keeps aside whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedStream {
    /// The read model.
    pub model: String,
    /// The stream.
    pub stream_id: Uuid,
    /// Its aggregate's type.
    pub stream_type: String,
    /// Since when it waits.
    pub since: DateTime<Utc>,
    /// Whether an event of it stopped the program, which then does not try it again by itself.
    pub harms_program: bool,
}

/// What the last audit of a read model found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAudit {
    /// The read model.
    pub model: String,
    /// When it was audited.
    pub at: DateTime<Utc>,
    /// Whether what is served equals the log folded anew.
    pub sound: bool,
    /// Rows that differ, counted up to the hundred that an audit tells of.
    pub differences: i32,
}

/// Returns the streams of `tenant` that wait, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn parked(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<ParkedStream>> {
    sqlx::query_as!(
        ParkedStream,
        r#"select p.projection as model, p.stream_id, s.stream_type, p.parked_at as since,
                p.harms_program is not null as "harms_program!"
            from parked_stream p
            join es.stream s on s.log_id = p.log_id and s.tenant_id = p.tenant_id and s.stream_id = p.stream_id
            where p.generation = 'live' and p.tenant_id = $1
            order by p.parked_at, p.stream_id, p.projection"#,
        tenant.0,
    )
    .fetch_all(db.pool())
    .await
}

/// Returns the last audit of each read model of `tenant`; none for those never audited.
///
/// # Errors
/// When the database fails.
pub async fn last_audits(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<LastAudit>> {
    sqlx::query_as!(
        LastAudit,
        r#"select distinct on (projection) projection as model, audited_at as at,
                served_digest = folded_digest as "sound!", cardinality(differences) as "differences!"
            from projection_audit where tenant_id = $1
            order by projection, audited_at desc"#,
        tenant.0,
    )
    .fetch_all(db.pool())
    .await
}
