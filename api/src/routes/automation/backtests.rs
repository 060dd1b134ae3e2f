//! Rules about automatic replies, held against the seller's history.

use std::time::Duration;

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::policy::backtest::{
    self, DAYS_MAX, Disagreement, PeriodError, Report, SECONDS_PER_REPLY, YEARS, check_period,
};
use projections::backtests::{self as kept, Made, Question};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use uuid::Uuid;

use super::AutomationRules;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};
use crate::idempotency::CommandId;

/// Most backtests that are listed.
const LISTED: i64 = 50;

/// Longest time that a reply may be taken to cost, in seconds.
const SECONDS_MAX: u32 = 3_600;

/// When to ask again while another history is read.
const AFTER_ANOTHER: Duration = Duration::from_secs(5);

/// Histories that are read at once, so that others find a core and a connection.
static AT_ONCE: Semaphore = Semaphore::const_new(1);

/// Rules to be held against history.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BacktestRequest {
    rules: AutomationRules,
    /// Drafts that were made since this time, and before the other: 366 days at most, in the years 2000 to 2999.
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    /// What it takes a person to read, check and send one reply, in seconds: an assumption.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3600, default = 60)]
    seconds_per_reply: Option<u32>,
}

/// What rules would have done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Backtest {
    backtest_id: Uuid,
    made_at: DateTime<Utc>,
    /// Who had it made: `user:<id>`, or `system:<part>`.
    made_by: String,
    rules: AutomationRules,
    /// The version of whoever decided.
    policy: u32,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Drafts that were looked at.
    drafts: u32,
    auto_send: Deeds,
    need_approval: Deeds,
    escalate: Deeds,
    /// Of the drafts that would have gone out and that people judged, the share that people sent as they were or with
    /// less than 10 % of the characters changed, in per cent, rounded down; none where they judged none.
    #[schema(maximum = 100)]
    agreement_percent: Option<u8>,
    /// What people spent on the replies that would have gone out as they sent them, in minutes, by the assumption
    /// below.
    minutes_saved: u32,
    seconds_per_reply: u32,
    /// Of the drafts that would have gone out, those that people did not send so: the furthest first, up to 50.
    worst: Vec<BacktestDisagreement>,
    /// Interactions that are not among these, since an event of them cannot be read.
    left_out: u32,
}

/// What people did with drafts.
#[derive(Serialize, ToSchema)]
struct Deeds {
    /// All of them.
    all: u32,
    /// Sent as they were.
    as_it_was: u32,
    /// Sent with less than 10 % of the characters changed.
    slight: u32,
    /// Sent with more changed.
    edited: u32,
    /// Another text was sent.
    other_text: u32,
    /// Taken away.
    dismissed: u32,
    /// Not answered before the buyer said more, or by then.
    unanswered: u32,
    /// Answered with words that cannot be read any more.
    unmeasured: u32,
    /// Gone out by themselves: nobody has judged them.
    automatic: u32,
    /// Replaced by another draft: nobody has judged them.
    superseded: u32,
}

/// A draft that would have gone out, and that people did not send so.
#[derive(Serialize, ToSchema)]
struct BacktestDisagreement {
    interaction_id: Uuid,
    draft_id: Uuid,
    proposed_at: DateTime<Utc>,
    /// `edited`, `other_text` or `dismissed`.
    deed: &'static str,
    /// Share of changed characters, in per cent; none of a draft that was taken away.
    changed_percent: Option<u8>,
}

/// Backtests that were made.
#[derive(Serialize, ToSchema)]
pub(crate) struct BacktestList {
    /// Newest first, up to 50.
    items: Vec<Backtest>,
}

/// Holds rules against the seller's history and keeps what was found, which never changes: it can be named as evidence.
#[utoipa::path(post, path = "/automation/backtests", tag = "seller", request_body = BacktestRequest,
    responses((status = OK, body = Backtest)))]
pub(crate) async fn make_backtest(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<BacktestRequest>,
) -> Result<Json<Backtest>, ApiError> {
    let question = body.asked()?;
    // Whoever waits for another's history learns nothing by waiting: they are told when to ask again.
    let Ok(_permit) = AT_ONCE.try_acquire() else {
        return Err(ApiError::new(Code::Overloaded).retry_after(AFTER_ANOTHER));
    };
    let report = kept::look(&app.log, caller.tenant(), &question).await?;
    let id = Uuid::new_v5(&command_id, b"backtest");
    let by = caller.actor().to_string();
    kept::keep(&app.db, caller.tenant(), id, &by, &question, &report).await?;
    found(&app, &caller, id).await
}

