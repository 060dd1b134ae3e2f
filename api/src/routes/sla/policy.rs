//! A policy about deadlines as the API has it: times as a clock on the wall shows them, days by their dates.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::sla::{self, Hours, Rules, Shift, SlaError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{ApiError, Code};
use crate::routes::time_of_day::{minute, time};
use crate::routes::words::{Channel, Priority};

/// What is wanted of deadlines.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sla {
    minutes: SlaMinutes,
    /// Words of the buyer that decide instead of the matrix, asked in this order. They make a review with one to three
    /// stars more urgent and never less, and decide nothing about one with four or five.
    #[schema(max_items = 50)]
    rules: Vec<SlaRule>,
    clock: SlaClock,
    /// By whose clock on the wall: a zone of the IANA database.
    #[schema(example = "Europe/Moscow")]
    zone: String,
    /// Working intervals of each weekday, from Monday to Sunday.
    #[schema(min_items = 7, max_items = 7)]
    week: Vec<Vec<WorkingInterval>>,
    /// Dates that are different from the week, each once.
    #[schema(max_items = 366)]
    holidays: Vec<SlaHoliday>,
    off_hours: SlaOffHours,
    /// How long before its deadline something is escalated, in minutes of the same clock.
    #[schema(maximum = 1440)]
    warn_before_minutes: u32,
}

/// How long each priority may wait for an answer, in minutes: the more urgent no longer than the less.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaMinutes {
    #[schema(minimum = 1, maximum = 10080)]
    urgent: u32,
    #[schema(minimum = 1, maximum = 10080)]
    high: u32,
    #[schema(minimum = 1, maximum = 10080)]
    normal: u32,
    #[schema(minimum = 1, maximum = 10080)]
    low: u32,
}

/// Words of the buyer, and by when whoever writes them should have an answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaRule {
    /// Words and phrases of up to 8 words, any of which will do; each word stands for all its forms, and nothing is found
    /// inside a word. Up to 200 in all rules.
    #[schema(min_items = 1)]
    phrases: Vec<String>,
    /// Where it holds; everywhere where none is named.
    #[serde(default)]
    channel: Option<Channel>,
    priority: Priority,
    #[schema(minimum = 1, maximum = 10080)]
    minutes: u32,
}

/// By whose time a deadline counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SlaClock {
    /// The seller's: it stands still outside of working hours.
    WorkingTime,
    /// The marketplace's: it never stands still.
    WallClock,
}

/// A working interval. One that ends before it begins goes on over midnight, and belongs to the day it begins on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkingInterval {
    #[schema(pattern = "^[0-2][0-9]:[0-5][0-9]$", example = "09:00")]
    from: String,
    /// The first minute after it, up to `24:00`.
    #[schema(pattern = "^[0-2][0-9]:[0-5][0-9]$", example = "18:00")]
    to: String,
}

/// A date that is different from the week.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaHoliday {
    date: NaiveDate,
    /// Its working intervals; none where nobody works.
    intervals: Vec<WorkingInterval>,
}

/// What is different for what comes outside of working hours, whichever clock counts. Lunch is a part of them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaOffHours {
    /// How long it may wait, in per cent of what it may by day.
    #[schema(minimum = 100, maximum = 500)]
    factor_percent: u16,
    /// By how many levels it is more urgent; below 0 less.
    #[schema(minimum = -3, maximum = 3)]
    level_shift: i8,
}

/// Why what is wanted of deadlines cannot be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    /// Nobody has such a clock on the wall.
    #[error("zone: none of the IANA database")]
    Zone,
    /// Days are missing, or there are more than a week has.
    #[error("week: not the seven days of a week")]
    Week,
    /// A time that no clock shows, and where.
    #[error("{0}: not a time such as 09:30")]
    Time(String),
    /// A date that is different in two ways.
    #[error("holidays: {date} is named twice")]
    Twice {
        /// The place of the second one, from 0.
        index: usize,
        date: NaiveDate,
    },
    /// It can be read, and breaks a rule.
    #[error(transparent)]
    Rule(#[from] SlaError),
}

impl From<PolicyError> for ApiError {
    fn from(error: PolicyError) -> Self {
        let (field, message) = match error {
            PolicyError::Rule(rule) => return rule.into(),
            PolicyError::Zone => ("zone".to_owned(), "такого часового пояса нет"),
            PolicyError::Week => ("week".to_owned(), "нужны все семь дней, с понедельника"),
            PolicyError::Time(field) => (field, "время в виде 09:30"),
            PolicyError::Twice { index, .. } => {
                (format!("holidays.{index}.date"), "эта дата уже названа")
            }
        };
        Self::new(Code::InvalidBody).field(format!("sla.{field}"), message)
    }
}

