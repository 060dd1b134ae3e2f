//! Words somebody wrote and the moderation they pass: a chat message, a comment, an answer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A text with its author and its times.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Words {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) by: Author,
    #[serde(flatten)]
    pub(super) schedule: Schedule,
    /// What moderation said by way of `/control`, above what the schedule foresees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<Verdict>,
    #[serde(default)]
    pub(super) is_deleted: bool,
}

/// Who wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Author {
    Buyer,
    /// By the API.
    Seller,
    /// The seller itself, in the cabinet.
    Cabinet,
    /// Ozon's support.
    Support,
}

/// The moments of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) applies_at: DateTime<Utc>,
    /// From when on reads show it.
    pub(super) visible_at: DateTime<Utc>,
    /// Until when moderation looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moderated_at: Option<DateTime<Utc>>,
    /// How moderation ends.
    #[serde(default)]
    pub(super) rejected: bool,
}

/// What moderation decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    pub(super) state: Moderation,
    #[serde(default)]
    pub(super) reason: String,
}

/// Where words are on their way to the public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Moderation {
    Waiting,
    Published,
    Refused,
    /// The same answer stands there already.
    Duplicate,
}

/// What a buyer sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) text: String,
    pub(super) from: DateTime<Utc>,
}

impl Schedule {
    /// Everything at once.
    pub(super) fn at(moment: DateTime<Utc>) -> Self {
        Self { applies_at: moment, visible_at: moment, moderated_at: None, rejected: false }
    }
}

impl Words {
    pub(super) fn new(id: String, text: &str, by: Author, schedule: Schedule) -> Self {
        Self { id, text: text.to_owned(), by, schedule, verdict: None, is_deleted: false }
    }

    /// Whether reads show them.
    pub(super) fn is_listed(&self, now: DateTime<Utc>) -> bool {
        !self.is_deleted && self.schedule.visible_at <= now
    }

    pub(super) fn state(&self, now: DateTime<Utc>) -> Moderation {
        match (&self.verdict, self.schedule.moderated_at) {
            (Some(verdict), _) => verdict.state,
            (None, Some(moderated_at)) if now < moderated_at => Moderation::Waiting,
            (None, _) if self.schedule.rejected => Moderation::Refused,
            (None, _) => Moderation::Published,
        }
    }

    /// Why moderation refused them; empty when it did not.
    pub(super) fn reason(&self, now: DateTime<Utc>) -> String {
        match (&self.verdict, self.state(now)) {
            (Some(verdict), _) => verdict.reason.clone(),
            (None, Moderation::Refused) => "Текст нарушает правила площадки".to_owned(),
            (None, Moderation::Waiting | Moderation::Published | Moderation::Duplicate) => {
                String::new()
            }
        }
    }

    /// What the buyer sees of them now.
    pub(super) fn seen(&self, now: DateTime<Utc>) -> Option<Seen> {
        self.seen_in_the_end()
            .filter(|seen| seen.from <= now && self.state(now) == Moderation::Published)
    }

    /// What the buyer sees of them once moderation is through.
    pub(super) fn seen_in_the_end(&self) -> Option<Seen> {
        let ends_published = match &self.verdict {
            Some(verdict) => verdict.state == Moderation::Published,
            None => !self.schedule.rejected,
        };
        let applied = self.schedule.applies_at;
        let from = match self.verdict {
            Some(_) => applied,
            None => self.schedule.moderated_at.unwrap_or(applied).max(applied),
        };
        (ends_published && !self.is_deleted).then(|| Seen { text: self.text.clone(), from })
    }
}
