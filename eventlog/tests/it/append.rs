//! What an append promises to its caller.

use std::sync::Arc;

use domain::value::TenantId;
use eventlog::{Appended, Expected, LogError, NewEvent, NewEvents};
use futures::future::join_all;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{TENANT, done, event_log, one, stream, with_payload};

#[sqlx::test(migrations = "../migrations")]
async fn events_come_back_as_they_went_in(pool: PgPool) {
    let log = event_log(&pool);
    let mut new = one(1, Expected::Version(0));
    new.correlation_id = Some(Uuid::from_u128(7));
    new.causation_id = Some(Uuid::from_u128(8));
    new.actor = Some("user:9".to_owned());
    new.events.push(NewEvent {
        event_type: "Второе".to_owned(),
        schema_version: 3,
        payload: json!({"number": 1.5, "nothing": null, "list": [true, "ё"]}),
    });

    let placed = done(log.append(new.clone()).await.unwrap());
    assert_eq!((placed.version, placed.first_pos, placed.last_pos), (2, 1, 2));

    let stored = log.load_stream(TENANT, stream(1), 0).await.unwrap();
    assert_eq!(stored.len(), 2);
    for (index, (event, sent)) in stored.iter().zip(&new.events).enumerate() {
        assert_eq!((event.log, event.recorded_at), (placed.log, placed.at));
        assert_eq!(
            (event.tenant, event.stream, &*event.stream_type),
            (TENANT, stream(1), "interaction")
        );
        assert_eq!(event.event_id, new.event_id(index));
        assert_eq!(event.event_type, sent.event_type);
        assert_eq!((event.schema_version, &event.payload), (sent.schema_version, &sent.payload));
        assert_eq!(event.command_id, new.command_id);
        assert_eq!(
            (event.correlation_id, event.causation_id),
            (new.correlation_id, new.causation_id)
        );
        assert_eq!(event.actor.as_deref(), Some("user:9"));
        let number = i64::try_from(index).unwrap() + 1;
        assert_eq!(
            (event.pos, event.tenant_seq, i64::from(event.version)),
            (number, number, number)
        );
    }
    assert_eq!(log.read_log(placed.log, 0, 10).await.unwrap(), stored);
    assert_eq!(log.read_tenant(TENANT, 1, 10).await.unwrap(), stored[1..]);
    assert_eq!(log.load_stream(TENANT, stream(1), 1).await.unwrap(), stored[1..]);
    assert!(log.heads().await.unwrap().contains(&(placed.log, 2)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_repeated_command_adds_nothing(pool: PgPool) {
    let log = event_log(&pool);
    let new = one(1, Expected::Version(0));
    let placed = done(log.append(new.clone()).await.unwrap());
    assert_eq!(log.append(new.clone()).await.unwrap(), Appended::Duplicate(placed));

    let mut decided_again = new;
    decided_again.events.clear();
    assert_eq!(log.append(decided_again).await.unwrap(), Appended::Duplicate(placed));
    assert_eq!(log.read_log(placed.log, 0, 10).await.unwrap().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_command_id_used_for_another_stream_fails_loudly(pool: PgPool) {
    let log = event_log(&pool);
    let first = one(1, Expected::Any);
    let mut second = one(2, Expected::Any);
    second.command_id = first.command_id;
    log.append(first).await.unwrap();
    let error = log.append(second).await.unwrap_err();
    assert!(
        matches!(error, LogError::CommandIdReused { used_for, .. } if used_for == stream(1)),
        "{error}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stale_expectation_is_a_conflict(pool: PgPool) {
    let log = event_log(&pool);
    done(log.append(one(1, Expected::Version(0))).await.unwrap());
    for expected in [0, 2] {
        let outcome = log.append(one(1, Expected::Version(expected))).await.unwrap();
        assert_eq!(outcome, Appended::Conflict);
    }
    assert_eq!(done(log.append(one(1, Expected::Version(1))).await.unwrap()).version, 2);
    assert_eq!(done(log.append(one(1, Expected::Any)).await.unwrap()).version, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_command_without_events_adds_nothing(pool: PgPool) {
    let log = event_log(&pool);
    let mut nothing = one(1, Expected::Version(5));
    nothing.events.clear();
    assert_eq!(log.append(nothing).await.unwrap(), Appended::Empty);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_append_that_the_database_refuses_fails_alone(pool: PgPool) {
    let log = event_log(&pool);
    // PostgreSQL has no text with a NUL in it.
    let refused = NewEvents { actor: Some("\0".to_owned()), ..one(1, Expected::Any) };
    let others = (2..30).map(|number| one(number, Expected::Version(0)));
    let outcomes = join_all([refused].into_iter().chain(others).map(|new| log.append(new))).await;
    assert!(matches!(&outcomes[0], Err(LogError::Database(_))), "{:?}", outcomes[0]);
    for outcome in &outcomes[1..] {
        done(*outcome.as_ref().unwrap());
    }
}

/// Readers put texts of events into columns, and analysts cast payloads to jsonb: neither knows NUL.
#[sqlx::test(migrations = "../migrations")]
async fn a_payload_with_a_text_that_postgres_has_no_value_for_is_refused(pool: PgPool) {
    let log = event_log(&pool);
    let refused = with_payload(1, Expected::Any, json!({"text": "a\\\0"}));
    let outcome = log.append(refused).await;
    assert!(matches!(outcome, Err(LogError::NulInText { .. })), "{outcome:?}");
    let spelled_out = with_payload(1, Expected::Any, json!({"text": r"a\u0000"}));
    done(log.append(spelled_out).await.unwrap());
    let casts: i64 = sqlx::query_scalar("select count(payload::jsonb) from es.event")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(casts, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn writers_of_one_stream_lose_nothing(pool: PgPool) {
    const WRITERS: usize = 8;
    const COMMANDS: usize = 10;
    let log = event_log(&pool);
    let write = async || {
        let mut conflicts = 0;
        for _ in 0..COMMANDS {
            loop {
                let version = log.load_stream(TENANT, stream(1), 0).await.unwrap().len();
                let expected = Expected::Version(i32::try_from(version).unwrap());
                match log.append(one(1, expected)).await.unwrap() {
                    Appended::Done(_) => break,
                    Appended::Conflict => conflicts += 1,
                    outcome @ (Appended::Duplicate(_) | Appended::Empty) => panic!("{outcome:?}"),
                }
            }
        }
        conflicts
    };
    let conflicts: usize = join_all((0..WRITERS).map(|_| write())).await.into_iter().sum();
    // Without any, the writers never met and nothing was tried.
    assert!(conflicts > WRITERS, "only {conflicts} conflicts");
    assert_eq!(log.load_stream(TENANT, stream(1), 0).await.unwrap().len(), WRITERS * COMMANDS);
}

#[sqlx::test(migrations = "../migrations")]
async fn sellers_of_one_log_have_numbers_of_their_own(pool: PgPool) {
    const EVENTS: usize = 120;
    sqlx::query("update es.log_head set assignable = log_id = 1").execute(&pool).await.unwrap();
    // Several processes, so that batches of the same log meet at the lock.
    let logs: Vec<_> = (0..4).map(|_| Arc::new(event_log(&pool))).collect();
    let tenants: Vec<_> = (1..4).map(|number| TenantId(Uuid::from_u128(number))).collect();
    let appends = (0..EVENTS).map(|index| {
        let mut new = one(index as u128, Expected::Version(0));
        new.tenant = tenants[index % tenants.len()];
        let log = Arc::clone(&logs[index % logs.len()]);
        async move { done(log.append(new).await.unwrap()) }
    });
    join_all(appends).await;

    let log = &logs[0];
    let all = log.read_log(log.log_of(tenants[0]).await.unwrap(), 0, 1_000).await.unwrap();
    assert_eq!(all.len(), EVENTS);
    assert!(all.is_sorted_by_key(|event| event.recorded_at), "time ran backwards along the log");
    for tenant in tenants {
        let own = log.read_tenant(tenant, 0, 1_000).await.unwrap();
        assert_eq!(own.len(), EVENTS / 3);
        assert!(own.is_sorted_by_key(|event| event.pos), "numbers and positions disagree");
    }
}
