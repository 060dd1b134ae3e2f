//! The reading methods, those about reviews among them.

use axum::http::StatusCode;
use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::gate::Passage;
use super::query::{BadParameter, Page, Parameters};
use super::shop::Listed;
use super::{Endpoint, chat_reads, claim_reads, identity, problem, question_reads};
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
    let mut reply = match passage.call.endpoint {
        Endpoint::Ping(_) => return pong(passage.now),
        Endpoint::Download => return chat_reads::download(passage, seller),
        Endpoint::NewFeedbacksQuestions => has_new(passage, seller),
        Endpoint::CountUnanswered => count_unanswered(passage, seller),
        Endpoint::Count => answered(passage, count(passage, seller)),
        Endpoint::Feedbacks => {
            let page = feedbacks(passage, seller);
            answered(passage, page)
        }
        Endpoint::Archive => {
            let page = archive(passage, seller);
            answered(passage, page)
        }
        Endpoint::Feedback => answered(passage, feedback(passage, seller)),
        Endpoint::QuestionsCountUnanswered => question_reads::count_unanswered(passage, seller),
        Endpoint::QuestionsCount => question_reads::count(passage, seller),
        Endpoint::Questions => question_reads::list(passage, seller),
        Endpoint::Question => question_reads::one(passage, seller),
        Endpoint::Chats => chat_reads::chats(passage, seller),
        Endpoint::Events => chat_reads::events(passage, seller),
        Endpoint::Claims => claim_reads::list(passage, seller),
        Endpoint::SellerInfo => identity::seller_info(passage, seller),
        // Not read.
        Endpoint::Answer
        | Endpoint::EditAnswer
        | Endpoint::PatchQuestion
        | Endpoint::Message
        | Endpoint::Claim => Reply::empty(StatusCode::METHOD_NOT_ALLOWED),
    };
    if reply.status == StatusCode::OK && passage.fires(Fault::Malformed) {
        reply.body.truncate(reply.body.len() / 2);
    }
    reply
}

fn answered(passage: &Passage<'_>, data: Result<Value, Refusal>) -> Reply {
    match data {
        Ok(data) => problem::success(&data),
        Err(Refusal::BadParameter(text)) => {
            problem::envelope(StatusCode::BAD_REQUEST, &text, &passage.id())
        }
        Err(Refusal::Unprocessable(text)) => {
            problem::envelope(StatusCode::UNPROCESSABLE_ENTITY, text, &passage.id())
        }
    }
}

fn pong(now: DateTime<Utc>) -> Reply {
    let moscow = now.with_timezone(&moscow()).to_rfc3339_opts(SecondsFormat::Secs, false);
    Reply::json(StatusCode::OK, "application/json", &json!({ "TS": moscow, "Status": "OK" }))
}

fn has_new(passage: &Passage<'_>, seller: &str) -> Reply {
    let has_new_feedbacks = listed(passage, seller).any(|review| !review.was_viewed);
    let has_new_questions = question_reads::has_new(passage, seller);
    problem::success(
        &json!({ "hasNewQuestions": has_new_questions, "hasNewFeedbacks": has_new_feedbacks }),
    )
}

fn count_unanswered(passage: &Passage<'_>, seller: &str) -> Reply {
    let waiting = listed(passage, seller).filter(|review| !review.is_processed);
    let days: Vec<_> = waiting.map(|review| day_of(review.created)).collect();
    let today = days.iter().filter(|day| **day == day_of(passage.now)).count();
    problem::success(&json!({ "countUnanswered": days.len(), "countUnansweredToday": today }))
}

fn count(passage: &Passage<'_>, seller: &str) -> Result<Value, Refusal> {
    let parameters = Parameters::parse(passage.call.query.as_deref())?;
    let is_answered = parameters.is_answered(Some(true))?;
    let period = parameters.period()?;
    let counted = listed(passage, seller)
        .filter(|review| review.is_processed == is_answered && period.contains(review.created));
    Ok(json!(counted.count()))
}

fn feedbacks(passage: &mut Passage<'_>, seller: &str) -> Result<Value, Refusal> {
    let parameters = Parameters::parse(passage.call.query.as_deref())?;
    let is_answered = parameters.is_answered(None)?;
    let period = parameters.period()?;
    let page = parameters.list_page()?;
    let processed = listed(passage, seller).filter(|review| review.is_processed).count();
    let all = listed(passage, seller).count();
    let wanted =
        |review: &Listed<'_>| review.is_processed == is_answered && period.contains(review.created);
    let feedbacks = list(passage, seller, page, wanted);
    Ok(json!({
        "countUnanswered": all - processed,
        "countArchive": processed,
        "feedbacks": feedbacks,
    }))
}

fn archive(passage: &mut Passage<'_>, seller: &str) -> Result<Value, Refusal> {
    let page = Parameters::parse(passage.call.query.as_deref())?.archive_page()?;
    Ok(json!({ "feedbacks": list(passage, seller, page, |review| review.is_processed) }))
}

fn feedback(passage: &Passage<'_>, seller: &str) -> Result<Value, Refusal> {
    let parameters = Parameters::parse(passage.call.query.as_deref())?;
    let id = parameters.text("id");
    let review = id.and_then(|id| passage.world.wildberries.review(seller, id));
    let review = review.ok_or(Refusal::Unprocessable("Невозможно получить отзыв по id"))?;
    Ok(review.served(passage.now))
}

fn listed<'a>(passage: &'a Passage<'_>, seller: &str) -> impl Iterator<Item = Listed<'a>> {
    let (now, shop) = (passage.now, passage.world.wildberries.shops.get(seller));
    shop.into_iter().flat_map(move |shop| shop.listed(now))
}

/// A page of the reviews that `wanted` keeps, by date.
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
    let feedbacks = page.map(|review| review.review().served(now)).collect();
    disordered(passage, feedbacks)
}

/// A page after the faults that name one thing twice or put all in another order; nothing goes missing.
pub(super) fn disordered(passage: &mut Passage<'_>, mut page: Vec<Value>) -> Vec<Value> {
    if page.is_empty() {
        return page;
    }
    if passage.fires(Fault::Duplicated) {
        let place =
            |n| passage.world.faults.detail("duplicate", &passage.key, n) as usize % page.len();
        let (from, to) = (place(0), place(1));
        page.insert(to, page[from].clone());
    }
    if passage.fires(Fault::Reordered) {
        let draw = |n| passage.world.faults.detail("order", &passage.key, n);
        let mut order: Vec<(u64, Value)> = (0..).map(draw).zip(page).collect();
        order.sort_by_key(|(draw, _)| *draw);
        page = order.into_iter().map(|(_, thing)| thing).collect();
    }
    page
}

/// The day of a moment; Wildberries' days begin at midnight in Moscow.
pub(super) fn day_of(moment: DateTime<Utc>) -> NaiveDate {
    moment.with_timezone(&moscow()).date_naive()
}

/// The time that Wildberries writes where it says UTC+3.
pub(super) fn moscow() -> FixedOffset {
    FixedOffset::east_opt(TimeDelta::hours(3).num_seconds() as i32)
        .expect("three hours are an offset")
}
