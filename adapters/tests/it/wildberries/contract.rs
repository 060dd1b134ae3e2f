//! What is sent is what the specification asks for, and every answer it shows is understood.

use adapters::http::{Failure, SendOutcome};
use adapters::wildberries::{Client, Feedback, ListQuery, Order, Question, Review};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use super::specification::{Example, Specification};
use super::{json as answer, marketplace};
use crate::description::shared;

const LIST: &str = "/api/v1/feedbacks";
const ONE: &str = "/api/v1/feedback";
const ANSWER: &str = "/api/v1/feedbacks/answer";
const QUESTIONS: &str = "/api/v1/questions";
const QUESTION: &str = "/api/v1/question";

pub(super) fn template(example: &Example) -> ResponseTemplate {
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
pub(super) fn expected(status: u16) -> Option<Failure> {
    match status {
        200 | 204 => None,
        400 | 422 => Some(Failure::BadRequest),
        404 => Some(Failure::NotFound),
        401 => Some(Failure::Unauthorized),
        402 => Some(Failure::PaymentRequired),
        403 => Some(Failure::NoRight),
        429 => Some(Failure::RateLimited { retry_after: std::time::Duration::from_secs(1) }),
        other => panic!("{other} is new in the specification"),
    }
}

/// Every word for people that an example holds is found in what is kept of it.
pub(super) fn words_of(body: &Value) -> &str {
    let given = [&body["errorText"], &body["detail"]].into_iter().find_map(Value::as_str);
    given.unwrap_or_default()
}

#[tokio::test]
async fn requests_are_as_specified() {
    let page = json!({"data": {"feedbacks": []}});
    let (server, client) = marketplace(answer(200, &page)).await;
    let everything = |take, skip| ListQuery {
        is_answered: true,
        take,
        skip,
        order: Some(Order::DateDesc),
        date_from: Some(1_688_465_092),
        date_to: Some(1_688_465_092),
    };
    let reviews = everything(Review::TAKE_MAX, Review::SKIP_MAX);
    let _ = client.list::<Review>(&reviews).await;
    let _ = client.list::<Review>(&ListQuery { order: Some(Order::DateAsc), ..reviews }).await;
    let _ = client.list::<Question>(&everything(Question::TAKE_MAX, Question::SKIP_MAX)).await;
    let _ = client.item::<Question>("ljAVapEBL38RyMdRln61").await;
    let _ = client.answer_question("n5um6IUBQOOSTxXoo0gV", "Да, подойдёт.").await;
    let _ = client.list::<Review>(&ListQuery::default()).await;
    let _ = client.item::<Review>("G7Y9Y1kBAtKOitoBT_lV").await;
    let _ = client.answer("J2FMRjUj6hwvwCElqssz", "Спасибо за Ваш отзыв!").await;
    let _ = client.edit_answer("J2FMRjUj6hwvwCElqssz", "Спасибо!").await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 9);
    for specification in Specification::all() {
        requests.iter().for_each(|request| specification.check_request(request));
    }
}

/// Gives every answer that the specification has for a list of `T`.
async fn every_list<T: Feedback>(path: &str) {
    for specification in Specification::all() {
        let examples = specification.examples("GET", path);
        assert!(examples.len() >= 5, "{}", specification.0.name);
        for example in examples {
            let (_server, client) = serving(&example).await;
            match client.list::<T>(&ListQuery::default()).await {
                Ok(page) => {
                    assert_eq!(expected(example.status), None);
                    assert_eq!((page.items.len(), page.malformed.len()), (1, 0));
                }
                Err(error) => {
                    assert_eq!(Some(error.failure), expected(example.status));
                    assert_eq!(error.words.as_deref(), Some(words_of(&example.body)));
                }
            }
        }
    }
}

/// Gives every answer that the specification has for one `T`.
async fn every_item<T: Feedback>(path: &str) {
    for specification in Specification::all() {
        let examples = specification.examples("GET", path);
        assert!(examples.len() >= 3, "{}", specification.0.name);
        for example in examples {
            let (_server, client) = serving(&example).await;
            match client.item::<T>("id").await {
                Ok(Some(item)) => assert_eq!(item.id(), example.body["data"]["id"]),
                Ok(None) => assert_eq!(example.status, 422),
                Err(error) => assert_eq!(Some(error.failure), expected(example.status)),
            }
        }
    }
}

#[tokio::test]
async fn every_answer_to_a_list_is_understood() {
    every_list::<Review>(LIST).await;
    every_list::<Question>(QUESTIONS).await;
}

#[tokio::test]
async fn every_answer_to_a_single_reading_is_understood() {
    every_item::<Review>(ONE).await;
    every_item::<Question>(QUESTION).await;
}

#[tokio::test]
async fn every_answer_to_a_write_is_understood() {
    for specification in Specification::all() {
        for (method, path) in [("POST", ANSWER), ("PATCH", ANSWER), ("PATCH", QUESTIONS)] {
            let examples = specification.examples(method, path);
            assert!(examples.len() >= 3, "{}", specification.0.name);
            for example in examples {
                let (_server, client) = serving(&example).await;
                let outcome = match (method, path) {
                    ("POST", _) => client.answer("id", "Спасибо!").await,
                    (_, ANSWER) => client.edit_answer("id", "Спасибо!").await,
                    _ => client.answer_question("id", "Спасибо!").await,
                };
                match outcome {
                    SendOutcome::Accepted(_) => assert_eq!(expected(example.status), None),
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
