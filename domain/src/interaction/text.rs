//! What a text must be to go out as a reply: within its channel's limits, and within the guardrails.

use super::{Interaction, InteractionError};
use crate::guardrail::{self, Finding, Passed};
use crate::policy::capability::Capabilities;
use crate::value::{FileError, OutgoingFile, Personal, ReplyText, TextLimits};

impl Interaction {
    /// Finds what the guardrails have against `text` as an answer here.
    #[must_use]
    pub fn findings(&self, text: &str) -> Vec<Finding> {
        let known = self.source.as_ref().zip(self.content.as_ref());
        known.map_or_else(Vec::new, |(source, content)| {
            guardrail::check(text, source.channel, content)
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

    /// Lets a text through that no rule stops.
    pub(super) fn guarded(&self, text: &str) -> Result<Passed, InteractionError> {
        Passed::with(self.findings(text)).map_err(InteractionError::Guardrails)
    }
}
