//! What cannot be done is said clearly, and nothing is lost or half done.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use tests::feed::Feed;
use tests::play::Play;
use tests::program::Program;
use tests::sandbox::TOKEN;
use tests::system::{Setup, Shape};
use tests::wait;
use uuid::Uuid;

#[tokio::test]
async fn a_token_that_the_marketplace_refuses_connects_nothing() -> anyhow::Result<()> {
    let system = Setup::together().with_reviews(1).start().await?;
    let seller = system.register().await?;
    seller.try_connect("no-such-token").await?.problem(422, "credential_rejected")?;
    for token in ["", "с кириллицей", "with\nnew line"] {
        seller.try_connect(token).await?.problem(422, "credential_rejected")?;
    }
    system.sandbox.add_token("token-of-another-category", json!({ "feedbacks": false })).await?;
    let refused = seller.try_connect("token-of-another-category").await?;
    refused.problem(422, "credential_no_right")?;
    assert_eq!(seller.get("/accounts").await?.ok()?["items"], json!([]));
    assert!(
        Feed::take(&seller, 100)
            .await?
            .events
            .iter()
            .all(|event| event["type"] != "agentiq.account.AccountConnected")
    );
    Ok(())
}

#[tokio::test]
async fn a_text_out_of_limits_is_refused_before_anything_is_sent() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let review = play.take()?;
    for (text, code) in [
        ("", "text_too_short"),
        (" \n\t ", "text_too_short"),
        ("я", "text_too_short"),
        (&"ё".repeat(5001), "text_too_long"),
    ] {
        play.seller.reply(&review.id, text).await?.problem(422, code)?;
    }
    assert_eq!(play.seller.interaction(&review.id).await?["status"], "waiting");
    assert!(play.system.sandbox.answers().await?.is_empty());

    let longest = "ё".repeat(5000);
    play.will_reply(&review, &longest);
    play.seller.reply(&review.id, &longest).await?.ok()?;
    play.wait_for(&review, "published").await?;
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

