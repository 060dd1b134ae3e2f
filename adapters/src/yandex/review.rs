//! Reviews, and the comments under them.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Personal;
use domain::value::{ObservedAnswer, ObservedState};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::page::{Item, Page, PageRequest};
use super::word::{self, AuthorKind, Moderation};
use super::{Client, Operation, id_at};
use crate::http::{CallError, Fields, ItemError, SendOutcome};

/// Which reviews to read. Those that the buyer or the marketplace has deleted are never among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewsQuery {
    /// Whether only those that wait for a reaction. One that somebody merely opened in the cabinet waits no more; one
    /// that its author edits waits again.
    pub need_reaction: bool,
    /// Written after this, and not at it; six months before the other end when none.
    pub from: Option<DateTime<Utc>>,
    /// Written before this, and not at it; now when none. The ends may be six months apart.
    pub to: Option<DateTime<Utc>>,
}

/// A review. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Review {
    /// `feedbackId`.
    pub id: String,
    /// `createdAt`.
    pub created_at: DateTime<Utc>,
    /// Whether the marketplace waits for the seller's reaction; says nothing about an answer.
    pub needs_reaction: Option<bool>,
    /// 1…5 stars.
    pub rating: Option<u8>,
    /// Name of the author; often missing.
    pub author: Option<String>,
    /// Main text; may be empty.
    pub text: String,
    /// `advantages`; may be empty.
    pub pros: String,
    /// `disadvantages`; may be empty.
    pub cons: String,
    /// Addresses of pictures.
    pub photos: Vec<String>,
    /// Addresses of videos.
    pub videos: Vec<String>,
    /// The seller's own article.
    pub offer_id: Option<String>,
    /// The order it is about.
    pub order_id: Option<String>,
    /// How many comments stand directly under it.
    pub comments_count: Option<u64>,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

/// Who wrote a comment or an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Author {
    /// On whose behalf.
    pub kind: AuthorKind,
    /// Name of the person or of the cabinet.
    pub name: Option<String>,
}

/// A comment under a review, or under another comment. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Comment {
    /// The marketplace's id.
    pub id: String,
    /// The review it belongs to.
    pub review_id: Option<String>,
    /// The comment it answers; none when it is directly under the review.
    pub parent_id: Option<String>,
    /// Its text.
    pub text: String,
    /// Who wrote it.
    pub author: Option<Author>,
    /// How moderation stands.
    pub status: Moderation,
    /// Whether this cabinet may change it or take it away.
    pub can_modify: Option<bool>,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

impl Client {
    /// Reads a page of reviews in the order of their publication, at most [`PAGE_MAX`](super::PAGE_MAX). A page's token
    /// may be kept and used again.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn reviews(
        &self,
        query: &ReviewsQuery,
        page: &PageRequest,
    ) -> Result<Page<Review>, CallError> {
        self.page(Operation::Reviews, query.body(), page).await
    }

    /// Reads reviews by their ids, at most [`PAGE_MAX`](super::PAGE_MAX). Those that the marketplace does not give are
    /// missing.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn reviews_by_id(&self, ids: &[String]) -> Result<Page<Review>, CallError> {
        let body = json!({"feedbackIds": word::ids(ids)});
        self.page(Operation::Reviews, body, &PageRequest::of_ids(ids)).await
    }

    /// Reads a page of the comments under a review in the order of their publication, those on other comments among
    /// them, at most [`PAGE_MAX`](super::PAGE_MAX).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn comments(
        &self,
        review_id: &str,
        page: &PageRequest,
    ) -> Result<Page<Comment>, CallError> {
        self.page(Operation::Comments, json!({"feedbackId": word::id(review_id)}), page).await
    }

    /// Reads comments by their ids, at most [`PAGE_MAX`](super::PAGE_MAX). Those that the marketplace does not give are
    /// missing.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn comments_by_id(&self, ids: &[String]) -> Result<Page<Comment>, CallError> {
        let body = json!({"commentIds": word::ids(ids)});
        self.page(Operation::Comments, body, &PageRequest::of_ids(ids)).await
    }

    /// Comments on a review, or on a comment under it; 1…4096 characters, which the caller has checked. Gives the
    /// comment's id.
    pub async fn write_comment(
        &self,
        review_id: &str,
        parent_id: Option<&str>,
        text: &str,
    ) -> SendOutcome {
        let parent = parent_id.map(|id| ("parentId", id));
        self.send_comment(&comment_body(review_id, parent, text)).await
    }

    /// Changes a comment of ours. Gives the comment's id.
    pub async fn edit_comment(&self, review_id: &str, id: &str, text: &str) -> SendOutcome {
        self.send_comment(&comment_body(review_id, Some(("id", id)), text)).await
    }

    /// Takes a comment of ours away.
    pub async fn delete_comment(&self, id: &str) -> SendOutcome {
        let body = json!({"id": word::id(id)});
        self.send(Operation::DeleteComment, |request| request.json(&body), |_| None).await
    }

    /// Leaves reviews without an answer, at most [`PAGE_MAX`](super::PAGE_MAX) of them.
    pub async fn skip_reaction(&self, review_ids: &[String]) -> SendOutcome {
        let body = json!({"feedbackIds": word::ids(review_ids)});
        self.send(Operation::SkipReaction, |request| request.json(&body), |_| None).await
    }

    async fn send_comment(&self, body: &Value) -> SendOutcome {
        let id = |result: &RawValue| id_at(result, &["id"]);
        self.send(Operation::WriteComment, |request| request.json(body), id).await
    }
}

