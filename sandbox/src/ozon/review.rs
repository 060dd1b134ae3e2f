//! A review and the comments under it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strum::{Display, EnumString};

use super::chat::moment;
use super::words::{Author, Moderation, Seen, Words};

/// A buyer's review.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Review {
    /// A UUID of version 7, so that ids are in the order of publication.
    pub(super) id: String,
    pub(super) sku: u64,
    pub(super) text: String,
    pub(super) rating: u8,
    pub(super) published_at: DateTime<Utc>,
    #[serde(default)]
    pub(super) status: Status,
    #[serde(default)]
    pub(super) photos: u8,
    #[serde(default)]
    pub(super) videos: u8,
    #[serde(default)]
    pub(super) is_cancelled: bool,
    #[serde(default)]
    pub(super) comments: Vec<Comment>,
}

/// What has been done about a review or a question.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Display, EnumString,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub(super) enum Status {
    #[default]
    New,
    Viewed,
    Processed,
}

/// A comment under a review.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Comment {
    #[serde(flatten)]
    pub(super) words: Words,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
}

impl Review {
    fn order_status(&self) -> &'static str {
        if self.is_cancelled { "CANCELLED" } else { "DELIVERED" }
    }

    pub(super) fn has_order_status(&self, wanted: &str) -> bool {
        wanted == "ALL" || wanted == self.order_status()
    }

    /// As the list tells it.
    pub(super) fn listing(&self, now: DateTime<Utc>) -> Value {
        let comments = self.comments.iter().filter(|comment| {
            comment.words.is_listed(now) && comment.words.state(now) == Moderation::Published
        });
        json!({
            "id": self.id,
            "sku": self.sku,
            "text": self.text,
            "published_at": moment(self.published_at),
            "rating": self.rating,
            "status": self.status.to_string(),
            "comments_amount": comments.count(),
            "photos_amount": self.photos,
            "videos_amount": self.videos,
            "order_status": self.order_status(),
            "is_rating_participant": !self.is_cancelled,
        })
    }

    /// As the method for one review tells it.
    pub(super) fn details(&self, now: DateTime<Utc>) -> Value {
        let file = |kind: &str, n: u8, end: &str| {
            // A reserved name: nothing is fetched from anybody's host.
            format!("https://review-files.example/{}/{kind}/{n}{end}", self.id)
        };
        let photo = |n| json!({ "url": file("photos", n, ".jpg"), "width": 900, "height": 1200 });
        let video = |n| {
            json!({
                "url": file("videos", n, ".m3u8"),
                "preview_url": file("videos", n, ".jpg"),
                "short_video_preview_url": file("videos", n, ".mp4"),
                "width": 1080,
                "height": 1920,
            })
        };
        let mut details = self.listing(now);
        details["likes_amount"] = json!(0);
        details["dislikes_amount"] = json!(0);
        details["photos"] = (1..=self.photos).map(photo).collect();
        details["videos"] = (1..=self.videos).map(video).collect();
        details
    }

    /// Comments by the API so far.
    pub(super) fn deliveries(&self) -> u64 {
        self.comments.iter().filter(|comment| comment.words.by == Author::Seller).count() as u64
    }

    /// The seller's last words that the buyer sees now.
    pub(super) fn buyer_sees(&self, now: DateTime<Utc>) -> Option<Seen> {
        let own = self.comments.iter().filter(|comment| comment.is_of_seller());
        own.filter_map(|comment| comment.words.seen(now)).max_by_key(|seen| seen.from)
    }
}

impl Comment {
    pub(super) fn is_of_seller(&self) -> bool {
        matches!(self.words.by, Author::Seller | Author::Cabinet)
    }

    /// As the list of comments tells it.
    pub(super) fn listing(&self, now: DateTime<Utc>) -> Value {
        let state = self.words.state(now);
        json!({
            "id": self.words.id,
            "text": self.words.text,
            "parent_comment_id": self.parent.as_deref().unwrap_or_default(),
            "is_owner": self.is_of_seller(),
            "is_official": self.is_of_seller(),
            "is_published": state == Moderation::Published,
            "is_rejected": state == Moderation::Refused,
            "deviation_reason": self.words.reason(now),
            "likes_amount": 0,
            "dislikes_amount": 0,
            "published_at": moment(self.words.schedule.applies_at),
        })
    }
}
