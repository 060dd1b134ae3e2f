//! From Wildberries' JSON to a review: forgiving in everything without which a review is still one.

use serde_json::{Map, Value};
use strum::IntoStaticStr;

use super::fields::Fields;
use super::review::{Answer, AnswerState, Photo, Product, Review, Video};

/// Longest id. Captured ones have 20 characters; a longer one than this is no id, and no index would hold it.
const ID_CHARS_MAX: usize = 200;

/// Why an item is no review. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ItemError {
    /// It is something else than an object.
    #[error("expected an object")]
    NotAnObject,
    /// It looks like an object and is not one: half a character in a text, or nested beyond all measure.
    #[error("expected an object that can be read")]
    Broken,
    /// It is far larger than any review.
    #[error("expected at most {} bytes", super::page::ITEM_BYTES_MAX)]
    TooLarge,
    /// Its id is missing, of another type or endless.
    #[error("expected an id")]
    NoId,
    /// The time it was written is missing or is none.
    #[error("expected a time in createdDate")]
    NoTime,
    /// What should be the buyer's words is not text.
    #[error("expected text in {0}")]
    NoText(&'static str),
    /// What should be the answer is none.
    #[error("expected an object in answer")]
    NoAnswer,
}

impl ItemError {
    /// Returns the reason as a stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Returns the field that is not what it should be, if it is one.
    #[must_use]
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::NotAnObject | Self::Broken | Self::TooLarge => None,
            Self::NoId => Some("id"),
            Self::NoTime => Some("createdDate"),
            Self::NoText(field) => Some(field),
            Self::NoAnswer => Some("answer"),
        }
    }
}

/// Returns the id of an item, readable otherwise or not.
pub(super) fn id(fields: &mut Fields) -> Option<String> {
    fields.id("id").filter(|id| id.chars().count() <= ID_CHARS_MAX)
}

/// Reads a review. The id, the time, the words and the answer must be what they should be: without the first two a
/// review is none, and one that only seems to have no words or no answer might be answered as such.
pub(super) fn review(fields: Map<String, Value>) -> Result<Review, ItemError> {
    let fields = &mut Fields::new(fields);
    Ok(Review {
        id: id(fields).ok_or(ItemError::NoId)?,
        created_at: fields.time("createdDate").ok_or(ItemError::NoTime)?,
        rating: fields.take("productValuation", rating),
        text: words(fields, "text")?,
        pros: words(fields, "pros")?,
        cons: words(fields, "cons")?,
        buyer_name: fields.text("userName"),
        photos: fields.objects("photoLinks", photo).unwrap_or_default(),
        video: fields.object("video", video),
        product: fields.object("productDetails", product).unwrap_or_default(),
        answer: answer(fields)?,
        facts: std::mem::take(fields).rest(),
    })
}

fn words(fields: &mut Fields, name: &'static str) -> Result<String, ItemError> {
    let text = fields.text(name).unwrap_or_default();
    if fields.has(name) { Err(ItemError::NoText(name)) } else { Ok(text) }
}

fn answer(fields: &mut Fields) -> Result<Option<Answer>, ItemError> {
    let answer = fields.object("answer", |fields| {
        Ok(Answer {
            text: words(fields, "text")?,
            state: AnswerState::from(fields.text("state").unwrap_or_default()),
            editable: fields.take("editable", Value::as_bool),
        })
    });
    match answer {
        None if fields.has("answer") => Err(ItemError::NoAnswer),
        answer => answer.transpose(),
    }
}

fn product(fields: &mut Fields) -> Product {
    Product {
        nm_id: fields.id("nmId").unwrap_or_default(),
        name: fields.text("productName").unwrap_or_default(),
        vendor_code: fields.text("supplierArticle"),
        brand: fields.text("brandName"),
        size: fields.text("size"),
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
