//! What a model is given to read beside the buyer's words: what the seller knows of the matter, and what went out to
//! others who wrote much the same.

use std::collections::BTreeSet;

use anyhow::Context as _;
use domain::interaction::{Used, UsedKind};
use domain::value::MessageAuthor;
use projections::drafts::DraftDue;
use projections::knowledge::{Asked, Example, ExamplesOf, Passage};

use super::Drafter;
use super::task::Task;
use crate::model::ask;

/// Passages that a model is given, and past answers: a page together, so that what the buyer wrote stays what it is
/// about.
pub(super) const PASSAGES: usize = 4;
const EXAMPLES: usize = 3;

/// The kind of passages that tell of a product.
const PRODUCT: &str = "product";

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Reading {
    passages: Vec<Passage>,
    examples: Vec<Example>,
}

impl Drafter {
    /// Looks for what may help to answer.
    pub(super) async fn reading(&self, due: &DraftDue, task: &Task) -> anyhow::Result<Reading> {
        let query = task.question();
        if query.trim().is_empty() {
            return Ok(Reading::default());
        }
        let article = Some(task.conversation.product.article.clone());
        let asked = Asked { query: query.clone(), article, limit: PASSAGES, meaning: None };
        let words = task.interaction.content().and_then(|content| content.words.known());
        let buyer = words.and_then(|words| words.buyer_name.as_deref());
        let passages = self.finder.passages(due.tenant, buyer, asked).await;
        let like = ExamplesOf {
            channel: task.source.channel,
            rating: task.conversation.rating,
            query,
            interaction: Some(due.interaction),
            not_learned: task.drafting.1.not_learned.clone(),
            limit: EXAMPLES,
        };
        let examples = self.finder.retrieval().examples(due.tenant, &like).await;
        Ok(Reading {
            passages: passages.context("looking for what the seller knows")?,
            examples: examples.context("looking for answers to others")?,
        })
    }
}

impl Task {
    /// What the buyer wants answered: all that was said since the seller spoke last.
    pub(super) fn question(&self) -> String {
        let turns = self.conversation.turns.iter().rev();
        let unanswered = turns.take_while(|turn| turn.author == MessageAuthor::Buyer);
        let mut texts: Vec<&str> = unanswered.map(|turn| turn.text.as_str()).collect();
        texts.reverse();
        texts.join("\n")
    }
}

impl Reading {
    /// Names what was given, each document and product once however many of its passages were.
    pub(super) fn used(&self) -> Vec<Used> {
        let mut items = BTreeSet::new();
        let passages = self.passages.iter().filter(|passage| items.insert(passage.item_id.0));
        let passages = passages.map(|passage| Used {
            kind: if passage.kind == PRODUCT { UsedKind::Product } else { UsedKind::Passage },
            id: passage.item_id.0,
            version: passage.version,
        });
        let examples = self.examples.iter().map(|example| Used {
            kind: UsedKind::Example,
            id: example.interaction_id.0,
            version: example.version,
        });
        passages.chain(examples).collect()
    }

    pub(super) fn passages(&self) -> Vec<ask::Passage> {
        let told = |passage: &Passage| ask::Passage {
            id: passage.item_id.0.to_string(),
            title: passage.title.clone(),
            text: passage.text.clone(),
        };
        self.passages.iter().map(told).collect()
    }

    pub(super) fn examples(&self) -> Vec<ask::Example> {
        let told = |example: &Example| ask::Example {
            buyer_name: example.buyer_name.clone(),
            buyer: example.buyer.clone(),
            seller: example.seller.clone(),
        };
        self.examples.iter().map(told).collect()
    }
}
