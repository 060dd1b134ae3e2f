//! A question about a product and the answers to it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::chat::moment;
use super::review::Status;
use super::words::{Author, Moderation, Seen, Words};

/// A buyer's question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Question {
    /// A UUID of version 7, so that ids are in the order of publication.
    pub(super) id: String,
    pub(super) sku: u64,
    pub(super) text: String,
    pub(super) author_name: String,
    pub(super) published_at: DateTime<Utc>,
    #[serde(default)]
    pub(super) status: Status,
    #[serde(default)]
    pub(super) answers: Vec<Words>,
}

impl Question {
    /// As list and single method tell it.
    pub(super) fn listing(&self, now: DateTime<Utc>) -> Value {
        let product = format!("https://ozon.example/product/{}/", self.sku);
        let answers = self
            .answers
            .iter()
            .filter(|answer| answer.is_listed(now) && answer.state(now) == Moderation::Published);
        json!({
            "id": self.id,
            "sku": self.sku,
            "text": self.text,
            "author_name": self.author_name,
            "answers_count": answers.count(),
            "product_url": product,
            "question_link": format!("{product}questions/?qid={}", self.id),
            "published_at": moment(self.published_at),
            "status": self.status.to_string(),
        })
    }

    /// An answer as the list of answers tells it.
    pub(super) fn answer_listing(&self, answer: &Words, seller: &str, now: DateTime<Utc>) -> Value {
        let author = match answer.by {
            Author::Seller | Author::Cabinet => format!("Магазин {seller}"),
            Author::Buyer => "Пользователь OZON".to_owned(),
            Author::Support => "Ozon".to_owned(),
        };
        json!({
            "id": answer.id,
            "question_id": self.id,
            "sku": self.sku,
            "text": answer.text,
            "author_name": author,
            "published_at": moment(answer.schedule.applies_at),
            "status_publication": match answer.state(now) {
                Moderation::Waiting => "AWAITING_MODERATION",
                Moderation::Published => "PUBLISHED",
                Moderation::Refused => "MODERATION_FAILED",
                Moderation::Duplicate => "DUPLICATE",
            },
        })
    }

    /// Whether the seller has given this answer already.
    pub(super) fn has_answer(&self, text: &str) -> bool {
        self.answers.iter().any(|answer| !answer.is_deleted && answer.text == text)
    }

    /// Answers by the API so far.
    pub(super) fn deliveries(&self) -> u64 {
        self.answers.iter().filter(|answer| answer.by == Author::Seller).count() as u64
    }

    /// The seller's last words that the buyer sees now.
    pub(super) fn buyer_sees(&self, now: DateTime<Utc>) -> Option<Seen> {
        let own = self.answers.iter().filter(|answer| answer.by != Author::Buyer);
        own.filter_map(|answer| answer.seen(now)).max_by_key(|seen| seen.from)
    }
}
