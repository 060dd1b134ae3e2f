//! A question on a product's page as Wildberries gives it to its seller: what matters in our names, the rest as it came.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::Personal;
use domain::value::{ObservedAnswer, ObservedState};
use serde_json::{Map, Value};

use super::decode;
use super::product::Product;
use crate::http::{Fields, ItemError};

/// A question and the answer that stands under it.
///
/// What the marketplace leaves out, gives as null or as a blank text is none or empty here. `Debug` shows no words of
/// people.
#[derive(Clone, PartialEq)]
pub struct Question {
    /// The marketplace's id.
    pub id: String,
    /// `createdDate`.
    pub created_at: DateTime<Utc>,
    /// Its text; may be empty.
    pub text: String,
    /// How it stands on the site.
    pub state: QuestionState,
    /// `productDetails`.
    pub product: Product,
    /// The answer that the seller gave.
    pub answer: Option<QuestionAnswer>,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

/// The seller's answer.
#[derive(Clone, PartialEq, Eq)]
pub struct QuestionAnswer {
    /// Its text.
    pub text: String,
    /// Whether it can still be edited.
    pub editable: Option<bool>,
    /// `createDate`: when it was given.
    pub created_at: Option<DateTime<Utc>>,
}

/// How a question stands on the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionState {
    /// `suppliersPortalSynch`: new, only the seller sees it.
    New,
    /// `wbRu`: buyers see it with its answer.
    Published,
    /// `none`: the seller rejected it; buyers do not see it.
    Rejected,
    /// A word that this program does not know; empty when there was none.
    Other(String),
}

impl Question {
    pub(super) fn of_fields(fields: Map<String, Value>) -> Result<Self, ItemError> {
        let fields = &mut Fields::new(fields);
        Ok(Self {
            id: fields.id("id").ok_or(ItemError::NoId("id"))?,
            created_at: fields.time("createdDate").ok_or(ItemError::NoTime("createdDate"))?,
            text: fields.words("text")?,
            state: QuestionState::of_word(fields.text("state").unwrap_or_default()),
            product: fields.object("productDetails", decode::product).unwrap_or_default(),
            answer: decode::answer(fields, |fields| {
                Ok(QuestionAnswer {
                    text: fields.words("text")?,
                    editable: fields.take("editable", Value::as_bool),
                    created_at: fields.time("createDate"),
                })
            })?,
            facts: std::mem::take(fields).rest(),
        })
    }

    /// Returns the answer that stands there. Under a question that the seller rejected none does but the rejection, with or
    /// without words; under one in a state that is not known nothing more is claimed than that it is there.
    #[must_use]
    pub fn observed_answer(&self) -> Option<ObservedAnswer> {
        let state = match self.state {
            QuestionState::Rejected => ObservedState::RejectsQuestion,
            QuestionState::Published => ObservedState::Published,
            QuestionState::New | QuestionState::Other(_) => ObservedState::InModeration,
        };
        let text = self.answer.as_ref().map(|answer| answer.text.clone()).unwrap_or_default();
        if text.is_empty() && state != ObservedState::RejectsQuestion {
            return None;
        }
        let editable = self.answer.as_ref().and_then(|answer| answer.editable);
        let text = Personal::Known(text);
        Some(ObservedAnswer { text, state, editable, external_id: None, refusal: None })
    }
}

impl QuestionState {
    fn of_word(word: String) -> Self {
        match word.as_str() {
            "suppliersPortalSynch" => Self::New,
            "wbRu" => Self::Published,
            "none" => Self::Rejected,
            _ => Self::Other(word),
        }
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .field("state", &self.state)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for QuestionAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuestionAnswer")
            .field("editable", &self.editable)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}
