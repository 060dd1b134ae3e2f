//! By when a buyer who waits is to be answered, as the API shows it, and why then.

use chrono::{DateTime, Utc};
use domain::interaction::Interaction as Aggregate;
use domain::policy::sla::{self, Explanation, PauseReason};
use domain::sla::{Clock, Sla};
use projections::inbox::InboxRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::shapes::priority;
use crate::routes::words::Priority;

/// By when a buyer who waits is to be answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deadline {
    /// By when to answer.
    answer_by: DateTime<Utc>,
    /// Since when the buyer waits: when the first of their words was written that nobody has answered.
    waits_since: DateTime<Utc>,
    /// When it becomes urgent, unless it is answered before.
    warn_at: DateTime<Utc>,
    /// How urgent it is; the priority of the interaction becomes urgent when the time runs out.
    priority: Priority,
    /// The version of the seller's deadlines that it was set by; 0 is the default.
    policy: i32,
    /// Which of the seller's rules decided, counted from 1; none where the matrix did.
    rule: Option<i32>,
    /// Whether it was said that the time is running out.
    escalated: bool,
    /// Whether the time has passed, and that was taken note of.
    breached: bool,
}

/// Why a deadline is when it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeadlineReasons {
    /// How long that may wait, in minutes.
    minutes: u32,
    /// The words and phrases of the seller's rule that decided; empty where the matrix did.
    rule_phrases: Vec<String>,
    /// By whose time it counts.
    clock: DeadlineClock,
    /// How much longer it may wait, in per cent, because it came outside of working hours; none where it did not.
    off_hours_percent: Option<u16>,
    /// The seller's zone, of the IANA database.
    zone: String,
    /// When the seller's clock stands still until then, oldest first.
    pauses: Vec<DeadlinePause>,
    /// How many more times it does.
    pauses_left_out: usize,
    /// How long it stands still altogether, in minutes.
    paused_minutes: i64,
    /// Until when the marketplace surely takes an answer, where it sets such a time; the clock there never stands still.
    marketplace_until: Option<DateTime<Utc>>,
}

/// By whose time a deadline counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeadlineClock {
    /// The seller's: it stands still outside of working hours.
    WorkingTime,
    /// The clock on the wall.
    WallClock,
}

/// A time that does not count.
#[derive(Serialize, ToSchema)]
struct DeadlinePause {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    reason: DeadlinePauseReason,
}

/// Why nobody works.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeadlinePauseReason {
    /// Before or after the working hours of a day.
    Night,
    /// Between two intervals of a day.
    Lunch,
    /// Nobody works on that weekday.
    Weekend,
    /// The day is different from others.
    Holiday,
}

impl Deadline {
    /// None where nobody waits, or nothing was promised yet.
    pub(super) fn of(row: &InboxRow) -> Option<Self> {
        if !row.awaits_answer {
            return None;
        }
        Some(Self {
            answer_by: row.answer_by?,
            waits_since: row.waits_since?,
            warn_at: row.warn_at?,
            priority: priority(row.deadline_priority?),
            policy: row.sla_policy?,
            rule: row.sla_rule,
            escalated: row.escalated,
            breached: row.breached,
        })
    }
}

impl DeadlineReasons {
    /// None where nothing was promised, or by another version of the seller's deadlines than the one in force: what was
    /// promised by an old one is promised anew in a moment.
    pub(super) fn of(aggregate: &Aggregate, (version, sla): (u32, &Sla)) -> Option<Self> {
        let promise = aggregate.answering().running()?;
        let deadline = Some(&promise.deadline).filter(|deadline| deadline.policy == version)?;
        let told = sla::explain(sla, deadline);
        let Explanation {
            rule, minutes, off_hours, clock, pauses, pauses_left_out, paused, ..
        } = told;
        let longer = off_hours.map(|off_hours| off_hours.factor_percent);
        Some(Self {
            minutes,
            rule_phrases: rule.map(|(_, rule)| rule.phrases).unwrap_or_default(),
            clock: match clock {
                Clock::WorkingTime => DeadlineClock::WorkingTime,
                Clock::WallClock => DeadlineClock::WallClock,
            },
            off_hours_percent: longer.filter(|percent| *percent != 100),
            zone: sla.hours.zone.name().to_owned(),
            pauses: pauses
                .into_iter()
                .map(|pause| DeadlinePause {
                    from: pause.from,
                    until: pause.until,
                    reason: pause.reason.into(),
                })
                .collect(),
            pauses_left_out,
            paused_minutes: paused.num_minutes(),
            marketplace_until: aggregate.reply_window_until(),
        })
    }
}

impl From<PauseReason> for DeadlinePauseReason {
    fn from(reason: PauseReason) -> Self {
        match reason {
            PauseReason::Night => Self::Night,
            PauseReason::Lunch => Self::Lunch,
            PauseReason::Weekend => Self::Weekend,
            PauseReason::Holiday => Self::Holiday,
        }
    }
}
