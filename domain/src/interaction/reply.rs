//! The versions of a reply: the answer, then at most one edit, each with its own way to the marketplace.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::event::SendFailure;
use crate::value::{
    MessageWords, ObservedAnswer, OutgoingFile, Personal, ReplyId, Said, same_words,
};

/// Whether a version is the first answer, changes it, or rejects what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ReplyKind {
    /// The first answer.
    Answer,
    /// A change of the answer that stands.
    Edit,
    /// No answer but the wish that the marketplace takes the question down.
    Rejection,
}

/// How far a version has come (F72, plus `Unknown` and `Published`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ReplyState {
    /// Asked for, and not let out before its time.
    Held,
    /// Taken back before anything was sent.
    Cancelled,
    /// Asked for and on its way, also between automatic attempts.
    Sending,
    /// Accepted by the marketplace, not seen there yet.
    Sent,
    /// Seen at the marketplace.
    Published,
    /// Not there, or reading could not tell; a person must act.
    Failed,
    /// Refused by the marketplace's moderation.
    Rejected,
    /// Nobody knows; being settled by reading.
    Unknown,
}

impl ReplyState {
    /// Tells whether the version may still appear at the marketplace by our doing.
    #[must_use]
    pub fn is_in_flight(self) -> bool {
        matches!(self, Self::Sending | Self::Unknown)
    }

    /// Tells whether the version is still to come, held or on its way.
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::Held || self.is_in_flight()
    }

    /// Tells whether the version may be at the marketplace, or ever have been.
    #[must_use]
    pub fn was_let_out(self) -> bool {
        !matches!(self, Self::Held | Self::Cancelled)
    }

    /// Tells whether the version was given up: unless something else is learnt of it, it never went out.
    pub(super) fn is_given_up(self) -> bool {
        matches!(self, Self::Cancelled | Self::Failed | Self::Rejected)
    }

    /// Tells whether the marketplace took the version.
    #[must_use]
    pub fn stands(self) -> bool {
        matches!(self, Self::Sent | Self::Published)
    }
}

/// One version of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyVersion {
    /// Its id.
    pub reply_id: ReplyId,
    /// Answer or edit.
    pub kind: ReplyKind,
    /// The text to send, exactly; empty when there are only files.
    pub text: Personal<String>,
    /// The files to send with it.
    pub files: Vec<Personal<OutgoingFile>>,
    /// The version of what the seller has settled about automatic replies, where nobody asked for it but that.
    pub automation: Option<u32>,
    /// How far it has come.
    pub state: ReplyState,
    /// Attempts whose outcome is recorded; the one after them is due or under way.
    pub attempts: u32,
    /// Why it failed, while it stands failed.
    pub failure: Option<SendFailure>,
    /// When the marketplace took it, or was seen to have it.
    pub standing_since: Option<DateTime<Utc>>,
    /// When the last attempt whose outcome is recorded may have reached the marketplace.
    pub tried_at: Option<DateTime<Utc>>,
    /// The marketplace's id of it, where it gave one.
    pub external_id: Option<String>,
}

impl ReplyVersion {
    pub(super) fn requested(
        reply_id: ReplyId,
        kind: ReplyKind,
        text: Personal<String>,
        held_until: Option<DateTime<Utc>>,
    ) -> Self {
        Self {
            reply_id,
            kind,
            text,
            files: vec![],
            automation: None,
            state: held_until.map_or(ReplyState::Sending, |_| ReplyState::Held),
            attempts: 0,
            failure: None,
            standing_since: None,
            tried_at: None,
            external_id: None,
        }
    }

    /// Tells whether reading could not tell if it stands at the marketplace.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.state == ReplyState::Failed && self.failure.is_some_and(SendFailure::leaves_doubt)
    }

    /// Tells whether `attempt` is the one that is due or under way.
    pub(super) fn awaits(&self, attempt: u32) -> bool {
        self.state == ReplyState::Sending && attempt == self.attempts + 1
    }

    /// Tells whether what was read at the marketplace, with this text, is this version: by the marketplace's ids where
    /// both have one, since a text may stand there twice, otherwise by the text.
    pub(super) fn is_seen_in(&self, answer: &ObservedAnswer, text: &str) -> bool {
        match (&self.external_id, &answer.external_id) {
            // An edit keeps the id of what it changes, so the text must be its own, too.
            (Some(own), Some(seen)) => own == seen && self.says(text),
            (None, _) | (_, None) => self.says(text),
        }
    }

    /// Tells how much of this version is in a message of a chat.
    #[must_use]
    pub fn in_message(&self, words: &MessageWords) -> Said {
        self.text.known().map_or(Said::Nothing, |text| words.say(text, &self.files))
    }

    /// Tells whether `text`, read at the marketplace, is this version's.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.text.known().is_some_and(|own| same_words(own, text))
    }
}
