//! A review of a product, and whether the seller still has to react to it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::time::written;

/// A review.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Feedback {
    pub(super) id: u64,
    pub(super) created_at: DateTime<Utc>,
    /// When moderation let it through; reads do not know it before.
    pub(super) published_at: DateTime<Utc>,
    /// Absent where the buyer shows no name.
    pub(super) author: Option<String>,
    pub(super) words: Words,
    pub(super) rating: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) photos: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) videos: Vec<String>,
    pub(super) order_id: u64,
    /// Of the return the buyer asked for, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) return_id: Option<u64>,
    /// The Market's card; captured answers have it, the specification does not.
    pub(super) model_id: u64,
    /// The seller's article.
    pub(super) offer_id: String,
    /// Plus points the author got for the review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) paid_amount: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) recommended: Option<bool>,
    /// When the seller last reacted: commented, skipped, or opened it in the cabinet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) handled_at: Option<DateTime<Utc>>,
    /// When the author last rewrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revised_at: Option<DateTime<Utc>>,
}

/// The text of a review; a part that is absent is left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Words {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) advantages: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) disadvantages: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
}

impl Feedback {
    /// "It is `true` again when the author edits it."
    pub(super) fn needs_reaction(&self, now: DateTime<Utc>) -> bool {
        let handled_at = self.handled_at.filter(|handled_at| *handled_at <= now);
        handled_at.is_none_or(|handled_at| {
            self.revised_at.is_some_and(|revised_at| handled_at < revised_at)
        })
    }

    /// As `GoodsFeedbackDTO`, with the empty objects and missing authors of captured answers.
    pub(super) fn served(&self, now: DateTime<Utc>, comments: usize) -> Value {
        let mut media = Map::new();
        for (name, links) in [("photos", &self.photos), ("videos", &self.videos)] {
            if !links.is_empty() {
                media.insert(name.to_owned(), json!(links));
            }
        }
        let mut statistics = Map::new();
        statistics.insert("rating".to_owned(), json!(self.rating));
        statistics.insert("commentsCount".to_owned(), json!(comments));
        if let Some(recommended) = self.recommended {
            statistics.insert("recommended".to_owned(), json!(recommended));
        }
        if let Some(paid_amount) = self.paid_amount {
            statistics.insert("paidAmount".to_owned(), json!(paid_amount));
        }
        let mut feedback = json!({
            "feedbackId": self.id,
            "createdAt": written(self.created_at),
            "needReaction": self.needs_reaction(now),
            "identifiers": {
                "orderId": self.order_id,
                "modelId": self.model_id,
                "offerId": self.offer_id,
            },
            "description": self.words,
            "media": media,
            "statistics": statistics,
        });
        if let Some(author) = &self.author {
            feedback["author"] = json!(author);
        }
        feedback
    }
}
