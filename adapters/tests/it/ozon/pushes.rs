//! What the marketplace pushes, and what we make of it.

use adapters::ozon::{AuthorKind, ChatEvent, ChatKind, ChatPush, Push, PushError};
use serde_json::{Value, json};

use crate::description::shared;

fn body() -> Value {
    json!({"message_type": "TYPE_NEW_MESSAGE", "chat_id": "c-1", "chat_type": "Buyer_Seller", "message_id": "30",
        "created_at": "2026-03-10T14:08:00.257Z", "user": {"id": "115568", "type": "Сustomer"},
        "data": ["Где мой заказ?"], "seller_id": "7"})
}

fn read(body: &Value) -> ChatPush {
    let Ok(Push::Chat(push)) = Push::read(body.to_string().as_bytes()) else {
        panic!("{body} is about a chat");
    };
    push
}

#[test]
fn a_push_says_where_to_look_and_not_what_was_written() {
    let push = read(&body());
    assert_eq!((push.event, push.chat_id.as_str()), (ChatEvent::NewMessage, "c-1"));
    assert_eq!((push.message_id.as_deref(), push.seller_id.as_deref()), (Some("30"), Some("7")));
    assert_eq!((&push.kind, &push.author.kind), (&ChatKind::BuyerSeller, &AuthorKind::Customer));
    assert_eq!(push.created_at, Some("2026-03-10T14:08:00.257Z".parse().unwrap()));
    assert!(push.kind.is_customer());
    assert!(!format!("{push:?}").contains("заказ"), "{push:?}");
}

#[test]
fn every_type_is_known() {
    for (name, event) in [
        ("TYPE_NEW_MESSAGE", ChatEvent::NewMessage),
        ("TYPE_UPDATE_MESSAGE", ChatEvent::MessageChanged),
        ("TYPE_MESSAGE_READ", ChatEvent::MessageRead),
        ("type_chat_closed", ChatEvent::ChatClosed),
    ] {
        let mut body = body();
        body["message_type"] = json!(name);
        assert_eq!(read(&body).event, event);
    }
    let ping = json!({"message_type": "TYPE_PING", "time": "2019-08-24T14:15:22Z"});
    assert_eq!(Push::read(ping.to_string().as_bytes()), Ok(Push::Ping));
    let other = json!({"message_type": "TYPE_ORDER_NEW", "chat_id": 5});
    let expected = Push::Other("TYPE_ORDER_NEW".to_owned());
    assert_eq!(Push::read(other.to_string().as_bytes()), Ok(expected));
}

#[test]
fn ids_are_texts_or_numbers_of_any_size() {
    let body =
        br#"{"message_type": "TYPE_MESSAGE_READ", "chat_id": 5, "message_id": 30000000001280042740,
        "last_read_message_id": 3000000000817031942, "seller_id": 7, "user": {"id": 8}}"#;
    let Ok(Push::Chat(push)) = Push::read(body) else {
        panic!("it is about a chat");
    };
    assert_eq!((push.chat_id.as_str(), push.seller_id.as_deref()), ("5", Some("7")));
    assert_eq!(push.message_id.as_deref(), Some("30000000001280042740"));
    assert_eq!(push.last_read_message_id.as_deref(), Some("3000000000817031942"));
    assert_eq!(push.author.id.as_deref(), Some("8"));
    assert_eq!(push.kind, ChatKind::Other(String::new()));
}

#[test]
fn what_is_no_push_has_the_code_that_ozon_wants_to_hear() {
    for (body, error, code) in [
        (
            json!({"chat_id": "c-1"}),
            PushError::Missing("message_type"),
            "ERROR_PARAMETER_VALUE_MISSED",
        ),
        (
            json!({"message_type": ""}),
            PushError::Missing("message_type"),
            "ERROR_PARAMETER_VALUE_MISSED",
        ),
        (
            json!({"message_type": "TYPE_NEW_MESSAGE", "chat_id": null}),
            PushError::Missing("chat_id"),
            "ERROR_PARAMETER_VALUE_MISSED",
        ),
        (json!([]), PushError::Unreadable, "ERROR_UNKNOWN"),
    ] {
        assert_eq!(Push::read(body.to_string().as_bytes()), Err(error), "{body}");
        assert_eq!(error.code(), code);
    }
    for bytes in [&b""[..], b"\xFF", b"<html>", b"{\"message_type\": \"\\ud83d\"}"] {
        assert_eq!(Push::read(bytes), Err(PushError::Unreadable));
    }
}

/// The published examples, where they are at hand.
#[test]
fn published_pushes_are_understood() {
    let Some(file) = shared("specs/ozon/push-examples.json") else {
        return;
    };
    let published: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let pushes = published["chat_pushes"].as_object().unwrap();
    assert_eq!(pushes.len(), 4);
    for (name, body) in pushes {
        let push = read(body);
        assert_eq!(push.chat_id, body["chat_id"].as_str().unwrap(), "{name}");
        assert_eq!(push.message_id.as_deref(), body["message_id"].as_str(), "{name}");
        assert_eq!((push.author.kind, push.kind), (AuthorKind::Customer, ChatKind::BuyerSeller));
    }
    assert_eq!(Push::read(published["ping_request"].to_string().as_bytes()), Ok(Push::Ping));
    let kinds = published["chat_type_values_in_pushes_2026-09-28"].as_array().unwrap();
    for kind in kinds {
        let mut body = body();
        body["chat_type"] = kind.clone();
        assert!(!matches!(read(&body).kind, ChatKind::Other(_)), "{kind}");
    }
}
