//! The draft on offer as the API shows it: its text, whether it knows all that was said, and how it came about.

use chrono::{DateTime, Utc};
use domain::guardrail::{Finding, Place, rule};
use domain::interaction::{Advised, DraftOrigin, WhyTemplate, Written};
use domain::policy::decision::{self, Reason};
use domain::value;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::decision as words;
use crate::guardrail::Violation;
use crate::routes::words::{DraftSource, Intent, Priority, Sentiment, Verdict};
use crate::why::template_reason;

/// A proposed reply text.
#[derive(Serialize, ToSchema)]
pub(crate) struct Draft {
    draft_id: Uuid,
    /// Empty when the buyer's data was erased.
    text: String,
    #[schema(value_type = DraftSource)]
    source: String,
    proposed_at: DateTime<Utc>,
    /// Whether something was said since that its writer had not read.
    stale: bool,
    /// What the buyer's words were read as; none of a text that was given from outside.
    analysis: Option<Analysis>,
    /// Why it is a template; none of what is none, and of what was made before this was kept.
    template: Option<TemplateReason>,
    /// What a model did for it.
    model: Option<ModelUse>,
    /// Whether the buyer's words seem to be meant for a machine: look at it twice.
    suspicious: bool,
    /// What its writer was given to read beside the buyer's words.
    context: Vec<ContextItem>,
    /// What the guardrails have against it: advice, as nothing is sent yet.
    findings: Vec<Violation>,
    /// Whether it could have gone out without a person; none of a text that was given.
    decision: Option<Decision>,
}

/// What was decided about a draft.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decision {
    verdict: Verdict,
    /// The verdict in the user's words.
    message: &'static str,
    /// Everything that keeps it from going out by itself.
    reasons: Vec<DecisionReason>,
    /// The version of whoever decided.
    policy: u32,
    /// The version of what the seller has settled; 0 are the defaults.
    automation: u32,
}

/// What keeps a draft from going out by itself.
#[derive(Serialize, ToSchema)]
struct DecisionReason {
    /// Stable name of the reason.
    #[schema(example = "rating")]
    code: &'static str,
    /// The reason in the user's words.
    message: &'static str,
}

/// What the buyer's words are about.
#[derive(Serialize, ToSchema)]
struct Analysis {
    #[schema(value_type = Intent)]
    intent: &'static str,
    #[schema(value_type = Sentiment)]
    sentiment: &'static str,
    priority: Priority,
    /// How sure that is, in per cent.
    #[schema(minimum = 0, maximum = 100)]
    confidence: u8,
}

/// Why a draft is a template.
#[derive(Serialize, ToSchema)]
struct TemplateReason {
    /// Stable name of the reason.
    #[schema(example = "no_model")]
    code: &'static str,
    /// The reason in the user's words.
    message: String,
}

/// What a model did for a draft.
#[derive(Serialize, ToSchema)]
struct ModelUse {
    provider: String,
    model: String,
    prompt_version: u32,
    prompt_tokens: u32,
    completion_tokens: u32,
    /// In millionths of a US dollar.
    cost_micro_usd: u64,
    duration_ms: u32,
}

/// Something that a writer was given to read.
#[derive(Serialize, ToSchema)]
struct ContextItem {
    /// `passage`, `product` or `example`.
    kind: &'static str,
    id: Uuid,
    version: u32,
}

/// The draft as the read model keeps it.
#[derive(Deserialize)]
struct Kept {
    draft_id: Uuid,
    text: Option<String>,
    source: String,
    proposed_at: DateTime<Utc>,
    #[serde(default)]
    origin: Option<DraftOrigin>,
}

impl Draft {
    /// Tells whether something was said since that its writer had not read.
    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    /// Reads what the read model keeps of a draft in an interaction of `basis`; none of what cannot be read. What a
    /// draft was made of is not always kept with it: then `row_says_stale`.
    pub(super) fn read(kept: Value, basis: u32, row_says_stale: bool) -> Option<Self> {
        let Kept { draft_id, text, source, proposed_at, origin } =
            serde_json::from_value(kept).ok()?;
        let text = text.unwrap_or_default();
        let stale = origin.as_ref().map_or(row_says_stale, |origin| origin.basis != basis);
        let (mut analysis, mut template, mut model, mut suspicious) = (None, None, None, false);
        let (mut context, mut findings, mut decision) = (Vec::new(), Vec::new(), None);
        if let Some(origin) = origin {
            analysis = origin.analysis.as_ref().map(Analysis::from);
            template = origin.template.map(TemplateReason::from);
            suspicious = origin.is_attacked;
            model = origin.written.map(ModelUse::from);
            decision = origin.decision.as_ref().map(Decision::from);
            context = origin.context.iter().map(ContextItem::from).collect();
            let found = origin.advice.map(|advice| advice.found).unwrap_or_default();
            findings = found.into_iter().filter_map(|advised| violation(advised, &text)).collect();
        }
        Some(Self {
            draft_id,
            text,
            source,
            proposed_at,
            stale,
            analysis,
            template,
            model,
            suspicious,
            context,
            findings,
            decision,
        })
    }
}

/// Tells of what was found with the words of the draft; none of a rule that this program does not have any more.
fn violation(advised: Advised, text: &str) -> Option<Violation> {
    let Advised { rule: name, severity, place, listed } = advised;
    let words = |Place { start, end }| text.chars().skip(start).take(end - start).collect();
    let phrase = place.map(words);
    Some(Violation::of(Finding { rule: rule(&name)?, severity, phrase, place, listed }))
}

impl From<&value::Analysis> for Analysis {
    fn from(analysis: &value::Analysis) -> Self {
        Self {
            intent: analysis.intent.as_str(),
            sentiment: analysis.sentiment.as_str(),
            priority: analysis.priority.into(),
            confidence: analysis.confidence.percent(),
        }
    }
}

impl From<&decision::Decision> for Decision {
    fn from(decided: &decision::Decision) -> Self {
        let reason = |reason: &Reason| DecisionReason {
            code: (*reason).into(),
            message: words::reason(*reason),
        };
        Self {
            verdict: decided.verdict.into(),
            message: words::verdict(decided.verdict),
            reasons: decided.reasons.iter().map(reason).collect(),
            policy: decided.policy,
            automation: decided.automation,
        }
    }
}

impl From<WhyTemplate> for TemplateReason {
    fn from(why: WhyTemplate) -> Self {
        let message = format!("Шаблон: {}.", template_reason(why));
        Self { code: why.into(), message }
    }
}

impl From<Written> for ModelUse {
    fn from(written: Written) -> Self {
        Self {
            provider: written.provider,
            model: written.model,
            prompt_version: written.prompt_version,
            prompt_tokens: written.prompt_tokens,
            completion_tokens: written.completion_tokens,
            cost_micro_usd: written.cost_micro_usd,
            duration_ms: written.duration_ms,
        }
    }
}

impl From<&domain::interaction::Used> for ContextItem {
    fn from(used: &domain::interaction::Used) -> Self {
        Self { kind: used.kind.into(), id: used.id, version: used.version }
    }
}
