//! The seller's feed: by the page and live, resumed from anywhere, without a gap.

use std::time::Duration;

use api::ApiSettings;
use commands::sending::{QuarantineCause, quarantine};
use eventlog::LogId;
use projections::feed::Cursor;
use reqwest::header::HeaderValue;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Setup, Signed, TestApp, expect, expect_problem};

/// Reads messages of an event stream.
struct Reader {
    response: Response,
    /// After which cursor it begins.
    begins: String,
    text: String,
}

/// One message: its id, its type and the event.
#[derive(Debug)]
struct Message {
    id: String,
    kind: String,
    data: Value,
}

impl Reader {
    async fn open(anna: &Signed, after: Option<&str>) -> Self {
        let mut request = anna.call(Method::GET, "/events/stream");
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let kind = &response.headers()["content-type"];
        assert_eq!(kind, HeaderValue::from_static("text/event-stream"));
        let begins = response.headers()["x-agentiq-cursor"].to_str().unwrap().to_owned();
        let mut reader = Self { response, begins, text: String::new() };
        // The greeting: from here on nothing is missed.
        assert!(reader.block().await.unwrap().contains(": connected"));
        reader
    }

    /// Returns the next block of lines; none at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk());
            let chunk = chunk.await.expect("something comes within 20 s").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            let block = self.block().await?;
            let line = |name: &str| {
                let prefix = format!("{name}: ");
                block.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned)
            };
            if let (Some(id), Some(kind), Some(data)) = (line("id"), line("event"), line("data")) {
                return Some(Message { id, kind, data: serde_json::from_str(&data).unwrap() });
            }
        }
    }
}

