//! Holds the tables of the log against each other: numbers without gaps, streams and commands as their rows say. One
//! statement a log and check, so each sees one moment and no snapshot is held for long.

use sqlx::PgPool;
use uuid::Uuid;

use crate::chain::{Fault, FaultKind, Scope, logs};
use crate::db::Db;
use crate::error::LogError;
use crate::record::LogId;

/// Faults that one check tells of in one log at most.
const FAULTS_MAX: i64 = 1000;

/// Checks that positions, sellers' numbers and streams' versions have no gap, and that `es.stream` says the same.
/// Returns how many events there are.
///
/// # Errors
/// When the database fails. A fault is not an error.
pub async fn check_numbers(
    db: &Db,
    scope: Scope,
    mut found: impl FnMut(Fault),
) -> Result<i64, LogError> {
    let mut events = 0;
    for log in logs(db, scope).await? {
        events += positions(db.pool(), log, &mut found).await?;
        tenants(db.pool(), log, &mut found).await?;
        streams(db.pool(), log, &mut found).await?;
    }
    Ok(events)
}

/// Checks that the events of a command stand together in one stream, and that `es.command` says the same: a repeated
/// command is recognised by that row. Returns how many commands there are.
///
/// # Errors
/// When the database fails. A fault is not an error.
pub async fn check_commands(
    db: &Db,
    scope: Scope,
    mut found: impl FnMut(Fault),
) -> Result<i64, LogError> {
    let mut commands = 0;
    for log in logs(db, scope).await? {
        commands += commands_of(db.pool(), log, &mut found).await?;
    }
    Ok(commands)
}

async fn positions(
    pool: &PgPool,
    log: LogId,
    found: &mut impl FnMut(Fault),
) -> Result<i64, LogError> {
    let row = sqlx::query!(
        r#"select count(*) as "events!", min(pos) as first, max(pos) as last, count(distinct pos) as "places!",
            (select archived_pos from es.log_head where log_id = $1) as "archived!"
        from es.event where log_id = $1"#,
        log.0
    )
    .fetch_one(pool)
    .await?;
    let (Some(first), Some(last)) = (row.first, row.last) else { return Ok(0) };
    let archived = row.archived;
    if first == archived + 1 && last - archived == row.places && row.places == row.events {
        return Ok(row.events);
    }
    let gaps = sqlx::query!(
        r#"select pos as "pos!", before as "before!" from (
            select pos, coalesce(lag(pos) over (order by pos), $3) as before from es.event where log_id = $1) e
        where pos <> before + 1 order by pos limit $2"#,
        log.0,
        FAULTS_MAX,
        archived,
    )
    .fetch_all(pool)
    .await?;
    for gap in gaps {
        found(if gap.pos > gap.before {
            Fault::between(FaultKind::EventMissing, log, gap.before + 1, gap.pos - 1)
        } else {
            Fault::at(FaultKind::EventAdded, log, gap.pos)
        });
    }
    Ok(row.events)
}

async fn tenants(pool: &PgPool, log: LogId, found: &mut impl FnMut(Fault)) -> Result<(), LogError> {
    let rows = sqlx::query!(
        r#"with whole as (
            select e.tenant_id from es.event e join es.tenant_log t on t.tenant_id = e.tenant_id
            where e.log_id = $1 group by e.tenant_id, t.archived_seq
            having count(*) = max(tenant_seq) - archived_seq and min(tenant_seq) = archived_seq + 1
                and count(*) = count(distinct tenant_seq)
        )
        select tenant_id as "tenant_id!", (array_agg(pos order by expected))[1] as "pos!",
            min(expected) as "expected!"
        from (
            select e.tenant_id, e.pos, e.tenant_seq,
                coalesce(t.archived_seq, 0) + row_number()
                    over (partition by e.tenant_id order by e.tenant_seq, e.pos) as expected
            from es.event e left join es.tenant_log t on t.tenant_id = e.tenant_id
            where e.log_id = $1 and not exists (select from whole w where w.tenant_id = e.tenant_id)) x
        where tenant_seq <> expected
        group by tenant_id order by 2 limit $2"#,
        log.0,
        FAULTS_MAX,
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        let about = format!("seller {}, number {} was expected", row.tenant_id, row.expected);
        found(Fault::at(FaultKind::TenantGap, log, row.pos).about(about));
    }
    Ok(())
}

