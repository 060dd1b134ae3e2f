//! The time that rules are held against.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

/// Longest period, in days.
pub const DAYS_MAX: i64 = 366;

/// Earliest and latest year of a period. Nothing is older than the marketplaces, and far beyond these years the database
/// has no dates.
pub const YEARS: (i32, i32) = (2000, 2999);

/// What is wrong with a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// It begins or ends in a year out of [`YEARS`].
    #[error("a period lies in the years {} to {}", YEARS.0, YEARS.1)]
    Year {
        /// Whether that is its end.
        is_end: bool,
    },
    /// It ends before it begins, or as it does.
    #[error("a period ends after it begins")]
    Empty,
    /// It is longer than [`DAYS_MAX`].
    #[error("a period has {DAYS_MAX} days at most")]
    TooLong,
}

/// Holds a period against its bounds.
///
/// # Errors
/// [`PeriodError`] names the first that is broken.
pub fn check_period(since: DateTime<Utc>, until: DateTime<Utc>) -> Result<(), PeriodError> {
    let is_known = |time: DateTime<Utc>| (YEARS.0..=YEARS.1).contains(&time.year());
    for (time, is_end) in [(since, false), (until, true)] {
        if !is_known(time) {
            return Err(PeriodError::Year { is_end });
        }
    }
    if until <= since {
        return Err(PeriodError::Empty);
    }
    if until - since > TimeDelta::days(DAYS_MAX) {
        return Err(PeriodError::TooLong);
    }
    Ok(())
}
