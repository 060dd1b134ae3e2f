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