#[tokio::test]
async fn what_is_anothers_is_as_absent_as_what_is_nobodys() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let review = play.take()?;
    let stranger = play.system.register().await?;
    let nobodys = Uuid::new_v4().to_string();
    let account = play.account_id.clone();
    let mut tried = BTreeSet::new();
    let dismissal = json!({ "draft_id": nobodys, "reason": "off_topic" });
    for (method, path, body) in [
        (Method::GET, "/interactions/{id}", None),
        (Method::GET, "/interactions/{id}/history", None),
        (Method::GET, "/interactions/{id}/events", None),
        (Method::GET, "/interactions/{id}/steps", None),
        (Method::GET, "/interactions/{id}/why", None),
        (Method::GET, "/interactions/{id}/export", None),
        (Method::GET, "/interactions/{id}/erasure", None),
        (Method::GET, "/interactions/{id}/files/{message_id}/{n}", None),
        (Method::POST, "/interactions/{id}/files", Some(json!({}))),
        (Method::POST, "/interactions/{id}/erasure", Some(json!({ "ground": "order" }))),
        (Method::POST, "/interactions/{id}/reply", Some(json!({ "text": "Спасибо!" }))),
        (Method::PATCH, "/interactions/{id}/reply", Some(json!({ "text": "Спасибо!" }))),
        (Method::POST, "/interactions/{id}/draft", Some(json!({ "text": "Спасибо!" }))),
        (Method::POST, "/interactions/{id}/draft/dismiss", Some(dismissal)),
        (Method::POST, "/interactions/{id}/ai-draft", Some(json!({ "force_regenerate": true }))),
        (Method::POST, "/interactions/{id}/reject", Some(json!({ "text": "Спасибо!" }))),
        (Method::POST, "/interactions/{id}/replies/{reply_id}/release", Some(json!({}))),
        (Method::POST, "/interactions/{id}/replies/{reply_id}/cancel", Some(json!({}))),
        (Method::GET, "/interactions/{id}/replies/{reply_id}/evidence", None),
        (Method::POST, "/interactions/{id}/replies/{reply_id}/mark-sent", Some(json!({}))),
        (Method::POST, "/interactions/{id}/replies/{reply_id}/send-again", Some(json!({}))),
        (Method::POST, "/interactions/{id}/reply/check", Some(json!({ "text": "Спасибо!" }))),
        (Method::POST, "/interactions/{id}/viewed", None),
        (Method::GET, "/interactions/bulk/{id}", None),
        (Method::POST, "/interactions/bulk/{id}/stop", Some(json!({}))),
        (Method::GET, "/claims/{id}", None),
        (Method::GET, "/claims/{id}/erasure", None),
        (Method::POST, "/claims/{id}/erasure", Some(json!({ "ground": "order" }))),
        (Method::POST, "/accounts/{account_id}/check", Some(json!({}))),
        (Method::POST, "/accounts/{account_id}/sync", Some(json!({}))),
        (Method::PUT, "/accounts/{account_id}/credential", Some(json!({ "token": TOKEN }))),
        (Method::GET, "/accounts/{account_id}/notifications", None),
        (Method::POST, "/accounts/{account_id}/notifications", Some(json!({}))),
        (Method::GET, "/accounts/{account_id}/unread-items", None),
        (Method::POST, "/accounts/{account_id}/unread-items/retry", Some(json!({}))),
        (Method::GET, "/automation/backtests/{id}", None),
        (Method::GET, "/drafting/comparisons/{id}", None),
        (Method::POST, "/drafting/comparisons/{id}/stop", Some(json!({}))),
        (Method::GET, "/knowledge/{id}", None),
        (
            Method::PUT,
            "/knowledge/{id}",
            Some(json!({ "replaces": 1, "product": { "article": "1", "name": "Плед" } })),
        ),
        (Method::DELETE, "/knowledge/{id}?replaces=1", None),
        (Method::PUT, "/seller/recipients/{id}", Some(json!({ "least_severity": "warning" }))),
        (Method::DELETE, "/seller/recipients/{id}", None),
        (Method::POST, "/seller/recipients/{id}/test", None),
        (Method::GET, "/seller/recipients/{id}/signing-key", None),
        (Method::DELETE, "/auth/sessions/{id}", None),
        (Method::DELETE, "/auth/tokens/{id}", None),
        (Method::DELETE, "/auth/invitations/{id}", None),
        (Method::PUT, "/people/{id}", Some(json!({ "role": "guest" }))),
        (
            Method::PUT,
            "/roles/{id}",
            Some(json!({ "name": "Ревизор", "permissions": ["view_audit"] })),
        ),
        (Method::DELETE, "/roles/{id}", None),
        (Method::GET, "/events/{sequence}/proof", None),
        (Method::GET, "/seller/guardrails/history/{version}", None),
    ] {
        let address = path.split_once('?').map_or(path, |(address, _)| address);
        tried.insert(format!("{} /api/v1{address}", method.as_str().to_lowercase()));
        let mut problems = Vec::new();
        for (interaction, account, event) in
            [(&review.id, &account, "10"), (&nobodys, &nobodys, "999999")]
        {
            let path = path.replace("{id}", interaction).replace("{account_id}", account);
            let path = path.replace("{sequence}", event);
            let path = path.replace("{message_id}", "1").replace("{n}", "0");
            let path = path.replace("{reply_id}", &nobodys).replace("{version}", "1");
            let key = Uuid::new_v4().to_string();
            let headers = [("idempotency-key", key.as_str())];
            let answer = stranger.call(method.clone(), &path, body.as_ref(), &headers).await?;
            let mut problem = answer.problem(404, "not_found").with_context(|| path.clone())?;
            problem["request_id"].take();
            problems.push(problem);
        }
        assert_eq!(problems[0], problems[1], "{method} {path} tells them apart");
    }
    assert_eq!(stranger.total().await?, 0);
    assert!(play.system.sandbox.answers().await?.is_empty());
    assert!(play.seller.interaction(&review.id).await?["content"]["text"].is_string(), "erased");
    assert_eq!(tried, calls_on_something(), "each call that names something was tried");
    Ok(())
}

