//! What two policies say of the same history: how many waits came out how, and which come out otherwise.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use strum::IntoStaticStr;

use crate::interaction::Deadline;
use crate::value::{AccountId, Channel, InteractionId, Priority};

/// Most changes that are told.
pub const CHANGES_MAX: usize = 10_000;

/// How a wait stands by a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Class {
    /// It ended in time.
    Met,
    /// It ended later, or goes on.
    Breached,
    /// It goes on, and there is time left.
    Open,
}

/// How many waits stand how.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Ended in time.
    pub met: u32,
    /// Ended later, or go on.
    pub breached: u32,
    /// Go on, with time left.
    pub open: u32,
}

/// The same waits under both policies.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sides {
    /// Under the policy in force.
    pub before: Counts,
    /// Under the one that is tried.
    pub after: Counts,
}

/// What a policy says of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// How urgent.
    pub priority: Priority,
    /// The keyword rule that decided, counted from 1; none where the matrix did.
    pub rule: Option<u16>,
    /// By when.
    pub answer_by: DateTime<Utc>,
    /// How that came out.
    pub class: Class,
}

/// A wait that is in time under one policy and not under the other, or of another priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub interaction_id: InteractionId,
    /// In which cabinet.
    pub account_id: AccountId,
    /// How the buyer wrote.
    pub channel: Channel,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when; none where it goes on.
    pub ended_at: Option<DateTime<Utc>>,
    /// Under the policy in force.
    pub before: Verdict,
    /// Under the one that is tried.
    pub after: Verdict,
}

/// What two policies say of the same history.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Waits that began in the period and are counted.
    pub waits: u32,
    /// Waits of the period that are not: they had ended when they were first read.
    pub unknown: u32,
    /// Interactions that are told to the event that cannot be read, and not from there on.
    pub unreadable: u32,
    /// All of them.
    pub all: Sides,
    /// By priority, which may be another under each policy.
    pub priorities: BTreeMap<Priority, Sides>,
    /// By the day on which they began, in the zone of the policy in force.
    pub days: BTreeMap<NaiveDate, Sides>,
    /// By cabinet.
    pub accounts: BTreeMap<AccountId, Sides>,
    /// What changes, oldest first, up to [`CHANGES_MAX`].
    pub changes: Vec<Change>,
    /// How many more do.
    pub changes_left_out: usize,
}

impl Counts {
    fn count(&mut self, class: Class) {
        let number = match class {
            Class::Met => &mut self.met,
            Class::Breached => &mut self.breached,
            Class::Open => &mut self.open,
        };
        *number += 1;
    }
}

impl Sides {
    fn count(&mut self, before: Class, after: Class) {
        self.before.count(before);
        self.after.count(after);
    }
}

impl Report {
    /// Counts a wait, and keeps it where it comes out otherwise. Days are those of a zone.
    pub(super) fn count(&mut self, zone: Tz, wait: Change) {
        let Change { before, after, .. } = wait;
        let day = wait.since.with_timezone(&zone).date_naive();
        self.waits += 1;
        self.all.count(before.class, after.class);
        self.days.entry(day).or_default().count(before.class, after.class);
        self.accounts.entry(wait.account_id).or_default().count(before.class, after.class);
        self.priorities.entry(before.priority).or_default().before.count(before.class);
        self.priorities.entry(after.priority).or_default().after.count(after.class);
        if (before.class, before.priority) != (after.class, after.priority) {
            self.changes.push(wait);
        }
    }

    /// Puts the changes in order, whatever order they came in, and leaves out what is too much to tell.
    pub(super) fn tidied(mut self) -> Self {
        self.changes.sort_by_key(|change| (change.since, change.interaction_id));
        self.changes_left_out = self.changes.len().saturating_sub(CHANGES_MAX);
        self.changes.truncate(CHANGES_MAX);
        self
    }
}

impl Verdict {
    /// Says how a wait came out that ended then, or goes on at `now`.
    pub(super) fn of(
        promised: &Deadline,
        ended_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let Deadline { priority, rule, answer_by, .. } = *promised;
        let is_in_time = ended_at.unwrap_or(now) <= answer_by;
        let class = match ended_at {
            _ if !is_in_time => Class::Breached,
            Some(_) => Class::Met,
            None => Class::Open,
        };
        Self { priority, rule, answer_by, class }
    }
}
