//! How events stand in the log, and the proof of one of them as a download that is checked without the service.

use std::time::Duration;

use api::ApiSettings;
use eventlog::MasterKey;
use eventlog::chain::{HeadKey, HeadKeys, HeadSigner, Proof, Sealer};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};

use crate::harness::{Setup, TestApp, expect, expect_problem};

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
    let since = (&before["unsealed_since"], &before["unsigned_since"]);
    assert_eq!(since, (&before["first_event_at"], &before["first_event_at"]));
    assert_eq!((&before["sealed"], &before["signed"]), (&Value::Null, &Value::Null));
    let models = before["read_models"].as_array().unwrap();
    assert!(models.iter().all(|model| model["lag_seconds"] == 0.0), "{before}");
    assert!(models.iter().all(|model| model["position"] == before["position"]), "{before}");
    assert_eq!(before["signatures"]["file"], "absent");
    assert_eq!((&before["checks"], &before["audits"]), (&json!([]), &json!([])));
    assert_eq!(before["erasures"], json!({"done": 0, "open": 0, "last_at": null}));
    assert_eq!(before["default_partition_in_use"], false);

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
    assert_eq!(after["audits"].as_array().unwrap().len(), 11);
    let behind = |model: &Value| {
        let late = model["lag_seconds"].as_f64().unwrap() > 0.0;
        late && model["position"].as_i64() < after["position"].as_i64()
    };
    assert!(after["read_models"].as_array().unwrap().iter().any(behind), "{after}");
    assert!(after["unsealed_since"].as_str() > before["last_event_at"].as_str(), "{after}");
    assert_eq!(after["first_event_at"], before["first_event_at"]);
    assert!(after["last_event_at"].as_str() > before["last_event_at"].as_str(), "{after}");
    assert!(!after.to_string().contains("secret"), "the decoder's words stay inside");

    let foreign = other.get("/log").await;
    assert_eq!((&foreign["parked"], foreign["events"] == after["events"]), (&json!([]), false));
    let stranger = app.call(Method::GET, "/api/v1/log");
    expect_problem(stranger, 401, "unauthenticated").await;
}

/// Rewrites what the log says of one event, past the trigger that forbids it, as the owner of the database can. Returns
/// where it stands.
async fn tamper(pool: &PgPool, stream: domain::InteractionId) -> i64 {
    let mut owner = pool.acquire().await.unwrap();
    sqlx::raw_sql("set session_replication_role = replica").execute(&mut *owner).await.unwrap();
    let change = "update es.event set actor = 'user:somebody-else'
        where stream_id = $1 and version = 1 returning pos";
    let pos = sqlx::query_scalar(change).bind(stream.0).fetch_one(&mut *owner).await.unwrap();
    sqlx::raw_sql("set session_replication_role = origin").execute(&mut *owner).await.unwrap();
    pos
}

/// Runs the binary's `verify` on the test's database, where nothing is sealed under a key that it does not know.
fn verify(pool: &PgPool, heads: &std::path::Path, more: &[&str]) -> std::process::Output {
    let url = pool.connect_options().to_url_lossy().to_string();
    let data = tempfile::tempdir().unwrap();
    std::process::Command::new(env!("CARGO_BIN_EXE_agentiq"))
        .args(["verify", "--only", "chain,heads,numbers"])
        .args(more)
        .arg("--data-dir")
        .arg(data.path())
        .arg("--heads-dir")
        .arg(heads)
        .env("DATABASE_URL", url)
        .env("AGENTIQ_MASTER_KEY", MasterKey::generate("any").to_base64().expose_secret())
        .output()
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_changed_event_is_shown_as_a_fault_once_somebody_verified(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { heads_dir: folder.path().to_owned(), ..Setup::default() };
    let app = TestApp::with(pool.clone(), setup).await;
    let anna = app.register("seller@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    seal_and_sign(&app, folder.path()).await;
    sqlx::query("delete from keys.subject_key").execute(&pool).await.unwrap();
    let said = verify(&pool, folder.path(), &[]);
    assert!(said.status.success(), "{said:?}");
    let sound = anna.get("/log").await;
    let checks = sound["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 3, "{sound}");
    assert!(checks.iter().all(|check| check["sound"] == true && check["places"] == json!([])));
    assert_eq!(sound["signatures"]["file"], "agrees", "{sound}");

    let pos = tamper(&pool, id).await;
    let partly = ["--since", "2999-01-01T00:00:00Z"];
    assert!(verify(&pool, folder.path(), &partly).status.success());
    assert_eq!(
        anna.get("/log").await["checks"],
        sound["checks"],
        "a part that is sound is no word on the rest"
    );
    assert!(!verify(&pool, folder.path(), &[]).status.success());
    let after = anna.get("/log").await;
    let chain = &after["checks"][0];
    assert_eq!((&chain["check"], &chain["sound"]), (&json!("chain"), &json!(false)));
    assert_eq!(
        (&chain["faults"], &chain["places"][0]["kind"]),
        (&json!(1), &json!("event_altered"))
    );
    assert_eq!(chain["places"][0]["position"], json!(pos));
    assert!(after["checks"][1]["sound"] == true && after["checks"][2]["sound"] == true);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_of_signatures_that_does_not_fit_is_told_at_once(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { heads_dir: folder.path().to_owned(), ..Setup::default() };
    let app = TestApp::with(pool.clone(), setup).await;
    let anna = app.register("seller@example.ru").await;
    seal_and_sign(&app, folder.path()).await;
    let file = folder.path().join("heads.jsonl");
    let state = async || anna.get("/log").await["signatures"]["file"].as_str().unwrap().to_owned();
    assert_eq!(state().await, "agrees");

    let line = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{line}half a line")).unwrap();
    assert_eq!(state().await, "agrees", "what a crash left behind is no line");
    std::fs::write(&file, line.replace("\"pos\":", "\"pos\":1")).unwrap();
    assert_eq!(state().await, "differs", "it is not what was signed");
    std::fs::write(&file, &line).unwrap();
    let mut connection = pool.acquire().await.unwrap();
    sqlx::raw_sql("set session_replication_role = replica; delete from es.seal; set session_replication_role = origin")
        .execute(&mut *connection)
        .await
        .unwrap();
    assert_eq!(state().await, "differs", "the seals that were signed are gone");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(state().await, "absent");
    std::fs::create_dir(&file).unwrap();
    assert_eq!(state().await, "unreadable");
}

#[sqlx::test(migrations = "../migrations")]
async fn readiness_names_a_log_that_is_not_sealed_and_events_outside_their_months(pool: PgPool) {
    let api = ApiSettings { sealed_within: Duration::ZERO, ..Setup::default().api };
    let app = TestApp::with(pool.clone(), Setup { api, ..Setup::default() }).await;
    let degraded = async || {
        let answer = expect(app.call(Method::GET, "/health/ready"), StatusCode::OK).await;
        assert_eq!(answer["ready"], true);
        answer["degraded"].clone()
    };
    assert_eq!(degraded().await, json!([]));
    let anna = app.register("seller@example.ru").await;
    assert_eq!(degraded().await, json!(["log_not_sealed"]));
    let folder = tempfile::tempdir().unwrap();
    seal_and_sign(&app, folder.path()).await;
    assert_eq!(degraded().await, json!([]));

    sqlx::query(
        "insert into es.event select (jsonb_populate_record(e, jsonb_build_object(
                'recorded_at', '2001-02-03T04:05:06Z', 'pos', 0))).* from es.event e limit 1",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(degraded().await, json!(["default_partition_in_use"]));
    assert_eq!(anna.get("/log").await["default_partition_in_use"], true);
}
