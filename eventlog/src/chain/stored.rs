//! Seals as the database holds them.

use chrono::{DateTime, Utc};

use super::hash::Hash;
use super::seal::Seal;
use crate::db::Db;
use crate::error::LogError;
use crate::record::LogId;

/// Seals that are read at once: at most 8 MiB of hashes.
const SEALS_PER_PAGE: i64 = 64;

/// A seal as it is stored, with the hashes of its events.
pub(super) struct StoredSeal {
    pub(super) seal: Seal,
    pub(super) leaves: Vec<Hash>,
}

/// Returns the last seal that was made before a time.
pub(super) async fn seal_before(
    db: &Db,
    log: LogId,
    at: DateTime<Utc>,
) -> Result<Option<Seal>, LogError> {
    let number = sqlx::query_scalar!(
        "select number from es.seal where log_id = $1 and sealed_at < $2 order by number desc limit 1",
        log.0,
        at
    )
    .fetch_optional(db.pool())
    .await?;
    match number {
        Some(number) => seal(db, log, number).await,
        None => Ok(None),
    }
}

/// Returns a seal.
pub(super) async fn seal(db: &Db, log: LogId, number: i64) -> Result<Option<Seal>, LogError> {
    let row = sqlx::query_as!(
        SealRow,
        "select number, first_pos, last_pos, sealed_at, null::bytea as leaves, root, previous, hash
        from es.seal where log_id = $1 and number = $2",
        log.0,
        number,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| row.stored(log).seal))
}

/// Returns the next seals after a number.
pub(super) async fn seals(db: &Db, log: LogId, after: i64) -> Result<Vec<StoredSeal>, LogError> {
    let rows = sqlx::query_as!(
        SealRow,
        "select number, first_pos, last_pos, sealed_at, leaves, root, previous, hash
        from es.seal where log_id = $1 and number > $2 order by number limit $3",
        log.0,
        after,
        SEALS_PER_PAGE,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| row.stored(log)).collect())
}

/// A row of `es.seal`.
pub(super) struct SealRow {
    pub(super) number: i64,
    pub(super) first_pos: i64,
    pub(super) last_pos: i64,
    pub(super) sealed_at: DateTime<Utc>,
    pub(super) leaves: Option<Vec<u8>>,
    pub(super) root: Vec<u8>,
    pub(super) previous: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl SealRow {
    fn stored(self, log: LogId) -> StoredSeal {
        // A constraint holds their length; without it, a hash of nothing fits no seal.
        let hash = |bytes: &[u8]| Hash::read(bytes).unwrap_or(Hash::NONE);
        let leaves = self.leaves.unwrap_or_default();
        let seal = Seal {
            log_id: log.0,
            number: self.number,
            first_pos: self.first_pos,
            last_pos: self.last_pos,
            sealed_at: self.sealed_at,
            root: hash(&self.root),
            previous: hash(&self.previous),
            hash: hash(&self.hash),
        };
        StoredSeal { seal, leaves: leaves.chunks_exact(32).map(hash).collect() }
    }

    pub(super) fn into_parts(self, log: LogId) -> (Seal, Vec<Hash>) {
        let StoredSeal { seal, leaves } = self.stored(log);
        (seal, leaves)
    }
}
