//! Files of the console, health and metrics: what is served beside the API.

use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use sqlx::PgPool;

use crate::harness::TestApp;

#[sqlx::test(migrations = "../migrations")]
async fn the_console_answers_for_routes_of_its_own(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let built =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/dist/index.html").exists();
    for path in ["/", "/interactions/1", "/accounts"] {
        let page = app.call(Method::GET, path).send().await.unwrap();
        assert!(
            page.headers()["content-type"].to_str().unwrap().starts_with("text/html"),
            "{path}"
        );
        let (status, text) = (page.status(), page.text().await.unwrap());
        if built {
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(text.contains("<div id=\"root\">"), "{text}");
        } else {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(text.contains("Консоль не собрана"), "{text}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_is_not_there_is_not_answered_with_a_page(pool: PgPool) {
    let app = TestApp::start(pool).await;
    for path in ["/assets/old-a1b2c3.js", "/favicon.ico", "/.env", "/api", "/api/v2/x", "/health/x"]
    {
        let missing = app.call(Method::GET, path).send().await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(missing.headers()["content-type"], "application/problem+json", "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn readiness_ends_before_serving_does(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let ready = app.call(Method::GET, "/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(ready["migrations"], "current");
    let live = app.call(Method::GET, "/health/live").send().await.unwrap();
    assert_eq!(live.status(), StatusCode::OK);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_database_without_this_releases_migrations_is_not_ready(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    sqlx::query("delete from _sqlx_migrations where version = 5").execute(&pool).await.unwrap();
    let ready = app.call(Method::GET, "/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(ready["migrations"], "missing");
}

#[sqlx::test(migrations = "../migrations")]
async fn metrics_tell_lag_backlog_and_durations(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    app.ingest(anna.tenant, 1, 5).await;
    anna.get("/auth/me").await;
    let text = app.call(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    for line in [
        "agentiq_projection_lag_events{projection=\"inbox\"} 2",
        "agentiq_effects{kind=\"deliver_reply\",state=\"pending\"} 0",
        "agentiq_database_up 1",
        "agentiq_http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/v1/auth/me\",status=\"200\"",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_method_that_a_caller_makes_up_is_not_kept(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let made_up = Method::from_bytes(b"MADEUP").unwrap();
    for path in ["/api/v1/auth/me", "/nowhere"] {
        let refused = app.call(made_up.clone(), path).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    let text = app.call(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains("method=\"other\",route=\"/api/v1/auth/me\"") && !text.contains("MADEUP")
    );
}

/// Everything that is written below a folder.
fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        if path.is_dir() { sources(&path) } else { std::fs::read_to_string(path).unwrap() }
    };
    entries.map(read).collect()
}

#[test]
fn every_number_that_the_operations_page_names_is_told() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/operations.md")).unwrap();
    let told: String = ["adapters", "api", "eventlog", "projections"]
        .map(|part| sources(&root.join(part).join("src")))
        .concat();
    let is_number = |word: &&str| word.starts_with("agentiq_") || word.starts_with("eventlog_");
    let named: Vec<&str> = page.split('`').filter(is_number).collect();
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        assert!(told.contains(&format!("\"{name}\"")), "nobody tells {name}");
    }
}
