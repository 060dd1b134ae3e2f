//! A policy about deadlines as the API has it: times as a clock on the wall shows them, days by their dates.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::sla::{self, Hours, Rules, Shift};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{ApiError, Code};
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

impl Sla {
    /// Says in the domain's words what was asked for, and holds it against its bounds.
    pub(crate) fn asked(self) -> Result<sla::Sla, ApiError> {
        let zone = self.zone.parse().map_err(|_| bad("zone", "такого часового пояса нет"))?;
        let mut week: [Vec<Shift>; 7] = Default::default();
        if self.week.len() != week.len() {
            return Err(bad("week", "нужны все семь дней, с понедельника"));
        }
        for (day, given) in self.week.into_iter().enumerate() {
            week[day] = shifts(&given, &format!("week.{day}"))?;
        }
        let mut holidays = BTreeMap::new();
        for (n, SlaHoliday { date, intervals }) in self.holidays.into_iter().enumerate() {
            let shifts = shifts(&intervals, &format!("holidays.{date}"))?;
            if holidays.insert(date, shifts).is_some() {
                return Err(bad(&format!("holidays.{n}.date"), "эта дата уже названа"));
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

fn bad(field: &str, message: &str) -> ApiError {
    ApiError::new(Code::InvalidBody).field(format!("sla.{field}"), message)
}

fn shifts(given: &[WorkingInterval], field: &str) -> Result<Vec<Shift>, ApiError> {
    let shift = |(n, interval): (usize, &WorkingInterval)| {
        let field = |name| format!("{field}.{n}.{name}");
        let message = "время в виде 09:30";
        let from = minute(&interval.from).ok_or_else(|| bad(&field("from"), message))?;
        let to = minute(&interval.to).ok_or_else(|| bad(&field("to"), message))?;
        // Midnight ends a day no less than it begins the next.
        Ok(Shift { from, to: if to == 0 { sla::Shift::WHOLE_DAY.to } else { to } })
    };
    given.iter().enumerate().map(shift).collect()
}

/// Reads a time of day as its minute.
fn minute(time: &str) -> Option<u16> {
    let (hours, minutes) = time.split_once(':')?;
    let number = |text: &str| {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= sla::Shift::WHOLE_DAY.to).then_some(minute)
}

/// Writes a minute of a day as its time.
fn time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
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
    fn times_are_read_as_they_are_written() {
        for (text, expected) in [
            ("00:00", Some(0)),
            ("09:05", Some(545)),
            ("24:00", Some(1_440)),
            ("24:01", None),
            ("09:60", None),
            ("9:00", None),
            ("+9:00", None),
            ("0900", None),
            ("09:00:00", None),
            ("", None),
        ] {
            assert_eq!(minute(text), expected, "{text}");
        }
        assert_eq!([0, 545, 1_440].map(time), ["00:00", "09:05", "24:00"]);
    }

    #[test]
    fn a_policy_is_asked_for_as_it_is_told() {
        let told = Sla::from(&sla::Sla::default());
        assert_eq!(told.asked().unwrap(), sla::Sla::default());
    }
}
