//! When a seller's people work: intervals of each weekday, and the days that are different.

use std::array;
use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike as _, NaiveDate};
use chrono_tz::{Europe, Tz};
use serde::{Deserialize, Serialize};

use super::SlaError;

/// Most working intervals of a day.
pub const SHIFTS_MAX: usize = 8;

/// Most days that are different: a year of them.
pub const HOLIDAYS_MAX: usize = 366;

/// Least working time of a week, in minutes. With less, a deadline would be years away.
pub const WEEK_MINUTES_MIN: u32 = 60;

/// Minutes of a day by a clock on the wall.
pub(crate) const DAY: u16 = 1_440;

/// Minutes of a week by a clock on the wall.
const WEEK: u32 = 7 * DAY as u32;

/// When a seller's people work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hours {
    /// By whose clock on the wall: a zone of the IANA database.
    pub zone: Tz,
    /// Working intervals of each weekday, from Monday to Sunday.
    pub week: [Vec<Shift>; 7],
    /// Dates that are different, each with its own working intervals; none where nobody works.
    pub holidays: BTreeMap<NaiveDate, Vec<Shift>>,
}

impl Default for Hours {
    fn default() -> Self {
        let week = array::from_fn(|_| vec![Shift::WHOLE_DAY]);
        Self { zone: Europe::Moscow, week, holidays: BTreeMap::new() }
    }
}

/// A working interval, in minutes from the beginning of its day. One that ends before it begins goes on over midnight
/// and is part of the day on which it began, whatever the next day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shift {
    /// Its first minute, 0…1439.
    pub from: u16,
    /// The first minute after it, 1…1440.
    pub to: u16,
}

/// A day with working intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Of every week, from 0 for Monday.
    Weekday(usize),
    /// A day that is different.
    Holiday(NaiveDate),
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekday(day) => write!(f, "day {} of the week", day + 1),
            Self::Holiday(date) => write!(f, "{date}"),
        }
    }
}

impl Shift {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self { from: 0, to: DAY };

    /// Tells whether it goes on over midnight.
    #[must_use]
    pub fn is_over_midnight(self) -> bool {
        self.to < self.from
    }

    fn is_one(self) -> bool {
        self.from < DAY && (1..=DAY).contains(&self.to) && self.from != self.to
    }

    /// Where it ends, in minutes from the beginning of its day.
    fn end(self) -> u32 {
        let over = if self.is_over_midnight() { DAY } else { 0 };
        u32::from(self.to) + u32::from(over)
    }
}

impl Hours {
    /// Returns the working intervals that begin on a date, and whether that is a day that is different.
    #[must_use]
    pub fn of(&self, date: NaiveDate) -> (&[Shift], bool) {
        match self.holidays.get(&date) {
            Some(shifts) => (shifts, true),
            None => (&self.week[date.weekday().num_days_from_monday() as usize], false),
        }
    }

    pub(super) fn check(&self) -> Result<(), SlaError> {
        if self.holidays.len() > HOLIDAYS_MAX {
            return Err(SlaError::TooManyHolidays);
        }
        let weekdays = self.week.iter().enumerate();
        let weekdays = weekdays.map(|(day, shifts)| (Day::Weekday(day), shifts));
        let holidays = self.holidays.iter().map(|(date, shifts)| (Day::Holiday(*date), shifts));
        for (day, shifts) in weekdays.chain(holidays) {
            check_day(day, shifts)?;
        }
        self.check_week()
    }

    /// Holds the nights of a week against the mornings after them. A day that is different may come into the night
    /// before: whoever works twice then works once.
    fn check_week(&self) -> Result<(), SlaError> {
        let mut all: Vec<(u32, u32, usize, usize)> = Vec::new();
        for (day, shifts) in self.week.iter().enumerate() {
            let midnight = u32::try_from(day).unwrap_or_default() * u32::from(DAY);
            let of_day = shifts.iter().enumerate().map(|(index, shift)| {
                (midnight + u32::from(shift.from), midnight + shift.end(), day, index)
            });
            all.extend(of_day);
        }
        if all.iter().map(|(from, to, ..)| to - from).sum::<u32>() < WEEK_MINUTES_MIN {
            return Err(SlaError::TooLittleWork);
        }
        all.sort_unstable();
        // The week after this one is the same.
        let again =
            all.first().map(|(from, to, day, index)| (from + WEEK, to + WEEK, *day, *index));
        all.extend(again);
        match all.windows(2).find(|pair| pair[1].0 < pair[0].1) {
            Some(pair) => Err(SlaError::Overlap { day: Day::Weekday(pair[1].2), index: pair[1].3 }),
            None => Ok(()),
        }
    }
}

fn check_day(day: Day, shifts: &[Shift]) -> Result<(), SlaError> {
    if shifts.len() > SHIFTS_MAX {
        return Err(SlaError::TooManyShifts(day));
    }
    if let Some(index) = shifts.iter().position(|shift| !shift.is_one()) {
        return Err(SlaError::Shift { day, index });
    }
    let mut order: Vec<usize> = (0..shifts.len()).collect();
    order.sort_unstable_by_key(|index| shifts[*index]);
    let overlap =
        order.windows(2).find(|pair| u32::from(shifts[pair[1]].from) < shifts[pair[0]].end());
    match overlap {
        Some(pair) => Err(SlaError::Overlap { day, index: pair[1] }),
        None => Ok(()),
    }
}
