//! Reviews from files: captured pages are served verbatim, words and ratings are dressed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sandbox::{ReviewOrigin, ReviewSource};
use serde_json::{Value, json};

use crate::play::{Play, play_with};

const CAPTURED: &str = include_str!("excerpt/captured.json");
const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

async fn play_file(path: &Path, count: Option<usize>) -> Play {
    let origin = ReviewOrigin::File(path.to_owned());
    play_with(|config| config.reviews = ReviewSource { origin, count }).await
}

/// All reviews by id.
async fn all(play: &Play) -> BTreeMap<String, Value> {
    let mut all = play.list(false).await;
    all.extend(play.list(true).await);
    by_id(all)
}

fn by_id(reviews: Vec<Value>) -> BTreeMap<String, Value> {
    reviews.into_iter().map(|review| (review["id"].as_str().unwrap().to_owned(), review)).collect()
}

fn feedbacks(page: &str) -> Vec<Value> {
    let page: Value = serde_json::from_str(page).unwrap();
    page["data"]["feedbacks"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_captured_page_an_array_and_lines_are_served_verbatim() {
    let folder = tempfile::tempdir().unwrap();
    let reviews = feedbacks(CAPTURED);
    let lines: Vec<String> = reviews.iter().map(Value::to_string).collect();
    for text in [CAPTURED.to_owned(), json!(reviews).to_string(), lines.join("\n")] {
        let path = folder.path().join("captured");
        std::fs::write(&path, text).unwrap();
        assert_eq!(all(&play_file(&path, None).await).await, by_id(reviews.clone()));
    }
}

#[tokio::test]
async fn captured_reviews_can_be_answered_and_gone_round_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("captured.json");
    std::fs::write(&path, CAPTURED).unwrap();
    let play = play_file(&path, Some(4)).await;
    let reviews = all(&play).await;
    assert_eq!(reviews.len(), 4);
    for review in reviews.values().filter(|review| review["childFeedbackId"].is_string()) {
        let child = &reviews[review["childFeedbackId"].as_str().unwrap()];
        assert_eq!(child["parentFeedbackId"], review["id"]);
    }

    let id = "QbZrTnWkLmXcVyHdPsGf";
    assert_eq!(play.answer(id, "Спасибо!").await.status, 204);
    let mut expected = reviews[id].clone();
    expected["answer"] = json!({ "text": "Спасибо!", "state": "wbRu", "editable": true });
    expected["wasViewed"] = json!(true);
    assert_eq!(all(&play).await[id], expected);
    // Its answer says that it may not be edited.
    play.edit("JtRwEkNvBxMzQpLcYhDs", "Иначе").await;
    assert_eq!(all(&play).await["JtRwEkNvBxMzQpLcYhDs"], reviews["JtRwEkNvBxMzQpLcYhDs"]);
}

#[tokio::test]
async fn words_and_ratings_of_anybody_become_reviews() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reviews.jsonl");
    std::fs::write(
        &path,
        "{\"text\":\"Тёплая шапка\",\"rating\":5,\"cons\":\"колется\",\"product\":\"Шапка\"}\n{\"text\":\"\",\"rating\":2}\n",
    )
    .unwrap();
    let play = play_file(&path, None).await;
    let reviews = all(&play).await;
    let hat = reviews.values().find(|review| review["text"] == "Тёплая шапка").unwrap();
    assert_eq!(
        (&hat["cons"], &hat["productDetails"]["productName"]),
        (&json!("колется"), &json!("Шапка"))
    );
    assert!(reviews.values().any(|review| review["productValuation"] == 2));
    assert_eq!(reviews.len(), 2);
}

#[tokio::test]
async fn real_captured_reviews_are_served_verbatim() {
    let path = PathBuf::from(SHARED).join("wb_feedbacks_samples/wb_seller_feedbacks.json");
    if !path.is_file() {
        return;
    }
    let captured = by_id(feedbacks(&std::fs::read_to_string(&path).unwrap()));
    assert_eq!(captured.len(), 238);
    assert_eq!(all(&play_file(&path, None).await).await, captured);
}

#[tokio::test]
async fn thousands_of_real_words_and_ratings_become_reviews() {
    let path = PathBuf::from(SHARED).join("reviews/reviews.jsonl");
    if !path.is_file() {
        return;
    }
    let lines = std::fs::read_to_string(&path).unwrap().lines().count();
    let play = play_file(&path, None).await;
    let waiting = play.get("/api/v1/feedbacks/count?isAnswered=false").await.json();
    assert_eq!(waiting["data"], lines);
}
