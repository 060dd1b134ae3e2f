//! Chats: what is asked for, how forgivingly the answers are read, and what becomes of a message and of a file.

use std::time::Duration;

use adapters::http::{CallError, Download, Failure, File, FileBody, SendOutcome};
use adapters::wildberries::{ChatClient, EventsPage, Sender};
use domain::interaction::UnknownReason;
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use super::contract::{expected, template, words_of};
use super::specification::{Specification, parts};
use super::{chat_client, json as answer, marketplace};
use crate::wire::{Then, Wire};

const CHATS: &str = "/api/v1/seller/chats";
const EVENTS: &str = "/api/v1/seller/events";
const MESSAGE: &str = "/api/v1/seller/message";
const DOWNLOAD: &str = "/api/v1/seller/download/{id}";

const CHAT: &str = "1:0b1c7a52-3d7e-4b6f-9a55-0c6d1f2e3a4b";
const SIGN: &str = "1:0b1c7a52-3d7e-4b6f-9a55-0c6d1f2e3a4b:771:00ff";

async fn chats(answer: ResponseTemplate) -> (MockServer, ChatClient) {
    let (server, _) = marketplace(answer).await;
    let client = chat_client(&server.uri());
    (server, client)
}

fn event(changes: &Value) -> Value {
    let mut event = json!({
        "chatID": CHAT, "eventID": "e-1", "eventType": "message", "source": "rusite", "sender": "client",
        "addTimestamp": 1_772_440_507_000_i64, "message": {"text": "Добрый день"},
    });
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

async fn page_of(events: &[Value]) -> EventsPage {
    let result = json!({"next": 7, "totalEvents": events.len(), "events": events});
    let (_server, client) = chats(answer(200, &json!({"result": result, "errors": null}))).await;
    client.events(None).await.unwrap()
}

fn file(name: &str) -> File {
    File {
        name: name.to_owned(),
        content_type: "image/png".to_owned(),
        bytes: b"\x89PNG\r\n\x1a\n\xff--".to_vec(),
    }
}

#[tokio::test]
async fn requests_are_as_specified() {
    let (server, client) = chats(answer(200, &json!({"result": {}}))).await;
    let _ = client.chats().await;
    let _ = client.events(None).await;
    let _ = client.events(Some(1_698_045_576_000)).await;
    let _ = client.send(&SIGN.into(), "Спасибо!", vec![]).await;
    let _ = client.send(&SIGN.into(), "", vec![file("а.png"), file("b\r\nX: y.png")]).await;
    let _ = client.download("ecaeb056-a4ee-45b4-ae45-666811755d38").await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 6);
    for specification in Specification::all() {
        requests[..5].iter().for_each(|request| specification.check_request(request));
        specification.check_request_to(&requests[5], DOWNLOAD);
    }
    let text = parts(&requests[3]);
    let text: Vec<_> = text.iter().map(|part| (part.name.as_str(), &*part.content)).collect();
    assert_eq!(text, [("replySign", SIGN.as_bytes()), ("message", "Спасибо!".as_bytes())]);
    let sent = parts(&requests[4]);
    let names: Vec<_> = sent.iter().map(|part| part.filename.as_deref()).collect();
    assert_eq!(names, [None, Some("а.png"), Some("bX: y.png")]);
    assert_eq!(sent[1].content, file("").bytes);
    assert!(requests[5].url.path().ends_with("/ecaeb056-a4ee-45b4-ae45-666811755d38"));
}

#[tokio::test]
async fn an_id_of_a_file_cannot_lead_elsewhere() {
    let (server, client) = chats(ResponseTemplate::new(400)).await;
    for id in ["../message", "a/b", "a?b=c", "a#b", ".."] {
        let _ = client.download(id).await;
    }
    let requests = server.received_requests().await.unwrap();
    for request in requests {
        let path = request.url.path();
        assert!(path.starts_with("/api/v1/seller/download"), "{path}");
        assert!(path.split('/').count() <= 6 && request.url.query().is_none(), "{path}");
    }
}

