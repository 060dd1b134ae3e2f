//! Where a round of reading stands: first what waits for an answer, then what was processed of late, each by the time the
//! buyers wrote, forward. A round over everything goes on to what was processed long ago, the archive, and however long
//! that is, it comes back in between to what is new.

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
    /// What was answered or otherwise processed, and was written of late.
    Processed,
    /// What was processed and was written before that. It is the same list of the marketplace: an item that is processed
    /// is in the archive.
    Archive,
}

/// Where the next page begins.
///
/// A page is asked for by time, not by number: items that are answered meanwhile leave the list, and counting would
/// step over others. Only inside one second, which the marketplace cannot tell apart, is it counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    pub(super) pass: Pass,
    /// Where in the list.
    #[serde(flatten)]
    pub(super) place: Spot,
    /// Whether the round reads everything.
    pub(super) whole: bool,
    /// Pages of the archive read since what is new was last looked for.
    pub(super) pages: u32,
    /// Where the archive goes on after that.
    pub(super) archive: Option<Spot>,
}

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Spot {
    /// Written at this time or later; none for the beginning.
    pub(super) from: Option<DateTime<Utc>>,
    /// Items to step over.
    pub(super) skip: u32,
}

/// What a page turned out to hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageHeld<'a> {
    /// When its readable items were written, in order.
    pub(super) times: &'a [DateTime<Utc>],
    /// How many items it held, readable or not.
    pub(super) items: usize,
    /// How many may be stepped over, when there may be more.
    pub(super) full: Option<u32>,
}

/// What the next page is chosen by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Whether a round that begins now should read everything.
    pub(super) whole_due: bool,
    /// Pages of the archive after which is looked for what is new.
    pub(super) fresh_after: u32,
    /// Now, by the database's clock.
    pub(super) now: DateTime<Utc>,
}

impl Cursor {
    /// Whether the list is that of processed items.
    pub(super) fn is_processed(&self) -> bool {
        match self.pass {
            Pass::Unanswered => false,
            Pass::Processed | Pass::Archive => true,
        }
    }

    /// Returns the time up to which the list is read; none for its end.
    pub(super) fn until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // What is younger has just been read as recent.
        (self.pass == Pass::Archive).then(|| now - PROCESSED_WINDOW)
    }

    /// Returns where to go on after a page that was read from here; none when the round is over.
    pub(super) fn after(&self, page: PageHeld<'_>, plan: Plan) -> Option<Self> {
        let read =
            Self { pages: self.pages + u32::from(self.pass == Pass::Archive), ..self.clone() };
        match self.place.after(page) {
            Some(place) if read.pages >= plan.fresh_after => {
                Some(Self { whole: true, archive: Some(place), ..Self::default() })
            }
            Some(place) => Some(Self { place, ..read }),
            None => read.next_list(plan),
        }
    }

    /// Goes on after the end of a list.
    fn next_list(self, plan: Plan) -> Option<Self> {
        match self.pass {
            Pass::Unanswered => Some(Self {
                pass: Pass::Processed,
                place: Spot { from: Some(plan.now - PROCESSED_WINDOW), skip: 0 },
                whole: self.whole || plan.whole_due,
                ..self
            }),
            Pass::Processed if self.whole => Some(Self {
                pass: Pass::Archive,
                place: self.archive.unwrap_or_default(),
                whole: true,
                pages: 0,
                archive: None,
            }),
            Pass::Processed | Pass::Archive => None,
        }
    }
}

impl Spot {
    /// Returns where the list goes on after a page from here; none at its end.
    fn after(&self, page: PageHeld<'_>) -> Option<Self> {
        let PageHeld { times, items, full } = page;
        let beyond =
            |last: &&DateTime<Utc>| self.from.is_none_or(|from| second(**last) > second(from));
        let skip_max = full?;
        if let Some(last) = times.last().filter(beyond) {
            return Some(Self { from: Some(*last), skip: 0 });
        }
        // Nothing tells where to go on but their number: all of one second, or none that can be read.
        let skip = self.skip.saturating_add(u32::try_from(items).unwrap_or(u32::MAX));
        (skip <= skip_max).then_some(Self { skip, ..self.clone() })
    }
}

fn second(time: DateTime<Utc>) -> i64 {
    time.timestamp()
}

#[cfg(test)]
mod tests;
