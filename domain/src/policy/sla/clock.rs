//! How time goes on by a seller's working hours: an instant counts where the seller's clock on the wall shows a working
//! minute. So an hour that the wall shows twice counts twice, and one that it leaves out counts for nothing.

use chrono::{DateTime, NaiveDate, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Utc};

use super::PauseReason;
use crate::sla::{DAY, Hours, Shift};

/// Furthest that a deadline is looked for: the longest one takes 16 years of the shortest weeks, and holidays may put
/// it off for another seven.
pub(super) const HORIZON: TimeDelta = TimeDelta::days(366 * 30);

/// A time in which people work, or do not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    /// Why nobody works; none where they do.
    pub(super) closed: Option<PauseReason>,
}

/// Times one after another, without end but that of the calendar. What is next to each other may be of one kind.
#[derive(Debug)]
pub(super) struct Spans<'a> {
    hours: &'a Hours,
    at: DateTime<Utc>,
    /// The date that was looked at last, with its working minutes in order.
    day: Option<(NaiveDate, Vec<(u16, u16)>)>,
}

impl<'a> Spans<'a> {
    pub(super) fn new(hours: &'a Hours, at: DateTime<Utc>) -> Self {
        Self { hours, at, day: None }
    }

    /// Returns the working minutes of a date: its own, and what is left of the night before.
    fn pieces(&mut self, date: NaiveDate) -> &[(u16, u16)] {
        if self.day.as_ref().is_none_or(|(known, _)| *known != date) {
            self.day = Some((date, pieces(self.hours, date)));
        }
        self.day.as_ref().map_or(&[], |(_, pieces)| pieces)
    }
}

fn pieces(hours: &Hours, date: NaiveDate) -> Vec<(u16, u16)> {
    let over = |shift: &&Shift| shift.is_over_midnight();
    let night = date.pred_opt().and_then(|before| hours.of(before).0.iter().find(over));
    let own = hours.of(date).0.iter();
    let own = own.map(|shift| (shift.from, if shift.is_over_midnight() { DAY } else { shift.to }));
    let mut pieces: Vec<_> = night.map(|shift| (0, shift.to)).into_iter().chain(own).collect();
    pieces.sort_unstable();
    pieces
}

impl Iterator for Spans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let (from, hours) = (self.at, self.hours);
        let seconds = seconds_ahead(hours, from);
        let local = from.naive_utc().checked_add_signed(TimeDelta::seconds(seconds))?;
        let (date, time) = (local.date(), local.time() - NaiveTime::MIN);
        let is_over = |minute: u16| TimeDelta::minutes(minute.into()) <= time;
        let pieces = self.pieces(date);
        // A night that a holiday comes after may overlap with it, so that the last to begin is not the last to end.
        let open_until = pieces.iter().filter(|(from, to)| is_over(*from) && !is_over(*to));
        let open_until = open_until.map(|(_, to)| *to).max();
        let next = pieces.iter().map(|(from, _)| *from).find(|from| !is_over(*from));
        let closed = open_until.is_none().then(|| {
            let own = hours.of(date).0;
            let has_ended = own.iter().any(|shift| !shift.is_over_midnight() && is_over(shift.to));
            let is_between = has_ended && own.iter().any(|shift| !is_over(shift.from));
            reason(hours, date, is_between)
        });
        let end = TimeDelta::minutes(open_until.or(next).unwrap_or(DAY).into());
        let until = turn(hours, from, from.checked_add_signed(end - time)?, seconds);
        self.at = until;
        Some(Span { from, until, closed })
    }
}

fn reason(hours: &Hours, date: NaiveDate, is_between: bool) -> PauseReason {
    match hours.of(date) {
        _ if is_between => PauseReason::Lunch,
        (_, true) => PauseReason::Holiday,
        ([], false) => PauseReason::Weekend,
        (_, false) => PauseReason::Night,
    }
}

/// Returns by how many seconds the wall is ahead of UTC.
fn seconds_ahead(hours: &Hours, at: DateTime<Utc>) -> i64 {
    hours.zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc().into()
}

/// Returns when the wall stops being so many seconds ahead, or `until` where it does not before.
fn turn(hours: &Hours, from: DateTime<Utc>, until: DateTime<Utc>, seconds: i64) -> DateTime<Utc> {
    let is_as_before = |at: i64| {
        DateTime::from_timestamp(at, 0).is_none_or(|at| seconds_ahead(hours, at) == seconds)
    };
    // Clocks are turned at whole seconds, and never twice within a day.
    let (mut before, mut after) = (from.timestamp(), until.timestamp());
    if is_as_before(after) {
        return until;
    }
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if is_as_before(middle) { before = middle } else { after = middle }
    }
    DateTime::from_timestamp(after, 0).map_or(until, |turned| turned.min(until))
}

/// Tells whether what comes then comes outside of working hours. Lunch is a part of them, though nobody works.
pub(super) fn is_off_hours(hours: &Hours, at: DateTime<Utc>) -> bool {
    let closed = Spans::new(hours, at).next().and_then(|span| span.closed);
    closed.is_some_and(|reason| reason != PauseReason::Lunch)
}

/// Returns when so much working time has passed since a time, for the shorter of two and for the longer. None where it
/// does not come before the [`HORIZON`].
pub(super) fn reach(
    hours: &Hours,
    since: DateTime<Utc>,
    early: TimeDelta,
    whole: TimeDelta,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let mut passed = TimeDelta::zero();
    let mut early_at = None;
    let spans = Spans::new(hours, since).take_while(|span| span.from - since < HORIZON);
    for span in spans.filter(|span| span.closed.is_none()) {
        let after = passed + (span.until - span.from);
        if early_at.is_none() && early <= after {
            early_at = Some(span.from + (early - passed));
        }
        if whole <= after {
            return Some((early_at?, span.from + (whole - passed)));
        }
        passed = after;
    }
    None
}