#[tokio::test]
async fn every_answer_is_understood() {
    for specification in Specification::all() {
        for (method, path) in
            [("GET", CHATS), ("GET", EVENTS), ("POST", MESSAGE), ("GET", DOWNLOAD)]
        {
            let examples = specification.examples(method, path);
            assert!(!examples.is_empty(), "{path}");
            for example in examples {
                let (_server, client) = chats(template(&example)).await;
                let outcome = match path {
                    CHATS => client.chats().await.map(|list| assert!(list.malformed.is_empty())),
                    EVENTS => client.events(None).await.map(|page| {
                        assert_eq!(page.events.len() as u64, page.total.unwrap());
                        assert_eq!(page.next, example.body["result"]["next"].as_i64());
                    }),
                    MESSAGE => match client.send(&SIGN.into(), "Спасибо!", vec![]).await {
                        SendOutcome::Accepted(_) => Ok(()),
                        SendOutcome::NotSent(error) => Err(error),
                        SendOutcome::Unknown(reason) => panic!("{}: {reason:?}", example.body),
                    },
                    _ => client.download("id").await.map(|_| ()),
                };
                match outcome {
                    Ok(()) => assert_eq!(expected(example.status), None),
                    Err(error) => {
                        assert_eq!(Some(error.failure), expected(example.status), "{path}");
                        assert_eq!(error.words.as_deref(), Some(words_of(&example.body)));
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn an_event_is_read_with_all_that_it_shows() {
    let card = json!({"nmID": 55_667_788, "price": 1200, "size": "0"});
    let attachments = json!({
        "goodCard": card,
        "files": [{"downloadID": "f", "name": "Чек.pdf", "size": 1024, "contentType": "application/pdf"}],
        "images": [{"downloadID": "i", "url": "https://basket.example/1.jpg"}],
    });
    let first = event(&json!({
        "isNewChat": true, "replySign": SIGN, "clientName": "Пётр",
        "message": {"text": "Пришёл битым", "attachments": attachments},
    }));
    let page = page_of(&[first]).await;
    let event = &page.events[0];
    assert_eq!((event.id.as_str(), event.chat_id.as_str()), ("e-1", CHAT));
    assert_eq!((event.sender, event.buyer_name.as_deref()), (Sender::Buyer, Some("Пётр")));
    let message = event.message.as_ref().unwrap();
    assert_eq!(message.text, "Пришёл битым");
    assert_eq!(message.product.as_ref().unwrap().nm_id, "55667788");
    let files: Vec<_> =
        message.files.iter().map(|f| (f.download_id.as_deref(), f.is_image)).collect();
    assert_eq!(files, [(Some("f"), false), (Some("i"), true)]);
    assert!(event.reply_sign.is_some());
    let kept = format!("{:?}{:?}", event.facts, event);
    assert!(!kept.contains("00ff") && !kept.contains("битым"), "{kept}");
}

#[tokio::test]
async fn odd_events_cost_no_other() {
    let odd = [
        event(&json!({"eventID": null})),
        event(&json!({"chatID": 1.5})),
        event(&json!({"addTimestamp": "вчера"})),
        event(&json!({"message": {"text": ["?"]}})),
        event(&json!({"message": "текст"})),
        json!("событие"),
    ];
    let mut events = odd.to_vec();
    events.push(event(&json!({"eventID": "good"})));
    let page = page_of(&events).await;
    assert_eq!(page.given(), events.len());
    assert_eq!(page.events.len(), 1);
    let of_chat = Some(CHAT.to_owned());
    let ids: Vec<_> = page.malformed.iter().map(|item| item.id.clone()).collect();
    assert_eq!(ids, [of_chat.clone(), None, of_chat.clone(), of_chat.clone(), of_chat, None]);
}

#[tokio::test]
async fn what_can_be_understood_is() {
    let senders = [
        (json!({"sender": "Seller"}), Sender::Seller),
        (json!({"sender": null, "source": "ios"}), Sender::Buyer),
        (json!({"sender": null, "source": "seller-portal"}), Sender::Seller),
        (json!({"sender": null, "source": null, "clientName": "Анна"}), Sender::Buyer),
        (json!({"sender": "wb"}), Sender::Marketplace),
        (json!({"sender": "courier", "source": "rusite"}), Sender::Buyer),
        // Our own message must be known again, whatever its sender is called.
        (json!({"sender": "vendor", "source": "seller-public-api"}), Sender::Seller),
        (json!({"sender": "courier", "source": "somewhere"}), Sender::Unknown),
    ];
    for (changes, sender) in senders {
        assert_eq!(page_of(&[event(&changes)]).await.events[0].sender, sender, "{changes}");
    }
    let times = [
        json!({"addTimestamp": "1772440507000"}),
        json!({"addTimestamp": 1_772_440_507}),
        json!({"addTimestamp": null, "addTime": "2026-03-02T11:35:07+03:00"}),
    ];
    for changes in times {
        let at = page_of(&[event(&changes)]).await.events[0].at;
        assert_eq!(at.timestamp_millis(), 1_772_440_507_000, "{changes}");
    }
    let silent = page_of(&[event(&json!({"message": null}))]).await;
    assert!(silent.events[0].message.is_none());
}

#[tokio::test]
async fn a_page_without_a_cursor_goes_on_after_its_newest_event() {
    for next in [json!(null), json!(0), json!("скоро")] {
        let result = json!({"next": next, "totalEvents": 1, "events": [event(&json!({}))]});
        let (_server, client) = chats(answer(200, &json!({"result": result}))).await;
        assert_eq!(client.events(None).await.unwrap().next, Some(1_772_440_507_000), "{next}");
    }
    let empty = json!({"result": {"totalEvents": 0, "events": null}});
    let (_server, client) = chats(answer(200, &empty)).await;
    let page = client.events(Some(5)).await.unwrap();
    assert_eq!((page.given(), page.next), (0, None));
}

#[tokio::test]
async fn a_page_that_is_none_is_no_empty_page() {
    for body in [json!({}), json!({"result": null}), json!({"result": []}), json!({"result": {}})] {
        let (_server, client) = chats(answer(200, &body)).await;
        let error = client.events(None).await.unwrap_err();
        assert_eq!(error.failure, Failure::MalformedAnswer, "{body}");
    }
    for body in [json!({}), json!({"result": {}})] {
        let (_server, client) = chats(answer(200, &body)).await;
        let error = client.chats().await.unwrap_err();
        assert_eq!(error.failure, Failure::MalformedAnswer, "{body}");
    }
}

#[tokio::test]
async fn an_answer_that_shows_no_receipt_is_unknown() {
    for body in ["{}", "{\"result\": null, \"errors\": [\"x\"]}", "[]", "<html>", ""] {
        let said = ResponseTemplate::new(200).set_body_string(body);
        let (_server, client) = chats(said).await;
        let outcome = client.send(&SIGN.into(), "Спасибо!", vec![]).await;
        let is_unknown = matches!(outcome, SendOutcome::Unknown(UnknownReason::MalformedAnswer));
        assert!(is_unknown, "{body}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_message_leaves_once() {
    let accepted = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"result\":{}}";
    for (then, reason) in [
        (Then::Close, UnknownReason::ConnectionLost),
        (Then::Reset, UnknownReason::ConnectionLost),
        (
            Then::Say("HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n"),
            UnknownReason::MarketplaceError,
        ),
    ] {
        let wire = Wire::start(&[then, Then::Say(accepted)]).await;
        let client = chat_client(&wire.url("http"));
        let outcome = client.send(&SIGN.into(), "Спасибо!", vec![]).await;
        assert!(matches!(outcome, SendOutcome::Unknown(given) if given == reason), "{outcome:?}");
        let (_, requests) = wire.requests().await;
        assert_eq!(requests, [(1, format!("POST {MESSAGE} HTTP/1.1"))], "{then:?}");
    }
}

#[tokio::test]
async fn a_file_is_given_checked_or_refused() {
    let bytes = b"%PDF-1.4 \xff".to_vec();
    let given = ResponseTemplate::new(200).set_body_raw(bytes.clone(), "application/pdf");
    let (_server, client) = chats(given).await;
    let Download::File(mut file) = client.download("id").await.unwrap() else { panic!("a file") };
    assert_eq!(file.content_type.as_deref(), Some("application/pdf"));
    assert_eq!(whole(&mut file).await.unwrap(), bytes);

    let pending = json!({"moderationState": "pending", "retrySeconds": 12});
    for (body, seconds) in [(pending, 12), (json!({}), 30)] {
        let (_server, client) = chats(answer(202, &body)).await;
        let Download::InModeration { retry_after } = client.download("id").await.unwrap() else {
            panic!("it is still checked");
        };
        assert_eq!(retry_after, Duration::from_secs(seconds));
    }
    let (_server, client) = chats(answer(451, &json!({"detail": "moderation error"}))).await;
    assert!(matches!(client.download("id").await.unwrap(), Download::Refused));
}

#[tokio::test]
async fn an_endless_file_is_not_handed_on_for_ever() {
    let endless = ResponseTemplate::new(200).set_body_bytes(vec![0; 21 * 1024 * 1024]);
    let (_server, client) = chats(endless).await;
    let Download::File(mut file) = client.download("id").await.unwrap() else { panic!("a file") };
    assert_eq!(whole(&mut file).await.unwrap_err().failure, Failure::MalformedAnswer);
}

async fn whole(file: &mut FileBody) -> Result<Vec<u8>, CallError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = file.chunk().await? {
        bytes.extend(chunk);
    }
    Ok(bytes)
}
