//! Whether an answer may still be edited.

use chrono::{DateTime, TimeDelta, Utc};

/// How long after the answer it may be edited, in days, and only once in that time (F16, ruling C-9;
/// Wildberries: «Отредактировать ответ можно только один раз в течение 60 дней c момента отправки»).
pub const EDIT_WINDOW_DAYS: i64 = 60;

/// Returns until when an answer that stands since `standing_since` may be edited.
#[must_use]
pub fn editable_until(standing_since: DateTime<Utc>) -> DateTime<Utc> {
    standing_since + TimeDelta::days(EDIT_WINDOW_DAYS)
}
