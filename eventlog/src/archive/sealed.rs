//! Compares events with what the chain of seals says of them.

use crate::chain::{Hash, RawEvent};
use crate::db::Db;
use crate::record::LogId;

/// Returns the first position whose event is not the one that was sealed, or was not sealed at all. The events are of
/// one log and in order.
pub(crate) async fn differs(db: &Db, log: LogId, events: &[RawEvent]) -> sqlx::Result<Option<i64>> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(None) };
    let seals = sqlx::query!(
        "select first_pos, leaves from es.seal where log_id = $1 and last_pos >= $2 and first_pos <= $3 order by number",
        log.0,
        first.pos,
        last.pos,
    )
    .fetch_all(db.pool())
    .await?;
    let mut scratch = Vec::new();
    let altered = events.iter().find(|event| {
        let seal = seals.iter().rfind(|seal| seal.first_pos <= event.pos);
        let leaf = seal.and_then(|seal| {
            let index = usize::try_from(event.pos - seal.first_pos).ok()?;
            Hash::read(seal.leaves.chunks_exact(32).nth(index)?)
        });
        event.log_id != log.0 || leaf != Some(event.leaf(&mut scratch))
    });
    Ok(altered.map(|event| event.pos))
}
