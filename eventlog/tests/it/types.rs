//! The register of types: noted before the first event of a type is stored.

use domain::value::StreamId;
use eventlog::Expected;
use sqlx::PgPool;

use super::support::{event_log, one};

#[sqlx::test(migrations = "../migrations")]
async fn a_type_is_noted_before_its_first_event_and_once(pool: PgPool) {
    let log = event_log(&pool);
    assert!(log.stored_types().await.unwrap().is_empty());
    for number in 1..=3 {
        let mut new = one(number, Expected::Version(0));
        new.events[0].schema_version = if number == 3 { 2 } else { 1 };
        log.append(new).await.unwrap();
    }
    let noted: Vec<_> = log.stored_types().await.unwrap();
    let versions: Vec<_> =
        noted.iter().map(|of| (of.event_type.as_str(), of.schema_version)).collect();
    let stored: Vec<(String, i32)> =
        sqlx::query_as("select distinct event_type, schema_version from es.event order by 1, 2")
            .fetch_all(&pool)
            .await
            .unwrap();
    let stored: Vec<_> = stored.iter().map(|(name, version)| (name.as_str(), *version)).collect();
    assert_eq!(versions, stored);
    assert_ne!(
        log.load_stream(super::support::TENANT, StreamId(uuid::Uuid::from_u128(1)), 0)
            .await
            .unwrap()
            .len(),
        0
    );
}
