//! Reading events back. Whatever must have no gap is checked here for having none.

mod archived;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::value::{StreamId, TenantId};
use metrics::counter;
use serde_json::Value;
use uuid::Uuid;

use crate::archive;
use crate::chain::RawEvent;
use crate::db::Db;
use crate::epoch::PresentEpoch;
use crate::error::LogError;
use crate::load::{Read, Wanted};
use crate::record::{LogId, StoredEvent, Without};
use crate::seal::SubjectKeys;

/// What is done with an event that somebody changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoilt {
    /// Its stream is not returned: rules must not be asked with a part of their history.
    Refused,
    /// It is marked, for readers that can leave it out.
    Marked,
}

/// Reads committed events and opens their personal data. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) db: Db,
    pub(crate) keys: SubjectKeys,
    pub(crate) epoch: PresentEpoch,
}

struct Row {
    log_id: i32,
    pos: i64,
    recorded_at: DateTime<Utc>,
    tenant_id: Uuid,
    tenant_seq: i64,
    stream_id: Uuid,
    stream_type: String,
    version: i32,
    event_id: Uuid,
    event_type: String,
    schema_version: i32,
    command_id: Uuid,
    correlation_id: Option<Uuid>,
    causation_id: Option<Uuid>,
    actor: Option<String>,
    payload: Value,
}

impl Row {
    /// Takes an event from the archive.
    fn archived(event: RawEvent) -> Result<Self, LogError> {
        let payload = serde_json::from_str(&event.payload)
            .map_err(|error| LogError::from(sqlx::Error::Decode(error.into())))?;
        Ok(Self {
            log_id: event.log_id,
            pos: event.pos,
            recorded_at: event.recorded_at,
            tenant_id: event.tenant_id,
            tenant_seq: event.tenant_seq,
            stream_id: event.stream_id,
            stream_type: event.stream_type,
            version: event.version,
            event_id: event.event_id,
            event_type: event.event_type,
            schema_version: event.schema_version,
            command_id: event.command_id,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            actor: event.actor,
            payload,
        })
    }
}

impl Row {
    fn read_in(self, epoch: u32) -> StoredEvent {
        let row = self;
        StoredEvent {
            epoch,
            log: LogId(row.log_id),
            pos: row.pos,
            recorded_at: row.recorded_at,
            tenant: TenantId(row.tenant_id),
            tenant_seq: row.tenant_seq,
            stream: StreamId(row.stream_id),
            stream_type: row.stream_type,
            version: row.version,
            event_id: row.event_id,
            event_type: row.event_type,
            schema_version: row.schema_version,
            command_id: row.command_id,
            correlation_id: row.correlation_id,
            causation_id: row.causation_id,
            actor: row.actor,
            payload: row.payload,
            spoilt: None,
        }
    }
}

impl Reader {
    pub(crate) async fn stream(
        &self,
        log: LogId,
        tenant: TenantId,
        stream: StreamId,
        after_version: i32,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let mut rows = sqlx::query_as!(
            Row,
            "select log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version, event_id,
                event_type, schema_version, command_id, correlation_id, causation_id, actor, payload
            from es.event
            where log_id = $1 and tenant_id = $2 and stream_id = $3 and version > $4
            order by version",
            log.0,
            tenant.0,
            stream.0,
            after_version,
        )
        .fetch_all(self.db.pool())
        .await?;
        if rows.first().is_none_or(|row| row.version != after_version + 1) {
            let archived = self.archived_of_stream((log, tenant, stream), after_version).await?;
            rows = joined(archived, rows, |row| row.version.into())?;
        }
        check_contiguous(rows.iter().map(|row| row.version.into()), after_version.into())
            .map_err(|(expected, found)| LogError::StreamGap { stream, expected, found })?;
        self.opened(rows).await
    }

