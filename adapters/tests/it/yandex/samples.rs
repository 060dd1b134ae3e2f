//! Nothing that the marketplace gives is lost: every field of captured reviews is found again.

use adapters::yandex::{PageRequest, Review, ReviewsQuery};
use serde_json::{Value, json};

use super::{answer, marketplace};
use crate::description::shared;
use crate::samples::{leaves_of, plain};

/// Reviews made by hand after captured ones.
fn made() -> Value {
    serde_json::from_str(include_str!("reviews.json")).unwrap()
}

#[tokio::test]
async fn reviews_made_by_hand_are_read_without_loss() {
    assert_eq!(read_without_loss(&made()).await, 2);
}

#[tokio::test]
async fn captured_reviews_are_read_without_loss() {
    let Some(file) = shared("data/wb_feedbacks_samples/ym_goods_feedback.json") else {
        return;
    };
    let page = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(read_without_loss(&page).await, 16);
}

async fn read(page: &Value) -> Vec<Review> {
    let (_server, client) = marketplace(answer(200, page)).await;
    let read = client.reviews(&ReviewsQuery::default(), &PageRequest::default()).await.unwrap();
    assert!(read.malformed.is_empty(), "{:?}", read.malformed);
    let next = &page["result"]["paging"]["nextPageToken"];
    assert_eq!(read.next.as_deref(), next.as_str());
    read.items
}

/// Serves `page`, reads it and compares every review with what was given. Returns how many there were.
async fn read_without_loss(page: &Value) -> usize {
    let given = page["result"]["feedbacks"].as_array().unwrap();
    let read = read(page).await;
    assert_eq!(read.len(), given.len());
    for (review, given) in read.iter().zip(given) {
        assert_eq!(told(review), plain(given), "{}", review.id);
    }
    given.len()
}

/// Writes a review in the marketplace's words again.
fn told(review: &Review) -> Value {
    let number = |id: &str| json!(id.parse::<u64>().unwrap());
    let mut told = Value::Object(review.facts.clone());
    let mut put = |path: &[&str], value: Value| {
        let place = path.iter().fold(&mut told, |place, name| &mut place[*name]);
        assert_eq!(std::mem::replace(place, value), Value::Null, "{path:?} is told once");
    };
    put(&["feedbackId"], number(&review.id));
    put(&["createdAt"], json!(review.created_at));
    put(&["needReaction"], json!(review.needs_reaction));
    put(&["author"], json!(review.author));
    put(&["description", "comment"], json!(review.text));
    put(&["description", "advantages"], json!(review.pros));
    put(&["description", "disadvantages"], json!(review.cons));
    put(&["media", "photos"], json!(review.photos));
    put(&["media", "videos"], json!(review.videos));
    put(&["identifiers", "offerId"], json!(review.offer_id));
    put(&["identifiers", "orderId"], review.order_id.as_deref().map_or(Value::Null, number));
    put(&["statistics", "rating"], json!(review.rating));
    put(&["statistics", "commentsCount"], json!(review.comments_count));
    plain(&told)
}

/// The comparison above can fail: a field changed in any place is noticed.
#[tokio::test]
async fn a_changed_field_would_be_noticed() {
    let page = made();
    let review = read(&page).await.remove(0);
    let given = &page["result"]["feedbacks"][0];
    let leaves = leaves_of(given, String::new());
    assert!(leaves.len() > 12, "{leaves:?}");
    for pointer in leaves {
        let mut changed = given.clone();
        *changed.pointer_mut(&pointer).unwrap() = json!("changed");
        assert_ne!(told(&review), plain(&changed), "{pointer}");
    }
}
