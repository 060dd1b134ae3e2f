//! Listing, counting and single reviews.

use std::collections::BTreeSet;

use reqwest::Method;
use sandbox::ReviewSource;
use serde_json::{Value, json};

use crate::play::{Play, SELLER, play, play_with};

fn ids(feedbacks: &[Value]) -> Vec<&str> {
    feedbacks.iter().map(|feedback| feedback["id"].as_str().unwrap()).collect()
}

async fn total(play: &Play) -> usize {
    usize::try_from(play.state().await["wildberries"][SELLER]["reviews"].as_u64().unwrap()).unwrap()
}

#[tokio::test]
async fn both_lists_together_hold_every_review_once() {
    let play = play(&[]).await;
    let (waiting, processed) = (play.list(false).await, play.list(true).await);
    let all: BTreeSet<&str> = ids(&waiting).into_iter().chain(ids(&processed)).collect();
    assert_eq!(all.len(), total(&play).await);
    assert_eq!(all.len(), waiting.len() + processed.len());
    assert!(all.iter().all(|id| id.len() == 20));
    assert!(waiting.iter().all(|feedback| feedback["answer"].is_null()));
    assert!(processed.iter().any(|feedback| feedback["answer"].is_object()));
    assert!(
        processed.iter().any(|feedback| feedback["answer"].is_null()),
        "a rating alone needs no answer"
    );
}

#[tokio::test]
async fn pages_follow_each_other_in_either_order() {
    let play = play(&[]).await;
    let page = async |take: usize, skip: usize, order: &str| {
        let path = format!("/api/v1/feedbacks?isAnswered=false&take={take}&skip={skip}{order}");
        play.get(&path).await.feedbacks()
    };
    let whole = page(5000, 0, "").await;
    let mut paged = Vec::new();
    while paged.len() < whole.len() {
        let next = page(7, paged.len(), "&order=dateDesc").await;
        assert!(!next.is_empty());
        paged.extend(next);
    }
    assert_eq!(paged, whole);
    let dates: Vec<&str> =
        whole.iter().map(|feedback| feedback["createdDate"].as_str().unwrap()).collect();
    assert!(dates.is_sorted_by(|a, b| a >= b));
    let mut backwards = page(5000, 0, "&order=dateAsc").await;
    backwards.reverse();
    assert_eq!(backwards, whole);
    assert!(page(5000, whole.len(), "").await.is_empty());
}

#[tokio::test]
async fn a_list_is_narrowed_by_product_and_by_period() {
    let play = play(&[]).await;
    let whole = play.list(false).await;
    let nm_id = &whole[0]["productDetails"]["nmId"];
    let path = format!("/api/v1/feedbacks?isAnswered=false&take=5000&skip=0&nmId={nm_id}");
    let narrowed = play.get(&path).await.feedbacks();
    let expected: Vec<&Value> =
        whole.iter().filter(|feedback| &feedback["productDetails"]["nmId"] == nm_id).collect();
    assert!(expected.len() < whole.len());
    assert_eq!(narrowed.iter().collect::<Vec<_>>(), expected);

    let second = |feedback: &Value| {
        let date: chrono::DateTime<chrono::Utc> =
            feedback["createdDate"].as_str().unwrap().parse().unwrap();
        date.timestamp()
    };
    let (to, from) = (second(&whole[3]), second(&whole[10]));
    let path =
        format!("/api/v1/feedbacks?isAnswered=false&take=5000&skip=0&dateFrom={from}&dateTo={to}");
    assert_eq!(play.get(&path).await.feedbacks(), whole[3..=10]);
    let path = format!("/api/v1/feedbacks/count?isAnswered=false&dateFrom={from}&dateTo={to}");
    assert_eq!(play.get(&path).await.json()["data"], 8);
}

#[tokio::test]
async fn parameters_out_of_bounds_are_refused_with_their_name() {
    let play = play(&[]).await;
    for (path, text) in [
        ("feedbacks?take=1&skip=0", "Плохой формат isAnswered"),
        ("feedbacks?isAnswered=maybe&take=1&skip=0", "Плохой формат isAnswered"),
        ("feedbacks?isAnswered=false&skip=0", "Плохой формат take"),
        ("feedbacks?isAnswered=false&take=5001&skip=0", "Плохой формат take"),
        ("feedbacks?isAnswered=false&take=1&skip=199991", "Плохой формат skip"),
        ("feedbacks?isAnswered=false&take=1&skip=0&dateFrom=today", "Плохой формат dateFrom"),
        ("feedbacks?isAnswered=false&take=1&skip=0&dateTo=x", "Плохой формат dateTo"),
        ("feedbacks?isAnswered=false&take=1&skip=0&order=up", "Плохой формат order"),
        ("feedbacks/count?isAnswered=1", "Плохой формат isAnswered"),
        ("feedbacks/archive?take=9999&skip=0", "Плохой формат take"),
    ] {
        let answer = play.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(answer.json()["errorText"], text, "{path}");
    }
}

