//! Reading questions: lists, counts, one by its id.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::gate::Passage;
use super::problem;
use super::query::{BadParameter, Parameters};
use super::question::Question;
use super::reads::{self, day_of};
use crate::exchange::Reply;

/// How many questions wait for an answer.
pub(super) fn count_unanswered(passage: &Passage<'_>, seller: &str) -> Reply {
    let now = passage.now;
    let waiting = questions(passage, seller).filter(|question| !question.is_answered(now));
    let days: Vec<_> = waiting.map(|question| day_of(question.created())).collect();
    let today = days.iter().filter(|day| **day == day_of(now)).count();
    problem::success(&json!({ "countUnanswered": days.len(), "countUnansweredToday": today }))
}

/// How many questions of a period are answered, or are not.
pub(super) fn count(passage: &Passage<'_>, seller: &str) -> Reply {
    match counted(passage, seller) {
        Ok(counted) => problem::success(&json!(counted)),
        Err(text) => problem::envelope(StatusCode::BAD_REQUEST, &text, &passage.id()),
    }
}

/// One question by its id.
pub(super) fn one(passage: &Passage<'_>, seller: &str) -> Reply {
    match question(passage, seller) {
        Some(question) => problem::success(&question),
        None => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            problem::envelope(status, "Невозможно получить вопрос по id", &passage.id())
        }
    }
}

/// A page of questions.
pub(super) fn list(passage: &mut Passage<'_>, seller: &str) -> Reply {
    match listed(passage, seller) {
        Ok(page) => problem::success(&page),
        // All that the specification says about a bad parameter here.
        Err(_) => {
            let status = StatusCode::BAD_REQUEST;
            problem::envelope(status, "Something went wrong", &passage.id())
        }
    }
}

/// Whether the seller has a question that nobody looked at.
pub(super) fn has_new(passage: &Passage<'_>, seller: &str) -> bool {
    questions(passage, seller).any(|question| !question.was_viewed(passage.now))
}

fn questions<'a>(passage: &'a Passage<'_>, seller: &str) -> impl Iterator<Item = &'a Question> {
    let shop = passage.world.wildberries.shops.get(seller);
    shop.into_iter().flat_map(|shop| shop.questions.values())
}

fn counted(passage: &Passage<'_>, seller: &str) -> Result<usize, BadParameter> {
    let parameters = Parameters::parse(passage.call.query.as_deref())?;
    let is_answered = parameters.is_answered(Some(true))?;
    let period = parameters.period()?;
    let counted = questions(passage, seller).filter(|question| {
        question.is_answered(passage.now) == is_answered && period.contains(question.created())
    });
    Ok(counted.count())
}

fn question(passage: &Passage<'_>, seller: &str) -> Option<Value> {
    let parameters = Parameters::parse(passage.call.query.as_deref()).ok()?;
    let shop = passage.world.wildberries.shops.get(seller)?;
    Some(shop.questions.get(parameters.text("id")?)?.served(passage.now))
}

fn listed(passage: &mut Passage<'_>, seller: &str) -> Result<Value, BadParameter> {
    let now = passage.now;
    let parameters = Parameters::parse(passage.call.query.as_deref())?;
    let is_answered = parameters.is_answered(None)?;
    let period = parameters.period()?;
    let page = parameters.question_page()?;
    let all: Vec<&Question> = questions(passage, seller).collect();
    let answered = all.iter().filter(|question| question.is_answered(now)).count();
    let unanswered = all.len() - answered;
    let is_wanted = |question: &&Question| {
        question.is_answered(now) == is_answered
            && period.contains(question.created())
            && page.nm_id.is_none_or(|nm_id| question.nm_id() == Some(nm_id))
    };
    let mut wanted: Vec<&Question> = all.into_iter().filter(is_wanted).collect();
    // Stable: questions of one moment stay in the order of their ids.
    wanted.sort_by_key(|question| question.created());
    if page.newest_first {
        wanted.reverse();
    }
    let page = wanted.into_iter().skip(page.skip).take(page.take);
    let served = page.map(|question| question.served(now)).collect();
    let questions = reads::disordered(passage, served);
    Ok(json!({ "countUnanswered": unanswered, "countArchive": answered, "questions": questions }))
}
