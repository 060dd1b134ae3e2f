//! What the marketplace sends by itself.

use adapters::http::ItemError;
use adapters::yandex::{Hint, Notification};
use serde_json::{Value, json};

use super::specification::Specification;

/// The id that the descriptions' examples hold where they hold a number.
const ID: &str = "9007199254740993";

fn read(body: &Value) -> Result<Notification, ItemError> {
    Notification::read(&body.to_string())
}

fn expected(name: &str, body: &Value) -> Hint {
    let id = || ID.to_owned();
    match name {
        "PING" => Hint::Ping,
        "CHAT_CREATED" => Hint::ChatCreated { chat_id: id() },
        "CHAT_MESSAGE_SENT" => {
            let message_id = body["messageId"].as_str().unwrap().to_owned();
            Hint::MessageSent { chat_id: id(), message_id }
        }
        "CHAT_ARBITRAGE_STARTED" => Hint::ArbitrageStarted { chat_id: id() },
        "CHAT_ARBITRAGE_FINISHED" => Hint::ArbitrageFinished { chat_id: id() },
        "GOODS_FEEDBACK_CREATED" => Hint::ReviewCreated { review_id: id() },
        "GOODS_FEEDBACK_COMMENT_CREATED" => Hint::CommentCreated { comment_id: id() },
        "QUESTION_CREATED" => Hint::QuestionCreated { question_id: id() },
        "QUESTION_ANSWER_CREATED" => Hint::AnswerCreated { answer_id: id() },
        "QUESTION_COMMENT_CREATED" => {
            Hint::AnswerCommentCreated { answer_id: id(), comment_id: id() }
        }
        order => Hint::Other(order.to_owned()),
    }
}

#[test]
fn every_notification_is_understood() {
    for specification in Specification::of_notifications() {
        let notifications = specification.notifications();
        assert!(notifications.len() >= 10, "{}", specification.0.name);
        for (name, body) in notifications {
            let read = read(&body).unwrap();
            assert_eq!(read.hint, expected(&name, &body));
            if !matches!(read.hint, Hint::Other(_)) {
                let has_cabinet = read.hint != Hint::Ping;
                let told = (read.business_id.is_some(), read.at.is_some());
                assert_eq!(told, (has_cabinet, true), "{name}");
            }
        }
    }
}

/// What could not be looked up is said to be malformed, and nothing else is.
#[test]
fn a_notification_without_an_id_is_malformed() {
    for (name, body) in Specification::of_notifications()[0].notifications() {
        for field in body.as_object().unwrap().keys() {
            let mut without = body.clone();
            without.as_object_mut().unwrap().remove(field);
            let is_needed = field.ends_with("Id") || field == "notificationType";
            assert_eq!(read(&without).is_err(), is_needed, "{name} without {field}");
        }
    }
}

#[test]
fn a_notification_is_read_forgivingly() {
    let message = json!({"notificationType": "chat_message_sent", "businessId": "5", "chatId": "7", "messageId": 8,
        "sentAt": "soon", "new": {}});
    let read_one = read(&message).unwrap();
    assert_eq!(read_one.business_id.as_deref(), Some("5"));
    assert_eq!(read_one.at, None);
    let hint = Hint::MessageSent { chat_id: "7".to_owned(), message_id: "8".to_owned() };
    assert_eq!(read_one.hint, hint);
    for (body, hint) in [
        (json!({"notificationType": "PING"}), Hint::Ping),
        (
            json!({"notificationType": "ORDER_CREATED", "orderId": 1}),
            Hint::Other("ORDER_CREATED".to_owned()),
        ),
        (json!({"notificationType": "MOON_LANDED"}), Hint::Other("MOON_LANDED".to_owned())),
    ] {
        assert_eq!(read(&body).unwrap().hint, hint);
    }
    for body in ["", "[]", "null", "{}", "{\"notificationType\":", "{\"notificationType\":5}"] {
        Notification::read(body).unwrap_err();
    }
}

#[test]
fn the_time_is_the_one_of_the_event() {
    let body = json!({"notificationType": "GOODS_FEEDBACK_CREATED", "businessId": 5, "feedbackId": 6,
        "createdAt": "2026-02-08T19:45:14.014+03:00", "publishedAt": "2026-02-09T19:45:14Z"});
    let time = "2026-02-08T16:45:14.014Z".parse().unwrap();
    assert_eq!(read(&body).unwrap().at, Some(time));
}
