//! Nothing that the marketplace gives is lost: every field of captured reviews is found again.

use adapters::wildberries::{ListQuery, Review};
use serde_json::{Value, json};

use super::{json as answer, marketplace};
use crate::description::shared;
use crate::samples::{leaves_of, plain};

/// Reviews made by hand after captured ones.
fn made() -> Value {
    serde_json::from_str(include_str!("reviews.json")).unwrap()
}

#[tokio::test]
async fn reviews_made_by_hand_are_read_without_loss() {
    let page = json!({"data": {"countUnanswered": 1, "countArchive": 2, "feedbacks": made()}, "error": false});
    assert_eq!(read_without_loss(page).await, 3);
}

#[tokio::test]
async fn captured_reviews_are_read_without_loss() {
    let Some(file) = shared("data/wb_feedbacks_samples/wb_seller_feedbacks.json") else {
        return;
    };
    let page = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(read_without_loss(page).await, 238);
}

#[tokio::test]
async fn captured_empty_pages_are_read() {
    for number in 1..=3 {
        let path = format!("data/wb_feedbacks_samples/wb_seller_feedbacks_empty_{number}.json");
        let Some(file) = shared(&path) else {
            return;
        };
        let page = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(read_without_loss(page).await, 0);
    }
}

/// Serves `page`, reads it and compares every review with what was given. Returns how many there were.
async fn read_without_loss(page: Value) -> usize {
    let given = page["data"]["feedbacks"].as_array().unwrap().clone();
    let (_server, client) = marketplace(answer(200, &page)).await;
    let read = client.list::<Review>(&ListQuery::default()).await.unwrap();
    assert!(read.malformed.is_empty(), "{:?}", read.malformed);
    assert_eq!(read.items.len(), given.len());
    assert_eq!(read.count_archive, page["data"]["countArchive"].as_u64());
    for (review, given) in read.items.iter().zip(&given) {
        assert_eq!(told(review), plain(given), "{}", review.id);
        let stored = serde_json::to_string(review).unwrap();
        assert_eq!(&serde_json::from_str::<Review>(&stored).unwrap(), review);
    }
    given.len()
}

/// Writes a review in the marketplace's words again.
fn told(review: &Review) -> Value {
    let mut told = review.facts.clone();
    let mut put = |name: &str, value: Value| {
        assert_eq!(told.insert(name.to_owned(), value), None, "{name} is told once");
    };
    put("id", json!(review.id));
    put("createdDate", json!(review.created_at));
    put("productValuation", json!(review.rating));
    put("text", json!(review.text));
    put("pros", json!(review.pros));
    put("cons", json!(review.cons));
    put("userName", json!(review.buyer_name));
    put("parentFeedbackId", json!(review.parent_id));
    put("childFeedbackId", json!(review.supplement_id));
    put("video", review.video.as_ref().map_or(Value::Null, |video| {
        json!({"previewImage": video.preview_image, "link": video.link, "durationSec": video.duration_seconds})
    }));
    put("answer", review.answer.as_ref().map_or(Value::Null, |answer| {
        json!({"text": answer.text, "state": answer.state, "editable": answer.editable})
    }));
    let photos =
        review.photos.iter().map(|p| json!({"fullSize": p.full_size, "miniSize": p.mini_size}));
    put("photoLinks", photos.collect());
    let mut product = review.product.facts.clone();
    product.insert("nmId".to_owned(), json!(review.product.nm_id.parse::<u64>().unwrap()));
    product.insert("productName".to_owned(), json!(review.product.name));
    product.insert("supplierArticle".to_owned(), json!(review.product.vendor_code));
    product.insert("brandName".to_owned(), json!(review.product.brand));
    product.insert("size".to_owned(), json!(review.product.size));
    put("productDetails", Value::Object(product));
    plain(&Value::Object(told))
}

/// The comparison above can fail: a field changed in any place is noticed.
#[tokio::test]
async fn a_changed_field_would_be_noticed() {
    let page = json!({"data": {"feedbacks": made()}});
    let (_server, client) = marketplace(answer(200, &page)).await;
    let read = client.list::<Review>(&ListQuery::default()).await.unwrap();
    let given = &made()[1];
    let leaves = leaves_of(given, String::new());
    assert!(leaves.len() > 30, "{leaves:?}");
    for pointer in leaves {
        let mut changed = given.clone();
        *changed.pointer_mut(&pointer).unwrap() = json!("changed");
        assert_ne!(told(&read.items[1]), plain(&changed), "{pointer}");
    }
}
