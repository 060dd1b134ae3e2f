//! A reader that meets a gap stops and says so: going on would lose an event for good.

use eventlog::{Expected, LogError};
use sqlx::PgPool;

use crate::support::{TENANT, event_log, one, stream, tamper};

#[sqlx::test(migrations = "../migrations")]
async fn no_reader_goes_past_a_gap(pool: PgPool) {
    let log = event_log(&pool);
    for _ in 0..5 {
        log.append(one(1, Expected::Any)).await.unwrap();
    }
    assert_eq!(tamper(&pool, "delete from es.event where pos = 3").await, 1);

    let id = log.log_of(TENANT).await.unwrap();
    assert_eq!(log.read_log(id, 0, 2).await.unwrap().len(), 2);
    for after in [0, 1, 2] {
        let error = log.read_log(id, after, 10).await.unwrap_err();
        assert!(matches!(error, LogError::Gap { expected: 3, found: 4, .. }), "{error}");
    }
    assert_eq!(log.read_log(id, 3, 10).await.unwrap().len(), 2);

    let error = log.read_tenant(TENANT, 0, 10).await.unwrap_err();
    assert!(matches!(error, LogError::TenantGap { expected: 3, found: 4, .. }), "{error}");
    let error = log.load_stream(TENANT, stream(1), 0).await.unwrap_err();
    assert!(matches!(error, LogError::StreamGap { expected: 3, found: 4, .. }), "{error}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reader_goes_on_when_what_was_missing_is_back(pool: PgPool) {
    let log = event_log(&pool);
    for _ in 0..5 {
        log.append(one(1, Expected::Any)).await.unwrap();
    }
    let id = log.log_of(TENANT).await.unwrap();
    let whole = log.read_log(id, 0, 10).await.unwrap();
    assert_eq!(
        tamper(&pool, "create table aside as select * from es.event where pos = 3").await,
        1
    );
    assert_eq!(tamper(&pool, "delete from es.event where pos = 3").await, 1);
    log.read_log(id, 0, 10).await.unwrap_err();
    // Writers go on meanwhile, behind the gap and not in it.
    log.append(one(1, Expected::Any)).await.unwrap();
    log.read_log(id, 0, 10).await.unwrap_err();
    assert_eq!(tamper(&pool, "insert into es.event select * from aside").await, 1);
    let again = log.read_log(id, 0, 10).await.unwrap();
    assert_eq!((&again[..5], again.len()), (&whole[..], 6));
}

/// The last event is of a time to come, as when the clock was set back after it.
#[sqlx::test(migrations = "../migrations")]
async fn time_does_not_run_backwards_along_a_log(pool: PgPool) {
    let log = event_log(&pool);
    log.append(one(1, Expected::Any)).await.unwrap();
    let ahead = "update es.event set recorded_at = recorded_at + interval '1 hour'";
    assert_eq!(tamper(&pool, ahead).await, 1);
    for _ in 0..3 {
        log.append(one(1, Expected::Any)).await.unwrap();
    }
    let id = log.log_of(TENANT).await.unwrap();
    let events = log.read_log(id, 0, 10).await.unwrap();
    assert_eq!(events.len(), 4);
    assert!(events.is_sorted_by_key(|event| event.recorded_at), "{events:?}");
    assert!(events[3].recorded_at > chrono::Utc::now(), "the clock went on undisturbed: void");
}
