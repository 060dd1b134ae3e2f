//! Comparisons of models: past drafts written once more by another model, in figures. Reckoned again, and no history.

mod words;

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::policy::backtest::{DAYS_MAX, PeriodError, YEARS, check_period};
use projections::comparisons::{self as kept, Compared, DRAFTS_MAX, PassedOver, Question, Sides};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use self::words::{ComparisonOutcome, ComparisonState};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};
use crate::idempotency::CommandId;

/// Most comparisons that are listed.
const LISTED: i64 = 50;

/// Most drafts that are listed of a comparison.
const DRAFTS_LISTED: usize = 200;

/// The most that a comparison may cost, in millionths of a dollar: as much as a day of drafts.
const BUDGET_MAX: u64 = 100_000_000;

/// What is to be compared.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparisonRequest {
    /// Drafts that were made since this time, and before the other: 366 days at most, in the years 2000 to 2999.
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    /// The model that writes them once more, by the provider's name; the installation knows its price.
    #[schema(min_length = 1, max_length = 100)]
    model: String,
    /// What it may cost, in millionths of a US dollar.
    #[schema(minimum = 1, maximum = 100_000_000)]
    budget_micro_usd: u64,
    /// How many drafts it is about at most.
    #[schema(minimum = 1, maximum = 1000)]
    drafts_max: u32,
}

/// A comparison of models: reckoned again, and no history.
#[derive(Serialize, ToSchema)]
pub(crate) struct Comparison {
    comparison_id: Uuid,
    made_at: DateTime<Utc>,
    /// Who asked for it: `user:<id>`, or `system:<part>`.
    made_by: String,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    /// The model that writes them once more.
    model: String,
    budget_micro_usd: u64,
    drafts_max: u32,
    state: ComparisonState,
    /// Why it failed: `no_price`, `out_of_money`, `bad_key` or `bad_request`.
    failure: Option<String>,
    /// What it has cost, with the most that calls can cost whose outcome is not known.
    spent_micro_usd: u64,
    /// Drafts that it is about; 0 until they are chosen.
    drafts: u32,
    /// Those among them that are reckoned or left out.
    looked_at: u32,
    /// Drafts of the period that it is not about; none until those that it is about are chosen.
    passed_over: Option<ComparisonPassedOver>,
    ended_at: Option<DateTime<Utc>>,
}

/// Drafts of a model that a comparison is not about: nothing was paid for them.
#[derive(Serialize, ToSchema)]
struct ComparisonPassedOver {
    /// People sent nothing that they could be held against.
    not_answered: u32,
    /// Their buyer was erased.
    erased: u32,
    /// More than were wanted.
    beyond: u32,
}

/// Comparisons that were asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ComparisonList {
    /// Newest first, up to 50.
    items: Vec<Comparison>,
}

/// What a comparison has found so far.
#[derive(Serialize, ToSchema)]
pub(crate) struct ComparisonReport {
    comparison: Comparison,
    /// As it was.
    before: ComparisonFigures,
    /// The same drafts, reckoned again.
    again: ComparisonFigures,
    /// Drafts on neither side, since what their writer was told cannot be had any more.
    left_out: Vec<ComparisonLeftOut>,
    /// Drafts on neither side, since the other model did not answer.
    no_answer: u32,
    /// Drafts on neither side, since asking was cut off and is not paid for twice.
    interrupted: u32,
    /// Those of which both are furthest apart first, up to 200.
    items: Vec<ComparisonDraft>,
}

/// How one side did.
#[derive(Serialize, ToSchema)]
struct ComparisonFigures {
    /// Drafts: the same on both sides.
    drafts: u32,
    /// People sent just this text.
    accepted: u32,
    /// People sent it with up to 25 % of the characters changed.
    slight: u32,
    /// With up to 50 % changed.
    edited: u32,
    /// People sent another text.
    manual: u32,
    /// Stopped by the guardrails.
    unfit: u32,
    /// Nothing that can be read.
    unreadable: u32,
    /// The model declined.
    declined: u32,
    /// The share of changed characters, on average, in thousandths; none without a text.
    changed_mean_per_mille: Option<u16>,
    /// What they cost together, as far as it is known.
    cost_micro_usd: u64,
    /// Of how many the cost is known.
    priced: u32,
    /// How long half of them took at most, in milliseconds.
    duration_p50_ms: Option<u32>,
    /// How long nine in ten took at most.
    duration_p90_ms: Option<u32>,
}