    /// Reads streams of any logs, in one round trip, or two where the persons' keys are not at hand. One that cannot be
    /// read fails alone; those without events are missing from the answer.
    pub(crate) async fn streams(
        &self,
        wanted: &[Wanted],
        spoilt: Spoilt,
    ) -> Result<HashMap<Wanted, Read>, LogError> {
        let logs: Vec<i32> = wanted.iter().map(|(log, ..)| log.0).collect();
        let tenants: Vec<Uuid> = wanted.iter().map(|(_, tenant, _)| tenant.0).collect();
        let ids: Vec<Uuid> = wanted.iter().map(|(.., stream)| stream.0).collect();
        let rows = sqlx::query_as!(
            Row,
            r#"select log_id as "log_id!", pos as "pos!", recorded_at as "recorded_at!", tenant_id as "tenant_id!",
                tenant_seq as "tenant_seq!", stream_id as "stream_id!", stream_type as "stream_type!",
                version as "version!", event_id as "event_id!", event_type as "event_type!",
                schema_version as "schema_version!", command_id as "command_id!", correlation_id, causation_id, actor,
                payload as "payload!"
            from es.read_streams($1, $2, $3)"#,
            &logs,
            &tenants,
            &ids,
        )
        .fetch_all(self.db.pool())
        .await?;
        let mut read: HashMap<Wanted, Vec<StoredEvent>> = HashMap::new();
        for event in self.events(rows) {
            read.entry((event.log, event.tenant, event.stream)).or_default().push(event);
        }
        self.keys.at_hand(read.values().flatten()).await?;
        let mut streams = HashMap::with_capacity(read.len());
        for (wanted, mut events) in read {
            let (log, tenant, stream) = wanted;
            // It begins in an archived month, or, with version 0, ends in one too.
            if events.first().is_some_and(|event| event.version != 1) {
                streams.insert(wanted, self.stream(log, tenant, stream, 0).await);
                continue;
            }
            let whole = check_contiguous(events.iter().map(|event| event.version.into()), 0);
            let outcome = match (whole, spoilt) {
                (Ok(()), Spoilt::Refused) => {
                    self.keys.open(&mut events).await.map_err(LogError::from)
                }
                (Ok(()), Spoilt::Marked) => {
                    self.keys.open_without(&mut events, &[]).await.map_err(LogError::from)
                }
                (Err((expected, found)), _) => Err(LogError::StreamGap { stream, expected, found }),
            };
            streams.insert(wanted, outcome.map(|()| events));
        }
        Ok(streams)
    }

    pub(crate) async fn log(
        &self,
        log: LogId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let mut rows = self.log_rows(log, after, limit).await?;
        if limit > 0 && rows.first().is_none_or(|row| row.pos != after + 1) {
            let last = archive::archived_pos(&self.db, log).await?.min(after.saturating_add(limit));
            let archived = self.archived(log, (after + 1, last), |_| true).await?;
            let read = i64::try_from(archived.len()).unwrap_or(limit);
            if read > 0 {
                rows = self.log_rows(log, last, limit - read).await?;
            }
            rows = joined(archived, rows, |row| row.pos)?;
        }
        check_contiguous(rows.iter().map(|row| row.pos), after)
            .map_err(|(expected, found)| LogError::Gap { log, expected, found })?;
        self.opened(rows).await
    }

    async fn log_rows(&self, log: LogId, after: i64, limit: i64) -> sqlx::Result<Vec<Row>> {
        sqlx::query_as!(
            Row,
            "select log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version, event_id,
                event_type, schema_version, command_id, correlation_id, causation_id, actor, payload
            from es.event
            where log_id = $1 and pos > $2
            order by pos
            limit $3",
            log.0,
            after,
            limit,
        )
        .fetch_all(self.db.pool())
        .await
    }

    pub(crate) async fn log_without(
        &self,
        log: LogId,
        after: i64,
        until: i64,
        without: &Without,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let (mut rows, mut missing) = self.rows_without(log, after, until, &without.events).await?;
        if missing.is_some() {
            let from = archive::archived_pos(&self.db, log).await?.min(until);
            if from > after {
                let takes = |event: &RawEvent| !without.events.contains(&event.event_type);
                let archived = self.archived(log, (after + 1, from), takes).await?;
                let rest = self.rows_without(log, from, until, &without.events).await?;
                missing = rest.1;
                rows = joined(archived, rest.0, |row| row.pos)?;
            }
        }
        if let Some(found) = missing {
            counter!("eventlog_gaps_total").increment(1);
            return Err(LogError::Gap { log, expected: until, found });
        }
        let mut events = self.events(rows);
        self.keys.open_without(&mut events, &without.personal).await?;
        Ok(events)
    }

    /// Returns the rows, and the last position there is if not all of them are there.
    async fn rows_without(
        &self,
        log: LogId,
        after: i64,
        until: i64,
        ignored: &[String],
    ) -> Result<(Vec<Row>, Option<i64>), LogError> {
        let rows = sqlx::query_as!(
            Row,
            "select log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version, event_id,
                event_type, schema_version, command_id, correlation_id, causation_id, actor, payload
            from es.event
            where log_id = $1 and pos > $2 and pos <= $3 and event_type <> all ($4)
            order by pos",
            log.0,
            after,
            until,
            ignored,
        )
        .fetch_all(self.db.pool())
        .await?;
        // After the rows: of a month that leaves the table in between, the count misses what the rows have, never the
        // other way round.
        let counted = sqlx::query!(
            r#"select count(*) as "count!", max(pos) as last
                from es.event where log_id = $1 and pos > $2 and pos <= $3"#,
            log.0,
            after,
            until,
        )
        .fetch_one(self.db.pool())
        .await?;
        let missing = (counted.count != until - after).then(|| counted.last.unwrap_or(after));
        Ok((rows, missing))
    }

