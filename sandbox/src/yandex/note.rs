//! What people write under reviews and questions: comments, answers, comments on answers. All of them are moderated.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use strum::{Display, IntoStaticStr};

use super::time::written;

/// A comment or an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(super) id: u64,
    pub(super) on: On,
    pub(super) author: Author,
    pub(super) created_at: DateTime<Utc>,
    /// In the order of acceptance; there is one at least.
    pub(super) versions: Vec<Version>,
    /// When its author, the seller, deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deleted_at: Option<DateTime<Utc>>,
    /// What a moderator said last, whatever was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<Status>,
}

/// What a note stands under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    Feedback { feedback: u64 },
    FeedbackComment { feedback: u64, parent: u64 },
    Question { question: u64 },
    Answer { answer: u64 },
    AnswerComment { answer: u64, parent: u64 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Author {
    pub(super) kind: AuthorKind,
    /// Absent where the buyer shows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AuthorKind {
    User,
    /// The seller.
    Business,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, Display)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Published,
    Unmoderated,
    Banned,
    Deleted,
}

/// One accepted wording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(super) text: String,
    pub(super) schedule: Schedule,
}

/// The moments of what was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    /// From when on it counts and reads show it.
    pub(super) visible_at: DateTime<Utc>,
    /// Until when it is UNMODERATED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moderated_at: Option<DateTime<Utc>>,
    /// Whether moderation ends with BANNED.
    #[serde(default)]
    pub(super) is_banned: bool,
}

impl Note {
    /// A note in its first wording.
    pub(super) fn new(
        id: u64,
        on: On,
        author: Author,
        at: DateTime<Utc>,
        version: Version,
    ) -> Self {
        let versions = vec![version];
        Self { id, on, author, created_at: at, versions, deleted_at: None, verdict: None }
    }

    pub(super) fn is_of_seller(&self) -> bool {
        self.author.kind == AuthorKind::Business
    }

    /// Whether reads show it, in whichever state.
    pub(super) fn is_there(&self, now: DateTime<Utc>) -> bool {
        self.shown(now).is_some()
    }

    /// Whether it is there and neither banned nor deleted.
    pub(super) fn stands(&self, now: DateTime<Utc>) -> bool {
        self.is_there(now) && !matches!(self.status(now), Status::Banned | Status::Deleted)
    }

    pub(super) fn status(&self, now: DateTime<Utc>) -> Status {
        if self.deleted_at.is_some_and(|deleted_at| deleted_at <= now) {
            return Status::Deleted;
        }
        match (self.verdict, self.shown(now)) {
            (Some(verdict), _) => verdict,
            (None, Some(version)) => version.schedule.status(now),
            (None, None) => Status::Unmoderated,
        }
    }

    /// The words that buyers see once everything accepted has taken effect, if they see any.
    pub(super) fn will_be_public(&self) -> Option<&str> {
        if self.deleted_at.is_some() || !matches!(self.verdict, None | Some(Status::Published)) {
            return None;
        }
        let last = self.versions.iter().max_by_key(|version| version.schedule.visible_at)?;
        (self.verdict.is_some() || !last.schedule.is_banned).then_some(&last.text)
    }

    /// As a comment to a review (`GoodsFeedbackCommentDTO`).
    pub(super) fn as_comment(&self, now: DateTime<Utc>) -> Value {
        let mut fields = self.common(now);
        match self.on {
            On::Feedback { feedback } => fields.extend([entry("feedbackId", feedback)]),
            On::FeedbackComment { feedback, parent } => {
                fields.extend([entry("feedbackId", feedback), entry("parentId", parent)]);
            }
            On::Question { .. } | On::Answer { .. } | On::AnswerComment { .. } => {}
        }
        Value::Object(fields)
    }

    /// As an answer to a question or a comment on one (`AnswerDTO`, `CommentDTO`).
    pub(super) fn as_answer(&self, now: DateTime<Utc>, comments: Vec<Value>) -> Value {
        let mut fields = self.common(now);
        fields.insert("createdAt".to_owned(), json!(written(self.created_at)));
        fields.insert("votes".to_owned(), json!({ "likes": self.id % 5, "dislikes": self.id % 2 }));
        match self.on {
            On::Question { question } => {
                fields.extend([entry("questionId", question)]);
                if !comments.is_empty() {
                    fields.insert("comments".to_owned(), Value::Array(comments));
                }
            }
            On::Answer { answer } => fields.extend([entry("answerId", answer)]),
            On::AnswerComment { answer, parent } => {
                fields.extend([entry("answerId", answer), entry("parentId", parent)]);
            }
            On::Feedback { .. } | On::FeedbackComment { .. } => {}
        }
        Value::Object(fields)
    }

