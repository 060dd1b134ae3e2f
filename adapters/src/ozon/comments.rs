//! Comments on reviews, which is how a seller answers them.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::Personal;
use domain::value::{ObservedAnswer, ObservedState};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Client;
use super::item::{self, Item, PAGE_MAX, PAGE_MIN, Page};
use super::words::{self, Order, number};
use crate::http::{CallError, Fields, ItemError, SendOutcome};

pub(super) const CREATE: &str = "/v1/review/comment/create";

/// A comment to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NewComment<'a> {
    /// The review.
    pub review_id: &'a str,
    /// Its text; no limit of length is documented.
    pub text: &'a str,
    /// The comment that it answers, when not the review itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_comment_id: Option<&'a str>,
    /// Whether the review is done with.
    pub mark_review_as_processed: bool,
}

/// Which comments to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentsQuery {
    /// On what.
    pub of: CommentsOf,
    /// How many, brought into [`PAGE_MIN`]…[`PAGE_MAX`].
    pub limit: u32,
    /// How many to step over.
    pub offset: u32,
    /// In which order; oldest first when none.
    pub order: Option<Order>,
}

/// On what comments were made: the marketplace takes one or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommentsOf {
    /// On one review.
    Review {
        /// The review.
        id: String,
    },
    /// On all reviews of a product.
    Product {
        /// The product.
        sku: String,
        /// Published after this.
        published_from: Option<DateTime<Utc>>,
        /// Published before this.
        published_to: Option<DateTime<Utc>>,
    },
}

/// A comment on a review, by whomever. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Comment {
    /// The marketplace's id.
    pub id: String,
    /// Its text.
    pub text: String,
    /// The comment that it answers.
    pub parent_comment_id: Option<String>,
    /// `is_owner`: whether the seller wrote it.
    pub is_sellers: bool,
    /// `is_published`.
    pub is_published: bool,
    /// `is_rejected`.
    pub is_rejected: bool,
    /// Why moderation refused it, in the marketplace's words.
    pub deviation_reason: Option<String>,
    /// `published_at`.
    pub published_at: Option<DateTime<Utc>>,
    /// Everything else, as it came: `is_official`, likes.
    pub facts: Map<String, Value>,
}

#[derive(Serialize)]
struct ListBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    review_id: Option<&'a str>,
    /// Always there: without it a request for one review fits both alternatives of the schema and may fit one.
    /// `filter` is the schema's name; the example beside it has `filters`.
    filter: ListFilter<'a>,
    limit: u32,
    offset: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort_dir: Option<Order>,
}

#[derive(Default, Serialize)]
struct ListFilter<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_from: Option<&'a DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_to: Option<&'a DateTime<Utc>>,
}

#[derive(Serialize)]
struct DeleteBody<'a> {
    comment_id: &'a str,
    sku: Value,
}

impl CommentsOf {
    fn parts(&self) -> (Option<&str>, ListFilter<'_>) {
        match self {
            Self::Review { id } => (Some(id), ListFilter::default()),
            Self::Product { sku, published_from, published_to } => {
                let sku = Some(number(sku));
                let published_from = published_from.as_ref();
                (None, ListFilter { sku, published_from, published_to: published_to.as_ref() })
            }
        }
    }
}

impl Client {
    /// Makes a comment; the id in the receipt is the comment's.
    pub async fn comment(&self, comment: &NewComment<'_>) -> SendOutcome {
        self.write(CREATE, comment, Some("comment_id")).await
    }

    /// Reads a page of comments, the buyers' among them. The next page begins after what came: whether the `offset` in
    /// the answer says that or how many came, the specification leaves open.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn comments(&self, query: &CommentsQuery) -> Result<Page<Comment>, CallError> {
        let (review_id, filter) = query.of.parts();
        let limit = query.limit.clamp(PAGE_MIN, PAGE_MAX);
        let body =
            ListBody { review_id, filter, limit, offset: query.offset, sort_dir: query.order };
        let mut page: Page<Comment> =
            item::decode(&self.read("/v1/review/comment/list", &body).await?)?;
        let is_full = page.count() >= limit as usize;
        page.next = is_full.then(|| (query.offset as usize + page.count()).to_string());
        Ok(page)
    }

    /// Deletes a comment of the seller. There is no other way to change one.
    pub async fn delete_comment(&self, id: &str, sku: &str) -> SendOutcome {
        let body = DeleteBody { comment_id: id, sku: number(sku) };
        self.write("/v2/review/comment/delete", &body, None).await
    }
}

impl Comment {
    /// Returns how the comment stands, where the seller wrote it. The specification shows one that is published and
    /// rejected at once: a refusal goes first, since somebody must look at it.
    #[must_use]
    pub fn observed_answer(&self) -> Option<ObservedAnswer> {
        let state = if self.is_rejected {
            ObservedState::Rejected
        } else if self.is_published {
            ObservedState::Published
        } else {
            ObservedState::InModeration
        };
        let text = Personal::Known(self.text.clone());
        let external_id = Some(self.id.clone());
        let refusal = self.refusal().map(|words| Personal::Known(words.to_owned()));
        let answer = ObservedAnswer { text, state, editable: None, external_id, refusal };
        self.is_sellers.then_some(answer)
    }

    /// Returns why moderation refused the comment, where it did and says so.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.deviation_reason.as_deref().filter(|_| self.is_rejected)
    }
}

impl Item for Comment {
    const LIST: &'static str = "comments";
    const ID: &'static str = "id";
    const NEXT: Option<&'static str> = None;

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: fields.id(Self::ID).ok_or(ItemError::NoId(Self::ID))?,
            text: fields.words("text")?,
            parent_comment_id: fields.id("parent_comment_id"),
            is_sellers: words::flag(fields, "is_owner").unwrap_or(false),
            is_published: words::flag(fields, "is_published").unwrap_or(false),
            is_rejected: words::flag(fields, "is_rejected").unwrap_or(false),
            deviation_reason: fields.text("deviation_reason"),
            published_at: fields.time("published_at"),
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl fmt::Debug for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comment")
            .field("id", &self.id)
            .field("is_sellers", &self.is_sellers)
            .field("is_published", &self.is_published)
            .field("is_rejected", &self.is_rejected)
            .finish_non_exhaustive()
    }
}
