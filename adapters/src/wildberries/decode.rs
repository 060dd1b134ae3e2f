//! From Wildberries' JSON to a review: forgiving in everything without which a review is still one.

use serde_json::{Map, Value};

use super::product::Product;
use super::review::{Answer, AnswerState, Photo, Review, Video};
use crate::http::{Fields, ItemError};

/// Reads a review.
pub(super) fn review(fields: Map<String, Value>) -> Result<Review, ItemError> {
    let fields = &mut Fields::new(fields);
    Ok(Review {
        id: fields.id("id").ok_or(ItemError::NoId("id"))?,
        created_at: fields.time("createdDate").ok_or(ItemError::NoTime("createdDate"))?,
        rating: fields.take("productValuation", rating),
        text: fields.words("text")?,
        pros: fields.words("pros")?,
        cons: fields.words("cons")?,
        buyer_name: fields.text("userName"),
        photos: fields.objects("photoLinks", photo).unwrap_or_default(),
        video: fields.object("video", video),
        product: fields.object("productDetails", product).unwrap_or_default(),
        parent_id: fields.id("parentFeedbackId"),
        supplement_id: fields.id("childFeedbackId"),
        answer: answer(fields, |fields| {
            Ok(Answer {
                text: fields.words("text")?,
                state: AnswerState::from(fields.text("state").unwrap_or_default()),
                editable: fields.take("editable", Value::as_bool),
            })
        })?,
        facts: std::mem::take(fields).rest(),
    })
}

/// Reads the answer under a review or question; one that is no object must not pass for none.
pub(super) fn answer<T>(
    fields: &mut Fields,
    read: impl FnOnce(&mut Fields) -> Result<T, ItemError>,
) -> Result<Option<T>, ItemError> {
    match fields.object("answer", read) {
        None if fields.has("answer") => Err(ItemError::NoAnswer("answer")),
        answer => answer.transpose(),
    }
}

pub(super) fn product(fields: &mut Fields) -> Product {
    Product {
        nm_id: fields.id("nmId").unwrap_or_default(),
        name: fields.text("productName").unwrap_or_default(),
        vendor_code: fields.text("supplierArticle"),
        brand: fields.text("brandName"),
        size: fields.text("size"),
        order_id: None,
        facts: std::mem::take(fields).rest(),
    }
}

fn photo(fields: &mut Fields) -> Photo {
    let mut address = |name| fields.text(name).unwrap_or_default();
    Photo { full_size: address("fullSize"), mini_size: address("miniSize") }
}

fn video(fields: &mut Fields) -> Video {
    Video {
        preview_image: fields.text("previewImage"),
        link: fields.text("link"),
        duration_seconds: fields.take("durationSec", Value::as_i64),
    }
}

fn rating(value: &Value) -> Option<u8> {
    let stars = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    u8::try_from(stars).ok().filter(|stars| (1..=5).contains(stars))
}
