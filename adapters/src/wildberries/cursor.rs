//! Where a round of reading stands: first what waits for an answer, then what was processed, each by the time the
//! buyers wrote, forward.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far back a round reads processed items, unless it reads everything. Wildberries archives a review after 30 days
/// without an answer; the margin lets a review be seen after it has moved.
const PROCESSED_WINDOW: TimeDelta = TimeDelta::days(37);

/// Which list is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Pass {
    /// What waits for an answer.
    #[default]
    Unanswered,
    /// What was answered or otherwise processed.
    Processed,
}

/// Where the next page begins.
///
/// A page is asked for by time, not by number: items that are answered meanwhile leave the list, and counting would
/// step over others. Only inside one second, which the marketplace cannot tell apart, is it counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    pub(super) pass: Pass,
    /// Written at this time or later; none for the beginning.
    pub(super) from: Option<DateTime<Utc>>,
    /// Items to step over.
    pub(super) skip: u32,
    /// Whether the processed items are read from the beginning.
    pub(super) whole: bool,
}

impl Cursor {
    /// Returns where to go on after a page that was read from here; none when the round is over.
    ///
    /// `times` are those of the page's readable items, in order; `items` counts all of them; `full` says how many may be
    /// stepped over, when there may be more.
    pub(super) fn after(
        &self,
        times: &[DateTime<Utc>],
        items: usize,
        full: Option<u32>,
        whole_due: bool,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let beyond =
            |last: &&DateTime<Utc>| self.from.is_none_or(|from| second(**last) > second(from));
        if full.is_some()
            && let Some(last) = times.last().filter(beyond)
        {
            return Some(Self { from: Some(*last), skip: 0, ..self.clone() });
        }
        // Nothing tells where to go on but their number: all of one second, or none that can be read.
        let skip = self.skip.saturating_add(u32::try_from(items).unwrap_or(u32::MAX));
        if full.is_some_and(|skip_max| skip <= skip_max) {
            return Some(Self { skip, ..self.clone() });
        }
        match self.pass {
            Pass::Unanswered => Some(Self {
                pass: Pass::Processed,
                from: (!whole_due).then(|| now - PROCESSED_WINDOW),
                skip: 0,
                whole: whole_due,
            }),
            Pass::Processed => None,
        }
    }
}

fn second(time: DateTime<Utc>) -> i64 {
    time.timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKIP_MAX: u32 = 199_990;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_full_page_goes_on_from_its_last_item() {
        let next = Cursor::default().after(&[at(10), at(20)], 2, Some(SKIP_MAX), false, at(99));
        assert_eq!(next, Some(Cursor { from: Some(at(20)), ..Cursor::default() }));
    }

    #[test]
    fn a_page_within_one_second_is_stepped_over() {
        let here = Cursor { from: Some(at(20)), ..Cursor::default() };
        let next = here.after(&[at(20), at(20)], 2, Some(SKIP_MAX), false, at(99)).unwrap();
        assert_eq!((next.from, next.skip), (Some(at(20)), 2));
        let later = next.after(&[at(20), at(21)], 2, Some(SKIP_MAX), false, at(99)).unwrap();
        assert_eq!((later.from, later.skip), (Some(at(21)), 0));
    }

    #[test]
    fn a_whole_round_reads_everything_and_others_what_is_recent() {
        let now = at(90 * 86_400);
        let whole = Cursor::default().after(&[at(10)], 1, None, true, now).unwrap();
        assert_eq!((whole.pass, whole.from, whole.whole), (Pass::Processed, None, true));
        let recent = Cursor::default().after(&[at(10)], 1, None, false, now).unwrap();
        assert_eq!((recent.from, recent.whole), (Some(now - TimeDelta::days(37)), false));
        assert_eq!(recent.after(&[], 0, None, false, now), None, "the round is over");
    }

    #[test]
    fn a_page_that_cannot_be_read_is_stepped_over_and_ends_nothing() {
        let here = Cursor { from: Some(at(20)), ..Cursor::default() };
        let next = here.after(&[], 5_000, Some(SKIP_MAX), false, at(99)).unwrap();
        assert_eq!((next.pass, next.from, next.skip), (Pass::Unanswered, Some(at(20)), 5_000));
        // Half of it readable and all of one second: the others count too.
        let next = here.after(&[at(20)], 2, Some(SKIP_MAX), false, at(99)).unwrap();
        assert_eq!(next.skip, 2);
    }

    #[test]
    fn nothing_is_asked_for_deeper_than_the_marketplace_goes() {
        let deep = Cursor { from: Some(at(20)), skip: SKIP_MAX, ..Cursor::default() };
        let next = deep.after(&[], 5_000, Some(SKIP_MAX), false, at(99)).unwrap();
        assert_eq!((next.pass, next.skip), (Pass::Processed, 0));
    }

    /// Items leave the list while it is read: none of those that stay may be missed.
    #[test]
    fn items_that_leave_the_list_make_no_gap() {
        let mut list: Vec<i64> = (0..100).map(|n| n / 3).collect();
        let (mut seen, mut cursor) = (Vec::new(), Cursor::default());
        loop {
            let from = cursor.from.map_or(0, second);
            let page: Vec<i64> = list
                .iter()
                .copied()
                .filter(|time| *time >= from)
                .skip(cursor.skip as usize)
                .take(10)
                .collect();
            seen.extend(page.iter().copied());
            let times: Vec<_> = page.iter().map(|time| at(*time)).collect();
            let next = cursor
                .after(&times, times.len(), (page.len() == 10).then_some(SKIP_MAX), false, at(0))
                .unwrap();
            if next.pass == Pass::Processed {
                break;
            }
            cursor = next;
            // The first twelve are answered between the pages.
            list.retain(|time| *time >= 4);
        }
        assert!((0..=33).all(|time| seen.contains(&time)), "{seen:?}");
    }
}
