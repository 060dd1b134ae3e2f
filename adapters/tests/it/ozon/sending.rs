//! How the marketplace's answers to a write are judged.

use adapters::http::{Failure, Receipt, SendOutcome};
use domain::interaction::UnknownReason;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::methods::{self, SKU, WRITES};
use super::{CLIENT_ID, KEY, client, impatient, json as answer, marketplace, raw};

async fn outcome(path: &str, answer: ResponseTemplate) -> SendOutcome {
    let (_server, client) = marketplace(answer).await;
    methods::write(&client, path).await
}

fn receipt(outcome: SendOutcome) -> Receipt {
    if let SendOutcome::Accepted(receipt) = outcome {
        receipt
    } else {
        panic!("{outcome:?} is no success")
    }
}

#[tokio::test]
async fn a_write_says_who_asks_and_what() {
    let (server, client) = marketplace(answer(200, &json!({"result": "success"}))).await;
    let text = "Спасибо! \"Ждём\" вас\nснова 🙂";
    receipt(client.send_message("c-1", text).await);
    receipt(client.send_file("c-1", "чек.pdf", b"%PDF-1.7").await);
    receipt(client.answer_question("q-1", SKU, text).await);
    receipt(client.mark_read("c-1", Some("3000000000118032000")).await);
    let requests = server.received_requests().await.unwrap();
    for request in &requests {
        let header = |name: &str| request.headers[name].to_str().unwrap();
        assert_eq!((header("client-id"), header("api-key")), (CLIENT_ID, KEY));
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("user-agent"), concat!("agentiq/", env!("CARGO_PKG_VERSION")));
        assert!(!request.headers.contains_key("authorization"));
    }
    let bodies: Vec<Value> = requests.iter().map(|request| request.body_json().unwrap()).collect();
    let expected = [
        json!({"chat_id": "c-1", "text": text}),
        json!({"chat_id": "c-1", "name": "чек.pdf", "base64_content": "JVBERi0xLjc="}),
        json!({"question_id": "q-1", "sku": 148_591_503, "text": text}),
        json!({"chat_id": "c-1", "from_message_id": 3_000_000_000_118_032_000_u64}),
    ];
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn an_id_that_no_number_holds_is_sent_as_text() {
    let (server, client) = marketplace(answer(200, &json!({}))).await;
    receipt(client.mark_read("c-1", Some("30000000001280042740")).await);
    receipt(client.delete_comment("k-1", "не число").await);
    let requests = server.received_requests().await.unwrap();
    let body = |at: usize| requests[at].body_json::<Value>().unwrap();
    assert_eq!(body(0)["from_message_id"], "30000000001280042740");
    assert_eq!(body(1)["sku"], "не число");
}

#[tokio::test]
async fn success_is_accepted_in_any_of_its_forms() {
    for path in WRITES {
        for success in [
            ResponseTemplate::new(200),
            ResponseTemplate::new(204),
            answer(200, &json!({})),
            answer(200, &json!({"result": "success"})),
            answer(200, &json!({"result": "Success", "code": 0, "message": ""})),
            answer(200, &json!({"result": true})),
        ] {
            assert_eq!(receipt(outcome(path, success).await), Receipt::default(), "{path}");
        }
    }
}

#[tokio::test]
async fn an_id_is_found_as_text_or_number_of_any_size() {
    for (path, body, id) in [
        ("/v1/review/comment/create", r#"{"comment_id": 7}"#, "7"),
        (
            "/v1/review/comment/create",
            r#"{"comment_id": 30000000001280042740}"#,
            "30000000001280042740",
        ),
        ("/v1/review/comment/create", r#"{"result": {"comment_id": "k-1"}}"#, "k-1"),
        ("/v1/question/answer/create", r#"{"answer_id": "a-1", "new": 1}"#, "a-1"),
        ("/v1/chat/start", r#"{"result": {"chat_id": "c-1"}}"#, "c-1"),
        ("/v1/chat/start", r#"{"chat_id": "c-1"}"#, "c-1"),
    ] {
        let receipt = receipt(outcome(path, raw(200, body)).await);
        assert_eq!(receipt.external_id.as_deref(), Some(id), "{body}");
    }
    let message = outcome("/v1/chat/send/message", raw(200, r#"{"message_id": "1"}"#)).await;
    assert_eq!(receipt(message), Receipt::default(), "none is promised");
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
        (409, Failure::BadRequest),
        (413, Failure::BadRequest),
        (422, Failure::BadRequest),
    ] {
        let sent = outcome("/v1/chat/send/message", ResponseTemplate::new(status)).await;
        let SendOutcome::NotSent(error) = sent else {
            panic!("{status} is definite");
        };
        assert_eq!((error.failure, error.evidence.status), (failure, Some(status)));
    }
}

#[tokio::test]
async fn what_may_come_after_the_effect_is_unknown() {
    use UnknownReason::{MalformedAnswer, MarketplaceError};
    let failed = json!({"code": 13, "message": "Internal error", "details": []});
    for (template, reason) in [
        (answer(500, &failed), MarketplaceError),
        (ResponseTemplate::new(502), MarketplaceError),
        (answer(503, &json!({"code": 14, "message": "Circle is open"})), MarketplaceError),
        (ResponseTemplate::new(504), MarketplaceError),
        (ResponseTemplate::new(408), MarketplaceError),
        (ResponseTemplate::new(499), MarketplaceError),
        (ResponseTemplate::new(303).insert_header("location", "/"), MalformedAnswer),
        (ResponseTemplate::new(200).set_body_string("<html>login</html>"), MalformedAnswer),
        (raw(200, "[]"), MalformedAnswer),
        (answer(200, &failed), MalformedAnswer),
        (answer(200, &json!({"result": "error"})), MalformedAnswer),
        (answer(200, &json!({"result": false})), MalformedAnswer),
    ] {
        let SendOutcome::Unknown(unknown) =
            outcome("/v1/chat/send/message", template.clone()).await
        else {
            panic!("{template:?} is not definite");
        };
        assert_eq!(unknown, reason, "{template:?}");
    }
}

#[tokio::test]
async fn a_key_goes_in_clear_to_this_machine_only() {
    for address in ["http://example.com", "ftp://127.0.0.1", "api-seller.ozon.ru", ""] {
        let SendOutcome::NotSent(error) = impatient(address).send_message("c-1", "Да").await
        else {
            panic!("nothing may leave for {address}");
        };
        assert_eq!(error.failure, Failure::Unreachable, "{address}");
    }
}

#[tokio::test]
async fn an_address_with_a_path_keeps_it() {
    let (server, _) = marketplace(answer(200, &json!({}))).await;
    for base in ["/ozon", "/ozon/"] {
        receipt(client(&format!("{}{base}", server.uri())).send_message("c-1", "Да").await);
    }
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|r| r.url.path() == "/ozon/v1/chat/send/message"));
}
