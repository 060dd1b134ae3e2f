//! The reading methods.

use axum::http::StatusCode;
use chrono::{FixedOffset, SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::gate::Passage;
use super::query::{BadParameter, Page, Parameters};
use super::shop::Listed;
use super::{Endpoint, problem};
use crate::exchange::Reply;
use crate::faults::Fault;

/// Why a reading method has nothing to give.
enum Refusal {
    /// 400
    BadParameter(BadParameter),
    /// 422
    Unprocessable(&'static str),
}

impl From<BadParameter> for Refusal {
    fn from(text: BadParameter) -> Self {
        Self::BadParameter(text)
    }
}

/// Answers a reading call.
pub(super) fn handle(passage: &mut Passage<'_>, seller: &str) -> Reply {
    match read(passage, seller) {
        Ok(mut reply) => {
            if passage.call.endpoint != Endpoint::Ping && passage.fires(Fault::Malformed) {
                reply.body.truncate(reply.body.len() / 2);
            }
            reply
        }
        Err(Refusal::BadParameter(text)) => {
            problem::envelope(StatusCode::BAD_REQUEST, &text, &passage.id())
        }
        Err(Refusal::Unprocessable(text)) => {
            problem::envelope(StatusCode::UNPROCESSABLE_ENTITY, text, &passage.id())
        }
    }
}

fn read(passage: &mut Passage<'_>, seller: &str) -> Result<Reply, Refusal> {
    let now = passage.now;
    let parameters = Parameters::parse(passage.call.query.as_deref())?;
    let data = match passage.call.endpoint {
        Endpoint::Ping => {
            let moscow = now.with_timezone(&moscow()).to_rfc3339_opts(SecondsFormat::Secs, false);
            return Ok(Reply::json(
                StatusCode::OK,
                "application/json",
                &json!({ "TS": moscow, "Status": "OK" }),
            ));
        }
        Endpoint::NewFeedbacksQuestions => {
            let has_new = listed(passage, seller).any(|review| !review.was_viewed);
            json!({ "hasNewQuestions": false, "hasNewFeedbacks": has_new })
        }
        Endpoint::CountUnanswered => {
            let day = |moment: chrono::DateTime<chrono::Utc>| {
                moment.with_timezone(&moscow()).date_naive()
            };
            let waiting = listed(passage, seller).filter(|review| !review.is_processed);
            let created: Vec<_> = waiting.map(|review| day(review.created)).collect();
            let today = created.iter().filter(|created| **created == day(now)).count();
            json!({ "countUnanswered": created.len(), "countUnansweredToday": today })
        }
        Endpoint::Count => {
            let is_answered = parameters.is_answered(Some(true))?;
            let period = parameters.period()?;
            let counted = listed(passage, seller).filter(|review| {
                review.is_processed == is_answered && period.contains(review.created)
            });
            json!(counted.count())
        }
        Endpoint::Feedbacks => {
            let is_answered = parameters.is_answered(None)?;
            let period = parameters.period()?;
            let page = parameters.list_page()?;
            let processed = listed(passage, seller).filter(|review| review.is_processed).count();
            let all = listed(passage, seller).count();
            let wanted = |review: &Listed<'_>| {
                review.is_processed == is_answered && period.contains(review.created)
            };
            let feedbacks = list(passage, seller, page, wanted);
            json!({ "countUnanswered": all - processed, "countArchive": processed, "feedbacks": feedbacks })
        }
        Endpoint::Archive => {
            let page = parameters.page(None)?;
            json!({ "feedbacks": list(passage, seller, page, |review| review.is_processed) })
        }
        Endpoint::Feedback => {
            let review =
                parameters.text("id").and_then(|id| passage.world.wildberries.review(seller, id));
            review.ok_or(Refusal::Unprocessable("Невозможно получить отзыв по id"))?.served(now)
        }
        Endpoint::Answer | Endpoint::EditAnswer => Value::Null,
    };
    Ok(problem::success(&data))
}

fn listed<'a>(passage: &'a Passage<'_>, seller: &str) -> impl Iterator<Item = Listed<'a>> {
    let (now, shop) = (passage.now, passage.world.wildberries.shops.get(seller));
    shop.into_iter().flat_map(move |shop| shop.listed(now))
}

/// A page of the reviews that `wanted` keeps, by date; on a fault with one twice or in another order, never with one
/// missing.
fn list(
    passage: &mut Passage<'_>,
    seller: &str,
    page: Page,
    wanted: impl Fn(&Listed<'_>) -> bool,
) -> Vec<Value> {
    let now = passage.now;
    let is_of_product = |review: &Listed<'_>| page.nm_id.is_none_or(|nm| review.nm_id == Some(nm));
    let mut reviews: Vec<Listed<'_>> =
        listed(passage, seller).filter(|review| wanted(review) && is_of_product(review)).collect();
    // Stable: reviews of one moment stay in the order of their ids.
    reviews.sort_by_key(|review| review.created);
    if page.newest_first {
        reviews.reverse();
    }
    let page = reviews.into_iter().skip(page.skip).take(page.take);
    let mut feedbacks: Vec<Value> = page.map(|review| review.review().served(now)).collect();
    if feedbacks.is_empty() {
        return feedbacks;
    }
    if passage.fires(Fault::Duplicated) {
        let place = |n| {
            passage.world.faults.detail("duplicate", &passage.key, n) as usize % feedbacks.len()
        };
        let (from, to) = (place(0), place(1));
        feedbacks.insert(to, feedbacks[from].clone());
    }
    if passage.fires(Fault::Reordered) {
        let mut order: Vec<(u64, Value)> = (0..)
            .map(|n| passage.world.faults.detail("order", &passage.key, n))
            .zip(feedbacks)
            .collect();
        order.sort_by_key(|(draw, _)| *draw);
        feedbacks = order.into_iter().map(|(_, feedback)| feedback).collect();
    }
    feedbacks
}

/// Wildberries' days begin at midnight in Moscow.
fn moscow() -> FixedOffset {
    FixedOffset::east_opt(TimeDelta::hours(3).num_seconds() as i32)
        .expect("three hours are an offset")
}