/// Lists the latest backtests.
#[utoipa::path(get, path = "/automation/backtests", tag = "seller",
    responses((status = OK, body = BacktestList)))]
pub(crate) async fn backtests(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<BacktestList>, ApiError> {
    let made = kept::recent(&app.db, caller.tenant(), LISTED).await?;
    Ok(Json(BacktestList { items: made.into_iter().map(Backtest::from).collect() }))
}

/// Reads a backtest.
#[utoipa::path(get, path = "/automation/backtests/{id}", tag = "seller", params(("id" = Uuid, Path)),
    responses((status = OK, body = Backtest)))]
pub(crate) async fn backtest(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Backtest>, ApiError> {
    found(&app, &caller, id).await
}

async fn found(app: &App, caller: &Caller, id: Uuid) -> Result<Json<Backtest>, ApiError> {
    let made = kept::find(&app.db, caller.tenant(), id).await?;
    Ok(Json(made.ok_or_else(|| ApiError::new(Code::NotFound))?.into()))
}

impl BacktestRequest {
    fn asked(self) -> Result<Question, ApiError> {
        let bad =
            |field, message: String| Err(ApiError::new(Code::InvalidBody).field(field, message));
        let Self { rules, since, until, seconds_per_reply } = self;
        match check_period(since, until) {
            Ok(()) => (),
            Err(PeriodError::Year { is_end }) => {
                let field = if is_end { "until" } else { "since" };
                return bad(field, format!("год от {} до {}", YEARS.0, YEARS.1));
            }
            Err(PeriodError::Empty) => return bad("until", "позже начала периода".to_owned()),
            Err(PeriodError::TooLong) => return bad("since", format!("не больше {DAYS_MAX} дней")),
        }
        let seconds_per_reply = seconds_per_reply.unwrap_or(SECONDS_PER_REPLY);
        if !(1..=SECONDS_MAX).contains(&seconds_per_reply) {
            return bad("seconds_per_reply", format!("от 1 до {SECONDS_MAX}"));
        }
        let rules = rules.asked("rules")?;
        rules.check().map_err(|rule| ApiError::of_automation(rule, ""))?;
        Ok(Question { rules, since, until, seconds_per_reply })
    }
}

impl From<Made> for Backtest {
    fn from(made: Made) -> Self {
        let Made { backtest_id, made_at, made_by, question, policy, report } = made;
        let Question { rules, since, until, seconds_per_reply } = question;
        let agreement_percent = report.agreement_percent();
        let minutes_saved = report.minutes_saved(seconds_per_reply);
        let drafts = report.drafts();
        let Report { auto_send, need_approval, escalate, worst, left_out } = report;
        Self {
            backtest_id,
            made_at,
            made_by,
            rules: rules.into(),
            policy,
            since,
            until,
            drafts,
            auto_send: auto_send.into(),
            need_approval: need_approval.into(),
            escalate: escalate.into(),
            agreement_percent,
            minutes_saved,
            seconds_per_reply,
            worst: worst.into_iter().map(BacktestDisagreement::from).collect(),
            left_out,
        }
    }
}

impl From<backtest::Deeds> for Deeds {
    fn from(deeds: backtest::Deeds) -> Self {
        Self {
            all: deeds.all(),
            as_it_was: deeds.as_it_was,
            slight: deeds.slight,
            edited: deeds.edited,
            other_text: deeds.other_text,
            dismissed: deeds.dismissed,
            unanswered: deeds.unanswered,
            unmeasured: deeds.unmeasured,
            automatic: deeds.automatic,
            superseded: deeds.superseded,
        }
    }
}

impl From<Disagreement> for BacktestDisagreement {
    fn from(case: Disagreement) -> Self {
        Self {
            interaction_id: case.interaction_id.0,
            draft_id: case.draft_id.0,
            proposed_at: case.proposed_at,
            deed: case.deed.into(),
            changed_percent: case.changed_percent,
        }
    }
}
