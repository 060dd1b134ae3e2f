//! What a draft is made of, and the drafts that need nobody to write them.

use domain::drafting::Drafting;
use domain::interaction::{
    Conversation, DraftOrigin, DraftSource, Interaction, Offered, WhyTemplate,
};
use domain::policy::{assessment, template};
use domain::value::{Analysis, Source};

/// What a draft is made of.
pub(super) struct Task {
    pub(super) source: Source,
    pub(super) interaction: Interaction,
    pub(super) conversation: Conversation,
    pub(super) analysis: Analysis,
    /// What the seller wants, and its version.
    pub(super) drafting: (u32, Drafting),
}

/// A draft before it is laid before anybody.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) source: DraftSource,
    pub(super) origin: DraftOrigin,
}

impl Task {
    /// Tells whether a model has anything to go into, and may.
    pub(super) fn wants_model(&self) -> bool {
        self.drafting.1.by_model && self.conversation.has_words()
    }

    /// Says why no model writes, where the installation may have none.
    pub(super) fn why_no_model(&self) -> WhyTemplate {
        match (self.conversation.has_words(), self.drafting.1.by_model) {
            (false, _) => WhyTemplate::NoWords,
            (true, false) => WhyTemplate::ModelOff,
            (true, true) => WhyTemplate::NoModel,
        }
    }

    /// Goes on with the draft on offer where the buyer has said nothing since and nobody asked for another. Where a
    /// model may write now, only with what a model or a person has written.
    pub(super) fn carried(&self, may_be_written: bool) -> Option<Text> {
        if self.interaction.awaits_draft() {
            return None;
        }
        let Offered { id, text, source, origin, .. } = self.conversation.draft_of_the_same()?;
        if may_be_written && *source == DraftSource::Template {
            return None;
        }
        let before = origin.clone().unwrap_or_else(|| DraftOrigin::given(self.interaction.basis()));
        let origin = DraftOrigin {
            basis: self.interaction.basis(),
            asked: self.interaction.drafts_asked(),
            carried_from: Some(*id),
            // That was paid once.
            written: None,
            ..before
        };
        Some(Text { text: text.known()?.clone(), source: *source, origin })
    }

    /// Takes a template.
    pub(super) fn by_template(&self, why: WhyTemplate) -> Text {
        let Self { source, conversation, analysis, drafting: (_, drafting), .. } = self;
        let Drafting { tone, address, signature, .. } = drafting;
        let (channel, rating) = (source.channel, conversation.rating);
        let text = template::reply(channel, rating, analysis.intent, *tone, *address);
        let origin = DraftOrigin {
            analysis: Some(analysis.clone()),
            assessment: Some(assessment::VERSION),
            template: Some(why),
            ..self.origin()
        };
        let text = template::signed(text, signature.as_deref());
        Text { text, source: DraftSource::Template, origin }
    }

    /// What is told of every draft that is made here.
    pub(super) fn origin(&self) -> DraftOrigin {
        DraftOrigin {
            asked: self.interaction.drafts_asked(),
            drafting: self.drafting.0,
            ..DraftOrigin::given(self.interaction.basis())
        }
    }
}
