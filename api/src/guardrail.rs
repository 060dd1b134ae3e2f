//! What the guardrails found in a reply, as the API tells it (F144).

use std::borrow::Cow;

use domain::guardrail::{Finding, Grounds, Listed, Noted, Place, Severity, rule};
use domain::{InteractionId, TenantId};
use projections::reply_history::is_duplicate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;

/// Something in a reply that a rule is about.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Violation {
    /// The rule, by a name that stays.
    #[schema(example = "contact_phone")]
    pub r#type: &'static str,
    /// What the rule is about, by a name that stays.
    #[schema(example = "contact")]
    pub category: &'static str,
    /// Whether the reply is stopped (`error`) or not (`warning`).
    #[schema(example = "error")]
    pub severity: &'static str,
    /// What is wrong.
    pub message: &'static str,
    /// What to write instead.
    pub instead: Cow<'static, str>,
    /// The phrase of the seller's own list that it is; none where it is a rule that every seller has.
    pub listed: Option<String>,
    /// The words, as they are written; none where it is about the whole text.
    pub phrase: Option<String>,
    /// Where they stand.
    pub place: Option<Span>,
}

/// A place in a text, in characters (Unicode code points) from 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Span {
    /// The first.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

impl Violation {
    pub(crate) fn of(finding: Finding) -> Self {
        let Finding { rule, severity, phrase, place, listed } = finding;
        let (listed, instead) = match listed {
            Some(Listed { phrase, instead }) => (Some(phrase), instead),
            None => (None, None),
        };
        Self {
            r#type: rule.id,
            category: rule.category.into(),
            severity: severity.into(),
            message: rule.message,
            instead: instead.map_or(Cow::Borrowed(rule.instead), Cow::Owned),
            listed,
            phrase,
            place: place.map(Span::from),
        }
    }
}

impl From<Place> for Span {
    fn from(Place { start, end }: Place) -> Self {
        Self { start, end }
    }
}

/// What was found, what stops the reply first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) violations: Vec<Violation>,
    pub(crate) warnings: Vec<Violation>,
}

impl From<Vec<Finding>> for Found {
    fn from(findings: Vec<Finding>) -> Self {
        let is_error = |finding: &Finding| finding.severity == Severity::Error;
        let (errors, warnings): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_error);
        let told = |findings: Vec<Finding>| findings.into_iter().map(Violation::of).collect();
        Self { violations: told(errors), warnings: told(warnings) }
    }
}

impl Found {
    /// Says what stops the reply to whoever sees nothing but a text.
    pub(crate) fn summary(&self) -> String {
        let said = |violation: &Violation| match &violation.phrase {
            Some(phrase) => format!("«{phrase}»: {}", violation.message),
            None => violation.message.to_owned(),
        };
        self.violations.iter().map(said).collect::<Vec<_>>().join(" ")
    }
}

/// Returns what an event keeps of what was found in this text.
pub(crate) fn violations(noted: &[Noted], severity: Severity, text: &str) -> Vec<Violation> {
    let told = |noted: &Noted| {
        let words = |Place { start, end }| text.chars().skip(start).take(end - start).collect();
        let (rule, place) = (rule(&noted.rule)?, noted.place);
        let listed = noted.listed.clone();
        Some(Violation::of(Finding { rule, severity, phrase: place.map(words), place, listed }))
    };
    noted.iter().filter_map(told).collect()
}

/// Gathers what a check of `text` as a reply to `id` needs to know.
pub(crate) async fn grounds(
    app: &App,
    tenant: TenantId,
    id: InteractionId,
    text: &str,
) -> Result<Grounds, ApiError> {
    let own = app.commands.guardrails(tenant).await?;
    let is_duplicate = is_duplicate(&app.db, tenant, id, text).await?;
    Ok(Grounds { own, is_duplicate })
}
