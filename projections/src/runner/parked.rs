//! Streams that a read model cannot apply: kept aside whole, so that order inside the stream holds.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use domain::{StreamId, TenantId};
use eventlog::{Db, LogId, StoredEvent};
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{self, Entry};
use super::checkpoint::{self, Held};
use super::folding::{Harm, Spoilt, Watch};
use crate::ReadModel;
use crate::fold::Stream;

/// This program, as noted beside streams that it must not try again by itself.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// What is noted instead while a stream is only suspected. Each try that is not survived leads to the next note, and the
/// last one to [`PROGRAM`]: to be killed by somebody else three times in the milliseconds of these tries is no chance.
const SUSPECTED: [&str; 2] = ["suspected", "suspected again"];

/// Returns which of `streams` are parked.
pub(super) async fn among(
    tx: &mut PgConnection,
    held: &Held,
    streams: &[Stream],
) -> sqlx::Result<HashSet<Uuid>> {
    let streams: Vec<Uuid> = streams.iter().map(|stream| stream.id).collect();
    let parked = sqlx::query_scalar!(
        "select stream_id from parked_stream
            where projection = $1 and generation = $2 and stream_id = any ($3)",
        held.model.name(),
        held.generation.name(),
        &streams,
    )
    .fetch_all(tx)
    .await?;
    Ok(parked.into_iter().collect())
}

/// Parks the stream of `entry` from that event on.
pub(super) async fn park(
    tx: &mut PgConnection,
    held: &Held,
    entry: &Entry,
    spoilt: &Spoilt,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into parked_stream (projection, generation, log_id, tenant_id, stream_id, first_pos, error,
                harms_program)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict on constraint parked_stream_pkey do nothing",
        held.model.name(),
        held.generation.name(),
        held.log.0,
        entry.tenant.0,
        entry.stream.0,
        entry.pos,
        spoilt.reason,
        noted(spoilt.harm),
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn noted(harm: Harm) -> Option<&'static str> {
    match harm {
        Harm::None => None,
        Harm::Suspected => Some(SUSPECTED[0]),
        Harm::Certain => Some(PROGRAM),
    }
}

/// Returns what is noted before a stream with this note is tried, in case that the try is not survived.
fn next_note(note: &str) -> &'static str {
    let place = SUSPECTED.iter().position(|suspicion| *suspicion == note);
    place.and_then(|place| SUSPECTED.get(place + 1)).copied().unwrap_or(PROGRAM)
}

/// Counts parked streams of the served read models, by model.
///
/// # Errors
/// What the database says.
pub async fn count_parked(db: &Db) -> sqlx::Result<Vec<(ReadModel, i64)>> {
    let rows = sqlx::query!(
        r#"select projection, count(*) as "streams!" from parked_stream
            where generation = 'live' group by projection"#
    )
    .fetch_all(db.pool())
    .await?;
    let count = |model: ReadModel| {
        rows.iter().find(|row| row.projection == model.name()).map_or(0, |row| row.streams)
    };
    Ok(ReadModel::ALL.into_iter().map(|model| (model, count(model))).collect())
}

/// Counts the streams of each seller that a served read model has left out, each of them once.
///
/// # Errors
/// What the database says.
pub async fn left_out(db: &Db) -> sqlx::Result<BTreeMap<TenantId, u32>> {
    let rows = sqlx::query!(
        r#"select tenant_id, count(distinct stream_id) as "streams!" from parked_stream
            where generation = 'live' group by tenant_id"#
    )
    .fetch_all(db.pool())
    .await?;
    let counted = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id), counted(row.streams))).collect())
}

/// Which parked streams are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// Those that have not harmed this program.
    Harmless,
    /// All of them.
    All,
}

/// A stream that waits for a program that can read it.
pub(super) struct Parked {
    pub(super) model: ReadModel,
    pub(super) log: LogId,
    pub(super) tenant: TenantId,
    pub(super) stream: StreamId,
    first_pos: i64,
    /// What is noted of what trying it cost, if it did.
    note: Option<String>,
}

/// Returns the parked streams of the served read models.
pub(super) async fn all(db: &Db, models: &[ReadModel], retry: Retry) -> sqlx::Result<Vec<Parked>> {
    let names: Vec<String> = models.iter().map(|model| model.name().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select projection, log_id, tenant_id, stream_id, first_pos, harms_program
            from parked_stream
            where generation = 'live' and projection = any ($1) and ($2 or harms_program is distinct from $3)
            order by first_pos"#,
        &names,
        retry == Retry::All,
        PROGRAM,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Parked {
                model: ReadModel::by_name(&row.projection)?,
                log: LogId(row.log_id),
                tenant: TenantId(row.tenant_id),
                stream: StreamId(row.stream_id),
                first_pos: row.first_pos,
                note: row.harms_program,
            })
        })
        .collect())
}

impl Parked {
    /// Applies the events that were left out, in order, and lets the stream go on. Tells whether that worked.
    pub(super) async fn resume(
        &self,
        db: &Db,
        held: &Held,
        events: Vec<StoredEvent>,
        watch: &Watch,
    ) -> anyhow::Result<bool> {
        let left_out = |event: &StoredEvent| (self.first_pos..=held.pos).contains(&event.pos);
        let entries: Arc<[Entry]> = events.into_iter().filter(left_out).map(Entry::from).collect();
        let mut tx = batch::begin(db, held.generation).await?;
        if !checkpoint::advance(&mut tx, held, held.pos, held.pos).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        if let Some(note) = &self.note {
            // At once, and before the try, which this program may not survive. Only now is it certain that there is one.
            self.note_harm(db, held, next_note(note)).await?;
        }
        sqlx::query!(
            "delete from parked_stream where projection = $1 and generation = $2 and stream_id = $3",
            held.model.name(),
            held.generation.name(),
            self.stream.0,
        )
        .execute(&mut *tx)
        .await?;
        match batch::fold_into(&mut tx, held, &entries, watch).await {
            Ok(spoilt) if spoilt.is_empty() => {
                tx.commit().await?;
                Ok(true)
            }
            Ok(_) => {
                tx.rollback().await?;
                Ok(false)
            }
            Err(error) => {
                tx.rollback().await?;
                if batch::is_poison(&error) { Ok(false) } else { Err(error.into()) }
            }
        }
    }

    async fn note_harm(&self, db: &Db, held: &Held, note: &str) -> sqlx::Result<()> {
        sqlx::query!(
            "update parked_stream set harms_program = $4
                where projection = $1 and generation = $2 and stream_id = $3",
            held.model.name(),
            held.generation.name(),
            self.stream.0,
            note,
        )
        .execute(db.pool())
        .await?;
        Ok(())
    }
}
