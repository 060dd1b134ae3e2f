//! A proof stands without the database, and for nothing but the event it was made for.

use eventlog::Db;
use eventlog::chain::{
    HeadKey, HeadKeys, HeadSigner, Proof, ProofError, ProveError, locate, prove,
};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{LOG, sealed, signer};

#[sqlx::test(migrations = "../migrations")]
async fn every_event_is_proved_and_no_other_event_by_its_proof(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::from_pool(pool.clone());
    let keys = HeadKeys::parse(&HeadKey::generate()).unwrap();
    let key = keys.public();
    for events in [10, 30, 70] {
        sealed(&pool, events).await;
    }
    assert!(matches!(prove(&db, LOG, 1).await, Err(ProveError::NotSigned)));
    let line = HeadSigner::new(db.clone(), folder.path(), keys).step().await.unwrap().unwrap();
    let file = format!("{}\n", line.text());
    for pos in 1..=110 {
        let proof = prove(&db, LOG, pos).await.unwrap();
        let text = serde_json::to_string_pretty(&proof).unwrap();
        let read: Proof = serde_json::from_str(&text).unwrap();
        let proven = read.check(Some(key), Some(&file)).unwrap();
        assert_eq!((proven.key, proven.signed_at), (key, line.signed_at()));
    }
    assert!(matches!(prove(&db, LOG, 111).await, Err(ProveError::NoEvent)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_changed_proof_proves_nothing(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::from_pool(pool.clone());
    sealed(&pool, 50).await;
    sealed(&pool, 50).await;
    let line = signer(&pool, folder.path()).step().await.unwrap().unwrap();
    let proof = serde_json::to_value(prove(&db, LOG, 7).await.unwrap()).unwrap();
    let checked = |proof: Value| serde_json::from_value::<Proof>(proof).unwrap().check(None, None);
    assert!(checked(proof.clone()).is_ok());

    let hash = json!("00".repeat(32));
    for (pointer, value, error) in [
        ("/event/payload", json!("{\"type\": \"Noted\", \"n\": 666}"), ProofError::Event),
        ("/event/pos", json!(8), ProofError::Event),
        ("/event/actor", json!("user:x"), ProofError::Event),
        ("/path/0", hash.clone(), ProofError::Event),
        ("/seals/0/last_pos", json!(1_000), ProofError::Event),
        ("/seals/0/sealed_at", json!("2020-01-01T00:00:00Z"), ProofError::Seal { number: 1 }),
        ("/seals/1/root", hash.clone(), ProofError::Seal { number: 2 }),
        ("/seals/1/previous", hash, ProofError::Seal { number: 2 }),
        ("/signed", json!(line.text().replacen('2', "3", 1)), ProofError::Signature),
        ("/format", json!("agentiq proof v9"), ProofError::Form),
    ] {
        let mut changed = proof.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let outcome = checked(changed);
        assert!(outcome.is_err(), "{pointer}");
        if pointer != "/signed" {
            assert_eq!(outcome, Err(error), "{pointer}");
        }
    }

    let proof: Proof = serde_json::from_value(proof).unwrap();
    let other = HeadKeys::parse(&HeadKey::generate()).unwrap().public();
    assert!(matches!(proof.check(Some(other), None), Err(ProofError::OtherKey { .. })));
    assert_eq!(proof.check(None, Some("another line\n")), Err(ProofError::NotInFile));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_event_is_found_by_its_id(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    sealed(&pool, 50).await;
    let id = sqlx::query_scalar("select event_id from es.event where pos = 17");
    let id = id.fetch_one(&pool).await.unwrap();
    assert_eq!(locate(&db, id).await.unwrap(), Some((LOG, 17)));
    assert_eq!(locate(&db, uuid::Uuid::nil()).await.unwrap(), None);
}