/// Every call whose path names a thing, as the API describes itself.
fn calls_on_something() -> BTreeSet<String> {
    let document = include_str!("../../docs/openapi.json");
    let document: Value = serde_json::from_str(document).expect("it is generated");
    let paths = document["paths"].as_object().expect("an API has paths");
    let calls = paths.iter().filter(|(path, _)| path.contains('{')).flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flat_map(|item| item.keys());
        methods.map(move |method| format!("{method} {path}"))
    });
    calls.collect()
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_is_refused() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let own = Feed::take(&play.seller, 5).await?.next;
    for cursor in ["nonsense", "%00", "AAAA", &"A".repeat(4000)] {
        for path in [
            "/events?after=",
            "/events/stream?after=",
            "/interactions?after=",
            "/claims?after=",
            "/knowledge?after=",
            "/quality/drafts/items?after=",
            "/learning?after=",
            "/interactions/metrics/quality/items?metric=answered&from=2026-01-01&to=2026-01-02&after=",
        ] {
            let answer = play.seller.get(&format!("{path}{cursor}")).await?;
            let status = answer.status.as_u16();
            assert!([400, 410].contains(&status), "{path}{cursor}: {status} {}", answer.text);
        }
    }
    let review = play.take()?;
    let at_least = format!("/interactions/{}?at_least=nonsense", review.id);
    assert_eq!(play.seller.get(&at_least).await?.status, 400);

    let stranger = play.system.register().await?;
    for path in ["/events?after=", "/events/stream?after=", "/interactions?at_least="] {
        let answer = stranger.get(&format!("{path}{own}")).await?;
        assert!(answer.status.is_client_error(), "{path}: {} {}", answer.status, answer.text);
    }
    Ok(())
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let review = play.take()?;
    let path = format!("/interactions/{}/reply", review.id);
    let huge = json!({ "text": "ё".repeat(2_000_000) });
    // Answered without reading the rest; neither this answer nor the next request is lost with the connection.
    for _ in 0..20 {
        let answer = play.seller.send(Method::POST, &path, huge.clone()).await?;
        assert_eq!(answer.status, 413);
    }
    for body in [json!({}), json!({ "text": 1 }), json!([]), json!(null), json!({"text": null})] {
        let answer = play.seller.send(Method::POST, &path, body.clone()).await?;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
    }
    let long_key = "k".repeat(256);
    let body = json!({ "text": "Спасибо!" });
    let headers = [("idempotency-key", long_key.as_str())];
    let answer = play.seller.call(Method::POST, &path, Some(&body), &headers).await?;
    assert_eq!(answer.status, 400, "{}", answer.text);
    let malformed = play.seller.call(Method::GET, "/interactions/not-an-id", None, &[]).await?;
    assert!(malformed.status.is_client_error(), "{}", malformed.text);
    for query in ["limit=0", "limit=100000", "rating=9", "status=nonsense", "order=sideways"] {
        let answer = play.seller.get(&format!("/interactions?{query}")).await?;
        assert!(answer.status.is_client_error(), "{query}: {} {}", answer.status, answer.text);
    }
    assert!(play.system.sandbox.answers().await?.is_empty());
    assert_eq!(play.seller.interaction(&review.id).await?["status"], "waiting");
    Ok(())
}

#[tokio::test]
async fn a_period_that_cannot_be_is_refused() -> anyhow::Result<()> {
    let system = Setup::together().with_reviews(1).start().await?;
    let seller = system.register().await?;
    let at = |time: &str| time.replace('+', "%2B");
    let times = [
        "nonsense",
        "2026-13-01T00:00:00Z",
        // The first that the program can write, and one that it can and the database cannot.
        "-262143-01-01T00:00:00Z",
        "-4713-12-31T00:00:00Z",
        "+262143-01-01T00:00:00Z",
    ];
    for path in ["/quality/drafts", "/quality/drafts/items", "/learning/export"] {
        for time in times {
            for query in [
                format!("until={}", at(time)),
                format!("since={}", at(time)),
                format!("since={0}&until={0}", at(time)),
            ] {
                let answer = seller.get(&format!("{path}?{query}")).await?;
                answer.problem(400, "bad_query").with_context(|| format!("{path}?{query}"))?;
            }
        }
        let turned = format!("{path}?since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z");
        seller.get(&turned).await?.problem(400, "bad_query")?;
        let old = format!("{path}?until=0001-01-01T00:00:00Z");
        seller.get(&old).await?.status.is_success().then_some(()).context(old)?;
    }
    for query in ["limit=0", "limit=201", "limit=-1", "limit=x"] {
        for path in ["/quality/drafts/items", "/learning"] {
            let answer = seller.get(&format!("{path}?{query}")).await?;
            answer.problem(400, "bad_query").with_context(|| format!("{path}?{query}"))?;
        }
    }
    for days in ["", "from=2026-01-02&to=2026-01-02", "from=-4713-12-31&to=-4712-01-01"] {
        for path in [
            "/interactions/metrics/quality?",
            "/interactions/metrics/quality/items?metric=failed&",
            "/interactions/metrics/complaints?",
        ] {
            let answer = seller.get(&format!("{path}{days}")).await?;
            answer.problem(400, "bad_query").with_context(|| format!("{path}{days}"))?;
        }
    }
    for query in ["outcome=nonsense", "figure=nonsense", "outcome=manual&figure=replies"] {
        let answer = seller.get(&format!("/quality/drafts/items?{query}")).await?;
        answer.problem(400, "bad_query").with_context(|| query)?;
    }
    Ok(())
}

