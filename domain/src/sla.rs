//! What a seller settles about deadlines: how many minutes, by which clock, and when its people work.

mod hours;
mod rules;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray as _};

use crate::value::Priority;

pub(crate) use hours::DAY;
pub use hours::{Day, HOLIDAYS_MAX, Hours, SHIFTS_MAX, Shift, WEEK_MINUTES_MIN};
pub use rules::{RULES_MAX, Rule, RuleFault, Rules, WORDS_MAX};

/// Longest deadline, in minutes: a week.
pub const MINUTES_MAX: u32 = 10_080;

/// Longest time before a deadline at which it is escalated, in minutes.
pub const WARN_BEFORE_MINUTES_MAX: u32 = 1_440;

/// Highest factor of what comes outside of working hours, in per cent.
pub const FACTOR_PERCENT_MAX: u16 = 500;

/// Furthest that something outside of working hours may move up or down.
pub const LEVEL_SHIFT_MAX: i8 = 3;

/// What a seller settles about deadlines. The default is ruling C-4: the matrix of F185 around the clock, in Moscow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sla {
    /// How long each priority may wait.
    pub minutes: Minutes,
    /// What the seller knows better than the matrix.
    pub rules: Rules,
    /// Whose time counts.
    pub clock: Clock,
    /// When the seller's people work.
    pub hours: Hours,
    /// What is different for what comes outside of these hours.
    pub off_hours: OffHours,
    /// How long before its deadline something is escalated, in minutes of the same clock (F184).
    pub warn_before_minutes: u32,
}

impl Default for Sla {
    fn default() -> Self {
        Self {
            minutes: Minutes::default(),
            rules: Rules::default(),
            clock: Clock::default(),
            hours: Hours::default(),
            off_hours: OffHours::default(),
            warn_before_minutes: 30,
        }
    }
}

/// How long each priority may wait for an answer, in minutes, 1…[`MINUTES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Minutes {
    /// Defects and wrong items in a chat, complaints about goods with one or two stars.
    pub urgent: u32,
    /// One or two stars, delivery and questions before a purchase in a chat, questions about sizes.
    pub high: u32,
    /// Three stars, other questions.
    pub normal: u32,
    /// Thanks, four and five stars.
    pub low: u32,
}

impl Default for Minutes {
    fn default() -> Self {
        Self { urgent: 30, high: 60, normal: 240, low: 1_440 }
    }
}

impl Minutes {
    /// Returns how long a priority may wait, in minutes.
    #[must_use]
    pub fn of(&self, priority: Priority) -> u32 {
        match priority {
            Priority::Urgent => self.urgent,
            Priority::High => self.high,
            Priority::Normal => self.normal,
            Priority::Low => self.low,
        }
    }
}

/// By whose time a deadline counts.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Clock {
    /// The seller's: it stands still outside of working hours.
    #[default]
    WorkingTime,
    /// The marketplace's: it never stands still.
    WallClock,
}

/// What is different for what comes outside of working hours, whichever clock counts (F183, ruling C-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OffHours {
    /// How much longer it may wait, in per cent, 100…[`FACTOR_PERCENT_MAX`].
    pub factor_percent: u16,
    /// By how many levels it is more urgent; below 0 less. At most [`LEVEL_SHIFT_MAX`] either way.
    pub level_shift: i8,
}

impl Default for OffHours {
    fn default() -> Self {
        Self { factor_percent: 150, level_shift: 0 }
    }
}

/// What is wrong with what a seller wants of deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlaError {
    /// Not 1 to [`MINUTES_MAX`].
    #[error("{}: a deadline is 1 to {MINUTES_MAX} minutes", .0.as_str())]
    Minutes(Priority),
    /// What is more urgent may wait longer.
    #[error("{}: waits no shorter than what is more urgent", .0.as_str())]
    Order(Priority),
    /// More than [`WARN_BEFORE_MINUTES_MAX`].
    #[error("a deadline is escalated {WARN_BEFORE_MINUTES_MAX} minutes before it at most")]
    WarnBefore,
    /// Not 100 to [`FACTOR_PERCENT_MAX`].
    #[error("a factor is 100 to {FACTOR_PERCENT_MAX} per cent")]
    Factor,
    /// Further than [`LEVEL_SHIFT_MAX`].
    #[error("a priority moves by {LEVEL_SHIFT_MAX} levels at most")]
    LevelShift,
    /// More than [`RULES_MAX`].
    #[error("there are more than {RULES_MAX} rules")]
    TooManyRules,
    /// More than [`WORDS_MAX`] in all rules.
    #[error("the rules have more than {WORDS_MAX} words and phrases")]
    TooManyWords,
    /// A rule cannot be.
    #[error("rule {index}: {fault}")]
    Rule {
        /// Its place, from 0.
        index: usize,
        /// What is wrong with it.
        fault: RuleFault,
    },
    /// More than [`SHIFTS_MAX`] working intervals of a day.
    #[error("{0} has more than {SHIFTS_MAX} working intervals")]
    TooManyShifts(Day),
    /// A working interval begins and ends where none can.
    #[error("{day}: interval {index} is none")]
    Shift {
        /// Of which day.
        day: Day,
        /// Its place there, from 0.
        index: usize,
    },
    /// A working interval begins before another has ended.
    #[error("{day}: interval {index} overlaps with another")]
    Overlap {
        /// The day of the later one.
        day: Day,
        /// Its place there, from 0.
        index: usize,
    },
    /// More than [`HOLIDAYS_MAX`].
    #[error("there are more than {HOLIDAYS_MAX} holidays")]
    TooManyHolidays,
    /// Less than [`WEEK_MINUTES_MIN`] in a week: a deadline might never come.
    #[error("a week has {WEEK_MINUTES_MIN} working minutes at least")]
    TooLittleWork,
}

impl Sla {
    /// Takes white space from the ends of phrases and holds everything against its bounds.
    ///
    /// # Errors
    /// [`SlaError`] names the first that is broken.
    pub fn checked(mut self) -> Result<Self, SlaError> {
        self.rules = self.rules.tidied();
        self.minutes.check()?;
        if self.warn_before_minutes > WARN_BEFORE_MINUTES_MAX {
            return Err(SlaError::WarnBefore);
        }
        if !(100..=FACTOR_PERCENT_MAX).contains(&self.off_hours.factor_percent) {
            return Err(SlaError::Factor);
        }
        if !(-LEVEL_SHIFT_MAX..=LEVEL_SHIFT_MAX).contains(&self.off_hours.level_shift) {
            return Err(SlaError::LevelShift);
        }
        self.rules.check()?;
        self.hours.check()?;
        Ok(self)
    }
}

impl Minutes {
    fn check(&self) -> Result<(), SlaError> {
        let out_of_range = |priority: &&Priority| !(1..=MINUTES_MAX).contains(&self.of(**priority));
        if let Some(priority) = Priority::VARIANTS.iter().find(out_of_range) {
            return Err(SlaError::Minutes(*priority));
        }
        // From the most urgent to the least.
        for pair in Priority::VARIANTS.windows(2) {
            if self.of(pair[0]) > self.of(pair[1]) {
                return Err(SlaError::Order(pair[1]));
            }
        }
        Ok(())
    }
}
