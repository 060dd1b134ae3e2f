//! The way through a channel's time: the marketplace gives so many months at once, so a round goes back window by
//! window, and looks at what is new in between.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::page::{PAGE_MAX, PageRequest};
use crate::connector::Place;

/// How far back a whole round goes. Nobody answers what is older, and without an end the way back would have none.
const DEPTH: TimeDelta = TimeDelta::days(5 * 365);

/// How often a whole round, which may take hours, looks at what is new meanwhile.
const LOOK_EVERY: TimeDelta = TimeDelta::minutes(5);

/// How far back it looks then: what is new there was written before it was moderated.
const LOOK_BACK: TimeDelta = TimeDelta::days(7);

/// How much windows overlap: their ends belong to none of them.
const OVERLAP: TimeDelta = TimeDelta::seconds(1);

/// How a channel is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The longest window that is asked for.
    pub(super) window: TimeDelta,
    /// How far back a round goes that does not read everything.
    pub(super) recent: TimeDelta,
}

/// Where a round stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// Whether everything is read.
    pub(super) whole: bool,
    /// When what is new was last looked at.
    looked_at: DateTime<Utc>,
    /// What is read now.
    walk: Walk,
    /// What is left for afterwards.
    later: Option<Walk>,
}

/// A way back through time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    /// Where it ends.
    until: DateTime<Utc>,
    window: Window,
    /// The page of the window; none for its first one.
    token: Option<String>,
}

/// A part of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) from: DateTime<Utc>,
    /// None for the present, whatever the marketplace's clock says.
    pub(super) to: Option<DateTime<Utc>>,
}

impl Cursor {
    /// Reads where the page begins. A cursor of another program begins the round anew: reading twice is harmless.
    pub(super) fn of(place: &Place, pace: Pace) -> Self {
        let known: Option<Self> = serde_json::from_value(place.cursor.clone()).ok();
        let Some(cursor) = known else {
            let back = if place.whole_due { DEPTH } else { pace.recent };
            let walk = Walk::back(place.now, back, pace);
            return Self { whole: place.whole_due, looked_at: place.now, walk, later: None };
        };
        if cursor.later.is_some() || place.now - cursor.looked_at < LOOK_EVERY {
            return cursor;
        }
        let walk = Walk::back(place.now, LOOK_BACK, pace);
        Self { looked_at: place.now, walk, later: Some(cursor.walk), ..cursor }
    }

    /// Returns what to read now.
    pub(super) fn here(&self) -> (Window, PageRequest) {
        let token = self.walk.token.clone();
        (self.walk.window, PageRequest { limit: Some(PAGE_MAX), token })
    }

    /// Returns where to go on after a page that names `next`; none when the round is over.
    pub(super) fn after(self, next: Option<String>, pace: Pace) -> Option<Value> {
        let Self { whole, looked_at, walk, later } = self;
        let next = match walk.after(next, pace) {
            Some(walk) => Self { whole, looked_at, walk, later },
            None => Self { whole, looked_at, walk: later?, later: None },
        };
        serde_json::to_value(next).ok()
    }
}

impl Walk {
    fn back(now: DateTime<Utc>, back: TimeDelta, pace: Pace) -> Self {
        let until = now - back;
        let window = Window { from: until.max(now - pace.window), to: None };
        Self { until, window, token: None }
    }

    fn after(self, next: Option<String>, pace: Pace) -> Option<Self> {
        if next.is_some() {
            return Some(Self { token: next, ..self });
        }
        let Window { from, .. } = self.window;
        let window = Window { from: self.until.max(from - pace.window), to: Some(from + OVERLAP) };
        (from > self.until).then_some(Self { window, token: None, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { window: TimeDelta::days(180), recent: TimeDelta::days(37) };

    fn place(cursor: Value, whole_due: bool, minutes: i64) -> Place {
        let now = "2026-07-17T10:00:00Z".parse::<DateTime<Utc>>().unwrap();
        let now = now + TimeDelta::minutes(minutes);
        Place { cursor, resume: Value::Null, whole_due, is_stuck: false, now }
    }

    /// Walks to the end without a second page anywhere.
    fn windows(whole: bool) -> Vec<Window> {
        let (mut cursor, mut windows) = (Value::Null, Vec::new());
        loop {
            let here = Cursor::of(&place(cursor, whole, 0), PACE);
            assert_eq!(here.whole, whole);
            windows.push(here.here().0);
            match here.after(None, PACE) {
                Some(next) => cursor = next,
                None => return windows,
            }
        }
    }

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        assert_eq!(windows(false).len(), 1);
        let windows = windows(true);
        assert_eq!(windows[0].to, None);
        for pair in windows.windows(2) {
            assert!(pair[1].to.unwrap() > pair[0].from, "the end of a window belongs to none");
            assert!(pair[1].to.unwrap() - pair[1].from <= PACE.window + OVERLAP);
        }
        let now = place(Value::Null, true, 0).now;
        assert_eq!(windows.last().unwrap().from, now - DEPTH);
    }

    #[test]
    fn a_page_is_followed_by_the_next_of_its_window() {
        let start = Cursor::of(&place(Value::Null, true, 0), PACE);
        let (window, first) = start.here();
        assert_eq!(first, PageRequest { limit: Some(PAGE_MAX), token: None });
        let next = start.after(Some("t".into()), PACE).unwrap();
        let (same, second) = Cursor::of(&place(next, true, 1), PACE).here();
        assert_eq!((same, second.token.as_deref()), (window, Some("t")));
    }

    #[test]
    fn a_long_round_looks_at_what_is_new_and_goes_on_where_it_was() {
        let start = Cursor::of(&place(Value::Null, true, 0), PACE);
        let next = start.after(Some("t".into()), PACE).unwrap();
        let look = Cursor::of(&place(next.clone(), true, 5), PACE);
        let (window, page) = look.here();
        assert_eq!((window.to, page.token.as_deref()), (None, None));
        assert_eq!(window.from, place(Value::Null, true, 5).now - LOOK_BACK);
        let back = look.after(None, PACE).unwrap();
        let back = Cursor::of(&place(back, true, 6), PACE);
        assert_eq!(back.here(), Cursor::of(&place(next, true, 1), PACE).here());
        assert!(back.whole);
    }
}
