//! What is asked for, where the next page begins, and answers that are no page.

use adapters::http::Failure;
use adapters::ozon::{ChatsQuery, CommentsQuery, HistoryQuery, QuestionsQuery, ReviewsQuery, Span};
use serde_json::{Value, json};

use super::methods::{self, READS};
use super::reading::{bare_review, history, message, reviews};
use super::{client, impatient, json as answer, marketplace, raw};
use crate::wire::{Then, Wire};

#[tokio::test]
async fn a_page_says_where_the_next_one_begins() {
    for (body, next) in [
        (json!({"reviews": [bare_review()], "has_next": true, "last_id": "r-9"}), Some("r-9")),
        (json!({"reviews": [bare_review()], "last_id": 9}), Some("9")),
        (json!({"reviews": [bare_review()], "has_next": "false", "last_id": "r-9"}), None),
        (json!({"reviews": [], "has_next": true, "last_id": "r-9"}), None),
        (json!({"reviews": null, "has_next": true, "last_id": "r-9"}), None),
        (json!({"reviews": [bare_review()], "has_next": true, "last_id": ""}), None),
        (json!({}), None),
    ] {
        let page = reviews(answer(200, &body)).await;
        assert_eq!(page.continuation(), next, "{body}");
    }
    let two = [message(&json!({})), message(&json!({"message_id": 2}))];
    let page = history(&json!({"messages": two, "has_next": true})).await;
    assert_eq!(page.continuation(), Some("2"), "history goes on at its last message");
    let lost = [message(&json!({})), json!({"message_id": "3"}), json!(null)];
    let page = history(&json!({"messages": lost, "has_next": true})).await;
    assert_eq!(page.continuation(), Some("3"), "even when that cannot be read");
}

#[tokio::test]
async fn comments_go_on_after_a_full_page_only() {
    let comments = |count: usize| {
        let items: Vec<_> = (0..count).map(|n| json!({"id": n, "text": "да"})).collect();
        json!({"comments": items, "offset": 1})
    };
    for (count, next) in [(0, None), (19, None), (20, Some("25"))] {
        let (_server, client) = marketplace(answer(200, &comments(count))).await;
        let query = CommentsQuery { limit: 20, offset: 5, ..methods::comments() };
        let page = client.comments(&query).await.unwrap();
        assert_eq!((page.items.len(), page.continuation()), (count, next));
    }
}

#[tokio::test]
async fn sizes_of_pages_are_brought_into_bounds() {
    let (server, client) = marketplace(answer(200, &json!({}))).await;
    for limit in [0, 50, 5000] {
        let _ = client.chats(&ChatsQuery { limit, ..ChatsQuery::default() }).await;
        let _ = client.history(&HistoryQuery { limit, ..methods::history() }).await;
        let _ = client.reviews(&ReviewsQuery { limit, ..ReviewsQuery::default() }).await;
        let _ = client.comments(&CommentsQuery { limit, ..methods::comments() }).await;
        let _ = client.questions(&QuestionsQuery { limit, ..QuestionsQuery::default() }).await;
    }
    let requests = server.received_requests().await.unwrap();
    let limits: Vec<_> = requests
        .iter()
        .map(|r| r.body_json::<Value>().unwrap()["limit"].as_u64().unwrap())
        .collect();
    assert_eq!(limits, [1, 1, 20, 20, 1, 50, 50, 50, 50, 50, 100, 1000, 100, 100, 100]);
}

#[tokio::test]
async fn history_is_asked_for_in_both_directions() {
    let (server, client) = marketplace(answer(200, &json!({"messages": []}))).await;
    let spans = [
        Span::Backward { from: None },
        Span::Backward { from: Some("5".to_owned()) },
        Span::Forward { from: "30000000001280042740".to_owned() },
    ];
    for span in spans {
        let query =
            HistoryQuery { chat_id: "c-1".to_owned(), span, message_ids: Vec::new(), limit: 10 };
        client.history(&query).await.unwrap();
    }
    let requests = server.received_requests().await.unwrap();
    let bodies: Vec<Value> = requests.iter().map(|r| r.body_json().unwrap()).collect();
    let expected = [
        json!({"chat_id": "c-1", "direction": "Backward", "limit": 10}),
        json!({"chat_id": "c-1", "direction": "Backward", "from_message_id": 5, "limit": 10}),
        json!({"chat_id": "c-1", "direction": "Forward", "from_message_id": "30000000001280042740", "limit": 10}),
    ];
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn a_success_that_is_none_is_a_failure() {
    for path in READS.into_iter().filter(|path| *path != "/v2/review/count") {
        for body in ["<html>login</html>", "", "{\"reviews\": [", "[]", "{\"roles\": 5}", "null"] {
            let odd_list = body.starts_with("{\"roles\"") && path != "/v1/roles";
            if odd_list && !path.ends_with("/info") {
                continue;
            }
            let (_server, client) = marketplace(raw(200, body)).await;
            let error = methods::read(&client, path).await.unwrap_err();
            assert_eq!(error.failure, Failure::MalformedAnswer, "{path} {body}");
        }
    }
    let deep = format!("{{\"reviews\":{}", "[".repeat(100_000));
    for body in ["{\"reviews\": \"none\"}", "{\"reviews\": {}}", &deep] {
        let (_server, client) = marketplace(raw(200, body)).await;
        let error = client.reviews(&ReviewsQuery::default()).await.unwrap_err();
        assert_eq!(error.failure, Failure::MalformedAnswer);
    }
}

#[tokio::test]
async fn a_slow_page_is_given_up() {
    let slow = answer(200, &json!({"reviews": []})).set_delay(std::time::Duration::from_secs(30));
    let (server, _) = marketplace(slow).await;
    let error = impatient(&server.uri()).reviews(&ReviewsQuery::default()).await.unwrap_err();
    assert_eq!(error.failure, Failure::NoAnswer { timed_out: true });
}

#[tokio::test]
async fn a_page_without_end_is_given_up() {
    let wire = Wire::start(&[Then::SayEndlessly(66)]).await;
    let client = client(&wire.url("http"));
    let error = client.reviews(&ReviewsQuery::default()).await.unwrap_err();
    assert_eq!(error.failure, Failure::MalformedAnswer);
}
