//! Personal data is ciphertext in the database, and gone when its key is.

use eventlog::{
    Appended, Db, EventLog, Expected, KeyError, LogError, MasterKey, MasterKeys, SubjectKeys,
};
use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{TENANT, event_log, stream, subject_keys, tamper, with_payload};

const NAME: &str = "Анна Каренина";

fn personal(text: &str) -> Value {
    json!({"type": "Ingested", "rating": 5, "words": {"$personal": {"name": NAME, "text": text}}})
}

async fn payloads(log: &EventLog, number: u128) -> Vec<Value> {
    let events = log.load_stream(TENANT, stream(number), 0).await.unwrap();
    events.into_iter().map(|event| event.payload).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn personal_data_is_nowhere_in_the_database(pool: PgPool) {
    let log = event_log(&pool);
    let payload = personal("Пришло битым\0");
    log.append(with_payload(1, Expected::Any, payload.clone())).await.unwrap();
    assert_eq!(payloads(&event_log(&pool), 1).await, [payload]);

    let row: String =
        sqlx::query_scalar("select e::text from es.event e").fetch_one(&pool).await.unwrap();
    assert!(row.contains("$enc") && row.contains("rating"), "{row}");
    for word in ["$personal", "Анна", "name", "битым"] {
        assert!(!row.contains(word), "{word} in {row}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn destroying_the_key_erases_the_person_and_nobody_else(pool: PgPool) {
    let log = event_log(&pool);
    for number in [1, 2] {
        log.append(with_payload(number, Expected::Any, personal("текст"))).await.unwrap();
    }
    let keys = subject_keys(&pool);
    for _ in 0..2 {
        keys.destroy(TENANT, Uuid::from_u128(1)).await.unwrap();
    }
    let erased = json!({"type": "Ingested", "rating": 5, "words": {"$erased": true}});
    assert_eq!(payloads(&event_log(&pool), 1).await, std::slice::from_ref(&erased));
    assert_eq!(payloads(&event_log(&pool), 2).await, [personal("текст")]);

    // A process that begins now gives the person no second key.
    let outcome = event_log(&pool).append(with_payload(1, Expected::Any, personal("ещё"))).await;
    assert!(matches!(outcome, Ok(Appended::Done(_))), "{outcome:?}");
    assert_eq!(payloads(&event_log(&pool), 1).await, [erased.clone(), erased]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_can_be_erased_before_anything_is_known_of_him(pool: PgPool) {
    subject_keys(&pool).destroy(TENANT, Uuid::from_u128(1)).await.unwrap();
    let log = event_log(&pool);
    log.append(with_payload(1, Expected::Any, personal("текст"))).await.unwrap();
    assert_eq!(payloads(&log, 1).await[0]["words"], json!({"$erased": true}));
}

#[sqlx::test(migrations = "../migrations")]
async fn ciphertext_moved_to_another_event_does_not_open(pool: PgPool) {
    let log = event_log(&pool);
    for _ in 0..2 {
        log.append(with_payload(1, Expected::Any, personal("текст"))).await.unwrap();
    }
    let swap = "update es.event e set payload = o.payload from es.event o where o.pos = 3 - e.pos";
    assert_eq!(tamper(&pool, swap).await, 2);
    let error = log.load_stream(TENANT, stream(1), 0).await.unwrap_err();
    assert!(matches!(error, LogError::Key(KeyError::Tampered { .. })), "{error:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lost_key_is_an_error_and_not_an_erasure(pool: PgPool) {
    let log = event_log(&pool);
    log.append(with_payload(1, Expected::Any, personal("текст"))).await.unwrap();
    sqlx::query("delete from keys.subject_key").execute(&pool).await.unwrap();
    let error = event_log(&pool).load_stream(TENANT, stream(1), 0).await.unwrap_err();
    assert!(matches!(error, LogError::Key(KeyError::NoKey { .. })), "{error:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_missing_master_key_is_named_at_start_up(pool: PgPool) {
    let keys = subject_keys(&pool);
    keys.check().await.unwrap();
    let log = event_log(&pool);
    log.append(with_payload(1, Expected::Any, personal("текст"))).await.unwrap();
    keys.destroy(TENANT, Uuid::from_u128(2)).await.unwrap();
    keys.check().await.unwrap();

    let others = MasterKeys::new(MasterKey::generate("new"), vec![MasterKey::generate("zzz")]);
    let others = SubjectKeys::new(Db::from_pool(pool.clone()), others);
    let error = others.check().await.unwrap_err();
    assert_eq!(error.to_string(), "unknown master key test");
    let log = EventLog::new(Db::from_pool(pool.clone()), others, Default::default());
    let error = log.load_stream(TENANT, stream(1), 0).await.unwrap_err();
    assert!(matches!(error, LogError::Key(KeyError::UnknownMasterKey { .. })), "{error:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn processes_that_meet_a_person_at_once_use_one_key(pool: PgPool) {
    for number in 1..8 {
        let logs: Vec<_> = (0..6).map(|_| event_log(&pool)).collect();
        let append = |log: &EventLog| {
            let log = log.clone();
            async move { log.append(with_payload(number, Expected::Any, personal("текст"))).await }
        };
        for outcome in join_all(logs.iter().map(append)).await {
            outcome.unwrap();
        }
        assert_eq!(payloads(&event_log(&pool), number).await, vec![personal("текст"); 6]);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn many_new_people_at_once_each_have_a_key(pool: PgPool) {
    const PEOPLE: u128 = 300;
    let log = event_log(&pool);
    let text = |number: u128| personal(&format!("человек {number}"));
    let appends =
        (0..PEOPLE).map(|number| log.append(with_payload(number, Expected::Any, text(number))));
    for outcome in join_all(appends).await {
        outcome.unwrap();
    }
    let reader = event_log(&pool);
    for number in 0..PEOPLE {
        assert_eq!(payloads(&reader, number).await, [text(number)]);
    }
    let keys: i64 = sqlx::query_scalar("select count(distinct wrapped_key) from keys.subject_key")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(keys, i64::try_from(PEOPLE).unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payload_that_pretends_to_be_sealed_fails_alone(pool: PgPool) {
    let log = event_log(&pool);
    let pretending = json!({"text": {"$enc": {"k": Uuid::nil(), "n": "", "c": ""}}});
    let appends = [pretending, personal("текст")].into_iter().zip(1..);
    let appends =
        appends.map(|(payload, number)| log.append(with_payload(number, Expected::Any, payload)));
    let outcomes = join_all(appends).await;
    assert!(
        matches!(outcomes[0], Err(LogError::Key(KeyError::Malformed { .. }))),
        "{:?}",
        outcomes[0]
    );
    assert!(matches!(outcomes[1], Ok(Appended::Done(_))), "{:?}", outcomes[1]);
}
