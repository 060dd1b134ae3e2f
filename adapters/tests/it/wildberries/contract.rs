//! What is sent is what the specification asks for, and every answer it shows is understood.

use adapters::wildberries::{Client, Failure, ReviewOrder, ReviewsQuery, SendOutcome};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use super::specification::{Example, Specification};
use super::{json as answer, marketplace, shared};

const LIST: &str = "/api/v1/feedbacks";
const ONE: &str = "/api/v1/feedback";
const ANSWER: &str = "/api/v1/feedbacks/answer";

fn template(example: &Example) -> ResponseTemplate {
    let template = ResponseTemplate::new(example.status);
    if example.content_type.is_empty() {
        template
    } else {
        template.set_body_raw(example.body.to_string(), &example.content_type)
    }
}

async fn serving(example: &Example) -> (MockServer, Client) {
    marketplace(template(example)).await
}

/// The failure that a status stands for; none for success.
fn expected(status: u16) -> Option<Failure> {
    match status {
        200 | 204 => None,
        400 | 422 => Some(Failure::BadRequest),
        401 => Some(Failure::Unauthorized),
        402 => Some(Failure::PaymentRequired),
        403 => Some(Failure::NoRight),
        429 => Some(Failure::RateLimited { retry_after: std::time::Duration::from_secs(1) }),
        other => panic!("{other} is new in the specification"),
    }
}

/// Every word for people that an example holds is found in what is kept of it.
fn words_of(body: &Value) -> &str {
    let given = [&body["errorText"], &body["detail"]].into_iter().find_map(Value::as_str);
    given.unwrap_or_default()
}

#[tokio::test]
async fn requests_are_as_specified() {
    let page = json!({"data": {"feedbacks": []}});
    let (server, client) = marketplace(answer(200, &page)).await;
    let everything = ReviewsQuery {
        is_answered: true,
        take: 5000,
        skip: 199_990,
        order: Some(ReviewOrder::DateDesc),
        date_from: Some(1_688_465_092),
        date_to: Some(1_688_465_092),
    };
    let _ = client.reviews(&everything).await;
    let _ = client.reviews(&ReviewsQuery { order: Some(ReviewOrder::DateAsc), ..everything }).await;
    let _ = client.reviews(&ReviewsQuery::default()).await;
    let _ = client.review("G7Y9Y1kBAtKOitoBT_lV").await;
    let _ = client.answer("J2FMRjUj6hwvwCElqssz", "Спасибо за Ваш отзыв!").await;
    let _ = client.edit_answer("J2FMRjUj6hwvwCElqssz", "Спасибо!").await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 6);
    for specification in Specification::all() {
        requests.iter().for_each(|request| specification.check_request(request));
    }
}

#[tokio::test]
async fn every_answer_to_a_list_is_understood() {
    for specification in Specification::all() {
        let examples = specification.examples("GET", LIST);
        assert!(examples.len() >= 5, "{}", specification.name);
        for example in examples {
            let (_server, client) = serving(&example).await;
            match client.reviews(&ReviewsQuery::default()).await {
                Ok(page) => {
                    assert_eq!(expected(example.status), None);
                    assert_eq!((page.reviews.len(), page.malformed.len()), (1, 0));
                }
                Err(error) => {
                    assert_eq!(Some(error.failure), expected(example.status));
                    assert_eq!(error.words.as_deref(), Some(words_of(&example.body)));
                }
            }
        }
    }
}

#[tokio::test]
async fn every_answer_to_a_single_reading_is_understood() {
    for specification in Specification::all() {
        for example in specification.examples("GET", ONE) {
            let (_server, client) = serving(&example).await;
            match client.review("id").await {
                Ok(Some(review)) => assert_eq!(review.id, example.body["data"]["id"]),
                Ok(None) => assert_eq!(example.status, 422),
                Err(error) => assert_eq!(Some(error.failure), expected(example.status)),
            }
        }
    }
}

#[tokio::test]
async fn every_answer_to_a_write_is_understood() {
    for specification in Specification::all() {
        for (method, path) in [("POST", ANSWER), ("PATCH", ANSWER)] {
            let examples = specification.examples(method, path);
            assert!(examples.len() >= 3, "{}", specification.name);
            for example in examples {
                let (_server, client) = serving(&example).await;
                let outcome = if method == "POST" {
                    client.answer("id", "Спасибо!").await
                } else {
                    client.edit_answer("id", "Спасибо!").await
                };
                match outcome {
                    SendOutcome::Accepted => assert_eq!(example.status, 204),
                    SendOutcome::NotSent(error) => {
                        assert_eq!(Some(error.failure), expected(example.status));
                        assert_eq!(error.words.as_deref(), Some(words_of(&example.body)));
                    }
                    SendOutcome::Unknown(reason) => panic!("{}: {reason:?}", example.body),
                }
            }
        }
    }
}

/// What the tests read as captured or made by hand is what the specification describes.
#[tokio::test]
async fn the_samples_are_as_specified() {
    let made: Value = serde_json::from_str(include_str!("reviews.json")).unwrap();
    let mut pages = vec![json!({"data": {"feedbacks": made}, "error": false})];
    if let Some(file) = shared("data/wb_feedbacks_samples/wb_seller_feedbacks.json") {
        pages.push(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap());
    }
    for specification in Specification::all() {
        pages.iter().for_each(|page| specification.check_answer("GET", LIST, page));
    }
}