impl ReviewsQuery {
    pub(super) fn body(&self) -> Value {
        let mut body = Map::new();
        if self.need_reaction {
            body.insert("reactionStatus".to_owned(), "NEED_REACTION".into());
        }
        for (name, time) in [("dateTimeFrom", self.from), ("dateTimeTo", self.to)] {
            let time = time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            body.extend(time.map(|time| (name.to_owned(), time.into())));
        }
        body.into()
    }
}

impl Item for Review {
    const LIST: &'static str = "feedbacks";

    fn id(fields: &mut Fields) -> Option<String> {
        fields.id("feedbackId")
    }

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        let id = Self::id(fields).ok_or(ItemError::NoId("feedbackId"))?;
        let created_at = fields.time("createdAt").ok_or(ItemError::NoTime("createdAt"))?;
        let [text, pros, cons] = description(fields)?;
        let addresses = |fields: &mut Fields| [texts(fields, "photos"), texts(fields, "videos")];
        let [photos, videos] = fields.object("media", addresses).unwrap_or_default();
        let (offer_id, order_id) = fields
            .object("identifiers", |fields| (fields.id("offerId"), fields.id("orderId")))
            .unwrap_or_default();
        let counts = |fields: &mut Fields| {
            (fields.take("rating", rating), word::count(fields, "commentsCount"))
        };
        let (rating, comments_count) = fields.object("statistics", counts).unwrap_or_default();
        Ok(Self {
            needs_reaction: word::flag(fields, "needReaction"),
            author: fields.text("author"),
            facts: std::mem::take(fields).rest(),
            id,
            created_at,
            rating,
            text,
            pros,
            cons,
            photos,
            videos,
            offer_id,
            order_id,
            comments_count,
        })
    }
}

impl Item for Comment {
    const LIST: &'static str = "comments";

    fn id(fields: &mut Fields) -> Option<String> {
        fields.id("id")
    }

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: Self::id(fields).ok_or(ItemError::NoId("id"))?,
            review_id: fields.id("feedbackId"),
            parent_id: fields.id("parentId"),
            text: fields.words("text")?,
            author: Author::of(fields),
            status: word::word(fields, "status"),
            can_modify: word::flag(fields, "canModify"),
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl Comment {
    /// Tells whether it is this cabinet's. Other sellers of the product write as cabinets too, and theirs cannot be
    /// changed from here.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        is_ours(self.author.as_ref(), self.can_modify)
    }

    /// Returns how it stands, in the words of all marketplaces; none when it was taken away.
    #[must_use]
    pub fn observed(&self) -> Option<ObservedAnswer> {
        observed(&self.id, &self.text, &self.status, self.can_modify)
    }
}

impl Author {
    pub(super) fn of(fields: &mut Fields) -> Option<Self> {
        let of = |fields: &mut Fields| Self {
            kind: word::word(fields, "type"),
            name: fields.text("name"),
        };
        fields.object("author", of)
    }
}

pub(super) fn is_ours(author: Option<&Author>, can_modify: Option<bool>) -> bool {
    match (author.map(|author| &author.kind), can_modify) {
        (_, Some(false)) => false,
        (Some(AuthorKind::Business), _) => true,
        // The author may be left out; only the seller's own can be changed.
        (None, can_modify) => can_modify == Some(true),
        (
            Some(AuthorKind::User | AuthorKind::Vendor | AuthorKind::Brand | AuthorKind::Other(_)),
            _,
        ) => false,
    }
}

/// An unknown word is read as "in moderation": the answer stands there, and nothing more is claimed.
pub(super) fn observed(
    id: &str,
    text: &str,
    status: &Moderation,
    can_modify: Option<bool>,
) -> Option<ObservedAnswer> {
    let state = match status {
        Moderation::Published => ObservedState::Published,
        Moderation::Unmoderated | Moderation::Other(_) => ObservedState::InModeration,
        Moderation::Banned => ObservedState::Rejected,
        Moderation::Deleted => return None,
    };
    Some(ObservedAnswer {
        text: Personal::Known(text.to_owned()),
        state,
        editable: can_modify,
        external_id: Some(id.to_owned()),
        refusal: None,
    })
}

/// Body of a comment that is written or, with its id, changed.
pub(super) fn comment_body(review_id: &str, named: Option<(&str, &str)>, text: &str) -> Value {
    let mut comment = json!({"text": text});
    if let Some((name, id)) = named {
        comment[name] = word::id(id);
    }
    json!({"feedbackId": word::id(review_id), "comment": comment})
}

/// Takes the words of a review. What only seems to have none might be answered as such.
fn description(fields: &mut Fields) -> Result<[String; 3], ItemError> {
    let words = fields.object("description", |fields| {
        Ok([fields.words("comment")?, fields.words("advantages")?, fields.words("disadvantages")?])
    });
    match words {
        None if fields.has("description") => Err(ItemError::NoText("description")),
        words => Ok(words.transpose()?.unwrap_or_default()),
    }
}

fn rating(value: &Value) -> Option<u8> {
    let stars = u8::try_from(word::number(value)?).ok()?;
    (1..=5).contains(&stars).then_some(stars)
}

/// Takes a list of texts, if it holds nothing else.
fn texts(fields: &mut Fields, name: &str) -> Vec<String> {
    let texts = fields.take(name, |list| {
        list.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    });
    texts.unwrap_or_default()
}

impl fmt::Debug for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Review")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .field("rating", &self.rating)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comment")
            .field("id", &self.id)
            .field("author", &self.author)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Author").field("kind", &self.kind).finish_non_exhaustive()
    }
}
