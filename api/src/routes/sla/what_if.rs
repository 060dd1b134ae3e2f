//! What another policy about deadlines would have done to the seller's history, before it is saved.

use std::time::Duration;

use axum::extract::State;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::policy::sla::what_if::{Change, Counts, Question, Report, Sides, Verdict};
use projections::sla_what_if;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use uuid::Uuid;

use super::policy::Sla;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::Json;
use crate::routes::words::{Channel, Priority};

/// Longest period, in days.
const DAYS_MAX: i64 = 366;

/// Changes of a page, unless it is said otherwise, and at most.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 500;

/// When to ask again while another history is read.
const AFTER_ANOTHER: Duration = Duration::from_secs(5);

/// Histories that are read at once, so that others find a core and a connection.
static AT_ONCE: Semaphore = Semaphore::const_new(1);

/// A policy that may be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaWhatIfRequest {
    /// What began to wait since this time, and before the other: a year at most.
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    /// As it would be saved.
    sla: Sla,
    /// How many changes come before the page that is told; none unless it is said.
    #[serde(default)]
    #[schema(minimum = 0)]
    skip: Option<u32>,
    /// How many changes are told; 100 unless it is said.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// What the policy would have done, beside the one in force. A wait begins with the buyer's words that nobody has
/// answered, and ends with the answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct SlaWhatIf {
    /// The version of the policy in force, with which it was compared.
    version: u32,
    /// Waits of the period that are counted.
    waits: u32,
    /// Waits of the period that are not: they had ended when they were first read, and nobody knows when.
    unknown: u32,
    /// Interactions of which an event cannot be read: they are told as far as that, and not from there on.
    unreadable: u32,
    all: SlaSides,
    /// By priority, which may be another under each policy.
    priorities: Vec<SlaOfPriority>,
    /// By the day on which they began, in the zone of the policy in force.
    days: Vec<SlaOfDay>,
    accounts: Vec<SlaOfAccount>,
    /// What is in time under one policy and not under the other, or of another priority, oldest first: the page that was
    /// asked for.
    changes: Vec<SlaDifference>,
    /// How many there are. Up to 10,000 can be told.
    changes_total: usize,
    /// Whether there is another page.
    has_more: bool,
}

/// The same waits under both policies.
#[derive(Serialize, ToSchema)]
struct SlaSides {
    /// Under the policy in force.
    before: SlaCounts,
    /// Under the other.
    after: SlaCounts,
}

/// How many waits came out how.
#[derive(Serialize, ToSchema)]
struct SlaCounts {
    /// Ended in time.
    met: u32,
    /// Ended later, or go on.
    breached: u32,
    /// Go on, with time left.
    open: u32,
}

#[derive(Serialize, ToSchema)]
struct SlaOfPriority {
    priority: Priority,
    before: SlaCounts,
    after: SlaCounts,
}

#[derive(Serialize, ToSchema)]
struct SlaOfDay {
    day: NaiveDate,
    before: SlaCounts,
    after: SlaCounts,
}

#[derive(Serialize, ToSchema)]
struct SlaOfAccount {
    account_id: Uuid,
    before: SlaCounts,
    after: SlaCounts,
}

/// A wait that is in time under one policy and not under the other, or of another priority.
#[derive(Serialize, ToSchema)]
struct SlaDifference {
    interaction_id: Uuid,
    account_id: Uuid,
    channel: Channel,
    since: DateTime<Utc>,
    /// When it ended; none where it goes on.
    ended_at: Option<DateTime<Utc>>,
    before: SlaVerdict,
    after: SlaVerdict,
}

/// What a policy says of a wait.
#[derive(Serialize, ToSchema)]
struct SlaVerdict {
    priority: Priority,
    /// The rule that decided, counted from 1; none where the matrix did.
    rule: Option<u16>,
    answer_by: DateTime<Utc>,
    /// `met`, `breached` or `open`.
    #[schema(example = "met")]
    class: &'static str,
}

/// Tells what a policy would have done to the seller's history, beside the one in force. Nothing is kept.
#[utoipa::path(post, path = "/sla/what-if", tag = "seller", request_body = SlaWhatIfRequest,
    responses((status = OK, body = SlaWhatIf)))]
pub(crate) async fn sla_what_if(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<SlaWhatIfRequest>,
) -> Result<Json<SlaWhatIf>, ApiError> {
    let bad = |field, message: String| Err(ApiError::new(Code::InvalidBody).field(field, message));
    let SlaWhatIfRequest { since, until, sla, skip, limit } = body;
    if until <= since {
        return bad("until", "позже начала периода".to_owned());
    }
    if until - since > TimeDelta::days(DAYS_MAX) {
        return bad("since", format!("не больше {DAYS_MAX} дней"));
    }
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&limit) {
        return bad("limit", format!("от 1 до {PAGE_MAX}"));
    }
    let after = sla.asked()?;
    let Ok(_permit) = AT_ONCE.try_acquire() else {
        return Err(ApiError::new(Code::Overloaded).retry_after(AFTER_ANOTHER));
    };
    let (version, before) = app.commands.sla(caller.tenant()).await?;
    let question = Question { before, after, since, until, now: Utc::now() };
    let report = sla_what_if::look(&app.log, caller.tenant(), question).await?;
    let page = (skip.unwrap_or_default() as usize, limit as usize);
    Ok(Json(SlaWhatIf::new(version, report, page)))
}

impl SlaWhatIf {
    /// Tells so many changes, after so many others.
    pub(crate) fn new(version: u32, report: Report, (skip, limit): (usize, usize)) -> Self {
        let Report { waits, unknown, unreadable, all, priorities, days, accounts, .. } = report;
        let Report { changes, changes_left_out, .. } = report;
        let told = changes.len();
        Self {
            version,
            waits,
            unknown,
            unreadable,
            all: all.into(),
            priorities: priorities
                .into_iter()
                .map(|(priority, Sides { before, after })| SlaOfPriority {
                    priority: priority.into(),
                    before: before.into(),
                    after: after.into(),
                })
                .collect(),
            days: days
                .into_iter()
                .map(|(day, Sides { before, after })| SlaOfDay {
                    day,
                    before: before.into(),
                    after: after.into(),
                })
                .collect(),
            accounts: accounts
                .into_iter()
                .map(|(account, Sides { before, after })| SlaOfAccount {
                    account_id: account.0,
                    before: before.into(),
                    after: after.into(),
                })
                .collect(),
            changes: changes.into_iter().skip(skip).take(limit).map(SlaDifference::from).collect(),
            changes_total: told + changes_left_out,
            has_more: skip.saturating_add(limit) < told,
        }
    }
}

impl From<Sides> for SlaSides {
    fn from(Sides { before, after }: Sides) -> Self {
        Self { before: before.into(), after: after.into() }
    }
}

impl From<Counts> for SlaCounts {
    fn from(Counts { met, breached, open }: Counts) -> Self {
        Self { met, breached, open }
    }
}

impl From<Change> for SlaDifference {
    fn from(change: Change) -> Self {
        Self {
            interaction_id: change.interaction_id.0,
            account_id: change.account_id.0,
            channel: change.channel.into(),
            since: change.since,
            ended_at: change.ended_at,
            before: change.before.into(),
            after: change.after.into(),
        }
    }
}

impl From<Verdict> for SlaVerdict {
    fn from(Verdict { priority, rule, answer_by, class }: Verdict) -> Self {
        Self { priority: priority.into(), rule, answer_by, class: class.into() }
    }
}