impl Sla {
    /// Says in the domain's words what was asked for, and holds it against its bounds.
    pub(crate) fn asked(self) -> Result<sla::Sla, PolicyError> {
        let zone = self.zone.parse().map_err(|_| PolicyError::Zone)?;
        let mut week: [Vec<Shift>; 7] = Default::default();
        if self.week.len() != week.len() {
            return Err(PolicyError::Week);
        }
        for (day, given) in self.week.into_iter().enumerate() {
            week[day] = shifts(&given, &format!("week.{day}"))?;
        }
        let mut holidays = BTreeMap::new();
        for (index, SlaHoliday { date, intervals }) in self.holidays.into_iter().enumerate() {
            let shifts = shifts(&intervals, &format!("holidays.{date}"))?;
            if holidays.insert(date, shifts).is_some() {
                return Err(PolicyError::Twice { index, date });
            }
        }
        let SlaMinutes { urgent, high, normal, low } = self.minutes;
        let rules = self.rules.into_iter().map(sla::Rule::from).collect();
        let SlaOffHours { factor_percent, level_shift } = self.off_hours;
        let asked = sla::Sla {
            minutes: sla::Minutes { urgent, high, normal, low },
            rules: Rules::new(rules),
            clock: self.clock.into(),
            hours: Hours { zone, week, holidays },
            off_hours: sla::OffHours { factor_percent, level_shift },
            warn_before_minutes: self.warn_before_minutes,
        };
        Ok(asked.checked()?)
    }
}

fn shifts(given: &[WorkingInterval], field: &str) -> Result<Vec<Shift>, PolicyError> {
    let shift = |(n, interval): (usize, &WorkingInterval)| {
        let no_time = |name| PolicyError::Time(format!("{field}.{n}.{name}"));
        let from = minute(&interval.from).ok_or_else(|| no_time("from"))?;
        let to = minute(&interval.to).ok_or_else(|| no_time("to"))?;
        // Midnight ends a day no less than it begins the next.
        Ok(Shift { from, to: if to == 0 { sla::Shift::WHOLE_DAY.to } else { to } })
    };
    given.iter().enumerate().map(shift).collect()
}

impl From<&sla::Sla> for Sla {
    fn from(sla: &sla::Sla) -> Self {
        let intervals = |shifts: &[Shift]| shifts.iter().map(WorkingInterval::from).collect();
        let sla::Minutes { urgent, high, normal, low } = sla.minutes;
        let holidays = sla.hours.holidays.iter();
        let sla::OffHours { factor_percent, level_shift } = sla.off_hours;
        Self {
            minutes: SlaMinutes { urgent, high, normal, low },
            rules: sla.rules.as_slice().iter().map(SlaRule::from).collect(),
            clock: sla.clock.into(),
            zone: sla.hours.zone.name().to_owned(),
            week: sla.hours.week.iter().map(|shifts| intervals(shifts)).collect(),
            holidays: holidays
                .map(|(date, shifts)| SlaHoliday { date: *date, intervals: intervals(shifts) })
                .collect(),
            off_hours: SlaOffHours { factor_percent, level_shift },
            warn_before_minutes: sla.warn_before_minutes,
        }
    }
}

impl From<&Shift> for WorkingInterval {
    fn from(shift: &Shift) -> Self {
        Self { from: time(shift.from), to: time(shift.to) }
    }
}

impl From<SlaRule> for sla::Rule {
    fn from(rule: SlaRule) -> Self {
        let SlaRule { phrases, channel, priority, minutes } = rule;
        Self { phrases, channel: channel.map(Into::into), priority: priority.into(), minutes }
    }
}

impl From<&sla::Rule> for SlaRule {
    fn from(rule: &sla::Rule) -> Self {
        Self {
            phrases: rule.phrases.clone(),
            channel: rule.channel.map(Into::into),
            priority: rule.priority.into(),
            minutes: rule.minutes,
        }
    }
}

impl From<SlaClock> for sla::Clock {
    fn from(word: SlaClock) -> Self {
        match word {
            SlaClock::WorkingTime => Self::WorkingTime,
            SlaClock::WallClock => Self::WallClock,
        }
    }
}

impl From<sla::Clock> for SlaClock {
    fn from(clock: sla::Clock) -> Self {
        match clock {
            sla::Clock::WorkingTime => Self::WorkingTime,
            sla::Clock::WallClock => Self::WallClock,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_asked_for_as_it_is_told() {
        let told = Sla::from(&sla::Sla::default());
        assert_eq!(told.asked().unwrap(), sla::Sla::default());
    }

    #[test]
    fn a_program_is_told_in_english_what_cannot_be() {
        let told = || Sla::from(&sla::Sla::default());
        let said = |asked: Sla| asked.asked().unwrap_err().to_string();
        let zone = Sla { zone: "Europe/Nowhere".to_owned(), ..told() };
        assert_eq!(said(zone), "zone: none of the IANA database");
        let mut late = told();
        late.week[0][0].to = "24:30".to_owned();
        assert_eq!(said(late), "week.0.0.to: not a time such as 09:30");
        let mut again = told();
        let whole_day = again.week[1][0].clone();
        again.week[1].push(WorkingInterval { from: "10:00".to_owned(), ..whole_day });
        assert_eq!(said(again), "day 2 of the week: interval 1 overlaps with another");
    }
}
