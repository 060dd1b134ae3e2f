//! Writes a month to its file, beside it what the file is known by, and notes both in the database.

use std::path::Path;

use super::Month;
use super::error::ArchiveError;
use super::file::Writer;
use super::manifest::{FORMAT, Manifest, ManifestLog, rename, sha256};
use super::run::Step;
use crate::chain::{Hash, RawEvent};
use crate::db::Db;

/// Events of a row group: what is read at once to find a stream's few.
const GROUP_ROWS: i64 = 8192;

/// Writes the month, whatever an earlier run left of it.
pub(super) async fn write(
    db: &Db,
    folder: &Path,
    month: Month,
    told: &mut impl FnMut(Step),
) -> Result<(), ArchiveError> {
    let logs = logs(db, month).await?;
    let path = folder.join(format!("{}.parquet", month.name()));
    let unfinished = path.with_extension("parquet.part");
    let rows = events(db, month, &logs, &unfinished, told).await?;
    let kept = |source| ArchiveError::Io { path: path.clone(), source };
    let sha256 = sha256(&unfinished).map_err(kept)?;
    rename(&unfinished, &path).map_err(kept)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        month: month.to_string(),
        file: format!("{}.parquet", month.name()),
        rows,
        sha256,
        logs,
    };
    manifest.store(&path.with_extension("json")).map_err(kept)?;
    told(Step::Written { month, file: manifest.file.clone(), rows });
    note(db, month, &manifest).await?;
    told(Step::Noted { month });
    Ok(())
}

/// What the month holds of each log; refuses what is not sealed whole.
async fn logs(db: &Db, month: Month) -> Result<Vec<ManifestLog>, ArchiveError> {
    let rows = sqlx::query!(
        r#"select l.log_id as "log_id!", l.first_pos as "first_pos!", l.last_pos as "last_pos!", l.events as "events!",
            f.number as "first_seal?", s.number as "last_seal?", s.hash as "hash?"
        from (
            select log_id, min(pos) as first_pos, max(pos) as last_pos, count(*) as events
            from es.event where recorded_at >= $1 and recorded_at < $2 group by log_id) l
        left join lateral (
            select number from es.seal s where s.log_id = l.log_id and s.last_pos >= l.first_pos
            order by s.last_pos limit 1) f on true
        left join lateral (
            select number, hash from es.seal s where s.log_id = l.log_id and s.last_pos >= l.last_pos
            order by s.last_pos limit 1) s on true
        order by 1"#,
        month.begins(),
        month.next().begins(),
    )
    .fetch_all(db.pool())
    .await?;
    let logs = rows.into_iter().map(|row| {
        let hash = row.hash.as_deref().and_then(Hash::read);
        let (Some(first), Some(last), Some(seal)) = (row.first_seal, row.last_seal, hash) else {
            return Err(ArchiveError::NotSealed { log_id: row.log_id, month });
        };
        if row.last_pos - row.first_pos + 1 != row.events {
            return Err(ArchiveError::NotSealed { log_id: row.log_id, month });
        }
        let (first_pos, last_pos) = (row.first_pos, row.last_pos);
        Ok(ManifestLog { log_id: row.log_id, first_pos, last_pos, seals: (first, last), seal })
    });
    logs.collect()
}

async fn events(
    db: &Db,
    month: Month,
    logs: &[ManifestLog],
    path: &Path,
    told: &mut impl FnMut(Step),
) -> Result<i64, ArchiveError> {
    let failed = |source| ArchiveError::Write { path: path.to_owned(), source };
    let mut writer = Writer::create(path).map_err(failed)?;
    let mut rows = 0;
    for log in logs {
        let mut after = log.first_pos - 1;
        while after < log.last_pos {
            let last = log.last_pos.min(after + GROUP_ROWS);
            let events = page(db, month, log.log_id, after, last).await?;
            if i64::try_from(events.len()).ok() != Some(last - after) {
                return Err(ArchiveError::NotSealed { log_id: log.log_id, month });
            }
            writer.group(&events).map_err(failed)?;
            rows += last - after;
            after = last;
            told(Step::Writing { month, rows });
        }
    }
    writer.finish().map_err(failed)?;
    Ok(rows)
}

async fn page(
    db: &Db,
    month: Month,
    log_id: i32,
    after: i64,
    last: i64,
) -> sqlx::Result<Vec<RawEvent>> {
    sqlx::query_as!(
        RawEvent,
        r#"select log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version, event_id, event_type,
            schema_version, command_id, correlation_id, causation_id, actor, payload::text as "payload!"
        from es.event
        where log_id = $1 and pos > $2 and pos <= $3 and recorded_at >= $4 and recorded_at < $5
        order by pos"#,
        log_id,
        after,
        last,
        month.begins(),
        month.next().begins(),
    )
    .fetch_all(db.pool())
    .await
}

async fn note(db: &Db, month: Month, manifest: &Manifest) -> Result<(), ArchiveError> {
    let (ids, (first, last)): (Vec<i32>, (Vec<i64>, Vec<i64>)) =
        manifest.logs.iter().map(|log| (log.log_id, (log.first_pos, log.last_pos))).unzip();
    let mut tx = db.begin().await?;
    sqlx::query!(
        "delete from es.archive where month = $1 and dropped_at is null",
        month.first_day()
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into es.archive (month, file, rows, sha256, written_at) values ($1, $2, $3, $4, clock_timestamp())",
        month.first_day(),
        manifest.file,
        manifest.rows,
        &manifest.sha256.0,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into es.archive_log (month, log_id, first_pos, last_pos)
        select $1, * from unnest($2::int[], $3::bigint[], $4::bigint[])",
        month.first_day(),
        &ids,
        &first,
        &last,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}
