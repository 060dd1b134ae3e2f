//! What a text must be to go out as a reply: within its channel's limits, and within the guardrails.

use super::{Interaction, InteractionError};
use crate::guardrail::{Finding, Grounds, Passed, Place, Reading};
use crate::policy::capability::Capabilities;
use crate::value::{FileError, OutgoingFile, Personal, ReplyText, TextLimits};

impl Interaction {
    /// Finds what the guardrails have against `given` as an answer here: against what would go out of it, with the
    /// places of the text as it was given.
    ///
    /// # Errors
    /// [`InteractionError`] when it is longer than any answer here.
    pub fn findings(
        &self,
        given: &str,
        grounds: &Grounds,
    ) -> Result<Vec<Finding>, InteractionError> {
        // What is still to be written may be short.
        let limits = TextLimits { min_chars: 0, ..self.capabilities()?.limits };
        let text = ReplyText::parse(limits, given)?;
        Ok(as_given(self.check(text.as_str(), grounds), given))
    }

    pub(super) fn check(&self, text: &str, grounds: &Grounds) -> Vec<Finding> {
        let known = self.source.as_ref().zip(self.content.as_ref());
        known.map_or_else(Vec::new, |(source, content)| {
            Reading::of(text, source.channel, content).findings(grounds)
        })
    }

    /// Holds `text` against the limits of the interaction's channel.
    pub(super) fn parse(&self, text: &str) -> Result<String, InteractionError> {
        Ok(ReplyText::parse(self.capabilities()?.limits, text)?.into_string())
    }

    /// Holds a text and the files that go with it against the channel's limits: with files it needs no words.
    pub(super) fn parse_with(
        &self,
        text: &str,
        files: Vec<OutgoingFile>,
    ) -> Result<(String, Vec<Personal<OutgoingFile>>), InteractionError> {
        if files.is_empty() {
            return Ok((self.parse(text)?, vec![]));
        }
        let Capabilities { limits, files: rules, .. } = self.capabilities()?;
        let rules = rules.ok_or(FileError::NotTaken)?;
        let text = ReplyText::parse(TextLimits { min_chars: 0, ..limits }, text)?.into_string();
        rules.check(&files, !text.is_empty())?;
        Ok((text, files.into_iter().map(Personal::from).collect()))
    }

    /// Lets a text through that no rule stops; `given` is the text as it was before it was parsed.
    pub(super) fn guarded(
        &self,
        given: &str,
        text: &str,
        grounds: &Grounds,
    ) -> Result<Passed, InteractionError> {
        let stopped = |found| InteractionError::Guardrails(as_given(found, given));
        Passed::with(grounds.own.version(), self.check(text, grounds)).map_err(stopped)
    }
}

/// Gives findings the places that their words have in the text as it was given.
fn as_given(found: Vec<Finding>, given: &str) -> Vec<Finding> {
    if found.is_empty() {
        return found;
    }
    let places = ReplyText::places(given);
    let moved = |Place { start, end }: Place| {
        let last = places.get(end.checked_sub(1)?)?;
        Some(Place { start: *places.get(start)?, end: last + 1 })
    };
    let told = |finding: Finding| {
        let place = finding.place.and_then(moved);
        let words = |Place { start, end }| given.chars().skip(start).take(end - start).collect();
        Finding { phrase: place.map(words), place, ..finding }
    };
    found.into_iter().map(told).collect()
}
