//! When a seller is alarmed, and how urgently.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// What is wrong.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AlertKind {
    /// Many replies failed lately.
    FailedReplies,
    /// Few drafts were of use lately.
    AcceptRateLow,
    /// Marketplaces do not accept the keys of cabinets.
    AccessLost,
    /// Channels of cabinets cannot be read for long.
    ReadingBehind,
    /// Marketplaces gave items that could not be read.
    ItemsUnread,
}

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AlertSeverity {
    /// Somebody should look.
    Warning,
    /// Somebody must look now.
    Critical,
}

/// Why, and how often for that reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCause {
    /// Stable name of the reason, or of the marketplace.
    pub cause: String,
    /// Replies that failed for it, drafts that were of no use in this way, or what of cabinets cannot be used.
    pub count: u32,
}

/// What was found, where it is worth an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// Replies, drafts, cabinets, channels or items in all.
    pub count: u32,
    /// Why, the most frequent reason first.
    pub causes: Vec<AlertCause>,
}

/// How far back failed replies count.
pub const FAILURES_WITHIN: TimeDelta = TimeDelta::hours(1);

/// Failed replies within that time that are no alarm yet (ruling C-7, F232).
pub const FAILURES_BELOW_WARNING: u32 = 3;

/// Failed replies within that time that are a warning and no more (ruling C-7, F231).
pub const FAILURES_BELOW_CRITICAL: u32 = 5;

/// Judges the replies that failed within [`FAILURES_WITHIN`], each counted once; none where they are no alarm.
#[must_use]
pub fn failed_replies(causes: Vec<AlertCause>) -> Option<Alarm> {
    let count = sum(&causes);
    if count <= FAILURES_BELOW_WARNING {
        return None;
    }
    let severity = if count <= FAILURES_BELOW_CRITICAL {
        AlertSeverity::Warning
    } else {
        AlertSeverity::Critical
    };
    Some(Alarm { severity, count, causes })
}

/// Judges cabinets whose keys marketplaces do not accept: nothing of them is read or answered; none where there are none.
#[must_use]
pub fn access_lost(causes: Vec<AlertCause>) -> Option<Alarm> {
    let count = sum(&causes);
    (count > 0).then_some(Alarm { severity: AlertSeverity::Critical, count, causes })
}

/// How long reading of a channel may fail before that is an alarm: an outage of a marketplace is over by then, mostly.
pub const BEHIND_WARNING: TimeDelta = TimeDelta::hours(1);

/// How long until somebody must look now: buyers of an urgent interaction would wait for half a day.
pub const BEHIND_CRITICAL: TimeDelta = TimeDelta::hours(6);

/// Judges channels whose reading has failed for [`BEHIND_WARNING`] at least, the one that fails longest for `longest`;
/// none where there are none.
#[must_use]
pub fn reading_behind(causes: Vec<AlertCause>, longest: TimeDelta) -> Option<Alarm> {
    let count = sum(&causes);
    let severity =
        if longest < BEHIND_CRITICAL { AlertSeverity::Warning } else { AlertSeverity::Critical };
    (count > 0).then_some(Alarm { severity, count, causes })
}

/// Items that could not be read and are a warning and no more: a handful is an odd item, more is another shape of what a
/// marketplace gives (N21).
pub const UNREAD_BELOW_CRITICAL: u32 = 20;

/// Judges items that marketplaces gave and that could not be read; none where there are none.
#[must_use]
pub fn items_unread(causes: Vec<AlertCause>) -> Option<Alarm> {
    let count = sum(&causes);
    let severity = if count <= UNREAD_BELOW_CRITICAL {
        AlertSeverity::Warning
    } else {
        AlertSeverity::Critical
    };
    (count > 0).then_some(Alarm { severity, count, causes })
}

fn sum(causes: &[AlertCause]) -> u32 {
    causes.iter().map(|cause| cause.count).fold(0, u32::saturating_add)
}

/// How far back drafts count that operators judged.
pub const ACCEPTED_WITHIN: TimeDelta = TimeDelta::days(7);

/// How many of them count, the latest.
pub const ACCEPTED_AMONG: u32 = 50;

