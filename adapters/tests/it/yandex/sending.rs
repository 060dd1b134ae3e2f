//! What is sent, and how the marketplace's answers to it are judged.

use adapters::http::{Failure, SendOutcome};
use adapters::yandex::{Client, ContextKind, Entity, File};
use domain::interaction::UnknownReason;
use serde_json::{Value, json};
use wiremock::{MockServer, Request, ResponseTemplate};

use super::{answer, error, impatient, marketplace, ok};

const TEXT: &str = "Спасибо! \"Ждём\" вас\nснова 🙂";

/// A marketplace that takes everything and gives nothing in return.
async fn taking() -> (MockServer, Client) {
    marketplace(answer(200, &json!({"status": "OK"}))).await
}

fn accepted(outcome: SendOutcome) -> Option<String> {
    let SendOutcome::Accepted(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    receipt.external_id
}

async fn asked(server: &MockServer) -> Vec<(String, Value)> {
    let address = |r: &Request| r.url.as_str().split_once("1234567/").unwrap().1.to_owned();
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|r| (address(r), r.body_json().unwrap())).collect()
}

#[tokio::test]
async fn writes_say_what_and_where() {
    let (server, client) = taking().await;
    accepted(client.send_message("7&8", TEXT).await);
    accepted(client.write_comment("439865822", None, TEXT).await);
    accepted(client.write_comment("439865822", Some("5"), TEXT).await);
    accepted(client.edit_comment("439865822", "5", TEXT).await);
    accepted(client.delete_comment("5").await);
    accepted(client.skip_reaction(&["1".to_owned(), "2".to_owned()]).await);
    accepted(client.write_answer(Entity::Question("11"), TEXT).await);
    accepted(client.write_answer(Entity::Answer("12"), TEXT).await);
    accepted(client.edit_answer(Entity::Answer("12"), TEXT).await);
    accepted(client.delete_answer(Entity::Comment("13")).await);
    let update = "goods-feedback/comments/update";
    let entity = |kind: &str, id: u64| json!({"type": kind, "id": id});
    let expected = [
        ("chats/message?chatId=7%268", json!({"message": TEXT})),
        (update, json!({"feedbackId": 439_865_822, "comment": {"text": TEXT}})),
        (update, json!({"feedbackId": 439_865_822, "comment": {"parentId": 5, "text": TEXT}})),
        (update, json!({"feedbackId": 439_865_822, "comment": {"id": 5, "text": TEXT}})),
        ("goods-feedback/comments/delete", json!({"id": 5})),
        ("goods-feedback/skip-reaction", json!({"feedbackIds": [1, 2]})),
        (
            "goods-questions/update",
            json!({"operationType": "CREATE", "parentEntityId": entity("QUESTION", 11), "text": TEXT}),
        ),
        (
            "goods-questions/update",
            json!({"operationType": "CREATE", "parentEntityId": entity("ANSWER", 12), "text": TEXT}),
        ),
        (
            "goods-questions/update",
            json!({"operationType": "UPDATE", "entityId": entity("ANSWER", 12), "text": TEXT}),
        ),
        (
            "goods-questions/update",
            json!({"operationType": "DELETE", "entityId": entity("COMMENT", 13)}),
        ),
    ];
    let expected = expected.map(|(address, body)| (address.to_owned(), body));
    assert_eq!(asked(&server).await, expected);
}

/// Ids are text here and numbers there, as long as they are numbers.
#[tokio::test]
async fn ids_go_back_as_they_came() {
    let (server, client) = taking().await;
    for id in ["9223372036854775807", "9223372036854775808", "007", "abc"] {
        accepted(client.delete_comment(id).await);
    }
    let bodies: Vec<Value> = asked(&server).await.into_iter().map(|(_, body)| body).collect();
    let ids = [json!(i64::MAX), json!("9223372036854775808"), json!("007"), json!("abc")];
    assert_eq!(bodies, ids.map(|id| json!({"id": id})));
}

#[tokio::test]
async fn a_file_is_sent_as_a_form() {
    let (server, client) = taking().await;
    let file = |name: &str, content_type: &str| File {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        bytes: b"\xFF\xD8\r\n--x\x00".to_vec(),
    };
    assert_eq!(accepted(client.send_file("7", file("чек.jpg", "image/jpeg")).await), None);
    accepted(client.send_file("7", file("a\"b\r\nX: y\r\n\r\n.jpg", "no\r\nkind")).await);
    let requests = server.received_requests().await.unwrap();
    let form = |request: &Request| {
        let kind = request.headers["content-type"].to_str().unwrap();
        let (form, boundary) = kind.split_once("; boundary=").unwrap();
        assert_eq!(form, "multipart/form-data");
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=");
        let body = request.body.strip_prefix(head.as_bytes()).unwrap();
        let end = format!("\r\n\r\n\u{FFFD}\u{FFFD}\r\n--x\u{0}\r\n--{boundary}--\r\n");
        String::from_utf8_lossy(body).strip_suffix(&end).unwrap().to_owned()
    };
    assert_eq!(requests[0].url.query(), Some("chatId=7"));
    assert_eq!(form(&requests[0]), "\"чек.jpg\"\r\ncontent-type: image/jpeg");
    assert_eq!(form(&requests[1]), "\"a\\\"bX: y.jpg\"");
    let size = requests[0].headers["content-length"].to_str().unwrap();
    assert_eq!(size.parse(), Ok(requests[0].body.len()), "nothing is sent in chunks");
}

