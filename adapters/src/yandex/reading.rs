//! Reviews and questions in our words.

use chrono::{DateTime, Utc};
use domain::interaction::{ChatReading, Ingest};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{AccountId, Channel, Marketplace};

use super::connector::read_kept;
use super::page;
use super::question::Question;
use super::review::Review;
use crate::connector::Apart;
use crate::http::ItemError;

/// Under this name it is kept how many comments a review has: it tells when there is an answer to ask for.
const COMMENTS: &str = "commentsCount";

/// Under this name it is kept whether a question waits for an answer.
const NEEDS_ANSWER: &str = "needAnswer";

/// How long an answer is looked at again every day: moderators and the seller's own people change it without a sign.
const FRESH_DAYS: i64 = 37;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Reads an item of a page that was kept, as it came.
pub(crate) fn read_item(
    channel: Channel,
    account: AccountId,
    raw: &str,
    seen_at: DateTime<Utc>,
) -> Result<Ingest, ItemError> {
    match channel {
        Channel::Review => {
            page::read::<Review>(raw).map(|review| review.into_reading(account, seen_at))
        }
        Channel::Question => page::read::<Question>(raw)
            .map(|question| question.into_reading(account, None, seen_at)),
        Channel::Chat => read_kept(account, raw, seen_at),
    }
}

impl Review {
    /// That the marketplace waits for no reaction says nothing: somebody may merely have opened the review.
    pub(super) fn into_reading(self, account: AccountId, seen_at: DateTime<Utc>) -> Ingest {
        let mut facts = self.facts;
        let mut note = |name: &str, value: Option<serde_json::Value>| {
            facts.extend(value.map(|value| (name.to_owned(), value)));
        };
        note(COMMENTS, self.comments_count.map(Into::into));
        note("needReaction", self.needs_reaction.map(Into::into));
        note("orderId", self.order_id.map(Into::into));
        let more_videos = self.videos.get(1..).filter(|more| !more.is_empty());
        note("moreVideos", more_videos.map(Into::into));
        let words = BuyerWords {
            buyer_name: self.author,
            text: self.text,
            pros: self.pros,
            cons: self.cons,
            photos: self.photos,
            video_url: self.videos.into_iter().next(),
            facts,
        };
        let content =
            Content { rating: self.rating, product: product(self.offer_id), words: words.into() };
        reading(account, Channel::Review, (self.id, self.created_at), content, seen_at)
    }
}

impl Question {
    /// `needs_answer` tells whether the marketplace waits for one, where it was asked.
    pub(super) fn into_reading(
        self,
        account: AccountId,
        needs_answer: Option<bool>,
        seen_at: DateTime<Utc>,
    ) -> Ingest {
        let mut facts = self.facts;
        facts.extend(needs_answer.map(|needs| (NEEDS_ANSWER.to_owned(), needs.into())));
        let words = BuyerWords {
            buyer_name: self.author.and_then(|author| author.name),
            text: self.text,
            facts,
            ..BuyerWords::default()
        };
        let content =
            Content { rating: None, product: product(self.offer_id), words: words.into() };
        reading(account, Channel::Question, (self.id, self.created_at), content, seen_at)
    }
}

/// Tells when the answer under an item is worth a call; none of a chat, whose messages come with it.
pub(super) fn answer_apart(reading: &Ingest) -> Option<Apart> {
    let facts = reading.content.words.known().map(|words| &words.facts);
    let (may_stand, sign) = match reading.source.channel {
        Channel::Review => match facts.and_then(|facts| facts.get(COMMENTS)?.as_u64()) {
            Some(count) => (count > 0, count.to_string()),
            None => (true, String::new()),
        },
        Channel::Question => match facts.and_then(|facts| facts.get(NEEDS_ANSWER)?.as_bool()) {
            Some(needs) => (!needs, needs.to_string()),
            None => (true, String::new()),
        },
        Channel::Chat => return None,
    };
    // Where nothing stands, there is nothing to look at again.
    let turn = if may_stand { turn(&reading.source, reading.seen_at) } else { 0 };
    Some(Apart { may_stand, sign: format!("{sign}|{turn}") })
}

/// Numbers the times that an answer is looked at without a sign: daily, and monthly once it is old. Each item has its own
/// hour, so that they do not all come at once.
fn turn(source: &Source, now: DateTime<Utc>) -> i64 {
    let is_fresh = (now - source.occurred_at).num_days() < FRESH_DAYS;
    let seconds = if is_fresh { DAY_SECONDS } else { 30 * DAY_SECONDS };
    let add = |sum: i64, byte: u8| (sum * 31 + i64::from(byte)) % seconds;
    let offset = source.external_id.bytes().fold(0, add);
    (now.timestamp() + offset) / seconds
}

/// The marketplace tells the seller's own article alone.
fn product(offer_id: Option<String>) -> Product {
    Product { article: offer_id.unwrap_or_default(), ..Product::default() }
}

fn reading(
    account_id: AccountId,
    channel: Channel,
    (external_id, occurred_at): (String, DateTime<Utc>),
    content: Content,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let marketplace = Marketplace::YandexMarket;
    Ingest {
        source: Source { account_id, marketplace, channel, external_id, occurred_at },
        content,
        answer: None,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: false,
        seen_at,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    fn review(comments: Option<u64>, days_later: i64) -> Ingest {
        let created_at: DateTime<Utc> = "2026-07-01T10:00:00Z".parse().unwrap();
        let count = comments.map_or(String::new(), |n| format!(r#","commentsCount":{n}"#));
        let raw = format!(
            r#"{{"feedbackId":7,"createdAt":"{}","needReaction":false,"statistics":{{"rating":4{count}}}}}"#,
            created_at.to_rfc3339()
        );
        let account = AccountId(Uuid::nil());
        let seen_at = created_at + TimeDelta::days(days_later);
        read_item(Channel::Review, account, &raw, seen_at).unwrap()
    }

    fn apart(reading: &Ingest) -> Apart {
        answer_apart(reading).unwrap()
    }

    #[test]
    fn a_review_that_somebody_opened_is_not_dealt_with() {
        assert!(!review(Some(0), 1).processed);
    }

    #[test]
    fn an_answer_is_asked_for_when_there_are_comments_and_again_when_their_number_changes() {
        let none = apart(&review(Some(0), 1));
        assert!(!none.may_stand);
        assert_eq!(none.sign, apart(&review(Some(0), 20)).sign, "nothing to look at again");
        let one = apart(&review(Some(1), 1));
        assert!(one.may_stand);
        assert_ne!(one.sign, apart(&review(Some(2), 1)).sign);
        assert_ne!(one.sign, apart(&review(Some(1), 2)).sign, "looked at daily");
        let old = apart(&review(Some(1), 301)).sign;
        let months: std::collections::HashSet<_> =
            (301..361).map(|days| apart(&review(Some(1), days)).sign).collect();
        assert!(months.contains(&old));
        assert!((2..=3).contains(&months.len()), "once a month later on: {months:?}");
        assert!(apart(&review(None, 1)).may_stand);
    }
}
