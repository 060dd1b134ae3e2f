//! One review: the object Wildberries serves for it, and the versions of the seller's answer in time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::entry::Action;
use super::receipt::{Effect, Seen};
use super::writes::Schedule;
use crate::corpus::created_date;

/// "Once within 60 days from the moment of sending."
pub(super) const EDIT_WINDOW: TimeDelta = TimeDelta::days(60);
/// A review without an answer is archived after this time.
pub(super) const ARCHIVED_AFTER: TimeDelta = TimeDelta::days(30);

/// A review and its answers.
#[derive(Debug, Clone)]
pub(super) struct Review {
    /// The object as it came, with the answer it came with.
    feedback: Map<String, Value>,
    created: DateTime<Utc>,
    pub(super) is_handled: bool,
    /// What reads give in its place.
    pub(super) spoiled: Option<Value>,
    /// In the order of acceptance.
    pub(super) versions: Vec<Version>,
}

/// One accepted answer or edit.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Version {
    pub(super) action: Action,
    pub(super) text: String,
    pub(super) schedule: Schedule,
}

impl Review {
    /// A review from its object, which must have a text `id` and a date `createdDate`.
    pub(super) fn new(feedback: Map<String, Value>) -> Option<Self> {
        feedback.get("id")?.as_str()?;
        let created = created_date(&feedback)?;
        Some(Self { feedback, created, is_handled: false, spoiled: None, versions: Vec::new() })
    }

    pub(super) fn id(&self) -> &str {
        self.feedback.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn created(&self) -> DateTime<Utc> {
        self.created
    }

    pub(super) fn nm_id(&self) -> Option<u64> {
        self.feedback.get("productDetails")?.get("nmId")?.as_u64()
    }

    /// The seller's article of the product.
    pub(super) fn article(&self) -> Option<&str> {
        self.feedback.get("productDetails")?.get("supplierArticle")?.as_str()
    }

    /// Whether the buyer may still add to it: once, and not to a supplement.
    pub(super) fn takes_supplement(&self) -> bool {
        let is_free = |field: &str| self.feedback.get(field).is_none_or(Value::is_null);
        is_free("parentFeedbackId") && is_free("childFeedbackId")
    }

    pub(super) fn revise(&mut self, changes: Map<String, Value>) {
        self.feedback.extend(changes);
    }

    /// The object as the API serves it now.
    pub(super) fn served(&self, now: DateTime<Utc>) -> Value {
        if let Some(spoiled) = &self.spoiled {
            return spoiled.clone();
        }
        let mut feedback = self.feedback.clone();
        if let Some(version) = self.shown(now) {
            let answer = json!({
                "text": version.text,
                "state": version.state(now),
                "editable": self.edit_effect(now) == Effect::Applied,
            });
            feedback.insert("answer".to_owned(), answer);
            feedback.insert("wasViewed".to_owned(), Value::Bool(true));
        }
        Value::Object(feedback)
    }

    pub(super) fn was_viewed(&self, now: DateTime<Utc>) -> bool {
        self.feedback.get("wasViewed") == Some(&Value::Bool(true)) || self.shown(now).is_some()
    }

    /// Whether the review is processed, which is the same as archived: answered, put aside, 30 days old, or without
    /// words and pictures. The specification describes only the archive so, but calls its size "the number of processed
    /// reviews", and captured pages agree. A refused answer is an answer.
    pub(super) fn is_processed(&self, now: DateTime<Utc>) -> bool {
        let has_words = ["text", "pros", "cons"]
            .into_iter()
            .any(|part| self.feedback.get(part).is_some_and(is_filled));
        let has_pictures = ["photoLinks", "video"]
            .into_iter()
            .any(|part| self.feedback.get(part).is_some_and(is_filled));
        self.shown(now).is_some()
            || self.first_answer().is_some()
            || self.is_handled
            || self.created + ARCHIVED_AFTER < now
            || !(has_words || has_pictures)
    }

    /// What an edit would do now.
    pub(super) fn edit_effect(&self, now: DateTime<Utc>) -> Effect {
        let mut applied = self.versions.iter().filter(|version| version.schedule.applies_at <= now);
        let sent = applied.rfind(|version| version.action != Action::Edit);
        let may_edit_first = |answer: &Value| answer.get("editable") == Some(&Value::Bool(true));
        match (sent, self.first_answer()) {
            _ if self.versions.iter().any(|version| version.action == Action::Edit) => {
                Effect::EditSpent
            }
            (Some(sent), _) if sent.schedule.applies_at + EDIT_WINDOW < now => {
                Effect::EditWindowClosed
            }
            (None, Some(first)) if !may_edit_first(first) => Effect::EditSpent,
            (None, None) => Effect::NothingToEdit,
            (Some(_), _) | (None, Some(_)) => Effect::Applied,
        }
    }

    /// Answers by POST so far, also those not yet in effect.
    pub(super) fn deliveries(&self) -> u64 {
        self.versions.iter().filter(|version| version.action == Action::Answer).count() as u64
    }

    /// What the buyer sees now.
    pub(super) fn buyer_sees(&self, now: DateTime<Utc>) -> Option<Seen> {
        self.seen_among(
            self.versions.iter().filter(|version| version.schedule.public_from() <= now),
        )
    }

    /// What the buyer sees when everything accepted, and `next` besides, has taken effect.
    pub(super) fn buyer_will_see(&self, next: Option<&Version>) -> Option<Seen> {
        self.seen_among(self.versions.iter().chain(next))
    }

    /// The answer the review came with.
    fn first_answer(&self) -> Option<&Value> {
        self.feedback.get("answer").filter(|answer| answer.is_object())
    }

    /// The version that reads show now.
    fn shown(&self, now: DateTime<Utc>) -> Option<&Version> {
        let visible = |version: &&Version| version.schedule.shown_from() <= now;
        self.versions.iter().filter(visible).max_by_key(|version| version.schedule.applies_at)
    }

    fn seen_among<'a>(&self, versions: impl Iterator<Item = &'a Version>) -> Option<Seen> {
        let public = versions.filter(|version| !version.schedule.rejected);
        let last = public.max_by_key(|version| version.schedule.applies_at);
        match (last, self.first_answer()) {
            (Some(version), _) => {
                Some(Seen { text: version.text.clone(), from: version.schedule.public_from() })
            }
            (None, Some(first)) => {
                let text = first.get("text").and_then(Value::as_str).unwrap_or_default();
                Some(Seen { text: text.to_owned(), from: self.created })
            }
            (None, None) => None,
        }
    }
}

