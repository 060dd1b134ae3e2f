//! A question about a product.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::note::Author;
use super::time::written;

/// A question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(super) id: u64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) text: String,
    pub(super) author: Author,
    /// Left out now and then, as it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) category_id: Option<u64>,
    /// The seller's article.
    pub(super) offer_id: String,
    pub(super) likes: u64,
}

impl Question {
    /// As `QuestionDTO`.
    pub(super) fn served(&self, business_id: u64) -> Value {
        let mut identifiers = json!({ "id": self.id, "offerId": self.offer_id });
        if let Some(category_id) = self.category_id {
            identifiers["categoryId"] = json!(category_id);
        }
        // The author must be there, its fields need not.
        let author = match &self.author.name {
            Some(name) => json!({ "type": <&str>::from(self.author.kind), "name": name }),
            None => json!({}),
        };
        json!({
            "questionIdentifiers": identifiers,
            "businessId": business_id,
            "text": self.text,
            "createdAt": written(self.created_at),
            "votes": { "likes": self.likes, "dislikes": 0 },
            "author": author,
        })
    }
}
