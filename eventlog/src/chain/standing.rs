//! What a seller is told about the log: how much of it there is, and how far it is sealed and signed.

use chrono::{DateTime, Utc};
use domain::TenantId;

use super::hash::Hash;
use super::line::SignedHeads;
use crate::db::Db;
use crate::record::LogId;

/// How a seller's events stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How many there are: their numbers have no gaps.
    pub events: i64,
    /// When the first of them was stored.
    pub first_at: Option<DateTime<Utc>>,
    /// When the last of them was stored.
    pub last_at: Option<DateTime<Utc>>,
    /// How many of them no seal covers yet.
    pub unsealed: i64,
    /// When the first of those was stored.
    pub unsealed_since: Option<DateTime<Utc>>,
    /// How many of them no signed head covers yet.
    pub unsigned: i64,
    /// When the first of those was stored.
    pub unsigned_since: Option<DateTime<Utc>>,
    /// The last seal of their log.
    pub sealed: Option<LastSeal>,
    /// The last head of their log that was signed.
    pub signed: Option<LastSigned>,
}

/// The last seal of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSeal {
    /// The last position under it.
    pub pos: i64,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// The last signed head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSigned {
    /// When it was signed.
    pub at: DateTime<Utc>,
    /// The last position under it.
    pub pos: i64,
    /// The key that signed it; none if the kept copy cannot be read.
    pub key: Option<Hash>,
}

/// Tells how the events of `tenant` in `log` stand.
///
/// # Errors
/// When the database fails.
pub async fn standing(db: &Db, log: LogId, tenant: TenantId) -> Result<Standing, sqlx::Error> {
    // Read before the events: what is stored in between counts as not sealed yet, which it is.
    let sealed = sqlx::query_as!(
        LastSeal,
        "select last_pos as pos, sealed_at as at from es.seal
            where log_id = $1 order by number desc limit 1",
        log.0,
    )
    .fetch_optional(db.pool())
    .await?;
    let signed = sqlx::query!(
        "select h.signed_at, h.line, s.last_pos
            from es.signed_log l
            join es.signed_head h on h.id = l.signed_head_id
            join es.seal s on s.log_id = l.log_id and s.number = l.number
            where l.log_id = $1 order by l.number desc, l.signed_head_id desc limit 1",
        log.0,
    )
    .fetch_optional(db.pool())
    .await?;
    let last = sqlx::query!(
        r#"select tenant_seq as "tenant_seq!", recorded_at as "recorded_at!" from (
            (select tenant_seq, recorded_at from es.event
            where log_id = $1 and tenant_id = $2 order by tenant_seq desc limit 1)
            union all
            -- Of a seller whose events are archived, streams tell the times.
            (select t.archived_seq, (select max(s.last_at) from es.stream s where s.log_id = $1 and s.tenant_id = $2)
            from es.tenant_log t where t.tenant_id = $2 and t.archived_seq > 0)) e
            order by 1 desc limit 1"#,
        log.0,
        tenant.0,
    )
    .fetch_optional(db.pool())
    .await?;
    let first_at = sqlx::query_scalar!(
        r#"select coalesce(
                (select min(s.first_at) from es.stream s join es.tenant_log t using (tenant_id)
                where s.log_id = $1 and s.tenant_id = $2 and t.archived_seq > 0),
                (select recorded_at from es.event
                where log_id = $1 and tenant_id = $2 order by tenant_seq limit 1)) as at"#,
        log.0,
        tenant.0,
    )
    .fetch_one(db.pool())
    .await?;
    let sealed_pos = sealed.as_ref().map_or(0, |seal| seal.pos);
    let signed_pos = signed.as_ref().map_or(0, |signed| signed.last_pos);
    let open = sqlx::query!(
        r#"select count(*) filter (where pos > $3) as "unsealed!", count(*) as "unsigned!",
                min(recorded_at) filter (where pos > $3) as unsealed_since, min(recorded_at) as unsigned_since
            from es.event where log_id = $1 and tenant_id = $2 and pos > $4"#,
        log.0,
        tenant.0,
        sealed_pos,
        signed_pos.min(sealed_pos),
    )
    .fetch_one(db.pool())
    .await?;
    Ok(Standing {
        events: last.as_ref().map_or(0, |last| last.tenant_seq),
        first_at,
        last_at: last.map(|last| last.recorded_at),
        unsealed: open.unsealed,
        unsealed_since: open.unsealed_since,
        unsigned: open.unsigned,
        unsigned_since: open.unsigned_since,
        sealed,
        signed: signed.map(|signed| LastSigned {
            at: signed.signed_at,
            pos: signed.last_pos,
            key: SignedHeads::read(&signed.line).map(|line| line.key()),
        }),
    })
}

/// Tells how old the oldest event is that no seal covers, in seconds by the database's clock; 0 when all are sealed. Grows
/// while nobody seals, or a gap holds the sealer up.
///
/// # Errors
/// When the database fails.
pub async fn unsealed_seconds(db: &Db) -> Result<f64, sqlx::Error> {
    let seconds = sqlx::query_scalar!(
        "select max(extract(epoch from clock_timestamp() - e.recorded_at))::float8
            from es.log_head h
            left join lateral (
                select s.last_pos from es.seal s where s.log_id = h.log_id order by s.number desc limit 1) s on true
            cross join lateral (
                select e.recorded_at from es.event e
                where e.log_id = h.log_id and e.pos > coalesce(s.last_pos, 0) order by e.pos limit 1) e",
    )
    .fetch_one(db.pool())
    .await?;
    Ok(seconds.unwrap_or(0.0).max(0.0))
}
