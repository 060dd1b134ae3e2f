//! Reviews and the comments under them.

use chrono::{DateTime, Months, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::cabinet::Cabinet;
use super::super::feedback::Feedback;
use super::super::gate::Passage;
use super::super::note::Note;
use super::super::note::On;
use super::super::page::Order;
use super::super::problem::Refusal;
use super::super::request::{self, Parameters, body};
use super::{Asked, IDS_MAX, Listed, page};

/// "The largest interval is 6 months."
const WINDOW: Months = Months::new(6);

/// What [`list`] is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    feedback_ids: Option<Vec<u64>>,
    date_time_from: Option<DateTime<Utc>>,
    date_time_to: Option<DateTime<Utc>>,
    reaction_status: Option<ReactionStatus>,
    rating_values: Option<Vec<u8>>,
    offer_ids: Option<Vec<String>>,
    paid: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ReactionStatus {
    All,
    NeedReaction,
}

/// What [`comments`] is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommentsFilter {
    feedback_id: Option<u64>,
    comment_ids: Option<Vec<u64>>,
}

/// Reviews "in the order of publication", the newest first as captured pages have it.
pub(super) fn list(
    passage: &mut Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let filter: Filter = body(passage.call, false)?;
    let wanted = parameters.page(25, 50)?;
    let now = passage.now;
    let keeps = filter.compiled(now)?;
    let cabinet = passage.cabinet(seller);
    let published = cabinet.feedbacks.values().filter(|feedback| feedback.published_at <= now);
    let list: Vec<Listed> = published
        .filter(|feedback| keeps(feedback))
        .map(|feedback| Listed {
            place: (feedback.published_at.timestamp_micros(), feedback.id),
            id: feedback.id,
            served: feedback.served(now, comments_count(cabinet, feedback.id, now)),
        })
        .collect();
    let page = page(passage, seller, list, Order::NewestFirst, wanted);
    Ok(json!({ "feedbacks": page.items, "paging": page.paging }))
}

/// The comments under a review, or those with certain ids, the oldest first.
pub(super) fn comments(
    passage: &mut Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let filter: CommentsFilter = body(passage.call, true)?;
    let wanted = parameters.page(25, 50)?;
    let ids = ("commentIds", filter.comment_ids);
    let asked = Asked::read(("feedbackId", filter.feedback_id), ids)?;
    let (now, cabinet) = (passage.now, passage.cabinet(seller));
    let notes: Vec<&Note> = match asked {
        Asked::Under(id) => {
            cabinet.feedback(id, now).ok_or_else(|| Refusal::not_found("Feedback", id))?;
            cabinet.comments(id).collect()
        }
        Asked::Ids(ids) => ids
            .iter()
            .filter_map(|id| cabinet.notes.get(id))
            .filter(|note| note.on.feedback().is_some())
            .collect(),
    };
    let there = notes.into_iter().filter(|note| note.is_there(now));
    let list: Vec<Listed> = there.map(|note| Listed::note(note, note.as_comment(now))).collect();
    let page = page(passage, seller, list, Order::OldestFirst, wanted);
    Ok(json!({ "comments": page.items, "paging": page.paging }))
}

/// "Only replies to reviews are counted, not the comments below them."
fn comments_count(cabinet: &Cabinet, feedback: u64, now: DateTime<Utc>) -> usize {
    let direct = cabinet.comments(feedback).filter(|note| note.on == On::Feedback { feedback });
    direct.filter(|note| note.stands(now)).count()
}

impl Filter {
    /// Checks what was asked for and makes a test of it.
    fn compiled(self, now: DateTime<Utc>) -> Result<impl Fn(&Feedback) -> bool, Refusal> {
        let has_others = self.date_time_from.is_some()
            || self.date_time_to.is_some()
            || self.reaction_status.is_some()
            || self.rating_values.is_some()
            || self.offer_ids.is_some()
            || self.paid.is_some();
        let ids = request::list("feedbackIds", self.feedback_ids, IDS_MAX)?;
        if ids.is_some() && has_others {
            // "Do not use this field together with other filters."
            let message = "feedbackIds cannot be used with other filters";
            return Err(Refusal::bad_request(message));
        }
        let ratings = request::list("ratingValues", self.rating_values, 5)?;
        let offers = request::list("offerIds", self.offer_ids, 20)?;
        let to = self.date_time_to.unwrap_or(now);
        let longest = to - WINDOW;
        let from = self.date_time_from.unwrap_or(longest);
        if from < longest {
            let message = "Too long time period. Maximum is '183' days";
            return Err(Refusal::bad_request(message));
        }
        let needs_reaction = self.reaction_status == Some(ReactionStatus::NeedReaction);
        // A period that is not asked for ends now, including what was written just now.
        let to = self.date_time_to.map(|to| to.timestamp_millis());
        let from = from.timestamp_millis();
        Ok(move |feedback: &Feedback| match &ids {
            Some(ids) => ids.contains(&feedback.id),
            None => {
                // As exact as the dates that are read.
                let created = feedback.created_at.timestamp_millis();
                from < created
                    && to.is_none_or(|to| created < to)
                    && (!needs_reaction || feedback.needs_reaction(now))
                    && ratings.as_ref().is_none_or(|ratings| ratings.contains(&feedback.rating))
                    && offers.as_ref().is_none_or(|offers| offers.contains(&feedback.offer_id))
                    && self.paid.is_none_or(|paid| paid == feedback.paid_amount.is_some())
            }
        })
    }
}
