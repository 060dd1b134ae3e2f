//! Texts that the guardrails refused: kept in the log for whoever asks which phrases stop replies.

use serde::{Deserialize, Serialize};

use super::event::InteractionEvent;
use super::reply::ReplyKind;
use super::{Interaction, InteractionError};
use crate::guardrail::{Grounds, Refused, VERSION};
use crate::value::{Personal, ReplyText, TextLimits};

/// How many refusals of an interaction are noted. A person seldom needs a third try; a program that tries words for
/// ever is refused for ever, and does not fill the log.
pub const REFUSALS_MAX: usize = 20;

/// A text that was refused, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RefusedText {
    pub(super) text: Personal<String>,
    /// The version of the rules, and of what the seller adds to them.
    pub(super) rules: (u32, u32),
}

impl Interaction {
    /// Notes a text that the guardrails refuse; one that they let through, or that is noted, is no news.
    pub(super) fn refuse(
        &self,
        kind: ReplyKind,
        given: &str,
        grounds: &Grounds,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        self.may_keep_texts()?;
        // With files it needs no words.
        let limits = TextLimits { min_chars: 0, ..self.capabilities()?.limits };
        let text = ReplyText::parse(limits, given)?.into_string();
        let own_version = grounds.own.version();
        let is_noted = |refused: &RefusedText| {
            refused.rules == (VERSION, own_version) && refused.text.known() == Some(&text)
        };
        if self.refused.len() >= REFUSALS_MAX || self.refused.iter().any(is_noted) {
            return Ok(vec![]);
        }
        let refused = Refused::with(own_version, self.check(&text, grounds));
        Ok(Vec::from_iter(refused.map(|guardrails| InteractionEvent::ReplyRefused {
            kind,
            text: text.into(),
            guardrails,
        })))
    }
}
