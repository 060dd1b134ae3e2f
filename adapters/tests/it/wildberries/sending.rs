//! How the marketplace's answers to a write are judged.

use adapters::http::{Failure, SendOutcome};
use domain::interaction::UnknownReason;
use serde_json::json;
use wiremock::ResponseTemplate;

use super::{TOKEN, impatient, json as answer, marketplace};

#[tokio::test]
async fn a_write_says_who_asks_and_what() {
    let (server, client) = marketplace(ResponseTemplate::new(204)).await;
    let text = "Спасибо за отзыв! \"Ждём\" вас\nснова 🙂";
    assert!(matches!(client.answer("J2FMRjUj6hwvwCElqssz", text).await, SendOutcome::Accepted(_)));
    assert!(matches!(client.edit_answer("1?2&3", text).await, SendOutcome::Accepted(_)));
    let requests = server.received_requests().await.unwrap();
    let calls: Vec<_> = requests.iter().map(|r| format!("{} {}", r.method, r.url.path())).collect();
    assert_eq!(calls, ["POST /api/v1/feedbacks/answer", "PATCH /api/v1/feedbacks/answer"]);
    let header = |name: &str| requests[0].headers[name].to_str().unwrap();
    assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("user-agent"), concat!("agentiq/", env!("CARGO_PKG_VERSION")));
    let body: serde_json::Value = requests[0].body_json().unwrap();
    assert_eq!(body, json!({"id": "J2FMRjUj6hwvwCElqssz", "text": text}));
    let body: serde_json::Value = requests[1].body_json().unwrap();
    assert_eq!(body, json!({"id": "1?2&3", "text": text}));
}

#[tokio::test]
async fn success_is_accepted_in_any_of_its_forms() {
    let envelope = json!({"data": null, "error": false, "errorText": "", "additionalErrors": null});
    for success in [ResponseTemplate::new(204), ResponseTemplate::new(200), answer(200, &envelope)]
    {
        let (_server, client) = marketplace(success).await;
        let outcome = client.answer("id", "Спасибо!").await;
        assert!(matches!(outcome, SendOutcome::Accepted(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_definite() {
    for (status, failure) in [
        (400, Failure::BadRequest),
        (401, Failure::Unauthorized),
        (402, Failure::PaymentRequired),
        (403, Failure::NoRight),
        (404, Failure::NotFound),
        (405, Failure::BadRequest),
        (413, Failure::BadRequest),
        (415, Failure::BadRequest),
        (422, Failure::BadRequest),
    ] {
        let (_server, client) = marketplace(ResponseTemplate::new(status)).await;
        let SendOutcome::NotSent(error) = client.answer("id", "Спасибо!").await else {
            panic!("{status} is definite");
        };
        assert_eq!((error.failure, error.evidence.status), (failure, Some(status)));
    }
}

#[tokio::test]
async fn an_error_in_the_body_of_a_success_is_a_refusal() {
    let body = json!({"data": null, "error": true, "errorText": "Не удалось ответить", "additionalErrors": ["a", "b"]});
    let (_server, client) = marketplace(answer(200, &body)).await;
    let SendOutcome::NotSent(error) = client.answer("id", "Спасибо!").await else {
        panic!("it says that it failed");
    };
    assert_eq!(error.failure, Failure::BadRequest);
    assert_eq!(error.words.as_deref(), Some("Не удалось ответить; a; b"));
}

#[tokio::test]
async fn what_may_come_after_the_effect_is_unknown() {
    use UnknownReason::{MalformedAnswer, MarketplaceError};
    let html = || ResponseTemplate::new(200).set_body_string("<html>login</html>");
    for (template, reason) in [
        (ResponseTemplate::new(500), MarketplaceError),
        (ResponseTemplate::new(502), MarketplaceError),
        (ResponseTemplate::new(503).insert_header("retry-after", "1"), MarketplaceError),
        (ResponseTemplate::new(504), MarketplaceError),
        (ResponseTemplate::new(408), MarketplaceError),
        (ResponseTemplate::new(303).insert_header("location", "/"), MalformedAnswer),
        (html(), MalformedAnswer),
    ] {
        let (_server, client) = marketplace(template.clone()).await;
        let SendOutcome::Unknown(unknown) = client.answer("id", "Спасибо!").await else {
            panic!("{template:?} is not definite");
        };
        assert_eq!(unknown, reason, "{template:?}");
    }
}

#[tokio::test]
async fn a_token_goes_in_clear_to_this_machine_only() {
    for address in ["http://example.com", "ftp://127.0.0.1", "feedbacks-api", ""] {
        let SendOutcome::NotSent(error) = impatient(address).answer("id", "Спасибо!").await
        else {
            panic!("nothing may leave for {address}");
        };
        assert_eq!(error.failure, Failure::Unreachable, "{address}");
    }
}
