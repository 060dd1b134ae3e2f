//! What the writer of a past draft was told, put together once more as it was then.

use commands::{Commands, PastDraft};
use domain::interaction::{Used, UsedKind};
use domain::policy::assessment;
use domain::value::Personal;
use domain::{InteractionId, KnowledgeId, TenantId};
use projections::comparisons::{Before, Due};
use projections::knowledge::{Retrieval, most_alike_first};
use strum::IntoStaticStr;

use super::context::PASSAGES;
use super::task::Task;
use crate::model::ask::{Allowance, Ask, Example, Passage};

/// Nothing of the seller's day: whoever asks again has a budget of their own.
const NOTHING: Allowance = Allowance { drafts: None, micro_usd: 0 };

/// A past draft, ready to be asked for once more.
pub(crate) struct Again {
    /// What its writer was told.
    pub(crate) ask: Ask,
    /// What people sent.
    pub(crate) sent: String,
    /// How it was made the first time.
    pub(crate) before: Before,
}

/// Why what its writer was told cannot be put together any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Gone {
    /// An event cannot be read.
    Unreadable,
    /// It was not kept how the draft came about.
    NoOrigin,
    /// The buyer was erased.
    Erased,
    /// The seller's wishes of then cannot be read.
    Wishes,
    /// A document, a product or an answer to somebody else cannot be had as it was.
    Reading,
}

/// Puts together what the writer of a draft was told, in the versions that the draft names.
pub(crate) async fn again(
    commands: &Commands,
    retrieval: &Retrieval,
    tenant: TenantId,
    due: &Due,
) -> anyhow::Result<Result<Again, Gone>> {
    let past = commands.past_draft(tenant, due.interaction, due.draft, due.reply).await?;
    let Some(past) = past else { return Ok(Err(Gone::Unreadable)) };
    let PastDraft { interaction, conversation, origin, written, sent } = past;
    let Personal::Known(sent) = sent else { return Ok(Err(Gone::Erased)) };
    let Some(origin) = origin else { return Ok(Err(Gone::NoOrigin)) };
    let Some(source) = interaction.source().cloned() else { return Ok(Err(Gone::Unreadable)) };
    let Some(drafting) = commands.past_drafting(tenant, origin.drafting).await? else {
        return Ok(Err(Gone::Wishes));
    };
    let analysis = assessment::of_conversation(source.channel, &conversation);
    let drafting = (origin.drafting, drafting);
    let task = Task { source, interaction, conversation, analysis, drafting };
    let of =
        |kind| origin.context.iter().filter(move |used| kind == (used.kind == UsedKind::Example));
    let Some(passages) = passages(commands, tenant, &task.question(), of(false)).await? else {
        return Ok(Err(Gone::Reading));
    };
    let Some(examples) = examples(retrieval, tenant, of(true)).await? else {
        return Ok(Err(Gone::Reading));
    };
    let Some(ask) = task.ask(tenant, NOTHING, (passages, examples)) else {
        return Ok(Err(Gone::Erased));
    };
    let before = written.map(|written| Before {
        model: Some(written.model),
        prompt_version: Some(written.prompt_version),
        cost_micro_usd: Some(written.cost_micro_usd),
        duration_ms: Some(written.duration_ms),
    });
    Ok(Ok(Again { ask, sent, before: before.unwrap_or_default() }))
}

/// Returns the passages of items in the versions that are named. A draft does not say which passages of an item they
/// were: the one most like the question of each, and then the others in the same order.
async fn passages(
    commands: &Commands,
    tenant: TenantId,
    question: &str,
    used: impl Iterator<Item = &Used>,
) -> anyhow::Result<Option<Vec<Passage>>> {
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for used in used {
        let item = commands.past_knowledge(tenant, KnowledgeId(used.id), used.version).await?;
        let Some(item) = item else { return Ok(None) };
        let passage =
            |text| Passage { id: used.id.to_string(), title: item.title().to_owned(), text };
        let mut alike = most_alike_first(question, item.passages()).into_iter().map(passage);
        first.extend(alike.next());
        others.extend(alike);
    }
    first.extend(others);
    first.truncate(PASSAGES);
    Ok(Some(first))
}

/// Returns the answers to others that are named.
async fn examples(
    retrieval: &Retrieval,
    tenant: TenantId,
    used: impl Iterator<Item = &Used>,
) -> anyhow::Result<Option<Vec<Example>>> {
    let mut examples = Vec::new();
    for used in used {
        let id = InteractionId(used.id);
        let Some(past) = retrieval.past_answer(tenant, id, used.version).await? else {
            return Ok(None);
        };
        let (buyer_name, buyer, seller) = (past.buyer_name, past.buyer, past.seller);
        examples.push(Example { buyer_name, buyer, seller });
    }
    Ok(Some(examples))
}
