//! The errors of the marketplace, and what is kept of them.

use std::error::Error as _;
use std::time::Duration;

use adapters::http::{CallError, Failure};
use adapters::ozon::ChatsQuery;
use serde_json::json;
use wiremock::ResponseTemplate;

use super::{CLIENT_ID, KEY, client, client_of, json as answer, marketplace};

async fn refused(answer: ResponseTemplate) -> CallError {
    let (_server, client) = marketplace(answer).await;
    client.chats(&ChatsQuery::default()).await.unwrap_err()
}

fn said(status: u16, code: i32, message: &str) -> ResponseTemplate {
    answer(status, &json!({"code": code, "message": message, "details": []}))
}

/// The common errors, with any status and code that they may come with.
#[tokio::test]
async fn the_common_errors_are_known_by_their_words() {
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    for (message, failure) in [
        ("Invalid Api-Key, please check the key and try again", Failure::Unauthorized),
        ("Api-key is deactivated, use another one or generate a new one", Failure::Unauthorized),
        ("Api-Key is restricted to specific IP addresses", Failure::Unauthorized),
        ("Api-Key is missing a required role for a method", Failure::NoRight),
        ("method is not allowed", Failure::NoRight),
        ("not available with existing subscription", Failure::ClosedByPlan),
        (
            "You have reached request rate limit per second",
            Failure::RateLimited { retry_after: second },
        ),
        ("Circle is open", Failure::RateLimited { retry_after: minute }),
    ] {
        for (status, code) in [(401, 16), (403, 7), (403, 0), (400, 3), (429, 8)] {
            let error = refused(said(status, code, message)).await;
            assert_eq!(error.failure, failure, "{status} {code} {message}");
            assert_eq!(error.words.as_deref(), Some(message));
        }
        let error = refused(said(500, 13, message)).await;
        assert_eq!(error.failure, Failure::ServerError, "{message}");
    }
}

#[tokio::test]
async fn a_denial_with_code_seven_is_the_plans() {
    for code in [json!(7), json!("7")] {
        let body = json!({"code": code, "message": "запрещено"});
        assert_eq!(refused(answer(403, &body)).await.failure, Failure::ClosedByPlan);
    }
    assert_eq!(refused(said(403, 16, "запрещено")).await.failure, Failure::NoRight);
    assert_eq!(refused(answer(403, &json!({"code": 7}))).await.failure, Failure::ClosedByPlan);
    assert_eq!(refused(said(401, 7, "кто вы?")).await.failure, Failure::Unauthorized);
}

#[tokio::test]
async fn details_are_a_list_or_a_text() {
    for (details, words) in [
        (json!([]), "нет"),
        (json!(null), "нет"),
        (json!(""), "нет"),
        (json!("пустое поле"), "нет; пустое поле"),
        (json!(["поле a", {"typeUrl": "t", "value": "AAA="}, "поле b"]), "нет; поле a; поле b"),
        (json!({"field": 1}), "нет"),
    ] {
        let error = refused(answer(400, &json!({"code": 3, "message": "нет", "details": details})));
        let error = error.await;
        assert_eq!((error.failure, error.words.as_deref()), (Failure::BadRequest, Some(words)));
        assert_eq!(error.evidence.code.as_deref(), Some("3"));
    }
}

#[tokio::test]
async fn a_status_is_understood_without_a_body_we_know() {
    for body in ["", "[]", "null", "{\"code\": [5], \"message\": {}, \"details\": 1}"] {
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
    let limited = said(429, 8, "You have reached request rate limit per second")
        .insert_header("Retry-After", "3")
        .insert_header("Ratelimit-Remaining", "0");
    let error = refused(limited).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    let rate = error.evidence.rate;
    assert_eq!((rate.remaining, rate.retry), (Some(0), Some(Duration::from_secs(3))));
    let circle = said(429, 8, "Circle is open").insert_header("Retry-After", "5");
    assert_eq!(refused(circle).await.retry_after(), Some(Duration::from_secs(5)));
    for odd in ["0", "-5", "NaN", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        let odd = ResponseTemplate::new(429).insert_header("Retry-After", odd);
        assert_eq!(refused(odd).await.retry_after(), Some(Duration::from_secs(1)));
    }
    assert_eq!(refused(ResponseTemplate::new(503)).await.retry_after(), None);
}

#[tokio::test]
async fn an_error_in_a_success_is_none() {
    let error = refused(said(200, 7, "not available with existing subscription")).await;
    assert_eq!(error.failure, Failure::MalformedAnswer, "an empty page would hide it");
    assert_eq!(error.words.as_deref(), Some("not available with existing subscription"));
}

#[tokio::test]
async fn what_is_kept_holds_no_key_and_fits_a_line() {
    let echo = format!("got {KEY}, \u{1b}[31mred\r\nFAKE line {}", "я".repeat(5000));
    let body =
        json!({"code": echo, "message": echo, "details": [echo, echo, echo, echo, echo, echo]});
    let error = refused(answer(400, &body)).await;
    let texts = [
        format!("{error} {error:?}"),
        error.words.clone().unwrap(),
        error.evidence.code.clone().unwrap(),
        format!("{:?}", error.source()),
    ];
    for text in &texts {
        for secret in [KEY, "0d4c3b2a", "abcdef987654"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(!text.contains(char::is_control), "{text}");
    }
    assert!(texts[1].chars().count() < 2100);
    let client = client("http://127.0.0.1:1");
    assert!(!format!("{client:?}").contains("abcdef987654"), "{client:?}");
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_is_refused_here() {
    let (server, _) = marketplace(ResponseTemplate::new(200)).await;
    let odd = ["", "  ", "a\nb", "ключ"];
    for (client_id, key) in
        odd.map(|odd| (CLIENT_ID, odd)).into_iter().chain(odd.map(|odd| (odd, KEY)))
    {
        let client = client_of(&server.uri(), client_id, key);
        let error = client.key_facts().await.unwrap_err();
        assert_eq!(error.failure, Failure::Unauthorized, "{client_id:?} {key:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
    let pasted = client_of(&server.uri(), " 836\n", &format!("{KEY} "));
    let _ = pasted.key_facts().await;
    let asked = server.received_requests().await.unwrap();
    assert_eq!(
        (&asked[0].headers["client-id"], &asked[0].headers["api-key"]),
        (&CLIENT_ID.parse().unwrap(), &KEY.parse().unwrap())
    );
}