#[tokio::test]
async fn counters_agree_with_the_lists() {
    let play = play(&[]).await;
    let (waiting, processed) = (play.list(false).await.len(), play.list(true).await.len());
    let path = "/api/v1/feedbacks?isAnswered=true&take=1&skip=0";
    let data = play.get(path).await.json()["data"].clone();
    assert_eq!(
        (&data["countUnanswered"], &data["countArchive"]),
        (&json!(waiting), &json!(processed))
    );
    let counted = play.get("/api/v1/feedbacks/count-unanswered").await.json()["data"].clone();
    assert_eq!(counted["countUnanswered"], waiting);
    assert!(counted["countUnansweredToday"].as_u64().unwrap() <= waiting as u64);
    assert_eq!(play.get("/api/v1/feedbacks/count").await.json()["data"], processed);
    let new = play.get("/api/v1/new-feedbacks-questions").await.json()["data"].clone();
    assert_eq!(new, json!({ "hasNewFeedbacks": true, "hasNewQuestions": false }));
    let archived = play.get("/api/v1/feedbacks/archive?take=5000&skip=0").await.feedbacks();
    assert_eq!(archived, play.list(true).await);
}

#[tokio::test]
async fn a_review_is_archived_after_thirty_days() {
    let play = play(&[]).await;
    assert!(!play.list(false).await.is_empty());
    play.advance_clock(31 * 24 * 3600).await;
    assert_eq!(play.list(false).await, Vec::<Value>::new());
}

#[tokio::test]
async fn one_review_is_read_by_its_id() {
    let play = play(&[]).await;
    let listed = play.list(false).await.remove(5);
    let path = format!("/api/v1/feedback?id={}", listed["id"].as_str().unwrap());
    assert_eq!(play.get(&path).await.json()["data"], listed);
    for path in ["/api/v1/feedback?id=unknown", "/api/v1/feedback"] {
        let answer = play.get(path).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["errorText"], "Невозможно получить отзыв по id");
    }
}

#[tokio::test]
async fn supplements_and_their_reviews_name_each_other() {
    let play = play(&[]).await;
    let all: Vec<Value> = play.list(false).await.into_iter().chain(play.list(true).await).collect();
    let supplements: Vec<&Value> =
        all.iter().filter(|review| review["parentFeedbackId"].is_string()).collect();
    assert_eq!(supplements.len(), 3);
    for supplement in supplements {
        let parent =
            all.iter().find(|review| review["id"] == supplement["parentFeedbackId"]).unwrap();
        assert_eq!(parent["childFeedbackId"], supplement["id"]);
        assert!(parent["createdDate"].as_str() < supplement["createdDate"].as_str());
    }

    let parent = play.waiting().await;
    let supplement = json!({ "text": "Дополняю: сломалось", "rating": 1, "adds_to": parent });
    let child = play.add_review(supplement).await;
    assert_eq!(play.review(&parent).await["feedback"]["childFeedbackId"], *child);
    assert_eq!(play.review(&child).await["feedback"]["parentFeedbackId"], *parent);
}

#[tokio::test]
async fn buyers_write_rewrite_and_delete_through_control() {
    let play = play_with(|config| config.reviews = ReviewSource::nothing()).await;
    assert_eq!(play.list(false).await, Vec::<Value>::new());
    let id = play.add_review(json!({ "text": "Хорошо", "rating": 4, "product": "Кружка" })).await;
    let path = format!("/control/wildberries/{SELLER}/reviews/{id}");
    let changes = json!({ "text": "Разбилась", "rating": 1 });
    assert_eq!(play.control(Method::PATCH, &path, Some(changes)).await.status, 204);
    let listed = play.list(false).await;
    assert_eq!(ids(&listed), [&id]);
    assert_eq!(listed[0]["text"], "Разбилась");
    assert_eq!(listed[0]["productValuation"], 1);
    assert_eq!(listed[0]["productDetails"]["productName"], "Кружка");
    assert_eq!(play.control(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(play.list(false).await, Vec::<Value>::new());
    assert_eq!(play.control(Method::GET, &path, None).await.status, 404);
}

#[tokio::test]
async fn a_review_put_aside_is_processed_without_an_answer() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    let path = format!("/control/wildberries/{SELLER}/reviews/{id}/handled");
    assert_eq!(play.control(Method::PUT, &path, None).await.status, 204);
    assert!(!ids(&play.list(false).await).contains(&id.as_str()));
    let processed = play.list(true).await;
    let review = processed.iter().find(|review| review["id"] == *id).unwrap();
    assert_eq!(review["answer"], Value::Null);
}

#[tokio::test]
async fn a_short_source_is_gone_round_with_fresh_ids() {
    let play = play_with(|config| config.reviews.count = Some(300)).await;
    assert_eq!(total(&play).await, 300);
    let (waiting, processed) = (play.list(false).await, play.list(true).await);
    let all: BTreeSet<&str> = ids(&waiting).into_iter().chain(ids(&processed)).collect();
    assert_eq!(all.len(), 300);
}

#[tokio::test]
async fn a_control_call_that_cannot_be_is_refused_with_its_reason() {
    let play = play(&[]).await;
    for (method, path, body, status, reason) in [
        (Method::PUT, "/control/faults", json!({ "sloow": 1 }), 422, "unknown variant `sloow`"),
        (
            Method::PATCH,
            "/control/faults",
            json!({ "slow": 2 }),
            422,
            "a number from 0 to 1, found 2",
        ),
        (Method::POST, "/control/clock", json!({ "seconds": -1 }), 422, "seconds"),
        (
            Method::POST,
            "/control/wildberries/nobody/tokens",
            json!({ "token": "t" }),
            404,
            "no such seller",
        ),
        (
            Method::POST,
            "/control/wildberries/demo/reviews",
            json!({ "text": "?", "rating": 6 }),
            422,
            "rating must be a whole number from 1 to 5, found 6",
        ),
    ] {
        let answer = play.control(method, path, Some(body)).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(answer.json()["error"].as_str().unwrap().contains(reason), "{}", answer.text);
    }
}
