//! Questions about products, answers to them and comments on those.

use chrono::{DateTime, Months, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::cabinet::Cabinet;
use super::super::gate::Passage;
use super::super::note::Note;
use super::super::page::Order;
use super::super::problem::Refusal;
use super::super::question::Question;
use super::super::request::{self, Parameters, body};
use super::super::time::day;
use super::{Asked, IDS_MAX, Listed, page};

/// "The largest interval is 1 month."
const WINDOW: Months = Months::new(1);
/// Most comments with one answer.
const COMMENTS_MAX: usize = 100;

/// What [`list`] is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    category_ids: Option<Vec<u64>>,
    question_ids: Option<Vec<u64>>,
    date_from: Option<NaiveDate>,
    date_to: Option<NaiveDate>,
    #[serde(default)]
    need_answer: bool,
    sort: Option<Sort>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Sort {
    CreatedAtDesc,
    CreatedAtAsc,
}

/// What [`answers`] is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswersFilter {
    question_id: Option<u64>,
    answer_ids: Option<Vec<u64>>,
}

pub(super) fn list(
    passage: &mut Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let filter: Filter = body(passage.call, false)?;
    let wanted = parameters.page(25, 50)?;
    let now = passage.now;
    let order = match filter.sort {
        None | Some(Sort::CreatedAtDesc) => Order::NewestFirst,
        Some(Sort::CreatedAtAsc) => Order::OldestFirst,
    };
    let cabinet = passage.cabinet(seller);
    let keeps = filter.compiled(now)?;
    let list: Vec<Listed> = cabinet
        .questions
        .values()
        .filter(|question| keeps(cabinet, question))
        .map(|question| Listed {
            place: (question.created_at.timestamp_micros(), question.id),
            id: question.id,
            served: question.served(cabinet.business_id),
        })
        .collect();
    let total = list.len();
    let page = page(passage, seller, list, order, wanted);
    let mut result = json!({ "questions": page.items, "totalCount": total });
    // The last page may go without, as well.
    if page.paging != json!({}) {
        result["paging"] = page.paging;
    }
    Ok(result)
}

/// The answers to a question, or those with certain ids, with the comments on each, the oldest first.
pub(super) fn answers(
    passage: &mut Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let filter: AnswersFilter = body(passage.call, true)?;
    let wanted = parameters.page(25, 50)?;
    let ids = ("answerIds", filter.answer_ids);
    let asked = Asked::read(("questionId", filter.question_id), ids)?;
    let (now, cabinet) = (passage.now, passage.cabinet(seller));
    let answers: Vec<&Note> = match asked {
        Asked::Under(id) => {
            let question = cabinet.questions.get(&id);
            question.ok_or_else(|| Refusal::not_found("Question", id))?;
            cabinet.answers(id).collect()
        }
        Asked::Ids(ids) => ids
            .iter()
            .filter_map(|id| cabinet.notes.get(id))
            .filter(|note| note.on.question().is_some())
            .collect(),
    };
    let list: Vec<Listed> = answers
        .into_iter()
        .filter(|answer| answer.is_there(now))
        .map(|answer| {
            Listed::note(answer, answer.as_answer(now, comments(cabinet, answer.id, now)))
        })
        .collect();
    let page = page(passage, seller, list, Order::OldestFirst, wanted);
    Ok(json!({ "answers": page.items, "paging": page.paging }))
}

fn comments(cabinet: &Cabinet, answer: u64, now: DateTime<Utc>) -> Vec<Value> {
    let there = cabinet.comments_on(answer).filter(|comment| comment.is_there(now));
    there.take(COMMENTS_MAX).map(|comment| comment.as_answer(now, Vec::new())).collect()
}

/// Whether the seller has not answered yet; a banned or deleted answer is none.
pub(in super::super) fn needs_answer(cabinet: &Cabinet, question: u64, now: DateTime<Utc>) -> bool {
    !cabinet.answers(question).any(|answer| answer.is_of_seller() && answer.stands(now))
}

impl Filter {
    /// Checks what was asked for and makes a test of it. Both days belong to the period. Questions asked for by id are
    /// found however old they are, unless days are named, too.
    fn compiled(self, now: DateTime<Utc>) -> Result<impl Fn(&Cabinet, &Question) -> bool, Refusal> {
        let categories = request::list("categoryIds", self.category_ids, usize::MAX)?;
        let ids = request::list("questionIds", self.question_ids, IDS_MAX)?;
        let to = self.date_to.unwrap_or_else(|| day(now));
        let longest = to - WINDOW;
        let from = self.date_from.unwrap_or(longest);
        if from < longest {
            let message = "Too long time period. Maximum is '31' days";
            return Err(Refusal::bad_request(message));
        }
        let has_period = ids.is_none() || self.date_from.is_some() || self.date_to.is_some();
        Ok(move |cabinet: &Cabinet, question: &Question| {
            let is_in_period = (from..=to).contains(&day(question.created_at));
            let category = |wanted: &std::collections::BTreeSet<u64>| {
                question.category_id.is_some_and(|category| wanted.contains(&category))
            };
            (is_in_period || !has_period)
                && ids.as_ref().is_none_or(|ids| ids.contains(&question.id))
                && categories.as_ref().is_none_or(category)
                && (!self.need_answer || needs_answer(cabinet, question.id, now))
        })
    }
}
