//! A marketplace's review in our words.

use chrono::{DateTime, Utc};
use domain::interaction::Ingest;
use domain::value::{BuyerWords, Content, Product, Source};
use domain::{AccountId, Channel, Marketplace};
use serde_json::{Value, json};

use crate::wildberries::Review;

/// Turns a page into readings.
pub(super) fn of_page(
    account_id: AccountId,
    reviews: Vec<Review>,
    processed: bool,
    seen_at: DateTime<Utc>,
) -> Vec<Ingest> {
    reviews.into_iter().map(|review| of_review(account_id, review, processed, seen_at)).collect()
}

/// Turns one review into a reading.
pub(super) fn of_review(
    account_id: AccountId,
    review: Review,
    processed: bool,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let answer = review.observed_answer();
    let mut facts = review.facts;
    let product = review.product;
    facts.insert("productDetails".into(), product.facts.into());
    facts.entry("photoLinks").or_insert_with(|| json!(review.photos));
    facts.entry("video").or_insert_with(|| json!(review.video));
    facts.values_mut().for_each(drop_nul);
    let source = Source {
        account_id,
        marketplace: Marketplace::Wildberries,
        channel: Channel::Review,
        external_id: review.id,
        occurred_at: review.created_at,
    };
    let words = BuyerWords {
        buyer_name: review.buyer_name.map(without_nul),
        text: without_nul(review.text),
        pros: without_nul(review.pros),
        cons: without_nul(review.cons),
        photos: review.photos.into_iter().map(|photo| photo.full_size).collect(),
        video_url: review.video.and_then(|video| video.link),
        facts,
    };
    let content = Content {
        rating: review.rating,
        product: Product {
            article: product.nm_id,
            name: without_nul(product.name),
            vendor_code: product.vendor_code,
            brand: product.brand,
            size: product.size,
        },
        words: words.into(),
    };
    Ingest { source, content, answer, processed, seen_at }
}

/// PostgreSQL holds no U+0000, in text or in JSON; nobody sees it either.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

fn drop_nul(value: &mut Value) {
    match value {
        Value::String(text) => *text = without_nul(std::mem::take(text)),
        Value::Array(items) => items.iter_mut().for_each(drop_nul),
        Value::Object(fields) => fields.values_mut().for_each(drop_nul),
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}
