//! What of a seller's alerts a recipient is told, and when.
//!
//! It goes by what is so and what was told, and not by what happened: an alert that comes and goes while nobody may be
//! told of it is in the console, and an outage of a mail server ends with one message about what is wrong then.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::alert::{Alarm, AlertCause, AlertKind, AlertSeverity};
use crate::seller::SellerEvent;

/// How long an end, or less urgency, must have lasted before it is told: what comes and goes is told once.
pub const LASTED: TimeDelta = TimeDelta::minutes(10);

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// What a recipient wants to hear of, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The least urgent that is told.
    pub least: AlertSeverity,
    /// When nothing is told that can wait; none where it is told at any hour.
    pub quiet: Option<QuietHours>,
}

/// A part of each day, by the clock of the seller's zone; it may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: u16,
    until: u16,
}

impl QuietHours {
    /// From one minute of the day until before another; none where that is no part of a day.
    #[must_use]
    pub fn new(from: u16, until: u16) -> Option<Self> {
        let is_part = from != until && from < DAY_MINUTES && until < DAY_MINUTES;
        is_part.then_some(Self { from, until })
    }

    /// The minute of the day with which they begin.
    #[must_use]
    pub fn from(self) -> u16 {
        self.from
    }

    /// The minute of the day before which they end.
    #[must_use]
    pub fn until(self) -> u16 {
        self.until
    }

    fn hold(self, zone: Tz, now: DateTime<Utc>) -> bool {
        let local = now.with_timezone(&zone);
        let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(DAY_MINUTES);
        if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }
}

/// How an alert stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is so.
    Raised {
        /// How urgent it is, and why.
        alarm: Alarm,
        /// Since when it is so.
        since: DateTime<Utc>,
        /// Since when it is as urgent as it is.
        as_urgent_since: DateTime<Utc>,
        /// Whether somebody looks after it.
        is_acknowledged: bool,
    },
    /// It is not so any more.
    Ended {
        /// Since when it was so.
        since: DateTime<Utc>,
        /// Until when.
        at: DateTime<Utc>,
    },
}

/// How a seller's alerts stand, by what of them was ever raised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings(BTreeMap<AlertKind, Standing>);

impl Standings {
    /// Takes note of what happened.
    pub fn apply(&mut self, event: &SellerEvent, at: DateTime<Utc>) {
        match event {
            SellerEvent::AlertRaised { kind, alarm } => {
                let since = match self.0.get(kind) {
                    Some(Standing::Raised { since, .. }) => *since,
                    Some(Standing::Ended { .. }) | None => at,
                };
                let alarm = alarm.clone();
                let is_acknowledged = false;
                let as_urgent_since = at;
                let raised = Standing::Raised { alarm, since, as_urgent_since, is_acknowledged };
                self.0.insert(*kind, raised);
            }
            SellerEvent::AlertCleared { kind } => {
                if let Some(Standing::Raised { since, .. }) = self.0.get(kind) {
                    let ended = Standing::Ended { since: *since, at };
                    self.0.insert(*kind, ended);
                }
            }
            SellerEvent::AlertAcknowledged { kind } => {
                if let Some(Standing::Raised { is_acknowledged, .. }) = self.0.get_mut(kind) {
                    *is_acknowledged = true;
                }
            }
            SellerEvent::SellerRegistered { .. }
            | SellerEvent::SettingsChanged { .. }
            | SellerEvent::GuardrailsChanged { .. }
            | SellerEvent::DraftingChanged { .. }
            | SellerEvent::AutomationChanged { .. }
            | SellerEvent::SlaChanged { .. }
            | SellerEvent::SendingStopped { .. }
            | SellerEvent::SendingResumed => (),
        }
    }
}

/// What a recipient was told is wrong, and not told that it has ended.
pub type Told = BTreeMap<AlertKind, AlertSeverity>;

/// What became of an alert, for somebody who knows what they were told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Change {
    /// It began.
    Began,
    /// It is more urgent than before.
    MoreUrgent,
    /// It is less urgent than before.
    LessUrgent,
    /// It has ended.
    Ended,
}

/// Something to tell of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// What is wrong.
    pub kind: AlertKind,
    /// What became of it.
    pub change: Change,
    /// How urgent it is, or was when it was told last.
    pub severity: AlertSeverity,
    /// How much of it; 0 where it has ended.
    pub count: u32,
    /// Why, the most frequent reason first; none where it has ended.
    pub causes: Vec<AlertCause>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when; none while it is so.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What is to be told now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// In one message; empty where there is nothing to tell.
    pub news: Vec<News>,
    /// What the recipient was told when they were told this.
    pub told: Told,
    /// Whether there may be something to tell later though nothing changes until then.
    pub is_later: bool,
}