fn sequences(page: &Value) -> Vec<i64> {
    let events = page["events"].as_array().unwrap().iter();
    events.map(|event| event["sequence"].as_i64().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_feed_is_read_by_the_page_without_a_gap(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    for n in 1..=5 {
        app.ingest(anna.tenant, n, 5).await;
        app.ingest(boris.tenant, n, 5).await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = anna.get(&format!("/events?limit=2{after}")).await;
        seen.extend(sequences(&page));
        after = format!("&after={}", page["next"].as_str().unwrap());
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
    let end = anna.get(&format!("/events?limit=2{after}")).await;
    assert_eq!(sequences(&end).len(), 0);
    assert_eq!(format!("&after={}", end["next"].as_str().unwrap()), after, "it stays where it is");
    let cursors = [None, Some(end["next"].as_str().unwrap())];
    for after in cursors {
        assert_eq!(Reader::open(&anna, after).await.begins, end["next"].as_str().unwrap());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn events_are_cloud_events_with_personal_data_in_clear(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.ingest(anna.tenant, 1, 5).await;
    let page = anna.get("/events").await;
    let event = &page["events"][1];
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["source"], format!("/sellers/{}", anna.tenant));
    assert_eq!(event["type"], "agentiq.interaction.Ingested");
    assert_eq!(event["subject"], id.to_string());
    assert_eq!(event["sequence"], 2);
    assert_eq!(event["aiqversion"], 1);
    assert_eq!(event["aiqactor"], "system:test");
    assert_eq!(event["data"]["content"]["words"]["buyer_name"], "Анна");
    assert_eq!(event["aiqcursor"], page["next"]);
    let journal = anna.get(&format!("/interactions/{id}/events")).await;
    assert_eq!(journal["items"][0], *event);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cursor_of_the_feed_cannot_be_made_up_or_borrowed(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let page = anna.get("/events").await;
    let next = page["next"].as_str().unwrap();
    for path in ["/events", "/events/stream"] {
        for bad in ["x", "0", &next[1..]] {
            let request = anna.call(Method::GET, &format!("{path}?after={bad}"));
            expect_problem(request, 400, "bad_cursor").await;
        }
        let borrowed = boris.call(Method::GET, &format!("{path}?after={next}"));
        expect_problem(borrowed, 404, "not_found").await;
    }
    let bad = anna.call(Method::GET, "/events/stream").header("last-event-id", "x");
    expect_problem(bad, 400, "bad_cursor").await;
}

/// Whoever reads the source can make a cursor whose checksum is right.
#[sqlx::test(migrations = "../migrations")]
async fn a_cursor_made_by_hand_names_an_event_or_nothing(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let own: Cursor = anna.get("/events").await["next"].as_str().unwrap().parse().unwrap();
    let beginning = Cursor { seq: 0, pos: 0, ..own };
    for made in [
        Cursor { pos: own.pos + 1, ..own },
        Cursor { seq: own.seq - 1, ..own },
        Cursor { seq: i64::MAX, pos: i64::MAX, ..own },
        Cursor { log: LogId(i32::MIN), ..own },
        Cursor { seq: 0, ..own },
        Cursor { pos: i64::MAX, ..beginning },
        Cursor { log: LogId(own.log.0 % 64 + 1), ..beginning },
    ] {
        for path in ["/events?after", "/events/stream?after", "/interactions?as_of"] {
            let request = anna.call(Method::GET, &format!("{path}={made}"));
            expect_problem(request, 410, "cursor_gone").await;
        }
        let item = anna.call(Method::GET, &format!("/interactions/{id}?as_of={made}"));
        expect_problem(item, 410, "cursor_gone").await;
    }
    let all = anna.get(&format!("/events?after={beginning}")).await;
    assert_eq!(all["events"].as_array().unwrap().len(), 2);
}

/// As after a restore: the log has forgotten events that a subscriber has seen.
#[sqlx::test(migrations = "../migrations")]
async fn a_place_that_was_undone_is_not_stepped_over(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    app.ingest(anna.tenant, 1, 5).await;
    let next = anna.get("/events").await["next"].as_str().unwrap().to_owned();
    sqlx::raw_sql(
        "alter table es.event disable trigger all;
        delete from es.event where tenant_seq = 2;
        alter table es.event enable trigger all;",
    )
    .execute(&pool)
    .await
    .unwrap();
    for path in ["/events", "/events/stream"] {
        let request = anna.call(Method::GET, &format!("{path}?after={next}"));
        expect_problem(request, 410, "cursor_gone").await;
    }
}

/// As after a restore that nobody would notice by the places: something else stands where the subscriber was.
#[sqlx::test(migrations = "../migrations")]
async fn a_cursor_that_a_restore_has_undone_is_reset_and_earlier_ones_go_on(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    app.ingest(anna.tenant, 1, 5).await;
    let kept = anna.get("/events").await["next"].as_str().unwrap().to_owned();
    let cause = QuarantineCause::Told {
        by: "Дежурный", reason: "Восстановили из копии"
    };
    quarantine(&app.db, cause, Duration::from_secs(600)).await.unwrap();
    app.ingest(anna.tenant, 2, 5).await;
    let page = anna.get(&format!("/events?after={kept}")).await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1, "what was before the restore is there");

    let of_now: Cursor = page["next"].as_str().unwrap().parse().unwrap();
    let undone = Cursor { epoch: kept.parse::<Cursor>().unwrap().epoch, ..of_now };
    assert_ne!(undone, of_now, "it was handed out in another epoch");
    let forgotten = Cursor { epoch: 7, ..of_now };
    for gone in [undone, forgotten] {
        for path in ["/events?after", "/events/stream?after", "/interactions?at_least"] {
            let request = anna.call(Method::GET, &format!("{path}={gone}"));
            expect_problem(request, 410, "cursor_gone").await;
        }
    }
    assert_eq!(anna.get(&format!("/events?after={of_now}")).await["events"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_live_feed_begins_now_and_goes_on(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    app.ingest(anna.tenant, 1, 5).await;
    let mut live = Reader::open(&anna, None).await;
    for n in 2..=4 {
        app.ingest(boris.tenant, n, 5).await;
        app.ingest(anna.tenant, n, 5).await;
    }
    for sequence in 3..=5 {
        let message = live.next().await.unwrap();
        assert_eq!(message.data["sequence"], sequence);
        assert_eq!(message.kind, "agentiq.interaction.Ingested");
        assert_eq!(message.data["aiqcursor"], message.id);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_live_feed_is_resumed_without_a_gap(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let mut after = anna.get("/events").await["next"].as_str().unwrap().to_owned();
    let mut seen = vec![1];
    for n in 1..=12 {
        app.ingest(anna.tenant, n, 5).await;
        if n % 3 == 0 {
            // Cut after two of the three, the third comes with the next connection.
            let mut live = Reader::open(&anna, Some(&after)).await;
            for _ in 0..2 {
                let message = live.next().await.unwrap();
                seen.push(message.data["sequence"].as_i64().unwrap());
                after = message.id;
            }
        }
    }
    assert_eq!(seen, (1..=9).collect::<Vec<_>>());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_live_feed_ends_cleanly_when_the_server_stops(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let mut feeds = Vec::new();
    for _ in 0..5 {
        feeds.push(Reader::open(&anna, None).await);
    }
    let started = std::time::Instant::now();
    app.stop.cancel();
    for feed in &mut feeds {
        assert!(feed.next().await.is_none(), "a clean end, no broken connection");
    }
    app.served.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_live_feed_gives_signs_of_life_and_ends_with_its_session(pool: PgPool) {
    let brisk = Duration::from_millis(100);
    let api =
        ApiSettings { heartbeat: brisk, session_checked_every: brisk, ..ApiSettings::default() };
    let app = TestApp::with(pool, Setup { api, ..Setup::default() }).await;
    let anna = app.register("anna@example.ru").await;
    let mut live = Reader::open(&anna, None).await;
    for _ in 0..3 {
        assert!(live.block().await.unwrap().starts_with(':'), "a comment, nothing to handle");
    }
    expect(anna.call(Method::POST, "/auth/logout"), StatusCode::NO_CONTENT).await;
    assert!(live.next().await.is_none(), "a clean end");
}

#[test]
fn signs_of_life_and_checks_of_the_session_come_as_often_as_promised() {
    let usual = ApiSettings::default();
    assert!(usual.heartbeat <= Duration::from_secs(15));
    assert!(usual.session_checked_every <= Duration::from_secs(60));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_feed_is_for_whoever_is_signed_in(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    expect(anna.call(Method::POST, "/auth/logout"), StatusCode::NO_CONTENT).await;
    for path in ["/events", "/events/stream"] {
        expect_problem(anna.call(Method::GET, path), 401, "session_ended").await;
    }
}
