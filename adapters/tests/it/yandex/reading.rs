//! What is asked for, and how forgivingly the answer is read.

use adapters::http::{Failure, ItemError};
use adapters::yandex::{AuthorKind, ChatsQuery, Page, PageRequest, Review, ReviewsQuery, Scope};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{answer, client, error, impatient, marketplace, ok};

const TIME: &str = "2026-02-08T19:45:14.014+03:00";

fn with(mut item: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

fn review(changes: &Value) -> Value {
    with(json!({"feedbackId": 439_865_822, "createdAt": TIME}), changes)
}

fn message(changes: &Value) -> Value {
    with(json!({"messageId": 100, "createdAt": TIME, "sender": "CUSTOMER"}), changes)
}

async fn reviews(items: &[Value]) -> Page<Review> {
    let (_server, client) = marketplace(ok(&json!({"feedbacks": items}))).await;
    client.reviews(&ReviewsQuery::default(), &PageRequest::default()).await.unwrap()
}

#[tokio::test]
async fn limit_and_token_are_in_the_address_and_filters_in_the_body() {
    let (server, client) = marketplace(ok(&json!({"feedbacks": []}))).await;
    let query = ReviewsQuery {
        need_reaction: true,
        from: Some("2026-02-02T14:30:30Z".parse().unwrap()),
        to: None,
    };
    let page = PageRequest { limit: Some(50), token: Some("a+b/c==&d".to_owned()) };
    client.reviews(&query, &page).await.unwrap();
    client.reviews(&ReviewsQuery::default(), &PageRequest::default()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let asked: Vec<(String, Value)> = requests
        .iter()
        .map(|r| (r.url.as_str().split_once("/v2").unwrap().1.to_owned(), r.body_json().unwrap()))
        .collect();
    let path = "/businesses/1234567/goods-feedback";
    assert_eq!(
        asked,
        [
            (
                format!("{path}?limit=50&pageToken=a%2Bb%2Fc%3D%3D%26d"),
                json!({"reactionStatus": "NEED_REACTION", "dateTimeFrom": "2026-02-02T14:30:30Z"})
            ),
            (path.to_owned(), json!({})),
        ]
    );
}

#[tokio::test]
async fn items_named_by_id_come_on_one_page() {
    let (server, client) = marketplace(ok(&json!({"feedbacks": []}))).await;
    let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
    client.reviews_by_id(&ids).await.unwrap();
    let request = &server.received_requests().await.unwrap()[0];
    // The marketplace's own number is 25.
    assert_eq!(request.url.query(), Some("limit=50"));
    let body: Value = request.body_json().unwrap();
    assert_eq!(body["feedbackIds"].as_array().unwrap().len(), 50);
    assert_eq!(body["feedbackIds"][49], json!(50));
}

#[tokio::test]
async fn the_message_that_is_known_is_left_out() {
    let items = [message(&json!({})), message(&json!({"messageId": 101}))];
    let (server, client) = marketplace(ok(&json!({"messages": items}))).await;
    let history = client.history("7", Some("100"), &PageRequest::default()).await.unwrap();
    let ids: Vec<_> = history.messages.items.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids, ["101"]);
    let all = client.history("7", None, &PageRequest::default()).await.unwrap();
    assert_eq!(all.messages.len(), 2);
    let requests = server.received_requests().await.unwrap();
    let bodies: Vec<Value> = requests.iter().map(|r| r.body_json().unwrap()).collect();
    assert_eq!(bodies, [json!({"messageIdFrom": 100}), json!({})]);
}

#[tokio::test]
async fn a_known_message_that_cannot_be_read_is_left_out_too() {
    let broken = message(&json!({"createdAt": "yesterday"}));
    let items = [broken, json!({"messageId": "new"}), json!(null)];
    let (_server, client) = marketplace(ok(&json!({"messages": items}))).await;
    let history = client.history("7", Some("100"), &PageRequest::default()).await.unwrap();
    let ids: Vec<_> = history.messages.malformed.iter().map(|item| item.id.as_deref()).collect();
    assert_eq!(ids, [Some("new"), None]);
}

#[tokio::test]
async fn the_last_page_is_the_one_that_names_no_other() {
    let asked = PageRequest { limit: None, token: Some("here".to_owned()) };
    for (paging, next) in [
        (json!({"nextPageToken": "there"}), Some("there")),
        (json!({"nextPageToken": 17}), Some("17")),
        (json!({"nextPageToken": "x".repeat(2000)}), Some("x".repeat(2000).as_str())),
        (json!({"nextPageToken": "here"}), None),
        (json!({"nextPageToken": ""}), None),
        (json!({"nextPageToken": null}), None),
        (json!({"prevPageToken": "back"}), None),
        (json!({}), None),
        (json!(null), None),
    ] {
        let (_server, client) = marketplace(ok(&json!({"feedbacks": [], "paging": paging}))).await;
        let page = client.reviews(&ReviewsQuery::default(), &asked).await.unwrap();
        assert_eq!(page.next.as_deref(), next, "{paging}");
    }
    for paging in [json!("there"), json!({"nextPageToken": {"token": "there"}})] {
        let (_server, client) = marketplace(ok(&json!({"feedbacks": [], "paging": paging}))).await;
        let error = client.reviews(&ReviewsQuery::default(), &asked).await.unwrap_err();
        assert_eq!(error.failure, Failure::MalformedAnswer, "{paging}");
    }
}

#[tokio::test]
async fn questions_are_counted() {
    let result = json!({"questions": [], "totalCount": "17"});
    let (_server, client) = marketplace(ok(&result)).await;
    let page = client.questions_by_id(&["1".to_owned()]).await.unwrap();
    assert_eq!((page.total, page.is_empty()), (Some(17), true));
}

#[tokio::test]
async fn one_bad_item_costs_no_other() {
    let bad = [
        (json!(null), ItemError::NotAnObject),
        (json!("слова"), ItemError::NotAnObject),
        (json!({"createdAt": TIME}), ItemError::NoId("feedbackId")),
        (json!({"feedbackId": 1}), ItemError::NoTime("createdAt")),
        (review(&json!({"createdAt": "yesterday"})), ItemError::NoTime("createdAt")),
        (review(&json!({"description": "слова"})), ItemError::NoText("description")),
        (review(&json!({"description": {"comment": ["слова"]}})), ItemError::NoText("comment")),
    ];
    let mut items = vec![review(&json!({}))];
    items.extend(bad.iter().map(|(item, _)| item.clone()));
    items.push(review(&json!({"feedbackId": "last"})));
    let page = reviews(&items).await;
    let ids: Vec<_> = page.items.iter().map(|review| review.id.as_str()).collect();
    assert_eq!(ids, ["439865822", "last"]);
    let kept: Vec<_> = page
        .malformed
        .iter()
        .map(|item| (serde_json::from_str::<Value>(&item.raw).unwrap(), item.error))
        .collect();
    assert_eq!(kept, bad, "every bad item is kept as it came");
    assert_eq!(page.malformed[3].id.as_deref(), Some("1"));
    assert!(!format!("{page:?}").contains("слова"));
}

#[tokio::test]
async fn ids_and_flags_may_be_written_in_either_way() {
    let text = json!({"feedbackId": "439865822", "needReaction": "True",
        "identifiers": {"orderId": "55", "offerId": 17}, "statistics": {"rating": "5", "commentsCount": "2"}});
    let plain = json!({"needReaction": true,
        "identifiers": {"orderId": 55, "offerId": "17"}, "statistics": {"rating": 5, "commentsCount": 2}});
    let page = reviews(&[review(&text), review(&plain)]).await;
    assert_eq!(page.items[0], page.items[1]);
    let read = &page.items[0];
    assert_eq!(
        (read.needs_reaction, read.rating, read.comments_count),
        (Some(true), Some(5), Some(2))
    );
    assert_eq!((read.order_id.as_deref(), read.offer_id.as_deref()), (Some("55"), Some("17")));
    assert!(read.facts.is_empty(), "{:?}", read.facts);
    let huge = review(&json!({"feedbackId": 18_446_744_073_709_551_615_u64}));
    assert_eq!(reviews(&[huge]).await.items[0].id, "18446744073709551615");
}

#[tokio::test]
async fn what_is_odd_or_new_is_kept_as_it_came() {
    let odd = json!({"needReaction": "maybe", "author": 5, "somethingNew": {"a": [1]},
        "identifiers": {"modelId": 4_872_158_996_u64}, "media": {"photos": ["a", 1]},
        "statistics": {"rating": 11, "recommended": true}, "description": {"emotion": "joy"}});
    let read = reviews(&[review(&odd)]).await.items.remove(0);
    assert_eq!(Value::Object(read.facts), odd);
    assert_eq!((read.rating, read.author, read.needs_reaction), (None, None, None));
}

#[tokio::test]
async fn nulls_blanks_and_absent_fields_are_the_same() {
    let null = json!({"author": null, "description": null, "media": null, "identifiers": null,
        "statistics": null, "needReaction": null});
    let blank = json!({"author": " ", "description": {"comment": "", "advantages": null},
        "media": {"photos": null}, "identifiers": {}, "statistics": {}});
    let page = reviews(&[review(&json!({})), review(&null), review(&blank)]).await;
    assert_eq!(page.items[0], page.items[1]);
    assert_eq!(page.items[0], page.items[2]);
    assert_eq!((page.items[0].text.as_str(), page.items[0].photos.len()), ("", 0));
}

#[tokio::test]
async fn a_question_is_known_by_the_id_inside() {
    let question = |changes: &Value| {
        let identifiers = json!({"id": 11, "offerId": "SKU-1", "categoryId": 90});
        with(json!({"questionIdentifiers": identifiers, "createdAt": TIME}), changes)
    };
    let items = [
        question(
            &json!({"text": "Подойдёт?", "author": {"type": "USER", "name": "Иван"}, "votes": {"likes": 1}}),
        ),
        question(&json!({"questionIdentifiers": {"offerId": "SKU-1"}})),
        question(&json!({"createdAt": null})),
        json!({"id": 11}),
    ];
    let (_server, client) = marketplace(ok(&json!({"questions": items}))).await;
    let page = client.questions_by_id(&["11".to_owned()]).await.unwrap();
    let read = &page.items[0];
    assert_eq!((read.id.as_str(), read.offer_id.as_deref()), ("11", Some("SKU-1")));
    assert_eq!(read.author.as_ref().unwrap().kind, AuthorKind::User);
    let facts = json!({"questionIdentifiers": {"categoryId": 90}, "votes": {"likes": 1}});
    assert_eq!(json!(read.facts), facts);
    let bad: Vec<_> = page.malformed.iter().map(|item| item.id.as_deref()).collect();
    assert_eq!(bad, [None, Some("11"), None]);
}

#[tokio::test]
async fn a_key_is_told_by_its_name_and_scopes() {
    let key =
        json!({"apiKey": {"name": "Ответы", "authScopes": ["COMMUNICATION", "SOMETHING_NEW"]}});
    let (server, client) = marketplace(ok(&key)).await;
    let read = client.key().await.unwrap();
    assert_eq!(read.name, "Ответы");
    assert_eq!(read.scopes, [Scope::Communication, Scope::Other("SOMETHING_NEW".to_owned())]);
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/v2/auth/token"));
    for odd in [json!({}), json!({"apiKey": null}), json!({"apiKey": {"name": "Ответы"}})] {
        let (_server, client) = marketplace(ok(&odd)).await;
        assert_eq!(client.key().await.unwrap_err().failure, Failure::MalformedAnswer, "{odd}");
    }
}

#[tokio::test]
async fn only_the_marketplace_itself_can_say_that_there_is_no_such_item() {
    let unknown = || error(404, "NOT_FOUND", "Chat not found: 7");
    let (_server, client) = marketplace(unknown()).await;
    assert_eq!(client.chat("7").await.unwrap(), None);
    assert_eq!(client.message("7", "1").await.unwrap(), None);
    for (template, failure) in [
        (ResponseTemplate::new(404).set_body_string("<html>nginx</html>"), Failure::NotFound),
        (ResponseTemplate::new(404), Failure::NotFound),
        (error(200, "NOT_FOUND", "Chat not found: 7"), Failure::NotFound),
        (error(500, "NOT_FOUND", "Chat not found: 7"), Failure::ServerError),
    ] {
        let (_server, client) = marketplace(template).await;
        assert_eq!(client.chat("7").await.unwrap_err().failure, failure);
    }
}

#[tokio::test]
async fn a_success_that_is_none_is_a_failure() {
    for body in [
        "<html>login</html>".to_owned(),
        String::new(),
        "{\"status\":\"OK\",\"result\":{\"feedbacks\":[".to_owned(),
        json!({"status": "OK"}).to_string(),
        json!({"status": "OK", "result": null}).to_string(),
        json!({"status": "OK", "result": []}).to_string(),
        json!({"status": "OK", "result": {"reviews": []}}).to_string(),
        json!({"status": "OK", "result": {"feedbacks": "none"}}).to_string(),
        format!("{{\"result\":{}", "{\"result\":".repeat(100_000)),
    ] {
        let template = ResponseTemplate::new(200).set_body_string(body.clone());
        let (_server, client) = marketplace(template).await;
        let asked = client.reviews(&ReviewsQuery::default(), &PageRequest::default()).await;
        let start: String = body.chars().take(60).collect();
        assert_eq!(asked.unwrap_err().failure, Failure::MalformedAnswer, "{start}");
    }
    let (_server, client) = marketplace(ok(&json!({"feedbacks": null}))).await;
    let page = client.reviews(&ReviewsQuery::default(), &PageRequest::default()).await.unwrap();
    assert!(page.is_empty(), "an empty list may be null");
}

#[tokio::test]
async fn a_slow_page_is_given_up() {
    let slow = ok(&json!({"chats": []})).set_delay(std::time::Duration::from_secs(30));
    let (server, _) = marketplace(slow).await;
    let asked =
        impatient(&server.uri()).chats(&ChatsQuery::default(), &PageRequest::default()).await;
    assert_eq!(asked.unwrap_err().failure, Failure::NoAnswer { timed_out: true });
}

#[tokio::test]
async fn an_address_with_a_path_keeps_it() {
    let (server, _) = marketplace(answer(200, &json!({}))).await;
    for base in ["/yandex", "/yandex/"] {
        let _ = client(&format!("{}{base}", server.uri())).chat("7").await;
    }
    let requests = server.received_requests().await.unwrap();
    let paths: Vec<_> = requests.iter().map(|request| request.url.path()).collect();
    assert_eq!(paths, ["/yandex/v2/businesses/1234567/chat"; 2]);
}
