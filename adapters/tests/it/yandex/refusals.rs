//! The error bodies of the marketplace, its limits, and what is kept of them.

use std::time::Duration;

use adapters::http::{CallError, Failure, SendOutcome, Timeouts};
use adapters::yandex::{ChatsQuery, Client, InFlight, PageRequest};
use serde_json::json;
use wiremock::ResponseTemplate;

use super::{BUSINESS, KEY, answer, error, marketplace, transport};

async fn refused(answer: ResponseTemplate) -> CallError {
    let (_server, client) = marketplace(answer).await;
    client.chats(&ChatsQuery::default(), &PageRequest::default()).await.unwrap_err()
}

#[tokio::test]
async fn a_failure_is_told_by_its_status() {
    let minute = Failure::RateLimited { retry_after: Duration::from_secs(60) };
    for (status, failure) in [
        (400, Failure::BadRequest),
        (401, Failure::Unauthorized),
        (403, Failure::NoRight),
        (404, Failure::NotFound),
        (405, Failure::BadRequest),
        (408, Failure::ServerError),
        (415, Failure::BadRequest),
        (420, minute),
        (423, Failure::BadRequest),
        (429, minute),
        (500, Failure::ServerError),
        (503, Failure::ServerError),
        (301, Failure::MalformedAnswer),
    ] {
        let told = refused(error(status, "SOME_CODE", "What happened")).await;
        assert_eq!((told.failure, told.evidence.status), (failure, Some(status)));
        assert_eq!(told.words.as_deref(), Some("What happened"));
        assert_eq!(told.evidence.code.as_deref(), Some("SOME_CODE"));
        let bare = refused(ResponseTemplate::new(status)).await;
        assert_eq!((bare.failure, bare.words), (failure, None));
    }
}

#[tokio::test]
async fn an_error_inside_a_success_is_an_error() {
    for (body, failure, words) in [
        (
            json!({"status": "ERROR", "errors": [{"code": "BAD_REQUEST", "message": "Нет"}, {"message": "и ещё"}]}),
            Failure::BadRequest,
            Some("Нет; и ещё"),
        ),
        (json!({"status": "error"}), Failure::BadRequest, None),
        (
            json!({"errors": [{"code": "FORBIDDEN"}], "result": {"chats": []}}),
            Failure::NoRight,
            None,
        ),
        (json!({"status": "ERROR", "errors": "Нет"}), Failure::BadRequest, None),
        (
            json!({"status": "ERROR", "errors": [{"code": "INTERNAL_SERVER_ERROR"}]}),
            Failure::ServerError,
            None,
        ),
    ] {
        let told = refused(answer(200, &body)).await;
        assert_eq!((told.failure, told.evidence.status), (failure, Some(200)), "{body}");
        assert_eq!(told.words.as_deref(), words, "{body}");
    }
}

#[tokio::test]
async fn errors_that_are_none_make_a_success() {
    for errors in [json!(null), json!([])] {
        let body = json!({"status": "OK", "errors": errors, "result": {"chats": []}});
        let (_server, client) = marketplace(answer(200, &body)).await;
        client.chats(&ChatsQuery::default(), &PageRequest::default()).await.unwrap();
    }
}

#[tokio::test]
async fn the_quota_is_told_by_the_headers() {
    let exceeded = ResponseTemplate::new(420)
        .set_body_string("Hit rate limit of 5000 requests per 1 hour for resource chats\n")
        .insert_header("date", "Fri, 17 Jul 2026 10:00:00 GMT")
        .insert_header("x-ratelimit-resource-limit", "5000")
        .insert_header("x-ratelimit-resource-remaining", "0")
        // A wrong day of the week, as in the marketplace's own example.
        .insert_header("x-ratelimit-resource-until", "Mon, 17 Jul 2026 10:25:00 GMT");
    let told = refused(exceeded).await;
    let wait = Duration::from_secs(25 * 60);
    assert_eq!(told.retry_after(), Some(wait));
    let rate = told.evidence.rate;
    assert_eq!((rate.limit, rate.remaining, rate.reset), (Some(5000), Some(0), Some(wait)));
    let words = "Hit rate limit of 5000 requests per 1 hour for resource chats";
    assert_eq!(told.words.as_deref(), Some(words));
}

#[tokio::test]
async fn too_many_at_once_wait_a_moment_whatever_the_headers_say() {
    let parallel = ResponseTemplate::new(420)
        .set_body_string("Hit rate limit of 2 parallel requests")
        .insert_header("x-ratelimit-resource-until", "Fri, 17 Jul 2099 10:25:00 GMT");
    assert_eq!(refused(parallel).await.retry_after(), Some(Duration::from_secs(1)));
    let endless = ResponseTemplate::new(420)
        .insert_header("x-ratelimit-resource-until", "Fri, 17 Jul 2099 10:25:00 GMT");
    assert_eq!(refused(endless).await.retry_after(), Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn a_gateways_page_says_nothing_about_the_key() {
    for status in [401, 402, 403] {
        let page = ResponseTemplate::new(status).set_body_string("<html>Blocked</html>");
        assert_eq!(refused(page).await.failure, Failure::Unreachable, "{status}");
    }
}

#[tokio::test]
async fn the_key_is_in_one_header_and_in_nothing_that_is_kept() {
    let (server, client) = marketplace(error(401, KEY, &format!("key\n{KEY} is revoked"))).await;
    let told = client.key().await.unwrap_err();
    let shown = format!("{told:?} {told} {client:?}");
    for part in KEY.split(':').filter(|part| part.len() > 4) {
        assert!(!shown.contains(part), "{shown}");
    }
    assert_eq!(told.words.as_deref(), Some("key ACMA:…:… is revoked"));
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.headers["api-key"], KEY);
    assert!(!request.headers.contains_key("authorization"));
    assert!(!request.url.as_str().contains("151c0664"));
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_is_sent_nowhere() {
    let (server, _) = marketplace(ResponseTemplate::new(200)).await;
    for key in ["", " ", "ACMA:a b", "ACMA:ключ", "ACMA:a\r\nX: b"] {
        let transport = transport(Timeouts::default());
        let key = key.into();
        let client = Client::new(&transport, &InFlight::default(), &server.uri(), BUSINESS, key);
        assert_eq!(client.key().await.unwrap_err().failure, Failure::Unauthorized);
        let SendOutcome::NotSent(_) = client.send_message("7", "Здравствуйте!").await
        else {
            panic!("nothing may leave");
        };
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}