/// Drafts that were left out for one reason.
#[derive(Serialize, ToSchema)]
struct ComparisonLeftOut {
    /// `unreadable`, `no_origin`, `erased`, `wishes` or `reading`.
    reason: String,
    count: u32,
}

/// A draft of a comparison.
#[derive(Serialize, ToSchema)]
struct ComparisonDraft {
    interaction_id: Uuid,
    /// The draft as it was.
    draft_id: Uuid,
    proposed_at: DateTime<Utc>,
    /// Which model wrote it, where it is known, and by which version of the prompt.
    model_before: Option<String>,
    prompt_before: Option<u32>,
    /// The share of it that people changed, in thousandths.
    changed_before_per_mille: u16,
    cost_before_micro_usd: Option<u64>,
    duration_before_ms: Option<u32>,
    /// None until it is reckoned.
    outcome: Option<ComparisonOutcome>,
    /// Why it was left out.
    reason: Option<String>,
    /// The share in which what people sent differs from what was written now, in thousandths.
    changed_per_mille: Option<u16>,
    cost_micro_usd: Option<u64>,
    duration_ms: Option<u32>,
}

/// Asks for a comparison: a worker writes past drafts once more, pays for that within the budget, and sends nothing.
#[utoipa::path(post, path = "/drafting/comparisons", tag = "seller", request_body = ComparisonRequest,
    responses((status = OK, body = Comparison)))]
pub(crate) async fn want_comparison(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<ComparisonRequest>,
) -> Result<Json<Comparison>, ApiError> {
    let Some(models) = &app.compared else { return Err(ApiError::new(Code::NoModelToCompare)) };
    let question = body.asked(|model| models.prices.knows(model))?;
    let id = Uuid::new_v5(&command_id, b"comparison");
    let by = caller.actor().to_string();
    kept::want(&app.db, caller.tenant(), id, &by, &question).await?;
    found(&app, &caller, id).await.map(|found| Json(found.into()))
}

/// Lists the latest comparisons.
#[utoipa::path(get, path = "/drafting/comparisons", tag = "seller",
    responses((status = OK, body = ComparisonList)))]
pub(crate) async fn comparisons(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<ComparisonList>, ApiError> {
    let made = kept::list(&app.db, caller.tenant(), None, LISTED).await?;
    Ok(Json(ComparisonList { items: made.into_iter().map(Comparison::from).collect() }))
}

/// Reads what a comparison has found so far.
#[utoipa::path(get, path = "/drafting/comparisons/{id}", tag = "seller", params(("id" = Uuid, Path)),
    responses((status = OK, body = ComparisonReport)))]
pub(crate) async fn comparison(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<ComparisonReport>, ApiError> {
    let made = found(&app, &caller, id).await?;
    let drafts = kept::drafts(&app.db, caller.tenant(), id).await?;
    let Sides { before, again, left_out, no_answer, interrupted, .. } = kept::sides(&drafts);
    let left_out = left_out.into_iter().map(|(reason, count)| ComparisonLeftOut { reason, count });
    Ok(Json(ComparisonReport {
        comparison: made.into(),
        before: before.into(),
        again: again.into(),
        left_out: left_out.collect(),
        no_answer,
        interrupted,
        items: drafts.into_iter().take(DRAFTS_LISTED).map(ComparisonDraft::from).collect(),
    }))
}

/// Stops a comparison: nothing more is asked. What was reckoned stays.
#[utoipa::path(post, path = "/drafting/comparisons/{id}/stop", tag = "seller", params(("id" = Uuid, Path)),
    responses((status = OK, body = Comparison)))]