#[tokio::test]
async fn what_was_written_is_known_by_its_id() {
    let comment = json!({"id": 9_007_199_254_740_993_u64, "text": TEXT, "status": "UNMODERATED"});
    let (_server, client) = marketplace(ok(&comment)).await;
    let id = Some("9007199254740993".to_owned());
    assert_eq!(accepted(client.write_comment("1", None, TEXT).await), id);
    assert_eq!(accepted(client.edit_comment("1", "9007199254740993", TEXT).await), id);
    let entity = json!({"entity": {"type": "ANSWER", "id": "12"}});
    let (_server, client) = marketplace(ok(&entity)).await;
    let answered = client.write_answer(Entity::Question("11"), TEXT).await;
    assert_eq!(accepted(answered).as_deref(), Some("12"));
    // Chats give none, whatever is in the answer.
    let (_server, client) = marketplace(ok(&json!({"id": 1, "messageId": 1}))).await;
    assert_eq!(accepted(client.send_message("7", TEXT).await), None);
}

#[tokio::test]
async fn an_id_that_cannot_be_read_makes_nothing_undone() {
    for result in [json!(null), json!({}), json!([1]), json!({"id": {"value": 1}}), json!("1")] {
        let (_server, client) = marketplace(ok(&result)).await;
        assert_eq!(accepted(client.write_comment("1", None, TEXT).await), None, "{result}");
        let answered = client.write_answer(Entity::Question("11"), TEXT).await;
        assert_eq!(accepted(answered), None, "{result}");
    }
}

#[tokio::test]
async fn an_open_chat_is_known_by_its_id() {
    let (server, client) = marketplace(ok(&json!({"chatId": 7}))).await;
    assert_eq!(client.open_chat(&ContextKind::Order, "55").await.unwrap(), "7");
    let context = json!({"context": {"type": "ORDER", "id": 55}});
    assert_eq!(asked(&server).await, [("chats/new".to_owned(), context)]);
    let (_server, client) = taking().await;
    let error = client.open_chat(&ContextKind::Order, "55").await.unwrap_err();
    assert_eq!(error.failure, Failure::MalformedAnswer);
}

#[tokio::test]
async fn a_refusal_is_definite() {
    for (template, failure) in [
        (error(400, "BAD_REQUEST", "Нельзя"), Failure::BadRequest),
        (error(401, "UNAUTHORIZED", "Нельзя"), Failure::Unauthorized),
        (error(403, "FORBIDDEN", "Нельзя"), Failure::NoRight),
        (error(404, "NOT_FOUND", "Нельзя"), Failure::NotFound),
        (error(405, "METHOD_NOT_ALLOWED", "Нельзя"), Failure::BadRequest),
        (error(423, "LOCKED", "Нельзя"), Failure::BadRequest),
        (error(200, "BAD_REQUEST", "Нельзя"), Failure::BadRequest),
        (error(200, "FORBIDDEN", "Нельзя"), Failure::NoRight),
    ] {
        let (_server, client) = marketplace(template).await;
        let SendOutcome::NotSent(error) = client.write_comment("1", None, TEXT).await else {
            panic!("{failure} is definite");
        };
        assert_eq!((error.failure, error.words.as_deref()), (failure, Some("Нельзя")));
    }
}

#[tokio::test]
async fn what_may_come_after_the_effect_is_unknown() {
    use UnknownReason::{MalformedAnswer, MarketplaceError};
    let text = |text: &str| ResponseTemplate::new(200).set_body_string(text);
    for (template, reason) in [
        (error(500, "INTERNAL_SERVER_ERROR", "Ошибка"), MarketplaceError),
        (ResponseTemplate::new(502), MarketplaceError),
        (ResponseTemplate::new(503).insert_header("retry-after", "1"), MarketplaceError),
        (ResponseTemplate::new(504), MarketplaceError),
        (ResponseTemplate::new(408), MarketplaceError),
        (error(200, "INTERNAL_SERVER_ERROR", "Ошибка"), MarketplaceError),
        (ResponseTemplate::new(303).insert_header("location", "/"), MalformedAnswer),
        (text("<html>login</html>"), MalformedAnswer),
        (text(""), MalformedAnswer),
        (text("{}"), MalformedAnswer),
        (text("{\"status\":\"MAYBE\"}"), MalformedAnswer),
    ] {
        let (_server, client) = marketplace(template.clone()).await;
        for outcome in [
            client.send_message("7", TEXT).await,
            client.write_comment("1", None, TEXT).await,
            client.write_answer(Entity::Question("11"), TEXT).await,
        ] {
            let SendOutcome::Unknown(unknown) = outcome else {
                panic!("{template:?} is not definite: {outcome:?}");
            };
            assert_eq!(unknown, reason, "{template:?}");
        }
    }
}

#[tokio::test]
async fn a_key_goes_in_clear_to_this_machine_only() {
    for address in ["http://example.com", "ftp://127.0.0.1", "api.partner.market.yandex.ru", ""] {
        let SendOutcome::NotSent(error) = impatient(address).send_message("7", TEXT).await else {
            panic!("nothing may leave for {address}");
        };
        assert_eq!(error.failure, Failure::Unreachable, "{address}");
    }
}
