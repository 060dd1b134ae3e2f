//! A review as Wildberries describes it, read tolerantly: what is missing, null or new must not lose it.

use chrono::{DateTime, Utc};
use domain::value::{ObservedAnswer, ObservedState};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// A review with everything that the API gave.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Its id.
    pub id: String,
    /// Main text; often empty.
    #[serde(default, deserialize_with = "or_empty")]
    pub text: String,
    /// "Достоинства".
    #[serde(default, deserialize_with = "or_empty")]
    pub pros: String,
    /// "Недостатки".
    #[serde(default, deserialize_with = "or_empty")]
    pub cons: String,
    /// Stars, 1…5; none when the API gives another number.
    #[serde(default, rename = "productValuation", deserialize_with = "stars")]
    pub rating: Option<u8>,
    /// When the buyer wrote: RFC 3339 with up to nine fraction digits, in any zone.
    #[serde(rename = "createdDate")]
    pub created_at: DateTime<Utc>,
    /// The answer that stands.
    pub answer: Option<Answer>,
    /// What it is about.
    #[serde(default, rename = "productDetails")]
    pub product: Product,
    /// Pictures.
    #[serde(default, rename = "photoLinks", deserialize_with = "or_empty")]
    pub photos: Vec<Photo>,
    /// A video.
    pub video: Option<Video>,
    /// The buyer's name; often empty.
    #[serde(default, rename = "userName", deserialize_with = "filled")]
    pub buyer_name: Option<String>,
    /// Whatever else the API gave, under its own names.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

/// An answer under a review.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Answer {
    /// Its text.
    #[serde(default, deserialize_with = "or_empty")]
    pub text: String,
    /// Its moderation.
    #[serde(default)]
    pub state: AnswerState,
    /// Whether it can be edited.
    pub editable: Option<bool>,
}

/// The moderation of an answer (`none`, `wbRu`, `reviewRequired`, `rejected`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Option<String>")]
pub enum AnswerState {
    /// New.
    #[default]
    New,
    /// Buyers see it.
    Published,
    /// Being moderated.
    ReviewRequired,
    /// Refused.
    Rejected,
    /// A word that the specification does not know.
    Other(String),
}

impl From<Option<String>> for AnswerState {
    fn from(word: Option<String>) -> Self {
        match word.as_deref() {
            None | Some("none" | "") => Self::New,
            Some("wbRu") => Self::Published,
            Some("reviewRequired") => Self::ReviewRequired,
            Some("rejected") => Self::Rejected,
            Some(other) => Self::Other(other.to_owned()),
        }
    }
}

/// A product.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Product {
    /// Article, as text.
    #[serde(deserialize_with = "number_as_text")]
    pub nm_id: String,
    /// Name.
    #[serde(rename = "productName", deserialize_with = "or_empty")]
    pub name: String,
    /// The seller's own article.
    #[serde(rename = "supplierArticle", deserialize_with = "filled")]
    pub vendor_code: Option<String>,
    /// Brand.
    #[serde(rename = "brandName", deserialize_with = "filled")]
    pub brand: Option<String>,
    /// Size; `0` or empty when there is none.
    #[serde(deserialize_with = "filled")]
    pub size: Option<String>,
    /// Whatever else the API gave, under its own names.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

/// A picture in two sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Photo {
    /// Address of the full size.
    #[serde(default)]
    pub full_size: String,
    /// Address of the small size.
    #[serde(default)]
    pub mini_size: String,
}

/// A video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Video {
    /// Address of a still.
    pub preview_image: Option<String>,
    /// Address of the video.
    pub link: Option<String>,
    /// Length in seconds.
    pub duration_sec: Option<i64>,
}

/// An item of a page that is no review we can read. The page's other items are not lost with it.
#[derive(Debug)]
pub struct MalformedReview {
    /// Its id, where it has one.
    pub id: Option<String>,
    /// What cannot be read.
    pub error: serde_json::Error,
}

impl Review {
    /// Reads one item.
    ///
    /// # Errors
    /// [`MalformedReview`] when it has no id or no time, or a field of another type.
    pub fn read(item: Value) -> Result<Self, MalformedReview> {
        let id = item.get("id").and_then(Value::as_str).map(ToOwned::to_owned);
        serde_json::from_value(item).map_err(|error| MalformedReview { id, error })
    }

    /// Returns the answer that stands, in our words. A new or unknown moderation word counts as being moderated: what
    /// cannot be read as published is not claimed to be.
    #[must_use]
    pub fn observed_answer(&self) -> Option<ObservedAnswer> {
        let answer = self.answer.as_ref().filter(|answer| !answer.text.trim().is_empty())?;
        let state = match answer.state {
            AnswerState::Published => ObservedState::Published,
            AnswerState::Rejected => ObservedState::Rejected,
            AnswerState::New | AnswerState::ReviewRequired | AnswerState::Other(_) => {
                ObservedState::InModeration
            }
        };
        Some(ObservedAnswer { text: answer.text.clone().into(), state, editable: answer.editable })
    }
}

/// Null reads like an absent field.
fn or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An empty text reads like none.
fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

fn stars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let number: Option<i64> = Option::deserialize(deserializer)?;
    Ok(number.and_then(|number| u8::try_from(number).ok()).filter(|stars| (1..=5).contains(stars)))
}

fn number_as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    })
}
