//! What a read model is: the rows of a stream as a pure function of that stream's events, and how rows are stored.

use std::panic::{self, AssertUnwindSafe};

use domain::event::DecodeError;
use domain::{Event, Recorded, StreamId, TenantId};
use eventlog::StoredEvent;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

/// A stream: what rows are folded by, in the order in which Postgres sorts ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stream {
    pub(crate) tenant: Uuid,
    pub(crate) id: Uuid,
}

impl Stream {
    pub(crate) fn new(tenant: TenantId, stream: StreamId) -> Self {
        Self { tenant: tenant.0, id: stream.0 }
    }

    pub(crate) fn of(recorded: &Recorded) -> Self {
        Self::new(recorded.tenant, recorded.stream)
    }

    /// Splits streams into the two arrays that statements take.
    pub(crate) fn arrays(streams: &[Self]) -> (Vec<Uuid>, Vec<Uuid>) {
        streams.iter().map(|stream| (stream.tenant, stream.id)).unzip()
    }
}

/// Takes one column out of rows, as statements over many rows want it.
pub(crate) fn column<F, T>(rows: &[&F], of: impl Fn(&F) -> T) -> Vec<T> {
    rows.iter().map(|row| of(row)).collect()
}

/// A row that follows from the events of one stream.
pub(crate) trait Fold: Serialize + Clone + PartialEq + Send + Sync + 'static {
    /// The rows of one stream; the default is none.
    type Rows: Default + Clone + PartialEq + Send + Sync;

    /// The aggregate whose events make rows.
    const STREAM_TYPE: &'static str;

    /// Types of events that change no row, so that nobody reads them for its sake.
    const IGNORED: &'static [&'static str];

    /// Types of events whose personal data no row shows, so that nobody opens it for its sake.
    const CLOSED: &'static [&'static str];

    /// Tells what the rows are after `recorded`. Pure; an event that the rows already include changes nothing.
    fn fold(rows: Self::Rows, recorded: &Recorded) -> Self::Rows;

    /// Lists rows in the order of their key.
    fn each(rows: &Self::Rows) -> impl Iterator<Item = &Self>;

    /// Reads the rows of streams; those without rows are missing from the answer.
    fn load(
        tx: &mut PgConnection,
        streams: &[Stream],
    ) -> impl Future<Output = sqlx::Result<Vec<(Stream, Self::Rows)>>> + Send;

    /// Writes rows in one statement; a newer row of the same key stays.
    fn store(
        tx: &mut PgConnection,
        rows: &[&Self],
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// A fold that panicked: a fault of this program, which the event brings to light.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("folding event {event_id} panicked")]
pub struct FoldError {
    event_id: Uuid,
}

/// Folds, and survives a fold that panics. What a panic says is not kept: it may quote a buyer's words.
pub(crate) fn guarded<F: Fold>(
    rows: F::Rows,
    recorded: &Recorded,
    before: impl FnOnce(&Recorded),
) -> Result<F::Rows, FoldError> {
    panic::catch_unwind(AssertUnwindSafe(|| {
        before(recorded);
        F::fold(rows, recorded)
    }))
    .map_err(|_| FoldError { event_id: recorded.event_id })
}

/// Reads a stored event as what the rules and folds know.
///
/// # Errors
/// [`DecodeError`] when this program cannot read it.
pub fn recorded(stored: StoredEvent) -> Result<Recorded, DecodeError> {
    let events = Event::decode(
        &stored.stream_type,
        &stored.event_type,
        stored.schema_version,
        stored.payload,
    )?;
    Ok(Recorded {
        tenant: stored.tenant,
        stream: stored.stream,
        version: stored.version,
        log: stored.log.0,
        position: stored.pos,
        event_id: stored.event_id,
        recorded_at: stored.recorded_at,
        correlation_id: stored.correlation_id,
        actor: stored.actor,
        events,
    })
}

/// Reads a stored event, and survives a reader that panics. What a panic says is not kept, as in the folds.
///
/// # Errors
/// Why it cannot be read.
pub fn readable(stored: StoredEvent) -> Result<Recorded, String> {
    if let Some(why) = &stored.spoilt {
        return Err(format!("opening the event: {why}"));
    }
    readable_by(recorded, stored)
}

fn readable_by(
    read: impl FnOnce(StoredEvent) -> Result<Recorded, DecodeError>,
    stored: StoredEvent,
) -> Result<Recorded, String> {
    match panic::catch_unwind(AssertUnwindSafe(|| read(stored))) {
        Ok(Ok(recorded)) => Ok(recorded),
        Ok(Err(error)) => Err(format!("reading the event: {error}")),
        Err(_) => Err("reading the event panicked".to_owned()),
    }
}

/// Times as Postgres keeps and writes them: microseconds, without trailing zeros, in UTC.
pub(crate) mod time {
    use chrono::{DateTime, SubsecRound as _, Utc};
    use serde::Serializer;

    /// Cuts a time to what a column holds.
    pub(crate) fn kept(time: DateTime<Utc>) -> DateTime<Utc> {
        time.trunc_subsecs(6)
    }

    fn text(time: &DateTime<Utc>) -> String {
        let mut text = time.format("%Y-%m-%dT%H:%M:%S").to_string();
        let micros = time.timestamp_subsec_micros();
        if micros > 0 {
            text.push_str(format!(".{micros:06}").trim_end_matches('0'));
        }
        text.push_str("+00:00");
        text
    }

    pub(crate) fn serialize<S: Serializer>(
        time: &DateTime<Utc>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(time))
    }

    pub(crate) mod option {
        use chrono::{DateTime, Utc};
        use serde::Serializer;

        #[expect(clippy::ref_option, reason = "the form that serde calls")]
        pub(crate) fn serialize<S: Serializer>(
            time: &Option<DateTime<Utc>>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => super::serialize(time, serializer),
                None => serializer.serialize_none(),
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn times_are_written_as_postgres_writes_them() {
            for (given, written) in [
                ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
                ("2026-01-02T03:04:05.120Z", "2026-01-02T03:04:05.12+00:00"),
                ("2026-01-02T03:04:05.000007891Z", "2026-01-02T03:04:05.000007+00:00"),
            ] {
                assert_eq!(text(&given.parse().unwrap()), written);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use eventlog::LogId;
    use serde_json::json;

    use super::*;

    fn stored(payload: serde_json::Value) -> StoredEvent {
        StoredEvent {
            epoch: 0,
            log: LogId(1),
            pos: 1,
            recorded_at: DateTime::UNIX_EPOCH,
            tenant: TenantId(Uuid::from_u128(1)),
            tenant_seq: 1,
            stream: StreamId(Uuid::from_u128(2)),
            stream_type: "account".to_owned(),
            version: 1,
            event_id: Uuid::from_u128(3),
            event_type: "AccessLost".to_owned(),
            schema_version: 1,
            command_id: Uuid::from_u128(4),
            correlation_id: None,
            causation_id: None,
            actor: None,
            payload,
            spoilt: None,
        }
    }

    #[test]
    fn an_event_that_cannot_be_read_is_a_reason_and_not_the_end() {
        let good = stored(json!({"type": "AccessLost", "reason": "unauthorized"}));
        assert!(readable(good.clone()).is_ok());
        let reason = readable(stored(json!({"type": "AccessLost"}))).unwrap_err();
        assert!(reason.starts_with("reading the event: "), "{reason}");
        let reason = readable_by(|_| panic!("Валентина"), good).unwrap_err();
        assert_eq!(reason, "reading the event panicked", "what the panic says is not kept");
    }
}