async fn streams(pool: &PgPool, log: LogId, found: &mut impl FnMut(Fault)) -> Result<(), LogError> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant_id!", stream_id as "stream_id!", coalesce(e.last_pos, s.last_pos) as "pos!",
            coalesce(e.events, 0) as "events!", e.last_version, s.version as "version?"
        from (
            select tenant_id, stream_id, count(*) as events, count(distinct version) as versions,
                min(version) as first_version, max(version) as last_version,
                min(pos) as first_pos, max(pos) as last_pos, min(recorded_at) as first_at, max(recorded_at) as last_at,
                min(stream_type) as type, max(stream_type) as other_type
            from es.event where log_id = $1 group by tenant_id, stream_id) e
        full join (
            select * from es.stream
            where log_id = $1 and last_pos > (select archived_pos from es.log_head where log_id = $1))
            s using (tenant_id, stream_id)
        cross join (select archived_pos from es.log_head where log_id = $1) h
        -- A stream that began in an archived month must go on to its end; the chain vouches for its beginning.
        where case when s.first_pos <= h.archived_pos
            then (e.events, e.versions, e.last_version, e.last_pos, e.last_at, e.type, e.other_type)
                is distinct from (e.last_version - e.first_version + 1::bigint, e.events, s.version, s.last_pos,
                    s.last_at, s.stream_type, s.stream_type)
            else (e.events, e.versions, e.first_version, e.last_version, e.first_pos, e.last_pos, e.first_at, e.last_at,
                    e.type, e.other_type)
                is distinct from (s.version::bigint, s.version::bigint, 1, s.version, s.first_pos, s.last_pos, s.first_at,
                    s.last_at, s.stream_type, s.stream_type)
            end
        order by 3 limit $2"#,
        log.0,
        FAULTS_MAX,
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        let pos = out_of_turn(pool, log, row.tenant_id, row.stream_id).await?.unwrap_or(row.pos);
        let shown = |version: Option<i32>| version.map_or("none".to_owned(), |n| n.to_string());
        let about = format!(
            "stream {} of seller {}: {} events, last version {}, es.stream says {}",
            row.stream_id,
            row.tenant_id,
            row.events,
            shown(row.last_version),
            shown(row.version),
        );
        found(Fault::at(FaultKind::StreamDiffers, log, pos).about(about));
    }
    Ok(())
}

/// Where the first event of a stream stands whose version is not its place in the stream.
async fn out_of_turn(
    pool: &PgPool,
    log: LogId,
    tenant: Uuid,
    stream: Uuid,
) -> Result<Option<i64>, LogError> {
    let pos = sqlx::query_scalar!(
        r#"select pos as "pos!" from (
            select e.pos, e.version, row_number() over (order by e.pos) as expected
            from es.event e join es.stream s using (log_id, tenant_id, stream_id)
            where e.log_id = $1 and e.tenant_id = $2 and e.stream_id = $3
                and s.first_pos > (select archived_pos from es.log_head where log_id = $1)) e
        where version <> expected order by pos limit 1"#,
        log.0,
        tenant,
        stream,
    )
    .fetch_optional(pool)
    .await?;
    Ok(pos)
}

async fn commands_of(
    pool: &PgPool,
    log: LogId,
    found: &mut impl FnMut(Fault),
) -> Result<i64, LogError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from es.command where log_id = $1"#,
        log.0
    )
    .fetch_one(pool)
    .await?;
    let rows = sqlx::query!(
        r#"select command_id as "command_id!", coalesce(e.first_pos, c.first_pos) as "pos!",
            coalesce(e.last_pos, c.last_pos) as "last_pos!", e.events, c.last_pos - c.first_pos + 1 as recorded
        from (
            select tenant_id, command_id, stream_id, count(*) as events, min(pos) as first_pos, max(pos) as last_pos,
                max(version) as version, max(recorded_at) as at
            from es.event where log_id = $1 group by tenant_id, command_id, stream_id) e
        full join (
            select * from es.command
            where log_id = $1 and last_pos > (select archived_pos from es.log_head where log_id = $1))
            c using (tenant_id, command_id, stream_id)
        where (e.events, e.first_pos, e.last_pos, e.version, e.at)
            is distinct from (c.last_pos - c.first_pos + 1, c.first_pos, c.last_pos, c.version, c.at)
        order by 2 limit $2"#,
        log.0,
        FAULTS_MAX,
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        let (events, recorded) = (row.events.unwrap_or(0), row.recorded.unwrap_or(0));
        let about =
            format!("command {}: {events} events, es.command says {recorded}", row.command_id);
        let fault = Fault::between(FaultKind::CommandDiffers, log, row.pos, row.last_pos);
        found(fault.about(about));
    }
    Ok(count)
}
