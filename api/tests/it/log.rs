//! How events stand in the log, and the proof of one of them as a download that is checked without the service.

use eventlog::chain::{HeadKey, HeadKeys, HeadSigner, Proof, Sealer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{TestApp, expect_problem};

/// Seals what there is and signs it; returns the public key.
async fn seal_and_sign(app: &TestApp, folder: &std::path::Path) -> eventlog::chain::Hash {
    while Sealer::new(app.db.clone()).step().await.unwrap() > 0 {}
    let keys = HeadKeys::parse(&HeadKey::generate()).unwrap();
    let public = keys.public();
    HeadSigner::new(app.db.clone(), folder, keys).step().await.unwrap().unwrap();
    public
}

#[sqlx::test(migrations = "../migrations")]
async fn a_downloaded_proof_is_checked_offline_and_an_altered_one_is_not_believed(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("seller@example.ru").await;
    let other = app.register("other@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let last = anna.get("/events").await["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["subject"], json!(id));
    let path = format!("/events/{}/proof", last["sequence"]);

    let response = anna.call(Method::GET, &path).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "150");
    expect_problem(anna.call(Method::GET, &path), 409, "not_signed_yet").await;

    let folder = tempfile::tempdir().unwrap();
    let public = seal_and_sign(&app, folder.path()).await;
    let response = anna.call(Method::GET, &path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    let expected = format!("attachment; filename=\"agentiq-proof-{}.json\"", last["sequence"]);
    assert_eq!(disposition, expected);
    let text = response.text().await.unwrap();
    let proof: Proof = serde_json::from_str(&text).unwrap();
    let heads = std::fs::read_to_string(folder.path().join("heads.jsonl")).unwrap();
    assert_eq!(proof.check(Some(public), Some(&heads)).unwrap().key, public);
    assert_eq!(json!(proof.event.event_id), last["id"]);
    assert!(!text.contains("Отзыв номер"), "personal data stays sealed in a proof: {text}");

    let mut altered: Value = serde_json::from_str(&text).unwrap();
    altered["event"]["actor"] = json!("user:somebody-else");
    let altered: Proof = serde_json::from_value(altered).unwrap();
    assert!(altered.check(Some(public), Some(&heads)).is_err());

    for foreign in [path.as_str(), "/events/0/proof", "/events/999999/proof"] {
        expect_problem(other.call(Method::GET, foreign), 404, "not_found").await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_standing_tells_what_vouches_for_the_callers_events_alone(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("seller@example.ru").await;
    let other = app.register("other@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let before = anna.get("/log").await;
    let events = anna.get("/events").await["events"].as_array().unwrap().len();
    assert_eq!(before["events"], json!(events));
    assert_eq!((&before["unsealed"], &before["unsigned"]), (&json!(events), &json!(events)));
    assert_eq!((&before["sealed"], &before["signed"]), (&Value::Null, &Value::Null));
    assert!(before["lag"].as_array().unwrap().iter().all(|lag| lag["seconds"] == 0.0), "{before}");

    let folder = tempfile::tempdir().unwrap();
    let public = seal_and_sign(&app, folder.path()).await;
    app.ingest(anna.tenant, 2, 5).await;
    projections::audit::sample(&app.db, &app.log, 2).await.unwrap();
    sqlx::query(
        "insert into parked_stream (projection, generation, log_id, tenant_id, stream_id, first_pos, error)
            select 'inbox', 'live', log_id, tenant_id, stream_id, pos, 'missing field `secret`'
            from es.event where stream_id = $1 limit 1",
    )
    .bind(id.0)
    .execute(&pool)
    .await
    .unwrap();
    let after = anna.get("/log").await;
    assert_eq!(after["signed"]["public_key"], json!(public.to_string()));
    let added = after["events"].as_i64().unwrap() - before["events"].as_i64().unwrap();
    assert!(added > 0);
    assert_eq!((&after["unsealed"], &after["unsigned"]), (&json!(added), &json!(added)));
    assert_eq!(after["parked"][0]["stream_id"], json!(id));
    assert_eq!(after["parked"][0]["retried"], true);
    assert_eq!(after["audits"].as_array().unwrap().len(), 4);
    let behind = |lag: &&Value| lag["seconds"].as_f64().unwrap() > 0.0;
    assert!(after["lag"].as_array().unwrap().iter().find(behind).is_some(), "{after}");
    assert!(!after.to_string().contains("secret"), "the decoder's words stay inside");

    let foreign = other.get("/log").await;
    assert_eq!((&foreign["parked"], foreign["events"] == after["events"]), (&json!([]), false));
}
