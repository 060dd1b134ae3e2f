//! What these drills share: a log behind a proxy, and small appends.

use std::time::Duration;

use domain::value::{StreamId, TenantId};
use eventlog::{
    AppenderOptions, Db, DbOptions, EventLog, Expected, MasterKey, MasterKeys, NewEvent, NewEvents,
    SubjectKeys,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// In every event's type, so that a proxy knows an append when it passes.
pub(super) const MARKER: &str = "DrillNoted";

/// Opens a database as the program does, but with less patience: here it is away often.
pub(super) async fn connect(url: &str) -> anyhow::Result<Db> {
    let acquire_timeout = Duration::from_millis(500);
    Ok(Db::connect(url, DbOptions { acquire_timeout, ..DbOptions::default() }).await?)
}

/// Opens the log as the program does.
pub(super) fn event_log(db: &Db) -> EventLog {
    let keys = MasterKeys::new(MasterKey::generate("drill"), vec![]);
    let subjects = SubjectKeys::new(db.clone(), keys);
    EventLog::new(db.clone(), subjects, AppenderOptions::default())
}

/// So many events for a stream, under a new command id.
pub(super) fn command(
    tenant: TenantId,
    stream: StreamId,
    expected: Expected,
    values: &[Value],
) -> NewEvents {
    let event = |value: &Value| NewEvent {
        event_type: MARKER.to_owned(),
        schema_version: 1,
        payload: json!({ "type": MARKER, "value": value }),
    };
    NewEvents {
        tenant,
        stream,
        stream_type: "interaction",
        expected,
        command_id: Uuid::new_v4(),
        correlation_id: None,
        causation_id: None,
        actor: None,
        subject: stream.0,
        events: values.iter().map(event).collect(),
    }
}
