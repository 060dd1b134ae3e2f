//! The sealer: follows the tail of every log, apart from the appends, so that these stay fast.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use metrics::counter;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::event::RawEvent;
use super::hash::Hash;
use super::merkle;
use super::seal::Seal;
use crate::db::Db;
use crate::error::LogError;
use crate::record::LogId;

/// Events of a seal at most: its tree and its hashes are held in memory.
const EVENTS_MAX: i64 = 4096;

/// How long an event may wait for its seal. Sealing at every ring of the doorbell would make tens of tiny seals a
/// second.
const EVERY: Duration = Duration::from_secs(1);

/// Seals what is not sealed yet. Any number may run beside each other: one at a time works on a log.
#[derive(Debug, Clone)]
pub struct Sealer {
    db: Db,
}

impl Sealer {
    /// Makes a sealer of all logs in `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Seals until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            match self.step().await {
                Ok(_) => (),
                Err(gap @ LogError::Gap { .. }) => {
                    error!(error = %gap, "a log has a gap and is not sealed past it");
                }
                Err(error) => warn!(error = %error, "sealing the log failed, trying on"),
            }
        }
    }

    /// Seals what has been stored until now, and returns how many events that were. What another process seals at this
    /// moment is left to it.
    ///
    /// # Errors
    /// [`LogError::Gap`] where a position is missing: that log is sealed up to there, the others whole. Also when the
    /// database fails.
    pub async fn step(&self) -> Result<i64, LogError> {
        let mut sealed = 0;
        let mut gap = Ok(());
        for log in self.behind().await? {
            loop {
                match self.seal_next(log).await {
                    Ok(0) => break,
                    Ok(count) => sealed += count,
                    Err(found @ LogError::Gap { .. }) => {
                        gap = Err(found);
                        break;
                    }
                    Err(other) => return Err(other),
                }
            }
        }
        gap.map(|()| sealed)
    }

    /// Logs with events after their last seal.
    async fn behind(&self) -> sqlx::Result<Vec<LogId>> {
        let logs = sqlx::query_scalar!(
            "select h.log_id
            from es.log_head h
            cross join lateral (
                select e.pos from es.event e where e.log_id = h.log_id order by e.pos desc limit 1) l
            left join lateral (
                select s.last_pos from es.seal s where s.log_id = h.log_id order by s.number desc limit 1) s on true
            where l.pos > coalesce(s.last_pos, 0)
            order by h.log_id"
        )
        .fetch_all(self.db.pool())
        .await?;
        Ok(logs.into_iter().map(LogId).collect())
    }

    /// Makes the next seal of a log, if there is something to seal and nobody else is about it.
    async fn seal_next(&self, log: LogId) -> Result<i64, LogError> {
        let mut tx = self.db.begin().await?;
        let mine =
            sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(4203, $1) as "mine!""#, log.0)
                .fetch_one(&mut *tx)
                .await?;
        if !mine {
            return Ok(0);
        }
        // A statement of its own, after the lock: its snapshot has the seal of whoever had the lock before.
        let last = sqlx::query!(
            r#"select number, last_pos, hash, clock_timestamp() as "now!" from (
                select number, last_pos, hash from es.seal where log_id = $1
                union all select 0, 0, decode(repeat('00', 32), 'hex')
                order by number desc limit 1) s"#,
            log.0
        )
        .fetch_one(&mut *tx)
        .await?;
        let (number, after) = (last.number.unwrap_or(0), last.last_pos.unwrap_or(0));
        let leaves = leaves(&mut tx, log, after).await?;
        if leaves.is_empty() {
            return Ok(0);
        }
        let count = i64::try_from(leaves.len()).expect("limited by the statement");
        let mut seal = Seal {
            log_id: log.0,
            number: number + 1,
            first_pos: after + 1,
            last_pos: after + count,
            sealed_at: last.now,
            root: merkle::root(&leaves),
            previous: last.hash.as_deref().and_then(Hash::read).unwrap_or(Hash::NONE),
            hash: Hash::NONE,
        };
        seal.hash = seal.computed();
        insert(&mut tx, &seal, &leaves).await?;
        tx.commit().await?;
        counter!("eventlog_sealed_events_total").increment(count.unsigned_abs());
        Ok(count)
    }
}

/// Hashes the next events after a position.
async fn leaves(
    tx: &mut sqlx::PgConnection,
    log: LogId,
    after: i64,
) -> Result<Vec<Hash>, LogError> {
    let mut rows = sqlx::query_as!(
        RawEvent,
        r#"select log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version, event_id, event_type,
            schema_version, command_id, correlation_id, causation_id, actor, payload::text as "payload!"
        from es.event where log_id = $1 and pos > $2 order by pos limit $3"#,
        log.0,
        after,
        EVENTS_MAX,
    )
    .fetch(tx);
    let (mut leaves, mut scratch, mut expected) = (Vec::new(), Vec::new(), after + 1);
    while let Some(event) = rows.try_next().await? {
        if event.pos != expected {
            counter!("eventlog_gaps_total").increment(1);
            if leaves.is_empty() {
                return Err(LogError::Gap { log, expected, found: event.pos });
            }
            // What is before the gap is sealed first; the gap is met again next.
            break;
        }
        leaves.push(event.leaf(&mut scratch));
        expected += 1;
    }
    Ok(leaves)
}

async fn insert(tx: &mut sqlx::PgConnection, seal: &Seal, leaves: &[Hash]) -> sqlx::Result<()> {
    let sealed_at: DateTime<Utc> = seal.sealed_at;
    let leaves: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.0).collect();
    sqlx::query!(
        "insert into es.seal (log_id, number, first_pos, last_pos, sealed_at, leaves, root, previous, hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        seal.log_id,
        seal.number,
        seal.first_pos,
        seal.last_pos,
        sealed_at,
        leaves,
        &seal.root.0,
        &seal.previous.0,
        &seal.hash.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
