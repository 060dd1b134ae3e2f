//! Drafts that a language model writes: what it is told, at which pace, and what stands in where it gives none.

use domain::TenantId;
use domain::drafting::{self, Drafting};
use domain::interaction::{DraftOrigin, DraftSource, WhyTemplate, Written};
use domain::value::{MessageAuthor, Product};
use projections::drafts::{self, DraftDue, Pace};
use tracing::warn;

use super::context::Reading;
use super::task::{Task, Text};
use super::{Drafter, HEARD_WITHIN, LEASE};
use crate::model::ask::{
    Allowance, Answer, Ask, Author, CallId, Example, Passage, ProductFacts, Tone, Turn,
    Written as Spent,
};
use crate::model::{Model, ModelError};

impl Drafter {
    /// Has a model write the draft, or takes a template in its place; none while the seller's model rests. The pace is
    /// of what is made ahead: whoever asks does not wait for it (F124).
    pub(super) async fn by_model(
        &self,
        due: &DraftDue,
        task: &Task,
        model: &Model,
    ) -> anyhow::Result<Option<Text>> {
        let said = task.conversation.name_of_words(due.interaction);
        let call = CallId { interaction: due.interaction, said, ordinal: due.asked };
        // Something came in that changed none of the words, while another process has them answered.
        if model.is_under_way(call, LEASE, HEARD_WITHIN).await? {
            return Ok(None);
        }
        let (_, drafting) = &task.drafting;
        let pace = Pace { batch_size: drafting.batch_size, delay_ms: drafting.delay_ms };
        let is_ahead = !due.is_asked();
        if is_ahead && !drafts::take_turn(&self.db, due, pace).await? {
            return Ok(None);
        }
        let reading = self.reading(due, task).await?;
        let allowance = allowance(drafting, due);
        let given = (reading.passages(), reading.examples());
        let Some(ask) = task.ask(due.tenant, allowance, given) else {
            return Ok(Some(task.by_template(WhyTemplate::ModelUnusable)));
        };
        match model.write(call, &ask).await {
            Ok(answer) => Ok(Some(task.written(answer, &reading))),
            Err(ModelError::Database(error)) => Err(error.into()),
            Err(error) => {
                if is_ahead && asked_nobody(&error) {
                    drafts::give_back_turn(&self.db, due).await?;
                }
                if matches!(error, ModelError::AlreadyMade) {
                    if model.is_under_way(call, LEASE, HEARD_WITHIN).await? {
                        return Ok(None);
                    }
                    // What stood in for the model's words then stands in for them now, for the same reason.
                    if let Some(carried) = task.carried(false) {
                        return Ok(Some(carried));
                    }
                }
                let id = due.interaction;
                warn!(interaction.id = %id, %error, "a template stands in for the draft of {id}");
                Ok(Some(task.by_template(why(&error))))
            }
        }
    }
}

impl Task {
    /// Puts together what a model is told, with what it is given to read; none of what cannot be told.
    pub(super) fn ask(
        &self,
        tenant: TenantId,
        allowance: Allowance,
        (passages, examples): (Vec<Passage>, Vec<Example>),
    ) -> Option<Ask> {
        let Self { source, interaction, conversation, drafting: (_, drafting), .. } = self;
        let words = interaction.content()?.words.known()?;
        let turns = conversation.turns.iter().map(|turn| Turn {
            author: match turn.author {
                MessageAuthor::Buyer => Author::Buyer,
                MessageAuthor::Seller | MessageAuthor::Marketplace => Author::Seller,
            },
            text: turn.text.clone(),
            files: turn.files.clone(),
        });
        Some(Ask {
            tenant,
            allowance,
            marketplace: source.marketplace,
            channel: source.channel,
            rating: conversation.rating,
            buyer_name: words.buyer_name.clone(),
            product: product(&conversation.product),
            turns: turns.collect(),
            tone: tone(drafting),
            passages,
            examples,
            limits: interaction.capabilities().ok()?.limits,
        })
    }

    fn written(&self, answer: Answer, reading: &Reading) -> Text {
        let Answer { text, analysis, is_attacked, written, .. } = answer;
        let origin = DraftOrigin {
            analysis: Some(analysis),
            own_priority: Some(self.analysis.priority),
            is_attacked,
            written: Some(spent(written)),
            context: reading.used(),
            ..self.origin()
        };
        Text { text, source: DraftSource::Model, origin }
    }
}

/// A person who asks is bound by the day's money, and not by how many drafts the seller wants made ahead.
fn allowance(drafting: &Drafting, due: &DraftDue) -> Allowance {
    let drafts = (!due.is_asked()).then_some(drafting.daily_limit);
    Allowance { drafts, micro_usd: drafting.daily_budget_micro_usd }
}

fn tone(drafting: &Drafting) -> Tone {
    Tone {
        is_friendly: drafting.tone == drafting::Tone::Friendly,
        says_ty: drafting.address == drafting::Address::Ty,
        signature: drafting.signature.clone(),
        phrases: drafting.phrases.clone(),
        forbidden_topics: drafting.forbidden_topics.clone(),
    }
}

fn product(product: &Product) -> Option<ProductFacts> {
    if product.name.is_empty() && product.article.is_empty() {
        return None;
    }
    Some(ProductFacts {
        article: product.article.clone(),
        name: product.name.clone(),
        brand: product.brand.clone(),
        facts: product.size.iter().map(|size| format!("Размер: {size}")).collect(),
    })
}

/// Tells whether no request was made, so that no turn was used up.
fn asked_nobody(error: &ModelError) -> bool {
    matches!(
        error,
        ModelError::Paused { .. }
            | ModelError::OverLimit
            | ModelError::OverBudget
            | ModelError::AlreadyMade
    )
}

fn why(error: &ModelError) -> WhyTemplate {
    match error {
        ModelError::OverLimit => WhyTemplate::DailyLimit,
        ModelError::OverBudget => WhyTemplate::DailyBudget,
        ModelError::AlreadyMade => WhyTemplate::Interrupted,
        ModelError::Unreadable { .. } | ModelError::Declined => WhyTemplate::ModelUnusable,
        ModelError::Unfit { .. } => WhyTemplate::ModelStopped,
        ModelError::Paused { .. }
        | ModelError::Unreachable
        | ModelError::NoAnswer { .. }
        | ModelError::RateLimited { .. }
        | ModelError::OutOfMoney
        | ModelError::BadKey
        | ModelError::BadRequest { .. }
        | ModelError::ServerError { .. }
        | ModelError::Database(_) => WhyTemplate::ModelUnavailable,
    }
}

fn spent(written: Spent) -> Written {
    Written {
        provider: written.provider.to_owned(),
        model: written.model,
        prompt_version: written.prompt_version,
        prompt_tokens: written.usage.prompt_tokens,
        cached_tokens: written.usage.cached_tokens,
        completion_tokens: written.usage.completion_tokens,
        cost_micro_usd: written.cost_micro_usd,
        price_version: written.price_version,
        duration_ms: u32::try_from(written.duration.as_millis()).unwrap_or(u32::MAX),
        attempts: written.attempts,
    }
}
