//! What a reader finds in archived months. A file that lacks events, or one that the database has forgotten, must not make
//! a shorter history: whatever is archived is read to its end or refused.

use domain::value::TenantId;
use metrics::counter;

use super::{Reader, check_contiguous};
use crate::archive::{self, Pick};
use crate::chain::RawEvent;
use crate::error::LogError;
use crate::load::Wanted;
use crate::record::LogId;

impl Reader {
    /// Returns the archived events of a range of positions that `takes` wants; none where it is empty. Every position
    /// must be there, wanted or not.
    pub(super) async fn archived(
        &self,
        log: LogId,
        (first, last): (i64, i64),
        mut takes: impl FnMut(&RawEvent) -> bool,
    ) -> Result<Vec<RawEvent>, LogError> {
        if first > last {
            return Ok(vec![]);
        }
        let mut positions = Vec::new();
        let noted = |event: &RawEvent| {
            positions.push(event.pos);
            takes(event)
        };
        let range = (first, last);
        let events = archive::collect(&self.db, log, range, Pick::All, noted, i64::MAX).await?;
        let reached = positions.last().copied().unwrap_or(first - 1);
        check_contiguous(positions.into_iter(), first - 1)
            .and_then(|()| check_reached(reached, last))
            .map_err(|(expected, found)| LogError::Gap { log, expected, found })?;
        Ok(events)
    }

    /// Returns the archived events of a stream after a version, up to its end if all of it is archived.
    pub(super) async fn archived_of_stream(
        &self,
        (log, tenant, stream): Wanted,
        after_version: i32,
    ) -> Result<Vec<RawEvent>, LogError> {
        let range = sqlx::query!(
            r#"select s.first_pos, least(s.last_pos, h.archived_pos) as "last_pos!",
                case when s.last_pos <= h.archived_pos then s.version end as whole_version
            from es.stream s join es.log_head h on h.log_id = s.log_id
            where s.log_id = $1 and s.tenant_id = $2 and s.stream_id = $3 and s.first_pos <= h.archived_pos"#,
            log.0,
            tenant.0,
            stream.0,
        );
        let Some(range) = range.fetch_optional(self.db.pool()).await? else { return Ok(vec![]) };
        let pick = Pick::Stream(tenant.0, stream.0);
        let takes = |event: &RawEvent| event.version > after_version;
        let places = (range.first_pos, range.last_pos);
        let events = archive::collect(&self.db, log, places, pick, takes, i64::MAX).await?;
        let reached = events.last().map_or(after_version, |event| event.version);
        check_reached(reached.into(), range.whole_version.unwrap_or(0).into())
            .map_err(|(expected, found)| LogError::StreamGap { stream, expected, found })?;
        Ok(events)
    }

    /// Returns up to `limit` archived events of a seller after a number, and the last number that is archived; nothing
    /// where that is not behind `after_seq`.
    pub(super) async fn archived_of_tenant(
        &self,
        log: LogId,
        tenant: TenantId,
        after_seq: i64,
        limit: i64,
    ) -> Result<Option<(Vec<RawEvent>, i64)>, LogError> {
        let floor = sqlx::query!(
            "select archived_seq, archived_pos from es.tenant_log where tenant_id = $1 and archived_seq > $2",
            tenant.0,
            after_seq,
        );
        let Some(floor) = floor.fetch_optional(self.db.pool()).await? else { return Ok(None) };
        let takes = |event: &RawEvent| event.tenant_seq > after_seq;
        let (range, pick) = ((1, floor.archived_pos), Pick::Tenant(tenant.0));
        let events = archive::collect(&self.db, log, range, pick, takes, limit).await?;
        let reached = events.last().map_or(after_seq, |event| event.tenant_seq);
        if i64::try_from(events.len()).unwrap_or(limit) < limit {
            check_reached(reached, floor.archived_seq)
                .map_err(|(expected, found)| LogError::TenantGap { tenant, expected, found })?;
        }
        Ok(Some((events, floor.archived_seq)))
    }
}

/// Checks that what was read reaches `end`; otherwise returns the number that was expected and the one behind the end.
fn check_reached(reached: i64, end: i64) -> Result<(), (i64, i64)> {
    if reached >= end {
        return Ok(());
    }
    counter!("eventlog_gaps_total").increment(1);
    Err((reached + 1, end + 1))
}
