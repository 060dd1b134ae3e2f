//! What the tests share: a log on a test's own database, small appends, waiting for a state.

use std::time::Duration;

use domain::value::{StreamId, TenantId};
use eventlog::{
    Appended, AppenderOptions, Db, EventLog, Expected, LogId, MasterKey, MasterKeys, NewEvent,
    NewEvents, Placed, SubjectKeys,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use uuid::Uuid;

/// The seller of tests that need only one.
pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0xa11));

/// Longer than anything here takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Returns a master key that is the same whenever it is asked for.
pub(crate) fn master_keys() -> MasterKeys {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into();
    MasterKeys::new(MasterKey::from_base64("test", &key).unwrap(), vec![])
}

/// Returns keys as a process of its own would have them: with an empty cache.
pub(crate) fn subject_keys(pool: &PgPool) -> SubjectKeys {
    SubjectKeys::new(Db::from_pool(pool.clone()), master_keys())
}

/// Opens the log as a process of its own would.
pub(crate) fn event_log(pool: &PgPool) -> EventLog {
    event_log_with(pool, AppenderOptions::default())
}

pub(crate) fn event_log_with(pool: &PgPool, options: AppenderOptions) -> EventLog {
    EventLog::new(Db::from_pool(pool.clone()), subject_keys(pool), options)
}

/// Connects with a pool of another size than the one a test is given.
pub(crate) async fn pool_of(connections: u32, connect: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(connections).connect_with(connect.clone()).await.unwrap()
}

pub(crate) fn stream(number: u128) -> StreamId {
    StreamId(Uuid::from_u128(number))
}

/// One event without personal data for stream `number`, under a new command id.
pub(crate) fn one(number: u128, expected: Expected) -> NewEvents {
    with_payload(number, expected, json!({"type": "Noted", "stream": number.to_string()}))
}

pub(crate) fn with_payload(number: u128, expected: Expected, payload: Value) -> NewEvents {
    NewEvents {
        tenant: TENANT,
        stream: stream(number),
        stream_type: "interaction",
        expected,
        command_id: Uuid::new_v4(),
        correlation_id: None,
        causation_id: None,
        actor: None,
        subject: Uuid::from_u128(number),
        events: vec![NewEvent { event_type: "Noted".to_owned(), schema_version: 1, payload }],
    }
}

pub(crate) fn done(outcome: Appended) -> Placed {
    match outcome {
        Appended::Done(placed) => placed,
        Appended::Duplicate(_) | Appended::Conflict | Appended::Empty => {
            panic!("expected the events to be stored, not {outcome:?}")
        }
    }
}

/// Gives `tenant` the log `log` before its first event.
pub(crate) async fn assign(pool: &PgPool, tenant: TenantId, log: LogId) {
    sqlx::query("insert into es.tenant_log (tenant_id, log_id) values ($1, $2)")
        .bind(tenant.0)
        .bind(log.0)
        .execute(pool)
        .await
        .unwrap();
}

/// Changes stored events as only somebody with the owner's rights and bad intent would.
pub(crate) async fn tamper(pool: &PgPool, statement: &'static str) -> u64 {
    let mut connection = pool.acquire().await.unwrap();
    sqlx::query("set session_replication_role = replica").execute(&mut *connection).await.unwrap();
    let changed = sqlx::query(statement).execute(&mut *connection).await.unwrap();
    sqlx::query("set session_replication_role = default").execute(&mut *connection).await.unwrap();
    changed.rows_affected()
}
