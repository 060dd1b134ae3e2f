//! How the model behaves: what it does next, and for how long it thinks.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{obeying, problem, writing};
use crate::exchange::Reply;

/// Longer than any client waits.
const FOR_EVER: Duration = Duration::from_secs(300);

/// How the model behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Behaviour {
    /// What it does with the next requests, one after the other.
    pub(super) next: VecDeque<Act>,
    /// What it does with all that follow.
    pub(super) always: Act,
    /// How long an answer takes, from and to, evenly spread, in milliseconds.
    pub(super) latency_ms: [u64; 2],
    /// What it does with requests for vectors, and how long that takes.
    pub(super) embeddings: Embedding,
    /// The models that there are, and the day on which each is shut down.
    pub(super) models: BTreeMap<String, Option<String>>,
}

/// How requests for vectors are met. Acts that say how a text is written give what is no answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Embedding {
    /// What is done with the next requests, one after the other.
    pub(super) next: VecDeque<Act>,
    /// What is done with all that follow.
    pub(super) always: Act,
    /// How long an answer takes, in milliseconds.
    latency_ms: u64,
}

/// What the model does with a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// Writes an answer.
    #[default]
    Writes,
    /// Does what the buyer, or anybody else whose words it is given, tells it.
    Obeys,
    /// Answers with white space, as DeepSeek does for what would be no JSON.
    Blank,
    /// Answers in prose and not in JSON.
    Prose,
    /// Answers in JSON without its end.
    Broken,
    /// Declines.
    Refuses,
    /// Is cut off by the limit of tokens.
    Cut,
    /// Takes five minutes.
    Hangs,
    /// Does its work, and closes the connection without an answer.
    Loses,
    /// Answers with an error.
    Fails(Failure),
}

/// An error of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    status: u16,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    retry_after_seconds: Option<u64>,
}

/// A request as far as the model reads it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) model: String,
    /// What its rules are.
    pub(super) rules: String,
    /// All messages together.
    pub(super) prompt: String,
    /// The first message of the user, where it is an object.
    pub(super) data: Value,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            next: VecDeque::new(),
            always: Act::Writes,
            latency_ms: [0, 0],
            embeddings: Embedding::default(),
            models: BTreeMap::from([("sandbox".to_owned(), None)]),
        }
    }
}

impl Behaviour {
    /// What it does with this request.
    pub(super) fn next(&mut self) -> Act {
        self.next.pop_front().unwrap_or_else(|| self.always.clone())
    }

    /// How long it takes over it.
    pub(super) fn latency(&self, act: &Act, share: f64) -> Duration {
        let [from, to] = self.latency_ms;
        match act {
            Act::Hangs => FOR_EVER,
            // Errors come quickly.
            Act::Fails(_) => Duration::ZERO,
            Act::Writes
            | Act::Obeys
            | Act::Blank
            | Act::Prose
            | Act::Broken
            | Act::Refuses
            | Act::Cut
            | Act::Loses => {
                let spread = to.saturating_sub(from) as f64 * share;
                Duration::from_millis(from + spread as u64)
            }
        }
    }
}

impl Embedding {
    /// What is done with this request, and how long it takes.
    pub(super) fn next(&mut self) -> (Act, Duration) {
        let act = self.next.pop_front().unwrap_or_else(|| self.always.clone());
        let delay =
            if act == Act::Hangs { FOR_EVER } else { Duration::from_millis(self.latency_ms) };
        (act, delay)
    }
}

impl Act {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Writes => "writes",
            Self::Obeys => "obeys",
            Self::Blank => "blank",
            Self::Prose => "prose",
            Self::Broken => "broken",
            Self::Refuses => "refuses",
            Self::Cut => "cut",
            Self::Hangs => "hangs",
            Self::Loses => "loses",
            Self::Fails(_) => "fails",
        }
    }

    /// What the model writes; nothing where it does not come to that.
    pub(super) fn text(&self, asked: &Asked) -> Option<String> {
        let written = || writing::draft(asked).to_string();
        match self {
            Self::Writes | Self::Hangs | Self::Loses => Some(written()),
            Self::Obeys => Some(obeying::draft(asked).to_string()),
            Self::Blank => Some(" \n ".repeat(20)),
            Self::Prose => Some("Здравствуйте! Спасибо за отзыв.".to_owned()),
            Self::Broken | Self::Cut => {
                let text = written();
                Some(text.chars().take(text.chars().count() - 10).collect())
            }
            Self::Refuses | Self::Fails(_) => None,
        }
    }
}

impl Failure {
    pub(super) fn reply(&self) -> Reply {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        problem(status, self.code.as_deref().unwrap_or("error"), self.retry_after_seconds)
    }
}

impl Asked {
    /// Reads a request; none where it is not one.
    pub(super) fn of(request: &Value) -> Option<Self> {
        let messages = request["messages"].as_array().filter(|messages| !messages.is_empty())?;
        let text = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
        let of = |role: &str| messages.iter().find(|message| message["role"] == role).map(text);
        Some(Self {
            model: request["model"].as_str()?.to_owned(),
            rules: of("system").unwrap_or_default(),
            prompt: messages.iter().map(text).collect::<Vec<_>>().join("\n"),
            data: serde_json::from_str(&of("user")?).unwrap_or_default(),
        })
    }
}
