//! Moments as the API writes them: Moscow's offset, and no zeros at the end of a second's fraction.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};

/// As captured answers have it: `2026-01-28T14:03:38.75+03:00`.
pub(super) fn written(moment: DateTime<Utc>) -> String {
    let local = moment.with_timezone(&moscow());
    let millis = format!("{:03}", local.timestamp_subsec_millis());
    let fraction = millis.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{}{dot}{fraction}+03:00", local.format("%Y-%m-%dT%H:%M:%S"))
}

/// As notifications have it: `2017-11-21T00:00:00.213Z`.
pub(super) fn written_utc(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The Market's day of a moment.
pub(super) fn day(moment: DateTime<Utc>) -> NaiveDate {
    moment.with_timezone(&moscow()).date_naive()
}

fn moscow() -> FixedOffset {
    FixedOffset::east_opt(TimeDelta::hours(3).num_seconds() as i32)
        .expect("three hours are an offset")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_captured_answers_have_it() {
        let moment = |millis| DateTime::from_timestamp_millis(millis).unwrap();
        assert_eq!(written(moment(1_769_598_218_750)), "2026-01-28T14:03:38.75+03:00");
        assert_eq!(written(moment(0)), "1970-01-01T03:00:00+03:00");
        assert_eq!(written_utc(moment(213)), "1970-01-01T00:00:00.213Z");
        assert_eq!(day(moment(21 * 3_600_000)).to_string(), "1970-01-02");
    }
}
