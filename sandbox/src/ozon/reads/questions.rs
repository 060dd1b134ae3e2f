//! Questions and the answers to them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Page, after, page, period, served};
use crate::ozon::problem::Refusal;
use crate::ozon::question::Question;
use crate::ozon::request::Fields;
use crate::ozon::review::Status;
use crate::ozon::shop::Shop;
use crate::ozon::words::Words;

/// Questions of an answer at most.
const LIMIT_MAX: usize = 100;
/// Questions of an answer when the request does not say, after the `maxItems` of the published schema.
const LIMIT_USUAL: usize = 10;
/// Answers of an answer: the request cannot say how many.
const ANSWERS: usize = 20;

/// Questions by publication.
pub(super) fn list(shop: &Shop, fields: &Fields, now: DateTime<Utc>) -> Result<Page, Refusal> {
    let limit = fields.limit(1..=LIMIT_MAX, Some(LIMIT_USUAL))?;
    let is_ascending = fields.word("sort_dir", &["DESC", "ASC"])? == "ASC";
    let last_id = fields.text("last_id")?;
    let filter = fields.object("filter")?;
    let statuses = ["ALL", "NEW", "VIEWED", "PROCESSED", "UNPROCESSED"];
    let status = filter.word("status", &statuses)?;
    let is_in_period = period(&filter, "date_from", "date_to")?;
    let has_status = |question: &Question| match status {
        "ALL" => true,
        "UNPROCESSED" => question.status != Status::Processed,
        status => status == question.status.to_string(),
    };
    let wanted = |(_, question): &(&String, &Question)| {
        question.published_at <= now && is_in_period(question.published_at) && has_status(question)
    };
    let questions = after(shop.questions.iter().filter(wanted), is_ascending, last_id);
    let listing =
        |(id, question): &(&String, &Question)| served(shop, id, || question.listing(now));
    Ok(page(questions, limit, |(id, _)| (*id).clone(), listing))
}

pub(super) fn info(shop: &Shop, fields: &Fields, now: DateTime<Utc>) -> Result<Value, Refusal> {
    let id = fields.required_text("question_id")?;
    let question = shop.questions.get(id).ok_or_else(|| Refusal::not_found("question"))?;
    Ok(served(shop, id, || question.listing(now)))
}

pub(super) fn count(shop: &Shop) -> Value {
    let of = |status: Status| shop.questions.values().filter(|it| it.status == status).count();
    json!({
        "all": shop.questions.len(),
        "new": of(Status::New),
        "viewed": of(Status::Viewed),
        "processed": of(Status::Processed),
        "unprocessed": of(Status::New) + of(Status::Viewed),
    })
}

/// The answers to a question, oldest first.
pub(super) fn answers(
    shop: &Shop,
    seller: &str,
    fields: &Fields,
    now: DateTime<Utc>,
) -> Result<Page, Refusal> {
    let id = fields.required_text("question_id")?;
    let sku: u64 = fields.required_number("sku")?;
    let question = shop.questions.get(id).filter(|question| question.sku == sku);
    let question = question.ok_or_else(|| Refusal::not_found("question"))?;
    let last_id = fields.text("last_id")?;
    let listed = question.answers.iter().filter(|answer| answer.is_listed(now));
    let mut answers: Vec<&Words> =
        listed.filter(|answer| last_id.is_none_or(|last| answer.id.as_str() > last)).collect();
    answers.sort_by(|one, other| one.id.cmp(&other.id));
    let listing =
        |answer: &&Words| served(shop, &answer.id, || question.answer_listing(answer, seller, now));
    Ok(page(answers, ANSWERS, |answer| answer.id.clone(), listing))
}
