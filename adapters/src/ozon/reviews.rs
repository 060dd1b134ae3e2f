//! Reviews: which there are, and how far the seller has come with them.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::item::{self, Item, PAGE_MAX, PAGE_MIN, Page};
use super::words::{self, Mark, Order, Status};
use super::{Client, Nothing};
use crate::http::{CallError, Fields, ItemError, SendOutcome};

pub(super) const LIST: &str = "/v2/review/list";

/// Which reviews to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewsQuery {
    /// All when none.
    pub filter: Option<ReviewFilter>,
    /// Published after this.
    pub published_from: Option<DateTime<Utc>>,
    /// Published before this.
    pub published_to: Option<DateTime<Utc>>,
    /// About these products, at most 1000; about all when empty.
    pub skus: Vec<String>,
    /// How many, brought into [`PAGE_MIN`]…[`PAGE_MAX`].
    pub limit: u32,
    /// Where to go on, from the page before.
    pub last_id: Option<String>,
    /// In which order; the marketplace's own when none.
    pub order: Option<Order>,
}

/// Reviews by how far the seller has come with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewFilter {
    /// New ones.
    New,
    /// Seen ones.
    Viewed,
    /// Those that are done with.
    Processed,
}

/// A review. Ozon names no buyer. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Review {
    /// The marketplace's id.
    pub id: String,
    /// The product.
    pub sku: Option<String>,
    /// `published_at`.
    pub published_at: DateTime<Utc>,
    /// 1…5 stars.
    pub rating: Option<u8>,
    /// The buyer's words; may be empty.
    pub text: String,
    /// How far the seller has come with it.
    pub status: Status,
    /// Comments under it, by whomever.
    pub comments_amount: Option<u64>,
    /// Pictures; a list of reviews only counts them.
    pub photos_amount: Option<u64>,
    /// Videos; a list of reviews only counts them.
    pub videos_amount: Option<u64>,
    /// Pictures, where the review was read alone.
    pub photos: Vec<Photo>,
    /// Videos, where the review was read alone.
    pub videos: Vec<Video>,
    /// Everything else, as it came: `order_status`, `is_rating_participant`, likes.
    pub facts: Map<String, Value>,
}

/// A picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Photo {
    /// Its address; empty when there is none.
    pub url: String,
    /// Width in pixels.
    pub width: Option<u64>,
    /// Height in pixels.
    pub height: Option<u64>,
}

/// A video.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Video {
    /// Its address; empty when there is none.
    pub url: String,
    /// Address of its cover.
    pub preview_url: Option<String>,
    /// Address of a short version.
    pub short_video_preview_url: Option<String>,
    /// Width in pixels.
    pub width: Option<u64>,
    /// Height in pixels.
    pub height: Option<u64>,
}

/// How many reviews there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewCounts {
    /// All.
    pub total: Option<u64>,
    /// New ones.
    pub new: Option<u64>,
    /// Seen ones.
    pub viewed: Option<u64>,
    /// Those that are done with.
    pub processed: Option<u64>,
}

#[derive(Serialize)]
struct ListBody<'a> {
    /// `filters`, where the question and chat methods have `filter`.
    filters: ListFilters<'a>,
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort_dir: Option<Order>,
}

#[derive(Serialize)]
struct ListFilters<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ReviewFilter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_from: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_to: Option<DateTime<Utc>>,
    /// The schema's name; the example beside it has `sku`.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    skus: &'a [String],
}

#[derive(Serialize)]
struct OneBody<'a> {
    review_id: &'a str,
}

#[derive(Serialize)]
struct StatusBody<'a> {
    review_ids: &'a [&'a str],
    status: Mark,
}

impl Client {
    /// Reads a page of reviews, of whatever state of the order.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn reviews(&self, query: &ReviewsQuery) -> Result<Page<Review>, CallError> {
        let body = ListBody {
            filters: ListFilters {
                status: query.filter,
                published_from: query.published_from,
                published_to: query.published_to,
                skus: &query.skus,
            },
            limit: query.limit.clamp(PAGE_MIN, PAGE_MAX),
            last_id: query.last_id.as_deref(),
            sort_dir: query.order,
        };
        item::decode(&self.read(LIST, &body).await?)
    }

    /// Reads one review, with its pictures. None when Ozon itself says that it does not know it (404).
    ///
    /// # Errors
    /// [`CallError`]; an item that cannot be read is [`MalformedAnswer`](crate::http::Failure::MalformedAnswer).
    pub async fn review(&self, id: &str) -> Result<Option<Review>, CallError> {
        self.one("/v2/review/info", &OneBody { review_id: id }).await
    }

    /// Counts the reviews.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn review_counts(&self) -> Result<ReviewCounts, CallError> {
        let mut fields = item::decode_object(&self.read("/v2/review/count", &Nothing {}).await?)?;
        let mut count = |name| words::count(&mut fields, name);
        Ok(ReviewCounts {
            total: count("total"),
            new: count("new"),
            viewed: count("viewed"),
            processed: count("processed"),
        })
    }

    /// Marks reviews, 1…100 of them. Doing so twice is harmless.
    pub async fn mark_reviews(&self, ids: &[&str], status: Mark) -> SendOutcome {
        let body = StatusBody { review_ids: ids, status };
        self.write("/v2/review/change-status", &body, None).await
    }

    /// Reads one item. None when Ozon itself says that it does not know it.
    pub(super) async fn one<T: Item>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Option<T>, CallError> {
        let answer = self.ask(path, body).await?;
        if answer.denies_item() {
            return Ok(None);
        }
        item::decode_one(&answer.into_text(&self.key)?).map(Some)
    }
}

impl Review {
    /// Reads one item of a page as it came.
    ///
    /// # Errors
    /// [`ItemError`]: it is no review.
    pub fn read(item: &str) -> Result<Self, ItemError> {
        item::read(item)
    }
}

impl Item for Review {
    const LIST: &'static str = "reviews";
    const ID: &'static str = "id";
    const NEXT: Option<&'static str> = Some("last_id");

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: fields.id(Self::ID).ok_or(ItemError::NoId(Self::ID))?,
            sku: fields.id("sku"),
            published_at: fields.time("published_at").ok_or(ItemError::NoTime("published_at"))?,
            rating: fields.take("rating", rating),
            text: fields.words("text")?,
            status: words::word(fields, "status", Status::Other),
            comments_amount: words::count(fields, "comments_amount"),
            photos_amount: words::count(fields, "photos_amount"),
            videos_amount: words::count(fields, "videos_amount"),
            photos: fields.objects("photos", photo).unwrap_or_default(),
            videos: fields.objects("videos", video).unwrap_or_default(),
            facts: std::mem::take(fields).rest(),
        })
    }
}

fn rating(value: &Value) -> Option<u8> {
    let stars = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    u8::try_from(stars).ok().filter(|stars| (1..=5).contains(stars))
}

fn photo(fields: &mut Fields) -> Photo {
    Photo {
        url: fields.text("url").unwrap_or_default(),
        width: words::count(fields, "width"),
        height: words::count(fields, "height"),
    }
}

fn video(fields: &mut Fields) -> Video {
    Video {
        url: fields.text("url").unwrap_or_default(),
        preview_url: fields.text("preview_url"),
        short_video_preview_url: fields.text("short_video_preview_url"),
        width: words::count(fields, "width"),
        height: words::count(fields, "height"),
    }
}

impl fmt::Debug for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Review")
            .field("id", &self.id)
            .field("published_at", &self.published_at)
            .field("rating", &self.rating)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
