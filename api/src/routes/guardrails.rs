//! What a seller adds to the rules about replies, beside the rules that every seller has.

pub(crate) mod history;
pub(crate) mod what_if;

use axum::extract::State;
use domain::guardrail::{self, Phrase, Rule, Severity as Weight, VERSION, rules};
use domain::seller::{Seller, SellerCommand};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::Channel;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;
use crate::idempotency::CommandId;

/// Whether a finding stops a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// It is told, and the reply goes out.
    Warning,
    /// The reply does not go out.
    Error,
}

/// A phrase that replies of the seller must not have, or had better not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListedPhrase {
    /// The words, up to 8; each stands for all its forms, and nothing is found inside a word.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) text: String,
    severity: Severity,
    /// Where it holds; everywhere where none is named.
    #[serde(default)]
    #[schema(max_items = 3)]
    channels: Vec<Channel>,
    /// What to write instead.
    #[serde(default)]
    #[schema(max_length = 300)]
    instead: Option<String>,
}

/// The rules about replies.
#[derive(Serialize, ToSchema)]
pub(crate) struct Guardrails {
    /// Of the seller's own lists, counted from 1 with every change; 0 are none.
    version: u32,
    /// What replies must not say, or had better not.
    phrases: Vec<ListedPhrase>,
    /// Words and phrases that the rules which can be lifted let pass.
    exceptions: Vec<String>,
    built_in: BuiltIn,
}

/// The rules that every seller has.
#[derive(Serialize, ToSchema)]
struct BuiltIn {
    /// Grows with every change of what they find.
    version: u32,
    rules: Vec<BuiltInRule>,
}

/// A rule that every seller has.
#[derive(Serialize, ToSchema)]
struct BuiltInRule {
    /// Its name, which stays.
    #[schema(example = "contact_phone")]
    r#type: &'static str,
    /// What it is about, by a name that stays.
    #[schema(example = "contact")]
    category: &'static str,
    /// What is wrong.
    message: &'static str,
    /// What to write instead.
    instead: &'static str,
    /// What it means by channel; none where it does not matter there.
    review: Option<Severity>,
    question: Option<Severity>,
    chat: Option<Severity>,
    /// Whether an exception of the seller lets its words pass.
    is_liftable: bool,
}

/// The lists to be in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardrailsChange {
    /// The version that was read before the change: whoever comes second is told.
    #[schema(minimum = 0)]
    replaces: u32,
    /// What replies must not say, or had better not.
    #[schema(max_items = 200)]
    phrases: Vec<ListedPhrase>,
    /// Words and phrases that the rules which can be lifted let pass.
    #[schema(max_items = 100)]
    exceptions: Vec<String>,
}

/// Reads the rules about replies: the seller's own, and those that every seller has.
#[utoipa::path(get, path = "/seller/guardrails", tag = "seller",
    responses((status = OK, body = Guardrails)))]
pub(crate) async fn guardrails(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Guardrails>, ApiError> {
    read(&app, &caller).await
}

/// Replaces the seller's own lists; 409 when they are no longer of the version that was read.
#[utoipa::path(put, path = "/seller/guardrails", tag = "seller", request_body = GuardrailsChange,
    responses((status = OK, body = Guardrails)))]
pub(crate) async fn change_guardrails(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<GuardrailsChange>,
) -> Result<Json<Guardrails>, ApiError> {
    let GuardrailsChange { replaces, phrases, exceptions } = body;
    let guardrails = lists(phrases, exceptions);
    let command = SellerCommand::ChangeGuardrails { replaces, guardrails };
    let context = caller.context(command_id);
    app.commands.execute::<Seller>(&context, caller.tenant(), command).await?;
    read(&app, &caller).await
}

async fn read(app: &App, caller: &Caller) -> Result<Json<Guardrails>, ApiError> {
    let seller = app.commands.load::<Seller>(caller.tenant(), caller.tenant()).await?.aggregate;
    let (version, own) = seller.guardrails();
    Ok(Json(Guardrails {
        version,
        phrases: own.phrases.iter().map(ListedPhrase::from).collect(),
        exceptions: own.exceptions.clone(),
        built_in: BuiltIn { version: VERSION, rules: rules().map(BuiltInRule::from).collect() },
    }))
}

/// Says in the domain's words what was asked for.
fn lists(phrases: Vec<ListedPhrase>, exceptions: Vec<String>) -> guardrail::Guardrails {
    let phrases = phrases.into_iter().map(Phrase::from).collect();
    guardrail::Guardrails { phrases, exceptions }
}

impl From<ListedPhrase> for Phrase {
    fn from(ListedPhrase { text, severity, channels, instead }: ListedPhrase) -> Self {
        let channels = channels.into_iter().map(Into::into).collect();
        Self { text, severity: severity.into(), channels, instead }
    }
}

impl From<&Phrase> for ListedPhrase {
    fn from(phrase: &Phrase) -> Self {
        Self {
            text: phrase.text.clone(),
            severity: phrase.severity.into(),
            channels: phrase.channels.iter().map(|channel| (*channel).into()).collect(),
            instead: phrase.instead.clone(),
        }
    }
}

impl From<&Rule> for BuiltInRule {
    fn from(rule: &Rule) -> Self {
        let severity = |channel| rule.severity(channel).map(Severity::from);
        Self {
            r#type: rule.id,
            category: rule.category.into(),
            message: rule.message,
            instead: rule.instead,
            review: severity(domain::Channel::Review),
            question: severity(domain::Channel::Question),
            chat: severity(domain::Channel::Chat),
            is_liftable: rule.category.is_liftable(),
        }
    }
}

impl From<Severity> for Weight {
    fn from(word: Severity) -> Self {
        match word {
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}

impl From<Weight> for Severity {
    fn from(severity: Weight) -> Self {
        match severity {
            Weight::Warning => Self::Warning,
            Weight::Error => Self::Error,
        }
    }
}
