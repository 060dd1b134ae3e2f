//! Epochs: the times of a database between two restores. What was handed out in an earlier one may name what the
//! restored database does not hold any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::db::Db;
use crate::record::LogId;

/// An epoch of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Its number in this database, from 1. A restored one may count the same again.
    pub number: i32,
    /// Its id, unique everywhere.
    pub id: Uuid,
    /// When replies were let out under it; none while that is still to be decided.
    pub accepted_at: Option<DateTime<Utc>>,
}

impl Epoch {
    /// Returns the few bytes of its id by which cursors name it; 0 names the first one there is.
    #[must_use]
    pub fn tag(&self) -> u32 {
        tag(self.id)
    }
}

fn tag(id: Uuid) -> u32 {
    let [a, b, c, d, ..] = id.into_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// Returns the present epoch.
///
/// # Errors
/// What the database says.
pub async fn present(db: &Db) -> sqlx::Result<Epoch> {
    sqlx::query_as!(
        Epoch,
        "select number, epoch_id as id, accepted_at from es.epoch order by number desc limit 1"
    )
    .fetch_one(db.pool())
    .await
}

/// Tells whether the database is still where its present epoch began: on the same server, on the same timeline of its.
/// A recovery from archived WAL, a promoted standby and a dump that was read in are elsewhere.
///
/// # Errors
/// What the database says.
pub async fn is_at_home(db: &Db) -> sqlx::Result<bool> {
    // The sabotage that the tests must catch: a restored database goes on as if nothing had happened.
    if cfg!(feature = "sabotage-restored-sends") {
        return Ok(true);
    }
    sqlx::query_scalar!(
        r#"select place = es.place() as "is_at_home!" from es.epoch order by number desc limit 1"#
    )
    .fetch_one(db.pool())
    .await
}

/// Begins another epoch, in place of the one `found_outside` as well.
///
/// # Errors
/// What the database says.
pub async fn begin(tx: &mut PgConnection, found_outside: Option<Uuid>) -> sqlx::Result<()> {
    sqlx::query!(
        "with begun as (
            insert into es.epoch (number, found_outside) select max(number) + 1, $1 from es.epoch returning number
        )
        insert into es.epoch_start (number, log_id, last_pos)
            select begun.number, h.log_id, coalesce(l.pos, h.next_pos - 1)
                from begun, es.log_head h
                left join lateral (
                    select e.pos from es.event e where e.log_id = h.log_id order by e.pos desc limit 1) l on true",
        found_outside,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Accepts the present epoch: whatever is kept outside may follow it.
///
/// # Errors
/// What the database says.
pub async fn accept(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("update es.epoch set accepted_at = clock_timestamp() where accepted_at is null")
        .execute(tx)
        .await?;
    Ok(())
}

/// Tells whether this database has left the epoch of this id behind.
pub(crate) async fn is_former(db: &Db, id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from es.epoch
                where found_outside = $1 or (epoch_id = $1 and number < (select max(number) from es.epoch)))
            as "is_former!""#,
        id,
    )
    .fetch_one(db.pool())
    .await
}

/// What this process knows of the present epoch, for what it hands out.
#[derive(Debug, Clone, Default)]
pub(crate) struct PresentEpoch(Arc<AtomicU32>);

impl PresentEpoch {
    /// Returns the tag of the epoch; 0 until it was learned.
    pub(crate) fn tag(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Tells whether what was handed out under `given`, at position `pos` of a log, is still what this database holds
    /// there, as far as epochs go. Learns the present one by the way.
    pub(crate) async fn holds(
        &self,
        db: &Db,
        given: u32,
        log: LogId,
        pos: i64,
    ) -> sqlx::Result<bool> {
        let epochs = sqlx::query!(
            r#"select e.epoch_id, s.last_pos as "last_pos?" from es.epoch e
                left join es.epoch_start s on s.number = e.number and s.log_id = $1
                order by e.number"#,
            log.0,
        )
        .fetch_all(db.pool())
        .await?;
        if let Some(last) = epochs.last() {
            self.0.store(tag(last.epoch_id), Ordering::Relaxed);
        }
        let given_in = match given {
            0 => Some(0),
            given => epochs.iter().position(|epoch| tag(epoch.epoch_id) == given),
        };
        let Some(given_in) = given_in else { return Ok(false) };
        let mut later = epochs.iter().skip(given_in + 1);
        Ok(later.all(|epoch| pos <= epoch.last_pos.unwrap_or(0)))
    }
}