impl Version {
    fn state(&self, now: DateTime<Utc>) -> &'static str {
        if self.schedule.moderated_at.is_some_and(|until| now < until) {
            "reviewRequired"
        } else if self.schedule.rejected {
            "rejected"
        } else {
            "wbRu"
        }
    }
}

fn is_filled(part: &Value) -> bool {
    match part {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(_) => true,
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn review(answer: &Value) -> Review {
        let feedback = json!({
            "id": "r", "text": "слова", "createdDate": "1970-01-01T00:00:00Z", "answer": answer
        });
        let Value::Object(feedback) = feedback else { unreachable!("an object stands above") };
        Review::new(feedback).unwrap()
    }

    fn version(action: Action, text: &str, applies: i64, visible: i64) -> Version {
        let schedule = Schedule {
            applies_at: moment(applies),
            visible_at: moment(visible),
            moderated_at: None,
            rejected: false,
        };
        Version { action, text: text.to_owned(), schedule }
    }

    fn text_served(review: &Review, minutes: i64) -> Value {
        review.served(moment(minutes))["answer"]["text"].clone()
    }

    #[test]
    fn a_late_answer_replaces_one_that_was_accepted_after_it() {
        let mut review = review(&Value::Null);
        review.versions.push(version(Action::Answer, "late", 10, 10));
        review.versions.push(version(Action::Answer, "now", 1, 1));
        assert_eq!(text_served(&review, 0), Value::Null);
        assert_eq!(text_served(&review, 1), "now");
        assert_eq!(text_served(&review, 10), "late");
        assert_eq!(review.buyer_sees(moment(9)).unwrap().text, "now");
        assert_eq!(review.buyer_will_see(None).unwrap().text, "late");
    }

    #[test]
    fn a_rejected_edit_is_read_by_the_seller_and_hidden_from_the_buyer() {
        let mut review = review(&Value::Null);
        review.versions.push(version(Action::Answer, "first", 1, 1));
        let mut edit = version(Action::Edit, "second", 2, 2);
        edit.schedule.moderated_at = Some(moment(5));
        edit.schedule.rejected = true;
        review.versions.push(edit);
        let states = [1, 2, 5].map(|now| review.served(moment(now))["answer"]["state"].clone());
        assert_eq!(states, ["wbRu", "reviewRequired", "rejected"]);
        assert_eq!(review.buyer_sees(moment(6)).unwrap().text, "first");
    }

    #[test]
    fn an_answer_is_edited_once_and_within_60_days() {
        let mut review = review(&Value::Null);
        assert_eq!(review.edit_effect(moment(0)), Effect::NothingToEdit);
        review.versions.push(version(Action::Answer, "first", 1, 1));
        assert_eq!(review.edit_effect(moment(0)), Effect::NothingToEdit);
        assert_eq!(review.edit_effect(moment(1) + EDIT_WINDOW), Effect::Applied);
        assert_eq!(review.edit_effect(moment(2) + EDIT_WINDOW), Effect::EditWindowClosed);
        review.versions.push(version(Action::Edit, "second", 2, 2));
        assert_eq!(review.edit_effect(moment(3)), Effect::EditSpent);
    }

    #[test]
    fn an_answer_that_came_with_the_review_says_itself_whether_it_may_be_edited() {
        let with =
            |editable: bool| review(&json!({"text": "t", "state": "wbRu", "editable": editable}));
        assert_eq!(with(true).edit_effect(moment(1)), Effect::Applied);
        assert_eq!(with(false).edit_effect(moment(1)), Effect::EditSpent);
    }

    #[test]
    fn processed_is_answered_or_old_or_without_words_and_pictures() {
        let mut asked = review(&Value::Null);
        assert!(!asked.is_processed(moment(1)));
        assert!(asked.is_processed(moment(1) + ARCHIVED_AFTER));
        asked.revise(Map::from_iter([("text".to_owned(), json!(""))]));
        assert!(asked.is_processed(moment(1)));
        asked.revise(Map::from_iter([("photoLinks".to_owned(), json!([{}]))]));
        assert!(!asked.is_processed(moment(1)));
        asked.is_handled = true;
        assert!(asked.is_processed(moment(1)));
    }
}