    pub(crate) async fn tenant(
        &self,
        log: LogId,
        tenant: TenantId,
        after_seq: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let rows = self.whole_of_tenant(log, tenant, after_seq, limit).await?;
        self.opened(rows).await
    }

    pub(crate) async fn tenant_marked(
        &self,
        log: LogId,
        tenant: TenantId,
        after_seq: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let rows = self.whole_of_tenant(log, tenant, after_seq, limit).await?;
        let mut events = self.events(rows);
        self.keys.open_without(&mut events, &[]).await?;
        Ok(events)
    }

    async fn whole_of_tenant(
        &self,
        log: LogId,
        tenant: TenantId,
        after_seq: i64,
        limit: i64,
    ) -> Result<Vec<Row>, LogError> {
        let mut rows = self.tenant_rows(log, tenant, after_seq, limit).await?;
        if limit > 0
            && rows.first().is_none_or(|row| row.tenant_seq != after_seq + 1)
            && let Some((archived, last)) =
                self.archived_of_tenant(log, tenant, after_seq, limit).await?
        {
            let read = i64::try_from(archived.len()).unwrap_or(limit);
            let rest = self.tenant_rows(log, tenant, last, limit - read).await?;
            rows = joined(archived, rest, |row| row.tenant_seq)?;
        }
        check_contiguous(rows.iter().map(|row| row.tenant_seq), after_seq)
            .map_err(|(expected, found)| LogError::TenantGap { tenant, expected, found })?;
        Ok(rows)
    }

    async fn tenant_rows(
        &self,
        log: LogId,
        tenant: TenantId,
        after_seq: i64,
        limit: i64,
    ) -> sqlx::Result<Vec<Row>> {
        sqlx::query_as!(
            Row,
            "select log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version, event_id,
                event_type, schema_version, command_id, correlation_id, causation_id, actor, payload
            from es.event
            where log_id = $1 and tenant_id = $2 and tenant_seq > $3
            order by tenant_seq
            limit $4",
            log.0,
            tenant.0,
            after_seq,
            limit,
        )
        .fetch_all(self.db.pool())
        .await
    }

    fn events(&self, rows: Vec<Row>) -> Vec<StoredEvent> {
        let epoch = self.epoch.tag();
        rows.into_iter().map(|row| row.read_in(epoch)).collect()
    }

    async fn opened(&self, rows: Vec<Row>) -> Result<Vec<StoredEvent>, LogError> {
        let mut events = self.events(rows);
        self.keys.open(&mut events).await?;
        Ok(events)
    }
}

/// Returns the last position of every log, 0 where it has no events.
pub(crate) async fn heads(db: &Db) -> Result<Vec<(LogId, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select h.log_id, coalesce(l.pos, h.next_pos - 1) as "pos!"
        from es.log_head h
        left join lateral (
            select e.pos from es.event e where e.log_id = h.log_id order by e.pos desc limit 1) l on true
        order by h.log_id"#
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (LogId(row.log_id), row.pos)).collect())
}

/// Puts rows of the table behind archived ones. What moved into the archive between the two readings is in both.
fn joined(
    archived: Vec<RawEvent>,
    rows: Vec<Row>,
    number: impl Fn(&Row) -> i64,
) -> Result<Vec<Row>, LogError> {
    let mut all: Vec<Row> = archived.into_iter().map(Row::archived).collect::<Result<_, _>>()?;
    let last = all.last().map(&number);
    all.extend(rows.into_iter().filter(|row| last.is_none_or(|last| number(row) > last)));
    Ok(all)
}

/// Checks that numbers follow `after` one by one; otherwise returns the one that was expected and the one that came.
fn check_contiguous(numbers: impl Iterator<Item = i64>, after: i64) -> Result<(), (i64, i64)> {
    let mut last = after;
    for number in numbers {
        if number != last + 1 {
            counter!("eventlog_gaps_total").increment(1);
            return Err((last + 1, number));
        }
        last = number;
    }
    Ok(())
}
