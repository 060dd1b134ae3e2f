//! A review as Wildberries gives it to its seller: what matters in our names, the rest as it came.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::Personal;
use domain::value::{ObservedAnswer, ObservedState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::product::Product;

/// A review and the answer that stands under it.
///
/// What the marketplace leaves out, gives as null or as a blank text is none or empty here. `Debug` shows no words of
/// people.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The marketplace's id.
    pub id: String,
    /// `createdDate`.
    pub created_at: DateTime<Utc>,
    /// `productValuation`: 1…5 stars.
    pub rating: Option<u8>,
    /// Main text; empty for seven of eight reviews.
    pub text: String,
    /// "Достоинства"; may be empty.
    pub pros: String,
    /// "Недостатки"; may be empty.
    pub cons: String,
    /// `userName`.
    pub buyer_name: Option<String>,
    /// `photoLinks`.
    pub photos: Vec<Photo>,
    /// The buyer's video.
    pub video: Option<Video>,
    /// `productDetails`.
    pub product: Product,
    /// `parentFeedbackId`: the review that this one adds to.
    pub parent_id: Option<String>,
    /// `childFeedbackId`: the buyer's later addition, a review of its own.
    pub supplement_id: Option<String>,
    /// The answer that stands there, by whomever.
    pub answer: Option<Answer>,
    /// Everything else, as it came and under the marketplace's names: what this program has no use for, does not know,
    /// or did not find as it should be. `state` is among it and says nothing: captured reviews have `wbRu` there,
    /// answered or not.
    pub facts: Map<String, Value>,
}

/// The seller's answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its text.
    pub text: String,
    /// How moderation stands.
    pub state: AnswerState,
    /// Whether it can still be edited.
    pub editable: Option<bool>,
}

/// How an answer stands in moderation. Stored as the marketplace's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum AnswerState {
    /// `none`: new.
    None,
    /// `wbRu`: buyers see it.
    Published,
    /// `reviewRequired`: being moderated.
    ReviewRequired,
    /// `rejected`: moderation refused it.
    Rejected,
    /// A word that this program does not know; empty when there was none.
    Other(String),
}

/// Addresses of a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// Full size; empty when there is none.
    pub full_size: String,
    /// Thumbnail; empty when there is none.
    pub mini_size: String,
}

/// A video.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    /// Address of its cover.
    pub preview_image: Option<String>,
    /// Address of its HLS playlist.
    pub link: Option<String>,
    /// `durationSec`.
    pub duration_seconds: Option<i64>,
}

impl Review {
    /// Returns the answer that stands there, in the words of all marketplaces. One without text that is "new" is none.
    #[must_use]
    pub fn observed_answer(&self) -> Option<ObservedAnswer> {
        let is_blank = |a: &Answer| a.text.is_empty() && a.state == AnswerState::None;
        let answer = self.answer.as_ref().filter(|answer| !is_blank(answer))?;
        Some(ObservedAnswer {
            text: Personal::Known(answer.text.clone()),
            state: answer.state.observed(),
            editable: answer.editable,
            external_id: None,
            refusal: None,
        })
    }
}

impl AnswerState {
    /// An unknown word is read as "in moderation": the answer stands there, and nothing more is claimed.
    fn observed(&self) -> ObservedState {
        match self {
            Self::Published => ObservedState::Published,
            Self::None | Self::ReviewRequired | Self::Other(_) => ObservedState::InModeration,
            Self::Rejected => ObservedState::Rejected,
        }
    }
}

impl From<String> for AnswerState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "none" => Self::None,
            "wbRu" => Self::Published,
            "reviewRequired" => Self::ReviewRequired,
            "rejected" => Self::Rejected,
            _ => Self::Other(word),
        }
    }
}

impl From<AnswerState> for String {
    fn from(state: AnswerState) -> Self {
        match state {
            AnswerState::None => "none".to_owned(),
            AnswerState::Published => "wbRu".to_owned(),
            AnswerState::ReviewRequired => "reviewRequired".to_owned(),
            AnswerState::Rejected => "rejected".to_owned(),
            AnswerState::Other(word) => word,
        }
    }
}

impl fmt::Debug for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Review")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .field("rating", &self.rating)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("state", &self.state)
            .field("editable", &self.editable)
            .finish_non_exhaustive()
    }
}
