//! One question: the object Wildberries serves for it, and what the seller did with it in time.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::entry::Action;
use super::feedback::{EDIT_WINDOW, Version};
use super::receipt::{Effect, Seen};
use crate::corpus::created_date;

/// The state of a question that the seller rejected.
const REJECTED: &str = "none";

/// A question and its answers.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The object as it came, with the answer it came with.
    object: Map<String, Value>,
    created: DateTime<Utc>,
    /// What reads give in its place.
    spoiled: Option<Value>,
    /// In the order of acceptance.
    pub(super) versions: Vec<Version>,
}

impl Question {
    /// A question from its object, which must have a text `id` and a date `createdDate`.
    pub(super) fn new(object: Map<String, Value>, spoiled: Option<Value>) -> Option<Self> {
        object.get("id")?.as_str()?;
        let created = created_date(&object)?;
        Some(Self { object, created, spoiled, versions: Vec::new() })
    }

    pub(super) fn id(&self) -> &str {
        self.object.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn created(&self) -> DateTime<Utc> {
        self.created
    }

    pub(super) fn nm_id(&self) -> Option<u64> {
        self.object.get("productDetails")?.get("nmId")?.as_u64()
    }

    /// Takes over what a write did.
    pub(super) fn change(&mut self, was_viewed: Option<bool>, version: Option<Version>) {
        if let Some(was_viewed) = was_viewed {
            self.object.insert("wasViewed".to_owned(), Value::Bool(was_viewed));
        }
        self.versions.extend(version);
    }

    /// The object as the API serves it now.
    pub(super) fn served(&self, now: DateTime<Utc>) -> Value {
        if let Some(spoiled) = &self.spoiled {
            return spoiled.clone();
        }
        let mut object = self.object.clone();
        if let Some(version) = self.shown(now) {
            let is_rejected = version.action == Action::Reject;
            let created = version.schedule.applies_at.to_rfc3339_opts(SecondsFormat::Nanos, true);
            let answer = json!({
                "text": version.text,
                "editable": self.answering(now).1 == Effect::Applied,
                "createDate": created,
            });
            object.insert("answer".to_owned(), answer);
            object.insert("state".to_owned(), json!(if is_rejected { REJECTED } else { "wbRu" }));
            object.insert("wasViewed".to_owned(), Value::Bool(true));
        }
        Value::Object(object)
    }

    pub(super) fn was_viewed(&self, now: DateTime<Utc>) -> bool {
        self.object.get("wasViewed") == Some(&Value::Bool(true)) || self.shown(now).is_some()
    }

    /// Whether lists and counts call it answered. A rejected question needs no answer any more, so it is.
    pub(super) fn is_answered(&self, now: DateTime<Utc>) -> bool {
        self.shown(now).is_some() || self.first_answer().is_some() || self.came_rejected()
    }

    /// What an answer would be now, and whether it is allowed: the first one, then one edit within 60 days. A rejected
    /// question takes no answer; the specification does not say so, but nobody would see it.
    pub(super) fn answering(&self, now: DateTime<Utc>) -> (Action, Effect) {
        let in_effect = |version: &&Version| version.schedule.applies_at <= now;
        let last = self.versions.iter().rfind(in_effect);
        let is_edit = |version: &Version| version.action == Action::Edit;
        let sent = self.versions.iter().filter(in_effect).rfind(|version| !is_edit(version));
        let effect = match (last, sent, self.first_answer()) {
            _ if self.came_rejected() => Effect::Refused,
            (Some(last), _, _) if last.action == Action::Reject => Effect::Refused,
            (None, _, None) => return (Action::Answer, Effect::Applied),
            _ if self.versions.iter().any(is_edit) => Effect::EditSpent,
            (_, Some(sent), _) if sent.schedule.applies_at + EDIT_WINDOW < now => {
                Effect::EditWindowClosed
            }
            (_, None, Some(first)) if first.get("editable") != Some(&Value::Bool(true)) => {
                Effect::EditSpent
            }
            (_, _, _) => Effect::Applied,
        };
        (Action::Edit, effect)
    }

    /// Whether the question may be rejected: only one that has neither been answered nor rejected.
    pub(super) fn rejecting(&self, now: DateTime<Utc>) -> Effect {
        match self.answering(now) {
            (Action::Answer, _) => Effect::Applied,
            _ => Effect::Refused,
        }
    }

    /// How often these words were accepted as its answer, also those not yet in effect.
    pub(super) fn deliveries(&self, text: &str) -> u64 {
        let by_api = |version: &&Version| version.action != Action::CabinetAnswer;
        let same = self.versions.iter().filter(by_api).filter(|version| version.text == text);
        same.count() as u64
    }

    /// Whether some words were accepted more than once.
    pub(super) fn is_repeated(&self) -> bool {
        self.versions.iter().any(|version| self.deliveries(&version.text) > 1)
    }

    /// What the buyer sees under the question now.
    pub(super) fn buyer_sees(&self, now: DateTime<Utc>) -> Option<Seen> {
        self.seen_among(
            self.versions.iter().filter(|version| version.schedule.public_from() <= now),
        )
    }

    /// What the buyer sees when everything accepted, and `next` besides, has taken effect.
    pub(super) fn buyer_will_see(&self, next: Option<&Version>) -> Option<Seen> {
        self.seen_among(self.versions.iter().chain(next))
    }

    fn seen_among<'a>(&self, versions: impl Iterator<Item = &'a Version>) -> Option<Seen> {
        let last = versions.max_by_key(|version| version.schedule.applies_at);
        match last {
            // The whole question disappears.
            Some(version) if version.action == Action::Reject => None,
            Some(version) => {
                Some(Seen { text: version.text.clone(), from: version.schedule.public_from() })
            }
            None if self.came_rejected() => None,
            None => {
                let text = self.first_answer()?.get("text")?.as_str()?;
                Some(Seen { text: text.to_owned(), from: self.created })
            }
        }
    }