pub(crate) async fn stop_comparison(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Comparison>, ApiError> {
    kept::stop(&app.db, caller.tenant(), id).await?;
    found(&app, &caller, id).await.map(|found| Json(found.into()))
}

async fn found(app: &App, caller: &Caller, id: Uuid) -> Result<kept::Comparison, ApiError> {
    let mut made = kept::list(&app.db, caller.tenant(), Some(id), 1).await?;
    made.pop().ok_or_else(|| ApiError::new(Code::NotFound))
}

impl ComparisonRequest {
    fn asked(self, has_price: impl Fn(&str) -> bool) -> Result<Question, ApiError> {
        let bad =
            |field, message: String| Err(ApiError::new(Code::InvalidBody).field(field, message));
        let Self { since, until, model, budget_micro_usd, drafts_max } = self;
        match check_period(since, until) {
            Ok(()) => (),
            Err(PeriodError::Year { is_end }) => {
                let field = if is_end { "until" } else { "since" };
                return bad(field, format!("год от {} до {}", YEARS.0, YEARS.1));
            }
            Err(PeriodError::Empty) => return bad("until", "позже начала периода".to_owned()),
            Err(PeriodError::TooLong) => return bad("since", format!("не больше {DAYS_MAX} дней")),
        }
        if !has_price(&model) {
            return bad(
                "model",
                "модель, цена которой известна этой установке: цены задаёт AGENTIQ_MODEL_PRICES"
                    .to_owned(),
            );
        }
        if !(1..=BUDGET_MAX).contains(&budget_micro_usd) {
            return bad("budget_micro_usd", format!("от 1 до {BUDGET_MAX}"));
        }
        if !(1..=DRAFTS_MAX).contains(&drafts_max) {
            return bad("drafts_max", format!("от 1 до {DRAFTS_MAX}"));
        }
        Ok(Question { since, until, model, budget_micro_usd, drafts_max })
    }
}

impl From<kept::Comparison> for Comparison {
    fn from(made: kept::Comparison) -> Self {
        let kept::Comparison { question, state, passed_over, .. } = made;
        let Question { since, until, model, budget_micro_usd, drafts_max } = question;
        Self {
            comparison_id: made.comparison_id,
            made_at: made.made_at,
            made_by: made.made_by,
            since,
            until,
            model,
            budget_micro_usd,
            drafts_max,
            state: state.into(),
            failure: made.failure,
            spent_micro_usd: made.spent_micro_usd,
            drafts: made.drafts,
            looked_at: made.looked_at,
            passed_over: passed_over.map(ComparisonPassedOver::from),
            ended_at: made.ended_at,
        }
    }
}

impl From<PassedOver> for ComparisonPassedOver {
    fn from(passed: PassedOver) -> Self {
        let PassedOver { not_answered, erased, beyond } = passed;
        Self { not_answered, erased, beyond }
    }
}

impl From<kept::Figures> for ComparisonFigures {
    fn from(figures: kept::Figures) -> Self {
        Self {
            drafts: figures.drafts,
            accepted: figures.accepted,
            slight: figures.slight,
            edited: figures.edited,
            manual: figures.manual,
            unfit: figures.unfit,
            unreadable: figures.unreadable,
            declined: figures.declined,
            changed_mean_per_mille: figures.changed_mean,
            cost_micro_usd: figures.cost_micro_usd,
            priced: figures.priced,
            duration_p50_ms: figures.duration_p50_ms,
            duration_p90_ms: figures.duration_p90_ms,
        }
    }
}

impl From<Compared> for ComparisonDraft {
    fn from(draft: Compared) -> Self {
        Self {
            interaction_id: draft.interaction.0,
            draft_id: draft.draft_id,
            proposed_at: draft.proposed_at,
            model_before: draft.model_before,
            prompt_before: draft.prompt_before,
            changed_before_per_mille: draft.changed_before,
            cost_before_micro_usd: draft.cost_before_micro_usd,
            duration_before_ms: draft.duration_before_ms,
            outcome: draft.outcome.map(ComparisonOutcome::from),
            reason: draft.reason,
            changed_per_mille: draft.changed,
            cost_micro_usd: draft.cost_micro_usd,
            duration_ms: draft.duration_ms,
        }
    }
}