    fn common(&self, now: DateTime<Utc>) -> Map<String, Value> {
        let status = self.status(now);
        let mut fields = Map::new();
        fields.extend([entry("id", self.id)]);
        let text = self.shown(now).or(self.versions.last()).map(|version| version.text.as_str());
        fields.insert("text".to_owned(), json!(text));
        fields.insert("status".to_owned(), json!(<&str>::from(status)));
        let may_modify = self.is_of_seller() && status != Status::Deleted;
        fields.insert("canModify".to_owned(), json!(may_modify));
        // An author without a name is left out with its kind, as reviews leave theirs out.
        if let Some(name) = &self.author.name {
            let kind = <&str>::from(self.author.kind);
            fields.insert("author".to_owned(), json!({ "type": kind, "name": name }));
        }
        fields
    }

    /// The wording that reads show now.
    fn shown(&self, now: DateTime<Utc>) -> Option<&Version> {
        let visible = self.versions.iter().filter(|version| version.schedule.visible_at <= now);
        visible.max_by_key(|version| version.schedule.visible_at)
    }
}

impl Author {
    pub(super) fn buyer(name: Option<String>) -> Self {
        Self { kind: AuthorKind::User, name: name.filter(|name| !name.is_empty()) }
    }

    pub(super) fn seller(seller: &str) -> Self {
        Self { kind: AuthorKind::Business, name: Some(format!("Магазин {seller}")) }
    }
}

impl Schedule {
    /// In effect at once and for everybody.
    pub(super) fn at_once(now: DateTime<Utc>) -> Self {
        Self { visible_at: now, moderated_at: None, is_banned: false }
    }

    fn status(&self, now: DateTime<Utc>) -> Status {
        if self.moderated_at.is_some_and(|until| now < until) {
            Status::Unmoderated
        } else if self.is_banned {
            Status::Banned
        } else {
            Status::Published
        }
    }
}

/// The moment a duration after another, however long.
pub(super) fn after(moment: DateTime<Utc>, delay: Option<Duration>) -> DateTime<Utc> {
    let delay = TimeDelta::from_std(delay.unwrap_or_default()).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn entry(name: &str, id: u64) -> (String, Value) {
    (name.to_owned(), json!(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn version(text: &str, visible: i64, moderated: Option<i64>, is_banned: bool) -> Version {
        let schedule = Schedule {
            visible_at: moment(visible),
            moderated_at: moderated.map(moment),
            is_banned,
        };
        Version { text: text.to_owned(), schedule }
    }

    fn note(first: Version) -> Note {
        Note::new(7, On::Feedback { feedback: 1 }, Author::seller("demo"), moment(0), first)
    }

    #[test]
    fn a_note_is_moderated_and_an_edit_is_moderated_again() {
        let mut note = note(version("first", 1, Some(2), false));
        assert!(!note.is_there(moment(0)));
        note.versions.push(version("second", 5, Some(6), true));
        let statuses = [1, 2, 5, 6].map(|minute| note.status(moment(minute)).to_string());
        assert_eq!(statuses, ["UNMODERATED", "PUBLISHED", "UNMODERATED", "BANNED"]);
        assert_eq!(note.as_comment(moment(4))["text"], "first");
        assert_eq!(note.will_be_public(), None);
    }

    #[test]
    fn a_moderator_has_the_last_word_and_deleting_comes_after_it() {
        let mut note = note(version("first", 0, None, false));
        note.verdict = Some(Status::Banned);
        assert_eq!(note.status(moment(1)), Status::Banned);
        note.deleted_at = Some(moment(3));
        assert_eq!(note.status(moment(3)), Status::Deleted);
        assert_eq!(note.as_comment(moment(3))["canModify"], false);
        assert!(!note.stands(moment(3)));
    }
}
