//! The error bodies of the marketplace, and what is kept of them.

use std::error::Error as _;
use std::time::Duration;

use adapters::http::{CallError, Failure, Timeouts};
use adapters::wildberries::{Client, ListQuery, Review};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{TOKEN, json as answer, marketplace, transport};

async fn refused(answer: ResponseTemplate) -> CallError {
    let (_server, client) = marketplace(answer).await;
    client.list::<Review>(&ListQuery::default()).await.unwrap_err()
}

/// One body of each shape, with the words and the request id that must be found in it.
fn shapes() -> [(u16, Value, Failure, &'static str, Option<&'static str>); 6] {
    let second = Duration::from_secs(1);
    [
        (
            401,
            json!({"title": "unauthorized", "detail": "token problem", "code": "07e4", "requestId": "7b80",
                "origin": "s2s-api-auth-catalog", "status": 401, "statusText": "Unauthorized",
                "timestamp": "2024-09-30T06:52:38Z"}),
            Failure::Unauthorized,
            "token problem",
            Some("7b80"),
        ),
        (
            402,
            json!({"title": "payment required", "detail": "insufficient funds"}),
            Failure::PaymentRequired,
            "insufficient funds",
            None,
        ),
        (
            429,
            json!({"title": "too many requests", "detail": "limited by c122", "requestId": "9d3c", "status": 429}),
            Failure::RateLimited { retry_after: second },
            "limited by c122",
            Some("9d3c"),
        ),
        (
            403,
            json!({"data": null, "error": true, "errorText": "Ошибка авторизации", "additionalErrors": null,
                "requestId": "734c"}),
            Failure::NoRight,
            "Ошибка авторизации",
            Some("734c"),
        ),
        (
            400,
            json!({"title": "bad request", "requestId": "7f5a", "origin": "fbapi", "detail": "Неверный синтаксис JSON"}),
            Failure::BadRequest,
            "Неверный синтаксис JSON",
            Some("7f5a"),
        ),
        (
            400,
            json!({"status": 400, "title": "Bad Request", "origin": "proxy-chats", "detail": "Invalid signature",
                "requestId": "1b21", "error": "Invalid signature"}),
            Failure::BadRequest,
            "Invalid signature",
            Some("1b21"),
        ),
    ]
}

#[tokio::test]
async fn every_error_body_is_understood() {
    for (status, body, failure, words, request_id) in shapes() {
        let error = refused(answer(status, &body)).await;
        assert_eq!(error.failure, failure, "{body}");
        assert_eq!(error.words.as_deref(), Some(words), "{body}");
        assert_eq!(error.evidence.request_id.as_deref(), request_id, "{body}");
        assert_eq!(error.evidence.status, Some(status), "{body}");
    }
}

#[tokio::test]
async fn a_status_is_understood_without_a_body_we_know() {
    for body in ["", "[]", "null", "{\"detail\": 5, \"title\": [1]}"] {
        let error = refused(ResponseTemplate::new(401).set_body_string(body)).await;
        assert_eq!((error.failure, error.words), (Failure::Unauthorized, None), "{body}");
    }
}

#[tokio::test]
async fn a_gateways_page_says_nothing_about_the_key() {
    for status in [401, 402, 403] {
        let page = ResponseTemplate::new(status).set_body_string("<html>nginx</html>");
        assert_eq!(refused(page).await.failure, Failure::Unreachable, "{status}");
    }
}

#[tokio::test]
async fn a_429_tells_how_long_to_wait() {
    let headers = [
        ("X-Ratelimit-Retry", "7"),
        ("Retry-After", "60"),
        ("X-Ratelimit-Limit", "6"),
        ("X-Ratelimit-Remaining", "0"),
        ("X-Ratelimit-Reset", "9"),
    ];
    let limited =
        headers.into_iter().fold(ResponseTemplate::new(429), |a, (k, v)| a.insert_header(k, v));
    let error = refused(limited).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    let rate = error.evidence.rate;
    assert_eq!((rate.limit, rate.remaining), (Some(6), Some(0)));
    assert_eq!(rate.reset, Some(Duration::from_secs(9)));
    let bare = refused(ResponseTemplate::new(429)).await;
    assert_eq!(bare.retry_after(), Some(Duration::from_secs(1)));
    assert_eq!(refused(ResponseTemplate::new(503)).await.retry_after(), None);
}

#[tokio::test]
async fn what_is_kept_holds_no_token_and_fits_a_line() {
    let echo = format!("got Bearer {TOKEN}, \u{1b}[31mred\r\nFAKE line {}", "я".repeat(5000));
    let body = json!({"title": echo, "detail": echo, "errorText": echo, "code": echo, "requestId": echo,
        "origin": echo, "additionalErrors": [echo]});
    let error = refused(answer(400, &body)).await;
    let mut texts = vec![format!("{error} {error:?}"), error.words.clone().unwrap()];
    texts.extend([error.evidence.code.clone().unwrap(), error.evidence.origin.clone().unwrap()]);
    texts.push(format!("{:?}", error.source()));
    for text in &texts {
        for part in TOKEN.split('.') {
            assert!(!text.contains(part), "{text}");
        }
        assert!(!text.contains(char::is_control), "{text}");
    }
    assert!(texts[1].chars().count() < 1100);
    let client = Client::new(&transport(Timeouts::default()), "http://127.0.0.1:1", TOKEN.into());
    assert!(!format!("{client:?}").contains("c2lnbm"), "{client:?}");
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_refused_here() {
    let (server, _) = marketplace(ResponseTemplate::new(200)).await;
    for token in ["", "  ", "a\nb", "ключ"] {
        let client = Client::new(&transport(Timeouts::default()), &server.uri(), token.into());
        assert_eq!(client.ping().await.unwrap_err().failure, Failure::Unauthorized, "{token:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}