#[tokio::test]
async fn nobody_gets_in_without_a_session() -> anyhow::Result<()> {
    let system = Setup::together().with_reviews(1).start().await?;
    let http = tests::api::http()?;
    for path in ["/auth/me", "/accounts", "/interactions", "/events", "/events/stream"] {
        for token in [None, Some("nonsense")] {
            let mut request = http.get(format!("{}/api/v1{path}", system.url));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            assert_eq!(request.send().await?.status(), 401, "{path}");
        }
    }
    Ok(())
}

/// The sandbox cannot write down what buyers would see, so it carries nothing out.
#[tokio::test]
async fn a_marketplace_that_can_keep_nothing_loses_no_reply_of_ours() -> anyhow::Result<()> {
    let mut setup = Setup::together();
    setup.sandbox.ledger = Some(PathBuf::from("/dev/full"));
    let mut play = Play::start(setup, 10).await?;
    let (review, answer) = play.reply("Спасибо за отзыв!").await?;
    assert!([202, 502].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text);
    let interaction = wait::until_within(Duration::from_secs(60), "the reply failed", async || {
        let interaction = play.seller.interaction(&review.id).await?;
        Ok((interaction["reply"]["state"] == "failed").then_some(interaction))
    })
    .await?;

    assert!(
        play.system.sandbox.state().await?["ledger"]["failed_appends"].as_u64() > Some(0),
        "void"
    );
    assert_eq!(interaction["reply"]["text"], "Спасибо за отзыв!", "the text is kept");
    assert_eq!(interaction["reply"]["failure"]["code"], "never_arrived");
    assert_eq!(interaction["can_answer"]["allowed"], true);
    assert_eq!(play.seller.total().await?, 10);
    Ok(())
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_says_so_and_harms_nothing() -> anyhow::Result<()> {
    let setup = Setup { shape: Shape::OwnPostgres, ..Setup::together() };
    let play = Play::start(setup, 10).await?;
    let folder = play.system.folder();
    let data_dir = play.system.data_dir();
    let arguments: Vec<OsString> =
        vec!["serve".into(), "--listen=127.0.0.1:0".into(), "--data-dir".into(), data_dir.into()];
    let mut second = Program::start(folder, "second", arguments, Vec::new())?;
    let status = second.ended(Duration::from_secs(20)).await?;
    let said = second.log()?;
    assert!(!status.success(), "{said}");
    assert!(said.contains(&data_dir.display().to_string()), "{said}");
    assert_eq!(play.seller.total().await?, 10, "the first one serves on");
    Ok(())
}

/// A problem names every field that is wrong.
#[tokio::test]
async fn signing_up_says_what_is_wrong() -> anyhow::Result<()> {
    let system = Setup::together().with_reviews(1).start().await?;
    let http = tests::api::http()?;
    let register = async |body: Value| -> anyhow::Result<(u16, Value)> {
        let url = format!("{}/api/v1/auth/register", system.url);
        let response = http.post(url).json(&body).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    };
    let good = json!({
        "email": "a@example.com",
        "password": "Длинный-пароль-1",
        "company": "Магазин",
        "session": "token",
    });
    for (field, value) in [("email", "nobody"), ("password", "1"), ("company", "")] {
        let mut body = good.clone();
        body[field] = json!(value);
        let (status, problem) = register(body).await?;
        assert_eq!(status, 422, "{field}: {problem}");
        let errors = problem["errors"].as_array().context("errors")?;
        assert!(errors.iter().any(|error| error["field"] == field), "{field}: {problem}");
    }
    assert_eq!(register(good.clone()).await?.0, 201);
    let (status, problem) = register(good).await?;
    assert_eq!((status, &problem["code"]), (409, &json!("email_taken")));
    Ok(())
}