/// Fewer of them tell nothing: with ten, five unlucky ones are no more than chance.
pub const ACCEPTED_AMONG_MIN: u32 = 20;

/// What operators did with the latest drafts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judged {
    /// They went out as they were, or with a slight edit.
    pub good: u32,
    /// They went out with more than that.
    pub edited: u32,
    /// Another text went out.
    pub rewritten: u32,
    /// They were dismissed.
    pub dismissed: u32,
}

/// Judges the latest [`ACCEPTED_AMONG`] drafts within [`ACCEPTED_WITHIN`]; none where at least half of them were good
/// (F233), or there are too few to tell.
#[must_use]
pub fn accept_rate_low(judged: Judged) -> Option<Alarm> {
    let Judged { good, edited, rewritten, dismissed } = judged;
    let bad = edited.saturating_add(rewritten).saturating_add(dismissed);
    if good.saturating_add(bad) < ACCEPTED_AMONG_MIN || good >= bad {
        return None;
    }
    let named =
        [("draft_edited", edited), ("draft_rewritten", rewritten), ("draft_dismissed", dismissed)];
    let causes = named.into_iter().filter(|(_, count)| *count > 0);
    let mut causes: Vec<_> =
        causes.map(|(cause, count)| AlertCause { cause: cause.to_owned(), count }).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
    Some(Alarm { severity: AlertSeverity::Warning, count: bad, causes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u32) -> Vec<AlertCause> {
        vec![AlertCause { cause: "ozon".to_owned(), count }]
    }

    #[test]
    fn what_of_cabinets_cannot_be_used_alarms_by_how_long_and_how_much() {
        let severity = |alarm: Option<Alarm>| alarm.map(|alarm| alarm.severity);
        assert_eq!(access_lost(vec![]), None);
        assert_eq!(severity(access_lost(of(1))), Some(AlertSeverity::Critical));
        let behind = |hours| severity(reading_behind(of(2), TimeDelta::hours(hours)));
        assert_eq!(behind(5), Some(AlertSeverity::Warning));
        assert_eq!(behind(6), Some(AlertSeverity::Critical));
        assert_eq!(reading_behind(vec![], TimeDelta::hours(7)), None);
        assert_eq!(items_unread(vec![]), None);
        assert_eq!(severity(items_unread(of(20))), Some(AlertSeverity::Warning));
        assert_eq!(severity(items_unread(of(21))), Some(AlertSeverity::Critical));
    }

    #[test]
    fn less_than_half_of_enough_drafts_warns() {
        let judged = |good, edited, rewritten| Judged { good, edited, rewritten, dismissed: 1 };
        assert_eq!(accept_rate_low(judged(10, 4, 5)), None, "half of them are good");
        assert_eq!(accept_rate_low(judged(0, 9, 9)), None, "19 are too few to tell");
        let alarm = accept_rate_low(judged(9, 4, 6)).unwrap();
        assert_eq!((alarm.severity, alarm.count), (AlertSeverity::Warning, 11));
        let causes: Vec<_> = alarm.causes.iter().map(|it| (&*it.cause, it.count)).collect();
        assert_eq!(causes, [("draft_rewritten", 6), ("draft_edited", 4), ("draft_dismissed", 1)]);
    }

    #[test]
    fn more_than_three_failures_warn_and_more_than_five_are_critical() {
        let severity = |counts: &[u32]| {
            let cause = |count: &u32| AlertCause { cause: "bad_request".into(), count: *count };
            failed_replies(counts.iter().map(cause).collect()).map(|alarm| alarm.severity)
        };
        let (warning, critical) = (Some(AlertSeverity::Warning), Some(AlertSeverity::Critical));
        assert_eq!([0, 3].map(|count| severity(&[count])), [None, None]);
        assert_eq!([4, 5].map(|count| severity(&[count])), [warning, warning]);
        assert_eq!(severity(&[6]), critical);
        assert_eq!(severity(&[3, 3]), critical, "whatever the causes");
        assert_eq!(severity(&[u32::MAX, 1]), critical);
    }
}