    /// The version that reads show now.
    fn shown(&self, now: DateTime<Utc>) -> Option<&Version> {
        let visible = |version: &&Version| version.schedule.shown_from() <= now;
        self.versions.iter().filter(visible).max_by_key(|version| version.schedule.applies_at)
    }

    /// The answer the question came with.
    fn first_answer(&self) -> Option<&Value> {
        self.object.get("answer").filter(|answer| answer.is_object())
    }

    fn came_rejected(&self) -> bool {
        self.object.get("state").and_then(Value::as_str) == Some(REJECTED)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::writes::Schedule;
    use super::*;

    fn moment(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn question() -> Question {
        let Value::Object(object) = json!({"id": "q", "createdDate": "1970-01-01T00:00:00Z", "state": "suppliersPortalSynch"})
        else {
            unreachable!("an object stands above")
        };
        Question::new(object, None).unwrap()
    }

    fn did(question: &mut Question, action: Action, text: &str, minutes: i64) {
        let schedule = Schedule::at_once(moment(minutes));
        question.change(None, Some(Version { action, text: text.to_owned(), schedule }));
    }

    #[test]
    fn an_answer_is_edited_once_and_within_60_days() {
        let mut question = question();
        assert_eq!(question.answering(moment(0)), (Action::Answer, Effect::Applied));
        did(&mut question, Action::Answer, "first", 1);
        let later = moment(1) + EDIT_WINDOW;
        assert_eq!(question.answering(later), (Action::Edit, Effect::Applied));
        let too_late = later + TimeDelta::seconds(1);
        assert_eq!(question.answering(too_late), (Action::Edit, Effect::EditWindowClosed));
        did(&mut question, Action::Edit, "second", 2);
        assert_eq!(question.answering(moment(3)), (Action::Edit, Effect::EditSpent));
        assert_eq!(question.rejecting(moment(3)), Effect::Refused);
    }

    #[test]
    fn a_rejected_question_is_hidden_and_stays_so() {
        let mut question = question();
        assert_eq!(question.rejecting(moment(0)), Effect::Applied);
        did(&mut question, Action::Reject, "не по товару", 1);
        assert_eq!(question.served(moment(1))["state"], "none");
        assert!(question.is_answered(moment(1)));
        assert_eq!(question.buyer_sees(moment(1)), None);
        assert_eq!(question.answering(moment(2)).1, Effect::Refused);
        assert_eq!(question.rejecting(moment(2)), Effect::Refused);
    }
}
