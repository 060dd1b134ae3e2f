//! Reviews, and the comments under them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::interaction::{ChatReading, Ingest};
use domain::value::{BuyerWords, Content, Links, ObservedAnswer, ObservedState};
use domain::{AccountId, Channel};
use tracing::warn;

use super::{Cursor, LOOK_PATIENCE, Ozon, PAGE_PATIENCE, product, source};
use crate::connector::{Found, PageRead, Place, ReadError, Wanted};
use crate::ozon::{
    Comment, CommentsOf, CommentsQuery, Order, PAGE_MAX, Page, Review, ReviewsQuery, Status,
};
use crate::rate_limit::Priority;

/// Pages read of the comments under one review.
const COMMENT_PAGES_MAX: usize = 5;

/// Comments under a review.
#[derive(Default)]
struct Comments {
    items: Vec<Comment>,
    /// How many the marketplace gave, readable or not.
    count: u32,
    /// Whether anything is missing: unreadable, or on pages that were not read.
    is_incomplete: bool,
}

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
        let mut may_leave = place.is_stuck;
        for review in page.items.into_iter().filter(|it| !cursor.taken.contains(&it.id)) {
            match self.reading_of(review.clone(), place.now).await {
                Ok(reading) => readings.push(reading),
                // One that the marketplace stumbles over must not keep all that follow from being read. That it is one
                // is not certain, so that no more than one is given up for each row of failures.
                Err(ReadError::Call(error)) if may_leave && error.failure.may_be_about_item() => {
                    let (account, id) = (self.account, &review.id);
                    warn!(account.id = %account, error = %error, "took in review {id} without what could not be read");
                    readings.push(reading_of_review(account, review, None, place.now));
                    may_leave = false;
                }
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
            standing(&self.comments(&review.id, Priority::Read, PAGE_PATIENCE).await?.items)
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

    /// Reads the comments under a review, the oldest first.
    async fn comments(
        &self,
        review_id: &str,
        priority: Priority,
        patience: Duration,
    ) -> Result<Comments, ReadError> {
        let mut comments = Comments::default();
        for _ in 0..COMMENT_PAGES_MAX {
            let query = CommentsQuery {
                of: CommentsOf::Review { id: review_id.to_owned() },
                limit: PAGE_MAX,
                offset: comments.count,
                order: Some(Order::Asc),
            };
            let page = self.call(priority, patience, self.client.comments(&query)).await?;
            if comments.take(page) {
                return Ok(comments);
            }
        }
        comments.is_incomplete = true;
        Ok(comments)
    }

    /// Returns none when what is looked for may be in what could not be read.
    pub(super) async fn look_at_review(
        &self,
        wanted: &Wanted,
        priority: Priority,
    ) -> Result<Option<Found>, ReadError> {
        let comments = self.comments(&wanted.source.external_id, priority, LOOK_PATIENCE).await?;
        Ok(comments.show(wanted))
    }
}

impl Comments {
    /// Takes a page; tells whether it was the last.
    fn take(&mut self, page: Page<Comment>) -> bool {
        self.count += u32::try_from(page.count()).unwrap_or(u32::MAX);
        self.is_incomplete |= !page.malformed.is_empty();
        let is_last = page.continuation().is_none();
        self.items.extend(page.items);
        is_last
    }

    fn show(&self, wanted: &Wanted) -> Option<Found> {
        let mut answers = self.items.iter().filter_map(Comment::observed_answer);
        if let Some(ours) = answers.find(|answer| wanted.is(answer)) {
            return Some(Found::Given(Some(ours)));
        }
        // To call it absent would send it again.
        (!self.is_incomplete).then(|| Found::Given(standing(&self.items)))
    }
}

/// Of several comments of the seller the one that counts: the first that buyers see, otherwise the newest that may yet
/// be seen, otherwise the newest that was refused.
fn standing(comments: &[Comment]) -> Option<ObservedAnswer> {
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ozon::item::decode;

    fn shown(comments: &str) -> Option<Found> {
        let account = AccountId(Uuid::nil());
        let wanted = Wanted {
            source: source(account, Channel::Review, "r".into(), DateTime::UNIX_EPOCH),
            article: "1".into(),
            reply: None,
            text: Some("Спасибо".into()),
            files: vec![],
            since: None,
        };
        let page = decode(&format!(r#"{{"comments":[{comments}]}}"#)).unwrap();
        let mut read = Comments::default();
        assert!(read.take(Page { next: None, ..page }));
        read.show(&wanted)
    }

    #[test]
    fn a_comment_that_cannot_be_read_may_be_the_one_that_is_looked_for() {
        let [odd, buyers, ours] = [
            r#"{"id": "1", "is_owner": true, "text": {"ru": "Спасибо"}}"#,
            r#"{"id": "2", "is_owner": false, "text": "Спасибо"}"#,
            r#"{"id": "3", "is_owner": true, "text": "Спасибо", "is_published": true}"#,
        ];
        assert_eq!(shown(odd), None);
        assert_eq!(shown(buyers), Some(Found::Given(None)));
        assert!(matches!(shown(&format!("{odd},{ours}")), Some(Found::Given(Some(_)))));
    }
}