/// Says what to tell somebody who was `told` this at the moment `now`.
#[must_use]
pub fn due(wish: Wish, zone: Tz, told: &Told, standings: &Standings, now: DateTime<Utc>) -> Due {
    let is_quiet = wish.quiet.is_some_and(|quiet| quiet.hold(zone, now));
    let mut due = Due { told: told.clone(), ..Due::default() };
    let kinds: BTreeSet<AlertKind> = told.keys().chain(standings.0.keys()).copied().collect();
    for kind in kinds {
        let before = told.get(&kind).copied();
        let Some(standing) = standings.0.get(&kind) else {
            due.told.remove(&kind);
            continue;
        };
        let Some((change, lasts_since)) = change(wish.least, before, standing) else { continue };
        let waits = match change {
            Change::Began | Change::MoreUrgent => {
                is_quiet && standing.severity() != Some(AlertSeverity::Critical)
            }
            Change::LessUrgent | Change::Ended => is_quiet || now - lasts_since < LASTED,
        };
        if waits {
            due.is_later = true;
            continue;
        }
        match standing.severity().filter(|severity| is_heard(wish.least, *severity)) {
            Some(severity) => due.told.insert(kind, severity),
            None => due.told.remove(&kind),
        };
        due.news.extend(standing.news(kind, change, before));
    }
    due
}

/// What is to become of a message that may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// It is sent again.
    Now,
    /// It is sent again when quiet hours are over.
    Later,
    /// Nothing that it tells is news any more.
    Never,
}

/// Says whether to repeat `news`, which may have arrived, to somebody who had been `told` this before.
#[must_use]
pub fn repetition(
    wish: Wish,
    zone: Tz,
    told: &Told,
    standings: &Standings,
    (news, now): (&[News], DateTime<Utc>),
) -> Repetition {
    let is_news = |wish: Wish| {
        let due = due(wish, zone, told, standings, now).news;
        due.iter().any(|it| news.iter().any(|of| (of.kind, of.change) == (it.kind, it.change)))
    };
    if is_news(wish) {
        Repetition::Now
    } else if is_news(Wish { quiet: None, ..wish }) {
        Repetition::Later
    } else {
        Repetition::Never
    }
}

/// Says what a change it is, and since when it is so; none where it is what they know, or none of theirs to hear.
fn change(
    least: AlertSeverity,
    before: Option<AlertSeverity>,
    standing: &Standing,
) -> Option<(Change, DateTime<Utc>)> {
    let (severity, since, is_looked_after) = match standing {
        Standing::Ended { at, .. } => return before.map(|_| (Change::Ended, *at)),
        Standing::Raised { alarm, as_urgent_since, is_acknowledged, .. } => {
            (alarm.severity, *as_urgent_since, *is_acknowledged)
        }
    };
    let change = match (before, severity) {
        (None, severity) if is_heard(least, severity) => Change::Began,
        (Some(AlertSeverity::Warning), AlertSeverity::Critical) => Change::MoreUrgent,
        (Some(AlertSeverity::Critical), AlertSeverity::Warning) => Change::LessUrgent,
        (None | Some(AlertSeverity::Warning), AlertSeverity::Warning)
        | (None | Some(AlertSeverity::Critical), AlertSeverity::Critical) => return None,
    };
    // Whoever looks after it need not be called, nor anybody else.
    let is_called = matches!(change, Change::Began | Change::MoreUrgent);
    (!(is_called && is_looked_after)).then_some((change, since))
}

fn is_heard(least: AlertSeverity, severity: AlertSeverity) -> bool {
    match least {
        AlertSeverity::Warning => true,
        AlertSeverity::Critical => severity == AlertSeverity::Critical,
    }
}

impl Standing {
    fn severity(&self) -> Option<AlertSeverity> {
        match self {
            Self::Raised { alarm, .. } => Some(alarm.severity),
            Self::Ended { .. } => None,
        }
    }

    fn news(&self, kind: AlertKind, change: Change, before: Option<AlertSeverity>) -> Option<News> {
        match self {
            Self::Raised { alarm, since, .. } => Some(News {
                kind,
                change,
                severity: alarm.severity,
                count: alarm.count,
                causes: alarm.causes.clone(),
                since: *since,
                ended_at: None,
            }),
            Self::Ended { since, at } => before.map(|severity| News {
                kind,
                change,
                severity,
                count: 0,
                causes: Vec::new(),
                since: *since,
                ended_at: Some(*at),
            }),
        }
    }
}
