//! Reviews, and the comments under them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::interaction::{ChatReading, Ingest};
use domain::value::{BuyerWords, Content, Links, ObservedAnswer, ObservedState};
use domain::{AccountId, Channel};

use super::{Cursor, LOOK_PATIENCE, Ozon, PAGE_PATIENCE, product, source};
use crate::connector::{Found, PageRead, Place, ReadError, Wanted};
use crate::ozon::{
    Comment, CommentsOf, CommentsQuery, Order, PAGE_MAX, Review, ReviewsQuery, Status,
};
use crate::rate_limit::Priority;

impl Ozon {
    pub(super) async fn reviews(&self, place: &Place) -> Result<PageRead, ReadError> {
        let cursor = Cursor::of(place);
        let query = ReviewsQuery {
            published_from: cursor.from,
            limit: PAGE_MAX,
            last_id: cursor.last_id.clone(),
            order: Some(Order::Asc),
            ..ReviewsQuery::default()
        };
        let page = self.call(Priority::Read, PAGE_PATIENCE, self.client.reviews(&query)).await?;
        let (mut next, whole) = (cursor.after(&page), cursor.whole);
        let mut readings = Vec::with_capacity(page.items.len());
        for review in page.items.into_iter().filter(|it| !cursor.taken.contains(&it.id)) {
            match self.reading_of(review, place.now).await {
                Ok(reading) => readings.push(reading),
                Err(error) if readings.is_empty() => return Err(error),
                // A page costs a hundred calls and more: were it all or nothing, one in a hundred that fails would keep
                // it from ever being read. What stands in the way is met again at once, and said then.
                Err(_) => {
                    next = cursor.amid(&readings);
                    break;
                }
            }
        }
        let malformed = page.malformed;
        Ok(PageRead { readings, malformed, next, whole, ..PageRead::default() })
    }

    /// Reads what the list does not tell of a review.
    async fn reading_of(&self, review: Review, now: DateTime<Utc>) -> Result<Ingest, ReadError> {
        let review = self.with_media(review).await?;
        let answer = if review.comments_amount == Some(0) {
            None
        } else {
            standing(self.comments(&review.id, Priority::Read, PAGE_PATIENCE).await?)
        };
        Ok(reading_of_review(self.account, review, answer, now))
    }

    /// Pictures are told one review at a time.
    async fn with_media(&self, review: Review) -> Result<Review, ReadError> {
        let has_media = [review.photos_amount, review.videos_amount].iter().any(|n| *n > Some(0));
        if !has_media {
            return Ok(review);
        }
        let whole = self.client.review(&review.id);
        let whole = self.call(Priority::Read, PAGE_PATIENCE, whole).await?;
        Ok(whole.unwrap_or(review))
    }

    async fn comments(
        &self,
        review_id: &str,
        priority: Priority,
        patience: Duration,
    ) -> Result<Vec<Comment>, ReadError> {
        let query = CommentsQuery {
            of: CommentsOf::Review { id: review_id.to_owned() },
            limit: PAGE_MAX,
            offset: 0,
            order: Some(Order::Asc),
        };
        Ok(self.call(priority, patience, self.client.comments(&query)).await?.items)
    }

    pub(super) async fn look_at_review(
        &self,
        wanted: &Wanted,
        priority: Priority,
    ) -> Result<Found, ReadError> {
        let comments = self.comments(&wanted.source.external_id, priority, LOOK_PATIENCE).await?;
        let answers = || comments.iter().filter_map(Comment::observed_answer);
        let ours = answers().find(|answer| wanted.is(answer));
        Ok(Found::Given(ours.or_else(|| standing(comments.clone()))))
    }
}

/// Of several comments of the seller the one that counts: the first that buyers see, otherwise the newest that may yet
/// be seen, otherwise the newest that was refused.
fn standing(comments: Vec<Comment>) -> Option<ObservedAnswer> {
    let answers: Vec<_> = comments.iter().filter_map(Comment::observed_answer).collect();
    let first = answers.iter().find(|answer| answer.state == ObservedState::Published);
    let newest = |state| answers.iter().rev().find(|answer| answer.state == state);
    first
        .or_else(|| newest(ObservedState::InModeration))
        .or_else(|| newest(ObservedState::Rejected))
        .cloned()
}

pub(super) fn reading_of_review(
    account: AccountId,
    review: Review,
    answer: Option<ObservedAnswer>,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let words = BuyerWords {
        text: review.text,
        photos: review.photos.into_iter().map(|photo| photo.url).collect(),
        video_url: review.videos.into_iter().map(|video| video.url).next(),
        facts: review.facts,
        ..BuyerWords::default()
    };
    Ingest {
        source: source(account, Channel::Review, review.id, review.published_at),
        content: Content {
            rating: review.rating,
            product: product(review.sku),
            words: words.into(),
        },
        answer,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: review.status == Status::Processed,
        seen_at,
    }
}
